//! The packets of a relay: peer and data are read from any message, and packets are written around any payload.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use stunwire::attribute::ms::{DestinationAddress, RemoteAddress};
use stunwire::attribute::{AttributeType, ChannelNumber, Data, Lifetime, XorPeerAddress};
use stunwire::framing::{Frame, Next, StunTcp};
use stunwire::relay::{self, HEADROOM, PeerData, TAILROOM};
use stunwire::{
    ChannelData, Class, Dialect, EncodeError, Header, Key, Message, MessageWriter, Method,
    TransactionId,
};

use crate::{DIALECTS, format_of};

/// Reads the bytes as a message of every dialect, and writes packets around them as a payload.
pub fn relay(bytes: &[u8]) {
    for choice in 0..4 * DIALECTS.len() {
        one_way(choice as u8, bytes);
    }
    channel_data(bytes);
}

/// [`relay()`] in one dialect and way, which the first byte selects.
pub fn relay_one_way(bytes: &[u8]) {
    match bytes.split_first() {
        Some((255, bytes)) => channel_data(bytes),
        Some((choice, bytes)) => one_way(*choice, bytes),
        None => {}
    }
}

fn one_way(choice: u8, bytes: &[u8]) {
    let count = DIALECTS.len();
    let dialect = DIALECTS[usize::from(choice) % count];
    match usize::from(choice) / count % 4 {
        0 => {
            if let Ok((message, _)) = dialect.parse_prefix(bytes) {
                peer_data(&message);
            }
        }
        1 => messages(bytes, dialect),
        way => around(bytes, dialect, way == 2),
    }
}

fn is_ms_turn(dialect: Dialect) -> bool {
    format_of(dialect).ms_turn
}

/// `relay::read` returns the first peer address and the first DATA that are not ignored. The types are those of RFC
/// 8656 §18 and of [MS-TURN] 2.2.1 and 2.2.2.
fn peer_data(message: &Message<'_>) {
    let bytes = message.as_bytes();
    let type_bits = u16::from_be_bytes([bytes[0], bytes[1]]);
    let address = match (is_ms_turn(message.dialect()), type_bits) {
        (false, 0x0016 | 0x0017) => Some(0x0012),
        (true, 0x0004) => Some(0x0011),
        (true, 0x0115) => Some(0x0012),
        _ => None,
    };
    let first = |code| {
        message
            .attributes()
            .find(|attribute| attribute.ty() == AttributeType::new(code))
    };
    let attributes = address.and_then(first).zip(first(0x0013));
    match (relay::read(message), attributes) {
        (Ok(None), None) => {}
        (Ok(Some(found)), Some((address, data))) => {
            assert_eq!(found.payload, data.range());
            let mask = if is_ms_turn(message.dialect()) {
                [0; 16]
            } else {
                bytes[4..20].try_into().expect("16 bytes")
            };
            assert_eq!(found.peer, address_of(address.value(), mask));
        }
        (Err(error), Some((address, _))) => {
            assert_eq!(error.attribute(), address.ty());
            assert_eq!(error.offset(), Some(address.offset()));
            let value = address.value();
            let is_valid = match value {
                [_, 1, ..] => value.len() == 8,
                [_, 2, ..] => value.len() == 20,
                _ => false,
            };
            assert!(!is_valid, "{value:02x?} is an address");
        }
        (read, attributes) => panic!("{read:?} of {attributes:?}"),
    }
}

/// An address by RFC 8489 §14.1, XORed with `mask` as in §14.2.
fn address_of(value: &[u8], mask: [u8; 16]) -> SocketAddr {
    let port = [value[2] ^ mask[0], value[3] ^ mask[1]];
    let mut ip = [0; 16];
    for (to, (from, mask)) in ip.iter_mut().zip(value[4..].iter().zip(mask)) {
        *to = from ^ mask;
    }
    let ip = match value.len() {
        8 => IpAddr::V4(Ipv4Addr::new(ip[0], ip[1], ip[2], ip[3])),
        _ => IpAddr::V6(Ipv6Addr::from(ip)),
    };
    SocketAddr::new(ip, u16::from_be_bytes(port))
}

