//! Checks servers and clients of RFC 8489 §9 with any message, and a login with a changed bit.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::login_one_way(bytes));
