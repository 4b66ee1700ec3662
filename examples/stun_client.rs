//! Asks a STUN server for the client's public address, for the server's other addresses (RFC 5780), and measures
//! the round-trip time.
//!
//! ```text
//! cargo run --example stun_client stun.example.org:3478
//! cargo run --example stun_client '[2001:db8::1]:3478' --tcp
//! cargo run --example stun_client 192.0.2.1:3478 --classic      RFC 3489, before the magic cookie
//! ```
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "items of a program are not public, and the program uses std"
)]

use std::error::Error;
use std::fmt::Display;
use std::net::ToSocketAddrs;
use std::process::ExitCode;

use stunwire::ErrorCode;
use stunwire::attribute::{
    ChangedAddress, MappedAddress, OtherAddress, ResponseOrigin, Software, SourceAddress,
    XorMappedAddress,
};
use stunwire::{Dialect, Header, MessageWriter, Method, TransactionId};

use client::link::Link;

mod client {
    pub mod link;
}

/// The text of --help.
const HELP: &str = "\
Asks a STUN server for the client's public address and for the server's other addresses (RFC 5780).

usage: stun_client HOST:PORT [--tcp | --classic]

  --tcp       over TCP instead of UDP
  --classic   a request of RFC 3489, without the magic cookie";

const USAGE: &str = "usage: stun_client HOST:PORT [--tcp | --classic]";

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stun_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut server, mut tcp, mut classic) = (None, false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--tcp" => tcp = true,
            "--classic" => classic = true,
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}; {USAGE}").into());
            }
            name => server = name.to_socket_addrs()?.next(),
        }
    }
    let server = server.ok_or(USAGE)?;
    if tcp && classic {
        return Err(USAGE.into());
    }

    // Only the dialect differs: without the cookie, the transaction id has 16 bytes.
    let (dialect, id) = if classic {
        (Dialect::RFC3489, TransactionId::random_classic()?)
    } else {
        (Dialect::RFC8489, TransactionId::random()?)
    };
    let mut buffer = [0; 20];
    let header = Header::request(Method::BINDING, id).in_dialect(dialect);
    let request = MessageWriter::new(&mut buffer, header)?.finish()?;

    let mut link = Link::open(server, tcp)?;
    let answer = link.ask(dialect, request)?;
    let response = dialect.parse(&answer.packet)?;
    if let Some(code) = response.get::<ErrorCode>()? {
        return Err(format!("the server refused the request: {code}").into());
    }

    let transport = if tcp { "TCP" } else { "UDP" };
    line("server", Some(format!("{server} over {transport}")));
    let local = link.local_addr()?;
    line("local address", Some(local));
    // XORed since RFC 5389, because some NATs rewrite addresses in packets.
    let mapped = match response.get::<XorMappedAddress>()? {
        Some(XorMappedAddress(address)) => address,
        None => {
            let MappedAddress(address) = response.get()?.ok_or("no address in the answer")?;
            address
        }
    };
    line("mapped address", Some(mapped));
    // RFC 5780: the address from which the server answered, and its other address.
    line("response origin", response.get::<ResponseOrigin>()?);
    line("other address", response.get::<OtherAddress>()?);
    // RFC 3489 has these addresses in other attributes.
    line("source address", response.get::<SourceAddress>()?);
    line("changed address", response.get::<ChangedAddress>()?);
    line("software", response.get::<Software>()?);
    let milliseconds = answer.took.as_secs_f64() * 1000.0;
    line("round trip", Some(format!("{milliseconds:.1} ms")));
    if mapped == local {
        println!("both addresses are the same: there is no NAT in between");
    }
    Ok(())
}

/// Prints a value if it is present.
fn line(name: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        println!("{name:<16}{value}");
    }
}
