//! Demultiplexing: determines the protocol of a packet on a port that several protocols share
//! ([RFC 7983 §7](https://www.rfc-editor.org/rfc/rfc7983#section-7),
//! [RFC 9443 §3](https://www.rfc-editor.org/rfc/rfc9443#section-3)).
//!
//! The first byte decides, with one exception: a packet whose first byte is 0 to 3 is STUN only if it is at
//! least 20 bytes long and has the magic cookie. [`Demux::classic`] accepts messages without the magic
//! cookie.
//!
//! [`Demux`] is for datagrams and for the packets in a stream of
//! [`Rfc4571`](crate::framing::Rfc4571). In the stream of a TURN server
//! ([`StunTcp`](crate::framing::StunTcp)) only STUN and ChannelData can occur.

use crate::attribute::ChannelRange;
use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// Classifies packets by the protocols that are expected at an address.
///
/// The default expects the protocols of RFC 7983: STUN, ZRTP, DTLS, ChannelData, RTP and RTCP. Channel
/// numbers are accepted up to 0x7FFF, as in [RFC 5766](ChannelRange::RFC5766).
///
/// ```
/// use stunwire::attribute::ChannelRange;
/// use stunwire::demux::{Demux, Protocol};
///
/// let client = Demux::new(); // at a TURN server: packets of its clients
/// let peer = Demux::new().no_channels().quic(); // at an endpoint: packets of its peer
/// let packet = b"\x40\x01\x00\x05hello";
/// assert_eq!(client.protocol(packet), Some(Protocol::ChannelData));
/// assert_eq!(peer.protocol(packet), Some(Protocol::Quic));
///
/// // A channel number that RFC 8656 reserves is reported, not ignored.
/// let client = Demux::new().channels(ChannelRange::RFC8656);
/// assert_eq!(client.protocol(b"\x50\0\0\0"), Some(Protocol::ReservedChannel));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demux {
    channels: Option<ChannelRange>,
    quic: bool,
    classic: bool,
}

impl Default for Demux {
    fn default() -> Self {
        Self::new()
    }
}

impl Demux {
    /// Creates the default: ChannelData up to 0x7FFF, no QUIC, and STUN with the magic cookie.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            channels: Some(ChannelRange::RFC5766),
            quic: false,
            classic: false,
        }
    }

    /// Expects ChannelData with the numbers of this range.
    ///
    /// Packets whose first byte belongs to a number outside it are [`Protocol::ReservedChannel`]. With
    /// [`RFC8656`](ChannelRange::RFC8656) the ranges of first bytes are those of RFC 7983.
    #[must_use]
    pub const fn channels(self, range: ChannelRange) -> Self {
        Self {
            channels: Some(range),
            ..self
        }
    }

    /// Expects no ChannelData, because the packets come neither from a TURN server nor from one of its
    /// clients ([RFC 9443 §3](https://www.rfc-editor.org/rfc/rfc9443#section-3)).
    #[must_use]
    pub const fn no_channels(self) -> Self {
        Self {
            channels: None,
            ..self
        }
    }

    /// Expects QUIC ([RFC 9443 §3](https://www.rfc-editor.org/rfc/rfc9443#section-3)).
    ///
    /// First bytes from 80 to 127 are then QUIC, so ChannelData is recognized only up to 0x4FFF.
    #[must_use]
    pub const fn quic(self) -> Self {
        Self { quic: true, ..self }
    }

    /// Also expects STUN without the magic cookie: RFC 3489 and MS-TURN.
    ///
    /// ```
    /// use stunwire::demux::{Demux, Protocol};
    ///
    /// // A Binding request of RFC 3489.
    /// let packet = b"\x00\x01\x00\x00 16 bytes as id ";
    /// assert_eq!(Demux::new().protocol(packet), None);
    /// assert_eq!(Demux::new().classic().protocol(packet), Some(Protocol::Stun));
    /// ```
    #[must_use]
    pub const fn classic(self) -> Self {
        Self {
            classic: true,
            ..self
        }
    }

    /// The protocol of a packet. `None` means that no expected protocol has this first byte: discard the
    /// packet.
    #[must_use]
    #[inline]
    pub fn protocol(&self, packet: &[u8]) -> Option<Protocol> {
        match *packet.first()? {
            0..=3 => self.is_stun(packet).then_some(Protocol::Stun),
            4..=15 => None,
            16..=19 => Some(Protocol::Zrtp),
            20..=63 => Some(Protocol::Dtls),
            first @ 64..=79 if self.is_channel(first) => Some(Protocol::ChannelData),
            64..=127 | 192..=255 if self.quic => Some(Protocol::Quic),
            first @ 80..=127 if self.is_channel(first) => Some(Protocol::ChannelData),
            80..=127 if self.channels.is_some() => Some(Protocol::ReservedChannel),
            64..=127 | 192..=255 => None,
            128..=191 => Some(Protocol::Rtp),
        }
    }

    fn is_stun(self, packet: &[u8]) -> bool {
        let cookie = packet.get(4..8) == Some(&MAGIC_COOKIE.to_be_bytes());
        packet.len() >= HEADER_LEN && (cookie || self.classic)
    }

    fn is_channel(self, first: u8) -> bool {
        self.channels
            .is_some_and(|range| range.contains_first_byte(first))
    }
}

/// A protocol that is recognized by the first bytes of a packet.
///
/// ```
/// use stunwire::demux::{Demux, Protocol};
///
/// fn receive(packet: &[u8]) -> &'static str {
///     match Demux::new().protocol(packet) {
///         Some(Protocol::Stun) => "to the ICE agent",
///         Some(Protocol::Dtls) => "to the handshake",
///         Some(Protocol::Rtp) => "to the media",
///         _ => "discarded",
///     }
/// }
///
/// assert_eq!(receive(b"\x16\xfe\xfd"), "to the handshake");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// STUN: first byte 0 to 3, and the magic cookie.
    Stun,
    /// ZRTP: first byte 16 to 19.
    Zrtp,
    /// DTLS: first byte 20 to 63.
    Dtls,
    /// TURN ChannelData: first byte 64 to 127, or 64 to 79 with the channels of RFC 8656.
    ChannelData,
    /// TURN ChannelData with a channel number outside the accepted range: first byte 80 to 127. Only with
    /// [`Demux::channels`] of RFC 8656, which requires that it is discarded
    /// ([RFC 8656 §12](https://www.rfc-editor.org/rfc/rfc8656#section-12)).
    ReservedChannel,
    /// RTP or RTCP: first byte 128 to 191.
    Rtp,
    /// QUIC: first byte 64 to 127 where no channel is expected, or 192 to 255.
    Quic,
}
