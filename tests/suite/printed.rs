//! What `Debug` and `Display` print, written by hand from their documentation.

use std::net::SocketAddr;

use stunwire::attribute::{
    AlternateServer, ChannelNumber, EncodeAttribute, MappedAddress, OtherAddress,
    PasswordAlgorithm, Priority, ResponseOrigin, XorMappedAddress, XorPeerAddress,
    XorRelayedAddress, ms,
};
use stunwire::framing::Rfc4571;
use stunwire::writer::PayloadWriter;
use stunwire::{
    Code, Credentials, Dialect, ErrorCode, Header, HmacAlgorithm, HmacFn, HmacTag, Message,
    MessageWriter, Method, OwnedMessage, Policy, TransactionId, reply,
};

use crate::support::{self, key, message_of, tlv};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// The one-line form of a response with one attribute, without its type.
fn summary(dialect: Dialect, attribute: &dyn EncodeAttribute) -> String {
    let mut buffer = Vec::new();
    let header = Header::error(Method::ALLOCATE, ID).in_dialect(dialect);
    let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
    writer.attribute(attribute).unwrap();
    let text = dialect.parse(writer.finish().unwrap()).unwrap().to_string();
    let rest = text.strip_prefix("Allocate Error Response").unwrap();
    rest.trim_start().to_string()
}

/// As in the Info column of Wireshark.
#[test]
fn messages_in_one_line() {
    let address: SocketAddr = "192.0.2.1:1024".parse().unwrap();
    let rfc = Dialect::RFC8489;
    let rows: [(Dialect, &dyn EncodeAttribute, &str); 15] = [
        (
            rfc,
            &MappedAddress(address),
            "MAPPED-ADDRESS: 192.0.2.1:1024",
        ),
        (
            rfc,
            &XorMappedAddress(address),
            "XOR-MAPPED-ADDRESS: 192.0.2.1:1024",
        ),
        (
            rfc,
            &XorPeerAddress(address),
            "XOR-PEER-ADDRESS: 192.0.2.1:1024",
        ),
        (
            rfc,
            &XorRelayedAddress(address),
            "XOR-RELAYED-ADDRESS: 192.0.2.1:1024",
        ),
        (
            rfc,
            &ResponseOrigin(address),
            "RESPONSE-ORIGIN: 192.0.2.1:1024",
        ),
        (rfc, &OtherAddress(address), "OTHER-ADDRESS: 192.0.2.1:1024"),
        (
            rfc,
            &AlternateServer(address),
            "ALTERNATE-SERVER: 192.0.2.1:1024",
        ),
        (
            Dialect::MS_TURN,
            &ms::DestinationAddress(address),
            "DESTINATION-ADDRESS: 192.0.2.1:1024",
        ),
        (
            Dialect::MS_TURN,
            &ms::RemoteAddress(address),
            "REMOTE-ADDRESS: 192.0.2.1:1024",
        ),
        (Dialect::MS_TURN, &ms::Bandwidth(64), "bandwidth: 64"),
        (rfc, &ChannelNumber::MIN, "ChannelNumber=0x4000"),
        (rfc, &Priority(1), ""),
        // The reason is printed if it says more than the name of the code.
        (
            rfc,
            &ErrorCode::new(Code::STALE_NONCE, "Stale Nonce").unwrap(),
            "error-code: 438 (Stale Nonce)",
        ),
        (
            rfc,
            &ErrorCode::new(Code::STALE_NONCE, "").unwrap(),
            "error-code: 438 (Stale Nonce)",
        ),
        (
            rfc,
            &ErrorCode::new(Code::STALE_NONCE, "old").unwrap(),
            "error-code: 438 (Stale Nonce) \"old\"",
        ),
    ];
    for (dialect, attribute, expected) in rows {
        assert_eq!(summary(dialect, attribute), expected);
    }
}

/// The short form of a message, in the style of Wireshark's Info column, in wire order.
#[test]
fn a_message_in_one_line() {
    let mut attributes = tlv(0x0019, &[6, 0, 0, 0]);
    attributes.extend(tlv(0x000D, &600_u32.to_be_bytes()));
    attributes.extend(tlv(0x0006, b"turn"));
    attributes.extend(tlv(0x0014, b"TANDBERG"));
    attributes.extend(tlv(0x0015, b"a nonce"));
    let mut bytes = message_of(&attributes);
    bytes[..2].copy_from_slice(&[0x00, 0x03]);
    assert_eq!(
        Message::parse(&bytes).unwrap().to_string(),
        "Allocate Request TCP lifetime: 600 user: \"turn\" realm: \"TANDBERG\" with nonce"
    );
}

/// The long form of a message: its header, then one line for each attribute.
#[test]
fn a_message_with_a_line_for_each_attribute() {
    let bytes = support::rfc5769_ipv4();
    let message = Message::parse(&bytes).unwrap();
    let long = format!("{message:#}");
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(
        lines[0],
        "Binding Success Response, transaction b7e7a701bc34d686fa87dfae"
    );
    assert_eq!(lines[1], "    20  SOFTWARE (11 bytes): \"test vector\"");
    assert_eq!(
        lines[2],
        "    36  XOR-MAPPED-ADDRESS (8 bytes): 192.0.2.1:32853"
    );
    assert_eq!(lines.len(), 5);
}

