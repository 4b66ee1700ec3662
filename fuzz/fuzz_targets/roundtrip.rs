//! Reads values, writes them and reads them again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::roundtrip(bytes));
