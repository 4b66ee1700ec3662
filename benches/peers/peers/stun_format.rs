//! Typed attributes over `stun-bytes`.

use super::*;
use ::stun_format::{Attr, Msg};
use std::time::Duration;

const NAME: &str = "stun-format";

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let (mut username, mut priority, mut tie_breaker, mut nominated) = ("", 0, 0, false);
        let message = Msg::from(bytes);
        for attribute in message.attrs_iter() {
            match attribute {
                Attr::Username(value) => username = value,
                Attr::Priority(value) => priority = value,
                Attr::IceControlling(value) => tie_breaker = value,
                Attr::UseCandidate => nominated = true,
                _ => {}
            }
        }
        is_check(username.as_bytes(), priority, tie_breaker, nominated)
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let (mut texts, mut transport, mut lifetime) = ([""; 4], 0, Duration::ZERO);
        let message = Msg::from(bytes);
        for attribute in message.attrs_iter() {
            match attribute {
                Attr::Username(value) => texts[0] = value,
                Attr::Realm(value) => texts[1] = value,
                Attr::Nonce(value) => texts[2] = value,
                Attr::Software(value) => texts[3] = value,
                Attr::RequestedTransport(value) => transport = value.into(),
                Attr::Lifetime(value) => lifetime = value,
                _ => {}
            }
        }
        is_allocate(
            texts.map(str::as_bytes),
            transport,
            lifetime.as_secs() as u32,
        )
    })
}
