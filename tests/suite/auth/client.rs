//! `LongTermClient`, clause by clause of RFC 8489 §9.2.3 and §9.2.5. The responses are written attribute by
//! attribute.

use stunwire::attribute::{
    AlternateServer, AttributeType, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm,
    UntypedAttribute, UserHash, Username,
};
use stunwire::auth::{ClientCredentials, Failure, LongTermClient, Response, Sent, ShortTermClient};
use stunwire::{
    Code, Credentials, EncodeError, Header, HmacAlgorithm, HmacKey, IntegrityAlgorithm, Key,
    Message, MessageWriter, Method, TransactionId,
};

use super::{MD5, REALM, SHA256, types};

const BIT: &[u8] = b"obMatJos2gAAA";
const BOTH_BITS: &[u8] = b"obMatJos2wAAA";
const NO_BIT: &[u8] = b"obMatJos2AAAA";

type Client = LongTermClient<Credentials<&'static str, &'static str>>;

fn client() -> Client {
    LongTermClient::new("alice", "password")
}

fn key(algorithm: PasswordAlgorithm<'_>) -> Key {
    let credentials = Credentials {
        username: "alice",
        password: "password",
    };
    Key::long_term_by(algorithm, &credentials, REALM).unwrap()
}

/// A request as the client signs it.
fn sign(client: &Client) -> (Vec<u8>, Sent) {
    let mut bytes = Vec::new();
    let id = TransactionId::new(*b"not a secret");
    let writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id).unwrap();
    let (_, sent) = client.sign(writer).unwrap();
    (bytes, sent)
}

/// A response to a request of `sign`.
#[derive(Clone, Copy, Default)]
struct Answer<'r> {
    code: Option<Code>,
    realm: Option<&'r str>,
    nonce: Option<&'r [u8]>,
    list: Option<&'r [PasswordAlgorithm<'r>]>,
    tag: Option<(IntegrityAlgorithm, &'r Key)>,
}

impl Answer<'_> {
    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let id = TransactionId::new(*b"not a secret");
        let request = Header::request(Method::ALLOCATE, id);
        let mut writer = match self.code {
            Some(code) => MessageWriter::error_to(&mut bytes, request, code).unwrap(),
            None => MessageWriter::success_to(&mut bytes, request).unwrap(),
        };
        if let Some(realm) = self.realm {
            writer.attribute(&Realm::new(realm).unwrap()).unwrap();
        }
        if let Some(nonce) = self.nonce {
            writer.attribute(&Nonce::new(nonce).unwrap()).unwrap();
        }
        if let Some(list) = self.list {
            writer.attribute(&PasswordAlgorithms::of(list)).unwrap();
        }
        match self.tag {
            Some((algorithm, key)) => {
                writer
                    .integrity_with(algorithm, key)
                    .unwrap()
                    .finish()
                    .unwrap();
            }
            None => {
                writer.finish().unwrap();
            }
        }
        bytes
    }
}

/// The name of the client's outcome for this response.
fn outcome(client: &mut Client, sent: &Sent, answer: Answer<'_>) -> &'static str {
    let bytes = answer.write();
    match client.response(sent, &Message::parse(&bytes).unwrap()) {
        Response::Verified(_) => "verified",
        Response::Retry => "retry",
        Response::Refused(_, Some(_)) => "refused, verified",
        Response::Refused(_, None) => "refused",
        Response::Unauthenticated => "unauthenticated",
        Response::Violation => "violation",
        Response::Failed(Failure::WrongCredentials) => "wrong credentials",
        Response::Failed(Failure::Incomplete) => "incomplete",
        Response::Failed(Failure::NoAlgorithm) => "no algorithm",
        Response::Failed(Failure::TooLong { .. }) => "too long",
        Response::Failed(Failure::NonceLoop) => "nonce loop",
        Response::Failed(_) => "failed",
        Response::Ignore => "ignore",
    }
}

fn nonce(prefix: &[u8], number: u8) -> Vec<u8> {
    let mut nonce = prefix.to_vec();
    nonce.push(b'0' + number);
    nonce
}

fn challenge<'r>(nonce: &'r [u8], list: Option<&'r [PasswordAlgorithm<'r>]>) -> Answer<'r> {
    Answer {
        code: Some(Code::UNAUTHENTICATED),
        realm: Some(REALM),
        nonce: Some(nonce),
        list,
        tag: None,
    }
}

