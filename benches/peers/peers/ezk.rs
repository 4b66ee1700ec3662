//! `ezk-stun-types`. It takes ownership of the packet, so each parse copies it. A key cannot be reused.

use super::*;
use ezk_stun_types::attributes::turn::{Data, Lifetime, RequestedTransport, XorPeerAddress};
use ezk_stun_types::attributes::{
    Fingerprint, IceControlling, MessageIntegrity, MessageIntegrityKey, Nonce, Priority, Realm,
    Software, UseCandidate, Username, long_term_password_md5,
};
use ezk_stun_types::{Class, Message, MessageBuilder, Method, TransactionId};

const NAME: &str = "ezk-stun-types";

fn message(class: Class, method: Method) -> MessageBuilder {
    MessageBuilder::new(class, method, TransactionId::new(ID))
}

pub fn parse(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| Message::parse(bytes).is_ok())
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        let username = message.attribute::<Username>().unwrap().unwrap().0 == USERNAME;
        username
            && message.attribute::<Priority>().unwrap().unwrap().0 == PRIORITY
            && message.attribute::<IceControlling>().unwrap().unwrap().0 == TIE_BREAKER
            && message.attribute::<UseCandidate>().is_some()
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        let transport = message.attribute::<RequestedTransport>().unwrap().unwrap();
        transport.protocol_number == UDP
            && message.attribute::<Username>().unwrap().unwrap().0 == USER
            && message.attribute::<Realm>().unwrap().unwrap().0 == REALM
            && message.attribute::<Nonce>().unwrap().unwrap().0 == NONCE.as_bytes()
            && message.attribute::<Software>().unwrap().unwrap().0 == SOFTWARE
            && message.attribute::<Lifetime>().unwrap().unwrap().0 == LIFETIME
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        message.attribute::<Fingerprint>().unwrap().is_ok()
    })
}

fn verify<'a>(key: impl AsRef<[u8]> + 'a, bytes: &'a [u8]) -> Way<'a> {
    Way::on(NAME, bytes, move |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        let key = MessageIntegrityKey::new(&key);
        let integrity = message.attribute_with::<MessageIntegrity>(key);
        integrity.unwrap().is_ok()
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    verify(PASSWORD, bytes)
}

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    verify(long_term_password_md5(USER, REALM, PASSWORD), bytes)
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    Way::on(NAME, whole, |whole| {
        let mut message = message(Class::Request, Method::Binding);
        message.add_attr(Username::new(USERNAME));
        message.add_attr(Priority(PRIORITY));
        message.add_attr(IceControlling(TIE_BREAKER));
        message.add_attr(UseCandidate);
        message.add_attr_with(MessageIntegrity, MessageIntegrityKey::new(PASSWORD));
        message.add_attr(Fingerprint);
        message.finish() == whole
    })
}

pub fn sign_allocate(whole: &[u8]) -> Way<'_> {
    let key = long_term_password_md5(USER, REALM, PASSWORD);
    Way::on(NAME, whole, move |whole| {
        let mut message = message(Class::Request, Method::Allocate);
        message.add_attr(Username::new(USER));
        message.add_attr(Realm::new(REALM));
        message.add_attr(Nonce::new(NONCE.as_bytes()));
        message.add_attr(RequestedTransport {
            protocol_number: UDP,
        });
        message.add_attr(Lifetime(LIFETIME));
        message.add_attr(Software::new(SOFTWARE));
        message.add_attr_with(MessageIntegrity, MessageIntegrityKey::new(&key));
        message.add_attr(Fingerprint);
        message.finish() == whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        let peer = message.attribute::<XorPeerAddress>().unwrap().unwrap().0;
        let data = message.attribute::<Data>().unwrap().unwrap().0;
        is_relayed(peer, data)
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    Way::on(NAME, payload, |payload| {
        let mut message = message(Class::Indication, Method::Data);
        message.add_attr(XorPeerAddress(PEER));
        message.add_attr(Data::new(payload));
        message.finish().len() == data_len(payload)
    })
}
