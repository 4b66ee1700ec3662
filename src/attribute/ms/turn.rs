//! The attributes of \[MS-TURN\].

use core::fmt;

use crate::attribute::shape::{Decode, Encode, array, put, put_slice};
use crate::dialect::Context;
use crate::error::ValueError;
use crate::format::{Bytes, Hex};

/// MAGIC-COOKIE: the first attribute of every message of MS-TURN (\[MS-TURN\] 2.2.2.8).
///
/// Type 0x000F. Value: 0x72C64BC6, 4 bytes. Only the writer creates it.
///
/// ```
/// use stunwire::Dialect;
/// use stunwire::attribute::ms::MagicCookie;
///
/// let packet = b"\x00\x03\x00\x08abcdefghijklmnop\x00\x0f\x00\x04\x72\xc6\x4b\xc6";
/// assert_eq!(Dialect::MS_TURN.parse(packet)?.get::<MagicCookie>()?, Some(MagicCookie));
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MagicCookie;

impl<'a> Decode<'a> for MagicCookie {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        match array(value)? {
            [0x72, 0xC6, 0x4B, 0xC6] => Ok(Self),
            [a, b, ..] => Err(ValueError::Field {
                offset: 0,
                found: u16::from_be_bytes([a, b]),
            }),
        }
    }
}

/// Prints `0x72c64bc6`.
impl fmt::Display for MagicCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x72c64bc6")
    }
}

number! {
    /// BANDWIDTH: the peak bandwidth that the client needs (\[MS-TURN\] 2.2.2.9).
    ///
    /// Type 0x0010. Value: kilobits per second, 4 bytes.
    ///
    /// ```
    /// use stunwire::attribute::ms::Bandwidth;
    ///
    /// assert_eq!(Bandwidth(128).to_string(), "128 kbit/s");
    /// ```
    pub struct Bandwidth(
        /// Kilobits per second.
        pub u32,
    );
}

/// Prints for example `128 kbit/s`.
impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.0)
    }
}

address! {
    /// DESTINATION-ADDRESS: the address of the peer in a Send or Set Active Destination request
    /// (\[MS-TURN\] 2.2.2).
    ///
    /// Type 0x0011.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ms::DestinationAddress;
    ///
    /// let address = DestinationAddress("192.0.2.7:5000".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.7:5000");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct DestinationAddress(plain);
}

address! {
    /// REMOTE-ADDRESS: the address of the peer in a Data indication (\[MS-TURN\] 2.2.2).
    ///
    /// Type 0x0012, which RFC 8656 uses for XOR-PEER-ADDRESS.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ms::RemoteAddress;
    ///
    /// let address = RemoteAddress("192.0.2.7:5000".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.7:5000");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct RemoteAddress(plain);
}

address! {
    /// MS-ALTERNATE-MAPPED-ADDRESS: the relayed IPv6 address of an allocation that has an IPv4 and an
    /// IPv6 address (\[MS-TURN\] 2.2.2.23).
    ///
    /// Type 0x8090. The specification allows IPv6 only.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ms::AlternateMappedAddress;
    ///
    /// let address = AlternateMappedAddress("[2001:db8::1]:50000".parse()?);
    /// assert_eq!(address.to_string(), "[2001:db8::1]:50000");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct AlternateMappedAddress(plain);
}

