//! The attributes that libwebrtc adds to ICE checks.

use core::fmt;

use super::shape::{Decode, Encode, array, arrays, elements, put, put_all, put_slice};
use crate::dialect::Context;
use crate::error::ValueError;
use crate::format::{Hex, List};

/// GOOG-NETWORK-INFO: the network of the sender and the cost of using it.
///
/// Type 0xC057, registered by IANA; layout of libwebrtc. Value: the identifier (2 bytes) and the cost (2
/// bytes).
///
/// ```
/// use stunwire::attribute::GoogNetworkInfo;
///
/// let cellular = GoogNetworkInfo { network_id: 1, network_cost: 900 };
/// assert_eq!(cellular.to_string(), "network 1, cost 900");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoogNetworkInfo {
    /// A number that the sender chose for the network.
    pub network_id: u16,
    /// 0 (free) to 999 (most expensive); 50 is unknown, 900 is cellular.
    pub network_cost: u16,
}

impl<'a> Decode<'a> for GoogNetworkInfo {
    #[inline]
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[i0, i1, c0, c1]| Self {
            network_id: u16::from_be_bytes([i0, i1]),
            network_cost: u16::from_be_bytes([c0, c1]),
        })
    }
}

impl Encode for GoogNetworkInfo {
    #[inline]
    fn value_len(&self, _: Context) -> usize {
        4
    }

    #[inline]
    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let [i0, i1] = self.network_id.to_be_bytes();
        let [c0, c1] = self.network_cost.to_be_bytes();
        put(out, [i0, i1, c0, c1])
    }
}

/// Prints for example `network 1, cost 900`.
impl fmt::Display for GoogNetworkInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network {}, cost {}", self.network_id, self.network_cost)
    }
}

token! {
    /// GOOG-LAST-ICE-CHECK-RECEIVED: the transaction id of the last check that the sender received.
    ///
    /// Type 0xC058, registered by IANA; layout of libwebrtc. Value: 12 bytes, without the magic cookie.
    ///
    /// ```
    /// use stunwire::TransactionId;
    /// use stunwire::attribute::GoogLastIceCheckReceived;
    ///
    /// let check = TransactionId::new(*b"unpredictabl");
    /// assert_eq!(GoogLastIceCheckReceived(check.id()).0, *b"unpredictabl");
    /// ```
    pub struct GoogLastIceCheckReceived(
        /// The last 12 bytes of the transaction id.
        pub [u8; 12],
    );
}

/// GOOG-MISC-INFO: a list of numbers, whose meanings depend on their positions.
///
/// Type 0xC059, registered by IANA; layout of libwebrtc. Value: numbers of 2 bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoogMiscInfo<'a>(&'a [u8]);

impl<'a> GoogMiscInfo<'a> {
    /// Creates the attribute from a list.
    ///
    /// ```
    /// use stunwire::attribute::GoogMiscInfo;
    /// use stunwire::{Message, MessageWriter, Method, TransactionId};
    ///
    /// let mut buffer = [0; 64];
    /// let id = TransactionId::new(*b"unpredictabl");
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with(&GoogMiscInfo::of(&[1]))?
    ///     .finish()?;
    /// let (info,) = Message::parse(packet)?.read::<(GoogMiscInfo,)>()?;
    /// assert_eq!(info.ping_version(), 1);
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    #[must_use]
    pub const fn of(numbers: &'a [u16]) -> GoogMiscInfoList<'a> {
        GoogMiscInfoList(numbers)
    }

    /// The numbers in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = u16> + Clone + 'a {
        arrays(self.0).map(u16::from_be_bytes)
    }

    /// The version of GOOG-PING that the sender supports: the first number, or zero if the list is empty.
    /// Zero means that it is not supported.
    #[must_use]
    pub fn ping_version(&self) -> u16 {
        self.iter().next().unwrap_or(0)
    }
}

impl<'a> Decode<'a> for GoogMiscInfo<'a> {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        elements::<2>(value).map(Self)
    }
}

impl Encode for GoogMiscInfo<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put_all(out, self.0)
    }
}

/// Prints the numbers, separated by commas.
impl fmt::Display for GoogMiscInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&List(self.iter()), f)
    }
}

