//! Reads any stream in any chunks and every framing.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::stream::stream_one_way(bytes));