number! {
    /// MS-VERSION: the protocol version of the sender, which includes all lower versions (\[MS-TURN\]
    /// 2.2.2.17).
    ///
    /// Type 0x8008. Value: an unsigned integer of 4 bytes, big-endian. Both sides use the lower of their versions:
    /// [`common`](Self::common).
    ///
    /// ```
    /// use stunwire::attribute::ms::Version;
    ///
    /// let version = Version::MULTIPLEXED_TCP.common(Some(Version(4)));
    /// assert!(version.has_sha256() && version.has_ipv6() && !version.has_multiplexed_udp());
    /// // A server that sends no MS-VERSION has the first version.
    /// assert_eq!(Version(6).common(None), Version::MS_ICE);
    /// ```
    pub struct Version(
        /// The version.
        pub u32,
    );
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
    /// 6: multiplexed frames over UDP and TCP.
    pub const MULTIPLEXED_TCP: Self = Self(6);

    /// The version that both sides use: the lower one. A peer that sends no MS-VERSION has version 1.
    #[must_use]
    pub fn common(self, peer: Option<Self>) -> Self {
        self.min(peer.unwrap_or(Self::MS_ICE))
    }

    /// Whether checks are those of \[MS-ICE2\] instead of \[MS-ICE\]: from version 2 on.
    #[must_use]
    pub const fn has_ms_ice2(self) -> bool {
        self.0 >= 2
    }

    /// Whether MESSAGE-INTEGRITY is an HMAC-SHA256 of 32 bytes instead of an HMAC-SHA1 of 20 bytes: from
    /// version 3 on, if both sides have it.
    #[must_use]
    pub const fn has_sha256(self) -> bool {
        self.0 >= 3
    }

    /// Whether REQUESTED-ADDRESS-FAMILY and MS-ALTERNATE-MAPPED-ADDRESS may be used: from version 4 on.
    /// Up to version 3 a response has one IPv4 MAPPED-ADDRESS.
    #[must_use]
    pub const fn has_ipv6(self) -> bool {
        self.0 >= 4
    }

    /// Whether [multiplexed frames](crate::framing::MsMultiplexed) may be sent over UDP: from version 5
    /// on.
    #[must_use]
    pub const fn has_multiplexed_udp(self) -> bool {
        self.0 >= 5
    }

    /// Whether [multiplexed frames](crate::framing::MsMultiplexed) may be sent over TCP: from version 6
    /// on.
    #[must_use]
    pub const fn has_multiplexed_tcp(self) -> bool {
        self.0 >= 6
    }
}

/// Prints the number.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

text! {
    /// MS-ALTERNATE-HOST-NAME: the name of the server that the client must ask instead (\[MS-TURN\]
    /// 2.2.2).
    ///
    /// Type 0x8032. Value: text of at most 128 bytes, as one public implementation reads it.
    ///
    /// ```
    /// use stunwire::attribute::ms::AlternateHostName;
    ///
    /// let name = AlternateHostName::new("relay.example.org")?;
    /// assert_eq!(name.as_str()?, "relay.example.org");
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct AlternateHostName<'a>;
    limits: 128 bytes, 128 characters;
}

encode_text!(AlternateHostName);

number! {
    /// MS-APP-ID: the program that sends the request (\[MS-TURN\] 2.2.2). Teams sends it in checks too.
    ///
    /// Type 0x8037. Value: an unsigned integer of 4 bytes, big-endian.
    ///
    /// ```
    /// use stunwire::attribute::ms::AppId;
    ///
    /// assert_eq!(AppId(3).to_string(), "0x00000003");
    /// ```
    pub struct AppId(
        /// The number of the program.
        pub u32,
    );
}

/// Prints the number in hexadecimal.
impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

opaque! {
    /// MS-SECURE-TAG: bytes that only their sender can read (\[MS-TURN\] 2.2.2).
    ///
    /// Type 0x8039. Value: opaque; 40 bytes in the one public implementation that knows the attribute.
    ///
    /// ```
    /// use stunwire::attribute::ms::SecureTag;
    ///
    /// let tag = SecureTag(&[0xAB; 40]);
    /// assert!(tag.to_string().ends_with("… (40 bytes)"));
    /// assert_eq!(format!("{tag:#}"), "ab".repeat(40));
    /// ```
    #[derive(Debug)]
    pub struct SecureTag<'a>(
        /// The bytes.
        pub &'a [u8],
    );
}

/// Prints the bytes in hexadecimal. A long value is abbreviated, and printed in full with `{:#}`.
impl fmt::Display for SecureTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Bytes(self.0), f)
    }
}

/// MS-SEQUENCE-NUMBER: the position of a request among the requests of an allocation (\[MS-TURN\] 2.2.2
/// and 3.2.5.1).
///
/// Type 0x8050. Value: the connection identifier (20 bytes) and the number (4 bytes). Allocate requests of
/// Teams that refresh have the number alone.
///
/// The server assigns the first one in its Allocate response. The client repeats the identifier and
/// increments the number with every request: [`next`](Self::next).
///
/// ```
/// use stunwire::attribute::ms::SequenceNumber;
///
/// let assigned = SequenceNumber { connection_id: Some([7; 20]), number: 1 };
/// assert_eq!(assigned.next().number, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SequenceNumber {
    /// The identifier that the server gave to the allocation. `None` if the value has only the number.
    pub connection_id: Option<[u8; 20]>,
    /// The number.
    pub number: u32,
}

