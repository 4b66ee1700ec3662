//! RFC 8489 §6.3.1 and §14.8: the lists of a 420, and how long the replies are in each dialect: the table in
//! the documentation of `stunwire::reply` is measured.

use std::fs;
use std::path::Path;

use stunwire::attribute::{AttributeType, PasswordAlgorithm, UnknownAttributes};
use stunwire::auth::{LongTermServer, NonceMint, Rejected, UnixTime};
use stunwire::reply::{self, Challenge, MAX_UNKNOWN};
use stunwire::{
    Code, Dialect, Header, Key, Message, MessageWriter, Method, SecurityFeatures, TransactionId,
};

use super::{ID, message};

/// A request with this many unknown attributes, each of a different type.
fn with_unknown(count: u16) -> Vec<u8> {
    let attributes: Vec<(u16, &[u8])> = (0..count).map(|at| (0x4000 + at, &b""[..])).collect();
    message(0x0001, &attributes)
}

/// The number of types that a 420 lists.
fn listed(reply: &[u8]) -> usize {
    let reply = Message::parse(reply).unwrap();
    let list = reply.get::<UnknownAttributes>().unwrap().unwrap();
    list.iter().count()
}

/// An unsigned reply goes to an unverified address, so its list is limited.
#[test]
fn a_420_lists_at_most_16_types() {
    assert_eq!(MAX_UNKNOWN, 16);
    for (unknown, expected) in [(1, 1), (16, 16), (17, 16), (1000, 16)] {
        let bytes = with_unknown(unknown);
        let request = Message::parse(&bytes).unwrap();
        let mut out = Vec::new();
        let reply = reply::unknown_attributes(&request, &[]).unwrap();
        assert_eq!(
            listed(reply.write(&mut out).unwrap()),
            expected,
            "{unknown}"
        );
    }
}

/// The reply to an authenticated request can list every unknown type.
#[test]
fn a_signed_420_can_list_more() {
    let key = Key::short_term("secret");
    let bytes = with_unknown(100);
    let unsigned = Message::parse(&bytes).unwrap();
    let mut out = Vec::new();
    let mut request = MessageWriter::new(&mut out, unsigned).unwrap();
    for raw in unsigned.attributes() {
        request.raw(&raw).unwrap();
    }
    let request = request.integrity(&key).unwrap().finish().unwrap();
    let request = Message::parse(request).unwrap().verify(&key).unwrap();
    let unknown = request.unknown_required(|_| false);
    let mut out = Vec::new();
    let reply = MessageWriter::error_to(&mut out, &request, Code::UNKNOWN_ATTRIBUTE)
        .unwrap()
        .with(&UnknownAttributes::from_types(unknown))
        .unwrap()
        .finish_like((&request, &key))
        .unwrap();
    assert_eq!(listed(reply), 100);
    assert!(Message::parse(reply).unwrap().verify(&key).is_ok());
}

/// The cells of the row that begins with this label.
fn row(label: &str) -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/reply/mod.rs");
    let text = fs::read_to_string(source).unwrap();
    let prefix = format!("//! | {label} |");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .unwrap_or_else(|| panic!("no row {label}"));
    line.trim_end_matches('|')
        .split('|')
        .map(|cell| cell.split(',').next().unwrap().trim().into())
        .collect()
}

/// The lengths of a reply in both dialects, and of the smallest request that gets it.
fn measured(write: impl Fn(Header, &mut Vec<u8>), smallest: usize) -> Vec<String> {
    let header = Header::request(Method::ALLOCATE, ID);
    let ms_turn = Header::request(Method::ALLOCATE, TransactionId::classic([7; 16]))
        .in_dialect(Dialect::MS_TURN);
    let lengths = [header, ms_turn].map(|header| {
        let mut out = Vec::new();
        write(header, &mut out);
        assert!(header.dialect().parse(&out).is_ok());
        out.len()
    });
    let ratio = lengths[0] as f64 / smallest as f64;
    vec![
        lengths[0].to_string(),
        lengths[1].to_string(),
        smallest.to_string(),
        format!("{ratio:.1}"),
    ]
}

/// A 420 that lists this many types.
fn unknown(count: u16) -> impl Fn(Header, &mut Vec<u8>) {
    move |header, out| {
        let types = (0..count).map(|at| AttributeType::new(0x4000 + at));
        MessageWriter::error_to(out, header, Code::UNKNOWN_ATTRIBUTE)
            .unwrap()
            .with(&UnknownAttributes::from_types(types))
            .unwrap()
            .finish()
            .unwrap();
    }
}

/// The replies have the lengths in the table of the documentation.
#[test]
fn the_table_of_reply_sizes() {
    let bad_request = measured(
        |header, out| {
            reply::bad_request(header).write(out).unwrap();
        },
        20,
    );
    assert_eq!(row("[`bad_request`]"), bad_request);

    let one = with_unknown(1);
    assert_eq!(
        row("[`unknown_attributes`], one type"),
        measured(unknown(1), one.len())
    );
    let most = with_unknown(MAX_UNKNOWN as u16);
    assert_eq!(
        row("[`unknown_attributes`], [`MAX_UNKNOWN`] types"),
        measured(unknown(MAX_UNKNOWN as u16), most.len())
    );
    for (bytes, expected) in [(one, 56), (most, 84)] {
        let request = Message::parse(&bytes).unwrap();
        let mut out = Vec::new();
        let reply = reply::unknown_attributes(&request, &[]).unwrap();
        assert_eq!(reply.write(&mut out).unwrap().len(), expected);
    }

    let challenge = measured(
        |header, out| {
            let challenge = Challenge::new("", "").unwrap();
            challenge.unauthenticated(header).write(out).unwrap();
        },
        20,
    );
    assert_eq!(
        row("[`Challenge::unauthenticated`] with empty REALM and NONCE"),
        challenge
    );

    // Only RFC 8489 has password algorithms. The nonce announces them with 13 bytes, padded to 16.
    let nonce = SecurityFeatures::PASSWORD_ALGORITHMS.cookie();
    let offered = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
    let mut out = Vec::new();
    let header = Header::request(Method::ALLOCATE, ID);
    Challenge::with_algorithms("", &nonce, &offered)
        .unwrap()
        .unauthenticated(header)
        .write(&mut out)
        .unwrap();
    let cells = row("[`Challenge::unauthenticated`] with empty REALM and NONCE and two algorithms");
    assert_eq!(cells[0], (out.len() - 16).to_string());

    let nonces = NonceMint::new(Key::from_bytes(b"a secret"));
    let server = LongTermServer::new("example.org", nonces).unwrap();
    let request = message(0x0003, &[]);
    let request = Message::parse(&request).unwrap();
    let client = ([192, 0, 2, 1], 50000).into();
    let Err(Rejected::Reply(reply)) = server.claim(&request, client, UnixTime::from_secs(0)) else {
        panic!("a request without credentials is challenged");
    };
    let len = reply.write(&mut out).unwrap().len();
    let cells = row(
        "401 of [`LongTermServer`](crate::auth::LongTermServer), realm of 11 bytes, two algorithms",
    );
    let ratio = format!("{:.1}", len as f64 / 20.0);
    assert_eq!(cells, [&len.to_string(), "–", "20", &ratio]);
}
