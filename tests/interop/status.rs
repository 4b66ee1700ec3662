//! `turn_status` explains errors that turnserver does not produce, and `turn_udp` releases its allocation after one: a
//! server of the test sends the responses.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use stunwire::attribute::{Lifetime, XorMappedAddress, XorRelayedAddress};
use stunwire::reply::{Challenge, Reply};
use stunwire::{Code, Credentials, ErrorCode, Key, Message, MessageWriter, Method};

use crate::harness::tests;
use crate::programs::own;
use crate::support::{LOOPBACK, field, run, text};

tests! {
    [] => [
        error_descriptions,
        nonce_always_stale,
        unsigned_answer_refused,
        open_server,
        released_after_an_error,
        no_answer,
    ],
}

const LIMIT: Duration = Duration::from_secs(60);
const REALM: &str = "example.org";

/// Answers the first request with a 401 and every other with what `answer` writes.
fn server(answer: impl Fn(&Message<'_>, &mut Vec<u8>) + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    // The thread ends after this time without a request.
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        let mut is_first = true;
        while let Ok((n, client)) = socket.recv_from(&mut buffer) {
            let request = Message::parse(&buffer[..n]).unwrap();
            let mut out = Vec::new();
            if is_first {
                let challenge = Challenge::new(REALM, "first").unwrap();
                challenge.unauthenticated(&request).write(&mut out).unwrap();
            } else {
                answer(&request, &mut out);
            }
            is_first = false;
            socket.send_to(&out, client).unwrap();
        }
    });
    address
}

/// The key of the user, with whose name and password the clients are started.
fn key() -> Key {
    let credentials = Credentials {
        username: "user",
        password: "secret",
    };
    Key::long_term(&credentials, REALM)
}

/// The status that `turn_status` prints for this server, which answers with errors.
fn status(server: SocketAddr) -> String {
    let mut command = own("turn_status");
    command
        .arg(server.to_string())
        .args(["--user", "user", "--password", "secret"]);
    let output = run(&mut command, LIMIT);
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    field(&said, "status").to_owned()
}

fn error_descriptions() {
    for (code, sentence) in [
        (300, "another server must be used"),
        (
            431,
            "the server computes a different MESSAGE-INTEGRITY: the password or the realm differs, \
             or the message was changed on the way",
        ),
        (
            437,
            "the server has another allocation for this address and port: one that was not \
             released, or that has expired",
        ),
        (441, "the allocation belongs to another user"),
        (508, "the server has no port or bandwidth left"),
        (699, "the server refused the request"),
    ] {
        let server = server(move |request, out| {
            let code = ErrorCode::new(Code::new(code).unwrap(), "In the server's words").unwrap();
            let reply = MessageWriter::error_to(out, request, code).unwrap();
            reply.integrity(&key()).unwrap().finish().unwrap();
        });
        let expected = format!("{code} \"In the server's words\": {sentence}");
        assert_eq!(status(server), expected);
    }
    println!("turn_status: 6 errors explained, with the server's reason phrases");
}

fn nonce_always_stale() {
    let server = server(|request, out| {
        let challenge = Challenge::new(REALM, "and another").unwrap();
        challenge.stale_nonce(request).write(out).unwrap();
    });
    assert_eq!(
        status(server),
        "438: the server refuses its own new nonce: do several servers use different nonce \
         keys?"
    );
}

