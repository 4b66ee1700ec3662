//! Hostile input: kinds of malformed messages that have caused bugs in STUN implementations.

use stunwire::ErrorCode;
use stunwire::attribute::{
    Attribute, AttributeType, ChannelNumber, Data, Lifetime, Software, UnknownAttributes,
    UseCandidate, Username, XorPeerAddress,
};
use stunwire::framing::{Next, Rfc4571, StunTcp};
use stunwire::{
    Code, Context, Dialect, EncodeError, FingerprintStatus, Header, HeaderError, IntegrityError,
    Key, Message, MessageWriter, Method, ParseError, TransactionId, reply,
};
use stunwire_properties::{self as properties, ATTRIBUTES, DIALECTS};

use crate::support::{self, ICE_PASSWORD, Vector, message_of, tlv, vectors};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// Runs a test on a copy of the bytes that ends where its allocation ends and begins `shift` bytes after the
/// allocation's start.
fn at_alignment(shift: usize, bytes: &[u8], run: impl Fn(&[u8])) {
    let mut shifted = vec![0xEE; shift];
    shifted.extend_from_slice(bytes);
    run(&shifted.into_boxed_slice()[shift..]);
}

#[test]
fn every_prefix_of_every_vector() {
    for Vector {
        name,
        dialect,
        bytes,
        ..
    } in vectors()
    {
        for end in 0..bytes.len() {
            let prefix = bytes[..end].to_vec().into_boxed_slice();
            let error = dialect.parse(&prefix).unwrap_err();
            let expected = if end < 20 {
                ParseError::Header(HeaderError::Short {
                    available: end as u8,
                })
            } else {
                ParseError::Truncated {
                    declared: bytes.len() as u32,
                    available: end as u32,
                }
            };
            assert_eq!(error, expected, "{name}: {end} bytes");
            properties::message(&prefix);
        }
    }
}

#[test]
fn every_type_with_every_length() {
    for fill in [0x00, 0x01, 0x02, 0x61, 0xFF] {
        for length in 0..=64 {
            let value = vec![fill; length];
            for ty in ATTRIBUTES.iter().map(|entry| entry.code) {
                let message = message_of(&tlv(ty.as_u16(), &value));
                at_alignment(length / 4 % 4, &message, properties::message);
            }
            let mut input = vec![fill; 16];
            input.extend_from_slice(&value);
            at_alignment(length % 4, &input, properties::roundtrip);
        }
    }
}

