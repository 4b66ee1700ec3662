//! Conversations with the programs that people run, on loopback alone.
//!
//! A program that is not installed is a printed skip: `skipped: NAME: why`. To make it a failure, name
//! the program or its Debian package: `STUNWIRE_REQUIRE=turnserver,stund,tshark`. To see the figures:
//! `cargo build --examples && cargo test --test conversations -- --nocapture`; plain `cargo test` builds
//! the examples itself.
#![allow(
    unreachable_pub, // a binary has no other crate to reach it
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used
)]

mod aioice;
mod capture;
mod chromium;
mod coturn;
mod device;
mod libnice;
mod own;
mod refusals;
mod status;
mod stunclient;
mod stund;
mod support;
mod tap;
mod tshark;
mod turn_tcp;
mod uclient;

/// What the examples share is the tests' client too.
#[allow(dead_code, reason = "the tests do without some of it")]
#[path = "../../examples/client"]
mod client {
    pub mod link;
    pub mod login;
}
