//! Servers and clients of RFC 8489 §9 on any input.

use std::net::{Ipv4Addr, SocketAddr};

use crate::authentication::changed;
use stunwire::attribute::{AttributeType, PasswordAlgorithm, RequestedTransport};
use stunwire::auth::{
    Check, LongTermClient, LongTermServer, NonceMint, Response, ShortTermClient, ShortTermServer,
    UnixTime,
};
use stunwire::{
    Class, Code, Credentials, Key, Message, MessageWriter, Method, TransactionId, Verified,
};

type Server = LongTermServer<&'static str, Key>;
type Client = LongTermClient<Credentials<&'static str, &'static str>>;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50000);
const CREDENTIALS: Credentials<&str, &str> = Credentials {
    username: "alice",
    password: "a password that no input knows",
};

/// A server and a client accept only signed messages, and a client does not retry forever.
///
/// The first byte selects the settings of both, the next four a packet and a bit in it. The rest is a message, or
/// as many edits of the packet as the first two bits say, as those of [`verify`](crate::verify).
pub fn login(bytes: &[u8]) {
    for way in 0..WAYS {
        one_way(way, bytes);
    }
}

/// [`login`] in one way, which the first byte selects.
pub fn login_one_way(bytes: &[u8]) {
    if let Some((way, bytes)) = bytes.split_first() {
        one_way(way % WAYS, bytes);
    }
}

/// The checks of [`login`].
const WAYS: u8 = 4;

fn one_way(way: u8, bytes: &[u8]) {
    let Some(([settings, round, at0, at1, at2], packet)) = bytes.split_first_chunk::<5>() else {
        return;
    };
    let server = server(*settings);
    let at = usize::from(*at0) << 16 | usize::from(*at1) << 8 | usize::from(*at2);
    let edits = usize::from(*settings >> 6) * EDIT;
    let edits = &packet[..packet.len().min(edits)];
    match (way, Message::parse(packet)) {
        (0, Ok(message)) => strange_request(&server, &message),
        (1, Ok(_)) => strange_responses(*settings, &server, packet),
        (2, _) => changed_exchange(&server, &mut client(*settings), *round, at, edits),
        (3, _) => changed_short_term(*settings, *round, at, edits),
        _ => {}
    }
}

/// The number of bytes that describe an edit.
const EDIT: usize = 6;

/// A packet as it arrives: with a changed bit, then with the edits; `other` is an earlier packet.
fn arrived(packet: &[u8], other: &[u8], at: usize, edits: &[u8]) -> Vec<u8> {
    let mut arrived = packet.to_vec();
    // Every bit, or none.
    let at = at % (packet.len() * 8 + 1);
    if let Some(byte) = arrived.get_mut(at / 8) {
        *byte ^= 1 << (at % 8);
    }
    changed(&arrived, other, edits)
}

fn server(settings: u8) -> Server {
    let nonces = NonceMint::new(Key::from_bytes(b"a secret that no input knows"));
    let server = LongTermServer::new("example.org", nonces).expect("a short realm");
    let server = match settings & 3 {
        0 => server,
        1 => server.offer(&[]),
        2 => server.offer(&[PasswordAlgorithm::SHA256]),
        _ => server.offer(&[PasswordAlgorithm::MD5]),
    };
    if settings & 4 == 0 {
        server
    } else {
        server.username_anonymity()
    }
}

/// The setting of a client of RFC 5389.
const RFC5389: u8 = 32;

fn client(settings: u8) -> Client {
    let client = LongTermClient::with_credentials(CREDENTIALS);
    let client = match settings & (8 | RFC5389) {
        8 => client.require_sha256(),
        RFC5389.. => client.rfc5389(),
        _ => client,
    };
    if settings & 16 == 0 {
        client
    } else {
        client.fingerprint()
    }
}

