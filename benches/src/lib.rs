//! Shared by the benches: messages, the operations of the crate as its users would write them, and the same
//! operations written by hand.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod baseline;
pub mod least;
pub mod messages;
pub mod ops;
