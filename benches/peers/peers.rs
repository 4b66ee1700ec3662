//! Other crates at the same jobs, by their documented ways. Each answer is compared.
//!
//! `stun-types` and `stun_codec` check FINGERPRINT whenever they parse, and stun_codec also encodes
//! the message again for MESSAGE-INTEGRITY: the rows that only read have neither.

use std::net::SocketAddr;

use crate::common::messages::{ID, PASSWORD};

/// What a check says, to compare: USERNAME, PRIORITY, ICE-CONTROLLING.
pub const USERNAME: &str = "evtj:h6vY";
pub const PRIORITY: u32 = 0x6E00_01FF;
pub const TIE_BREAKER: u64 = 0x932F_F9B1_5126_3B36;

pub mod stun_types {
    use super::*;
    use ::stun_types::attribute::{AttributeStaticType, RawAttribute, Username};
    use ::stun_types::message::{
        BINDING, IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType,
        MessageWrite, MessageWriteExt, MessageWriteMutSlice, ShortTermCredentials,
    };
    use turn_types::attribute::{Data, XorPeerAddress};
    use turn_types::message::DATA;

    fn id() -> ::stun_types::message::TransactionId {
        let mut id = [0; 16];
        id[4..].copy_from_slice(&ID);
        u128::from_be_bytes(id).into()
    }

    pub fn key() -> IntegrityKey {
        ShortTermCredentials::new(PASSWORD.into()).make_key()
    }

    pub fn iterate(bytes: &[u8]) -> usize {
        let message = Message::from_bytes(bytes).unwrap();
        message
            .iter_attributes()
            .map(|(_, raw)| raw.value.len())
            .sum()
    }

    pub fn fingerprint(bytes: &[u8]) -> bool {
        Message::from_bytes(bytes).is_ok()
    }

    pub fn verify(bytes: &[u8], key: &IntegrityKey) -> bool {
        let message = Message::from_bytes(bytes).unwrap();
        message.validate_integrity_with_key(key).is_ok()
    }

    pub fn sign(out: &mut [u8], key: &IntegrityKey) -> usize {
        let ty = MessageType::from_class_method(MessageClass::Request, BINDING);
        let mut message = Message::builder(ty, id(), MessageWriteMutSlice::new(out));
        let priority = PRIORITY.to_be_bytes();
        let tie_breaker = TIE_BREAKER.to_be_bytes();
        message
            .add_attribute(&Username::new(USERNAME).unwrap())
            .unwrap();
        message
            .add_attribute(&RawAttribute::new(0x0024.into(), &priority))
            .unwrap();
        message
            .add_attribute(&RawAttribute::new(0x802A.into(), &tie_breaker))
            .unwrap();
        message
            .add_attribute(&RawAttribute::new(0x0025.into(), &[]))
            .unwrap();
        message
            .add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1)
            .unwrap();
        message.add_fingerprint().unwrap();
        message.finish()
    }

    pub fn relay_decode(bytes: &[u8]) -> (SocketAddr, usize) {
        let message = Message::from_bytes(bytes).unwrap();
        let peer = message.attribute::<XorPeerAddress>().unwrap();
        let data = message.attribute::<Data>().unwrap();
        (peer.addr(message.transaction_id()), data.data().len())
    }

    pub fn relay_encode(out: &mut [u8], peer: SocketAddr, payload: &[u8]) -> usize {
        let ty = MessageType::from_class_method(MessageClass::Indication, DATA);
        let mut message = Message::builder(ty, id(), MessageWriteMutSlice::new(out));
        message
            .add_attribute(&XorPeerAddress::new(peer, id()))
            .unwrap();
        message.add_attribute(&Data::new(payload)).unwrap();
        message.finish()
    }

    #[allow(dead_code)]
    const TYPE: ::stun_types::attribute::AttributeType = Username::TYPE;
}

pub mod stun_codec {
    use super::*;
    use ::stun_codec::rfc5245::attributes::{IceControlling, Priority, UseCandidate};
    use ::stun_codec::rfc5389::attributes::{Fingerprint, MessageIntegrity, Username};
    use ::stun_codec::rfc5389::methods::BINDING;
    use ::stun_codec::rfc5766::attributes::{Data, XorPeerAddress};
    use ::stun_codec::rfc5766::methods::DATA;
    use ::stun_codec::{
        Message, MessageClass, MessageDecoder, MessageEncoder, TransactionId,
        define_attribute_enums,
    };
    use bytecodec::{DecodeExt, EncodeExt};

    define_attribute_enums!(
        Attribute,
        AttributeDecoder,
        AttributeEncoder,
        [
            Username,
            MessageIntegrity,
            Fingerprint,
            Priority,
            IceControlling,
            UseCandidate,
            XorPeerAddress,
            Data
        ]
    );

