//! Accessors, conversions and names, which the documentation shows in its examples. The expected values are those that
//! were put in.

use core::time::Duration;
use std::collections::HashSet;
use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use stunwire::attribute::ms::{
    BandwidthAdmissionControlMessage, Federation, ServiceQuality, Stream,
};
use stunwire::attribute::{
    AccessToken, AttributeType, GoogMiscInfo, Lifetime, MetaDtlsInStun,
    MetaDtlsInStunAcknowledgement, PasswordAlgorithm, PasswordAlgorithms, Priority,
    RequestedTransport, Software, UntypedAttribute, Username, XorMappedAddress, registered,
};
use stunwire::auth::{Redirects, UnixTime};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Framing, MsMultiplexed, Next, Sniffed, Sniffer};
use stunwire::uri::{Host, Scheme, Transport, Uri};
use stunwire::{
    AttributeError, Class, Code, Credentials, Dialect, EncodeError, ErrorCode, Header,
    IntegrityAlgorithm, Key, Message, MessageWriter, Method, OwnedMessage, Policy, Protection,
    SecurityFeatures, TransactionId, reply,
};

use crate::support::key;

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn request() -> Vec<u8> {
    let mut buffer = Vec::new();
    MessageWriter::request(&mut buffer, Method::BINDING, ID)
        .unwrap()
        .with(&Priority(7))
        .unwrap()
        .with_some(Some(Username::new("user").unwrap()))
        .unwrap()
        .with_some(None::<Lifetime>)
        .unwrap()
        .integrity(&key())
        .unwrap()
        .finish()
        .unwrap();
    buffer
}

#[test]
fn of_an_owned_message() {
    let packet = request();
    let owned = OwnedMessage::parse(packet.into()).unwrap();
    let (priority, username) = owned.read::<(Priority, Username)>().unwrap();
    assert_eq!(priority, Priority(7));
    assert_eq!(username.as_bytes(), b"user");
    assert_eq!(owned.attributes().count(), 3);
    assert_eq!(
        (owned.class(), owned.method()),
        (Class::Request, Method::BINDING)
    );
    assert_eq!(owned.transaction_id(), ID);
    assert_eq!(owned.header(), owned.as_message().header());
    assert_eq!(Header::from(&owned), owned.header());
    assert_eq!(Header::from(&owned.header()), owned.header());
}

#[test]
fn of_a_verified_message_and_its_reply() {
    let packet = request();
    let message = Message::parse(&packet).unwrap();
    let check = message.integrity_check(&Policy::default()).unwrap();
    assert_eq!(check.algorithm(), IntegrityAlgorithm::Sha1);
    assert_eq!(check.message().as_bytes(), packet);
    let key = key();
    let verified = message.verify(&key).unwrap();
    let to = reply::ReplyTo::from((&verified, &key));
    assert_eq!(to.header(), message.header());
    let expected = Protection::NONE.with_integrity(IntegrityAlgorithm::Sha1);
    assert_eq!(to.protection(), expected);
    let unsigned = reply::ReplyTo::from(&message.header());
    assert_eq!(unsigned.protection(), Protection::NONE);
    let refusal = reply::unauthenticated(message.header());
    assert_eq!(refusal.code(), Code::UNAUTHENTICATED);
    assert_eq!(refusal.to().header(), message.header());
}

#[test]
fn of_a_goog_ping() {
    let mut buffer = Vec::new();
    let writer = MessageWriter::request(&mut buffer, Method::GOOG_PING, ID).unwrap();
    writer.goog_integrity_32(&key()).unwrap().finish().unwrap();
    let message = Message::parse(&buffer).unwrap();
    let ping = message.verify_goog_ping(&key()).unwrap();
    assert_eq!(ping.class(), Class::Request);
    assert_eq!(ping.transaction_id(), ID);
    assert_eq!(ping.message().as_bytes(), buffer);
    assert_eq!(Header::from(&ping), message.header());
}

/// A tag that the application computes is written as it is.
#[test]
fn of_a_tag_by_the_application() {
    let mut buffer = Vec::new();
    let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
    let tag = [7_u8; 20];
    writer
        .integrity_by(IntegrityAlgorithm::Sha1, |_, segments| {
            assert_eq!(segments.concat()[..4], [0x00, 0x01, 0x00, 24]);
            tag
        })
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(buffer[24..], tag);
}