/// A client that has processed a challenge, and its next request.
fn challenged(prefix: &[u8], list: Option<&[PasswordAlgorithm<'_>]>) -> (Client, Vec<u8>, Sent) {
    let mut client = client();
    let (_, sent) = sign(&client);
    assert_eq!(
        outcome(&mut client, &sent, challenge(&nonce(prefix, 0), list)),
        "retry"
    );
    let (packet, sent) = sign(&client);
    (client, packet, sent)
}

const SHA1_ANSWER: IntegrityAlgorithm = IntegrityAlgorithm::Sha1;
const SHA256_ANSWER: IntegrityAlgorithm = IntegrityAlgorithm::SHA256;

// §9.2.3.1.
#[test]
fn first_request() {
    let (packet, _) = sign(&client());
    assert!(types(&packet).is_empty());
    let (packet, _) = sign(&client().fingerprint());
    assert_eq!(types(&packet), ["FINGERPRINT"]);
}

// §9.2.5: what a retry carries, for each kind of challenge.
#[test]
fn retry_after_401() {
    let offered: &[_] = &[SHA256, MD5];
    let (_, packet, _) = challenged(BIT, Some(offered));
    assert_eq!(
        types(&packet),
        [
            "USERNAME",
            "REALM",
            "NONCE",
            "PASSWORD-ALGORITHMS",
            "PASSWORD-ALGORITHM",
            "MESSAGE-INTEGRITY-SHA256"
        ]
    );
    let message = Message::parse(&packet).unwrap();
    let (username, realm, echoed, list, choice) = message
        .read::<(
            Username,
            Realm,
            Nonce,
            PasswordAlgorithms,
            PasswordAlgorithm,
        )>()
        .unwrap();
    assert_eq!(username.as_bytes(), b"alice");
    assert_eq!(realm.as_bytes(), REALM.as_bytes());
    assert_eq!(echoed.as_bytes(), nonce(BIT, 0));
    assert!(list.iter().eq(offered.iter().copied()));
    assert_eq!(choice, SHA256);
    assert!(message.verify(&key(SHA256)).is_ok());

    // The first that the client supports, in the server's order.
    let other = PasswordAlgorithm::new(0x1234, b"abc");
    for (list, expected) in [
        (&[MD5, SHA256][..], MD5),
        (&[other, SHA256][..], SHA256),
        (&[other, MD5][..], MD5),
    ] {
        let (_, packet, _) = challenged(BIT, Some(list));
        let message = Message::parse(&packet).unwrap();
        let echoed = message.get::<PasswordAlgorithms>().unwrap().unwrap();
        assert!(echoed.iter().eq(list.iter().copied()));
        assert_eq!(message.get::<PasswordAlgorithm>().unwrap(), Some(expected));
        assert!(message.verify(&key(expected)).is_ok());
    }

    // With the username anonymity bit USERHASH, otherwise USERNAME.
    let (_, packet, _) = challenged(BOTH_BITS, Some(offered));
    assert_eq!(types(&packet)[0], "USERHASH");
    assert!(!types(&packet).contains(&"USERNAME"));
    let message = Message::parse(&packet).unwrap();
    assert!(
        message
            .get::<UserHash>()
            .unwrap()
            .unwrap()
            .is("alice", REALM)
    );

    // A server without algorithms, with and without the prefix.
    for prefix in [NO_BIT, b"nonce"] {
        let (_, packet, _) = challenged(prefix, None);
        assert_eq!(
            types(&packet),
            ["USERNAME", "REALM", "NONCE", "MESSAGE-INTEGRITY"]
        );
        assert!(Message::parse(&packet).unwrap().verify(&key(MD5)).is_ok());
    }
}

// §9.2.5: challenges that must not be retried.
#[test]
fn no_retry() {
    let both = Some(&[SHA256, MD5][..]);
    let mut fresh = client();
    let (_, sent) = sign(&fresh);
    // The password algorithms bit without PASSWORD-ALGORITHMS.
    assert_eq!(
        outcome(&mut fresh, &sent, challenge(BIT, None)),
        "violation"
    );
    // No supported algorithm.
    let other = [PasswordAlgorithm::new(9, &[])];
    assert_eq!(
        outcome(&mut fresh, &sent, challenge(BIT, Some(&other))),
        "no algorithm"
    );
    // The client has stored nothing from these challenges.
    assert!(types(&sign(&fresh).0).is_empty());

    // The same credentials were refused.
    let (mut client, _, sent) = challenged(BIT, both);
    let again = nonce(BIT, 1);
    assert_eq!(
        outcome(&mut client, &sent, challenge(&again, both)),
        "wrong credentials"
    );
    // Another realm means other credentials.
    let other = Answer {
        realm: Some("example.com"),
        ..challenge(&again, both)
    };
    assert_eq!(outcome(&mut client, &sent, other), "retry");

    // Even with the same nonce, which a 401 does not refuse.
    let (mut client, _, sent) = challenged(BIT, both);
    let first = nonce(BIT, 0);
    let other = Answer {
        realm: Some("example.com"),
        ..challenge(&first, both)
    };
    assert_eq!(outcome(&mut client, &sent, other), "retry");

    // A 438 with the bit but without the list, and one that repeats the refused nonce.
    let (mut client, _, sent) = challenged(BIT, both);
    let stale = |nonce, list| Answer {
        code: Some(Code::STALE_NONCE),
        ..challenge(nonce, list)
    };
    assert_eq!(
        outcome(&mut client, &sent, stale(&again, None)),
        "violation"
    );
    let same = nonce(BIT, 0);
    assert_eq!(
        outcome(&mut client, &sent, stale(&same, both)),
        "nonce loop"
    );

    for incomplete in [
        Answer {
            realm: None,
            ..challenge(BIT, both)
        },
        Answer {
            nonce: None,
            list: None,
            ..challenge(BIT, both)
        },
    ] {
        let mut fresh = LongTermClient::new("alice", "password");
        let (_, sent) = sign(&fresh);
        assert_eq!(outcome(&mut fresh, &sent, incomplete), "incomplete");
    }
}

// §9.2.5: 438 is retried with the new nonce, the same user and key.
#[test]
fn retry_after_438() {
    let both = Some(&[SHA256, MD5][..]);
    let (mut client, _, sent) = challenged(BIT, both);
    let new = nonce(BIT, 1);
    let stale = Answer {
        code: Some(Code::STALE_NONCE),
        ..challenge(&new, both)
    };
    assert_eq!(outcome(&mut client, &sent, stale), "retry");
    let (packet, sent) = sign(&client);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.get::<Nonce>().unwrap().unwrap().as_bytes(), new);
    assert!(message.get::<Username>().unwrap().is_some());
    assert!(message.get::<Realm>().unwrap().is_some());
    assert!(message.verify(&key(SHA256)).is_ok());
    // A server that left REALM out keeps the realm.
    let newer = nonce(BIT, 2);
    let stale = Answer {
        realm: None,
        nonce: Some(&newer),
        ..stale
    };
    assert_eq!(outcome(&mut client, &sent, stale), "retry");
    assert_eq!(client.realm(), Some(REALM.as_bytes()));
}

