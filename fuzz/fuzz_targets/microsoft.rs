//! Reads Microsoft's streams, handshakes, frames, message copies and user names.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::microsoft_one_way(bytes));
