//! Streams, and several protocols on one port: RFC 8489 §6.2.2, RFC 4571, RFC 6544, RFC 7983 and RFC 9443.

use stunwire::attribute::ChannelRange;
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Frame, FrameError, Next, Rfc4571, StunTcp};
use stunwire::{Message, MessageWriter, Method};

use super::{ID, message};
use crate::support::{self, hex};

/// RFC 8489 §6.2.2, RFC 8656 §3.1: over TCP the length in the STUN header frames a message.
#[test]
fn stun_over_tcp_is_framed_by_its_length() {
    let one = support::rfc5769_request();
    let two = message(0x0011, &[]);
    let stream = [&one[..], &two].concat();
    let reader = StunTcp::new();
    for end in 0..one.len() {
        let next = reader.next(&stream[..end]).unwrap();
        let Next::Incomplete { needed } = next else {
            panic!("{end}: {next:?}")
        };
        assert!(needed > 0 && end + needed <= one.len(), "{end}");
    }
    let Next::Frame { frame, consumed } = reader.next(&stream).unwrap() else {
        panic!("a complete message")
    };
    assert_eq!((frame, consumed), (Frame::Stun(&one[..]), one.len()));
    let Next::Frame { frame, consumed } = reader.next(&stream[consumed..]).unwrap() else {
        panic!("a complete message")
    };
    assert_eq!((frame, consumed), (Frame::Stun(&two[..]), two.len()));
}

/// RFC 8489 §5: a length that is not a multiple of 4 is an error of the stream.
#[test]
fn an_unaligned_length_ends_the_stream() {
    for length in [1_u8, 2, 3, 5, 0xFF] {
        let mut bytes = message(0x0001, &[]);
        bytes[3] = length;
        assert!(
            matches!(
                StunTcp::new().next(&bytes),
                Err(FrameError::Unaligned { .. })
            ),
            "{length}"
        );
    }
}

/// RFC 4571 §2: 16 bits of length in network byte order, which excludes the prefix itself.
#[test]
fn length_prefix() {
    let stream = [&hex("0003 616263 0100")[..], &[0xAA; 256]].concat();
    let reader = Rfc4571::new();
    let Next::Frame { frame, consumed } = reader.next(&stream).unwrap() else {
        panic!("a complete packet")
    };
    assert_eq!((frame, consumed), (&b"abc"[..], 5));
    let Next::Frame { frame, consumed } = reader.next(&stream[5..]).unwrap() else {
        panic!("a complete packet")
    };
    assert_eq!((frame, consumed), (&[0xAA; 256][..], 258));
    assert_eq!(Rfc4571::header(256).unwrap(), [1, 0]);
    assert_eq!(Rfc4571::header(65_535).unwrap(), [0xFF, 0xFF]);
    assert!(Rfc4571::header(65_536).is_err());
}

/// RFC 4571 §2: a length of 0 is a null packet.
#[test]
fn a_null_packet() {
    assert_eq!(
        Rfc4571::new().next(&[0, 0, 0, 1, 7]).unwrap(),
        Next::Frame {
            frame: &[][..],
            consumed: 2
        }
    );
}

/// RFC 6544 §3, §10.1: STUN and media between ICE agents over TCP have the length prefix of RFC 4571: a check
/// captured from Skype is read, and an indication is written.
#[test]
fn checks_over_tcp_have_the_length_prefix() {
    let check = support::skype();
    let captured = [&[0x00, 0x6C][..], &check].concat();
    let Next::Frame { frame, consumed } = Rfc4571::new().next(&captured).unwrap() else {
        panic!("a complete packet")
    };
    assert_eq!((frame, consumed), (&check[..], captured.len()));
    let mut out = Vec::new();
    let mut frame = Rfc4571::begin(&mut out).unwrap();
    let indication = MessageWriter::indication(&mut frame, Method::BINDING, ID).unwrap();
    indication.finish().unwrap();
    let written = frame.end().unwrap();
    assert_eq!(written, [&[0, 20][..], &message(0x0011, &[])].concat());
}

/// RFC 6544 §3: in such a stream the first byte and the magic cookie tell STUN from the application's packets.
#[test]
fn length_prefixed_packets_are_told_apart() {
    let demux = Demux::new().no_channels();
    assert_eq!(demux.protocol(&message(0x0001, &[])), Some(Protocol::Stun));
    assert_eq!(demux.protocol(&[0x80; 12]), Some(Protocol::Rtp));
    assert_eq!(demux.protocol(&[22, 254, 253]), Some(Protocol::Dtls));
    // A packet with the first byte of STUN, but without the cookie.
    assert_eq!(demux.protocol(&[0; 20]), None);
}

/// RFC 7983 §7: the first byte of a datagram names the protocol: 0 to 3, 16 to 19, 20 to 63, 64 to 79, 128 to
/// 191; datagrams with other first bytes are dropped.
#[test]
fn first_bytes_of_rfc7983() {
    let demux = Demux::new().channels(ChannelRange::RFC8656);
    for first in 0..=255_u8 {
        let mut datagram = message(0x0001, &[]);
        datagram[0] = first;
        let expected = match first {
            0..=3 => Some(Protocol::Stun),
            16..=19 => Some(Protocol::Zrtp),
            20..=63 => Some(Protocol::Dtls),
            64..=79 => Some(Protocol::ChannelData),
            128..=191 => Some(Protocol::Rtp),
            _ => None,
        };
        // 80 to 127 are reported as reserved channel numbers, which are dropped (RFC 8656 §12).
        let found = demux
            .protocol(&datagram)
            .filter(|protocol| *protocol != Protocol::ReservedChannel);
        assert_eq!(found, expected, "{first}");
    }
}

/// RFC 9443 §3: QUIC has the first bytes 192 to 255, 80 to 127 and, unless they come from a TURN server, 64 to
/// 79.
#[test]
fn first_bytes_of_rfc9443() {
    let server = Demux::new().channels(ChannelRange::RFC8656).quic();
    let peer = Demux::new().no_channels().quic();
    for first in 0..=255_u8 {
        let mut datagram = message(0x0001, &[]);
        datagram[0] = first;
        let expected = match first {
            0..=3 => Some(Protocol::Stun),
            16..=19 => Some(Protocol::Zrtp),
            20..=63 => Some(Protocol::Dtls),
            64..=79 => Some(Protocol::ChannelData),
            80..=127 | 192..=255 => Some(Protocol::Quic),
            128..=191 => Some(Protocol::Rtp),
            _ => None,
        };
        assert_eq!(server.protocol(&datagram), expected, "{first}");
        let expected = match first {
            64..=79 => Some(Protocol::Quic),
            _ => expected,
        };
        assert_eq!(peer.protocol(&datagram), expected, "{first}");
    }
}

/// RFC 7983 §7: messages with methods from 0x100 on begin with a byte above 3, so they are not recognized as
/// STUN.
#[test]
fn methods_that_collide_with_other_protocols() {
    for (method, first) in [(0x0FF, 2), (0x100, 4), (0x7FF, 0x1E)] {
        let mut buffer = [0; 20];
        let method = Method::new(method).unwrap();
        let bytes = MessageWriter::request(&mut buffer, method, ID)
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(bytes[0], first);
        assert!(Message::parse(bytes).is_ok());
        let is_stun = Demux::new().protocol(bytes) == Some(Protocol::Stun);
        assert_eq!(is_stun, first <= 3);
    }
}