/// Fixed-length attributes accept the lengths that the RFCs state.
#[test]
fn fixed_lengths() {
    let context = Context::new(ID, Dialect::RFC8489);
    let lengths: &[(&str, &[usize])] = &[
        ("MESSAGE-INTEGRITY", &[20]),
        ("MESSAGE-INTEGRITY-SHA256", &[16, 20, 24, 28, 32]),
        ("FINGERPRINT", &[4]),
        ("USERHASH", &[32]),
        ("CHANNEL-NUMBER", &[4]),
        ("LIFETIME", &[4]),
        ("REQUESTED-ADDRESS-FAMILY", &[4]),
        ("EVEN-PORT", &[1]),
        ("REQUESTED-TRANSPORT", &[4]),
        ("DONT-FRAGMENT", &[0]),
        ("RESERVATION-TOKEN", &[8]),
        ("CONNECTION-ID", &[4]),
        ("PRIORITY", &[4]),
        ("USE-CANDIDATE", &[0]),
        ("ICE-CONTROLLED", &[8]),
        ("ICE-CONTROLLING", &[8]),
        ("IMPLEMENTATION-VERSION", &[4]),
        ("MS-VERSION", &[4]),
        ("MAGIC-COOKIE", &[]),
        ("BANDWIDTH", &[4]),
        ("MS-APP-ID", &[4]),
        ("MS-SEQUENCE-NUMBER", &[4, 24]),
        ("MS-SERVICE-QUALITY", &[4]),
        ("MULTIPLEXED-TURN-SESSION-ID", &[8]),
        ("BANDWIDTH-ADMISSION-CONTROL-MESSAGE", &[4]),
        ("BANDWIDTH-RESERVATION-IDENTIFIER", &[16]),
        ("BANDWIDTH-RESERVATION-AMOUNT", &[16]),
        ("REMOTE-SITE-ADDRESS-RESPONSE", &[12]),
        ("REMOTE-RELAY-SITE-ADDRESS-RESPONSE", &[12]),
        ("LOCAL-SITE-ADDRESS-RESPONSE", &[12]),
        ("LOCAL-RELAY-SITE-ADDRESS-RESPONSE", &[12]),
        ("LOCATION-PROFILE", &[4]),
    ];
    for (name, allowed) in lengths {
        for length in 0..=64 {
            let read = properties::decodes(name, &vec![0; length], context);
            assert_eq!(read, allowed.contains(&length), "{name}: {length} bytes");
        }
    }
    for name in [
        "MAPPED-ADDRESS",
        "XOR-MAPPED-ADDRESS",
        "XOR-PEER-ADDRESS",
        "XOR-RELAYED-ADDRESS",
        "ALTERNATE-SERVER",
        "DESTINATION-ADDRESS",
        "REMOTE-ADDRESS",
        "MS-ALTERNATE-MAPPED-ADDRESS",
        "REMOTE-SITE-ADDRESS",
        "REMOTE-RELAY-SITE-ADDRESS",
        "LOCAL-SITE-ADDRESS",
        "LOCAL-RELAY-SITE-ADDRESS",
    ] {
        for family in 0..=3 {
            for length in 0..=64 {
                let mut value = vec![family; length];
                if let Some(first) = value.first_mut() {
                    *first = 0;
                }
                let read = properties::decodes(name, &value, context);
                let right = (family == 1 && length == 8) || (family == 2 && length == 20);
                assert_eq!(read, right, "{name}: family {family}, {length} bytes");
            }
        }
    }
}

#[test]
fn length_fields_at_the_edges() {
    let edges = [0_u16, 1, 2, 3, 4, 0x7FFF]
        .into_iter()
        .chain(0xFFEC..=0xFFFF);
    for length in edges {
        for size in [20, 24, 28, 20 + usize::from(length)] {
            let mut bytes = message_of(&[]);
            bytes.resize(size, 0);
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            properties::message(&bytes);
            // A length of an attribute at the same limit.
            let mut bytes = message_of(&vec![0; (size - 20).min(65_532) & !3]);
            if let Some(field) = bytes.get_mut(22..24) {
                field.copy_from_slice(&length.to_be_bytes());
            }
            properties::message(&bytes);
        }
    }
}

#[test]
fn unpadded_ends_and_trailing_bytes() {
    // The last attribute is not padded, so the header's length is not a multiple of 4.
    let bytes = message_of(b"\x80\x22\x00\x05abcde");
    assert_eq!(
        Message::parse(&bytes).unwrap_err(),
        ParseError::Attribute {
            offset: 20,
            needed: 12,
            left: 9
        }
    );
    assert!(Dialect::RFC8489.unpadded().parse(&bytes).is_ok());
    assert_eq!(Dialect::detect(&bytes), Some(Dialect::RFC8489.unpadded()));
    for extra in 1..6 {
        let mut bytes = message_of(&tlv(0x8022, b"abcd"));
        bytes.extend_from_slice(&[0; 6][..extra]);
        assert_eq!(
            Message::parse(&bytes).unwrap_err(),
            ParseError::Trailing {
                offset: 28,
                available: 28 + extra as u32
            }
        );
        let (message, rest) = Message::parse_prefix(&bytes).unwrap();
        assert_eq!((message.as_bytes().len(), rest.len()), (28, extra));
    }
}

