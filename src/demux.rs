//! Which protocol a packet is, where several share a port
//! ([RFC 7983 §7](https://www.rfc-editor.org/rfc/rfc7983#section-7),
//! [RFC 9443 §3](https://www.rfc-editor.org/rfc/rfc9443#section-3)).
//!
//! The first byte tells, with one exception: two zero bits are claimed for STUN only where the magic
//! cookie stands behind them, or the caller says that classic messages are to be expected.
//!
//! For datagrams, and for the packets in a stream of [`rfc4571`](crate::framing::rfc4571). In the
//! stream of a TURN server, [`stun_tcp`](crate::framing::stun_tcp), there is no such choice.

use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// What a packet claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// STUN: 0 to 3, and the magic cookie.
    Stun,
    /// ZRTP: 16 to 19.
    Zrtp,
    /// DTLS: 20 to 63.
    Dtls,
    /// TURN's ChannelData: 64 to 79.
    ChannelData,
    /// RTP or RTCP: 128 to 191.
    Rtp,
    /// QUIC: 64 to 127 and 192 to 255, as far as nobody else has them.
    Quic,
}

/// What is to be expected at an address. The default is RFC 7983.
///
/// ```
/// use stunwire::demux::{Demux, Protocol};
///
/// // From the TURN server, and from a peer that may speak QUIC.
/// let server = Demux::new();
/// let peer = Demux::new().no_channels().quic();
/// let packet = b"\x40\x01\x00\x05hello";
/// assert_eq!(server.protocol(packet), Some(Protocol::ChannelData));
/// assert_eq!(peer.protocol(packet), Some(Protocol::Quic));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demux {
    /// The last first byte of ChannelData; below 64 there is none.
    last_channel: u8,
    quic: bool,
    classic: bool,
}

impl Default for Demux {
    fn default() -> Self {
        Self::new()
    }
}

impl Demux {
    /// RFC 7983: no QUIC, channels from 0x4000 to 0x4FFF.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last_channel: 79,
            quic: false,
            classic: false,
        }
    }

    /// The address is none of a TURN server that has answered, nor of a client with an allocation:
    /// what looks like ChannelData is not
    /// ([RFC 9443 §3](https://www.rfc-editor.org/rfc/rfc9443#section-3)).
    #[must_use]
    pub const fn no_channels(self) -> Self {
        Self {
            last_channel: 0,
            ..self
        }
    }

    /// Channels up to 0x7FFF, as clients of RFC 5766 bind them.
    #[must_use]
    pub const fn rfc5766_channels(self) -> Self {
        Self {
            last_channel: 127,
            ..self
        }
    }

    /// QUIC is to be expected: RFC 9443.
    #[must_use]
    pub const fn quic(self) -> Self {
        Self { quic: true, ..self }
    }

    /// STUN without the magic cookie is to be expected: RFC 3489 and MS-TURN.
    #[must_use]
    pub const fn classic(self) -> Self {
        Self {
            classic: true,
            ..self
        }
    }

    /// The protocol of a packet. `None` is to be dropped.
    #[must_use]
    #[inline]
    pub fn protocol(&self, packet: &[u8]) -> Option<Protocol> {
        match *packet.first()? {
            0..=3 => self.is_stun(packet).then_some(Protocol::Stun),
            4..=15 => None,
            16..=19 => Some(Protocol::Zrtp),
            20..=63 => Some(Protocol::Dtls),
            first @ 64..=127 if first <= self.last_channel => Some(Protocol::ChannelData),
            64..=127 | 192..=255 => self.quic.then_some(Protocol::Quic),
            128..=191 => Some(Protocol::Rtp),
        }
    }

    fn is_stun(self, packet: &[u8]) -> bool {
        let cookie = packet.get(4..8) == Some(&MAGIC_COOKIE.to_be_bytes());
        packet.len() >= HEADER_LEN && (cookie || self.classic)
    }
}

/// The protocol of a packet by RFC 7983: [`Demux::protocol`] of the default.
#[must_use]
pub fn protocol(packet: &[u8]) -> Option<Protocol> {
    Demux::new().protocol(packet)
}
