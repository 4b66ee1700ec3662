//! The program run as a user runs it: a process, its output and its exit code.
#![allow(
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod anonymize;
mod credentials;
mod duckdb;
mod findings;
mod flows;
mod incomplete;
mod inputs;
mod memory;
mod messages;
mod packets;
mod recorded;
mod screenshots;
mod streams;
mod summary;
mod support;
mod truncated;

#[path = "../scenarios/mod.rs"]
mod scenarios;

/// The messages that documents and other implementations publish.
#[allow(dead_code, reason = "the tests of the library use more of it")]
#[path = "../../../../tests/suite/published.rs"]
mod published;