    fn decode(bytes: &[u8]) -> Message<Attribute> {
        let mut decoder = MessageDecoder::<Attribute>::new();
        decoder.decode_from_bytes(bytes).unwrap().unwrap()
    }

    pub fn iterate(bytes: &[u8]) -> usize {
        decode(bytes).attributes().count()
    }

    pub fn typed(bytes: &[u8]) -> bool {
        let message = decode(bytes);
        message.get_attribute::<Username>().unwrap().name() == USERNAME
            && message.get_attribute::<Priority>().unwrap().prio() == PRIORITY
            && message.get_attribute::<IceControlling>().unwrap().prio() == TIE_BREAKER
            && message.get_attribute::<UseCandidate>().is_some()
    }

    pub fn fingerprint(bytes: &[u8]) -> bool {
        decode(bytes).get_attribute::<Fingerprint>().is_some()
    }

    pub fn verify(bytes: &[u8]) -> bool {
        let message = decode(bytes);
        let integrity = message.get_attribute::<MessageIntegrity>().unwrap();
        integrity.check_short_term_credential(PASSWORD).is_ok()
    }

    pub fn sign() -> usize {
        let id = TransactionId::new(ID);
        let mut message = Message::<Attribute>::new(MessageClass::Request, BINDING, id);
        message.add_attribute(Username::new(USERNAME.into()).unwrap());
        message.add_attribute(Priority::new(PRIORITY));
        message.add_attribute(IceControlling::new(TIE_BREAKER));
        message.add_attribute(UseCandidate::new());
        let integrity = MessageIntegrity::new_short_term_credential(&message, PASSWORD).unwrap();
        message.add_attribute(integrity);
        let fingerprint = Fingerprint::new(&message).unwrap();
        message.add_attribute(fingerprint);
        MessageEncoder::new()
            .encode_into_bytes(message)
            .unwrap()
            .len()
    }

    pub fn relay_decode(bytes: &[u8]) -> (SocketAddr, usize) {
        let message = decode(bytes);
        let peer = message.get_attribute::<XorPeerAddress>().unwrap();
        let data = message.get_attribute::<Data>().unwrap();
        (peer.address(), data.data().len())
    }

    pub fn relay_encode(peer: SocketAddr, payload: &[u8]) -> usize {
        let id = TransactionId::new(ID);
        let mut message = Message::<Attribute>::new(MessageClass::Indication, DATA, id);
        message.add_attribute(XorPeerAddress::new(peer));
        message.add_attribute(Data::new(payload.to_vec()).unwrap());
        MessageEncoder::new()
            .encode_into_bytes(message)
            .unwrap()
            .len()
    }
}

/// `stun` of webrtc-rs. It has no types for ICE's attributes.
pub mod webrtc {
    use super::*;
    use webrtc_stun::agent::TransactionId;
    use webrtc_stun::attributes::{
        ATTR_DATA, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
        ATTR_XOR_PEER_ADDRESS, AttrType, RawAttribute,
    };
    use webrtc_stun::fingerprint::FINGERPRINT;
    use webrtc_stun::integrity::MessageIntegrity;
    use webrtc_stun::message::{BINDING_REQUEST, CLASS_INDICATION, METHOD_DATA, MessageType};
    use webrtc_stun::message::{Message, Setter};
    use webrtc_stun::textattrs::TextAttribute;
    use webrtc_stun::xoraddr::XorMappedAddress;

    pub fn key() -> MessageIntegrity {
        MessageIntegrity::new_short_term_integrity(PASSWORD.into())
    }

    pub fn iterate(message: &mut Message, bytes: &[u8]) -> usize {
        message.unmarshal_binary(bytes).unwrap();
        message.attributes.0.iter().map(|raw| raw.value.len()).sum()
    }

    pub fn fingerprint(message: &mut Message, bytes: &[u8]) -> bool {
        message.unmarshal_binary(bytes).unwrap();
        FINGERPRINT.check(message).is_ok()
    }

    pub fn verify(message: &mut Message, bytes: &[u8], key: &MessageIntegrity) -> bool {
        message.unmarshal_binary(bytes).unwrap();
        key.check(message).is_ok()
    }

    fn raw(typ: AttrType, value: &[u8]) -> Box<dyn Setter> {
        let length = value.len() as u16;
        let value = value.to_vec();
        Box::new(RawAttribute { typ, length, value })
    }