// A server that refuses each nonce it has just issued cannot keep the client retrying forever.
#[test]
fn retries_are_limited() {
    let (mut client, _, mut sent) = challenged(BIT, Some(&[SHA256]));
    let mut retries = 0;
    for number in 1..20 {
        let new = nonce(BIT, number);
        let stale = Answer {
            code: Some(Code::STALE_NONCE),
            ..challenge(&new, Some(&[SHA256]))
        };
        match outcome(&mut client, &sent, stale) {
            "retry" => retries += 1,
            other => assert_eq!(other, "nonce loop"),
        }
        sent = sign(&client).1;
    }
    assert_eq!(retries, 3);
}

// Two requests in flight both get a 401; the second 401 does not mean wrong credentials.
#[test]
fn two_in_flight() {
    let both = Some(&[SHA256, MD5][..]);
    let mut client = client();
    let ((_, first), (_, second)) = (sign(&client), sign(&client));
    assert_eq!(
        outcome(&mut client, &first, challenge(&nonce(BIT, 0), both)),
        "retry"
    );
    assert_eq!(
        outcome(&mut client, &second, challenge(&nonce(BIT, 1), both)),
        "retry"
    );
    // The nonce of the first challenge is still used.
    let (packet, third) = sign(&client);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(
        message.get::<Nonce>().unwrap().unwrap().as_bytes(),
        nonce(BIT, 0)
    );
    // Two requests in flight that both get a 438.
    let fourth = sign(&client).1;
    let (new, newer) = (nonce(BIT, 2), nonce(BIT, 3));
    let stale = Answer {
        code: Some(Code::STALE_NONCE),
        ..challenge(&new, both)
    };
    assert_eq!(outcome(&mut client, &third, stale), "retry");
    let stale = Answer {
        nonce: Some(&newer),
        ..stale
    };
    assert_eq!(outcome(&mut client, &fourth, stale), "retry");
    let (packet, _) = sign(&client);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.get::<Nonce>().unwrap().unwrap().as_bytes(), new);
}

// §9.2.5: the integrity of a response.
#[test]
fn integrity_of_responses() {
    let both = Some(&[SHA256, MD5][..]);
    let (strong, weak, wrong) = (key(SHA256), key(MD5), Key::from_bytes(b"wrong"));
    let error = Some(Code::ALLOCATION_QUOTA_REACHED);
    for (prefix, list, code, tag, expected) in [
        (BIT, both, None, Some((SHA256_ANSWER, &strong)), "verified"),
        (
            BIT,
            both,
            error,
            Some((SHA256_ANSWER, &strong)),
            "refused, verified",
        ),
        (BIT, both, None, Some((SHA256_ANSWER, &wrong)), "violation"),
        (BIT, both, error, Some((SHA256_ANSWER, &wrong)), "violation"),
        (BIT, both, None, None, "violation"),
        (BIT, both, error, None, "violation"),
        // §9.2.4: the server must use MESSAGE-INTEGRITY-SHA256.
        (BIT, both, None, Some((SHA1_ANSWER, &strong)), "violation"),
        (BIT, both, None, Some((SHA1_ANSWER, &weak)), "violation"),
        (NO_BIT, None, None, Some((SHA1_ANSWER, &weak)), "verified"),
        (NO_BIT, None, None, Some((SHA256_ANSWER, &weak)), "verified"),
        (
            NO_BIT,
            None,
            None,
            Some((SHA1_ANSWER, &strong)),
            "violation",
        ),
    ] {
        let (mut client, _, sent) = challenged(prefix, list);
        let answer = Answer {
            code,
            tag,
            ..Answer::default()
        };
        assert_eq!(outcome(&mut client, &sent, answer), expected);
    }
}