#[test]
fn attributes_after_the_integrity() {
    let key = Key::short_term("secret");
    let signed = |how: u8| {
        let mut buffer = Vec::new();
        let header = Header::request(Method::BINDING, ID);
        let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
        writer.attribute(&Username::new("user").unwrap()).unwrap();
        match how {
            0 => writer.integrity(&key).unwrap().finish().map(drop),
            1 => writer.integrity_sha256(&key).unwrap().finish().map(drop),
            _ => {
                let writer = writer.integrity(&key).unwrap();
                writer.fingerprint().unwrap().finish().map(drop)
            }
        }
        .unwrap();
        buffer
    };
    for how in 0..3 {
        for ty in ATTRIBUTES.iter().map(|entry| entry.code) {
            let mut bytes = signed(how);
            let end = bytes.len();
            bytes.extend_from_slice(&tlv(ty.as_u16(), &[1; 8]));
            let length = (bytes.len() - 20) as u16;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            properties::message(&bytes);
            let message = Message::parse(&bytes).unwrap();
            let appended = |raw: &stunwire::RawAttribute<'_>| raw.offset() == end;
            assert!(message.all_attributes().any(|raw| appended(&raw)));
            let may_follow = matches!((how, ty.as_u16()), (0, 0x001C | 0x8028) | (1, 0x8028));
            assert_eq!(message.attributes().any(|raw| appended(&raw)), may_follow);
            if let Ok(verified) = message.verify(&key) {
                assert!(!verified.attributes().any(|raw| appended(&raw)), "{ty}");
            } else {
                assert_eq!(
                    (how, ty.as_u16()),
                    (0, 0x001C),
                    "only an appended SHA-256 tag makes the message invalid"
                );
            }
            if how == 2 {
                assert_eq!(message.fingerprint(), FingerprintStatus::NotLast);
            }
        }
    }
}

#[test]
fn duplicates_in_both_orders() {
    let one = tlv(0x0006, b"one ");
    let other = tlv(0x0006, b"other");
    for (first, second, expected) in [(&one, &other, "one "), (&other, &one, "other")] {
        let bytes = message_of(&[first.as_slice(), second.as_slice()].concat());
        let message = Message::parse(&bytes).unwrap();
        let user = message.get::<Username>().unwrap().unwrap();
        assert_eq!(user.as_str(), Ok(expected));
        assert_eq!(message.get_all::<Username>().count(), 2);
        assert_eq!(message.all_attributes().count(), 2);
    }
}

#[test]
fn each_bit_of_a_signed_message() {
    // `vectors::a_flipped_bit_is_refused` does this for published messages, this test for written ones.
    for how in 0..6 {
        for at in 0..(20 + 12) * 8_u16 {
            let [at0, at1] = at.to_be_bytes();
            // The dialect, the key, the algorithm, and one edit: a flipped bit.
            let mut bytes = vec![0, 7, how, 1, 0, 0, at0, at1, 0, 0];
            bytes.extend_from_slice(&message_of(&tlv(0x0006, b"user")));
            properties::verify_in_every_dialect(&bytes);
        }
    }
}

#[test]
fn the_integrity_as_first_attribute() {
    let key = Key::short_term("secret");
    let mut buffer = [0; 64];
    let header = Header::request(Method::BINDING, ID);
    let writer = MessageWriter::new(&mut buffer, header).unwrap();
    let bytes = writer.integrity(&key).unwrap().finish().unwrap();
    let verified = Message::parse(bytes).unwrap().verify(&key).unwrap();
    assert_eq!(verified.attributes().count(), 0);
    // A tag that is moved before the other attributes does not cover them.
    let mut bytes = support::rfc5769_request();
    let tag = bytes[76..100].to_vec();
    bytes.drain(76..100);
    bytes.splice(20..20, tag);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get::<Username>().unwrap(), None);
    assert!(matches!(
        message.verify(&Key::short_term(ICE_PASSWORD)),
        Err(IntegrityError::Mismatch { offset: 20 })
    ));
}

#[test]
fn stale_buffer_bytes_are_overwritten() {
    let write = |fill: u8| {
        let mut buffer = [fill; 256];
        let header = Header::request(Method::BINDING, ID);
        let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
        for length in 0..9 {
            writer.attribute(&Data(&[1; 9][..length])).unwrap();
        }
        let len = writer.finish().unwrap().len();
        (buffer[..len].to_vec(), buffer[len..].to_vec())
    };
    let (one, rest) = write(0xAA);
    let (other, _) = write(0x55);
    assert_eq!(one, other);
    assert!(rest.iter().all(|byte| *byte == 0xAA));
}

