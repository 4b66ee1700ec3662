//! Reads a value, writes it and reads it again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::value(bytes));
