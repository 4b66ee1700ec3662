//! Parses any bytes in every dialect; the readers agree with each other.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::message(bytes));
