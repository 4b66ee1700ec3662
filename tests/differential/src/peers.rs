//! The other crates.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytecodec::DecodeExt;
use is::stun::StunMessage;
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};
use stun_types::attribute::{Attribute as _, AttributeType};
use stun_types::message::{IntegrityKey, ShortTermCredentials};
use webrtc_stun::integrity::MessageIntegrity;

use crate::{PASSWORD, Reading};

/// Another crate.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The name of the crate.
    pub name: &'static str,
    /// What it reads from a message. `None` if it refuses the message.
    pub read: fn(&[u8]) -> Option<Reading>,
}

/// The other crates.
pub const PEERS: &[Peer] = &[
    Peer {
        name: "stun-types",
        read: stun_types,
    },
    Peer {
        name: "stun",
        read: webrtc,
    },
    Peer {
        name: "stun_codec",
        read: stun_codec,
    },
    Peer {
        name: "is",
        read: is,
    },
];

fn header(bytes: &[u8]) -> (u16, [u8; 12]) {
    (
        u16::from_be_bytes([bytes[0], bytes[1]]),
        bytes[8..20].try_into().expect("12 bytes"),
    )
}

/// A panic is a refusal: what is compared is what is read.
pub(crate) fn quietly<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

fn stun_types(bytes: &[u8]) -> Option<Reading> {
    quietly(|| {
        let message = stun_types::message::Message::from_bytes(bytes).ok()?;
        let key: IntegrityKey = ShortTermCredentials::new(PASSWORD.into()).make_key();
        let has_integrity = message.has_attribute(AttributeType::new(0x0008))
            && !message.has_attribute(AttributeType::new(0x001C));
        let is_authentic = has_integrity.then(|| message.validate_integrity_with_key(&key).is_ok());
        let attributes = message
            .iter_attributes()
            .map(|(_, raw)| (raw.get_type().value(), raw.value.to_vec()))
            .collect();
        Some(Reading {
            type_bits: message
                .get_type()
                .to_bytes()
                .try_into()
                .map(u16::from_be_bytes)
                .ok()?,
            id: u128::from(message.transaction_id()).to_be_bytes()[4..]
                .try_into()
                .ok()?,
            attributes: Some(attributes),
            is_authentic,
        })
    })
}

fn webrtc(bytes: &[u8]) -> Option<Reading> {
    quietly(|| {
        let mut message = webrtc_stun::message::Message::new();
        message.unmarshal_binary(bytes).ok()?;
        let attributes: Vec<_> = message
            .attributes
            .0
            .iter()
            .map(|raw| (raw.typ.value(), raw.value.clone()))
            .collect();
        let has_integrity = attributes.iter().any(|(ty, _)| *ty == 0x0008);
        let key = MessageIntegrity::new_short_term_integrity(PASSWORD.into());
        Some(Reading {
            type_bits: message.typ.value(),
            id: message.transaction_id.0,
            attributes: Some(attributes),
            is_authentic: has_integrity.then(|| key.check(&mut message).is_ok()),
        })
    })
}

fn stun_codec(bytes: &[u8]) -> Option<Reading> {
    use stun_codec::rfc5389::Attribute;
    use stun_codec::rfc5389::attributes::MessageIntegrity;

    quietly(|| {
        let mut decoder = stun_codec::MessageDecoder::<Attribute>::new();
        let message = decoder.decode_from_bytes(bytes).ok()?.ok()?;
        let class = match message.class() {
            stun_codec::MessageClass::Request => 0x0000,
            stun_codec::MessageClass::Indication => 0x0010,
            stun_codec::MessageClass::SuccessResponse => 0x0100,
            stun_codec::MessageClass::ErrorResponse => 0x0110,
        };
        let method = message.method().as_u16();
        let method = method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2;
        let integrity = message.get_attribute::<MessageIntegrity>();
        Some(Reading {
            type_bits: class | method,
            id: *message.transaction_id().as_bytes(),
            attributes: None,
            is_authentic: integrity.map(|tag| tag.check_short_term_credential(PASSWORD).is_ok()),
        })
    })
}

fn is(bytes: &[u8]) -> Option<Reading> {
    quietly(|| {
        let message = StunMessage::parse(bytes).ok()?;
        let hmac = |key: &[u8], parts: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, parts);
        let has_integrity = crate::ours(bytes).is_ok_and(|ours| ours.is_authentic.is_some());
        let (type_bits, id) = header(bytes);
        Some(Reading {
            // It has no accessor for the bits, and reads only some methods.
            type_bits: type_bits & 0x3FFF,
            id,
            attributes: None,
            is_authentic: has_integrity.then(|| message.verify(PASSWORD.as_bytes(), hmac)),
        })
    })
}
