use stunwire::attribute::AccessToken;
use stunwire::{Dialect, Header, MessageWriter};

use super::*;
use crate::unit::{Endpoints, Framing, Transport};

/// A token that Python's `cryptography` sealed for the key of 16 bytes, with its session key.
const SEALED: [u8; 50] = [
    0xf6, 0x1b, 0xb3, 0x58, 0x11, 0x9c, 0xed, 0xdf, 0x89, 0x08, 0x55, 0x19, 0x6b, 0x16, 0x17, 0xf5,
    0xf6, 0x18, 0x3e, 0xdb, 0x73, 0x9c, 0x0d, 0xc2, 0xd5, 0x16, 0x98, 0xdb, 0x28, 0xe0, 0xea, 0x98,
    0xdf, 0x2f, 0xfc, 0x4d, 0x12, 0x42, 0x16, 0xfe, 0x03, 0xc2, 0xbd, 0x51, 0x31, 0xa9, 0xc5, 0x35,
    0xd8, 0x03,
];
const SESSION_KEY: &[u8] = b"ZksjpweoixXmvn67534m";

fn origin(seconds: u64) -> Origin {
    let end = "192.0.2.1:3478".parse().unwrap();
    Origin {
        file: 0,
        frame: 1,
        time: Some(Duration::from_secs(seconds)),
        elapsed: None,
        endpoints: Some(Endpoints {
            source: end,
            destination: end,
        }),
        transport: Transport::Udp,
        framing: Framing::None,
        stream_offset: None,
        carrier: None,
        icmp: None,
        truncated: false,
    }
}

fn request(session_key: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 256];
    let id = TransactionId::new(*b"abcdefghijkl");
    let header = Header::request(Method::ALLOCATE, id);
    let mut message = MessageWriter::new(bytes.as_mut_slice(), header).unwrap();
    message.attribute(&Username::new("north").unwrap()).unwrap();
    let token = AccessToken::new(b"h4j3k2l2n4b5", &SEALED).unwrap();
    message.attribute(&token).unwrap();
    let key = Key::from_bytes(session_key);
    let length = message.integrity(&key).unwrap().finish().unwrap().len();
    bytes.truncate(length);
    bytes
}

#[test]
fn oauth_tokens() {
    let check = |bytes: &[u8], key: &[u8], kid: &[u8], seconds| {
        let entry = Credential::OAuth {
            kid: kid.to_vec(),
            key: key.to_vec(),
            server: b"blackdow.carleon.gov".to_vec(),
        };
        let message = Dialect::RFC8489.parse(bytes).unwrap();
        Credentials::new(vec![entry]).check(&message, &origin(seconds))
    };
    let (right, wrong) = (b"carleon carleon!", b"another key of 1");
    // As the token says, and as coturn signs.
    for session in [SESSION_KEY, &SESSION_KEY[..16]] {
        let bytes = request(session);
        assert_eq!(
            check(&bytes, right, b"north", 1_700_000_000),
            Integrity::Valid
        );
        // An expired token does not make the tag wrong.
        assert_eq!(
            check(&bytes, right, b"north", 1_800_000_000),
            Integrity::Valid
        );
        assert_eq!(
            check(&bytes, wrong, b"north", 1_700_000_000),
            Integrity::Invalid
        );
        assert_eq!(
            check(&bytes, right, b"south", 1_700_000_000),
            Integrity::NoKey
        );
    }
}
