//! Checks URIs, TURN requests, role conflicts, redirections, first bytes of packets, priorities and names.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::agents(bytes));