impl SequenceNumber {
    /// The sequence number of the next request: the same identifier and the next number, which follows
    /// 0xFFFFFFFF with zero.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            number: self.number.wrapping_add(1),
            ..self
        }
    }
}

impl<'a> Decode<'a> for SequenceNumber {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        let (connection_id, number) = match value.split_first_chunk::<20>() {
            Some((id, number)) if number.len() == 4 => (Some(*id), number),
            _ if value.len() == 4 => (None, value),
            _ => return Err(ValueError::length(value.len(), 4, 24)),
        };
        Ok(Self {
            connection_id,
            number: u32::from_be_bytes(array(number)?),
        })
    }
}

impl Encode for SequenceNumber {
    fn value_len(&self, _: Context) -> usize {
        match self.connection_id {
            Some(_) => 24,
            None => 4,
        }
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let out = match &self.connection_id {
            Some(id) => put_slice(out, id)?,
            None => out,
        };
        put(out, self.number.to_be_bytes())
    }
}

/// Prints `2 of 0707…`: the number and the identifier.
impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)?;
        match &self.connection_id {
            Some(id) => write!(f, " of {}", Hex(id)),
            None => Ok(()),
        }
    }
}

/// The kind of a stream, in [`ServiceQuality`].
///
/// ```
/// use stunwire::attribute::ms::Stream;
///
/// assert_eq!(Stream::VIDEO.to_string(), "video");
/// assert_eq!(Stream(9).to_string(), "stream 9");
/// ```
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

/// Prints a name such as `audio`, or the number.
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

/// MS-SERVICE-QUALITY: the kind of the stream, and whether its packets may be lost (\[MS-TURN\]
/// 2.2.2.22).
///
/// Type 0x8055. Value: the stream (2 bytes) and the quality (2 bytes). If the attribute is absent,
/// [`DEFAULT`](Self::DEFAULT) applies.
///
/// ```
/// use stunwire::attribute::ms::{ServiceQuality, Stream};
///
/// let quality = ServiceQuality::reliable(Stream::DATA);
/// assert_eq!(quality.to_string(), "data, reliable");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceQuality {
    /// The kind of the stream.
    pub stream: Stream,
    /// 0 is best effort, 1 is reliable delivery.
    pub quality: u16,
}

impl ServiceQuality {
    /// Audio at best effort.
    pub const DEFAULT: Self = Self::best_effort(Stream::AUDIO);

    /// A stream whose packets may be lost.
    ///
    /// ```
    /// use stunwire::attribute::ms::{ServiceQuality, Stream};
    ///
    /// assert_eq!(ServiceQuality::best_effort(Stream::AUDIO), ServiceQuality::DEFAULT);
    /// ```
    #[must_use]
    pub const fn best_effort(stream: Stream) -> Self {
        Self { stream, quality: 0 }
    }

    /// A stream whose packets must not be lost.
    #[must_use]
    pub const fn reliable(stream: Stream) -> Self {
        Self { stream, quality: 1 }
    }
}

impl<'a> Decode<'a> for ServiceQuality {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[s0, s1, q0, q1]| Self {
            stream: Stream(u16::from_be_bytes([s0, s1])),
            quality: u16::from_be_bytes([q0, q1]),
        })
    }
}

impl Encode for ServiceQuality {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let [s0, s1] = self.stream.0.to_be_bytes();
        let [q0, q1] = self.quality.to_be_bytes();
        put(out, [s0, s1, q0, q1])
    }
}

/// Prints for example `audio, best effort`.
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
    /// MULTIPLEXED-TURN-SESSION-ID: identifies the allocation in
    /// [multiplexed frames](crate::framing::MsMultiplexed) (\[MS-TURN\] 2.2.2). Teams sends it in checks
    /// too.
    ///
    /// Type 0x8095. Value: 8 opaque bytes.
    ///
    /// ```
    /// use stunwire::attribute::ms::MultiplexedTurnSessionId;
    ///
    /// let session = MultiplexedTurnSessionId(*b"\x01\x02\x03\x04\x05\x06\x07\x08");
    /// assert_eq!(session.to_string(), "0102030405060708");
    /// ```
    pub struct MultiplexedTurnSessionId(
        /// The identifier.
        pub [u8; 8],
    );
}
