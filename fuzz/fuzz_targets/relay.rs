//! Reads the peer and the data of any message, and writes packets around any payload.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::relay_one_way(bytes));
