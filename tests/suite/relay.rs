//! Relaying, in place and around an external payload: both give the bytes of the ordinary writer.

use std::net::SocketAddr;

use stunwire::attribute::{
    ChannelNumber, Data, EncodeAttribute, Icmp, Software, XorPeerAddress, XorRelayedAddress,
};
use stunwire::framing::StunTcp;
use stunwire::relay::{self, HEADROOM, PeerData, TAILROOM};
use stunwire::writer::PayloadWriter;
use stunwire::{
    ChannelData, EncodeError, Header, Key, Message, MessageWriter, Method, TransactionId,
};
use stunwire_properties::{self as properties, DIALECTS};

use crate::support::hex;

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn peers() -> [SocketAddr; 2] {
    [
        "192.0.2.1:32853",
        "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
    ]
    .map(|peer| peer.parse().unwrap())
}

/// A relayed message that the ordinary writer builds in one buffer.
fn contiguous(method: Method, peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = MessageWriter::new(&mut out, Header::indication(method, ID)).unwrap();
    writer.attribute(&XorPeerAddress(peer)).unwrap();
    writer.attribute(&Data(payload)).unwrap();
    writer.finish().unwrap();
    out
}

/// The value of XOR-PEER-ADDRESS is that of XOR-MAPPED-ADDRESS in RFC 5769 §2.2, for the same address and
/// transaction id; the rest is written by hand from RFC 8656 §18.
#[test]
fn a_data_indication() {
    let id = TransactionId::new(hex("b7e7a701bc34d686fa87dfae").try_into().unwrap());
    let mut buf = [0xAA; HEADROOM + 5 + TAILROOM];
    buf[HEADROOM..HEADROOM + 5].copy_from_slice(b"hello");
    let packet =
        relay::data_indication_in_place(&mut buf, HEADROOM..HEADROOM + 5, peers()[0], id).unwrap();
    let expected = hex("00170018 2112a442 b7e7a701bc34d686fa87dfae
         00120008 0001a147e112a643
         00130005 68656c6c6f 000000");
    assert_eq!(packet, HEADROOM - 36..HEADROOM + 8);
    assert_eq!(buf[packet], expected);
    assert!(buf[..HEADROOM - 36].iter().all(|byte| *byte == 0xAA));
}

#[test]
fn in_place() {
    for peer in peers() {
        let head_len = if peer.is_ipv4() { 36 } else { 48 };
        for length in (0..9).chain([1_200, 65_400]) {
            let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
            for (method, write) in [
                (
                    Method::DATA,
                    relay::data_indication_in_place as fn(&mut [u8], _, _, _) -> _,
                ),
                (Method::SEND, relay::send_indication_in_place),
            ] {
                let expected = contiguous(method, peer, &payload);
                for fill in [0xAA, 0x55] {
                    let mut buf = vec![fill; HEADROOM];
                    buf.extend_from_slice(&payload);
                    buf.resize(buf.len() + TAILROOM + 2, fill);
                    let range = HEADROOM..HEADROOM + length;
                    let packet = write(&mut buf, range, peer, ID).unwrap();
                    assert_eq!(packet.start, HEADROOM - head_len);
                    assert_eq!(buf[packet.clone()], expected, "{method} {length}");
                    assert!(buf[..packet.start].iter().all(|byte| *byte == fill));
                    assert!(buf[packet.end..].iter().all(|byte| *byte == fill));
                }
            }
        }
    }
}

#[test]
fn channel_data_in_place() {
    let number = ChannelNumber::new(0x4ABC).unwrap();
    for length in (0..9).chain([1_200, 65_535]) {
        let payload = vec![7; length];
        let mut stream = Vec::new();
        let mut frame = StunTcp::begin(&mut stream, number).unwrap();
        frame.put(&payload).unwrap();
        frame.end().unwrap();

        let mut buf = vec![0xAA; 4];
        buf.extend_from_slice(&payload);
        buf.resize(buf.len() + TAILROOM, 0xAA);
        let range = 4..4 + length;
        let datagram = relay::channel_data_in_place(&mut buf, range.clone(), number).unwrap();
        assert_eq!(buf[datagram.clone()], stream[..4 + length]);
        assert!(buf[datagram.end..].iter().all(|byte| *byte == 0xAA));
        let data = ChannelData::parse_datagram(&buf[datagram]).unwrap();
        assert_eq!((data.number, data.payload), (number, &payload[..]));
        assert_eq!(
            [&data.header().unwrap(), data.payload, data.padding()].concat(),
            stream
        );

        let padded = relay::padded_channel_data_in_place(&mut buf, range, number).unwrap();
        assert_eq!(buf[padded], stream);
    }
}

#[test]
fn buffers_that_are_too_small() {
    let [v4, v6] = peers();
    let mut buf = [0; 99];
    let mut write = |range, peer| relay::data_indication_in_place(&mut buf, range, peer, ID);
    assert!(write(36..60, v4).is_ok());
    assert!(matches!(
        write(35..60, v4),
        Err(EncodeError::BufferFull { available: 35, .. })
    ));
    assert!(matches!(
        write(47..60, v6),
        Err(EncodeError::BufferFull { available: 47, .. })
    ));
    // 49 bytes need 3 bytes of padding, but only 2 are left.
    assert!(write(48..97, v6).is_err());
    assert!(write(48..96, v6).is_ok());
    assert!(write(48..100, v6).is_err());
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = 60..50;
    assert!(write(reversed, v6).is_err());
    assert!(write(usize::MAX - 1..usize::MAX, v6).is_err());
    // 65,532 bytes of attributes: 12 for the address, 4 for the header of DATA, 65,516 of payload and padding.
    let mut buf = vec![0; 70_000];
    assert!(relay::send_indication_in_place(&mut buf, 36..36 + 65_516, v4, ID).is_ok());
    for length in [65_517, 65_519, 65_520, 65_535, 65_536] {
        let written = relay::send_indication_in_place(&mut buf, 36..36 + length, v4, ID);
        assert!(
            matches!(written, Err(EncodeError::TooLong { .. })),
            "{length}"
        );
    }
    let payload = vec![0; 65_536];
    let mut header = [0; 48];
    let segments =
        relay::data_indication_vectored(&mut header, &payload[..65_516], v4, ID).unwrap();
    assert_eq!(segments.as_slices().map(<[u8]>::len), [36, 65_516, 0]);
    let segments =
        relay::send_indication_vectored(&mut header, &payload[..65_501], v6, ID).unwrap();
    assert_eq!(segments.as_slices().map(<[u8]>::len), [48, 65_501, 3]);
    for length in [65_517, 65_519, 65_520, 65_535, 65_536] {
        let written = relay::send_indication_vectored(&mut header, &payload[..length], v4, ID);
        assert!(
            matches!(written, Err(EncodeError::TooLong { .. })),
            "{length}"
        );
    }
    let refused = relay::data_indication_vectored(&mut header[..47], b"hello", v6, ID);
    assert_eq!(
        refused.unwrap_err(),
        EncodeError::BufferFull {
            needed: 48,
            available: 47
        }
    );
    let other = Header::indication(Method::BINDING, ID);
    let refused = relay::message_vectored(&mut header, b"hello", v4, other);
    assert_eq!(refused, Err(EncodeError::NoSuchMessage));
    let number = ChannelNumber::MIN;
    assert!(relay::channel_data_in_place(&mut buf, 4..65_540, number).is_err());
    assert!(relay::channel_data_in_place(&mut buf, 3..10, number).is_err());
    let mut exact = [0; 9];
    assert!(relay::channel_data_in_place(&mut exact, 4..9, number).is_ok());
    assert!(relay::padded_channel_data_in_place(&mut exact, 4..9, number).is_err());
}

/// A payload that is too long is refused with the same error in every way of writing it.
#[test]
fn payloads_that_are_too_long() {
    for len in [65_516, 65_517, 65_535, 65_536, 65_537, 70_000] {
        properties::relay(&vec![7; len]);
    }
}

/// Finishes either kind of writer with one of the combinations of integrity and FINGERPRINT.
macro_rules! finish_with {
    ($writer:expr, $ending:expr, $key:expr) => {
        match $ending {
            0 => $writer.finish(),
            1 => $writer.fingerprint().unwrap().finish(),
            2 => $writer.integrity($key).unwrap().finish(),
            3 => {
                let signed = $writer.integrity($key).unwrap();
                signed.fingerprint().unwrap().finish()
            }
            4 => $writer.integrity_sha256($key).unwrap().finish(),
            _ => {
                let signed = $writer.integrity_sha256($key).unwrap();
                signed.fingerprint().unwrap().finish()
            }
        }
    };
}

/// Around an external payload the parts are, byte for byte, what the writer builds in one buffer: with each
/// combination of integrity and FINGERPRINT, in each kind of buffer.
#[test]
fn in_parts() {
    let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
    for peer in peers() {
        for length in (0..9).chain([1_200, 60_000]) {
            let payload: Vec<u8> = (0..length).map(|at| (at * 7) as u8).collect();
            for ending in 0..6 {
                let header = Header::indication(Method::DATA, ID);
                let mut one = Vec::new();
                let mut writer = MessageWriter::new(&mut one, header).unwrap();
                writer.attribute(&Software::new("relay").unwrap()).unwrap();
                writer.attribute(&XorPeerAddress(peer)).unwrap();
                writer.attribute(&Data(&payload)).unwrap();
                finish_with!(writer, ending, &key).unwrap();

                let mut buffer = b"earlier bytes".to_vec();
                let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
                writer.attribute(&Software::new("relay").unwrap()).unwrap();
                writer.attribute(&XorPeerAddress(peer)).unwrap();
                let writer = writer.payload(&payload).unwrap();
                let parts = finish_with!(writer, ending, &key).unwrap();
                assert_eq!(parts.as_slices().concat(), one, "{peer} {length} {ending}");
                assert_eq!(parts.len(), one.len());
                assert_eq!(parts.payload.as_ptr(), payload.as_ptr());
                assert!(parts.trailing.len() <= 3 + 36 + 8);
                let message = Message::parse(&one).unwrap();
                assert_eq!(message.verify(&key).is_ok(), ending >= 2);
            }
        }
    }
}

/// Dialects whose integrity covers zero-padded text, or a header length that includes FINGERPRINT.
#[test]
fn in_parts_in_other_dialects() {
    let key = Key::short_term("secret");
    for dialect in DIALECTS {
        for length in [0, 1, 2, 3, 4, 20, 63, 64, 65] {
            let payload = vec![9; length];
            let id = TransactionId::classic(*b"\x21\x12\xa4\x42abcdefghijkl");
            let header = Header::request(Method::SEND, id).in_dialect(dialect);
            for fingerprint in [false, true] {
                let mut one = Vec::new();
                let mut writer = MessageWriter::new(&mut one, header).unwrap();
                writer.attribute(&Data(&payload)).unwrap();
                let writer = writer.integrity(&key).unwrap();
                let one = if fingerprint {
                    writer.fingerprint().and_then(MessageWriter::finish)
                } else {
                    writer.finish()
                };
                let mut buffer = [0xAA; 80];
                let writer = MessageWriter::new(&mut buffer, header).unwrap();
                let writer = writer.payload(&payload).unwrap().integrity(&key).unwrap();
                let parts = if fingerprint {
                    writer.fingerprint().and_then(PayloadWriter::finish)
                } else {
                    writer.finish()
                };
                // Errors are equal, too: MS-TURN has no FINGERPRINT, legacy MS-ICE2 requires one.
                assert_eq!(
                    parts.map(|parts| parts.as_slices().concat()),
                    one.map(|one| one.to_vec()),
                    "{dialect:?} {length}"
                );
            }
        }
    }
}

#[test]
fn parts_that_do_not_fit() {
    let header = Header::indication(Method::DATA, ID);
    let write = |buffer: &mut [u8], length: usize| -> Result<usize, EncodeError> {
        let payload = vec![0; length];
        let writer = MessageWriter::new(buffer, header)?.payload(&payload)?;
        Ok(writer.fingerprint()?.finish()?.len())
    };
    for room in 0..20 + 4 + 3 + 8 {
        let written = write(&mut vec![0xAA; room], 1);
        assert!(
            matches!(written, Err(EncodeError::BufferFull { .. })),
            "{room}: {written:?}"
        );
    }
    assert_eq!(write(&mut [0; 35], 1), Ok(36));
    let mut grown = b"before".to_vec();
    for length in [65_524, 65_531, 65_532, 65_535, 65_536, 100_000] {
        let written = write(&mut [0; 64], length);
        assert!(
            matches!(written, Err(EncodeError::TooLong { .. })),
            "{length}: {written:?}"
        );
        let payload = vec![0; length];
        let writer = MessageWriter::new(&mut grown, header).unwrap();
        let refused = writer
            .payload(&payload)
            .and_then(|writer| writer.fingerprint());
        assert!(refused.is_err());
        drop(refused);
        assert_eq!(grown, b"before");
    }
    assert_eq!(write(&mut [0; 64], 65_520), Ok(20 + 4 + 65_520 + 8));
}

#[test]
fn reading() {
    let [v4, v6] = peers();
    let message = |method, attributes: &[&dyn EncodeAttribute]| {
        let mut out = Vec::new();
        let mut writer = MessageWriter::new(&mut out, Header::indication(method, ID)).unwrap();
        for attribute in attributes {
            writer.attribute(*attribute).unwrap();
        }
        writer.finish().unwrap();
        out
    };
    let read = |bytes: &[u8]| relay::read(&Message::parse(bytes).unwrap());
    let found = |peer, payload| Ok(Some(PeerData { peer, payload }));
    let (first, second) = (XorPeerAddress(v4), XorPeerAddress(v6));
    let data = Data(b"hello");
    for method in [Method::SEND, Method::DATA] {
        assert_eq!(read(&message(method, &[&first, &data])), found(v4, 36..41));
        assert_eq!(read(&message(method, &[&data, &first])), found(v4, 24..29));
        assert_eq!(
            read(&message(method, &[&first, &Data(b"")])),
            found(v4, 36..36)
        );
        // The first XOR-PEER-ADDRESS is used.
        assert_eq!(
            read(&message(method, &[&first, &second, &data])),
            found(v4, 60..65)
        );
        assert_eq!(read(&message(method, &[&first])), Ok(None));
        assert_eq!(read(&message(method, &[&data])), Ok(None));
        assert_eq!(
            read(&message(method, &[&XorRelayedAddress(v4), &data])),
            Ok(None)
        );
    }
    let icmp = Icmp::new(3, 1, 0);
    assert_eq!(read(&message(Method::DATA, &[&first, &icmp])), Ok(None));
    assert_eq!(read(&message(Method::BINDING, &[&first, &data])), Ok(None));
    // A peer address of an unknown family.
    let mut broken = message(Method::SEND, &[&first, &data]);
    broken[25] = 7;
    assert_eq!(read(&broken).unwrap_err().offset(), Some(20));
    // A request with these attributes is not an indication.
    let mut request = message(Method::SEND, &[&first, &data]);
    request[1] = 6;
    assert_eq!(read(&request), Ok(None));
}
