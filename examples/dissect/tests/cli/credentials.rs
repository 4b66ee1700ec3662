//! Checking MESSAGE-INTEGRITY with credentials.

use serde_json::{Value, json};
use stunwire::attribute::{Nonce, Realm, Username};
use stunwire::{Credentials, Header, Key, MessageWriter, Method, TransactionId};

use crate::messages::{self, ICE_PASSWORD, PASSWORD, USER, hex};
use crate::support::{CLIENT, Capture, File, SERVER, complaint, digits, lines, records_with, run};

fn integrity(bytes: &[u8], credentials: &[&str]) -> String {
    let text = digits(bytes);
    let arguments = [&["--json", "--hex", &text], credentials].concat();
    let lines = lines(&run(&arguments));
    assert_eq!(lines.len(), 1);
    lines[0]["integrity"].as_str().unwrap().to_owned()
}

#[test]
fn short_term_credentials() {
    for bytes in [messages::rfc5769_request(), messages::rfc5769_ipv6()] {
        assert_eq!(integrity(&bytes, &["--key", ICE_PASSWORD]), "valid");
        assert_eq!(integrity(&bytes, &["--key", "wrong"]), "invalid");
        assert_eq!(integrity(&bytes, &[]), "no-key");
    }
    let blog = messages::ms_ice2();
    assert_eq!(
        integrity(&blog, &["--key", "ydYldnHIRgbOUr1MYUGy4t0g"]),
        "valid"
    );
    let unsigned = hex("00010000 2112a442 b7e7a701bc34d686fa87dfae");
    assert_eq!(integrity(&unsigned, &["--key", "any"]), "absent");
}

/// By MD5 and by SHA-256, with a realm that is given and with the message's own.
#[test]
fn long_term_credentials() {
    for bytes in [messages::rfc5769_long_term(), messages::rfc8489_b1()] {
        let user = ["--user", USER, "--password", PASSWORD];
        let with = |more: &[&str]| integrity(&bytes, &[&user[..], more].concat());
        assert_eq!(with(&[]), "valid");
        assert_eq!(with(&["--realm", "example.org"]), "valid");
        // The message is of another realm.
        assert_eq!(with(&["--realm", "example.com"]), "no-key");
        let wrong = ["--user", USER, "--password", "wrong"];
        assert_eq!(integrity(&bytes, &wrong), "invalid");
    }
    // A message of MS-TURN under a given realm, and one whose key needs a nonce that it lacks.
    let user = ["--user", "user", "--realm", "realm", "--password", "pass"];
    assert_eq!(integrity(&messages::ms_turn_b(), &user), "valid");
    assert_eq!(integrity(&messages::ms_turn_c(), &user), "no-key");
}

#[test]
fn realms_are_remembered() {
    // A success response names no realm; its key is that of the challenge before it.
    let challenge = hex("0113000c 2112a442 b7e7a701bc34d686fa87dfae 00140005 7265616c6d000000");
    let mut answer = Vec::new();
    let id = stunwire::TransactionId::new(*b"abcdefghijkl");
    let header = stunwire::Header::success(stunwire::Method::ALLOCATE, id);
    let key = stunwire::Key::long_term(
        &Credentials {
            username: "user",
            password: "pass",
        },
        "realm",
    );
    stunwire::MessageWriter::new(&mut answer, header)
        .and_then(|message| message.integrity(&key)?.finish().map(drop))
        .unwrap();
    let mut capture = Capture::new();
    capture.udp(SERVER, CLIENT, &challenge);
    capture.udp(SERVER, CLIENT, &answer);
    let file = capture.file();
    let arguments = [
        "--json",
        "--user",
        "user",
        "--password",
        "pass",
        file.path(),
    ];
    let units = lines(&run(&arguments));
    assert_eq!(units[0]["integrity"], "absent");
    assert_eq!(units[1]["integrity"], "valid");
}

/// The longer tag's key has the nonce in it, which only the challenge and requests name.
#[test]
fn ms_turns_longer_tag() {
    let arguments = [
        "--json",
        "--user",
        "AQJ1czplcg==",
        "--password",
        "gHBhc3M=",
        "--base64",
        "--hex",
        messages::MS_TURN_SHA256,
    ];
    let line = &lines(&run(&arguments))[0];
    assert_eq!(
        (&line["dialect"], &line["integrity"]),
        (&json!("ms-turn"), &json!("valid"))
    );
}

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn ice_check(username: &str, password: &str, id: [u8; 12]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = Header::request(Method::BINDING, TransactionId::new(id));
    let mut message = MessageWriter::new(&mut bytes, header).unwrap();
    message
        .attribute(&Username::new(username).unwrap())
        .unwrap();
    let key = Key::short_term(password);
    message.integrity(&key).unwrap().finish().unwrap();
    bytes
}

fn ice_answer(password: &str, id: [u8; 12]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = Header::success(Method::BINDING, TransactionId::new(id));
    let message = MessageWriter::new(&mut bytes, header).unwrap();
    let key = Key::short_term(password);
    message.integrity(&key).unwrap().finish().unwrap();
    bytes
}

