//! RFC 7635: third-party authorization.

use core::time::Duration;

use stunwire::attribute::{AccessToken, ThirdPartyAuthorization, TokenBlock};

use super::{both_ways, decode};
use crate::support::hex;

/// §6.1: the name of the STUN server.
#[test]
fn third_party_authorization() {
    let name = ThirdPartyAuthorization::new("turn.example.org").unwrap();
    both_ways(0x802E, b"turn.example.org", name);
}

/// §6.2: the length of the nonce, the nonce, the encrypted block.
#[test]
fn access_token() {
    let value = hex("000c 000102030405060708090a0b deadbeef");
    let nonce: Vec<u8> = (0..12).collect();
    let token = AccessToken::new(&nonce, &[0xDE, 0xAD, 0xBE, 0xEF]).unwrap();
    both_ways(0x001B, &value, token);
    // A nonce that is longer than the token.
    assert!(decode::<AccessToken>(&hex("000d 000102030405060708090a0b")).is_err());
    assert!(decode::<AccessToken>(&hex("00")).is_err());
}

/// §6.2: the encrypted block: the length of the key, the key, 64 bits of time, 32 bits of lifetime. The time
/// is 48 bits of seconds and 16 bits of 1/64000 s.
#[test]
fn token_block() {
    let plain = hex("0014 0102030405060708090a0b0c0d0e0f1011121314 0000 5e0be100 fa00 00000e10");
    let block = TokenBlock::parse(&plain).unwrap();
    assert_eq!(block.mac_key().len(), 20);
    assert_eq!(block.mac_key()[0], 1);
    // 0xFA00 is 64,000.
    assert_eq!(block.timestamp(), Duration::from_secs(0x5E0B_E100 + 1));
    assert_eq!(block.lifetime(), Duration::from_secs(3600));
    for end in 0..plain.len() {
        assert!(TokenBlock::parse(&plain[..end]).is_err(), "{end}");
    }
}
