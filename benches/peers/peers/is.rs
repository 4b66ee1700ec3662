//! `is`, the ICE agent of str0m. It parses only checks with MESSAGE-INTEGRITY and adds FINGERPRINT to every message,
//! so it is missing in rows where the check has no MESSAGE-INTEGRITY or the written message no FINGERPRINT.
//! It has no REQUESTED-TRANSPORT.
//!
//! The caller provides the HMAC, which takes a key as bytes.

use super::*;
use ::is::stun::StunMessage;
use ::is::{DefaultSha1HmacProvider, Sha1HmacProvider};
use stunwire_benches::messages::{message, signed};

const NAME: &str = "is";

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}

fn verify<'a>(key: &'a [u8], bytes: &'a [u8]) -> Way<'a> {
    Way::on(NAME, bytes, move |bytes| {
        StunMessage::parse(bytes).unwrap().verify(key, hmac)
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    verify(PASSWORD.as_bytes(), bytes)
}

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    verify(&LONG_TERM_KEY, bytes)
}

/// The check, with its attributes in the order in which `is` writes them.
fn check() -> Vec<u8> {
    let attributes: [(u16, &[u8]); 4] = [
        (0x0006, USERNAME.as_bytes()),
        (0x802A, &TIE_BREAKER.to_be_bytes()),
        (0x0024, &PRIORITY.to_be_bytes()),
        (0x0025, b""),
    ];
    signed(message(0x0001, &attributes), PASSWORD.as_bytes())
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    // A transaction id is random or copied from a message.
    let id = StunMessage::parse(whole).unwrap().trans_id();
    let (whole, out) = (check(), buffer::<256>());
    Way::new(NAME, move || {
        let message = StunMessage::binding_request(USERNAME, id, true, TIE_BREAKER, PRIORITY, true);
        let len = message.to_bytes(Some(PASSWORD.as_bytes()), out, hmac);
        out[..len.unwrap()] == whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = StunMessage::parse(bytes).unwrap();
        is_relayed(message.xor_peer_address().unwrap(), message.data().unwrap())
    })
}
