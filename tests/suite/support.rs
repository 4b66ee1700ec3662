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

/// An attribute as RFC 8489 §14 draws it, padded with zeros.
pub fn tlv(ty: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = [ty.to_be_bytes(), (value.len() as u16).to_be_bytes()].concat();
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A message of RFC 8489 with these attributes and the right length.
pub fn message_of(attributes: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl".to_vec();
    bytes.extend_from_slice(attributes);
    let length = u16::try_from(attributes.len()).unwrap();
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}
