//! The jobs with the crates of webrtc-rs, which have the same API.

use super::*;
use ice::control::AttrControlling;
use ice::priority::PriorityAttr;
use ice::use_candidate::UseCandidateAttr;
use std::time::Duration;
use stun::attributes::{
    ATTR_DATA, ATTR_NONCE, ATTR_REALM, ATTR_SOFTWARE, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS,
    AttrType,
};
use stun::fingerprint::FINGERPRINT;
use stun::message::{
    BINDING_REQUEST, CLASS_INDICATION, CLASS_REQUEST, Getter, METHOD_ALLOCATE, METHOD_DATA,
    MessageType,
};
use stun::textattrs::TextAttribute;
use stun::xoraddr::XorMappedAddress;
use turn::proto::PROTO_UDP;
use turn::proto::lifetime::Lifetime;
use turn::proto::reqtrans::RequestedTransport;

pub fn parse(bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).is_ok()
    })
}

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).unwrap();
        let values = message.attributes.0.iter().map(|raw| raw.value.len());
        values.sum::<usize>() == CHECK_VALUES
    })
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).unwrap();
        let username = TextAttribute::get_from_as(&message, ATTR_USERNAME).unwrap();
        let mut priority = PriorityAttr::default();
        let mut controlling = AttrControlling::default();
        priority.get_from(&message).unwrap();
        controlling.get_from(&message).unwrap();
        let nominated = UseCandidateAttr::is_set(&message);
        is_check(
            username.text.as_bytes(),
            priority.0,
            controlling.0,
            nominated,
        )
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).unwrap();
        let types = [ATTR_USERNAME, ATTR_REALM, ATTR_NONCE, ATTR_SOFTWARE];
        let texts = types.map(|ty| TextAttribute::get_from_as(&message, ty).unwrap());
        let mut transport = RequestedTransport::default();
        let mut lifetime = Lifetime::default();
        transport.get_from(&message).unwrap();
        lifetime.get_from(&message).unwrap();
        is_allocate(
            texts.each_ref().map(|attribute| attribute.text.as_bytes()),
            transport.protocol.0,
            lifetime.0.as_secs() as u32,
        )
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).unwrap();
        FINGERPRINT.check(&message).is_ok()
    })
}

fn verify(key: Key, bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).unwrap();
        key.verifies(&mut message)
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    verify(Key::short_term(), bytes)
}

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    verify(Key::long_term(), bytes)
}

fn text(ty: AttrType, value: &str) -> Box<dyn Setter> {
    Box::new(TextAttribute::new(ty, value.into()))
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    let (key, mut message) = (Key::short_term(), Message::new());
    Way::on(NAME, whole, move |whole| {
        message.reset();
        let parts: [Box<dyn Setter>; 8] = [
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId(ID)),
            text(ATTR_USERNAME, USERNAME),
            Box::new(PriorityAttr(PRIORITY)),
            Box::new(AttrControlling(TIE_BREAKER)),
            Box::new(UseCandidateAttr),
            key.setter(),
            Box::new(FINGERPRINT),
        ];
        message.build(&parts).unwrap();
        message.raw == whole
    })
}

pub fn sign_allocate(whole: &[u8]) -> Way<'_> {
    let (key, mut message) = (Key::long_term(), Message::new());
    Way::on(NAME, whole, move |whole| {
        message.reset();
        let parts: [Box<dyn Setter>; 10] = [
            Box::new(MessageType::new(METHOD_ALLOCATE, CLASS_REQUEST)),
            Box::new(TransactionId(ID)),
            text(ATTR_USERNAME, USER),
            text(ATTR_REALM, REALM),
            text(ATTR_NONCE, NONCE),
            Box::new(RequestedTransport {
                protocol: PROTO_UDP,
            }),
            Box::new(Lifetime(Duration::from_secs(LIFETIME.into()))),
            text(ATTR_SOFTWARE, SOFTWARE),
            key.setter(),
            Box::new(FINGERPRINT),
        ];
        message.build(&parts).unwrap();
        message.raw == whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, bytes, move |bytes| {
        message.unmarshal_binary(bytes).unwrap();
        let mut peer = XorMappedAddress::default();
        peer.get_from_as(&message, ATTR_XOR_PEER_ADDRESS).unwrap();
        let data = message.get(ATTR_DATA).unwrap();
        is_relayed(SocketAddr::new(peer.ip, peer.port), &data)
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    let mut message = Message::new();
    Way::on(NAME, payload, move |payload| {
        message.reset();
        message.set_type(MessageType::new(METHOD_DATA, CLASS_INDICATION));
        message.transaction_id = TransactionId(ID);
        message.write_header();
        let (ip, port) = (PEER.ip(), PEER.port());
        let peer = XorMappedAddress { ip, port };
        peer.add_to_as(&mut message, ATTR_XOR_PEER_ADDRESS).unwrap();
        message.add(ATTR_DATA, payload);
        message.raw.len() == data_len(payload)
    })
}
