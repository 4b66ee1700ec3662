//! Other crates doing the same jobs as their documentation describes, one file each. Every result is compared.
//!
//! Each function returns the way of a crate to do the job of a row. Keys and buffers are prepared before the
//! measurement where the crate allows it. Functions that encode take the expected message.
//!
//! `stun-types`, `stun_codec` and `stun-coder` check FINGERPRINT whenever they parse, and stun_codec
//! also encodes the message again for MESSAGE-INTEGRITY, so the messages of the rows that only read have neither.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::harness::{Way, buffer};
use stunwire_benches::messages::{
    ID, LIFETIME, LONG_TERM_KEY, NONCE, PASSWORD, REALM, SOFTWARE, USER,
};

pub mod ezk;
pub mod is;
pub mod rtc;
pub mod stun_bytes;
pub mod stun_codec;
pub mod stun_coder;
pub mod stun_format;
pub mod stun_rs;
pub mod stun_types;
pub mod turn_server;
pub mod webrtc;

/// The expected values of a check: USERNAME, PRIORITY, ICE-CONTROLLING.
const USERNAME: &str = "evtj:h6vY";
const PRIORITY: u32 = 0x6E00_01FF;
const TIE_BREAKER: u64 = 0x932F_F9B1_5126_3B36;

/// The number of attributes of a check, and the sum of the lengths of their values.
const CHECK_ATTRIBUTES: usize = 4;
const CHECK_VALUES: usize = 21;
/// The sum of their types: USERNAME, PRIORITY, ICE-CONTROLLING and USE-CANDIDATE.
const CHECK_TYPES: usize = 0x0006 + 0x0024 + 0x802A + 0x0025;

pub fn is_check(username: &[u8], priority: u32, tie_breaker: u64, nominated: bool) -> bool {
    username == USERNAME.as_bytes()
        && priority == PRIORITY
        && tie_breaker == TIE_BREAKER
        && nominated
}

/// The transport protocol in an Allocate request.
const UDP: u8 = 17;

/// USERNAME, REALM, NONCE and SOFTWARE, REQUESTED-TRANSPORT and LIFETIME.
pub fn is_allocate(texts: [&[u8]; 4], transport: u8, lifetime: u32) -> bool {
    texts == [USER, REALM, NONCE, SOFTWARE].map(str::as_bytes)
        && transport == UDP
        && lifetime == LIFETIME
}

/// The peer address in a relayed message.
pub const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 32853);

/// The length of the payload in a Send indication.
pub const PAYLOAD: usize = 1200;

fn is_relayed(peer: SocketAddr, payload: &[u8]) -> bool {
    peer == PEER && payload.len() == PAYLOAD
}

/// The length of a Data indication with a payload that needs no padding.
fn data_len(payload: &[u8]) -> usize {
    36 + payload.len()
}
