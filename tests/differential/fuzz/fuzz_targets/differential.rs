//! Compares what stunwire reads from any bytes with what other crates read from them.
#![no_main]

use std::sync::Once;

use stunwire_differential::{differences, sign};

static QUIET: Once = Once::new();

// The first byte selects whether a valid message is signed before it is compared.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // libFuzzer's hook ends the process; a panic of another crate is a refusal. One that is not caught still ends it.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let signed = (choice & 1 == 1).then(|| sign(bytes)).flatten();
    let bytes = signed.as_deref().unwrap_or(bytes);
    for difference in differences(bytes) {
        if difference.rule.is_none() {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            eprintln!("{difference:?}: {hex}");
            panic!("no rule explains a difference");
        }
    }
});
