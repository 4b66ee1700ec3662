//! Shows the status of a TURN server: whether it is reachable, its round-trip time, the client's public address, the
//! relayed address and, after an error, the probable cause.
//!
//! ```text
//! cargo run --example turn_status turn.example.org:3478 --user USER --password PASSWORD [--tcp] [--rfc5389]
//! ```
//!
//! It makes one allocation with long-term credentials, MD5 or SHA-256, and releases it again.
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "items of a program are not public, and the program uses std"
)]

use std::error::Error;
use std::fmt::Display;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use stunwire::attribute::{
    EncodeAttribute, Lifetime, Realm, RequestedTransport, Software, XorMappedAddress,
    XorRelayedAddress,
};
use stunwire::auth::Failure;
use stunwire::{Code, ErrorCode, Message, Method};

use client::link::Link;
use client::login::{Login, Refused};

mod client {
    pub mod link;
    pub mod login;
}

/// The text of --help.
const HELP: &str = "\
Shows whether a TURN server is reachable, whether it accepts the login, and the addresses that it gives.

usage: turn_status HOST:PORT --user USER --password PASSWORD [--tcp] [--rfc5389]

  --tcp       TCP to the server
  --rfc5389   MD5 and SHA-1 only, for a server whose responses do not follow RFC 8489";

const USAGE: &str =
    "usage: turn_status HOST:PORT --user USER --password PASSWORD [--tcp] [--rfc5389]";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match Args::read().and_then(|args| run(&args)) {
        Ok(()) => {
            line("status", "ok");
            ExitCode::SUCCESS
        }
        Err(error) => {
            line("status", error);
            ExitCode::FAILURE
        }
    }
}

struct Args {
    server: SocketAddr,
    user: String,
    password: String,
    tcp: bool,
    rfc5389: bool,
}

impl Args {
    fn read() -> Result<Self> {
        let (mut server, mut user, mut password) = (None, None, None);
        let (mut tcp, mut rfc5389) = (false, false);
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--user" => user = arguments.next(),
                "--password" => password = arguments.next(),
                "--tcp" => tcp = true,
                "--rfc5389" => rfc5389 = true,
                option if option.starts_with('-') => {
                    return Err(format!("unknown option {option}; {USAGE}").into());
                }
                name => server = name.to_socket_addrs()?.next(),
            }
        }
        Ok(Self {
            server: server.ok_or(USAGE)?,
            user: user.ok_or(USAGE)?,
            password: password.ok_or(USAGE)?,
            tcp,
            rfc5389,
        })
    }
}

fn run(args: &Args) -> Result<()> {
    let transport = if args.tcp { "TCP" } else { "UDP" };
    line("server", format_args!("{} over {transport}", args.server));
    let mut link = Link::open(args.server, args.tcp)?;
    line("local address", link.local_addr()?);

    // The first request has no credentials: the server refuses it with its realm and a nonce.
    let allocate: [&dyn EncodeAttribute; 1] = [&RequestedTransport::UDP];
    let mut login = Login::new(&args.user, &args.password);
    if args.rfc5389 {
        login = login.rfc5389();
    }
    let answer = login.challenge(&mut link, Method::ALLOCATE, &allocate)?;
    line("reachable", "yes");
    let milliseconds = answer.took.as_secs_f64() * 1000.0;
    line("round trip", format_args!("{milliseconds:.1} ms"));

    let challenge = Message::parse(&answer.packet)?;
    if let Some(software) = challenge.get::<Software>()? {
        line("software", software);
    }
    match challenge.get::<ErrorCode>()? {
        Some(error) if error.code() == Code::UNAUTHENTICATED => {}
        Some(error) => return Err(explain(error.code().as_u16(), error).into()),
        None => {
            return Err("the server allocates without credentials".into());
        }
    }
    let realm = challenge.get::<Realm>()?.ok_or("the 401 has no REALM")?;
    line("realm", realm);

    let (mapped, relayed, lifetime) = login
        .ask(&mut link, Method::ALLOCATE, &allocate, |response| {
            Ok(response.read::<(XorMappedAddress, XorRelayedAddress, Lifetime)>()?)
        })
        .map_err(explained)?;
    line("mapped address", mapped);
    line("relay address", relayed);
    line("lifetime", lifetime);

    // A lifetime of 0 deletes the allocation, which otherwise counts against the user's quota until it expires.
    let end = Lifetime::from_secs(0);
    login
        .ask(&mut link, Method::REFRESH, &[&end], |_| Ok(()))
        .map_err(explained)?;
    line("released", "yes");
    Ok(())
}

fn line(name: &str, value: impl Display) {
    println!("{name:<16}{value}");
}

/// An error of the login, with its probable cause.
fn explained(error: Box<dyn Error>) -> Box<dyn Error> {
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return match refused.alternate {
            Some(other) => format!("{refused}: ask {other} instead").into(),
            None => explain(refused.code, refused).into(),
        };
    }
    match error.downcast_ref::<Failure>() {
        Some(Failure::WrongCredentials) => explain(401, 401).into(),
        Some(Failure::NonceLoop) => explain(438, 438).into(),
        _ => error,
    }
}

/// The server's error with an explanation for its administrator.
fn explain(code: u16, error: impl Display) -> String {
    let meaning = match code {
        300 => "another server must be used",
        400 => "the server could not read the request",
        401 => "wrong user name or password",
        403 => "the user may not do this",
        420 => "the server does not know an attribute of the request",
        431 => {
            "the server computes a different MESSAGE-INTEGRITY: the password or the realm differs, \
             or the message was changed on the way"
        }
        437 => {
            "the server has another allocation for this address and port: one that was not \
             released, or that has expired"
        }
        438 => "the server refuses its own new nonce: do several servers use different nonce keys?",
        440 => "the server does not relay for this address family",
        441 => "the allocation belongs to another user",
        442 => "the server does not relay over UDP",
        486 => "the user has as many allocations as the quota allows",
        508 => "the server has no port or bandwidth left",
        _ => "the server refused the request",
    };
    format!("{error}: {meaning}")
}
