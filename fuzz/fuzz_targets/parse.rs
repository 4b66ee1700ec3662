//! Parses any bytes in a dialect; the readers agree with each other and with the arbiter.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::parse(bytes));