// §9.2.5: "for all other responses" and the 400 without integrity.
#[test]
fn responses_that_are_ignored() {
    let both = Some(&[SHA256, MD5][..]);
    let strong = key(SHA256);
    let (mut client, _, sent) = challenged(BIT, both);
    let announced = nonce(BIT, 1);
    let signed = Some((SHA256_ANSWER, &strong));
    let lacks_list = Answer {
        nonce: Some(&announced),
        tag: signed,
        ..Answer::default()
    };
    assert_eq!(outcome(&mut client, &sent, lacks_list), "ignore");
    let has_list = Answer {
        list: both,
        ..lacks_list
    };
    assert_eq!(outcome(&mut client, &sent, has_list), "verified");
    let bad_request = Answer {
        code: Some(Code::BAD_REQUEST),
        ..Answer::default()
    };
    assert_eq!(outcome(&mut client, &sent, bad_request), "ignore");
    let signed_bad_request = Answer {
        tag: signed,
        ..bad_request
    };
    assert_eq!(
        outcome(&mut client, &sent, signed_bad_request),
        "refused, verified"
    );
    // Responses to a request without credentials are ignored, too.
    let mut fresh = LongTermClient::new("alice", "password");
    let (_, sent) = sign(&fresh);
    assert_eq!(outcome(&mut fresh, &sent, bad_request), "ignore");
    // An error response without ERROR-CODE.
    let id = TransactionId::new(*b"not a secret");
    let mut bytes = Vec::new();
    MessageWriter::new(&mut bytes, Header::error(Method::ALLOCATE, id))
        .unwrap()
        .finish()
        .unwrap();
    assert!(matches!(
        fresh.response(&sent, &Message::parse(&bytes).unwrap()),
        Response::Ignore
    ));
}

// §9.2.1, §9.2.5: a list that was damaged on the way is no list to choose from.
#[test]
fn malformed_lists() {
    let mut client = client();
    let (_, sent) = sign(&client);
    let mut bytes = Vec::new();
    let request = Header::request(Method::ALLOCATE, TransactionId::new(*b"not a secret"));
    // A number of an algorithm without a length.
    let list = UntypedAttribute::new(AttributeType::PASSWORD_ALGORITHMS, b"\x00\x02");
    MessageWriter::error_to(&mut bytes, request, Code::UNAUTHENTICATED)
        .unwrap()
        .with(&Realm::new(REALM).unwrap())
        .unwrap()
        .with(&Nonce::new(BIT).unwrap())
        .unwrap()
        .with(&list)
        .unwrap()
        .finish()
        .unwrap();
    let message = Message::parse(&bytes).unwrap();
    assert!(matches!(
        client.response(&sent, &message),
        Response::Violation
    ));
    assert!(client.key().is_none());
    // A client of RFC 5389 does not read it.
    let mut client = client.rfc5389();
    assert!(matches!(client.response(&sent, &message), Response::Retry));
    assert!(client.key().is_some());
}

// A request that another client has sent.
#[test]
fn requests_of_other_clients() {
    let (mut challenged, _, long_term) = challenged(BIT, Some(&[SHA256, MD5]));
    let mut short_term = ShortTermClient::new("alice", Key::short_term("password"));
    let mut bytes = Vec::new();
    let id = TransactionId::new(*b"not a secret");
    let writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id).unwrap();
    let (_, sent) = short_term.sign(writer).unwrap();
    let new = nonce(BIT, 1);
    for code in [Code::UNAUTHENTICATED, Code::STALE_NONCE] {
        let answer = Answer {
            code: Some(code),
            ..challenge(&new, Some(&[SHA256, MD5]))
        };
        assert_eq!(outcome(&mut challenged, &sent, answer), "ignore");
        assert_eq!(outcome(&mut client(), &long_term, answer), "ignore");
        let answer = answer.write();
        let message = Message::parse(&answer).unwrap();
        let response = short_term.response(&long_term, &message);
        assert!(matches!(response, Response::Ignore));
    }
}

// §9.2: the mechanism protects requests.
#[test]
fn only_requests_are_signed() {
    let id = TransactionId::new(*b"not a secret");
    let (client, _, _) = challenged(BIT, Some(&[SHA256]));
    for client in [LongTermClient::new("alice", "password"), client] {
        let mut bytes = Vec::new();
        let writer = MessageWriter::indication(&mut bytes, Method::SEND, id).unwrap();
        assert_eq!(client.sign(writer).err(), Some(EncodeError::NotARequest));
    }
}

// §6.3: a response has the transaction id and the method of its request.
#[test]
fn other_transactions() {
    let both = Some(&[SHA256, MD5][..]);
    let (mut client, packet, sent) = challenged(BIT, both);
    let strong = key(SHA256);
    let id = TransactionId::new(*b"not a secret");
    for header in [
        Header::success(Method::ALLOCATE, TransactionId::new(*b"another one!")),
        Header::success(Method::REFRESH, id),
        Header::request(Method::ALLOCATE, id),
        Header::indication(Method::ALLOCATE, id),
    ] {
        let mut bytes = Vec::new();
        let writer = MessageWriter::new(&mut bytes, header).unwrap();
        writer.integrity_sha256(&strong).unwrap().finish().unwrap();
        let message = Message::parse(&bytes).unwrap();
        assert!(matches!(client.response(&sent, &message), Response::Ignore));
    }
    // The request itself, sent back by the network.
    let message = Message::parse(&packet).unwrap();
    assert!(matches!(client.response(&sent, &message), Response::Ignore));
}

