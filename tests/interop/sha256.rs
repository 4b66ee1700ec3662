//! The server and the client of the crate `stun-proto`, in memory: an independent implementation of SHA-256,
//! USERHASH and MD5.

use std::net::SocketAddr;
use std::time::Duration;

use stun_proto::Instant;
use stun_proto::auth::{
    Feature, LongTermClientAuth, LongTermClientValidation, LongTermServerAuth,
    LongTermServerAuthErrorReason, LongTermServerValidation,
};
use stun_proto::types::attribute::ErrorCode as TheirErrorCode;
use stun_proto::types::message::{
    BINDING, IntegrityAlgorithm as Theirs, LongTermCredentials, Message as TheirMessage,
    MessageWrite as _, MessageWriteExt as _, MessageWriteVec,
};
use stunwire::attribute::PasswordAlgorithm;
use stunwire::auth::{Check, LongTermClient, LongTermServer, NonceMint, Response, UnixTime};
use stunwire::{IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId};

use crate::harness::tests;

tests! {
    [] => [their_client, their_server],
}

const REALM: &str = "example.org";
const USER: &str = "user";
const PASSWORD: &str = "secret";

fn address() -> SocketAddr {
    "192.0.2.1:50000".parse().unwrap()
}

fn credentials() -> LongTermCredentials {
    LongTermCredentials::new(USER.into(), PASSWORD.into())
}

/// The client of `stun-proto` logs in to this crate's server, with each list of algorithms of both.
fn their_client() {
    let now = UnixTime::from_secs(1_700_000_000);
    let both: &[_] = &[PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
    for (offered, supported, anonymous, expected) in [
        (both, &[Theirs::Sha256][..], false, Theirs::Sha256),
        (both, &[Theirs::Sha256, Theirs::Sha1], false, Theirs::Sha256),
        (both, &[Theirs::Sha256], true, Theirs::Sha256),
        (
            &[PasswordAlgorithm::SHA256],
            &[Theirs::Sha256],
            false,
            Theirs::Sha256,
        ),
        (&[], &[Theirs::Sha1], false, Theirs::Sha1),
    ] {
        let nonces = NonceMint::new(Key::from_bytes(b"secret of the server"));
        let mut server = LongTermServer::new(REALM, nonces).unwrap().offer(offered);
        let mut client = LongTermClientAuth::new();
        client.set_credentials(credentials());
        client.set_supported_integrity(supported[0]);
        for algorithm in &supported[1..] {
            client.add_supported_integrity(*algorithm);
        }
        if anonymous {
            server = server.username_anonymity();
            client.set_anonymous_username(Feature::Required);
        }
        let mut outcomes = Vec::new();
        for _ in 0..2 {
            let request = TheirMessage::builder_request(BINDING, MessageWriteVec::new());
            let request = client.sign_outgoing_message(request).unwrap().finish();
            let message = Message::parse(&request).unwrap();
            let mut reply = Vec::new();
            match server.check(&message, address(), now, |claim| {
                assert!(claim.user().is(USER, REALM));
                claim.derive_key(USER, PASSWORD)
            }) {
                Check::Verified(request) => {
                    MessageWriter::success_to(&mut reply, &request)
                        .unwrap()
                        .finish_like(&request)
                        .unwrap();
                }
                Check::Reply(challenge) => {
                    challenge.write(&mut reply).unwrap();
                }
                Check::Ignore => panic!("ignored"),
            }
            let reply = TheirMessage::from_bytes(&reply).unwrap();
            outcomes.push(client.validate_incoming_message(&reply).unwrap());
        }
        let [
            LongTermClientValidation::ResendRequest(None),
            LongTermClientValidation::Validated(by),
        ] = &outcomes[..]
        else {
            panic!("{offered:?} {supported:?}: {outcomes:?}");
        };
        assert_eq!(*by, expected, "{offered:?} {supported:?}");
    }
}

/// This crate's client logs in to the server of `stun-proto`, and verifies the tag of its response.
fn their_server() {
    for (supported, anonymous, expected) in [
        (&[Theirs::Sha256][..], false, IntegrityAlgorithm::SHA256),
        (
            &[Theirs::Sha256, Theirs::Sha1],
            false,
            IntegrityAlgorithm::SHA256,
        ),
        (&[Theirs::Sha256], true, IntegrityAlgorithm::SHA256),
    ] {
        let mut server = LongTermServerAuth::new(REALM.into());
        server.add_user(credentials());
        server.set_supported_integrity(supported[0]);
        for algorithm in &supported[1..] {
            server.add_supported_integrity(*algorithm);
        }
        server.set_anonymous_username(if anonymous {
            Feature::Required
        } else {
            Feature::Disabled
        });
        let now = Instant::ZERO + Duration::from_secs(1);
        let mut client = LongTermClient::new(USER, PASSWORD);

        let (packet, sent) = request(&client, *b"request one!");
        let message = TheirMessage::from_bytes(&packet).unwrap();
        let refused = server.validate_incoming_message(&message, address(), now);
        assert_eq!(
            refused.unwrap_err().reason(),
            LongTermServerAuthErrorReason::Unauthorized
        );
        let mut challenge = TheirMessage::builder_error(&message, MessageWriteVec::new());
        let code = TheirErrorCode::builder(TheirErrorCode::UNAUTHORIZED)
            .build()
            .unwrap();
        challenge.add_attribute(&code).unwrap();
        let challenge = server
            .sign_outgoing_message(challenge, address())
            .unwrap()
            .finish();
        let challenge = Message::parse(&challenge).unwrap();
        assert!(matches!(
            client.response(&sent, &challenge),
            Response::Retry
        ));

        let (packet, sent) = request(&client, *b"request two!");
        let message = TheirMessage::from_bytes(&packet).unwrap();
        let LongTermServerValidation::Validated(by) = server
            .validate_incoming_message(&message, address(), now)
            .unwrap();
        assert_eq!(by, Theirs::Sha256);
        let success = TheirMessage::builder_success(&message, MessageWriteVec::new());
        let success = server
            .sign_outgoing_message(success, address())
            .unwrap()
            .finish();
        let success = Message::parse(&success).unwrap();
        let verified = success.verify(client.key().unwrap()).unwrap();
        assert_eq!(verified.algorithm(), expected);
        // It repeats the nonce, which announces PASSWORD-ALGORITHMS, without the list: RFC 8489 §9.2.5 has
        // the client ignore such a response.
        assert!(matches!(client.response(&sent, &success), Response::Ignore));
    }
}

fn request(
    client: &LongTermClient<stunwire::Credentials<&str, &str>>,
    id: [u8; 12],
) -> (Vec<u8>, stunwire::auth::Sent) {
    let mut packet = Vec::new();
    let writer =
        MessageWriter::request(&mut packet, Method::BINDING, TransactionId::new(id)).unwrap();
    let (_, sent) = client.sign(writer).unwrap();
    (packet, sent)
}