/// Answers a request; the server has a key for every user.
fn answer<'a>(server: &Server, message: &Message<'a>, out: &mut Vec<u8>) -> Option<Verified<'a>> {
    let check = server.check(message, CLIENT, NOW, |claim| {
        Key::long_term_by(claim.algorithm(), &CREDENTIALS, claim.realm())
    });
    match check {
        Check::Verified(request) => {
            MessageWriter::success_to(out, &request)
                .and_then(|reply| reply.finish_like(&request))
                .expect("a growing buffer is large enough");
            Some(request.verified())
        }
        Check::Reply(reply) => {
            reply.write(out).expect("a growing buffer is large enough");
            let written = Message::parse(out).expect("the library wrote it");
            assert_eq!(written.class(), Class::ErrorResponse);
            assert!(!written.has_integrity());
            let codes = [Code::BAD_REQUEST, Code::UNAUTHENTICATED, Code::STALE_NONCE];
            assert!(codes.contains(&reply.code()));
            None
        }
        Check::Ignore => {
            assert!(!message.is_request());
            None
        }
    }
}

/// No input is signed, so no input is accepted.
fn strange_request(server: &Server, message: &Message<'_>) {
    let mut out = Vec::new();
    assert!(answer(server, message, &mut out).is_none());
    let key = Key::short_term("a password that no input knows");
    let check = ShortTermServer::new().check(message, |_| Some(&key));
    assert!(!matches!(check, Check::Verified(_)));
}

fn request(client: &Client) -> (Vec<u8>, stunwire::auth::Sent) {
    let mut packet = Vec::new();
    let id = TransactionId::new(*b"not a secret");
    let request = MessageWriter::request(&mut packet, Method::ALLOCATE, id)
        .and_then(|request| request.with(&RequestedTransport::UDP))
        .expect("a growing buffer is large enough");
    let (_, sent) = client
        .sign(request)
        .expect("a growing buffer is large enough");
    (packet, sent)
}

/// The attributes that RFC 8489 adds to requests.
const RFC8489_ATTRIBUTES: [AttributeType; 4] = [
    AttributeType::USERHASH,
    AttributeType::PASSWORD_ALGORITHMS,
    AttributeType::PASSWORD_ALGORITHM,
    AttributeType::MESSAGE_INTEGRITY_SHA256,
];

/// Uses the input as a response: first to a client without a challenge, then to a client that the server has
/// challenged.
fn strange_responses(settings: u8, server: &Server, packet: &[u8]) {
    // A success or error response, with the id and the method of the requests.
    let mut response = packet.to_vec();
    let class = if packet[0] & 1 == 0 {
        [0x01, 0x03]
    } else {
        [0x01, 0x13]
    };
    response[..2].copy_from_slice(&class);
    response[4..20].copy_from_slice(b"\x21\x12\xa4\x42not a secret");
    let Ok(message) = Message::parse(&response) else {
        return;
    };
    for challenged in [false, true] {
        let mut client = client(settings);
        if challenged {
            let (first, sent) = request(&client);
            let mut challenge = Vec::new();
            answer(
                server,
                &Message::parse(&first).expect("written"),
                &mut challenge,
            );
            let challenge = Message::parse(&challenge).expect("written");
            let _ = client.response(&sent, &challenge);
        }
        let mut retries = 0;
        loop {
            let (signed, sent) = request(&client);
            let request = Message::parse(&signed).expect("the library wrote it");
            if settings & RFC5389 != 0 {
                let is_newer = |ty| RFC8489_ATTRIBUTES.contains(&ty);
                assert!(!request.attributes().any(|raw| is_newer(raw.ty())));
            }
            match client.response(&sent, &message) {
                Response::Retry => retries += 1,
                Response::Verified(_) | Response::Refused(_, Some(_)) => {
                    panic!("the input was not signed")
                }
                _ => break,
            }
            assert!(retries < 3, "the client answers a challenge repeatedly");
        }
    }
    let key = Key::short_term("a password that no input knows");
    let mut client = ShortTermClient::new("alice", &key);
    let mut packet = Vec::new();
    let writer = MessageWriter::request(&mut packet, Method::ALLOCATE, message.transaction_id());
    let writer = writer.expect("a growing buffer is large enough");
    let (_, sent) = client
        .sign(writer)
        .expect("a growing buffer is large enough");
    assert!(matches!(
        client.response(&sent, &message),
        Response::Violation | Response::Ignore
    ));
}

