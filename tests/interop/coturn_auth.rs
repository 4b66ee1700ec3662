//! coturn's `turnserver` with credentials from an authorization server: time-limited credentials
//! (`use-auth-secret`) and OAuth tokens (`oauth`, RFC 7635).

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, SystemTime};

use stunwire::attribute::{
    Nonce, Realm, RequestedTransport, ThirdPartyAuthorization, Username, XorRelayedAddress,
};
use stunwire::auth::oauth::{Token, TokenKey};
use stunwire::auth::{UnixTime, rest};
use stunwire::{Dialect, Key, Message, MessageWriter, Method, TransactionId};

use crate::client::link::Link;
use crate::harness::tests;
use crate::login;
use crate::programs::{PYTHON, SQLITE, TURNSERVER, own};
use crate::support::{LOOPBACK, Server, answers, field, free_port, run, text};

tests! {
    [TURNSERVER] => [time_limited_credentials],
    [TURNSERVER, SQLITE] => [oauth_tokens],
}

const REALM: &str = "example.org";
const NAME: &str = "turn.example.org";
const LIMIT: Duration = Duration::from_secs(60);

/// The keys that the authorization server and coturn share: id, bytes and algorithm.
const SHARED: [(&str, &[u8], &str); 2] = [
    ("long", b"the 32 bytes of a long-term key!", "A256GCM"),
    ("short", b"the 16 bytes of.", "A128GCM"),
];

fn turnserver(options: &[&str], database: Option<&std::path::Path>) -> (Server, SocketAddr) {
    Server::start(
        |folder| {
            let port = free_port(&[LOOPBACK]);
            let mut command = Command::new("turnserver");
            command
                .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--simple-log"])
                .args(["--log-file", "stdout"])
                .args(["--lt-cred-mech", "--realm", REALM])
                .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1"])
                .args(["--listening-port", &port.to_string()])
                .arg("--userdb")
                .arg(database.map_or_else(|| folder.file("users"), Into::into))
                .arg("--pidfile")
                .arg(folder.file("pid"))
                .args(options);
            (command, SocketAddr::new(LOOPBACK, port))
        },
        |address| answers(*address),
    )
}

fn now() -> UnixTime {
    UnixTime::from(SystemTime::now())
}

/// Valid credentials, expired credentials, and credentials from another secret.
fn time_limited_credentials() {
    let options = ["--use-auth-secret", "--static-auth-secret=north"];
    let (_server, address) = turnserver(&options, None);
    for (secret, expires, expected) in [
        ("north", now() + Duration::from_secs(3600), "ok"),
        (
            "north",
            UnixTime::from_secs(1_500_000_000),
            "401: wrong user name or password",
        ),
        (
            "south",
            now() + Duration::from_secs(3600),
            "401: wrong user name or password",
        ),
    ] {
        let secret = Key::from_bytes(secret.as_bytes());
        let credentials = rest::credentials(&secret, "alice", expires).unwrap();
        let mut command = own("turn_status");
        command
            .arg(address.to_string())
            .args(["--user", &credentials.username])
            .args(["--password", credentials.password.as_str()]);
        let output = run(&mut command, LIMIT);
        let said = text(&output);
        assert_eq!(field(&said, "status"), expected, "{said}");
    }
}

/// Tokens that this crate has sealed, with keys of both lengths. coturn uses the first 16 bytes of the session
/// key for the integrity.
fn oauth_tokens() {
    let folder = crate::support::Folder::new();
    let database = folder.file("users");
    let options = ["--oauth", "--server-name", NAME];
    // The first run creates the tables.
    drop(turnserver(&options, Some(&database)));
    for (id, key, algorithm) in SHARED {
        let script = "import base64, sqlite3, sys\n\
            with sqlite3.connect(sys.argv[1]) as users:\n    \
            users.execute('insert into oauth_key (kid, ikm_key, timestamp, lifetime, as_rs_alg, realm)'\n        \
            ' values (?, ?, 0, 0, ?, \"\")', (sys.argv[2], base64.b64encode(sys.argv[3].encode()).decode(), sys.argv[4]))";
        let mut command = Command::new(PYTHON);
        command.args(["-c", script]).arg(&database).args([
            id,
            core::str::from_utf8(key).unwrap(),
            algorithm,
        ]);
        let output = run(&mut command, LIMIT);
        assert!(output.status.success(), "{}", text(&output));
    }
    let (_server, address) = turnserver(&options, Some(&database));
    let session = b"20 bytes of session.";
    for (id, key, _) in SHARED {
        for (name, issued, accepted) in [
            (NAME, now(), true),
            ("other.example.org", now(), false),
            (NAME, UnixTime::from_secs(1_500_000_000), false),
        ] {
            let mut link = Link::open(address, false).unwrap();
            let answer = login::challenge(&mut link);
            let challenge = Message::parse(&answer.packet).unwrap();
            let (realm, nonce, server) = challenge
                .read::<(Realm, Nonce, ThirdPartyAuthorization)>()
                .unwrap();
            assert_eq!(server.as_bytes(), NAME.as_bytes());

            let token = Token {
                mac_key: session,
                issued,
                lifetime: Duration::from_secs(3600),
            };
            let mut sealed = [0; 64];
            let shared = TokenKey::new(key).unwrap();
            let access_token = shared
                .seal(name, b"12 byte once", &token, &mut sealed)
                .unwrap();
            let integrity = Key::from_bytes(&session[..16]);
            let mut packet = Vec::new();
            MessageWriter::request(
                &mut packet,
                Method::ALLOCATE,
                TransactionId::random().unwrap(),
            )
            .unwrap()
            .with(&RequestedTransport::UDP)
            .unwrap()
            .with(&Username::new(id).unwrap())
            .unwrap()
            .with(&realm)
            .unwrap()
            .with(&nonce)
            .unwrap()
            .with(&access_token)
            .unwrap()
            .integrity(&integrity)
            .unwrap()
            .finish()
            .unwrap();
            let answer = link.ask(Dialect::RFC8489, &packet).unwrap();
            let response = Message::parse(&answer.packet).unwrap();
            if accepted {
                let response = response.verify(&integrity).unwrap();
                assert!(response.get::<XorRelayedAddress>().unwrap().is_some());
            } else {
                assert!(response.is_error_response(), "{name} {issued}: {response}");
            }
        }
    }
}
