//! The integration tests, in one binary: linking is most of their cost.
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

mod authentication;
mod callers;
mod codec;
mod demux;
mod hostile;
mod laws;
mod microsoft;
mod no_alloc;
mod registry;
mod regressions;
mod relay;
mod streams;
mod support;
mod transaction_id;
mod vectors;
