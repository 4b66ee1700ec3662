//! The attributes that libwebrtc has added to ICE checks.

use core::fmt;

use super::shape::{array, put, put_slice};
use crate::error::ValueError;
use crate::format::Hex;

/// GOOG-NETWORK-INFO: the sender's network and what using it costs. Registered by IANA, layout of
/// libwebrtc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoogNetworkInfo {
    /// A number that the sender gave to the network.
    pub network_id: u16,
    /// 0 (none) to 999 (most); 50 is unknown, 900 cellular.
    pub network_cost: u16,
}

reads!(GoogNetworkInfo, |value, context| {
    array(value).map(|[i0, i1, c0, c1]| Self {
        network_id: u16::from_be_bytes([i0, i1]),
        network_cost: u16::from_be_bytes([c0, c1]),
    })
});
writes!(GoogNetworkInfo, as GoogNetworkInfo, |this, context| 4, |out| {
    let [i0, i1] = this.network_id.to_be_bytes();
    let [c0, c1] = this.network_cost.to_be_bytes();
    put(out, [i0, i1, c0, c1]);
});

impl fmt::Display for GoogNetworkInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network {}, cost {}", self.network_id, self.network_cost)
    }
}

token! {
    /// GOOG-LAST-ICE-CHECK-RECEIVED: the transaction id of the last check that the sender received.
    /// Registered by IANA, layout of libwebrtc.
    GoogLastIceCheckReceived(
        /// The 12 bytes behind the magic cookie.
        12
    )
}

/// GOOG-MISC-INFO: a list of 16-bit numbers, each with a meaning by its place. Registered by IANA,
/// layout of libwebrtc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoogMiscInfo<'a>(&'a [u8]);

impl<'a> GoogMiscInfo<'a> {
    /// The numbers.
    pub fn iter(&self) -> impl Iterator<Item = u16> + Clone + 'a {
        self.0
            .chunks_exact(2)
            .filter_map(|pair| array(pair).ok().map(u16::from_be_bytes))
    }

    /// The version of GOOG-PING that the sender supports: the first number. Zero or absent is none.
    #[must_use]
    pub fn ping_version(&self) -> u16 {
        self.iter().next().unwrap_or(0)
    }

    /// A list of these numbers, to be written.
    #[must_use]
    pub const fn of(numbers: &'a [u16]) -> GoogMiscInfoList<'a> {
        GoogMiscInfoList(numbers)
    }
}

/// A list's bytes, if they are a multiple of `of`.
fn list(value: &[u8], of: u16) -> Result<&[u8], ValueError> {
    let found = u16::try_from(value.len()).unwrap_or(u16::MAX);
    if found.checked_rem(of) == Some(0) {
        Ok(value)
    } else {
        Err(ValueError::Multiple { found, of })
    }
}

reads!(GoogMiscInfo<'a>, |value, context| list(value, 2).map(Self));
writes!(GoogMiscInfo<'_>, as GoogMiscInfo<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for GoogMiscInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{number}")?;
        }
        Ok(())
    }
}

/// [`GoogMiscInfo`] to be written: [`GoogMiscInfo::of`].
#[derive(Clone, Copy, Debug)]
pub struct GoogMiscInfoList<'a>(&'a [u16]);

writes!(GoogMiscInfoList<'_>, as GoogMiscInfo<'_>,
    |this, context| this.0.len().saturating_mul(2),
    |out| {
        this.0
            .iter()
            .fold(out, |out, number| put_slice(out, &number.to_be_bytes()));
    }
);

/// GOOG-MESSAGE-INTEGRITY-32: the first 4 bytes of an HMAC-SHA1, for GOOG-PING. Registered by IANA,
/// layout of libwebrtc.
///
/// To check it: [`Message::verify_goog_ping`](crate::Message::verify_goog_ping). Only the writer
/// makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoogMessageIntegrity32([u8; 4]);

