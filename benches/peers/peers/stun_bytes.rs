//! `stun-bytes`: a walk with few checks, whose values include the padding.

use super::*;
use ::stun_bytes::ByteMsg;
use stunwire_benches::ops::mix;

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    Way::on("stun-bytes", bytes, |bytes| {
        let message = ByteMsg::from(bytes);
        // Type and length of each, as the other ways of the row.
        let sum = message.attrs_iter().try_fold(0, |sum, attribute| {
            Some(mix(
                sum,
                u16::from_be_bytes(*attribute.typ()?),
                attribute.val()?,
            ))
        });
        sum == Some(CHECK_TYPES + CHECK_VALUES.next_multiple_of(4))
    })
}
