//! Verifies messages that were not signed, signed, changed and spliced.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    stunwire_properties::verify(bytes);
});