fn allocate(user: &str, password: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = Header::request(Method::ALLOCATE, ID);
    let mut message = MessageWriter::new(&mut bytes, header).unwrap();
    message.attribute(&Username::new(user).unwrap()).unwrap();
    message.attribute(&Realm::new("realm").unwrap()).unwrap();
    message.attribute(&Nonce::new("nonce").unwrap()).unwrap();
    let key = Key::long_term(
        &Credentials {
            username: user,
            password,
        },
        "realm",
    );
    message.integrity(&key).unwrap().finish().unwrap();
    bytes
}

/// Checks in both directions with their answers, and a TURN request: each message has a key of its
/// own.
fn mixed() -> Capture {
    let mut capture = Capture::new();
    capture
        .udp(
            CLIENT,
            SERVER,
            &ice_check("ours:theirs", "our password", *b"check of one"),
        )
        .udp(
            SERVER,
            CLIENT,
            &ice_answer("our password", *b"check of one"),
        )
        .udp(
            SERVER,
            CLIENT,
            &ice_check("theirs:ours", "their password", *b"check of two"),
        )
        .udp(
            CLIENT,
            SERVER,
            &ice_answer("their password", *b"check of two"),
        )
        .udp(CLIENT, SERVER, &allocate("alice", "secret"));
    capture
}

fn integrities(arguments: &[&str]) -> Vec<Value> {
    let records = records_with(&mixed(), arguments);
    records
        .iter()
        .map(|record| record["integrity"].clone())
        .collect()
}

/// "Invalid" means a wrong password or a changed message, so that a credential of another user must not
/// lead to it.
#[test]
fn credentials_that_do_not_apply_are_no_key() {
    let none = ["no-key"; 5];
    assert_eq!(integrities(&[]), none);
    let turn = ["--user", "alice", "--password"];
    let expected = ["no-key", "no-key", "no-key", "no-key", "valid"];
    assert_eq!(integrities(&[&turn[..], &["secret"]].concat()), expected);
    let expected = ["no-key", "no-key", "no-key", "no-key", "invalid"];
    assert_eq!(integrities(&[&turn[..], &["wrong"]].concat()), expected);
    assert_eq!(
        integrities(&["--user", "bob", "--password", "secret"]),
        none
    );
    let expected = ["valid", "valid", "no-key", "no-key", "no-key"];
    assert_eq!(integrities(&["--key", "our password"]), expected);
    assert_eq!(integrities(&["--key", "wrong"]), none);
    let expected = ["invalid", "invalid", "no-key", "no-key", "no-key"];
    assert_eq!(
        integrities(&["--key", "wrong", "--ufrag", "ours"]),
        expected
    );
}

#[test]
fn a_file_of_credentials_checks_every_message() {
    let file = File::new(
        "keys.toml",
        b"[[short-term]]
ufrag = 'ours'
password = 'our password'
[[short-term]]
ufrag = 'theirs'
password = 'wrong'
[[long-term]]
user = 'alice'
password = 'secret'
",
    );
    let expected = ["valid", "valid", "invalid", "invalid", "valid"];
    assert_eq!(integrities(&["--credentials", file.path()]), expected);
    // The key of the TURN request, computed by Python's hashlib: MD5 of alice:realm:secret.
    let file = File::new(
        "keys.json",
        br#"{"key": [{"user": "alice", "hex": "e16233c09b685e3dd5e17671513db3df"}]}"#,
    );
    let expected = ["no-key", "no-key", "no-key", "no-key", "valid"];
    assert_eq!(integrities(&["--credentials", file.path()]), expected);
    let missing = complaint(&run(&["--credentials", "no/such/file"]), 2);
    assert!(missing.contains("no/such/file"), "{missing}");
}

/// The user name and password of coturn's REST API for the secret "north", by Python's hmac.
#[test]
fn a_rest_secret() {
    let file = File::new("keys.toml", b"[[rest]]\nsecret = 'north'\n");
    let bytes = allocate("1700003600:alice", "wjwSXO2ch1B6VaLTLMy2Avn5O9o=");
    let verdict = integrity(&bytes, &["--credentials", file.path()]);
    assert_eq!(verdict, "valid");
    let bytes = allocate("1700003600:alice", "another");
    let verdict = integrity(&bytes, &["--credentials", file.path()]);
    assert_eq!(verdict, "invalid");
}

/// A GOOG-PING with the tag of 4 bytes that replaces MESSAGE-INTEGRITY, by Python's hmac.
#[test]
fn goog_message_integrity_32() {
    let ping = hex("02000008 2112a442 6162636465666768696a6b6c c0600004 5726514f");
    assert_eq!(integrity(&ping, &["--key", "a password of ICE"]), "valid");
    assert_eq!(integrity(&ping, &["--key", "wrong"]), "invalid");
    assert_eq!(integrity(&ping, &[]), "no-key");
}
