//! `LongTermServer`, step by step of RFC 8489 §9.2.4. The requests are written attribute by attribute.

use std::net::SocketAddr;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use stunwire::attribute::{
    AccessToken, AttributeType, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm,
    ThirdPartyAuthorization, UnknownAttributes, UntypedAttribute, UserHash, Username,
};
use stunwire::auth::{
    Check, LongTermServer, NonceMint, NonceStatus, Rejected, ShortTermServer, UnixTime, UserId,
};
use stunwire::{
    Code, Dialect, ErrorCode, Header, HmacAlgorithm, HmacFn, HmacKey, HmacTag, IntegrityAlgorithm,
    Key, Message, MessageWriter, Method, SecurityFeatures, TransactionId, reply,
};

use super::{MD5, NOW, REALM, Request, SHA256, Server, client_address, id, key_of, server, types};

const SHA1_TAG: &[IntegrityAlgorithm] = &[IntegrityAlgorithm::Sha1];
const SHA256_TAG: &[IntegrityAlgorithm] = &[IntegrityAlgorithm::SHA256];

const CHALLENGE: &[&str] = &["ERROR-CODE", "REALM", "NONCE", "PASSWORD-ALGORITHMS"];

/// The reply to a request that is not accepted.
fn refused(server: &Server, packet: &[u8], now: UnixTime) -> Vec<u8> {
    let message = Message::parse(packet).unwrap();
    let check = server.check(&message, client_address(), now, |claim| {
        match claim.user() {
            UserId::Name(name) => key_of(core::str::from_utf8(name).unwrap(), claim.algorithm()),
            UserId::Hash(_) => ["alice", "bob"]
                .into_iter()
                .find(|name| claim.user().is(*name, REALM))
                .and_then(|name| key_of(name, claim.algorithm())),
        }
    });
    match check {
        Check::Reply(reply) => {
            let mut out = Vec::new();
            reply.write(&mut out).unwrap();
            let message = Message::parse(&out).unwrap();
            assert_eq!(message.transaction_id(), id());
            assert_eq!(
                message.get::<ErrorCode>().unwrap().unwrap().code(),
                reply.code()
            );
            out
        }
        Check::Verified(_) => panic!("accepted"),
        Check::Ignore => panic!("ignored"),
    }
}

fn accepted(server: &Server, packet: &[u8], now: UnixTime) -> bool {
    let message = Message::parse(packet).unwrap();
    let check = server.check(&message, client_address(), now, |claim| {
        let name = ["alice", "bob"]
            .into_iter()
            .find(|name| claim.user().is(*name, REALM))?;
        key_of(name, claim.algorithm())
    });
    matches!(check, Check::Verified(_))
}

fn code(packet: &[u8]) -> Code {
    let message = Message::parse(packet).unwrap();
    message.get::<ErrorCode>().unwrap().unwrap().code()
}

fn nonce_of(packet: &[u8]) -> Vec<u8> {
    let message = Message::parse(packet).unwrap();
    message.get::<Nonce>().unwrap().unwrap().as_bytes().to_vec()
}

/// A nonce of the server, for the address of the tests.
fn fresh(server: &Server) -> Vec<u8> {
    nonce_of(&refused(
        server,
        &Request::default().write(&Key::from_bytes(b"")),
        NOW,
    ))
}

/// A request that the server accepts.
fn good<'r>(nonce: &'r [u8]) -> Request<'r> {
    Request {
        username: Some("alice"),
        realm: Some(REALM),
        nonce: Some(nonce),
        offered: Some(&[SHA256, MD5]),
        chosen: Some(SHA256),
        tags: SHA256_TAG,
        ..Request::default()
    }
}

fn alice(algorithm: PasswordAlgorithm<'_>) -> Key {
    key_of("alice", algorithm).unwrap()
}

