//! Derives keys, mints and checks nonces, passwords with a time limit and tokens.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::keys(bytes));