// Before the first challenge no response is authenticated, and a redirection is refused (§14.8).
#[test]
fn before_a_challenge() {
    for (code, expected) in [
        (None, "unauthenticated"),
        (Some(Code::ALLOCATION_MISMATCH), "refused"),
        (Some(Code::TRY_ALTERNATE), "violation"),
    ] {
        let mut client = client();
        let (_, sent) = sign(&client);
        let answer = Answer {
            code,
            ..Answer::default()
        };
        assert_eq!(outcome(&mut client, &sent, answer), expected);
    }
}

// §10 and §14.8: a redirection is followed only if it is signed.
#[test]
fn redirections_are_signed() {
    let both = Some(&[SHA256, MD5][..]);
    let (mut client, _, sent) = challenged(BIT, both);
    let strong = key(SHA256);
    let id = TransactionId::new(*b"not a secret");
    let request = Header::request(Method::ALLOCATE, id);
    let write = |signed: bool| {
        let mut bytes = Vec::new();
        let writer = MessageWriter::error_to(&mut bytes, request, Code::TRY_ALTERNATE)
            .unwrap()
            .with(&AlternateServer("192.0.2.9:3478".parse().unwrap()))
            .unwrap();
        if signed {
            writer.integrity_sha256(&strong).unwrap().finish().unwrap();
        } else {
            writer.finish().unwrap();
        }
        bytes
    };
    let unsigned = write(false);
    let message = Message::parse(&unsigned).unwrap();
    assert!(matches!(
        client.response(&sent, &message),
        Response::Violation
    ));
    let signed = write(true);
    let message = Message::parse(&signed).unwrap();
    let Response::Refused(error, Some(verified)) = client.response(&sent, &message) else {
        panic!("not verified");
    };
    assert_eq!(error.code(), Code::TRY_ALTERNATE);
    assert!(verified.get::<AlternateServer>().unwrap().is_some());
}

// After a verified response the client accepts no challenge that offers less.
#[test]
fn downgrades() {
    let both: &[_] = &[SHA256, MD5];
    let strong = key(SHA256);
    for (prefix, list, expected) in [
        (BOTH_BITS, Some(both), "retry"),
        (NO_BIT, None, "violation"),
        (&b"nonce"[..], None, "violation"),
        (BOTH_BITS, Some(&[MD5][..]), "violation"),
        (BOTH_BITS, Some(&[MD5, SHA256][..]), "violation"),
        // USERNAME instead of USERHASH.
        (BIT, Some(both), "violation"),
    ] {
        for proven in [true, false] {
            let (mut client, _, sent) = challenged(BOTH_BITS, Some(both));
            if proven {
                let tag = Some((SHA256_ANSWER, &strong));
                let answer = Answer {
                    tag,
                    ..Answer::default()
                };
                assert_eq!(outcome(&mut client, &sent, answer), "verified");
            }
            let new = nonce(prefix, 1);
            let stale = Answer {
                code: Some(Code::STALE_NONCE),
                ..challenge(&new, list)
            };
            let (packet, sent) = sign(&client);
            let found = outcome(&mut client, &sent, stale);
            assert_eq!(
                found,
                if proven { expected } else { "retry" },
                "{proven} {list:?}"
            );
            if found == "violation" {
                assert_eq!(sign(&client).0, packet, "the client's state has changed");
            }
        }
    }
}

// A challenge is not signed. One that offers more than the server does cannot make the server's own challenges
// downgrades, and does not hide a real one.
#[test]
fn forged_offers() {
    let both = Some(&[SHA256, MD5][..]);
    let (strong, weak) = (key(SHA256), key(MD5));
    let stale = |nonce, list| Answer {
        code: Some(Code::STALE_NONCE),
        ..challenge(nonce, list)
    };
    let proven = |prefix, list, tag| {
        let (mut client, _, sent) = challenged(prefix, list);
        let answer = Answer {
            tag: Some(tag),
            ..Answer::default()
        };
        assert_eq!(outcome(&mut client, &sent, answer), "verified");
        client
    };
    let (forged, own) = (nonce(BOTH_BITS, 1), nonce(BIT, 2));
    // USERHASH to a server without username anonymity, which does not find the user.
    for own in [challenge(&own, both), stale(&own, both)] {
        let mut client = proven(BIT, both, (SHA256_ANSWER, &strong));
        let sent = sign(&client).1;
        assert_eq!(outcome(&mut client, &sent, stale(&forged, both)), "retry");
        let sent = sign(&client).1;
        let less = stale(NO_BIT, None);
        assert_eq!(outcome(&mut client, &sent, less), "violation");
        assert_eq!(outcome(&mut client, &sent, own), "retry");
        let sent = sign(&client).1;
        assert_eq!(outcome(&mut client, &sent, less), "violation");
    }
    // Algorithms of a server that offers none.
    let mut client = proven(NO_BIT, None, (SHA1_ANSWER, &weak));
    let sent = sign(&client).1;
    assert_eq!(outcome(&mut client, &sent, stale(&forged, both)), "retry");
    let (own, sent) = (nonce(NO_BIT, 2), sign(&client).1);
    assert_eq!(outcome(&mut client, &sent, stale(&own, None)), "retry");
    // The response to a request that was sent before the forged challenge says nothing about its offer.
    let mut client = proven(BIT, both, (SHA256_ANSWER, &strong));
    let (first, second) = (sign(&client).1, sign(&client).1);
    assert_eq!(outcome(&mut client, &first, stale(&forged, both)), "retry");
    let answer = Answer {
        tag: Some((SHA256_ANSWER, &strong)),
        ..Answer::default()
    };
    assert_eq!(outcome(&mut client, &second, answer), "verified");
    let (own, sent) = (nonce(BIT, 2), sign(&client).1);
    assert_eq!(outcome(&mut client, &sent, stale(&own, both)), "retry");
}

