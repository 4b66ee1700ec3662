//! Parses any bytes in every dialect, and compares the readers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::message(bytes));
