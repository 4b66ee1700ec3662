//! Exchanges data with two peers over TCP connections through a TURN server (RFC 6062): Allocate, CreatePermission,
//! ConnectionAttempt, Connect, ConnectionBind, Refresh.
//!
//! ```text
//! cargo run --example turn_tcp 192.0.2.1:3478 --user USER --password PASSWORD
//! ```
//!
//! The peers are sockets of this program, so the server must reach this machine without a NAT. The first peer
//! connects to the relayed address, and both sides exchange connectivity checks. The server connects to the second
//! peer, and both sides exchange bytes without a framing.
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "items of a program are not public, and the program uses std"
)]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use stunwire::attribute::{
    ConnectionId, Lifetime, RequestedTransport, XorMappedAddress, XorPeerAddress, XorRelayedAddress,
};
use stunwire::framing::{Next, Rfc4571};
use stunwire::{Class, Message, MessageWriter, Method, TransactionId};

use client::link::Link;
use client::login::Login;

mod client {
    pub mod link;
    pub mod login;
}

/// The text of --help.
const HELP: &str = "\
Exchanges data with two peers of this program over TCP through a TURN server (RFC 6062).

usage: turn_tcp HOST:PORT --user USER --password PASSWORD";

const USAGE: &str = "usage: turn_tcp HOST:PORT --user USER --password PASSWORD";

/// The number of checks that each side sends.
const CHECKS: usize = 20;

const WAIT: Duration = Duration::from_secs(5);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turn_tcp: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (mut server, mut user, mut password) = (None, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--user" => user = arguments.next(),
            "--password" => password = arguments.next(),
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}; {USAGE}").into());
            }
            name => server = name.to_socket_addrs()?.next(),
        }
    }
    let (server, user) = (server.ok_or(USAGE)?, user.ok_or(USAGE)?);
    let password = password.ok_or(USAGE)?;
    let mut link = Link::open(server, true)?;

    // The response to the first request has realm and nonce; the request is then repeated with credentials.
    let mut login = Login::new(&user, &password);
    let (XorRelayedAddress(relayed),) = login.ask(
        &mut link,
        Method::ALLOCATE,
        &[&RequestedTransport::TCP],
        |response| Ok(response.read()?),
    )?;
    println!("relayed address    {relayed}");

    // A peer connects to the relayed address, and sends before the client has bound the connection.
    let here = link.local_addr()?.ip();
    let peer = XorPeerAddress((here, 0).into());
    login.ask(&mut link, Method::CREATE_PERMISSION, &[&peer], |_| Ok(()))?;
    let mut peer = TcpStream::connect_timeout(&relayed, WAIT)?;
    let early = send_check(&mut peer)?;
    let (from, id) = link.wait_for(WAIT, |packet| {
        let message = Message::parse(packet).ok()?;
        let is_attempt = message.method() == Method::CONNECTION_ATTEMPT && message.is_indication();
        let (peer, id) = message.read::<(XorPeerAddress, ConnectionId)>().ok()?;
        is_attempt.then_some((peer.0, id))
    })?;
    if from != peer.local_addr()? {
        return Err(format!("a connection from {from} and not from the peer").into());
    }
    let mut data = bind(server, &mut login, id)?;
    answer_check(&mut data, from)?;
    expect_answer(&mut peer, early, from)?;
    exchange(&mut data, &mut peer)?;
    println!("from a peer        {from}, {CHECKS} checks each way");

    // The server connects to the other peer.
    let listener = TcpListener::bind((here, 0))?;
    let other = XorPeerAddress(listener.local_addr()?);
    let (id,) = login.ask(&mut link, Method::CONNECT, &[&other], |response| {
        Ok(response.read()?)
    })?;
    let mut data = bind(server, &mut login, id)?;
    let (mut peer, _) = listener.accept()?;
    let text = b"bytes that have no framing at all\n".repeat(100);
    carry(&text, &mut data, &mut peer)?;
    carry(&text, &mut peer, &mut data)?;
    println!(
        "to a peer          {}, {} bytes each way",
        other.0,
        text.len()
    );

    let end = Lifetime::from_secs(0);
    login.ask(&mut link, Method::REFRESH, &[&end], |_| Ok(()))?;
    println!("released");
    Ok(())
}

