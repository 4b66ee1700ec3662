//! Short-term credentials, clause by clause of RFC 8489 §9.1.

use stunwire::attribute::{Nonce, PasswordAlgorithm, Username};
use stunwire::auth::{Check, Response, ShortTermClient, ShortTermServer, UserId};
use stunwire::{
    Class, Code, ErrorCode, Header, IntegrityAlgorithm, Key, Message, MessageWriter, Method,
    Policy, Protection,
};

use super::{id, types};

fn key() -> Key {
    Key::short_term("password")
}

fn message(
    class: Class,
    username: Option<&str>,
    tags: &[IntegrityAlgorithm],
    key: &Key,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = Header::new(class, Method::BINDING, id());
    let mut writer = MessageWriter::new(&mut bytes, header).unwrap();
    if let Some(username) = username {
        writer.attribute(&Username::new(username).unwrap()).unwrap();
    }
    let protection = tags
        .iter()
        .fold(Protection::NONE, |all, tag| all.with_integrity(*tag));
    writer.finish_with(protection, key).unwrap();
    bytes
}

const SHA1: IntegrityAlgorithm = IntegrityAlgorithm::Sha1;
const SHA256: IntegrityAlgorithm = IntegrityAlgorithm::SHA256;

fn check(server: ShortTermServer, packet: &[u8]) -> Result<Vec<u8>, Option<Vec<u8>>> {
    let message = Message::parse(packet).unwrap();
    let key = key();
    let mut out = Vec::new();
    let check = server.check(&message, |claim| {
        (claim.user() == UserId::Name(b"user")).then_some(&key)
    });
    match check {
        Check::Verified(request) if request.class() == Class::Request => {
            MessageWriter::success_to(&mut out, &request)
                .unwrap()
                .finish_like(&request)
                .unwrap();
            Ok(out)
        }
        Check::Verified(_) => Ok(out),
        Check::Reply(reply) => {
            reply.write(&mut out).unwrap();
            Err(Some(out))
        }
        Check::Ignore => Err(None),
    }
}

// §9.1.3: 400, 401, nothing, and the integrity of the response.
#[test]
fn receiving() {
    let (right, wrong) = (key(), Key::short_term("wrong"));
    let user = Some("user");
    for (username, tags, key, expected) in [
        (None, &[SHA1][..], &right, Err(Code::BAD_REQUEST)),
        (user, &[], &right, Err(Code::BAD_REQUEST)),
        (None, &[], &right, Err(Code::BAD_REQUEST)),
        (Some("nobody"), &[SHA1], &right, Err(Code::UNAUTHENTICATED)),
        (user, &[SHA1], &wrong, Err(Code::UNAUTHENTICATED)),
        (user, &[SHA256], &wrong, Err(Code::UNAUTHENTICATED)),
        (user, &[SHA1], &right, Ok(SHA1)),
        (user, &[SHA256], &right, Ok(SHA256)),
        (user, &[SHA1, SHA256], &right, Ok(SHA256)),
    ] {
        let request = message(Class::Request, username, tags, key);
        let indication = message(Class::Indication, username, tags, key);
        match (check(ShortTermServer::new(), &request), expected) {
            (Ok(reply), Ok(algorithm)) => {
                let reply = Message::parse(&reply).unwrap();
                assert!(reply.protection().integrity().eq([algorithm]));
                assert!(reply.verify(&right).is_ok());
                assert!(!types(reply.as_bytes()).contains(&"USERNAME"));
                assert!(check(ShortTermServer::new(), &indication).is_ok());
            }
            (Err(Some(reply)), Err(code)) => {
                assert_eq!(types(&reply), ["ERROR-CODE"]);
                let reply = Message::parse(&reply).unwrap();
                assert_eq!(reply.get::<ErrorCode>().unwrap().unwrap().code(), code);
                assert_eq!(check(ShortTermServer::new(), &indication), Err(None));
            }
            other => panic!("{other:?}"),
        }
    }
    let response = message(Class::SuccessResponse, user, &[SHA1], &right);
    assert_eq!(check(ShortTermServer::new(), &response), Err(None));
    // With both attributes only SHA-256 is checked: the SHA-1 tag may be wrong.
    let both = message(Class::Request, user, &[SHA1, SHA256], &right);
    let mut changed = both.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(check(ShortTermServer::new(), &changed).is_err());
    // The application's policy.
    let strict = ShortTermServer::with_policy(Policy::default().sha256_only());
    let sha1 = message(Class::Request, user, &[SHA1], &right);
    assert!(check(strict, &sha1).is_err());
    assert!(check(strict, &both).is_ok());
}