// Step 1.
#[test]
fn without_integrity() {
    let reply = refused(&server(), &Request::default().write(&alice(MD5)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
    assert_eq!(types(&reply), CHALLENGE);
    let message = Message::parse(&reply).unwrap();
    assert_eq!(
        message.get::<Realm>().unwrap().unwrap().as_bytes(),
        REALM.as_bytes()
    );
    let list = message.get::<PasswordAlgorithms>().unwrap().unwrap();
    assert!(list.iter().eq([SHA256, MD5]));
    let nonce = message.get::<Nonce>().unwrap().unwrap();
    assert_eq!(
        SecurityFeatures::of(&nonce),
        Some(SecurityFeatures::PASSWORD_ALGORITHMS)
    );
    // Credentials without an integrity attribute do not count.
    let nonce = fresh(&server());
    let request = Request {
        tags: &[],
        ..good(&nonce)
    };
    let reply = refused(&server(), &request.write(&alice(SHA256)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
}

// Step 1: the feature bits in the nonce announce what the server supports.
#[test]
fn features_are_announced() {
    let none: &[PasswordAlgorithm<'_>] = &[];
    let (algorithms, anonymity) = (
        SecurityFeatures::PASSWORD_ALGORITHMS,
        SecurityFeatures::USERNAME_ANONYMITY,
    );
    for (server, expected) in [
        (server(), algorithms),
        (server().offer(&[]), SecurityFeatures::NONE),
        (server().username_anonymity(), algorithms.union(anonymity)),
        (server().offer(&[]).username_anonymity(), anonymity),
    ] {
        let reply = refused(&server, &Request::default().write(&alice(MD5)), NOW);
        let message = Message::parse(&reply).unwrap();
        let nonce = message.get::<Nonce>().unwrap().unwrap();
        assert_eq!(SecurityFeatures::of(&nonce), Some(expected));
        let list = message.get::<PasswordAlgorithms>().unwrap();
        let offered = expected.contains(algorithms);
        assert_eq!(list.is_some(), offered);
        assert!(offered || list.is_none_or(|list| list.iter().eq(none.iter().copied())));
    }
}

// §6.3.1: the attributes of the authentication are known after it, and no other.
#[test]
fn unknown_attributes_of_authenticated_requests() {
    let server = server();
    let nonce = fresh(&server);
    let key = alice(SHA256);
    let by_name = good(&nonce).write(&key);
    let by_hash = Request {
        username: None,
        user_hash: Some(UserHash::of("alice", REALM)),
        ..good(&nonce)
    }
    .write(&key);
    for packet in [by_name, by_hash] {
        let message = Message::parse(&packet).unwrap();
        let check = server.check(&message, client_address(), NOW, |_| Some(&key));
        let Check::Verified(request) = check else {
            panic!("not accepted");
        };
        assert!(reply::unknown_attributes(&request, &[]).is_none());
        // Without the look-up of the server the application has to know them.
        let verified = request.verified();
        let reply = reply::unknown_attributes((&verified, &key), &[]).unwrap();
        let mut out = Vec::new();
        let reply = Message::parse(reply.write(&mut out).unwrap()).unwrap();
        let list = reply.get::<UnknownAttributes>().unwrap().unwrap();
        assert_eq!(list.iter().count(), 4);
    }
    // Another comprehension-required attribute.
    let mut packet = Vec::new();
    let packet = MessageWriter::request(&mut packet, Method::BINDING, id())
        .unwrap()
        .with(&Username::new("alice").unwrap())
        .unwrap()
        .with(&UntypedAttribute::new(AttributeType::new(0x7FFF), b""))
        .unwrap()
        .integrity(&key)
        .unwrap()
        .finish()
        .unwrap();
    let message = Message::parse(packet).unwrap();
    let check = ShortTermServer::new().check(&message, |_| Some(&key));
    let Check::Verified(request) = check else {
        panic!("not accepted");
    };
    let reply = reply::unknown_attributes(&request, &[]).unwrap();
    let mut out = Vec::new();
    let reply = Message::parse(reply.write(&mut out).unwrap()).unwrap();
    let list = reply.get::<UnknownAttributes>().unwrap().unwrap();
    assert!(list.iter().eq([AttributeType::new(0x7FFF)]));
}

// A name cannot imitate other output of a log.
#[test]
fn users_are_printed() {
    assert_eq!(UserId::Name(b"a\"b\n").to_string(), r#""a\"b\n""#);
    let hash = Sha256::digest(format!("alice:{REALM}"));
    let hexadecimal: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = UserId::Hash(UserHash::of("alice", REALM));
    assert_eq!(hash.to_string(), hexadecimal);
}

// MS-TURN has neither USERHASH nor PASSWORD-ALGORITHM: their codes are unknown there.
#[test]
fn unknown_attributes_of_ms_turn() {
    let key = alice(MD5);
    let id = TransactionId::classic(*b"not a secret, no");
    let header = Header::request(Method::ALLOCATE, id).in_dialect(Dialect::MS_TURN);
    let unknown = [AttributeType::USERHASH, AttributeType::PASSWORD_ALGORITHM];
    let mut packet = Vec::new();
    let mut writer = MessageWriter::new(&mut packet, header).unwrap();
    writer.attribute(&Username::new("alice").unwrap()).unwrap();
    writer.attribute(&Realm::new(REALM).unwrap()).unwrap();
    writer.attribute(&Nonce::new("nonce").unwrap()).unwrap();
    for ty in unknown {
        writer
            .attribute(&UntypedAttribute::new(ty, b"abcd"))
            .unwrap();
    }
    writer.integrity(&key).unwrap().finish().unwrap();
    let message = Dialect::MS_TURN.parse(&packet).unwrap();
    let check = ShortTermServer::new().check(&message, |_| Some(&key));
    let Check::Verified(request) = check else {
        panic!("not accepted");
    };
    let reply = reply::unknown_attributes(&request, &[AttributeType::new(0x000F)]).unwrap();
    let mut out = Vec::new();
    let reply = Dialect::MS_TURN
        .parse(reply.write(&mut out).unwrap())
        .unwrap();
    let list = reply.get::<UnknownAttributes>().unwrap().unwrap();
    assert!(list.iter().eq(unknown), "{list}");
}

// The secrets of two servers differ, and a new one keeps the nonces of the one before.
#[test]
#[cfg(feature = "getrandom")]
fn random_secrets() {
    let mint = |nonces: &NonceMint<Key>| {
        nonces
            .mint(NOW, client_address(), REALM, SecurityFeatures::NONE)
            .unwrap()
    };
    let (mut first, second) = (NonceMint::random().unwrap(), NonceMint::random().unwrap());
    let nonce = mint(&first);
    let status = |nonces: &NonceMint<Key>| nonces.status(&nonce, NOW, client_address(), REALM);
    assert_eq!(status(&second), NonceStatus::Unknown);
    assert_eq!(status(&first), NonceStatus::Valid);
    first.rotate_random().unwrap();
    assert_ne!(mint(&first).as_ref(), nonce.as_ref());
    assert_eq!(status(&first), NonceStatus::Valid);
    first.rotate_random().unwrap();
    assert_eq!(status(&first), NonceStatus::Unknown);
}

// Step 1: no two addresses get the same nonce.
#[test]
fn nonces_differ() {
    let server = server();
    let packet = Request::default().write(&alice(MD5));
    let message = Message::parse(&packet).unwrap();
    let mut nonces = Vec::new();
    for address in [
        "192.0.2.1:1",
        "192.0.2.1:2",
        "192.0.2.2:1",
        "[2001:db8::1]:1",
    ] {
        let address: SocketAddr = address.parse().unwrap();
        let Err(Rejected::Reply(reply)) = server.claim(&message, address, NOW) else {
            panic!("no challenge");
        };
        let mut out = Vec::new();
        nonces.push(nonce_of(reply.write(&mut out).unwrap()));
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 4);
}

// Step 2.
#[test]
fn incomplete_credentials() {
    let nonce = fresh(&server());
    let key = alice(SHA256);
    for request in [
        Request {
            username: None,
            ..good(&nonce)
        },
        Request {
            realm: None,
            ..good(&nonce)
        },
        Request {
            nonce: None,
            ..good(&nonce)
        },
        Request {
            username: None,
            tags: SHA1_TAG,
            ..good(&nonce)
        },
    ] {
        let reply = refused(&server(), &request.write(&key), NOW);
        assert_eq!(code(&reply), Code::BAD_REQUEST);
        assert_eq!(types(&reply), ["ERROR-CODE"]);
    }
    // USERHASH of 31 bytes.
    let packet = b"\x00\x03\x00\x3c\x21\x12\xa4\x42not a secret\
        \x00\x1e\x00\x1f-------------------------------\0\
        \x00\x08\x00\x14--------------------";
    assert_eq!(code(&refused(&server(), packet, NOW)), Code::BAD_REQUEST);
}

// Step 3, the first clause: neither attribute means MD5.
#[test]
fn md5_is_implied() {
    let nonce = fresh(&server());
    let request = Request {
        offered: None,
        chosen: None,
        tags: SHA1_TAG,
        ..good(&nonce)
    };
    assert!(accepted(&server(), &request.write(&alice(MD5)), NOW));
    assert!(!accepted(&server(), &request.write(&alice(SHA256)), NOW));
    // A server that does not offer MD5 has no such key.
    let only_sha256 = server().offer(&[SHA256]);
    let nonce = fresh(&only_sha256);
    let request = Request {
        nonce: Some(&nonce),
        ..request
    };
    let reply = refused(&only_sha256, &request.write(&alice(MD5)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
    assert_eq!(types(&reply), CHALLENGE);
}

// Step 3, the second clause.
#[test]
fn bid_down() {
    let nonce = fresh(&server());
    let key = alice(SHA256);
    for (offered, chosen) in [
        (Some(&[SHA256, MD5][..]), None),
        (None, Some(SHA256)),
        (Some(&[MD5][..]), Some(MD5)),
        (Some(&[MD5, SHA256][..]), Some(MD5)),
        (Some(&[SHA256][..]), Some(SHA256)),
        (
            Some(&[SHA256, MD5][..]),
            Some(PasswordAlgorithm::new(3, &[])),
        ),
        (
            Some(&[SHA256, MD5][..]),
            Some(PasswordAlgorithm::new(2, b"more")),
        ),
    ] {
        let request = Request {
            offered,
            chosen,
            ..good(&nonce)
        };
        let reply = refused(&server(), &request.write(&key), NOW);
        assert_eq!(code(&reply), Code::BAD_REQUEST, "{offered:?} {chosen:?}");
        assert_eq!(types(&reply), ["ERROR-CODE"]);
    }
}

// Step 4.
#[test]
fn unknown_user() {
    let nonce = fresh(&server());
    let mallory = Request {
        username: Some("mallory"),
        ..good(&nonce)
    };
    let reply = refused(&server(), &mallory.write(&alice(SHA256)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
    assert_eq!(types(&reply), CHALLENGE);
    let hash = Request {
        username: None,
        user_hash: Some(UserHash::of("mallory", REALM)),
        ..good(&nonce)
    };
    let reply = refused(&server(), &hash.write(&alice(SHA256)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
    // With a nonce that has expired: the user is checked before the nonce.
    let late = NOW + Duration::from_secs(1000);
    let reply = refused(&server(), &mallory.write(&alice(SHA256)), late);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
    let realm = Request {
        realm: Some("example.com"),
        ..good(&nonce)
    };
    let reply = refused(&server(), &realm.write(&alice(SHA256)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
}

// Step 5.
#[test]
fn wrong_tag() {
    let nonce = fresh(&server());
    let bob = key_of("bob", SHA256).unwrap();
    for tags in [SHA1_TAG, SHA256_TAG] {
        let request = Request {
            tags,
            ..good(&nonce)
        };
        assert!(accepted(&server(), &request.write(&alice(SHA256)), NOW));
        let reply = refused(&server(), &request.write(&bob), NOW);
        assert_eq!(code(&reply), Code::UNAUTHENTICATED);
        assert_eq!(types(&reply), CHALLENGE);
        let late = NOW + Duration::from_secs(1000);
        let reply = refused(&server(), &request.write(&bob), late);
        assert_eq!(
            code(&reply),
            Code::UNAUTHENTICATED,
            "the tag is checked before the nonce"
        );
    }
    // Every bit of an accepted request; a bit of the type or the length may make it another message.
    let packet = good(&nonce).write(&alice(SHA256));
    for at in 20..packet.len() {
        for bit in 0..8 {
            let mut changed = packet.clone();
            changed[at] ^= 1 << bit;
            if Message::parse(&changed).is_ok() {
                assert!(
                    !accepted(&server(), &changed, NOW),
                    "bit {bit} of byte {at}"
                );
            }
        }
    }
}

// Step 5: with both attributes, MESSAGE-INTEGRITY-SHA256 decides.
#[test]
fn sha256_decides() {
    let nonce = fresh(&server());
    let both = &[IntegrityAlgorithm::Sha1, IntegrityAlgorithm::SHA256];
    let request = Request {
        tags: both,
        ..good(&nonce)
    };
    let packet = request.write(&alice(SHA256));
    assert!(accepted(&server(), &packet, NOW));
    let mut changed = packet.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(!accepted(&server(), &changed, NOW));
}

// Step 6.
#[test]
fn stale_nonce() {
    let server = server();
    let nonce = fresh(&server);
    let packet = good(&nonce).write(&alice(SHA256));
    assert!(accepted(&server, &packet, NOW + Duration::from_secs(599)));
    let late = NOW + Duration::from_secs(600);
    let reply = refused(&server, &packet, late);
    assert_eq!(code(&reply), Code::STALE_NONCE);
    assert_eq!(types(&reply), CHALLENGE);
    // The new nonce is valid.
    let nonce = nonce_of(&reply);
    let packet = good(&nonce).write(&alice(SHA256));
    assert!(accepted(&server, &packet, late));
    // Nonces of another client and of another server, and forged ones.
    let other = server.clone();
    let message = Request::default().write(&alice(MD5));
    let message = Message::parse(&message).unwrap();
    let address = "192.0.2.1:50001".parse().unwrap();
    let Err(Rejected::Reply(reply)) = other.claim(&message, address, NOW) else {
        panic!("no challenge");
    };
    let mut out = Vec::new();
    let of_another_client = nonce_of(reply.write(&mut out).unwrap());
    let elsewhere = LongTermServer::new(REALM, NonceMint::new(Key::from_bytes(b"else"))).unwrap();
    let of_another_server = fresh(&elsewhere);
    let invented = b"obMatJos2gAAAinvented".to_vec();
    for nonce in [of_another_client, of_another_server, invented] {
        let packet = good(&nonce).write(&alice(SHA256));
        assert_eq!(code(&refused(&server, &packet, NOW)), Code::STALE_NONCE);
    }
    // An attacker removes the bit and the two attributes, and cannot sign. If the client did so itself,
    // it would get a new nonce with the bit.
    for stripped in [&b"obMatJos2AAAA"[..], b"no prefix"] {
        let mut nonce = stripped.to_vec();
        nonce.extend_from_slice(&fresh(&server)[13..]);
        let request = Request {
            offered: None,
            chosen: None,
            tags: SHA1_TAG,
            ..good(&nonce)
        };
        let reply = refused(&server, &request.write(&alice(MD5)), NOW);
        assert_eq!(code(&reply), Code::STALE_NONCE);
        assert_eq!(types(&reply), CHALLENGE);
    }
}

// The last paragraph of §9.2.4: the response's algorithm, for each kind of request.
#[test]
fn response_algorithm() {
    let server = server();
    let nonce = fresh(&server);
    let offered = Some(&[SHA256, MD5][..]);
    for (offered, chosen, tags, expected) in [
        (
            offered,
            Some(SHA256),
            SHA256_TAG,
            IntegrityAlgorithm::SHA256,
        ),
        (offered, Some(SHA256), SHA1_TAG, IntegrityAlgorithm::SHA256),
        (offered, Some(MD5), SHA256_TAG, IntegrityAlgorithm::SHA256),
        (offered, Some(MD5), SHA1_TAG, IntegrityAlgorithm::SHA256),
        (None, None, SHA256_TAG, IntegrityAlgorithm::Sha1),
        (None, None, SHA1_TAG, IntegrityAlgorithm::Sha1),
    ] {
        for fingerprint in [false, true] {
            let request = Request {
                offered,
                chosen,
                tags,
                fingerprint,
                ..good(&nonce)
            };
            let key = alice(chosen.unwrap_or(MD5));
            let packet = request.write(&key);
            let message = Message::parse(&packet).unwrap();
            let check = server.check(&message, client_address(), NOW, |claim| {
                key_of("alice", claim.algorithm())
            });
            let Check::Verified(request) = check else {
                panic!("refused");
            };
            let mut out = Vec::new();
            MessageWriter::success_to(&mut out, &request)
                .unwrap()
                .finish_like(&request)
                .unwrap();
            let response = Message::parse(&out).unwrap();
            let protection = response.protection();
            assert!(protection.integrity().eq([expected]));
            assert_eq!(protection.has_fingerprint(), fingerprint);
            assert!(response.verify(&key).is_ok());
            for name in ["REALM", "NONCE", "USERNAME", "USERHASH"] {
                assert!(!types(&out).contains(&name));
            }
            // Error responses, of every kind of server, follow the same rule.
            let mut out = Vec::new();
            reply::bad_request(&request).write(&mut out).unwrap();
            assert!(Message::parse(&out).unwrap().verify(&key).is_ok());
        }
    }
}

#[test]
fn user_hashes() {
    let server = server().username_anonymity();
    let nonce = fresh(&server);
    let request = Request {
        username: None,
        user_hash: Some(UserHash::of("alice", REALM)),
        ..good(&nonce)
    };
    let packet = request.write(&alice(SHA256));
    let message = Message::parse(&packet).unwrap();
    let claim = server.claim(&message, client_address(), NOW).unwrap();
    assert!(matches!(claim.user(), UserId::Hash(_)));
    assert!(claim.user().is("alice", REALM) && !claim.user().is("bob", REALM));
    let request = claim.verify(key_of("alice", claim.algorithm())).unwrap();
    assert!(request.user().is("alice", REALM));
    // Older clients send the name.
    assert!(accepted(&server, &good(&nonce).write(&alice(SHA256)), NOW));
}

// A server that offers only SHA-256 accepts no HMAC-SHA1, whatever the key.
#[test]
fn sha256_alone() {
    let server = server().offer(&[SHA256]);
    let nonce = fresh(&server);
    let request = Request {
        offered: Some(&[SHA256]),
        ..good(&nonce)
    };
    assert!(accepted(&server, &request.write(&alice(SHA256)), NOW));
    let sha1 = Request {
        tags: SHA1_TAG,
        ..request
    };
    let reply = refused(&server, &sha1.write(&alice(SHA256)), NOW);
    assert_eq!(code(&reply), Code::UNAUTHENTICATED);
}

// A server without password algorithms, as before RFC 8489: replies have no list, and requests need none.
#[test]
fn without_offer() {
    let server = server().offer(&[]);
    let reply = refused(&server, &Request::default().write(&alice(MD5)), NOW);
    assert_eq!(types(&reply), ["ERROR-CODE", "REALM", "NONCE"]);
    let nonce = nonce_of(&reply);
    let request = Request {
        offered: None,
        chosen: None,
        tags: SHA1_TAG,
        ..good(&nonce)
    };
    assert!(accepted(&server, &request.write(&alice(MD5)), NOW));
}

#[test]
fn only_requests() {
    let server = server();
    for packet in [
        MessageWriter::indication(&mut Vec::new(), Method::SEND, id())
            .unwrap()
            .finish()
            .unwrap()
            .to_vec(),
        MessageWriter::new(
            &mut Vec::new(),
            stunwire::Header::success(Method::ALLOCATE, id()),
        )
        .unwrap()
        .finish()
        .unwrap()
        .to_vec(),
    ] {
        let message = Message::parse(&packet).unwrap();
        let check = server.check(&message, client_address(), NOW, |_| None::<Key>);
        assert!(matches!(check, Check::Ignore));
    }
}

// A reply has FINGERPRINT exactly if its request has it, also when the reply is not signed.
#[test]
fn fingerprint_is_mirrored() {
    let request = Request {
        fingerprint: true,
        ..Request::default()
    };
    let reply = refused(&server(), &request.write(&alice(MD5)), NOW);
    assert_eq!(types(&reply).last(), Some(&"FINGERPRINT"));
    assert!(Message::parse(&reply).unwrap().fingerprint().is_valid());
}

// RFC 7635 §4: a 401 names the server, a 438 does not; the claim shows the token.
#[test]
fn third_party_authorization() {
    let server = server()
        .third_party_authorization("turn.example.org")
        .unwrap();
    let reply = refused(&server, &Request::default().write(&alice(MD5)), NOW);
    let message = Message::parse(&reply).unwrap();
    let name = message.get::<ThirdPartyAuthorization>().unwrap().unwrap();
    assert_eq!(name.as_bytes(), b"turn.example.org");
    let nonce = nonce_of(&reply);

    let mut packet = Vec::new();
    MessageWriter::request(&mut packet, Method::ALLOCATE, id())
        .unwrap()
        .with(&Username::new("kid").unwrap())
        .unwrap()
        .with(&Realm::new(REALM).unwrap())
        .unwrap()
        .with(&Nonce::new(&nonce).unwrap())
        .unwrap()
        .with(&AccessToken::new(b"nonce", b"encrypted").unwrap())
        .unwrap()
        .integrity(&Key::from_bytes(b"mac key"))
        .unwrap()
        .finish()
        .unwrap();
    let message = Message::parse(&packet).unwrap();
    let claim = server.claim(&message, client_address(), NOW).unwrap();
    assert_eq!(claim.user(), UserId::Name(b"kid"));
    assert_eq!(claim.access_token().unwrap().encrypted(), b"encrypted");
    assert!(claim.verify(Some(Key::from_bytes(b"mac key"))).is_ok());
    let late = NOW + Duration::from_secs(1000);
    let claim = server.claim(&message, client_address(), late).unwrap();
    assert_eq!(claim.nonce_status(), NonceStatus::Expired);
    let Err(Rejected::Reply(reply)) = claim.verify(Some(Key::from_bytes(b"mac key"))) else {
        panic!("not stale");
    };
    let mut out = Vec::new();
    assert_eq!(types(reply.write(&mut out).unwrap()), CHALLENGE);
}

// The feature `crypto` is not needed: nonces and keys come from the application's provider, here a closure
// around a key of this crate.
#[test]
fn own_provider() {
    let provider = |secret: &'static [u8]| {
        HmacFn::new(move |algorithm: HmacAlgorithm, segments: &[&[u8]]| {
            Key::from_bytes(secret).hmac(algorithm, segments)
        })
    };
    let server = LongTermServer::new(REALM, NonceMint::new(provider(b"server secret"))).unwrap();
    let packet = Request::default().write(&alice(MD5));
    let message = Message::parse(&packet).unwrap();
    let Err(Rejected::Reply(reply)) = server.claim(&message, client_address(), NOW) else {
        panic!("no challenge");
    };
    let mut out = [0; 128];
    let nonce = nonce_of(reply.write(&mut out).unwrap());
    let key = provider(b"mac key");
    let packet = good(&nonce).write(&Key::from_bytes(b"mac key"));
    let message = Message::parse(&packet).unwrap();
    let check = server.check(&message, client_address(), NOW, |_| Some(&key));
    assert!(matches!(check, Check::Verified(_)));
    // If the provider fails, the result is an error, not a reply without a tag.
    let broken = HmacFn::new(|_, _: &[&[u8]]| HmacTag::UNAVAILABLE);
    let server = LongTermServer::new(REALM, NonceMint::new(broken)).unwrap();
    let packet = Request::default().write(&alice(MD5));
    let message = Message::parse(&packet).unwrap();
    let Err(Rejected::Reply(reply)) = server.claim(&message, client_address(), NOW) else {
        panic!("no challenge");
    };
    let mut out = Vec::new();
    assert!(reply.write(&mut out).is_err());
    assert!(out.is_empty());
}

// RFC 6062 §4.3: ConnectionBind is sent from another port, with the nonce of the allocation.
#[test]
fn connection_bind() {
    let server = server();
    let nonce = fresh(&server);
    let key = alice(SHA256);
    for (method, address, accepted) in [
        (Method::CONNECTION_BIND, "192.0.2.1:50000", true),
        (Method::CONNECTION_BIND, "192.0.2.1:50001", true),
        (Method::CONNECTION_BIND, "192.0.2.2:50001", false),
        (Method::REFRESH, "192.0.2.1:50000", true),
        (Method::REFRESH, "192.0.2.1:50001", false),
    ] {
        let mut packet = Vec::new();
        MessageWriter::request(&mut packet, method, id())
            .unwrap()
            .with(&Username::new("alice").unwrap())
            .unwrap()
            .with(&Realm::new(REALM).unwrap())
            .unwrap()
            .with(&Nonce::new(&nonce).unwrap())
            .unwrap()
            .with(&PasswordAlgorithms::of(&[SHA256, MD5]))
            .unwrap()
            .with(&SHA256)
            .unwrap()
            .integrity_sha256(&key)
            .unwrap()
            .finish()
            .unwrap();
        let message = Message::parse(&packet).unwrap();
        let check = server.check(&message, address.parse().unwrap(), NOW, |_| Some(&key));
        match check {
            Check::Verified(_) => assert!(accepted, "{method} {address}"),
            Check::Reply(reply) => {
                assert!(!accepted, "{method} {address}");
                assert_eq!(reply.code(), Code::STALE_NONCE);
            }
            Check::Ignore => panic!("ignored"),
        }
    }
}

// What a server prints has no secret: neither the key nor the secret of the nonces.
#[test]
fn printing() {
    let server = server();
    let nonce = fresh(&server);
    let key = key_of("alice", SHA256).unwrap();
    let packet = good(&nonce).write(&key);
    let message = Message::parse(&packet).unwrap();
    let mut claimed = String::new();
    let check = server.check(&message, client_address(), NOW, |claim| {
        assert_eq!(claim.method(), Method::ALLOCATE);
        assert_eq!(claim.client(), client_address());
        claimed = format!("{claim:?}");
        Some(key.clone())
    });
    let Check::Verified(request) = check else {
        panic!("the request is good");
    };
    assert_eq!(
        claimed,
        format!(
            "Claim {{ message: {message:?}, user: Name(\"alice\"), algorithm: {SHA256:?}, nonce: Valid, .. }}"
        )
    );
    assert_eq!(
        format!("{request:?}"),
        format!(
            "Authenticated {{ verified: {:?}, user: Name(\"alice\"), .. }}",
            request.verified()
        )
    );
    let hmac = |key: &Key| {
        key.hmac(HmacAlgorithm::Sha1, &[b"text"])
            .as_bytes()
            .map(<[u8]>::to_vec)
    };
    assert_eq!(hmac(request.key()), hmac(&key));
    assert_eq!(hmac(&request.into_key()), hmac(&key));
    let hash = UserHash::of("alice", REALM);
    assert_eq!(format!("{:?}", UserId::Hash(hash)), format!("Hash({hash})"));
    let text = format!("{server:?}");
    assert!(
        text.starts_with("LongTermServer { realm: \"example.org\", offered: "),
        "{text}"
    );
    let mint = NonceMint::new(Key::from_bytes(b"secret"));
    assert_eq!(format!("{mint:?}"), "NonceMint { lifetime: 600s, .. }");
    let unsigned = Request::default().write(&Key::from_bytes(b""));
    let message = Message::parse(&unsigned).unwrap();
    let check = server.check(&message, client_address(), NOW, |_| None::<Key>);
    let Check::Reply(reply) = check else {
        panic!("the request has no credentials");
    };
    let text = format!("{reply:?}");
    assert!(text.starts_with("AuthReply { header: "), "{text}");
    assert!(text.contains("code: "), "{text}");
}
