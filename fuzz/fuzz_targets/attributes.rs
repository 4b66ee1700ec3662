//! Reads values of every type in valid messages.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::attributes(bytes));