// §9.1.3: the integrity attribute of the response is that of the request, even if the request has a NONCE, which
// means nothing in this mechanism.
#[test]
fn requests_with_a_nonce() {
    let key = key();
    for (tag, nonce) in [
        (SHA1, "fresh"),
        (SHA256, "fresh"),
        (SHA1, "obMatJos2gAAAfresh"),
        (SHA256, "obMatJos2gAAAfresh"),
    ] {
        let mut packet = Vec::new();
        let writer = MessageWriter::request(&mut packet, Method::BINDING, id())
            .unwrap()
            .with(&Nonce::new(nonce).unwrap())
            .unwrap()
            .with(&PasswordAlgorithm::MD5)
            .unwrap();
        let mut client = ShortTermClient::new("user", &key)
            .algorithm(tag)
            .fingerprint();
        let (_, sent) = client.sign(writer).unwrap();
        let reply = check(ShortTermServer::new(), &packet).unwrap();
        let reply = Message::parse(&reply).unwrap();
        assert!(reply.protection().integrity().eq([tag]), "{tag:?} {nonce}");
        assert!(reply.fingerprint().is_valid());
        assert!(matches!(
            client.response(&sent, &reply),
            Response::Verified(_)
        ));
    }
}

fn answer(tags: &[IntegrityAlgorithm], key: &Key) -> Vec<u8> {
    message(Class::SuccessResponse, None, tags, key)
}

// §9.1.2, §9.1.4 and §9.1.5.
#[test]
fn sending() {
    let (right, wrong) = (key(), Key::short_term("wrong"));
    let both = ["USERNAME", "MESSAGE-INTEGRITY", "MESSAGE-INTEGRITY-SHA256"];
    let sha1 = ["USERNAME", "MESSAGE-INTEGRITY"];
    let sha256 = ["USERNAME", "MESSAGE-INTEGRITY-SHA256"];
    let sign = |client: &ShortTermClient<&str, &Key>| {
        let mut bytes = Vec::new();
        let writer = MessageWriter::request(&mut bytes, Method::BINDING, id()).unwrap();
        let (_, sent) = client.sign(writer).unwrap();
        assert!(check(ShortTermServer::new(), &bytes).is_ok());
        (bytes, sent)
    };
    let fresh = || ShortTermClient::new("user", &right);
    for (client, first, tag, expected, then) in [
        (fresh(), &both[..], SHA1, true, &sha1[..]),
        (fresh(), &both, SHA256, true, &sha256),
        (fresh().algorithm(SHA1), &sha1, SHA1, true, &sha1),
        (fresh().algorithm(SHA1), &sha1, SHA256, false, &sha1),
        (fresh().algorithm(SHA256), &sha256, SHA256, true, &sha256),
        (fresh().algorithm(SHA256), &sha256, SHA1, false, &sha256),
    ] {
        let mut client = client;
        let (packet, sent) = sign(&client);
        assert_eq!(types(&packet), first);
        for forged in [answer(&[], &right), answer(&[tag], &wrong)] {
            let forged = Message::parse(&forged).unwrap();
            assert!(matches!(
                client.response(&sent, &forged),
                Response::Violation
            ));
            assert_eq!(sign(&client).0, packet);
        }
        let bytes = answer(&[tag], &right);
        let response = client.response(&sent, &Message::parse(&bytes).unwrap());
        assert_eq!(matches!(response, Response::Verified(_)), expected);
        assert_eq!(matches!(response, Response::Violation), !expected);
        assert_eq!(types(&sign(&client).0), then);
    }
    let (packet, sent) = sign(&fresh().fingerprint());
    assert_eq!(types(&packet).last(), Some(&"FINGERPRINT"));
    // An authenticated error response, and messages that do not answer the request.
    let mut client = fresh();
    let mut error = Vec::new();
    MessageWriter::error_to(
        &mut error,
        Header::request(Method::BINDING, id()),
        Code::ROLE_CONFLICT,
    )
    .unwrap()
    .integrity(&right)
    .unwrap()
    .finish()
    .unwrap();
    let message = Message::parse(&error).unwrap();
    let Response::Refused(error, Some(_)) = client.response(&sent, &message) else {
        panic!("not refused");
    };
    assert_eq!(error.code(), Code::ROLE_CONFLICT);
    let request = Message::parse(&packet).unwrap();
    assert!(matches!(client.response(&sent, &request), Response::Ignore));
}

// An indication is signed like a request; a client signs no response.
#[test]
fn classes() {
    let key = key();
    let client = ShortTermClient::new("user", &key).algorithm(SHA1);
    let mut bytes = Vec::new();
    let indication = MessageWriter::indication(&mut bytes, Method::BINDING, id()).unwrap();
    assert!(client.sign(indication).is_ok());
    assert!(check(ShortTermServer::new(), &bytes).is_ok());
    let mut bytes = Vec::new();
    let response = Header::success(Method::BINDING, id());
    assert!(
        client
            .sign(MessageWriter::new(&mut bytes, response).unwrap())
            .is_err()
    );
}

// Keys are not printed.
#[test]
fn printing() {
    let key = key();
    let client = ShortTermClient::new("user", &key);
    assert_eq!(
        format!("{client:?}"),
        "ShortTermClient { username: \"user\", .. }"
    );
    let packet = message(Class::Request, Some("user"), &[SHA1], &key);
    let request = Message::parse(&packet).unwrap();
    let mut claimed = String::new();
    let check = ShortTermServer::new().check(&request, |claim| {
        assert_eq!(claim.username(), Username::new("user").unwrap());
        claimed = format!("{claim:?}");
        Some(&key)
    });
    assert!(matches!(check, Check::Verified(_)));
    assert_eq!(
        claimed,
        format!("ShortTermClaim {{ message: {request:?}, user: Name(\"user\"), .. }}")
    );
}