// Of two entries with the same number, PASSWORD-ALGORITHM is the one for which the credentials have a key.
#[test]
fn entries_with_the_same_number() {
    struct Strict(Credentials<&'static str, &'static str>);

    impl ClientCredentials for Strict {
        type Key = Key;

        fn username(&self) -> &[u8] {
            self.0.username()
        }

        fn key(&self, algorithm: PasswordAlgorithm<'_>, realm: &[u8]) -> Option<Key> {
            (algorithm == SHA256).then(|| Key::long_term_sha256(&self.0, realm))
        }

        fn user_hash(&self, realm: &[u8]) -> Option<UserHash> {
            self.0.user_hash(realm)
        }
    }

    let mut client = LongTermClient::<_, 128>::with_credentials(Strict(Credentials {
        username: "alice",
        password: "password",
    }));
    let request = |client: &LongTermClient<Strict, 128>| {
        let mut bytes = Vec::new();
        let id = TransactionId::new(*b"not a secret");
        let writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id).unwrap();
        let sent = client.sign(writer).unwrap().1;
        (bytes, sent)
    };
    let (_, sent) = request(&client);
    let list = [PasswordAlgorithm::new(2, b"salt"), SHA256];
    let bytes = challenge(&nonce(BIT, 0), Some(&list)).write();
    let message = Message::parse(&bytes).unwrap();
    assert!(matches!(client.response(&sent, &message), Response::Retry));
    let (packet, _) = request(&client);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.get::<PasswordAlgorithm>().unwrap(), Some(SHA256));
    assert!(message.verify(&key(SHA256)).is_ok());
}

// A client with an algorithm of its own does not return to MD5 either.
#[test]
fn downgrades_from_other_algorithms() {
    const OTHER: PasswordAlgorithm<'static> = PasswordAlgorithm::new(0xFF00, &[]);

    struct Newer(Credentials<&'static str, &'static str>);

    impl ClientCredentials for Newer {
        type Key = Key;

        fn username(&self) -> &[u8] {
            self.0.username()
        }

        fn key(&self, algorithm: PasswordAlgorithm<'_>, realm: &[u8]) -> Option<Key> {
            match algorithm {
                OTHER => Some(Key::from_bytes(b"derived by another algorithm")),
                _ => Key::long_term_by(algorithm, &self.0, realm),
            }
        }

        fn user_hash(&self, realm: &[u8]) -> Option<UserHash> {
            self.0.user_hash(realm)
        }
    }

    let sign = |client: &LongTermClient<Newer>| {
        let mut bytes = Vec::new();
        let id = TransactionId::new(*b"not a secret");
        let writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id).unwrap();
        client.sign(writer).unwrap().1
    };
    let offered: &[_] = &[OTHER, SHA256, MD5];
    for (list, is_weaker) in [
        (&[MD5][..], true),
        (&[SHA256, MD5], false),
        (offered, false),
    ] {
        let mut client = LongTermClient::with_credentials(Newer(Credentials {
            username: "alice",
            password: "password",
        }));
        let sent = sign(&client);
        let first = challenge(&nonce(BIT, 0), Some(offered)).write();
        let response = client.response(&sent, &Message::parse(&first).unwrap());
        assert!(matches!(response, Response::Retry));
        let sent = sign(&client);
        let key = Key::from_bytes(b"derived by another algorithm");
        let success = Answer {
            tag: Some((SHA256_ANSWER, &key)),
            ..Answer::default()
        };
        let success = success.write();
        let response = client.response(&sent, &Message::parse(&success).unwrap());
        assert!(matches!(response, Response::Verified(_)));
        let sent = sign(&client);
        let new = nonce(BIT, 1);
        let stale = Answer {
            code: Some(Code::STALE_NONCE),
            ..challenge(&new, Some(list))
        };
        let stale = stale.write();
        let response = client.response(&sent, &Message::parse(&stale).unwrap());
        match response {
            Response::Violation => assert!(is_weaker, "{list:?}"),
            Response::Retry => assert!(!is_weaker, "{list:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn sha256_required() {
    let client = || LongTermClient::new("alice", "password").require_sha256();
    for (prefix, list, expected) in [
        (NO_BIT, None, "no algorithm"),
        (BIT, Some(&[MD5][..]), "no algorithm"),
        (BIT, Some(&[MD5, SHA256][..]), "retry"),
    ] {
        let mut client = client();
        let (_, sent) = sign(&client);
        assert_eq!(
            outcome(&mut client, &sent, challenge(prefix, list)),
            expected
        );
    }
}

fn answered<'r>(
    nonce: Option<&'r [u8]>,
    list: Option<&'r [PasswordAlgorithm<'r>]>,
    tag: Option<(IntegrityAlgorithm, &'r Key)>,
) -> Answer<'r> {
    Answer {
        nonce,
        list,
        tag,
        ..Answer::default()
    }
}

