//! Channel numbers in every reader, and the writers of ChannelData.

use stunwire::attribute::{ChannelNumber, ChannelRange};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Frame, FrameError, Next, StunTcp};
use stunwire::{ChannelData, EncodeError};

/// ChannelData of one byte with this number, padded as in a stream.
fn channel_data(number: u16) -> [u8; 8] {
    let [high, low] = number.to_be_bytes();
    [high, low, 0, 1, 7, 0, 0, 0]
}

/// By default all readers accept the channel numbers of RFC 5766 (coturn's client binds numbers above
/// 0x4FFF).
#[test]
fn all_readers_accept_rfc5766_by_default() {
    for number in 0..=u16::MAX {
        let bytes = channel_data(number);
        let expected = (0x4000..=0x7FFF).contains(&number);
        let datagram = ChannelData::parse_datagram(&bytes);
        let stream = StunTcp::new().next(&bytes);
        let stream = matches!(
            stream,
            Ok(Next::Frame {
                frame: Frame::ChannelData { .. },
                ..
            })
        );
        let protocol = Demux::new().protocol(&bytes);
        assert_eq!(datagram.is_ok(), expected, "{number:#06x}");
        assert_eq!(stream, expected, "{number:#06x}");
        assert_eq!(
            protocol == Some(Protocol::ChannelData),
            expected,
            "{number:#06x}"
        );
        if let Ok(data) = datagram {
            assert_eq!(data.number.as_u16(), number);
            assert!(ChannelRange::default().contains(data.number));
        }
    }
}

/// RFC 8656 §12: numbers from 0x5000 are reserved. Every reader that is set to this range reports them.
#[test]
fn a_number_outside_the_range_is_reported() {
    let range = ChannelRange::RFC8656;
    for number in 0x4000..=0x7FFF {
        let bytes = channel_data(number);
        let datagram = ChannelData::parse_datagram_in(range, &bytes).map(|_| ());
        let stream = StunTcp::new().channels(range).next(&bytes).map(|_| ());
        let protocol = Demux::new().channels(range).protocol(&bytes);
        if number <= 0x4FFF {
            assert_eq!((datagram, stream), (Ok(()), Ok(())));
            assert_eq!(protocol, Some(Protocol::ChannelData));
        } else {
            let error = FrameError::Channel {
                number,
                last: 0x4FFF,
            };
            assert_eq!((datagram, stream), (Err(error), Err(error)));
            assert_eq!(protocol, Some(Protocol::ReservedChannel));
        }
    }
    let error = FrameError::Channel {
        number: 0x5000,
        last: 0x4FFF,
    };
    assert_eq!(
        error.to_string(),
        "channel number 0x5000 is not accepted: it is outside the range from 0x4000 to 0x4fff"
    );
}

/// RFC 8656 §12: a client binds 0x4000 to 0x4FFF; RFC 5766 §11.1: 0x4000 to 0x7FFE.
#[test]
fn numbers_are_created_in_a_range() {
    for number in 0..=u16::MAX {
        let in_8656 = (0x4000..=0x4FFF).contains(&number);
        let in_5766 = (0x4000..=0x7FFE).contains(&number);
        assert_eq!(ChannelNumber::new(number).is_ok(), in_8656);
        let created = ChannelNumber::new_in(ChannelRange::RFC5766, number);
        assert_eq!(created.is_ok(), in_5766);
        if let Ok(created) = created {
            assert_eq!(created.as_u16(), number);
            assert_eq!(ChannelRange::RFC8656.is_bindable(created), in_8656);
        }
    }
}

/// A CHANNEL-NUMBER attribute can hold any number; ChannelData with a number out of range is not written.
#[test]
fn other_numbers_are_not_written() {
    let packet = b"\x00\x09\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x0c\x00\x04\x80\x00\x00\x00";
    let message = stunwire::Message::parse(packet).unwrap();
    let number = message.get::<ChannelNumber>().unwrap().unwrap();
    assert_eq!(number.as_u16(), 0x8000);
    let data = ChannelData {
        number,
        payload: b"hello",
    };
    let mut out = b"before".to_vec();
    assert!(matches!(
        data.write(&mut out),
        Err(EncodeError::OutOfRange { .. })
    ));
    assert!(matches!(data.header(), Err(EncodeError::OutOfRange { .. })));
    assert!(StunTcp::begin(&mut out, number).is_err());
    assert_eq!(out, b"before");
}

