//! Verifies messages that were not signed, signed and changed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::verify(bytes));
