//! Verifies any bytes: nothing passes that the key did not sign.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::verify(bytes));
