//! The attributes of \[MS-TURN\].

use core::fmt;

use crate::attribute::shape::array;
use crate::error::ValueError;

/// MAGIC-COOKIE: the first attribute of every message of MS-TURN, always 0x72C64BC6
/// (\[MS-TURN\] 2.2.2.8). Only the writer makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MagicCookie;

reads!(MagicCookie, |value, context| {
    match array(value)? {
        [0x72, 0xC6, 0x4B, 0xC6] => Ok(Self),
        [a, b, ..] => Err(ValueError::Field {
            offset: 0,
            found: u16::from_be_bytes([a, b]),
        }),
    }
});

impl fmt::Display for MagicCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x72c64bc6")
    }
}

number! {
    /// MS-VERSION: what the sender can do (\[MS-TURN\] 2.2.2.17). 1 is ICE of \[MS-ICE\], 2 of
    /// \[MS-ICE2\], 3 adds HMAC-SHA256, 4 IPv6, 5 multiplexed frames over UDP, 6 over TCP too.
    Version(
        /// The version.
        u32
    )
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