#[test]
fn of_attributes() {
    let address: SocketAddr = "192.0.2.1:1024".parse().unwrap();
    assert_eq!(XorMappedAddress::from(address).0, address);
    assert_eq!(Lifetime(600).duration(), Duration::from_secs(600));
    let untyped = UntypedAttribute::new(AttributeType::SOFTWARE, b"agent");
    assert_eq!(
        (untyped.ty(), untyped.value()),
        (AttributeType::SOFTWARE, &b"agent"[..])
    );
    assert_eq!(Code::try_from(401), Ok(Code::UNAUTHENTICATED));
    for code in [99, 700] {
        let error = Code::try_from(code).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("error code {code} is outside 100 to 699")
        );
    }
    let errors: HashSet<_> = ["one", "one", "two"]
        .map(|reason| ErrorCode::new(Code::BAD_REQUEST, reason).unwrap())
        .into();
    assert_eq!(errors.len(), 2);
    let nonce = vec![0; 65_536];
    assert!(matches!(
        AccessToken::new(&nonce, &[]),
        Err(EncodeError::ValueTooLong { length: 65_536, .. })
    ));
    assert_eq!(PasswordAlgorithm::SHA256.parameters(), b"");
    assert_eq!(PasswordAlgorithm::MD5.to_string(), "MD5");
}

/// Lists of numbers in network byte order: libwebrtc's attributes.
#[test]
fn of_lists() {
    let mut buffer = Vec::new();
    let algorithms = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
    let packet = MessageWriter::request(&mut buffer, Method::BINDING, ID)
        .unwrap()
        .with(&GoogMiscInfo::of(&[1, 0x0203]))
        .unwrap()
        .with(&MetaDtlsInStunAcknowledgement::of(&[0x0102_0304, 5]))
        .unwrap()
        .with(&PasswordAlgorithms::of(&algorithms))
        .unwrap()
        .finish()
        .unwrap();
    let message = Message::parse(packet).unwrap();
    let values: Vec<&[u8]> = message.attributes().map(|raw| raw.value()).collect();
    let list = b"\x00\x02\x00\x00\x00\x01\x00\x00";
    assert_eq!(
        values,
        [
            &b"\x00\x01\x02\x03"[..],
            b"\x01\x02\x03\x04\x00\x00\x00\x05",
            list
        ]
    );
    let info = message.get::<GoogMiscInfo>().unwrap().unwrap();
    assert!(info.iter().eq([1, 0x0203]));
    assert_eq!(info.ping_version(), 1);
    let acknowledged = message.get::<MetaDtlsInStunAcknowledgement>().unwrap();
    assert!(acknowledged.unwrap().iter().eq([0x0102_0304, 5]));
    let offered = message.get::<PasswordAlgorithms>().unwrap().unwrap();
    assert_eq!(offered.as_bytes(), list);
    // The check value of CRC-32/ISO-HDLC.
    assert_eq!(MetaDtlsInStun(b"123456789").crc32(), 0xCBF4_3926);
}

#[test]
fn of_names() {
    assert_eq!(
        format!("{:?}", AttributeType::PRIORITY),
        "PRIORITY (0x0024)"
    );
    assert_eq!(format!("{:?}", AttributeType::new(0x7FFF)), "0x7fff");
    for (features, expected) in [
        (SecurityFeatures::NONE, ""),
        (SecurityFeatures::PASSWORD_ALGORITHMS, "password algorithms"),
        (SecurityFeatures::USERNAME_ANONYMITY, "username anonymity"),
    ] {
        assert_eq!(
            format!("{features:?}"),
            format!("SecurityFeatures({expected})")
        );
    }
    assert_eq!(RequestedTransport::UDP.to_string(), "UDP");
    assert_eq!(RequestedTransport::TCP.to_string(), "TCP");
    for (number, expected) in [
        (1, "audio"),
        (2, "video"),
        (3, "supplemental video"),
        (4, "data"),
        (9, "stream 9"),
    ] {
        assert_eq!(Stream(number).to_string(), expected);
    }
    let quality = ServiceQuality::best_effort(Stream::AUDIO);
    assert_eq!(quality.to_string(), "audio, best effort");
    for (number, expected) in [
        (0, "reservation check"),
        (1, "reservation commit"),
        (2, "reservation update"),
        (3, "kind 3"),
    ] {
        assert_eq!(
            BandwidthAdmissionControlMessage(number).to_string(),
            expected
        );
    }
    for (number, expected) in [
        (0, "no federation"),
        (1, "enterprise federation"),
        (2, "public cloud federation"),
    ] {
        assert_eq!(Federation(number).to_string(), expected);
    }
    let mapped = registered()
        .find(|row| row.name == "XOR-MAPPED-ADDRESS")
        .unwrap();
    assert!(mapped.other_types().eq([AttributeType::new(0x8020)]));
}

