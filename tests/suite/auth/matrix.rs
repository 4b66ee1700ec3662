//! The server and the client against each other, in all combinations of their settings, with and without an
//! attacker between them.

use std::net::SocketAddr;
use std::time::Duration;

use stunwire::attribute::{
    AttributeType, Nonce, PasswordAlgorithm, PasswordAlgorithms, RequestedTransport,
};
use stunwire::auth::{Check, Failure, LongTermClient, Response, UnixTime};
use stunwire::{
    Credentials, IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId,
};

use super::{MD5, NOW, SHA256, Server, client_address, key_of, server};

type Client = LongTermClient<Credentials<&'static str, &'static str>>;

/// The result of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Verified by this attribute, after this many requests.
    Verified(IntegrityAlgorithm, usize),
    Failed(Failure, usize),
    Violation(usize),
    /// No valid response.
    Timeout(usize),
}

/// A request and its retries. `attack` may change requests (`true`) and responses (`false`) on the way.
fn exchange(
    server: &Server,
    client: &mut Client,
    from: SocketAddr,
    now: UnixTime,
    mut attack: impl FnMut(bool, &mut Vec<u8>),
) -> End {
    for round in 1..=10 {
        let mut id = *b"not a secret";
        id[0] = u8::try_from(round).unwrap();
        let mut packet = Vec::new();
        let writer = MessageWriter::request(&mut packet, Method::ALLOCATE, TransactionId::new(id))
            .unwrap()
            .with(&RequestedTransport::UDP)
            .unwrap();
        let (_, sent) = client.sign(writer).unwrap();
        attack(true, &mut packet);
        let mut answer = Vec::new();
        let Ok(message) = Message::parse(&packet) else {
            return End::Timeout(round);
        };
        let check = server.check(&message, from, now, |claim| {
            let name = ["alice", "bob"]
                .into_iter()
                .find(|name| claim.user().is(*name, claim.realm()))?;
            key_of(name, claim.algorithm())
        });
        match check {
            Check::Verified(request) => {
                // The server accepts only what the client has written.
                assert!(request.user().is("alice", server.realm()));
                let transport = request.get::<RequestedTransport>().unwrap();
                assert_eq!(transport, Some(RequestedTransport::UDP));
                MessageWriter::success_to(&mut answer, &request)
                    .unwrap()
                    .finish_like(&request)
                    .unwrap();
            }
            Check::Reply(reply) => {
                reply.write(&mut answer).unwrap();
            }
            Check::Ignore => return End::Timeout(round),
        }
        attack(false, &mut answer);
        let Ok(message) = Message::parse(&answer) else {
            return End::Timeout(round);
        };
        match client.response(&sent, &message) {
            Response::Verified(verified) => return End::Verified(verified.algorithm(), round),
            Response::Retry => {}
            Response::Failed(failure) => return End::Failed(failure, round),
            Response::Violation => return End::Violation(round),
            Response::Ignore => return End::Timeout(round),
            Response::Refused(error, _) => panic!("{error}"),
            Response::Unauthenticated => panic!("a response was accepted without credentials"),
        }
    }
    panic!("the exchange does not end");
}

fn honest(_: bool, _: &mut Vec<u8>) {}

const OFFERS: [&[PasswordAlgorithm<'static>]; 6] = [
    &[],
    &[MD5],
    &[SHA256],
    &[SHA256, MD5],
    &[MD5, SHA256],
    &[PasswordAlgorithm::new(77, &[]), SHA256, MD5],
];

/// Every server, and every client.
fn all(
    mut run: impl FnMut(&'static [PasswordAlgorithm<'static>], bool, bool, &Server, &mut Client),
) {
    for offer in OFFERS {
        for anonymity in [false, true] {
            for strict in [false, true] {
                for fingerprint in [false, true] {
                    let mut server = server().offer(offer);
                    if anonymity {
                        server = server.username_anonymity();
                    }
                    let mut client = LongTermClient::new("alice", "password of alice");
                    if strict {
                        client = client.require_sha256();
                    }
                    if fingerprint {
                        client = client.fingerprint();
                    }
                    run(offer, anonymity, strict, &server, &mut client);
                }
            }
        }
    }
}