    pub fn sign(message: &mut Message, key: &MessageIntegrity) -> usize {
        message.reset();
        let parts: [Box<dyn Setter>; 8] = [
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId(ID)),
            Box::new(TextAttribute::new(ATTR_USERNAME, USERNAME.into())),
            raw(ATTR_PRIORITY, &PRIORITY.to_be_bytes()),
            raw(ATTR_ICE_CONTROLLING, &TIE_BREAKER.to_be_bytes()),
            raw(ATTR_USE_CANDIDATE, &[]),
            Box::new(key.clone()),
            Box::new(FINGERPRINT),
        ];
        message.build(&parts).unwrap();
        message.raw.len()
    }

    pub fn relay_decode(message: &mut Message, bytes: &[u8]) -> (SocketAddr, usize) {
        message.unmarshal_binary(bytes).unwrap();
        let mut peer = XorMappedAddress::default();
        peer.get_from_as(message, ATTR_XOR_PEER_ADDRESS).unwrap();
        let data = message.get(ATTR_DATA).unwrap();
        (SocketAddr::new(peer.ip, peer.port), data.len())
    }

    pub fn relay_encode(message: &mut Message, peer: SocketAddr, payload: &[u8]) -> usize {
        message.reset();
        message.set_type(MessageType::new(METHOD_DATA, CLASS_INDICATION));
        message.transaction_id = TransactionId(ID);
        message.write_header();
        let (ip, port) = (peer.ip(), peer.port());
        let peer = XorMappedAddress { ip, port };
        peer.add_to_as(message, ATTR_XOR_PEER_ADDRESS).unwrap();
        message.add(ATTR_DATA, payload);
        message.raw.len()
    }
}

pub mod stun_rs {
    use super::*;
    use ::stun_rs::attributes::ice::{IceControlling, Priority, UseCandidate};
    use ::stun_rs::attributes::stun::{Fingerprint, MessageIntegrity, UserName};
    use ::stun_rs::attributes::turn::{Data, XorPeerAddress};
    use ::stun_rs::methods::{BINDING, DATA};
    use ::stun_rs::{
        DecoderContextBuilder, HMACKey, MessageClass, MessageDecoder, MessageDecoderBuilder,
        MessageEncoderBuilder, StunMessage, StunMessageBuilder, TransactionId,
    };

    pub fn decoder() -> MessageDecoder {
        MessageDecoderBuilder::default().build()
    }

    pub fn key() -> HMACKey {
        HMACKey::new_short_term(PASSWORD).unwrap()
    }

    /// Checks MESSAGE-INTEGRITY and FINGERPRINT, together only.
    pub fn verifier() -> MessageDecoder {
        let context = DecoderContextBuilder::default();
        let context = context.with_key(key()).with_validation().build();
        MessageDecoderBuilder::default()
            .with_context(context)
            .build()
    }

    fn decode(decoder: &MessageDecoder, bytes: &[u8]) -> StunMessage {
        decoder.decode(bytes).unwrap().0
    }

    pub fn iterate(decoder: &MessageDecoder, bytes: &[u8]) -> usize {
        decode(decoder, bytes).attributes().len()
    }

    pub fn typed(decoder: &MessageDecoder, bytes: &[u8]) -> bool {
        let message = decode(decoder, bytes);
        let username = message.get::<UserName>().unwrap().as_user_name().unwrap();
        let priority = message.get::<Priority>().unwrap().as_priority().unwrap();
        let controlling = message.get::<IceControlling>().unwrap();
        username.as_str() == USERNAME
            && priority.as_u32() == PRIORITY
            && controlling.as_ice_controlling().unwrap().as_u64() == TIE_BREAKER
            && message.get::<UseCandidate>().is_some()
    }

    pub fn fingerprint(decoder: &MessageDecoder, bytes: &[u8]) -> bool {
        let message = decode(decoder, bytes);
        let fingerprint = message.get::<Fingerprint>().unwrap();
        let text = &bytes[..bytes.len() - 8];
        fingerprint.as_fingerprint().unwrap().validate(text)
    }

    pub fn verify(decoder: &MessageDecoder, bytes: &[u8]) -> bool {
        decoder.decode(bytes).is_ok()
    }

    pub fn sign(out: &mut [u8], key: &HMACKey) -> usize {
        let message = StunMessageBuilder::new(BINDING, MessageClass::Request)
            .with_transaction_id(TransactionId::from(ID))
            .with_attribute(UserName::new(USERNAME).unwrap())
            .with_attribute(Priority::new(PRIORITY))
            .with_attribute(IceControlling::new(TIE_BREAKER))
            .with_attribute(UseCandidate::default())
            .with_attribute(MessageIntegrity::new(key.clone()))
            .with_attribute(Fingerprint::default())
            .build();
        let encoder = MessageEncoderBuilder::default().build();
        encoder.encode(out, &message).unwrap()
    }

