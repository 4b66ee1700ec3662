//! Helpers of several tests.

use std::net::SocketAddr;

use stunwire::Key;

pub use crate::published::*;

/// The key of tests that need any.
pub fn key() -> Key {
    Key::short_term("secret")
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address with a port")
}

/// The bytes of a text of hexadecimal digits; white space is skipped.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
