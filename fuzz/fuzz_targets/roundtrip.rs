//! Writes again what was read: the same bytes, or the same values.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::roundtrip(bytes));