/// A [`GoogMiscInfo`] that is written from a list, created by [`GoogMiscInfo::of`].
///
/// ```
/// use stunwire::attribute::{GoogMiscInfo, GoogMiscInfoList};
///
/// /// What this agent announces: version 1 of GOOG-PING.
/// const ANNOUNCED: GoogMiscInfoList<'_> = GoogMiscInfo::of(&[1]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GoogMiscInfoList<'a>(&'a [u16]);

encode_attribute!(GoogMiscInfoList<'_>, as GoogMiscInfo<'_>);

impl Encode for GoogMiscInfoList<'_> {
    fn value_len(&self, _: Context) -> usize {
        size_of_val(self.0)
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        self.0
            .iter()
            .try_fold(out, |out, number| put_slice(out, &number.to_be_bytes()))
            .map(|_| ())
    }
}

/// GOOG-MESSAGE-INTEGRITY-32: the first 4 bytes of an HMAC-SHA1, in messages of GOOG-PING.
///
/// Type 0xC060, registered by IANA; layout of libwebrtc. Value: 4 bytes.
/// [`Message::verify_goog_ping`](crate::Message::verify_goog_ping) checks it, and only the writer creates
/// it.
///
/// ```
/// use stunwire::attribute::GoogMessageIntegrity32;
/// use stunwire::{Key, Message, MessageWriter, Method, TransactionId};
///
/// let id = TransactionId::new(*b"unpredictabl");
/// let mut buffer = [0; 64];
/// let ping = MessageWriter::request(&mut buffer, Method::GOOG_PING, id)?
///     .goog_integrity_32(&Key::short_term("password"))?
///     .finish()?;
/// let (tag,) = Message::parse(ping)?.read::<(GoogMessageIntegrity32,)>()?;
/// assert_eq!(tag.0, ping[24..]);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoogMessageIntegrity32(
    /// The truncated HMAC. Do not compare it with `==`, which is not constant-time.
    pub [u8; 4],
);

impl<'a> Decode<'a> for GoogMessageIntegrity32 {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(Self)
    }
}

impl fmt::Display for GoogMessageIntegrity32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

opaque! {
    /// META-DTLS-IN-STUN: a DTLS packet that is sent in an ICE check
    /// ([draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/)).
    ///
    /// Type 0xC070, registered by IANA. Value: the packet; empty to ask whether the peer supports the
    /// attribute. A receiver drops a packet whose first byte is not 20 to 63.
    ///
    /// ```
    /// use stunwire::attribute::MetaDtlsInStun;
    ///
    /// // An empty value asks whether the peer supports the attribute.
    /// assert_eq!(MetaDtlsInStun(b"").crc32(), 0);
    /// ```
    #[derive(Debug)]
    pub struct MetaDtlsInStun<'a>(
        /// The packet.
        pub &'a [u8],
    );
}

impl MetaDtlsInStun<'_> {
    /// The CRC-32 of the packet, by which the peer acknowledges it in
    /// [`MetaDtlsInStunAcknowledgement`].
    #[must_use]
    pub fn crc32(&self) -> u32 {
        crc32fast::hash(self.0)
    }
}

/// Prints the length and the first bytes; all bytes with `{:#}`.
impl fmt::Display for MetaDtlsInStun<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::turn::length_and_bytes(self.0, f)
    }
}

/// META-DTLS-IN-STUN-ACKNOWLEDGEMENT: checksums of the DTLS packets that the sender received in checks
/// ([draft-hancke-webrtc-sped](https://datatracker.ietf.org/doc/draft-hancke-webrtc-sped/)).
///
/// Type 0xC071, registered by IANA. Value: the CRC-32 of each packet, 4 bytes each, in the order in which
/// the packets arrived. The draft recommends at most 4.
///
/// ```
/// use stunwire::attribute::{MetaDtlsInStun, MetaDtlsInStunAcknowledgement};
/// use stunwire::{Message, MessageWriter, Method, TransactionId};
///
/// let received = MetaDtlsInStun(b"\x16\xfe\xfd");
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .with(&MetaDtlsInStunAcknowledgement::of(&[received.crc32()]))?
///     .finish()?;
/// let (list,) = Message::parse(packet)?.read::<(MetaDtlsInStunAcknowledgement,)>()?;
/// assert!(list.iter().eq([received.crc32()]));
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetaDtlsInStunAcknowledgement<'a>(&'a [u8]);

