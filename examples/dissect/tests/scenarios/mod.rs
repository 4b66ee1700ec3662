//! Captures made for tests, message by message: what a client, a server and peers send each other.
#![allow(dead_code, reason = "not every test uses all of it")]

pub mod calls;
mod capture;
mod ice;
mod turn;

use std::net::SocketAddr;

use stunwire::attribute::EncodeAttribute;
use stunwire::{Code, Credentials, ErrorCode, Header, Key, MessageWriter};

pub use capture::Call;
pub use ice::*;
pub use turn::Turn;

/// When every call begins, since the epoch.
pub const START: u64 = 1_700_000_000;

pub const REALM: &str = "example.org";
pub const USER: &str = "alice";
pub const PASSWORD: &str = "secret";

/// An address of the documentation networks (RFC 5737), or any other.
pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn client() -> SocketAddr {
    address("192.0.2.10:50000")
}

pub fn server() -> SocketAddr {
    address("203.0.113.1:3478")
}

pub fn relayed() -> SocketAddr {
    address("203.0.113.1:49152")
}

pub fn peer() -> SocketAddr {
    address("198.51.100.20:40000")
}

/// The key of the user with this password.
pub fn key(password: &str) -> Key {
    let credentials = Credentials {
        username: USER,
        password,
    };
    Key::long_term(&credentials, REALM)
}

/// ERROR-CODE without a reason phrase.
pub fn error_code(code: u16) -> ErrorCode<'static> {
    ErrorCode::new(Code::new(code).unwrap(), "").unwrap()
}

pub type Attributes<'a> = &'a [&'a dyn EncodeAttribute];

/// One message, signed if there is a key.
pub fn message(header: Header, attributes: Attributes<'_>, key: Option<&Key>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = MessageWriter::new(&mut bytes, header).unwrap();
    for attribute in attributes {
        writer.attribute(*attribute).unwrap();
    }
    match key {
        Some(key) => writer.integrity(key).unwrap().finish().unwrap().to_vec(),
        None => writer.finish().unwrap().to_vec(),
    }
}

/// A packet of RTP with 20 bytes of media.
pub fn rtp(number: usize) -> Vec<u8> {
    let [high, low] = (number as u16).to_be_bytes();
    let mut packet = vec![0x80, 0x60, high, low, 0, 0, 0, 0, 0, 0, 0, 1];
    packet.extend([0xAB; 20]);
    packet
}

/// A packet after its RFC 4571 length.
pub fn framed(packet: &[u8]) -> Vec<u8> {
    [&(packet.len() as u16).to_be_bytes(), packet].concat()
}

/// ChannelData, padded.
pub fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = [number.to_be_bytes(), (payload.len() as u16).to_be_bytes()].concat();
    packet.extend(payload);
    packet.resize(packet.len().next_multiple_of(4), 0);
    packet
}
