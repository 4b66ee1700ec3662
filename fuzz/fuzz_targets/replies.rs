//! Answers any request with anything: a message that stands, or an error.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::replies(bytes));
