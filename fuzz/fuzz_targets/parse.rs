//! Reads any bytes: nothing panics, and the readers agree with each other.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::message(bytes));