#[test]
fn of_errors() {
    let packet = request();
    let message = Message::parse(&packet).unwrap();
    let missing = message.read::<(Software,)>().unwrap_err();
    assert!(missing.source().is_none());
    assert_eq!(missing.to_string(), "SOFTWARE is missing");
    // PRIORITY of 3 bytes.
    let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x03abc\0";
    let malformed = Message::parse(packet)
        .unwrap()
        .get::<Priority>()
        .unwrap_err();
    let source = malformed.source().unwrap().to_string();
    assert_eq!(
        malformed.to_string(),
        format!("PRIORITY at offset 20: {source}")
    );
}

#[test]
fn of_framings() {
    let stream = b"\x40\x00\x00\x05";
    assert_ne!(Sniffer::new().sniff(stream), Sniffed::Is(Framing::StunTcp));
    let expecting = Sniffer::new().expect_channels();
    assert_eq!(expecting.sniff(stream), Sniffed::Is(Framing::StunTcp));
    let frame = b"\xff\x10\x00\x09session!x";
    for framing in [MsMultiplexed::default(), MsMultiplexed::new().max_frame(13)] {
        assert!(matches!(
            framing.next(frame),
            Ok(Next::Frame { consumed: 13, .. })
        ));
    }
    assert!(MsMultiplexed::new().max_frame(12).next(frame).is_err());
    assert_eq!(Demux::default().protocol(&request()), Some(Protocol::Stun));
}

#[test]
fn of_times() {
    let start = SystemTime::UNIX_EPOCH;
    let second = Duration::from_secs(1);
    assert_eq!(UnixTime::from(start + 5 * second), UnixTime::from_secs(5));
    assert_eq!(UnixTime::from(start - second), UnixTime::from_secs(0));
    let redirects = format!("{:?}", Redirects::<8>::default());
    assert_eq!(redirects, format!("{:?}", Redirects::<8>::new()));
}

#[test]
fn of_uris() {
    let uri = Uri::try_from("turn:192.0.2.1:3479?transport=tcp").unwrap();
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    assert_eq!(uri.host().ip(), Some(address));
    assert_eq!(uri.port(), 3479);
    assert_eq!(uri.transport(), Some(Transport::Tcp));
    let built = Uri::new(Scheme::Turn, "2001:db8::1")
        .unwrap()
        .with_port(3479);
    assert_eq!(built.to_string(), "turn:[2001:db8::1]:3479");
    assert_eq!(built.host().ip(), Some("2001:db8::1".parse().unwrap()));
    let name = Uri::new(Scheme::Stun, "example.org").unwrap();
    assert_eq!(name.host(), Host::Name("example.org"));
    assert_eq!(name.host().ip(), None);
}

/// All bits of the id of a dialect without the cookie are its own.
#[test]
fn of_dialects() {
    let id = TransactionId::classic([7; 16]);
    let header = Header::request(Method::BINDING, id).in_dialect(Dialect::RFC3489);
    assert_eq!(header.transaction_id(), id);
    assert_eq!(header.dialect(), Dialect::RFC3489);
}

/// The password of time-limited credentials is used as its text.
#[test]
fn of_time_limited_credentials() {
    let secret = Key::from_bytes(b"north");
    let password = stunwire::auth::rest::password(&secret, "1433895918:ninefingers").unwrap();
    assert_eq!(password.as_str(), "jy8hTxmOO7UtEKXqSkSlvakPVYA=");
    assert_eq!(password.as_ref(), password.as_str().as_bytes());
    assert_eq!(format!("{password:?}"), "RestPassword(..)");
}

#[test]
fn errors_without_an_offset() {
    let missing = AttributeError::missing(AttributeType::LIFETIME, Dialect::RFC8489);
    assert_eq!(missing.offset(), None);
    assert_eq!(missing.value_error(), None);
    assert_eq!(missing.attribute(), AttributeType::LIFETIME);
}

#[test]
fn keys_of_unknown_algorithms() {
    let credentials = Credentials {
        username: "user",
        password: "password",
    };
    let unknown = PasswordAlgorithm::new(7, b"");
    assert!(credentials.key_bytes("realm", unknown).is_none());
    assert!(Key::long_term_by(unknown, &credentials, "realm").is_none());
}

/// The lengths of the attributes' values: RFC 8489 §14.5 and §14.6, \[MS-TURN\] 2.2.2.17, and libwebrtc.
#[test]
fn lengths_of_tags() {
    for (algorithm, len) in [
        (IntegrityAlgorithm::Sha1, 20),
        (IntegrityAlgorithm::Sha256 { len: 16 }, 16),
        (IntegrityAlgorithm::SHA256, 32),
        (IntegrityAlgorithm::MsTurnSha256, 32),
        (IntegrityAlgorithm::Goog32, 4),
    ] {
        assert_eq!(algorithm.tag_len(), len);
    }
}
