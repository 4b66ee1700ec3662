//! Interoperability tests of stunwire with widely used programs, on loopback addresses only.
//!
//! ```text
//! cargo test -p stunwire-interop               # all tests
//! cargo test -p stunwire-interop -- coturn     # those with this text in their name
//! ```
//!
//! A test whose programs are not installed is reported as ignored; the programs that are missing are
//! listed first. `STUNWIRE_REQUIRE=turnserver,tshark` makes it a failure where one of these programs, or
//! Debian packages, is missing. `STUNWIRE_CAPTURE=FILE` adds a test that reads a capture.

mod agent;
mod aioice;
mod capture;
mod chromium;
mod coturn;
mod coturn_auth;
mod dissect;
mod harness;
mod is;
mod libnice;
mod login;
mod own;
mod own_capture;
mod programs;
mod refusals;
mod sha256;
mod signed;
mod status;
mod stunclient;
mod stund;
mod support;
mod tap;
mod tshark;
mod turn_proto;
mod turn_tcp;
mod uclient;

use std::process::ExitCode;

/// The tests use the client of the examples.
#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../../examples/client"]
mod client {
    pub mod link;
}

/// Captures that tests of `dissect` write message by message.
#[path = "../../examples/dissect/tests/scenarios/mod.rs"]
mod scenarios;

fn main() -> ExitCode {
    harness::run(&[
        aioice::TESTS,
        chromium::TESTS,
        coturn::TESTS,
        coturn_auth::TESTS,
        dissect::TESTS,
        is::TESTS,
        libnice::TESTS,
        own_capture::TESTS,
        refusals::TESTS,
        sha256::TESTS,
        status::TESTS,
        stunclient::TESTS,
        stund::TESTS,
        turn_proto::TESTS,
        turn_tcp::TESTS,
        uclient::TESTS,
    ])
}
