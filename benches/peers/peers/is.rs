//! `is`, the ICE agent of str0m. A check that it parses has MESSAGE-INTEGRITY, and whatever it writes
//! has FINGERPRINT: it is not among the rows with neither. It has no REQUESTED-TRANSPORT.
//!
//! Who calls it gives the HMAC, which takes a key as bytes. Attributes stand in an order of its own.

use super::*;
use ::is::stun::StunMessage;
use ::is::{DefaultSha1HmacProvider, Sha1HmacProvider};

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

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    // An ID is random, or that of a message.
    let id = StunMessage::parse(whole).unwrap().trans_id();
    let mut out = [0; 256];
    Way::on(NAME, whole, move |whole| {
        let message = StunMessage::binding_request(USERNAME, id, true, TIE_BREAKER, PRIORITY, true);
        let len = message.to_bytes(Some(PASSWORD.as_bytes()), &mut out, hmac);
        len.unwrap() == whole.len()
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = StunMessage::parse(bytes).unwrap();
        is_relayed(message.xor_peer_address().unwrap(), message.data().unwrap())
    })
}
