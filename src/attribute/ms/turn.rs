//! The attributes of \[MS-TURN\].

use core::fmt;

use crate::attribute::shape::{array, put};
use crate::error::ValueError;
use crate::format::Hex;

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
    /// BANDWIDTH: the peak rate of the stream in kbit/s (\[MS-TURN\] 2.2.2.9).
    Bandwidth(
        /// The rate in kbit/s.
        u32
    )
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.0)
    }
}

address! {
    /// DESTINATION-ADDRESS: the peer of a Send or Set Active Destination request, in the clear
    /// (\[MS-TURN\] 2.2.2).
    DestinationAddress in the clear
}

address! {
    /// REMOTE-ADDRESS: the peer of a Data indication, in the clear (\[MS-TURN\] 2.2.2). RFC 8656 gives
    /// its code, 0x0012, to XOR-PEER-ADDRESS.
    RemoteAddress in the clear
}

address! {
    /// MS-ALTERNATE-MAPPED-ADDRESS: the relayed IPv6 address of an allocation that has one of either
    /// family (\[MS-TURN\] 2.2.2.23), in the clear. By the specification never an IPv4 one.
    AlternateMappedAddress in the clear
}

number! {
    /// MS-VERSION: what the sender can do (\[MS-TURN\] 2.2.2.17). Each version can what those below it
    /// can, so the smaller one of both sides holds: [`common`](Self::common).
    ///
    /// ```
    /// use stunwire::attribute::ms::Version;
    ///
    /// let version = Version::MULTIPLEXED_TCP.common(Some(Version(4)));
    /// assert!(version.has_sha256() && version.has_ipv6() && !version.has_multiplexed_udp());
    /// // A server that says nothing speaks the first version.
    /// assert_eq!(Version(6).common(None), Version::MS_ICE);
    /// ```
    Version(
        /// The version.
        u32
    )
}

impl Version {
    /// 1: ICE of \[MS-ICE\].
    pub const MS_ICE: Self = Self(1);
    /// 2: ICE of \[MS-ICE2\].
    pub const MS_ICE2: Self = Self(2);
    /// 3: MESSAGE-INTEGRITY is an HMAC-SHA256.
    pub const SHA256: Self = Self(3);
    /// 4: IPv6.
    pub const IPV6: Self = Self(4);
    /// 5: multiplexed frames over UDP.
    pub const MULTIPLEXED_UDP: Self = Self(5);
    /// 6: multiplexed frames over TCP too.
    pub const MULTIPLEXED_TCP: Self = Self(6);

    /// What both sides can: the smaller version. A peer without the attribute counts as version 1.
    #[must_use]
    pub fn common(self, peer: Option<Self>) -> Self {
        self.min(peer.unwrap_or(Self::MS_ICE))
    }

    /// Whether the checks are \[MS-ICE2\]'s and not \[MS-ICE\]'s: from version 2 on.
    #[must_use]
    pub const fn has_ms_ice2(self) -> bool {
        self.0 >= 2
    }

    /// Whether MESSAGE-INTEGRITY is an HMAC-SHA256 of 32 bytes and not an HMAC-SHA1 of 20: from
    /// version 3 on, if both sides have it.
    #[must_use]
    pub const fn has_sha256(self) -> bool {
        self.0 >= 3
    }

    /// Whether REQUESTED-ADDRESS-FAMILY and MS-ALTERNATE-MAPPED-ADDRESS may be used: from version 4
    /// on. Up to 3 an answer has one IPv4 MAPPED-ADDRESS.
    #[must_use]
    pub const fn has_ipv6(self) -> bool {
        self.0 >= 4
    }

    /// Whether [multiplexed frames](crate::framing::ms_multiplexed) go over UDP: from version 5 on.
    #[must_use]
    pub const fn has_multiplexed_udp(self) -> bool {
        self.0 >= 5
    }

    /// Whether they go over TCP as well: from version 6 on.
    #[must_use]
    pub const fn has_multiplexed_tcp(self) -> bool {
        self.0 >= 6
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

text! {
    /// MS-ALTERNATE-HOST-NAME: the name of the server to ask instead (\[MS-TURN\] 2.2.2). That it is a
    /// text rests on one public implementation.
    AlternateHostName, 128, 128
}

number! {
    /// MS-APP-ID: which program asks (\[MS-TURN\] 2.2.2). Teams sends its number in checks too.
    AppId(
        /// The program's number.
        u32
    )
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// MS-SECURE-TAG: bytes that only their sender can read (\[MS-TURN\] 2.2.2), 40 in the one public
/// implementation that knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecureTag<'a>(
    /// The bytes.
    pub &'a [u8],
);

reads!(SecureTag<'a>, |value, context| Ok(Self(value)));
writes!(SecureTag<'_>, as SecureTag<'_>, |this, context| this.0.len(), |out| {
    crate::attribute::shape::put_slice(out, this.0);
});

impl fmt::Display for SecureTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(self.0), f)
    }
}