    pub fn relay_decode(decoder: &MessageDecoder, bytes: &[u8]) -> (SocketAddr, usize) {
        let message = decode(decoder, bytes);
        let peer = message.get::<XorPeerAddress>().unwrap();
        let data = message.get::<Data>().unwrap().as_data().unwrap();
        let peer = peer.as_xor_peer_address().unwrap();
        (*peer.socket_address(), data.as_bytes().len())
    }

    pub fn relay_encode(out: &mut [u8], peer: SocketAddr, payload: &[u8]) -> usize {
        let message = StunMessageBuilder::new(DATA, MessageClass::Indication)
            .with_transaction_id(TransactionId::from(ID))
            .with_attribute(XorPeerAddress::from(peer))
            .with_attribute(Data::new(payload))
            .build();
        let encoder = MessageEncoderBuilder::default().build();
        encoder.encode(out, &message).unwrap()
    }
}

/// It takes the packet over, so each parse copies it. A key cannot be kept.
pub mod ezk {
    use super::*;
    use ezk_stun_types::attributes::turn::{Data, XorPeerAddress};
    use ezk_stun_types::attributes::{
        Fingerprint, IceControlling, MessageIntegrity, MessageIntegrityKey, Priority, UseCandidate,
        Username,
    };
    use ezk_stun_types::{Class, Message, MessageBuilder, Method, TransactionId};

    pub fn parse(bytes: &[u8]) -> bool {
        Message::parse(bytes).is_ok()
    }

    pub fn typed(bytes: &[u8]) -> bool {
        let mut message = Message::parse(bytes).unwrap();
        let username = message.attribute::<Username>().unwrap().unwrap().0 == USERNAME;
        username
            && message.attribute::<Priority>().unwrap().unwrap().0 == PRIORITY
            && message.attribute::<IceControlling>().unwrap().unwrap().0 == TIE_BREAKER
            && message.attribute::<UseCandidate>().is_some()
    }

    pub fn fingerprint(bytes: &[u8]) -> bool {
        let mut message = Message::parse(bytes).unwrap();
        message.attribute::<Fingerprint>().unwrap().is_ok()
    }

    pub fn verify(bytes: &[u8]) -> bool {
        let mut message = Message::parse(bytes).unwrap();
        let key = MessageIntegrityKey::new(PASSWORD);
        message
            .attribute_with::<MessageIntegrity>(key)
            .unwrap()
            .is_ok()
    }

    pub fn sign() -> usize {
        let id = TransactionId::new(ID);
        let mut message = MessageBuilder::new(Class::Request, Method::Binding, id);
        message.add_attr(Username::new(USERNAME));
        message.add_attr(Priority(PRIORITY));
        message.add_attr(IceControlling(TIE_BREAKER));
        message.add_attr(UseCandidate);
        message.add_attr_with(MessageIntegrity, MessageIntegrityKey::new(PASSWORD));
        message.add_attr(Fingerprint);
        message.finish().len()
    }

    pub fn relay_decode(bytes: &[u8]) -> (SocketAddr, usize) {
        let mut message = Message::parse(bytes).unwrap();
        let peer = message.attribute::<XorPeerAddress>().unwrap().unwrap().0;
        let data = message.attribute::<Data>().unwrap().unwrap().0.len();
        (peer, data)
    }

    pub fn relay_encode(peer: SocketAddr, payload: &[u8]) -> usize {
        let id = TransactionId::new(ID);
        let mut message = MessageBuilder::new(Class::Indication, Method::Data, id);
        message.add_attr(XorPeerAddress(peer));
        message.add_attr(Data::new(payload));
        message.finish().len()
    }
}

/// A walk that reads as it goes and checks little; its values include their padding.
pub mod stun_bytes {
    pub fn iterate(bytes: &[u8]) -> usize {
        let message = ::stun_bytes::ByteMsg::from(bytes);
        let attributes = message.attrs_iter();
        attributes
            .filter_map(|attribute| attribute.val())
            .map(<[u8]>::len)
            .sum()
    }
}

/// Typed attributes over `stun-bytes`.
pub mod stun_format {
    use super::*;
    use ::stun_format::{Attr, Msg};

    pub fn typed(bytes: &[u8]) -> bool {
        let (mut username, mut priority, mut controlling, mut nominated) = ("", 0, 0, false);
        let message = Msg::from(bytes);
        for attribute in message.attrs_iter() {
            match attribute {
                Attr::Username(value) => username = value,
                Attr::Priority(value) => priority = value,
                Attr::IceControlling(value) => controlling = value,
                Attr::UseCandidate => nominated = true,
                _ => {}
            }
        }
        username == USERNAME && priority == PRIORITY && controlling == TIE_BREAKER && nominated
    }
}
