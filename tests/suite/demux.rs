//! Demultiplexing of all 256 first bytes, by the tables of RFC 7983 §7 and RFC 9443 §3.

use stunwire::attribute::ChannelRange;
use stunwire::demux::{Demux, Protocol};

/// A packet with this first byte and the magic cookie of STUN.
fn packet(first: u8) -> [u8; 20] {
    let mut packet = *b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    packet[0] = first;
    packet
}

/// RFC 7983 §7.
fn rfc7983(first: u8) -> Option<Protocol> {
    match first {
        0..=3 => Some(Protocol::Stun),
        16..=19 => Some(Protocol::Zrtp),
        20..=63 => Some(Protocol::Dtls),
        64..=79 => Some(Protocol::ChannelData),
        128..=191 => Some(Protocol::Rtp),
        _ => None,
    }
}

#[test]
fn every_first_byte() {
    let demux = Demux::new().channels(ChannelRange::RFC8656);
    for first in 0..=255 {
        let packet = packet(first);
        // RFC 8656 §12: reserved, and discarded.
        let is_reserved = (80..128).contains(&first);
        let expected = if is_reserved {
            Some(Protocol::ReservedChannel)
        } else {
            rfc7983(first)
        };
        assert_eq!(demux.protocol(&packet), expected, "{first}");

        // RFC 9443 §3: 64 to 79 are QUIC, unless the packet comes from a TURN server.
        let channel = (64..80).contains(&first);
        let quic = matches!(first, 80..=127 | 192..=255);
        let from_turn = if quic { Some(Protocol::Quic) } else { expected };
        let from_peer = if channel {
            Some(Protocol::Quic)
        } else {
            from_turn
        };
        assert_eq!(demux.quic().protocol(&packet), from_turn, "{first}");
        let peer = demux.quic().no_channels();
        assert_eq!(peer.protocol(&packet), from_peer, "{first}");

        let dropped = if channel { None } else { rfc7983(first) };
        assert_eq!(demux.no_channels().protocol(&packet), dropped);
        // RFC 5766 §11: channel numbers up to 0x7FFF.
        let rfc5766 = if (64..128).contains(&first) {
            Some(Protocol::ChannelData)
        } else {
            expected
        };
        assert_eq!(Demux::new().protocol(&packet), rfc5766);
    }
    assert_eq!(Demux::new().protocol(&[]), None);
}

#[test]
fn stun_only_with_its_cookie() {
    let good = packet(0);
    for at in 4..8 {
        let mut packet = good;
        packet[at] ^= 1;
        assert_eq!(Demux::new().protocol(&packet), None);
        assert_eq!(
            Demux::new().classic().protocol(&packet),
            Some(Protocol::Stun)
        );
    }
    for end in 1..20 {
        assert_eq!(Demux::new().protocol(&good[..end]), None);
        assert_eq!(Demux::new().classic().protocol(&good[..end]), None);
    }
}
