//! `ezk-stun-types`. It takes the packet over, so each parse copies it. A key cannot be kept.

use super::*;
use ezk_stun_types::attributes::turn::{Data, XorPeerAddress};
use ezk_stun_types::attributes::{
    Fingerprint, IceControlling, MessageIntegrity, MessageIntegrityKey, Priority, UseCandidate,
    Username,
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

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        message.attribute::<Fingerprint>().unwrap().is_ok()
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let mut message = Message::parse(bytes).unwrap();
        let key = MessageIntegrityKey::new(PASSWORD);
        let integrity = message.attribute_with::<MessageIntegrity>(key);
        integrity.unwrap().is_ok()
    })
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