/// A message that is written in place or in segments equals the message of the writer, and is read back. A buffer
/// that is a byte too short for its segments is refused.
fn messages(payload: &[u8], dialect: Dialect) {
    let payload = &payload[..payload.len().min(2000)];
    let send = if is_ms_turn(dialect) {
        Class::Request
    } else {
        Class::Indication
    };
    let id = TransactionId::classic(*b"\x21\x12\xa4\x42abcdefghijkl");
    let peers: [SocketAddr; 2] = [
        (Ipv4Addr::new(192, 0, 2, 1), 32853).into(),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 7).into(),
    ];
    for (class, method) in [(send, Method::SEND), (Class::Indication, Method::DATA)] {
        let header = Header::new(class, method, id).in_dialect(dialect);
        for peer in peers {
            let mut expected = Vec::new();
            let mut writer = MessageWriter::new(&mut expected, header).expect("it grows");
            match (is_ms_turn(dialect), class) {
                (false, _) => writer.attribute(&XorPeerAddress(peer)),
                (true, Class::Request) => writer.attribute(&DestinationAddress(peer)),
                (true, _) => writer.attribute(&RemoteAddress(peer)),
            }
            .expect("it grows");
            writer.attribute(&Data(payload)).expect("it grows");
            writer.finish().expect("it is complete");

            let mut buffer = vec![0xAA; HEADROOM];
            buffer.extend_from_slice(payload);
            buffer.resize(buffer.len() + TAILROOM, 0xAA);
            let range = HEADROOM..HEADROOM + payload.len();
            let packet = relay::message_in_place(&mut buffer, range, peer, header)
                .expect("HEADROOM and TAILROOM are enough");
            assert_eq!(buffer[packet.clone()], expected);

            let message = dialect.parse(&buffer[packet.clone()]).expect("valid");
            let start = HEADROOM - packet.start;
            let data = PeerData {
                peer,
                payload: start..start + payload.len(),
            };
            assert_eq!(relay::read(&message), Ok(Some(data)));

            let mut leading = vec![0xAA; start];
            let segments = relay::message_vectored(&mut leading, payload, peer, header)
                .expect("the length of the message up to its payload is enough");
            assert_eq!(segments.payload.as_ptr(), payload.as_ptr());
            assert_eq!(segments.as_slices().concat(), expected);
            let refused = relay::message_vectored(&mut leading[1..], payload, peer, header);
            assert!(matches!(refused, Err(EncodeError::BufferFull { .. })));
        }
    }
}

/// A message around a payload outside its buffer is the one around a copy: without integrity, or signed and
/// with FINGERPRINT. In a buffer of exactly its length it fits, and in one that is a byte shorter it does not.
fn around(payload: &[u8], dialect: Dialect, is_signed: bool) {
    let id = TransactionId::classic(*b"\x21\x12\xa4\x42abcdefghijkl");
    let header = Header::new(Class::Indication, Method::DATA, id).in_dialect(dialect);
    let key = Key::from_bytes(b"a key of the properties");
    let mut expected = Vec::new();
    let copied = MessageWriter::new(&mut expected, header).and_then(|writer| {
        let writer = writer.with(&Lifetime(7))?.with(&Data(payload))?;
        match is_signed {
            true => writer.integrity(&key)?.fingerprint()?.finish(),
            false => writer.finish(),
        }
    });
    let copied = copied.map(|packet| packet.to_vec());
    let written = |buffer: &mut [u8]| -> Result<Vec<u8>, EncodeError> {
        let writer = MessageWriter::new(buffer, header)?.with(&Lifetime(7))?;
        let writer = writer.payload(payload)?;
        let segments = match is_signed {
            true => writer.integrity(&key)?.fingerprint()?.finish()?,
            false => writer.finish()?,
        };
        assert_eq!(segments.payload.as_ptr(), payload.as_ptr());
        let packet = segments.as_slices().concat();
        assert_eq!(packet.len(), segments.len());
        Ok(packet)
    };
    match copied {
        Ok(packet) => {
            let own = packet.len() - payload.len();
            assert_eq!(written(&mut vec![0xAA; own]), Ok(packet));
            let refused = written(&mut vec![0xAA; own - 1]);
            assert!(matches!(refused, Err(EncodeError::BufferFull { .. })));
        }
        Err(error) => {
            assert!(expected.is_empty());
            assert_eq!(written(&mut [0xAA; 256]).err(), Some(error));
        }
    }
}

/// ChannelData that is copied, written in place or in three parts has the same bytes, and is read back.
fn channel_data(payload: &[u8]) {
    let payload = &payload[..payload.len().min(65_535)];
    let number = ChannelNumber::MIN;
    let data = ChannelData { number, payload };
    let mut datagram = Vec::new();
    data.write(&mut datagram).expect("it grows");
    let mut stream = Vec::new();
    data.write_padded(&mut stream).expect("it grows");
    let header = data.header().expect("short enough");
    assert_eq!(datagram, [&header, payload].concat());
    assert_eq!(stream, [&header, payload, data.padding()].concat());
    assert_eq!(stream.len() % 4, 0);

    let mut buffer = vec![0xAA; HEADROOM];
    buffer.extend_from_slice(payload);
    buffer.resize(buffer.len() + TAILROOM, 0xAA);
    let range = HEADROOM..HEADROOM + payload.len();
    let packet = relay::channel_data_in_place(&mut buffer, range.clone(), number).expect("room");
    assert_eq!(buffer[packet], datagram);
    let packet = relay::padded_channel_data_in_place(&mut buffer, range, number).expect("room");
    assert_eq!(buffer[packet], stream);

    assert_eq!(ChannelData::parse_datagram(&datagram), Ok(data));
    assert_eq!(ChannelData::parse_datagram(&stream), Ok(data));
    let consumed = stream.len();
    let frame = Frame::ChannelData { number, payload };
    assert_eq!(
        StunTcp::new().next(&stream),
        Ok(Next::Frame { frame, consumed })
    );
}
