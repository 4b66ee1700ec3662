//! `stun-bytes`: a walk with few checks, whose values include the padding.

use super::*;
use ::stun_bytes::ByteMsg;

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    Way::on("stun-bytes", bytes, |bytes| {
        let message = ByteMsg::from(bytes);
        let values = message.attrs_iter().filter_map(|attribute| attribute.val());
        values.map(<[u8]>::len).sum::<usize>() == CHECK_VALUES.next_multiple_of(4)
    })
}