/// RFC 8656 §12.4 and §12.5: number, length, data, and zeros up to a multiple of 4 in a stream only.
#[test]
fn copies_data_into_datagrams_and_streams() {
    let number = ChannelNumber::new(0x4ABC).unwrap();
    for length in (0..9).chain([1_200, 65_535]) {
        let payload = vec![7; length];
        let data = ChannelData {
            number,
            payload: &payload,
        };
        let [high, low] = (length as u16).to_be_bytes();
        let mut expected = vec![0x4A, 0xBC, high, low];
        expected.extend_from_slice(&payload);
        for fill in [0xAA, 0x55] {
            let mut slice = vec![fill; 65_545];
            assert_eq!(data.write(slice.as_mut_slice()).unwrap(), expected);
            assert!(slice[4 + length..].iter().all(|byte| *byte == fill));
        }
        let mut grown = b"before".to_vec();
        assert_eq!(data.write(&mut grown).unwrap(), expected);
        assert_eq!(grown[6..], expected);

        expected.resize(expected.len().next_multiple_of(4), 0);
        for fill in [0xAA, 0x55] {
            let mut slice = vec![fill; 65_545];
            assert_eq!(data.write_padded(slice.as_mut_slice()).unwrap(), expected);
            assert!(slice[expected.len()..].iter().all(|byte| *byte == fill));
        }
        data.write_padded(&mut grown).unwrap();
        assert_eq!(grown[6 + 4 + length..], expected);
    }
}

#[test]
fn data_that_does_not_fit_is_refused() {
    let number = ChannelNumber::MIN;
    let data = ChannelData {
        number,
        payload: b"hello",
    };
    for room in 0..9 {
        let mut slice = vec![0xAA; room];
        assert_eq!(
            data.write(slice.as_mut_slice()).unwrap_err(),
            EncodeError::BufferFull {
                needed: 9,
                available: room as u32,
            }
        );
    }
    assert!(data.write(&mut [0; 9]).is_ok());
    assert!(data.write_padded(&mut [0; 11]).is_err());
    assert!(data.write_padded(&mut [0; 12]).is_ok());

    let payload = &vec![0; 65_536][..];
    let long = ChannelData { number, payload };
    let mut out = b"before".to_vec();
    let error = EncodeError::FrameTooLong { length: 65_536 };
    assert_eq!(long.write(&mut out).unwrap_err(), error);
    assert_eq!(long.header().unwrap_err(), error);
    assert_eq!(out, b"before");
}

/// RFC 8656 §12.4: why a datagram is not ChannelData. The first byte decides what it could be (RFC 7983 §7).
#[test]
fn refused_datagrams() {
    let no_frame = |first| FrameError::NoFrame { first };
    let truncated = |declared, available| FrameError::Truncated {
        declared,
        available,
    };
    let channel = |number| FrameError::Channel {
        number,
        last: 0x4FFF,
    };
    for (bytes, expected) in [
        (&b""[..], truncated(4, 0)),
        (b"\x40\x00\x00", truncated(4, 3)),
        (b"\x3f\xff\x00\x00", no_frame(0x3F)),
        (b"\x80\x00\x00\x00", no_frame(0x80)),
        (b"\xff\xff\x00\x00", no_frame(0xFF)),
        (b"\x50\x00\x00\x00", channel(0x5000)),
        (b"\x4f\xff\x00\x05abcd", truncated(9, 8)),
        (
            b"\x4f\xff\x00\x01abcde",
            FrameError::Trailing {
                offset: 5,
                available: 9,
            },
        ),
    ] {
        assert_eq!(
            ChannelData::parse_datagram_in(ChannelRange::RFC8656, bytes).err(),
            Some(expected),
            "{bytes:x?}"
        );
    }
}

/// The room that is missing for the padding is counted.
#[test]
fn no_room_for_the_padding() {
    let data = ChannelData {
        number: ChannelNumber::MIN,
        payload: b"hello",
    };
    for available in 0..12 {
        let mut buffer = [0; 12];
        assert_eq!(
            data.write_padded(&mut buffer[..available]).err(),
            Some(EncodeError::BufferFull {
                needed: 12,
                available: available as u32
            })
        );
    }
}
