//! Calls a writer in any order, with any buffer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire_properties::writer(bytes));