impl GoogMessageIntegrity32 {
    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> [u8; 4] {
        self.0
    }
}

reads!(GoogMessageIntegrity32, |value, context| array(value)
    .map(Self));

impl fmt::Display for GoogMessageIntegrity32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

/// META-DTLS-IN-STUN: one DTLS packet that travels with a check. Registered by IANA, layout of
/// draft-hancke-webrtc-sped. Empty, it asks whether the other side can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MetaDtlsInStun<'a>(
    /// The packet. One whose first byte is not 20 to 63 is none and to be dropped.
    pub &'a [u8],
);

impl MetaDtlsInStun<'_> {
    /// The packet's CRC-32, by which it is acknowledged.
    #[must_use]
    pub fn crc32(&self) -> u32 {
        crc32fast::hash(self.0)
    }
}

reads!(MetaDtlsInStun<'a>, |value, context| Ok(Self(value)));
writes!(MetaDtlsInStun<'_>, as MetaDtlsInStun<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for MetaDtlsInStun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&super::Data(self.0), f)
    }
}

/// META-DTLS-IN-STUN-ACKNOWLEDGEMENT: the CRC-32 of packets that were received, in order. Registered
/// by IANA, layout of draft-hancke-webrtc-sped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetaDtlsInStunAcknowledgement<'a>(&'a [u8]);

impl<'a> MetaDtlsInStunAcknowledgement<'a> {
    /// The checksums; the draft recommends 4 at most.
    pub fn iter(&self) -> impl Iterator<Item = u32> + Clone + 'a {
        self.0
            .chunks_exact(4)
            .filter_map(|four| array(four).ok().map(u32::from_be_bytes))
    }

    /// A list of these checksums, to be written.
    #[must_use]
    pub const fn of(checksums: &'a [u32]) -> DtlsAcknowledgementList<'a> {
        DtlsAcknowledgementList(checksums)
    }
}

reads!(MetaDtlsInStunAcknowledgement<'a>, |value, context| list(
    value, 4
)
.map(Self));
writes!(MetaDtlsInStunAcknowledgement<'_>, as MetaDtlsInStunAcknowledgement<'_>,
    |this, context| this.0.len(),
    |out| { put_slice(out, this.0); }
);

impl fmt::Display for MetaDtlsInStunAcknowledgement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, checksum) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{checksum:08x}")?;
        }
        Ok(())
    }
}

/// [`MetaDtlsInStunAcknowledgement`] to be written: [`MetaDtlsInStunAcknowledgement::of`].
#[derive(Clone, Copy, Debug)]
pub struct DtlsAcknowledgementList<'a>(&'a [u32]);

writes!(DtlsAcknowledgementList<'_>, as MetaDtlsInStunAcknowledgement<'_>,
    |this, context| this.0.len().saturating_mul(4),
    |out| {
        this.0
            .iter()
            .fold(out, |out, checksum| put_slice(out, &checksum.to_be_bytes()));
    }
);

number! {
    /// NOMINATION: the controlling side's latest choice, the greatest number wins
    /// (draft-thatcher-ice-renomination, libwebrtc, libnice). IANA gave the code to
    /// ENF-FLOW-DESCRIPTION, whose layout nobody published; so this one is read only when asked for.
    Nomination(
        /// Counts from 1; 0 is none.
        u32
    )
}

number! {
    /// RETRANSMIT-COUNT: how many checks the sender has outstanding. Of libwebrtc, not registered.
    RetransmitCount(
        /// The count.
        u32
    )
}

number! {
    /// OPTIONS: of Google Talk, as libnice has it. IANA gave the code to ADDRESS-ERROR-CODE; so this
    /// one is read only when asked for.
    GoogOptions(
        /// The flags; libnice sends 1.
        u32
    )
}

/// A number as it is.
macro_rules! plain_display {
    ($($name:ident)+) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(&self.0, f)
                }
            }
        )+
    };
}

plain_display!(Nomination RetransmitCount GoogOptions);
