//! The codec of `turn-server`. It has only keys of long-term credentials. It finds attributes by their type, and
//! cannot iterate over all of them.

use super::*;
use ::turn_server::codec::Decoder;
use ::turn_server::codec::channel_data::ChannelData;
use ::turn_server::codec::crypto::{self, Password};
use ::turn_server::codec::message::attributes::{
    Data, Fingerprint, IceControlling, Lifetime, Nonce, PasswordAlgorithm, Priority, Realm,
    RequestedTransport, Software, UseCandidate, UserName, XorPeerAddress,
};
use ::turn_server::codec::message::methods::{ALLOCATE_REQUEST, DATA_INDICATION};
use ::turn_server::codec::message::{Message, MessageEncoder};
use bytes::BytesMut;
use stunwire_benches::baseline::baseline_frames;

const NAME: &str = "turn-server";

fn long_term() -> Password {
    crypto::generate_password(USER, PASSWORD, REALM, PasswordAlgorithm::Md5)
}

/// Decodes with a reused buffer for attributes.
fn reading<'a>(bytes: &'a [u8], read: impl Fn(&[u8], Message<'_>) -> bool + 'a) -> Way<'a> {
    let mut decoder = Decoder::default();
    Way::on(NAME, bytes, move |bytes| {
        let decoded = decoder.decode(bytes).unwrap();
        read(bytes, decoded.into_message().unwrap())
    })
}

pub fn parse(bytes: &[u8]) -> Way<'_> {
    reading(bytes, |_, _| true)
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    reading(bytes, |_, message| {
        is_check(
            message.get::<UserName>().unwrap().as_bytes(),
            message.get::<Priority>().unwrap(),
            message.get::<IceControlling>().unwrap(),
            message.get::<UseCandidate>().is_some(),
        )
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    reading(bytes, |_, message| {
        let texts = [
            message.get::<UserName>().unwrap(),
            message.get::<Realm>().unwrap(),
            message.get::<Nonce>().unwrap(),
            message.get::<Software>().unwrap(),
        ];
        let transport = message.get::<RequestedTransport>().unwrap() as u32;
        let lifetime = message.get::<Lifetime>().unwrap();
        is_allocate(texts.map(str::as_bytes), (transport >> 24) as u8, lifetime)
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    reading(bytes, |bytes, message| {
        let text = &bytes[..bytes.len() - 8];
        message.get::<Fingerprint>() == Some(crypto::fingerprint(text))
    })
}

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    let key = long_term();
    reading(bytes, move |_, message| message.verify(&key).is_ok())
}

pub fn sign_allocate(whole: &[u8]) -> Way<'_> {
    let (key, mut out) = (long_term(), BytesMut::with_capacity(256));
    Way::on(NAME, whole, move |whole| {
        let mut message = MessageEncoder::new(ALLOCATE_REQUEST, &ID, &mut out);
        message.append::<UserName>(USER);
        message.append::<Realm>(REALM);
        message.append::<Nonce>(NONCE);
        message.append::<RequestedTransport>(RequestedTransport::Udp);
        message.append::<Lifetime>(LIFETIME);
        message.append::<Software>(SOFTWARE);
        message.flush(Some(&key)).unwrap();
        out == whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    reading(bytes, |_, message| {
        let peer = message.get::<XorPeerAddress>().unwrap();
        is_relayed(peer, message.get::<Data>().unwrap())
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    let mut out = BytesMut::with_capacity(1300);
    Way::on(NAME, payload, move |payload| {
        let mut message = MessageEncoder::new(DATA_INDICATION, &ID, &mut out);
        message.append::<XorPeerAddress>(PEER);
        message.append::<Data>(payload);
        message.flush(None).unwrap();
        out.len() == data_len(payload)
    })
}

/// The data is everything after the header: the length is only compared.
pub fn channel_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let data = ChannelData::decode(bytes).unwrap();
        data.number() == 0x4001 && data.bytes().len() == PAYLOAD
    })
}

pub fn channel_copy(payload: &[u8]) -> Way<'_> {
    let mut out = BytesMut::with_capacity(1300);
    Way::on(NAME, payload, move |payload| {
        ChannelData::new(black_box(0x4001), payload).encode(&mut out);
        out.len() == payload.len() + 4
    })
}

fn frames_end(stream: &[u8]) -> usize {
    let mut left = stream;
    while left.len() >= 4 {
        let size = Decoder::message_size(left, true).unwrap();
        let Some((_, rest)) = left.split_at_checked(size) else {
            break;
        };
        left = rest;
    }
    stream.len() - left.len()
}

pub fn frames(stream: &[u8]) -> Way<'_> {
    let (end, _) = baseline_frames(stream).unwrap();
    Way::on(NAME, stream, move |stream| frames_end(stream) == end)
}
