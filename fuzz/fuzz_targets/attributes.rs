//! Reads values of every type in messages that stand.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::attributes(bytes));
