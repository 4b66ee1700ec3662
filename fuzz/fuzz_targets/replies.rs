//! Replies to any request with any realm and nonce, signed and not.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::replies(bytes));
