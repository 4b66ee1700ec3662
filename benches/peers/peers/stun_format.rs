//! Typed attributes over `stun-bytes`.

use super::*;
use ::stun_format::{Attr, Msg};

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
        is_check(username, priority, tie_breaker, nominated)
    })
}