/// Opens the data connection for a peer. The bytes after the response are the peer's.
fn bind(server: SocketAddr, login: &mut Login<'_>, id: ConnectionId) -> Result<TcpStream> {
    let mut link = Link::open(server, true)?;
    login.ask(&mut link, Method::CONNECTION_BIND, &[&id], |_| Ok(()))?;
    match link {
        // `Link` has consumed no byte after the response.
        Link::Tcp(stream) => Ok(stream),
        Link::Udp(_) => Err("the connection is not TCP".into()),
    }
}

/// Exchanges checks in both directions, as ICE does over TCP (RFC 6544).
fn exchange(client: &mut TcpStream, peer: &mut TcpStream) -> Result<()> {
    let (client_address, peer_address) = (client.local_addr()?, peer.local_addr()?);
    // Small packets must not wait for acknowledgements.
    client.set_nodelay(true)?;
    peer.set_nodelay(true)?;
    for _ in 0..CHECKS {
        let id = send_check(client)?;
        answer_check(peer, client_address)?;
        expect_answer(client, id, client_address)?;
        let id = send_check(peer)?;
        answer_check(client, peer_address)?;
        expect_answer(peer, id, peer_address)?;
    }
    Ok(())
}

/// Sends bytes, and asserts that they arrive unchanged.
fn carry(bytes: &[u8], from: &mut TcpStream, to: &mut TcpStream) -> Result<()> {
    from.write_all(bytes)?;
    to.set_read_timeout(Some(WAIT))?;
    let mut arrived = vec![0; bytes.len()];
    to.read_exact(&mut arrived)?;
    if arrived == bytes {
        Ok(())
    } else {
        Err("the received bytes differ from the sent bytes".into())
    }
}

fn send_check(stream: &mut TcpStream) -> Result<TransactionId> {
    let id = TransactionId::random()?;
    let mut bytes = Vec::new();
    let mut frame = Rfc4571::begin(&mut bytes)?;
    let request = MessageWriter::request(&mut frame, Method::BINDING, id)?;
    request.fingerprint()?.finish()?;
    frame.end()?;
    stream.write_all(&bytes)?;
    Ok(id)
}

fn answer_check(stream: &mut TcpStream, from: SocketAddr) -> Result<()> {
    let packet = packet(stream)?;
    let request = Message::parse(&packet)?;
    if request.class() != Class::Request || !request.fingerprint().is_valid() {
        return Err(format!("{request} instead of a check").into());
    }
    let mut bytes = Vec::new();
    let mut frame = Rfc4571::begin(&mut bytes)?;
    let mut answer = MessageWriter::success_to(&mut frame, request)?;
    answer.attribute(&XorMappedAddress(from))?;
    answer.fingerprint()?.finish()?;
    frame.end()?;
    stream.write_all(&bytes)?;
    Ok(())
}

fn expect_answer(stream: &mut TcpStream, id: TransactionId, from: SocketAddr) -> Result<()> {
    let packet = packet(stream)?;
    let answer = Message::parse(&packet)?;
    let mapped = answer.get::<XorMappedAddress>()?.map(|mapped| mapped.0);
    let is_right = answer.transaction_id() == id && answer.fingerprint().is_valid();
    if is_right && mapped == Some(from) {
        Ok(())
    } else {
        Err(format!("{answer} is not the response to the check").into())
    }
}

/// Reads the next length-prefixed packet, and no byte after it.
fn packet(stream: &mut TcpStream) -> Result<Vec<u8>> {
    stream.set_read_timeout(Some(WAIT))?;
    let mut bytes = Vec::new();
    loop {
        match Rfc4571::default().next(&bytes)? {
            Next::Frame { frame, .. } => return Ok(frame.to_vec()),
            Next::Incomplete { needed } => {
                let missing = u64::try_from(needed)?;
                if stream.take(missing).read_to_end(&mut bytes)? < needed {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
            }
        }
    }
}