#[test]
fn an_unfinished_message_is_not_readable() {
    let mut buffer = [0; 128];
    let header = Header::request(Method::BINDING, ID);
    let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
    writer.attribute(&Lifetime::from_secs(1)).unwrap();
    let writer = writer.integrity(&Key::short_term("secret")).unwrap();
    drop(writer.fingerprint().unwrap());
    for dialect in DIALECTS {
        assert!(dialect.parse_prefix(&buffer).is_err());
    }
    let mut grown = b"before".to_vec();
    let mut writer = MessageWriter::new(&mut grown, header).unwrap();
    writer.attribute(&Lifetime::from_secs(1)).unwrap();
    drop(writer);
    assert_eq!(grown, b"before");
}

#[test]
fn near_65535_bytes() {
    let header = Header::request(Method::BINDING, ID);
    for length in [
        65_520, 65_527, 65_528, 65_529, 65_531, 65_532, 65_535, 70_000,
    ] {
        let payload = vec![7; length];
        let mut buffer = Vec::new();
        let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
        let fits = 4 + length.next_multiple_of(4) <= 65_535;
        match writer.attribute(&Data(&payload)) {
            Ok(_) => assert!(fits, "{length}"),
            Err(EncodeError::TooLong { .. }) => assert!(!fits, "{length}"),
            Err(error) => panic!("{error}"),
        }
        let finished = writer.finish().unwrap();
        assert!(Message::parse(finished).is_ok());
        let mut buffer = Vec::new();
        let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
        let room = writer.attribute(&Data(&payload)).is_ok();
        let signed = writer.integrity(&Key::short_term("secret"));
        let tag_fits = !room || 4 + length.next_multiple_of(4) + 24 <= 65_535;
        assert_eq!(signed.is_ok(), tag_fits, "{length}");
        drop(signed);
        assert!(buffer.is_empty());
    }
}

#[test]
fn every_too_small_slice() {
    let key = Key::short_term("secret");
    let write = |buffer: &mut [u8]| -> Result<usize, EncodeError> {
        let mut writer = MessageWriter::new(buffer, Header::request(Method::BINDING, ID))?;
        writer.attribute(&Username::new("someone")?)?;
        let writer = writer.integrity(&key)?;
        Ok(writer.fingerprint()?.finish()?.len())
    };
    let mut buffer = [0; 128];
    let len = write(&mut buffer).unwrap();
    for size in 0..len {
        let mut small = vec![0xAA; size].into_boxed_slice();
        let error = write(&mut small).unwrap_err();
        assert!(
            matches!(error, EncodeError::BufferFull { available, .. } if available as usize == size),
            "{size}: {error:?}"
        );
        for dialect in DIALECTS {
            assert!(dialect.parse_prefix(&small).is_err());
        }
    }
    assert!(write(&mut vec![0; len]).is_ok());
}

/// Messages of all four classes with unprintable texts can be printed and answered.
#[test]
fn printing_and_replies_for_all_classes() {
    for bits in [0x0001_u16, 0x0011, 0x0101, 0x0111, 0x3FFF, 0x0006, 0x0115] {
        for value in [
            &b"\x1b[2J\x07\r\n"[..],
            b"\xff\xfe\x00",
            "\u{202e}\u{9b}".as_bytes(),
        ] {
            for ty in [
                0x0006, 0x0009, 0x0014, 0x0015, 0x8022, 0x8003, 0x8054, 0x4321,
            ] {
                let mut bytes = message_of(&tlv(ty, value));
                bytes[..2].copy_from_slice(&bits.to_be_bytes());
                properties::message(&bytes);
            }
        }
    }
}