/// RFC 8489 §9.2.5: a response with an invalid integrity attribute is discarded.
fn unsigned_answer_refused() {
    let signed_with = |key: Option<Key>| {
        server(move |request, out| {
            let address = "127.0.0.1:7".parse().unwrap();
            let mut reply = MessageWriter::success_to(out, request).unwrap();
            reply
                .attribute(&XorRelayedAddress(address))
                .and_then(|reply| reply.attribute(&XorMappedAddress(address)))
                .and_then(|reply| reply.attribute(&Lifetime::from_secs(600)))
                .unwrap();
            match &key {
                Some(key) => drop(reply.integrity(key).unwrap().finish().unwrap()),
                None => drop(reply.finish().unwrap()),
            }
        })
    };
    assert_eq!(
        status(signed_with(None)),
        "the response is not authenticated"
    );
    let other = Key::long_term(
        &Credentials {
            username: "user",
            password: "guess",
        },
        REALM,
    );
    assert_eq!(
        status(signed_with(Some(other))),
        "the response is not authenticated"
    );
    // coturn does not sign the 437 to a second Allocate.
    let unsigned = server(|request, out| {
        let reply = Reply::new(request, Code::ALLOCATION_MISMATCH);
        reply.write(out).unwrap();
    });
    assert_eq!(
        status(unsigned),
        "437 Allocation Mismatch, in a response that is not authenticated"
    );
}

/// A server that requires no credentials: its allocation is released.
fn open_server() {
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let address = socket.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut buffer = [0; 1500];
        let (n, client) = socket.recv_from(&mut buffer).unwrap();
        let allocate = Message::parse(&buffer[..n]).unwrap();
        assert_eq!(allocate.method(), Method::ALLOCATE);
        let mut out = Vec::new();
        MessageWriter::success_to(&mut out, allocate)
            .and_then(|reply| reply.finish())
            .unwrap();
        socket.send_to(&out, client).unwrap();
        let (n, _) = socket.recv_from(&mut buffer).unwrap();
        let refresh = Message::parse(&buffer[..n]).unwrap();
        assert_eq!(refresh.method(), Method::REFRESH);
        assert_eq!(refresh.get(), Ok(Some(Lifetime::from_secs(0))));
    });
    assert_eq!(status(address), "the server allocates without credentials");
    server.join().unwrap();
}

/// Otherwise the allocation counts against the user's quota until it expires.
fn released_after_an_error() {
    let (sender, requests) = mpsc::channel();
    let server = server(move |request, out| {
        sender
            .send((request.method(), request.get::<Lifetime>().unwrap()))
            .unwrap();
        let reply = match request.method() {
            Method::CREATE_PERMISSION => MessageWriter::error_to(out, request, Code::FORBIDDEN),
            _ => MessageWriter::success_to(out, request),
        };
        let mut reply = reply.unwrap();
        if request.method() == Method::ALLOCATE {
            let relayed = XorRelayedAddress("127.0.0.1:7".parse().unwrap());
            reply.attribute(&relayed).unwrap();
        }
        reply.integrity(&key()).unwrap().finish().unwrap();
    });
    let mut command = own("turn_udp");
    command
        .arg(server.to_string())
        .args(["--user", "user", "--password", "secret"]);
    let output = run(&mut command, LIMIT);
    assert!(!output.status.success());
    assert_eq!(
        text(&output).lines().last(),
        Some("turn_udp: 403 Forbidden")
    );
    let requests: Vec<_> = requests.try_iter().collect();
    assert_eq!(
        requests,
        [
            (Method::ALLOCATE, None),
            (Method::CREATE_PERMISSION, None),
            (Method::REFRESH, Some(Lifetime::from_secs(0))),
        ]
    );
}

fn no_answer() {
    let silent = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    let begin = Instant::now();
    assert_eq!(
        status(silent.local_addr().unwrap()),
        "no answer: the server is down, or something on the way drops the packets"
    );
    // Four requests, after 0.5, 1, 2 and 4 seconds, are in the socket's buffer.
    let took = begin.elapsed();
    assert!((7..12).contains(&took.as_secs()), "{took:?}");
    silent
        .set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    let mut buffer = [0; 64];
    let mut requests = Vec::new();
    while let Ok(n) = silent.recv(&mut buffer) {
        requests.push(buffer[..n].to_vec());
    }
    assert_eq!(requests.len(), 4);
    assert!(requests.windows(2).all(|pair| pair[0] == pair[1]));

    let closed = silent.local_addr().unwrap();
    drop(silent);
    assert_eq!(status(closed), "no answer: no program listens on this port");
}