/// Whether a client and a server have an algorithm in common, and the attribute that they then use.
fn expected(offer: &[PasswordAlgorithm<'_>], strict: bool) -> Option<IntegrityAlgorithm> {
    let algorithm = if offer.is_empty() {
        IntegrityAlgorithm::Sha1
    } else {
        IntegrityAlgorithm::SHA256
    };
    (!strict || offer.contains(&SHA256)).then_some(algorithm)
}

// The first request, one after it, one after the nonce has expired, one from another port, and one after
// the server has forgotten its secrets.
#[test]
fn honest_exchanges() {
    let mut logins = 0;
    all(|offer, _, strict, server, client| {
        let mut server = server.clone();
        let Some(algorithm) = expected(offer, strict) else {
            let end = exchange(&server, client, client_address(), NOW, honest);
            assert_eq!(end, End::Failed(Failure::NoAlgorithm, 1));
            return;
        };
        logins += 1;
        let mut ask = |server: &Server, from, now, rounds| {
            let end = exchange(server, client, from, now, honest);
            assert_eq!(end, End::Verified(algorithm, rounds), "{offer:?} {strict}");
        };
        ask(&server, client_address(), NOW, 2);
        ask(&server, client_address(), NOW, 1);
        let later = NOW + Duration::from_secs(700);
        ask(&server, client_address(), later, 2);
        ask(&server, client_address(), later, 1);
        let elsewhere = "192.0.2.1:50001".parse().unwrap();
        ask(&server, elsewhere, later, 2);
        ask(&server, elsewhere, later, 1);
        server
            .nonces_mut()
            .rotate(Key::from_bytes(b"another secret"));
        ask(&server, elsewhere, later, 1);
        server
            .nonces_mut()
            .rotate(Key::from_bytes(b"a third secret"));
        ask(&server, elsewhere, later, 2);
    });
    // 6 lists, with and without anonymity and FINGERPRINT; without SHA-256 a strict client gets nothing.
    assert_eq!(logins, 6 * 4 + 4 * 4);
}

#[test]
fn wrong_password() {
    all(|offer, _, strict, server, _| {
        if expected(offer, strict).is_some() {
            let mut client = LongTermClient::new("alice", "guess");
            let end = exchange(server, &mut client, client_address(), NOW, honest);
            assert_eq!(end, End::Failed(Failure::WrongCredentials, 2));
        }
    });
}

// A recorded request is accepted again from the same address while its nonce is valid, as RFC 8489 allows,
// and from no other address.
#[test]
fn replays() {
    all(|offer, _, strict, server, client| {
        if expected(offer, strict).is_none() {
            return;
        }
        let mut recorded = Vec::new();
        exchange(server, client, client_address(), NOW, |request, packet| {
            if request {
                recorded.clone_from(packet);
            }
        });
        let accepted = |from: &str, now| {
            let message = Message::parse(&recorded).unwrap();
            let check = server.check(&message, from.parse().unwrap(), now, |claim| {
                key_of("alice", claim.algorithm())
            });
            matches!(check, Check::Verified(_))
        };
        assert!(accepted("192.0.2.1:50000", NOW));
        assert!(!accepted("192.0.2.1:50001", NOW));
        assert!(!accepted("198.51.100.1:50000", NOW));
        assert!(!accepted("192.0.2.1:50000", NOW + Duration::from_secs(600)));
    });
}

/// Writes a message again with other values for NONCE and PASSWORD-ALGORITHMS, without a tag or with its old
/// one.
fn edited(
    packet: &[u8],
    nonce: Option<&[u8]>,
    list: Option<Option<&[PasswordAlgorithm<'_>]>>,
) -> Vec<u8> {
    let message = Message::parse(packet).unwrap();
    let mut out = Vec::new();
    let mut writer = MessageWriter::verbatim(&mut out, message).unwrap();
    let mut values = Vec::new();
    for raw in message.all_attributes() {
        let mut one = Vec::new();
        let mut single = MessageWriter::new(&mut one, message.header()).unwrap();
        match (raw.ty(), nonce, list) {
            (AttributeType::NONCE, Some(nonce), _) => {
                single.attribute(&Nonce::new(nonce).unwrap()).unwrap();
            }
            (AttributeType::PASSWORD_ALGORITHMS, _, Some(Some(list))) => {
                single.attribute(&PasswordAlgorithms::of(list)).unwrap();
            }
            (AttributeType::PASSWORD_ALGORITHMS, _, Some(None)) => continue,
            _ => {
                values.push((Vec::new(), Some(raw)));
                continue;
            }
        }
        single.finish().unwrap();
        values.push((one, None));
    }
    for (one, raw) in &values {
        match raw {
            Some(raw) => writer.raw(raw).unwrap(),
            None => {
                let single = Message::parse(one).unwrap();
                let raw = single.all_attributes().next().unwrap();
                writer.raw(&raw).unwrap()
            }
        };
    }
    writer.finish().unwrap();
    out
}

fn nonce_of(packet: &[u8]) -> Option<Vec<u8>> {
    let nonce = Message::parse(packet).unwrap().get::<Nonce>().unwrap()?;
    Some(nonce.as_bytes().to_vec())
}

// RFC 8489 §9.2.1: an attacker that changes the challenge so that the client uses weaker algorithms, and the
// request so that the server accepts it, is always detected.
#[test]
fn bid_down_attacks() {
    // Every way in which the attacker can change the server's challenge.
    let lists: [Option<Option<&[PasswordAlgorithm<'_>]>>; 5] = [
        None,
        Some(None),
        Some(Some(&[MD5])),
        Some(Some(&[MD5, SHA256])),
        Some(Some(&[SHA256])),
    ];
    let prefixes: [Option<&[u8]>; 5] = [
        None,
        Some(b"obMatJos2AAAA"),
        Some(b"obMatJos2QAAA"),
        Some(b"obMatJos2gAAA"),
        Some(b"no feature   "),
    ];
    let mut detected = 0;
    for list in lists {
        for prefix in prefixes {
            for put_back in [false, true] {
                for anonymity in [false, true] {
                    let mut server = server();
                    if anonymity {
                        server = server.username_anonymity();
                    }
                    let mut client = LongTermClient::new("alice", "password of alice");
                    let mut original = None;
                    let end = exchange(
                        &server,
                        &mut client,
                        client_address(),
                        NOW,
                        |request, packet| {
                            let Some(nonce) = nonce_of(packet) else {
                                return;
                            };
                            if request {
                                // The attacker gives the server its own nonce and list back.
                                if put_back {
                                    let all: &[_] = &[SHA256, MD5];
                                    *packet = edited(packet, original.as_deref(), Some(Some(all)));
                                }
                                return;
                            }
                            original = Some(nonce.clone());
                            let changed = prefix.map(|prefix| [prefix, &nonce[13..]].concat());
                            *packet = edited(packet, changed.as_deref(), list);
                        },
                    );
                    let honest_prefix: &[u8] = if anonymity {
                        b"obMatJos2wAAA"
                    } else {
                        b"obMatJos2gAAA"
                    };
                    let same =
                        list.is_none() && prefix.is_none_or(|prefix| prefix == honest_prefix);
                    let verified = matches!(end, End::Verified(..));
                    assert_eq!(
                        verified, same,
                        "{list:?} {prefix:?} {put_back} {anonymity}: {end:?}"
                    );
                    detected += usize::from(!verified);
                }
            }
        }
    }
    assert!(detected > 80);
}

// Any bit of a packet after the challenge is changed on the way: the login fails or is repeated, and nothing
// else is accepted (`exchange` checks what the server accepts).
#[test]
fn changed_packets() {
    for offer in [&[SHA256, MD5][..], &[]] {
        let server = server().offer(if offer.is_empty() {
            &[]
        } else {
            &[SHA256, MD5]
        });
        for request in [true, false] {
            let mut at = 0;
            loop {
                let mut client = LongTermClient::new("alice", "password of alice");
                let (mut round, mut length) = (0, 0);
                let end = exchange(
                    &server,
                    &mut client,
                    client_address(),
                    NOW,
                    |sent, packet| {
                        round += usize::from(sent);
                        if round == 2 && sent == request {
                            length = packet.len() * 8;
                            if at < length {
                                packet[at / 8] ^= 0x80 >> (at % 8);
                            }
                        }
                    },
                );
                if at >= length {
                    assert!(matches!(end, End::Verified(_, 2)));
                    break;
                }
                assert!(!matches!(end, End::Verified(_, 2)), "bit {at}");
                at += 1;
            }
        }
    }
}