// A client of RFC 5389 reads neither the features of a nonce nor PASSWORD-ALGORITHMS.
#[test]
fn rfc5389() {
    let both = Some(&[SHA256, MD5][..]);
    let (strong, weak) = (key(SHA256), key(MD5));
    for (prefix, list) in [
        (&b"nonce"[..], None),
        (BIT, both),
        (BOTH_BITS, None),
        (BOTH_BITS, both),
    ] {
        for client in [
            client().rfc5389(),
            client().require_sha256().rfc5389(),
            client().fingerprint().rfc5389(),
        ] {
            let mut client = client;
            let (_, sent) = sign(&client);
            let first = nonce(prefix, 0);
            assert_eq!(
                outcome(&mut client, &sent, challenge(&first, list)),
                "retry"
            );
            let expect_signed = |client: &Client, expected: &[u8]| {
                let (packet, sent) = sign(client);
                let names = types(&packet);
                assert_eq!(
                    names[..4],
                    ["USERNAME", "REALM", "NONCE", "MESSAGE-INTEGRITY"]
                );
                let message = Message::parse(&packet).unwrap();
                assert_eq!(
                    message.get::<Nonce<'_>>().unwrap().unwrap().as_bytes(),
                    expected
                );
                message.verify(&weak).unwrap();
                sent
            };
            let sent = expect_signed(&client, &first);
            let tag = Some((SHA1_ANSWER, &strong));
            assert_eq!(
                outcome(&mut client, &sent, answered(None, None, tag)),
                "violation"
            );
            // The nonce again, without the list.
            let tag = Some((SHA1_ANSWER, &weak));
            let repeated = answered(Some(&first), None, tag);
            assert_eq!(outcome(&mut client, &sent, repeated), "verified");
            let offering = answered(Some(&first), both, tag);
            assert_eq!(outcome(&mut client, &sent, offering), "verified");
            let tag = Some((SHA256_ANSWER, &weak));
            assert_eq!(
                outcome(&mut client, &sent, answered(None, None, tag)),
                "verified"
            );
            // A new nonce, which announces something else.
            let mut sent = expect_signed(&client, &first);
            for (prefix, list) in [(NO_BIT, both), (BOTH_BITS, None)] {
                let new = nonce(prefix, 1);
                let stale = Answer {
                    code: Some(Code::STALE_NONCE),
                    ..challenge(&new, list)
                };
                assert_eq!(outcome(&mut client, &sent, stale), "retry");
                sent = expect_signed(&client, &new);
            }
        }
    }
    // The last call decides.
    let mut client = client().rfc5389().require_sha256();
    let (_, sent) = sign(&client);
    assert_eq!(
        outcome(&mut client, &sent, challenge(b"nonce", None)),
        "no algorithm"
    );
}

// A challenge that was stored by the rules before does not decide how the next request is signed.
#[test]
fn rules_changed_after_a_challenge() {
    let both = Some(&[SHA256, MD5][..]);
    let strong = key(SHA256);
    for is_proven in [false, true] {
        let (mut client, _, sent) = challenged(BOTH_BITS, both);
        if is_proven {
            let tag = Some((SHA256_ANSWER, &strong));
            let accepted = answered(None, None, tag);
            assert_eq!(outcome(&mut client, &sent, accepted), "verified");
        }
        let mut client = client.rfc5389();
        let before = sent;
        let (packet, sent) = sign(&client);
        assert!(types(&packet).is_empty(), "{:?}", types(&packet));
        let again = nonce(BOTH_BITS, 1);
        assert_eq!(
            outcome(&mut client, &sent, challenge(&again, both)),
            "retry"
        );
        let (packet, sent) = sign(&client);
        assert_eq!(
            types(&packet),
            ["USERNAME", "REALM", "NONCE", "MESSAGE-INTEGRITY"]
        );
        // The response to a request from before the change.
        let tag = Some((SHA256_ANSWER, &strong));
        let late = answered(None, None, tag);
        assert_eq!(outcome(&mut client, &before, late), "ignore");
        let weak = key(MD5);
        let tag = Some((SHA1_ANSWER, &weak));
        let accepted = answered(None, None, tag);
        assert_eq!(outcome(&mut client, &sent, accepted), "verified");
    }

    // No request is signed with the key by MD5 any more.
    let (client, _, _) = challenged(b"nonce", None);
    let mut client = client.require_sha256();
    let (packet, sent) = sign(&client);
    assert!(types(&packet).is_empty(), "{:?}", types(&packet));
    assert_eq!(
        outcome(&mut client, &sent, challenge(b"another", None)),
        "no algorithm"
    );
}

