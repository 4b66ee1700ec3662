//! Microsoft's streams, hellos, frames, second copies and names.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stunwire::laws::microsoft(bytes));
