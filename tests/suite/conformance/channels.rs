//! RFC 8656 §12: channels and ChannelData.

use stunwire::attribute::{ChannelNumber, ChannelRange};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Frame, FrameError, Next, StunTcp};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{ChannelData, Message};

use super::message;
use crate::support::hex;

/// §12: numbers from 0x4000 to 0x4FFF.
#[test]
fn channel_numbers() {
    for number in 0..=0xFFFF_u16 {
        let valid = (0x4000..=0x4FFF).contains(&number);
        assert_eq!(ChannelNumber::new(number).is_ok(), valid, "{number:#06x}");
    }
}

/// §12: a reader that is set to the RFC's range refuses reserved channel numbers.
#[test]
fn reserved_channel_numbers_are_dropped() {
    let range = ChannelRange::RFC8656;
    let demux = Demux::new().channels(range);
    for number in (0x4000..=0x7FFF_u16).step_by(0x100) {
        let datagram = [&number.to_be_bytes()[..], b"\0\x05hello"].concat();
        let reserved = number > 0x4FFF;
        let read = ChannelData::parse_datagram_in(range, &datagram);
        assert_eq!(read.is_err(), reserved, "{number:#06x}");
        let expected = match reserved {
            true => Protocol::ReservedChannel,
            false => Protocol::ChannelData,
        };
        assert_eq!(demux.protocol(&datagram), Some(expected));
        let stream = StunTcp::new().channels(range);
        assert_eq!(
            matches!(stream.next(&datagram), Err(FrameError::Channel { .. })),
            reserved,
            "{number:#06x}"
        );
    }
}

/// §12: the first two bits tell STUN (00) from ChannelData (01).
#[test]
fn the_first_bits_tell_stun_from_channel_data() {
    let stun = message(0x0001, &[]);
    let data = hex("4001 0003 616263");
    let demux = Demux::new();
    assert_eq!(demux.protocol(&stun), Some(Protocol::Stun));
    assert_eq!(demux.protocol(&data), Some(Protocol::ChannelData));
    assert!(Message::parse(&data).is_err());
    assert!(ChannelData::parse_datagram(&stun).is_err());
}

/// §12.4: number and length, 16 bits each, and the data; the length does not count them or the padding.
#[test]
fn channel_data_layout() {
    let number = ChannelNumber::new(0x4001).unwrap();
    let payload = b"hello";
    let mut out = Vec::new();
    let written = ChannelData { number, payload }.write(&mut out).unwrap();
    assert_eq!(written, hex("4001 0005 68656c6c6f"));
    let read = ChannelData::parse_datagram(written).unwrap();
    assert_eq!((read.number, read.payload), (number, &payload[..]));
    let empty = ChannelData::parse_datagram(&[0x40, 0x01, 0, 0]).unwrap();
    assert_eq!(empty.payload, b"");
}

/// §12.5: over TCP the message is padded to a multiple of 4 bytes, which are zero here.
#[test]
fn channel_data_is_padded_over_tcp() {
    let number = ChannelNumber::new(0x4001).unwrap();
    for (payload, expected) in [
        (&b""[..], "4001 0000"),
        (b"a", "4001 0001 61000000"),
        (b"ab", "4001 0002 61620000"),
        (b"abc", "4001 0003 61626300"),
        (b"abcd", "4001 0004 61626364"),
    ] {
        let expected = hex(expected);
        let mut out = Vec::new();
        let written = ChannelData { number, payload }.write_padded(&mut out);
        assert_eq!(written.unwrap(), expected);
        let mut buffer = vec![0xAA; HEADROOM + payload.len() + TAILROOM];
        let range = HEADROOM..HEADROOM + payload.len();
        buffer[range.clone()].copy_from_slice(payload);
        let packet = relay::padded_channel_data_in_place(&mut buffer, range, number).unwrap();
        assert_eq!(buffer[packet], expected);
        // The reader waits for the padding and returns the data without it.
        let stream = StunTcp::new();
        for end in 0..expected.len() {
            let next = stream.next(&expected[..end]);
            assert!(matches!(next, Ok(Next::Incomplete { .. })), "{end}");
        }
        let (consumed, frame) = match stream.next(&expected).unwrap() {
            Next::Frame { frame, consumed } => (consumed, frame),
            next => panic!("{next:?}"),
        };
        assert_eq!(consumed, expected.len());
        assert_eq!(frame, Frame::ChannelData { number, payload });
    }
}

/// §12.5: over UDP padding is optional.
#[test]
fn channel_data_may_be_padded_over_udp() {
    for padding in 0..=3 {
        let mut datagram = hex("4001 0005 68656c6c6f");
        datagram.resize(datagram.len() + padding, 0xAA);
        let read = ChannelData::parse_datagram(&datagram).unwrap();
        assert_eq!(read.payload, b"hello");
    }
    let number = ChannelNumber::new(0x4001).unwrap();
    let mut buffer = [0xAA; HEADROOM + 5];
    buffer[HEADROOM..].copy_from_slice(b"hello");
    let packet = relay::channel_data_in_place(&mut buffer, HEADROOM..HEADROOM + 5, number).unwrap();
    assert_eq!(buffer[packet], hex("4001 0005 68656c6c6f"));
}

/// §12.6: a datagram that ends before the data does is discarded.
#[test]
fn truncated_channel_data_is_refused() {
    let datagram = hex("4001 0005 68656c6c6f");
    for end in 0..datagram.len() {
        assert!(
            matches!(
                ChannelData::parse_datagram(&datagram[..end]),
                Err(FrameError::Truncated { .. })
            ),
            "{end}"
        );
    }
}