/// MS-SEQUENCE-NUMBER: which request of an allocation this is (\[MS-TURN\] 2.2.2, 3.2.5.1). The server
/// hands out the first in its Allocate response; the client repeats the id and counts on with every
/// request.
///
/// 24 bytes; refreshing Allocates of Teams have only the number, 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SequenceNumber {
    /// The server's name for the allocation, where it is said.
    pub connection_id: Option<[u8; 20]>,
    /// The number.
    pub number: u32,
}

impl SequenceNumber {
    /// That of the next request: the same id, the number one higher.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            number: self.number.wrapping_add(1),
            ..self
        }
    }
}

reads!(SequenceNumber, |value, context| {
    let (connection_id, number) = match value.split_first_chunk::<20>() {
        Some((id, number)) if number.len() == 4 => (Some(*id), number),
        _ if value.len() == 4 => (None, value),
        _ => return Err(ValueError::length(value.len(), 4, 24)),
    };
    Ok(Self {
        connection_id,
        number: u32::from_be_bytes(array(number)?),
    })
});
writes!(SequenceNumber, as SequenceNumber,
    |this, context| if this.connection_id.is_some() { 24 } else { 4 },
    |out| {
        let out = match &this.connection_id {
            Some(id) => crate::attribute::shape::put_slice(out, id),
            None => out,
        };
        put(out, this.number.to_be_bytes());
    }
);

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        match &self.connection_id {
            Some(id) => write!(f, " of {}", Hex(id)),
            None => Ok(()),
        }
    }
}

/// What a stream carries, in [`ServiceQuality`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream(
    /// The number.
    pub u16,
);

impl Stream {
    /// Audio, 1.
    pub const AUDIO: Self = Self(1);
    /// Video, 2.
    pub const VIDEO: Self = Self(2);
    /// Supplemental video, 3.
    pub const SUPPLEMENTAL_VIDEO: Self = Self(3);
    /// Data, 4.
    pub const DATA: Self = Self(4);
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "audio",
            2 => "video",
            3 => "supplemental video",
            4 => "data",
            number => return write!(f, "stream {number}"),
        })
    }
}

/// MS-SERVICE-QUALITY: what the stream carries, and whether it has to arrive (\[MS-TURN\] 2.2.2.22).
/// Without the attribute it is [`DEFAULT`](Self::DEFAULT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceQuality {
    /// What the stream carries.
    pub stream: Stream,
    /// 0 is best effort, 1 reliable delivery.
    pub quality: u16,
}

impl ServiceQuality {
    /// Audio at best effort.
    pub const DEFAULT: Self = Self::best_effort(Stream::AUDIO);

    /// A stream that may lose packets.
    #[must_use]
    pub const fn best_effort(stream: Stream) -> Self {
        Self { stream, quality: 0 }
    }

    /// A stream that may not.
    #[must_use]
    pub const fn reliable(stream: Stream) -> Self {
        Self { stream, quality: 1 }
    }
}

reads!(ServiceQuality, |value, context| {
    array(value).map(|[s0, s1, q0, q1]| Self {
        stream: Stream(u16::from_be_bytes([s0, s1])),
        quality: u16::from_be_bytes([q0, q1]),
    })
});
writes!(ServiceQuality, as ServiceQuality, |this, context| 4, |out| {
    let [s0, s1] = this.stream.0.to_be_bytes();
    let [q0, q1] = this.quality.to_be_bytes();
    put(out, [s0, s1, q0, q1]);
});

impl fmt::Display for ServiceQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quality {
            0 => write!(f, "{}, best effort", self.stream),
            1 => write!(f, "{}, reliable", self.stream),
            quality => write!(f, "{}, quality {quality}", self.stream),
        }
    }
}

token! {
    /// MULTIPLEXED-TURN-SESSION-ID: names the allocation in
    /// [multiplexed frames](crate::framing::ms_multiplexed) (\[MS-TURN\] 2.2.2). Teams sends it in
    /// checks too.
    MultiplexedTurnSessionId(
        /// The id, 8 bytes.
        8
    )
}
