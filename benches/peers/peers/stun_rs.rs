use super::*;
use ::stun_rs::attributes::ice::{IceControlling, Priority, UseCandidate};
use ::stun_rs::attributes::stun::{
    Fingerprint, MessageIntegrity, Nonce, Realm, Software, UserName,
};
use ::stun_rs::attributes::turn::{Data, LifeTime, RequestedTrasport, XorPeerAddress};
use ::stun_rs::methods::{ALLOCATE, BINDING, DATA};
use ::stun_rs::protocols;
use ::stun_rs::{
    Algorithm, AlgorithmId, DecoderContextBuilder, HMACKey, MessageClass, MessageDecoder,
    MessageDecoderBuilder, MessageEncoderBuilder, MessageMethod, StunMessage, StunMessageBuilder,
    TransactionId,
};

const NAME: &str = "stun-rs";

fn short_term() -> HMACKey {
    HMACKey::new_short_term(PASSWORD).unwrap()
}

fn long_term() -> HMACKey {
    HMACKey::new_long_term(USER, REALM, PASSWORD, Algorithm::from(AlgorithmId::MD5)).unwrap()
}

fn decoder() -> MessageDecoder {
    MessageDecoderBuilder::default().build()
}

fn decode(decoder: &MessageDecoder, bytes: &[u8]) -> StunMessage {
    decoder.decode(bytes).unwrap().0
}

fn message(method: MessageMethod, class: MessageClass) -> StunMessageBuilder {
    StunMessageBuilder::new(method, class).with_transaction_id(TransactionId::from(ID))
}

fn encode(out: &mut [u8], message: &StunMessage) -> usize {
    let encoder = MessageEncoderBuilder::default().build();
    encoder.encode(out, message).unwrap()
}

fn decoding(decoder: MessageDecoder, bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, move |bytes| decoder.decode(bytes).is_ok())
}

pub fn parse(bytes: &[u8]) -> Way<'_> {
    decoding(decoder(), bytes)
}

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    let decoder = decoder();
    Way::on(NAME, bytes, move |bytes| {
        decode(&decoder, bytes).attributes().len() == CHECK_ATTRIBUTES
    })
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    let decoder = decoder();
    Way::on(NAME, bytes, move |bytes| {
        let message = decode(&decoder, bytes);
        let username = message.get::<UserName>().unwrap().as_user_name().unwrap();
        let priority = message.get::<Priority>().unwrap().as_priority().unwrap();
        let controlling = message.get::<IceControlling>().unwrap();
        is_check(
            username.as_str().as_bytes(),
            priority.as_u32(),
            controlling.as_ice_controlling().unwrap().as_u64(),
            message.get::<UseCandidate>().is_some(),
        )
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    let decoder = decoder();
    Way::on(NAME, bytes, move |bytes| {
        let message = decode(&decoder, bytes);
        let username = message.get::<UserName>().unwrap().as_user_name().unwrap();
        let realm = message.get::<Realm>().unwrap().as_realm().unwrap();
        let nonce = message.get::<Nonce>().unwrap().as_nonce().unwrap();
        let software = message.get::<Software>().unwrap().as_software().unwrap();
        let transport = message.get::<RequestedTrasport>().unwrap();
        let lifetime = message.get::<LifeTime>().unwrap();
        is_allocate(
            [
                username.as_str(),
                realm.as_str(),
                nonce.as_str(),
                software.as_str(),
            ]
            .map(str::as_bytes),
            transport
                .as_requested_trasport()
                .unwrap()
                .protocol()
                .as_u8(),
            lifetime.as_life_time().unwrap().as_u32(),
        )
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    let decoder = decoder();
    Way::on(NAME, bytes, move |bytes| {
        let message = decode(&decoder, bytes);
        let fingerprint = message.get::<Fingerprint>().unwrap();
        let text = &bytes[..bytes.len() - 8];
        fingerprint.as_fingerprint().unwrap().validate(text)
    })
}

/// `stun-rs` checks MESSAGE-INTEGRITY and FINGERPRINT only together.
fn verify(key: HMACKey, bytes: &[u8]) -> Way<'_> {
    let context = DecoderContextBuilder::default();
    let context = context.with_key(key).with_validation().build();
    let decoder = MessageDecoderBuilder::default().with_context(context);
    decoding(decoder.build(), bytes)
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    verify(short_term(), bytes)
}

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    verify(long_term(), bytes)
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    let (key, out) = (short_term(), buffer::<256>());
    Way::on(NAME, whole, move |whole| {
        let message = message(BINDING, MessageClass::Request)
            .with_attribute(UserName::new(USERNAME).unwrap())
            .with_attribute(Priority::new(PRIORITY))
            .with_attribute(IceControlling::new(TIE_BREAKER))
            .with_attribute(UseCandidate::default())
            .with_attribute(MessageIntegrity::new(key.clone()))
            .with_attribute(Fingerprint::default())
            .build();
        let len = encode(out, &message);
        out[..len] == *whole
    })
}

pub fn sign_allocate(whole: &[u8]) -> Way<'_> {
    let (key, out) = (long_term(), buffer::<256>());
    Way::on(NAME, whole, move |whole| {
        let message = message(ALLOCATE, MessageClass::Request)
            .with_attribute(UserName::new(USER).unwrap())
            .with_attribute(Realm::new(REALM).unwrap())
            .with_attribute(Nonce::new(NONCE).unwrap())
            .with_attribute(RequestedTrasport::new(protocols::UDP))
            .with_attribute(LifeTime::new(LIFETIME))
            .with_attribute(Software::new(SOFTWARE).unwrap())
            .with_attribute(MessageIntegrity::new(key.clone()))
            .with_attribute(Fingerprint::default())
            .build();
        let len = encode(out, &message);
        out[..len] == *whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    let decoder = decoder();
    Way::on(NAME, bytes, move |bytes| {
        let message = decode(&decoder, bytes);
        let peer = message.get::<XorPeerAddress>().unwrap();
        let data = message.get::<Data>().unwrap().as_data().unwrap();
        let peer = peer.as_xor_peer_address().unwrap();
        is_relayed(*peer.socket_address(), data.as_bytes())
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    let out = buffer::<1300>();
    Way::on(NAME, payload, move |payload| {
        let message = message(DATA, MessageClass::Indication)
            .with_attribute(XorPeerAddress::from(PEER))
            .with_attribute(Data::new(payload))
            .build();
        encode(out, &message) == data_len(payload)
    })
}