/// A login in which one packet is changed on the way, also by splices with the packet before it. A packet is accepted
/// only if it has the attributes that the sender has signed.
fn changed_exchange(server: &Server, client: &mut Client, round: u8, at: usize, edits: &[u8]) {
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    let mut number = 0;
    let mut deliver = |packet: &[u8], other: &[u8]| {
        let is_changed = number == round % 6;
        number += 1;
        match is_changed {
            true => arrived(packet, other, at, edits),
            false => packet.to_vec(),
        }
    };
    for _ in 0..8 {
        let (request, sent) = request(client);
        let before = replies.last().or(requests.last());
        let arrived = deliver(&request, before.map_or(&[], Vec::as_slice));
        requests.push(request);
        let Ok(message) = Message::parse(&arrived) else {
            return;
        };
        let mut reply = Vec::new();
        if let Some(verified) = answer(server, &message, &mut reply) {
            assert!(is_one_of(&verified, &requests), "{verified:?}");
        }
        let Some(request) = requests.last().filter(|_| !reply.is_empty()) else {
            return;
        };
        let arrived = deliver(&reply, request);
        replies.push(reply);
        let Ok(message) = Message::parse(&arrived) else {
            return;
        };
        match client.response(&sent, &message) {
            Response::Verified(verified) | Response::Refused(_, Some(verified)) => {
                assert!(is_one_of(&verified, &replies), "{verified:?}");
                return;
            }
            Response::Retry => {}
            _ => return,
        }
    }
    panic!("the login does not end");
}

/// A request and its response with short-term credentials, of which one is changed. A packet is accepted only if it
/// is the one that the sender has signed.
fn changed_short_term(settings: u8, round: u8, at: usize, edits: &[u8]) {
    let key = Key::short_term(CREDENTIALS.password);
    let client = ShortTermClient::new(CREDENTIALS.username, &key);
    let mut client = match settings & 3 {
        0 => client,
        1 => client.fingerprint(),
        2 => client.algorithm(stunwire::IntegrityAlgorithm::Sha1),
        _ => client.algorithm(stunwire::IntegrityAlgorithm::SHA256),
    };
    let deliver = |packet: &[u8], other: &[u8], is_changed: bool| match is_changed {
        true => arrived(packet, other, at, edits),
        false => packet.to_vec(),
    };
    let mut written = Vec::new();
    let id = TransactionId::new(*b"not a secret");
    let writer = MessageWriter::request(&mut written, Method::BINDING, id).expect("it grows");
    let (_, sent) = client.sign(writer).expect("it grows");
    let packet = deliver(&written, &[], round & 1 == 1);
    let Ok(message) = Message::parse(&packet) else {
        return;
    };
    let server = ShortTermServer::new();
    let mut reply = Vec::new();
    match server.check(&message, |_| Some(&key)) {
        Check::Verified(request) => {
            let verified = request.verified();
            assert!(is_one_of(&verified, &[written.clone()]), "{verified:?}");
            MessageWriter::success_to(&mut reply, &request)
                .and_then(|reply| reply.finish_like(&request))
                .expect("it grows");
        }
        Check::Reply(refusal) => {
            refusal.write(&mut reply).expect("it grows");
        }
        Check::Ignore => return,
    }
    let packet = deliver(&reply, &written, round & 2 == 2);
    let Ok(message) = Message::parse(&packet) else {
        return;
    };
    if let Response::Verified(verified) | Response::Refused(_, Some(verified)) =
        client.response(&sent, &message)
    {
        assert!(is_one_of(&verified, &[reply.clone()]), "{verified:?}");
    }
}

/// Whether the header and the covered attributes are those of a packet that was written.
fn is_one_of(verified: &Verified<'_>, written: &[Vec<u8>]) -> bool {
    let covered = verified.attributes().map(|raw| (raw.ty(), raw.value()));
    let count = covered.clone().count();
    written.iter().any(|written| {
        let written = Message::parse(written).expect("the library wrote it");
        let before = written.attributes().map(|raw| (raw.ty(), raw.value()));
        verified.header().type_bits() == written.header().type_bits()
            && verified.transaction_id() == written.transaction_id()
            && covered.clone().eq(before.take(count))
    })
}
