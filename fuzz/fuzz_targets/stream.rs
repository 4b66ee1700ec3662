//! Reads any stream in any chunks, in every framing: as if it had come at once.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::stream::stream(bytes));