#[test]
fn inner_lists() {
    let context = Context::new(ID, Dialect::RFC8489);
    // PASSWORD-ALGORITHM(S): parameters whose length exceeds the value.
    for length in [1_u16, 2, 4, 5, 0x7FFF, 0xFFFC, 0xFFFF] {
        let mut value = b"\x00\x02".to_vec();
        value.extend_from_slice(&length.to_be_bytes());
        for name in ["PASSWORD-ALGORITHM", "PASSWORD-ALGORITHMS"] {
            assert!(!properties::decodes(name, &value, context));
            let mut whole = value.clone();
            whole.resize(4 + usize::from(length).min(8), 7);
            assert_eq!(properties::decodes(name, &whole, context), length <= 8);
        }
    }
    // ADDRESS-ERROR-CODE consists of an address family and an ERROR-CODE.
    for length in 0..=64 {
        let read = properties::decodes("ADDRESS-ERROR-CODE", &[4; 64][..length], context);
        assert_eq!(read, length >= 4);
    }
    let bad_number = properties::decodes("ADDRESS-ERROR-CODE", &[1, 0, 4, 100], context);
    assert!(!bad_number);
    for length in 0..=64 {
        let read = UnknownAttributes::decode(&[0; 64][..length], context).is_ok();
        assert_eq!(read, length % 2 == 0);
    }
}

/// After MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT are read, also if ignored attributes
/// precede them.
#[test]
fn trailer_attributes_after_ignored_attributes() {
    for ignored in 0..16 {
        let bytes = message_of(
            &[
                tlv(0x0008, &[1; 20]),
                tlv(0x8022, &vec![2; ignored]),
                tlv(0x001C, &[3; 16]),
                tlv(0x8022, b""),
                tlv(0x8028, &[4; 4]),
            ]
            .concat(),
        );
        properties::message(&bytes);
        let message = Message::parse(&bytes).unwrap();
        let codes: Vec<u16> = message.attributes().map(|raw| raw.ty().as_u16()).collect();
        assert_eq!(codes, [0x0008, 0x001C, 0x8028], "{ignored}");
    }
}

/// Bytes after the end of a message are not scanned: a debug assertion checks the slice that the walk gets, and
/// `benches/counts.txt` its cost.
#[test]
fn trailing_bytes_are_not_scanned() {
    let mut bytes = message_of(&tlv(0x8028, &[0; 4]));
    bytes.resize(1 << 20, 0);
    let trailing = ParseError::Trailing {
        offset: 28,
        available: 1 << 20,
    };
    assert_eq!(Message::parse(&bytes).unwrap_err(), trailing);
    let (message, rest) = Message::parse_prefix(&bytes).unwrap();
    assert_eq!((message.as_bytes().len(), rest.len()), (28, (1 << 20) - 28));
}

/// 16,383 empty attributes cost at most two walks, and the length of a 420 is limited.
#[test]
fn many_empty_attributes() {
    let bytes = message_of(&[0x7F, 0xFF, 0, 0].repeat(16_383));
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.all_attributes().count(), 16_383);
    assert_eq!(message.get::<UseCandidate>().unwrap(), None);
    let mut out = Vec::new();
    let reply = reply::unknown_attributes(&message, &[]).unwrap();
    reply.write(&mut out).unwrap();
    assert!(out.len() <= 128, "{} bytes", out.len());
    let reply = Message::parse(&out).unwrap();
    let list = reply.get::<UnknownAttributes>().unwrap().unwrap();
    assert!(list.iter().eq([AttributeType::new(0x7FFF)]));
}

#[test]
fn texts_that_are_not_utf8() {
    let text = b"\xff\xc3(\xed\xa0\x80";
    for ty in [0x0006, 0x0014, 0x0015, 0x8022] {
        let bytes = message_of(&tlv(ty, text));
        properties::message(&bytes);
        let message = Message::parse(&bytes).unwrap();
        let raw = message.attributes().next().unwrap();
        assert_eq!(raw.value(), text);
        let software = raw.decode::<Software>().unwrap();
        assert!(software.as_str().is_err());
        assert_eq!(software.as_bytes(), text);
        assert_eq!(software.to_string(), "ffc328eda080");
    }
    // A few bytes that are not text are escaped; if most are not, the whole value is printed in hexadecimal.
    let bytes = message_of(&tlv(0x8022, b"caf\xe9 server\0\0"));
    let message = Message::parse(&bytes).unwrap();
    let software = message.get::<Software>().unwrap().unwrap();
    assert_eq!(software.to_string(), "\"caf\\xe9 server\\0\\0\"");
    let mut value = vec![0, 0, 4, 1];
    value.extend_from_slice(text);
    let bytes = message_of(&tlv(0x0009, &value));
    let message = Message::parse(&bytes).unwrap();
    let code = message.get::<ErrorCode>().unwrap().unwrap();
    assert_eq!(
        (code.code(), code.reason()),
        (Code::UNAUTHENTICATED, &text[..])
    );
    assert!(code.reason_str().is_err());
}

