//! Interoperability tests of stunwire with other Rust crates, on loopback addresses only. They are a package of their
//! own because those crates take minutes to compile.
//!
//! ```text
//! cargo test --manifest-path tests/rust_peers/Cargo.toml                          # all tests but those of libjuice
//! cargo test --manifest-path tests/rust_peers/Cargo.toml --features libjuice      # needs CMake and libclang
//! cargo test --manifest-path tests/rust_peers/Cargo.toml -- rtc                   # those with this text in their name
//! ```
//!
//! The other side is an example of the library, a process. Smaller crates are in `tests/interop`.

#[path = "../interop/agent.rs"]
mod agent;
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../interop/harness.rs"]
mod harness;
#[cfg(feature = "libjuice")]
mod libjuice;
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../interop/login.rs"]
mod login;
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../interop/own.rs"]
mod own;
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../interop/programs.rs"]
mod programs;
mod relay;
mod rtc;
#[cfg(feature = "libjuice")]
#[path = "../interop/signed.rs"]
mod signed;
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../interop/support.rs"]
mod support;
mod turn_rs;
mod webrtc;

use std::process::ExitCode;

/// The tests use the client of the examples.
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../../examples/client"]
mod client {
    pub mod link;
}

fn main() -> ExitCode {
    harness::run(&[
        #[cfg(feature = "libjuice")]
        libjuice::TESTS,
        rtc::TESTS,
        turn_rs::TESTS,
        webrtc::TESTS,
    ])
}
