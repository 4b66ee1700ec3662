//! Asks a STUN server where it sees us: our address behind the NAT, what RFC 5780 adds about the
//! server, and how long the answer took.
//!
//! ```text
//! cargo run --example stun_client stun.example.org:3478
//! cargo run --example stun_client '[2001:db8::1]:3478' --tcp
//! cargo run --example stun_client 192.0.2.1:3478 --classic      RFC 3489, before the magic cookie
//! ```
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "a program has no outside, and it has std"
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

const USAGE: &str = "usage: stun_client HOST:PORT [--tcp | --classic]";

fn main() -> ExitCode {
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
            name => server = name.to_socket_addrs()?.next(),
        }
    }
    let server = server.ok_or(USAGE)?;

    // The dialect is all that differs: without the cookie, all 16 bytes are transaction id.
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
        return Err(format!("the server refuses: {code}").into());
    }

    let transport = if tcp { "TCP" } else { "UDP" };
    line("server", Some(format!("{server} over {transport}")));
    let local = link.local_addr()?;
    line("local address", Some(local));
    // XOR-ed since RFC 5389, because some NATs rewrite addresses that they find in packets.
    let mapped = match response.get::<XorMappedAddress>()? {
        Some(XorMappedAddress(address)) => address,
        None => {
            let MappedAddress(address) = response.get()?.ok_or("no address in the answer")?;
            address
        }
    };
    line("mapped address", Some(mapped));
    // Of RFC 5780: where the answer came from, and where else the server can be asked.
    line("response origin", response.get::<ResponseOrigin>()?);
    line("other address", response.get::<OtherAddress>()?);
    // The same of RFC 3489.
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

/// Prints what is there.
fn line(name: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        println!("{name:<16}{value}");
    }
}
