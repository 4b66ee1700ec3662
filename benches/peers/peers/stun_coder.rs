//! `stun-coder`. Binding is its only method. A key cannot be reused.

use super::*;
use ::stun_coder::{StunAttribute, StunMessage};

const NAME: &str = "stun-coder";

fn decode(bytes: &[u8]) -> StunMessage {
    StunMessage::decode(bytes, None).unwrap()
}

pub fn parse(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        StunMessage::decode(bytes, None).is_ok()
    })
}

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        decode(bytes).get_attributes().len() == CHECK_ATTRIBUTES
    })
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        let (mut username, mut priority, mut controlling, mut nominated) = ("", 0, 0, false);
        for attribute in message.get_attributes() {
            match attribute {
                StunAttribute::Username { value } => username = value,
                StunAttribute::Priority { value } => priority = *value,
                StunAttribute::IceControlling { tie_breaker } => controlling = *tie_breaker,
                StunAttribute::UseCandidate => nominated = true,
                _ => {}
            }
        }
        is_check(username.as_bytes(), priority, controlling, nominated)
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        let last = message.get_attributes().last();
        matches!(last, Some(StunAttribute::Fingerprint { .. }))
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        StunMessage::decode(bytes, Some(PASSWORD)).is_ok()
    })
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    Way::on(NAME, whole, |whole| {
        let message = StunMessage::create_request()
            .set_transaction_id(ID)
            .add_attribute(StunAttribute::Username {
                value: USERNAME.into(),
            })
            .add_attribute(StunAttribute::Priority { value: PRIORITY })
            .add_attribute(StunAttribute::IceControlling {
                tie_breaker: TIE_BREAKER,
            })
            .add_attribute(StunAttribute::UseCandidate)
            .add_message_integrity()
            .add_fingerprint();
        message.encode(Some(PASSWORD)).unwrap() == whole
    })
}