impl<'a> MetaDtlsInStunAcknowledgement<'a> {
    /// Creates the attribute from a list of checksums.
    #[must_use]
    pub const fn of(checksums: &'a [u32]) -> DtlsAcknowledgementList<'a> {
        DtlsAcknowledgementList(checksums)
    }

    /// The checksums in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = u32> + Clone + 'a {
        arrays(self.0).map(u32::from_be_bytes)
    }
}

impl<'a> Decode<'a> for MetaDtlsInStunAcknowledgement<'a> {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        elements::<4>(value).map(Self)
    }
}

impl Encode for MetaDtlsInStunAcknowledgement<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put_all(out, self.0)
    }
}

/// Prints the checksums in hexadecimal, separated by commas.
impl fmt::Display for MetaDtlsInStunAcknowledgement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Checksum([u8; 4]);

        impl fmt::Display for Checksum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&Hex(&self.0), f)
            }
        }

        fmt::Display::fmt(&List(arrays(self.0).map(Checksum)), f)
    }
}

/// A [`MetaDtlsInStunAcknowledgement`] that is written from a list, created by
/// [`MetaDtlsInStunAcknowledgement::of`].
///
/// ```
/// use stunwire::attribute::{DtlsAcknowledgementList, MetaDtlsInStun, MetaDtlsInStunAcknowledgement};
///
/// let received = [MetaDtlsInStun(b"\x16\xfe\xfd").crc32()];
/// let acknowledgement: DtlsAcknowledgementList<'_> = MetaDtlsInStunAcknowledgement::of(&received);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DtlsAcknowledgementList<'a>(&'a [u32]);

encode_attribute!(DtlsAcknowledgementList<'_>, as MetaDtlsInStunAcknowledgement<'_>);

impl Encode for DtlsAcknowledgementList<'_> {
    fn value_len(&self, _: Context) -> usize {
        size_of_val(self.0)
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        self.0
            .iter()
            .try_fold(out, |out, checksum| put_slice(out, &checksum.to_be_bytes()))
            .map(|_| ())
    }
}

number! {
    /// NOMINATION: the number of a nomination; the pair of the check with the greatest number is used
    /// ([draft-thatcher-ice-renomination](https://datatracker.ietf.org/doc/draft-thatcher-ice-renomination/)).
    ///
    /// Type 0xC001, which IANA registered for ENF-FLOW-DESCRIPTION.
    /// [`RawAttribute::to_any`](crate::RawAttribute::to_any) therefore does not return it: read it with
    /// `get::<Nomination>()`. Value: an unsigned integer of 4 bytes, big-endian.
    ///
    /// ```
    /// use stunwire::Message;
    /// use stunwire::attribute::Nomination;
    ///
    /// let check = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\xc0\x01\x00\x04\x00\x00\x00\x02";
    /// let nomination = Message::parse(check)?.get::<Nomination>()?;
    /// assert_eq!(nomination, Some(Nomination(2)));
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct Nomination(
        /// The number: 1 for the first nomination, 0 for none.
        pub u32,
    );
}

number! {
    /// RETRANSMIT-COUNT: how many checks the sender has sent without an answer.
    ///
    /// Type 0xFF00, not registered; libwebrtc sends it. Value: an unsigned integer of 4 bytes, big-endian.
    ///
    /// ```
    /// use stunwire::attribute::RetransmitCount;
    ///
    /// assert_eq!(RetransmitCount(3).0, 3);
    /// ```
    pub struct RetransmitCount(
        /// The number of checks.
        pub u32,
    );
}

number! {
    /// OPTIONS: flags in checks of Google Talk, as libnice reads and writes them.
    ///
    /// Type 0x8001, which IANA registered for ADDRESS-ERROR-CODE.
    /// [`RawAttribute::to_any`](crate::RawAttribute::to_any) therefore does not return it: read it with
    /// `get::<GoogOptions>()`. Value: an unsigned integer of 4 bytes, big-endian.
    ///
    /// ```
    /// use stunwire::attribute::GoogOptions;
    ///
    /// assert_eq!(GoogOptions(1).0, 1);
    /// ```
    pub struct GoogOptions(
        /// The flags; libnice sends 1.
        pub u32,
    );
}

/// Prints the number.
macro_rules! display_number {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

display_number!(Nomination);
display_number!(RetransmitCount);
display_number!(GoogOptions);