// §9.2.3.2 and the end of §9.2.5: SHA-256 is kept once the server has used or announced it.
#[test]
fn subsequent_requests() {
    let weak = key(MD5);
    for (tag, list, expected) in [
        (SHA1_ANSWER, None, "MESSAGE-INTEGRITY"),
        (SHA256_ANSWER, None, "MESSAGE-INTEGRITY-SHA256"),
        (SHA1_ANSWER, Some(&[MD5][..]), "MESSAGE-INTEGRITY-SHA256"),
    ] {
        let (mut client, _, sent) = challenged(NO_BIT, None);
        let answer = Answer {
            tag: Some((tag, &weak)),
            list,
            ..Answer::default()
        };
        assert_eq!(outcome(&mut client, &sent, answer), "verified");
        let (packet, _) = sign(&client);
        assert_eq!(types(&packet), ["USERNAME", "REALM", "NONCE", expected]);
    }
}

// The longest challenge that a server may send: texts of 127 characters of 4 bytes each, and a list.
#[test]
fn long_challenges() {
    let realm = "\u{10FFFF}".repeat(127);
    let mut long_nonce = BIT.to_vec();
    long_nonce.resize(127, b'n');
    let answer = Answer {
        realm: Some(&realm),
        ..challenge(&long_nonce, Some(&[SHA256, MD5]))
    };
    let mut small = client();
    let (_, sent) = sign(&small);
    assert_eq!(outcome(&mut small, &sent, answer), "too long");
    let bytes = answer.write();
    let mut large = LongTermClient::<_, 3000>::with_credentials(Credentials {
        username: "alice",
        password: "password",
    });
    let message = Message::parse(&bytes).unwrap();
    assert!(matches!(large.response(&sent, &message), Response::Retry));
    assert_eq!(large.realm(), Some(realm.as_bytes()));
}

/// Credentials that are stored as an MD5 key, as in SIP systems.
struct StoredKey;

impl ClientCredentials for StoredKey {
    type Key = Key;

    fn username(&self) -> &[u8] {
        b"alice"
    }

    fn key(&self, algorithm: PasswordAlgorithm<'_>, realm: &[u8]) -> Option<Key> {
        (algorithm == MD5 && realm == REALM.as_bytes()).then(|| key(MD5))
    }

    fn user_hash(&self, _: &[u8]) -> Option<UserHash> {
        None
    }
}

#[test]
fn stored_keys() {
    let both: &[_] = &[SHA256, MD5];
    for (prefix, realm, expected) in [
        (BIT, REALM, None),
        (BIT, "example.com", Some(Failure::NoAlgorithm)),
        (BOTH_BITS, REALM, Some(Failure::NoUserHash)),
    ] {
        let mut client = LongTermClient::<_, 256>::with_credentials(StoredKey);
        let mut bytes = Vec::new();
        let id = TransactionId::new(*b"not a secret");
        let writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id).unwrap();
        let (_, sent) = client.sign(writer).unwrap();
        let answer = Answer {
            realm: Some(realm),
            ..challenge(prefix, Some(both))
        }
        .write();
        match client.response(&sent, &Message::parse(&answer).unwrap()) {
            Response::Retry => assert_eq!(expected, None),
            Response::Failed(failure) => assert_eq!(expected, Some(failure)),
            other => panic!("{other:?}"),
        }
    }
}

// The `Debug` output of a client and of a request in flight contains no secret.
#[test]
fn printing() {
    let (client, _, sent) = challenged(BIT, Some(&[SHA256]));
    let text = format!("{client:?} {sent:?} {:?}", client.credentials());
    let expected =
        "LongTermClient { username: \"alice\", is_challenged: true, .. } Sent { transaction_id: ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("alice") && !text.contains("password\""));
    assert!(!text.contains("password,"));
}

// A response to a request that was sent with a key of an earlier challenge, for another realm and the same algorithm,
// is ignored: the key for the response is gone.
#[test]
fn replaced_keys() {
    let (mut client, _, sent) = challenged(NO_BIT, None);
    assert_eq!(sent.transaction_id().as_bytes()[4..], *b"not a secret");
    assert_eq!(sent.method(), Method::ALLOCATE);
    let before = client.key().unwrap().hmac(HmacAlgorithm::Sha1, &[b"text"]);
    let weak = key(MD5);
    let expected = weak.hmac(HmacAlgorithm::Sha1, &[b"text"]);
    assert_eq!(before.as_bytes(), expected.as_bytes());
    let other_nonce = nonce(NO_BIT, 7);
    let other_realm = Answer {
        realm: Some("example.com"),
        ..challenge(&other_nonce, None)
    };
    assert_eq!(outcome(&mut client, &sent, other_realm), "retry");
    let after = client.key().unwrap().hmac(HmacAlgorithm::Sha1, &[b"text"]);
    assert_ne!(after.as_bytes(), expected.as_bytes());
    let success = Answer {
        tag: Some((SHA1_ANSWER, &weak)),
        ..Answer::default()
    };
    assert_eq!(outcome(&mut client, &sent, success), "ignore");
    let (_, sent) = sign(&client);
    assert_eq!(outcome(&mut client, &sent, success), "violation");
}
