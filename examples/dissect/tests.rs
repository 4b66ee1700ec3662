//! The modules of the program again, as a test: `cargo test` runs what is in them. Keep the list as
//! it is in `main.rs`.
#![allow(dead_code, reason = "`main` uses it, and is not here")]
#![allow(
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    reason = "as in `main.rs`"
)]

mod args;
mod capture;
mod classify;
mod credentials;
mod dissector;
mod framer;
mod hex;
mod input;
mod json;
mod pairs;
mod pcap;
mod print;
mod sample;
mod stream;
mod unit;
