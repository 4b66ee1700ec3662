//! What an application does with bytes from the network.

use std::fmt::Write;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};

use stunwire::attribute::{
    AlternateServer, Lifetime, Nonce, PasswordAlgorithms, Priority, Realm, UnknownAttributes,
    Username, XorMappedAddress, XorPeerAddress,
};
use stunwire::auth::{Check, LongTermClient, LongTermServer, NonceMint, Response, UnixTime};
use stunwire::framing::{FrameError, MsTcp, Next, Rfc4571, StunTcp, resync, sniff};
use stunwire::uri::Uri;
use stunwire::{
    Credentials, Dialect, ErrorCode, Key, Message, MessageWriter, Method, TransactionId, relay,
    reply, turn,
};

/// An operation that reads bytes.
pub struct Operation {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "parse",
        run: |bytes| {
            black_box(Message::parse(bytes).is_ok());
        },
    },
    Operation {
        name: "detect-and-parse",
        run: |bytes| {
            let dialect = Dialect::detect(bytes).unwrap_or(Dialect::RFC8489);
            black_box(dialect.parse(bytes).is_ok());
        },
    },
    Operation {
        name: "iterate",
        run: |bytes| {
            with(bytes, |message| {
                black_box(message.attributes().map(|raw| raw.offset()).sum::<usize>());
            })
        },
    },
    Operation {
        name: "read",
        run: |bytes| {
            with(bytes, |message| {
                type Fields<'a> = (
                    Option<Username<'a>>,
                    Option<Realm<'a>>,
                    Option<Nonce<'a>>,
                    Option<Priority>,
                    Option<Lifetime>,
                );
                black_box(message.read::<Fields<'_>>().is_ok());
                black_box(
                    message
                        .read::<(XorMappedAddress, Option<ErrorCode<'_>>)>()
                        .is_ok(),
                );
            })
        },
    },
    Operation {
        name: "get-all",
        run: |bytes| {
            with(bytes, |message| {
                black_box(
                    message
                        .get_all::<XorPeerAddress>()
                        .filter(Result::is_ok)
                        .count(),
                );
                black_box(
                    message
                        .get_all::<AlternateServer>()
                        .filter(Result::is_ok)
                        .count(),
                );
            })
        },
    },
    Operation {
        name: "lists",
        run: |bytes| {
            with(bytes, |message| {
                if let Ok(Some(list)) = message.get::<PasswordAlgorithms<'_>>() {
                    black_box(list.iter().count());
                }
                if let Ok(Some(list)) = message.get::<UnknownAttributes<'_>>() {
                    black_box(list.iter().count());
                }
            })
        },
    },
    Operation {
        name: "decode-every-attribute",
        run: |bytes| {
            with(bytes, |message| {
                black_box(
                    message
                        .all_attributes()
                        .filter(|raw| raw.to_any().is_ok())
                        .count(),
                );
            })
        },
    },
    Operation {
        name: "unknown-attributes",
        run: |bytes| {
            with(bytes, |message| {
                let known = [stunwire::attribute::AttributeType::USERNAME];
                if let Some(reply) = reply::unknown_attributes(message, &known) {
                    black_box(reply.write(&mut [0; 512]).is_ok());
                }
            })
        },
    },
    Operation {
        name: "verify",
        run: |bytes| {
            with(bytes, |message| {
                black_box(message.verify(&Key::from_bytes(b"a key")).is_ok());
            })
        },
    },
    Operation {
        name: "fingerprint",
        run: |bytes| {
            with(bytes, |message| {
                black_box(message.fingerprint());
            })
        },
    },
    Operation {
        name: "server-check",
        run: |bytes| with(bytes, server),
    },
    Operation {
        name: "client-response",
        run: |bytes| with(bytes, client),
    },
    Operation {
        name: "turn-check",
        run: |bytes| {
            with(bytes, |message| {
                let support = turn::Capabilities::udp(turn::Families::BOTH).with_tcp(true);
                black_box(turn::check(message, support, Some(turn::Families::BOTH)).is_ok());
                black_box(turn::check(message, support, None).is_ok());
            })
        },
    },
    Operation {
        name: "relay-read",
        run: |bytes| {
            with(bytes, |message| {
                black_box(relay::read(message).is_ok());
            })
        },
    },
    Operation {
        name: "rewrite",
        run: |bytes| {
            with(bytes, |message| {
                let mut out = Vec::with_capacity(70_000);
                let written = message
                    .rewrite(&mut out, |_, _| Ok(stunwire::Rewrite::Keep))
                    .and_then(MessageWriter::finish);
                black_box(written.is_ok());
            })
        },
    },
    Operation {
        name: "print",
        run: |bytes| {
            with(bytes, |message| {
                let mut text = String::new();
                black_box(write!(text, "{message:#}").is_ok());
            })
        },
    },
    Operation {
        name: "frames-stun-tcp",
        run: |bytes| frames(bytes, |rest| StunTcp::new().next(rest)),
    },
    Operation {
        name: "frames-rfc4571",
        run: |bytes| frames(bytes, |rest| Rfc4571::new().next(rest)),
    },
    Operation {
        name: "frames-ms-tcp",
        run: |bytes| frames(bytes, |rest| MsTcp::new().next(rest)),
    },
    Operation {
        name: "sniff",
        run: |bytes| {
            black_box(sniff(bytes));
        },
    },
    Operation {
        name: "resync",
        run: |bytes| {
            black_box(resync(bytes));
        },
    },
    Operation {
        name: "uri",
        run: |bytes| {
            if let Ok(text) = std::str::from_utf8(bytes) {
                black_box(Uri::parse(text).is_ok());
            }
        },
    },
];

fn with(bytes: &[u8], run: impl Fn(&Message<'_>)) {
    if let Ok((message, _)) = Message::parse_prefix(bytes) {
        run(&message);
    }
}

/// Reads frames until one is incomplete or invalid.
fn frames<'a, F>(bytes: &'a [u8], next: impl Fn(&'a [u8]) -> Result<Next<F>, FrameError>) {
    let mut rest = bytes;
    while let Ok(Next::Frame { consumed, .. }) = next(rest) {
        rest = &rest[consumed..];
    }
    black_box(rest);
}

const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50000);

fn server(message: &Message<'_>) {
    let nonces = NonceMint::new(Key::from_bytes(b"a secret"));
    let server = LongTermServer::new("example.org", nonces).expect("a short realm");
    let check = server.check(
        message,
        CLIENT,
        UnixTime::from_secs(1_700_000_000),
        |claim| claim.derive_key("user", "password"),
    );
    if let Check::Reply(reply) = check {
        black_box(reply.write(&mut [0; 512]).is_ok());
    }
}

fn client(message: &Message<'_>) {
    let credentials = Credentials {
        username: "user",
        password: "password",
    };
    let mut client: LongTermClient<_> = LongTermClient::with_credentials(credentials);
    let mut out = [0; 512];
    let id = TransactionId::new(*b"abcdefghijkl");
    let request = MessageWriter::request(&mut out, Method::ALLOCATE, id).expect("it has room");
    let (_, sent) = client.sign(request).expect("it has room");
    black_box(matches!(client.response(&sent, message), Response::Retry));
}