/// An XORed IPv6 address depends on the transaction id: with a changed id it is another address.
#[test]
fn xor_with_another_transaction_id() {
    let mut buffer = [0; 64];
    let header = Header::request(Method::BINDING, ID);
    let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
    let peer = XorPeerAddress("[2001:db8::1]:7".parse().unwrap());
    writer.attribute(&peer).unwrap();
    let bytes = writer.finish().unwrap();
    assert_eq!(Message::parse(bytes).unwrap().get().unwrap(), Some(peer));
    bytes[19] ^= 1;
    assert_ne!(Message::parse(bytes).unwrap().get().unwrap(), Some(peer));
}

/// A FINGERPRINT that is not 4 bytes long is `Invalid`; its padding does not make it `NotLast`.
#[test]
fn a_fingerprint_of_the_wrong_length() {
    for length in (0..=8).filter(|length| *length != 4) {
        let bytes = message_of(&tlv(0x8028, &[7; 8][..length]));
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(
            message.fingerprint(),
            FingerprintStatus::Invalid,
            "{length}"
        );
    }
}

/// A frame that was dropped before `end` leaves no readable frame in a slice.
#[test]
fn an_unfinished_frame_is_not_readable() {
    let mut slice = [0; 6];
    let mut frame = StunTcp::begin(&mut slice, ChannelNumber::MIN).unwrap();
    assert!(frame.put(b"hello").is_err());
    drop(frame);
    assert!(StunTcp::new().next(&slice).is_err());
    let mut slice = [0; 6];
    let mut frame = Rfc4571::begin(&mut slice).unwrap();
    assert!(frame.put(b"hello").is_err());
    drop(frame);
    assert!(matches!(
        Rfc4571::new().next(&slice),
        Ok(Next::Incomplete { .. })
    ));
}

/// MS-TURN uses some message types of the RFC for other messages. Messages that MS-TURN does not define are
/// refused, because they would be read as others.
#[test]
fn messages_that_ms_turn_does_not_have() {
    let classic = TransactionId::classic([7; 16]);
    let write = |header: Header| {
        let mut buffer = [0; 64];
        let header = header.in_dialect(Dialect::MS_TURN);
        let bytes = MessageWriter::new(&mut buffer, header)?.finish()?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let unassigned = Method::new(5).unwrap();
    // [MS-TURN] 2.2.1: 0x0004 is Send, 0x0006 Set Active Destination, 0x0115 Data Indication.
    for (header, expected) in [
        (Header::request(Method::ALLOCATE, classic), Ok(0x0003)),
        (Header::request(Method::SEND, classic), Ok(0x0004)),
        (
            Header::request(Method::SET_ACTIVE_DESTINATION, classic),
            Ok(0x0006),
        ),
        (Header::indication(Method::DATA, classic), Ok(0x0115)),
        (
            Header::request(Method::REFRESH, classic),
            Err(EncodeError::NoSuchMessage),
        ),
        (
            Header::error(unassigned, classic),
            Err(EncodeError::NoSuchMessage),
        ),
    ] {
        assert_eq!(write(header), expected, "{header:?}");
    }
    // Set Active Destination of MS-TURN is not a message of the RFC.
    let mut buffer = [0; 64];
    let header = Header::request(Method::SET_ACTIVE_DESTINATION, ID);
    let refused = MessageWriter::new(&mut buffer, header).map(drop);
    assert_eq!(refused, Err(EncodeError::NoSuchMessage));
}