#[test]
fn messages_for_developers() {
    let mut buffer = Vec::new();
    let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
    let writer = writer.with(&Priority(1)).unwrap();
    assert!(format!("{writer:?}").contains("len: 28"));
    writer.integrity(&key()).unwrap().finish().unwrap();
    let message = Message::parse(&buffer).unwrap();
    assert_eq!(format!("{message:?}"), "Message(Binding Request)");
    let owned = OwnedMessage::from(message);
    assert_eq!(format!("{owned:?}"), "OwnedMessage(Binding Request)");
    let first = message.attributes().next().unwrap();
    // RFC 8445 §5.1.2.1: the lowest 8 bits are 256 minus the component.
    let expected = "RawAttribute(PRIORITY: 1 (0x00000001: type preference 0, local preference 0, component 255))";
    assert_eq!(format!("{first:?}"), expected);
    let list = format!("{:?}", message.attributes());
    assert!(list.starts_with(&format!("[{expected}, RawAttribute(")));
    let verified = message.verify(&key()).unwrap();
    assert_eq!(
        format!("{verified:?}"),
        "Verified(Sha1, Message(Binding Request))"
    );
    let check = message.integrity_check(&Policy::default()).unwrap();
    assert_eq!(
        format!("{check:?}"),
        "IntegrityCheck { algorithm: Sha1, offset: 28, .. }"
    );
    let reply_to = format!("{:?}", reply::ReplyTo::from((&verified, &key())));
    assert!(reply_to.starts_with("ReplyTo { header: "), "{reply_to}");
    assert!(reply_to.contains("protection: "), "{reply_to}");

    buffer.clear();
    let writer = MessageWriter::request(&mut buffer, Method::GOOG_PING, ID).unwrap();
    writer.goog_integrity_32(&key()).unwrap().finish().unwrap();
    let ping = Message::parse(&buffer).unwrap();
    let expected = format!("VerifiedGoogPing({ping:?})");
    assert_eq!(
        format!("{:?}", ping.verify_goog_ping(&key()).unwrap()),
        expected
    );

    let mut frame = Rfc4571::begin(&mut buffer).unwrap();
    frame.put(b"content").unwrap();
    assert_eq!(format!("{frame:?}"), "FrameWriter { len: 9, .. }");
}

/// The length counts the payload, which is not in the buffer.
#[test]
fn a_writer_with_an_external_payload() {
    let mut buffer = Vec::new();
    let writer: PayloadWriter<'_, _> = MessageWriter::indication(&mut buffer, Method::SEND, ID)
        .unwrap()
        .payload(b"payload")
        .unwrap();
    let text = format!("{writer:?}");
    assert!(text.starts_with("PayloadWriter { header: "), "{text}");
    // The header, DATA with 7 bytes, and its padding.
    assert!(text.contains("len: 32"), "{text}");
}

#[cfg(feature = "oauth")]
#[test]
fn tokens_for_developers() {
    use core::time::Duration;
    use stunwire::auth::UnixTime;
    use stunwire::auth::oauth::{Token, TokenKey};
    let key = TokenKey::new(b"the 32 bytes of a long-term key!").unwrap();
    assert_eq!(format!("{key:?}"), "TokenKey(..)");
    let token = Token {
        mac_key: b"session key",
        issued: UnixTime::from_secs(1),
        lifetime: Duration::from_secs(3600),
    };
    let text = format!("{token:?}");
    assert!(text.starts_with("Token { issued: "), "{text}");
    assert!(
        text.contains("3600s") && !text.contains("115, 101"),
        "{text}"
    );
}

#[test]
fn secrets_for_developers() {
    assert_eq!(format!("{:?}", key()), "Key(..)");
    assert_eq!(format!("{:?}", HmacTag::from([7; 20])), "HmacTag(20 bytes)");
    let credentials = Credentials {
        username: "alice",
        password: "secret",
    };
    assert_eq!(
        format!("{credentials:?}"),
        "Credentials { username: \"alice\", .. }"
    );
    for (algorithm, expected) in [
        (PasswordAlgorithm::MD5, "KeyBytes(16 bytes)"),
        (PasswordAlgorithm::SHA256, "KeyBytes(32 bytes)"),
    ] {
        let bytes = credentials.key_bytes("realm", algorithm).unwrap();
        assert_eq!(format!("{bytes:?}"), expected);
    }
    let closure = HmacFn::new(|_: HmacAlgorithm, _: &[&[u8]]| [0_u8; 20]);
    assert_eq!(format!("{closure:?}"), "HmacFn(..)");
    assert_eq!(format!("{:?}", Dialect::MS_TURN), "Dialect(ms-turn)");
}
