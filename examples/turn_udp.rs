//! Sends data through a TURN server to two peers, which send it back: Allocate, CreatePermission, Send and Data
//! indications with one peer, a channel with the other, and a Refresh that deletes the allocation.
//!
//! ```text
//! cargo run --example turn_udp 192.0.2.1:3478 --user USER --password PASSWORD [--tcp] [--rfc5389]
//! ```
//!
//! The peers are sockets of this program that echo every packet, so the server must reach this machine without a
//! NAT. With --tcp the client uses TCP to the server; the server still uses UDP to the peers.
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "items of a program are not public, and the program uses std"
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "sums of the lengths of a few small packets, and ranges of the program's own buffers"
)]

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

use stunwire::attribute::{
    AddressFamily, ChannelNumber, EncodeAttribute, Lifetime, RequestedAddressFamily,
    RequestedTransport, XorPeerAddress, XorRelayedAddress,
};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{ChannelData, Message, Method, TransactionId};

use client::link::Link;
use client::login::Login;

mod client {
    pub mod link;
    pub mod login;
}

/// The text of --help.
const HELP: &str = "\
Sends data through a TURN server to two peers of this program, which send it back.

usage: turn_udp HOST:PORT --user USER --password PASSWORD [--tcp] [--rfc5389]

  --tcp       TCP to the server; UDP to the peers as before
  --rfc5389   MD5 and SHA-1 only, for a server whose responses do not follow RFC 8489";

const USAGE: &str = "usage: turn_udp HOST:PORT --user USER --password PASSWORD [--tcp] [--rfc5389]";

/// The number of packets in each direction for each peer, and the longest payload in bytes.
const PACKETS: usize = 60;
const LONGEST: usize = 1200;

const WAIT: Duration = Duration::from_secs(2);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turn_udp: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
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
    let (server, user) = (server.ok_or(USAGE)?, user.ok_or(USAGE)?);
    let password = password.ok_or(USAGE)?;
    let mut link = Link::open(server, tcp)?;
    let here = link.local_addr()?.ip();
    let (first, second) = (Peer::new(here)?, Peer::new(here)?);

    // The relayed address must have the family of the peers; without this attribute it is IPv4.
    let family = RequestedAddressFamily(AddressFamily::IPV6);
    let all: [&dyn EncodeAttribute; 2] = [&RequestedTransport::UDP, &family];
    let allocate = if here.is_ipv6() { &all[..] } else { &all[..1] };
    let mut login = Login::new(&user, &password);
    if rfc5389 {
        login = login.rfc5389();
    }
    // The 401 to a request without credentials has realm and nonce.
    let challenge = login.challenge(&mut link, Method::ALLOCATE, allocate)?;
    line("round trip", format_args!("{:?}", challenge.took));
    let (XorRelayedAddress(relayed),) =
        login.ask(&mut link, Method::ALLOCATE, allocate, |response| {
            Ok(response.read()?)
        })?;
    line("relay address", relayed);

    let exchanged = exchange(&mut link, &mut login, tcp, relayed, [&first, &second]);
    // A lifetime of 0 deletes the allocation with its permissions and channels. Also after an error: otherwise it
    // counts against the user's quota until it expires.
    let end = Lifetime::from_secs(0);
    let released = login.ask(&mut link, Method::REFRESH, &[&end], |_| Ok(()));
    exchanged.and(released)?;
    line("released", "yes");
    Ok(())
}

/// Permits both peers, and exchanges packets with them: indications with the first, a channel with the second.
fn exchange(
    link: &mut Link,
    login: &mut Login<'_>,
    tcp: bool,
    relayed: SocketAddr,
    [first, second]: [&Peer; 2],
) -> Result<()> {
    // One request with several XOR-PEER-ADDRESS attributes permits both peers.
    let peers = [first.address, second.address].map(XorPeerAddress);
    let peers: [&dyn EncodeAttribute; 2] = [&peers[0], &peers[1]];
    login.ask(link, Method::CREATE_PERMISSION, &peers, |_| Ok(()))?;
    line(
        "permission",
        format_args!("{}, {}", first.address, second.address),
    );

    // The buffer has room before and after the payload, so that it is sent without a copy.
    let mut buffer = [0; HEADROOM + LONGEST + TAILROOM];

    let mut carried = 0;
    for number in 0..PACKETS {
        let payload = fill(&mut buffer, number);
        let sent = buffer[payload.clone()].to_vec();
        let id = TransactionId::random()?;
        let packet = relay::send_indication_in_place(&mut buffer, payload, first.address, id)?;
        link.send(&buffer[packet])?;
        first.echo(relayed, &sent)?;

        let data = link.wait_for(WAIT, |packet| {
            let data = relay::read(&Message::parse(packet).ok()?).ok()??;
            Some((data.peer, packet.get(data.payload)?.to_vec()))
        });
        let (peer, payload) = data.map_err(|error| lost("client", error))?;
        if peer != first.address || payload != sent {
            return Err(format!("packet {number} was changed on the way").into());
        }
        carried += sent.len();
    }
    line("Send and Data", Carried(carried));

    // With a channel, 4 bytes before the payload replace the 36 bytes of a Send indication.
    let channel = ChannelNumber::MIN;
    let peer = XorPeerAddress(second.address);
    login.ask(link, Method::CHANNEL_BIND, &[&channel, &peer], |_| Ok(()))?;
    line("channel", format_args!("{channel} to {}", second.address));

    let mut carried = 0;
    for number in 0..PACKETS {
        let payload = fill(&mut buffer, number);
        let sent = buffer[payload.clone()].to_vec();
        // Padding is required in a stream, but not in a datagram.
        let packet = if tcp {
            relay::padded_channel_data_in_place(&mut buffer, payload, channel)?
        } else {
            relay::channel_data_in_place(&mut buffer, payload, channel)?
        };
        link.send(&buffer[packet])?;
        second.echo(relayed, &sent)?;

        let data = link.wait_for(WAIT, |packet| {
            let data = ChannelData::parse_datagram(packet).ok()?;
            Some((data.number, data.payload.to_vec()))
        });
        let (number_in, payload) = data.map_err(|error| lost("client", error))?;
        if number_in != channel || payload != sent {
            return Err(format!("packet {number} was changed on the way").into());
        }
        carried += sent.len();
    }
    line("ChannelData", Carried(carried));
    Ok(())
}

/// Writes the next payload after the headroom. Lengths grow from 1 to the longest; neighboring bytes differ.
fn fill(buffer: &mut [u8], number: usize) -> std::ops::Range<usize> {
    let range = HEADROOM..HEADROOM + 1 + number * (LONGEST - 1) / (PACKETS - 1);
    let payload = buffer[range.clone()].iter_mut();
    for (byte, value) in payload.zip((0..=250).cycle().skip(number)) {
        *byte = value;
    }
    range
}

/// A peer, which uses plain UDP.
struct Peer {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Peer {
    fn new(ip: IpAddr) -> Result<Self> {
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_read_timeout(Some(WAIT))?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Receives a datagram, which must come from the relay and have this payload, and sends it back.
    fn echo(&self, relayed: SocketAddr, expected: &[u8]) -> Result<()> {
        let mut buffer = [0; LONGEST];
        let received = self.socket.recv_from(&mut buffer);
        let (n, from) = received.map_err(|error| lost("peer", error))?;
        let payload = &buffer[..n];
        if from != relayed || payload != expected {
            return Err(format!("the peer received {n} unexpected bytes from {from}").into());
        }
        self.socket.send_to(payload, from)?;
        Ok(())
    }
}

/// The error of a packet that has not arrived at `receiver`. UDP may also lose one.
fn lost(receiver: &str, error: io::Error) -> Box<dyn Error> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => format!(
            "a packet has not arrived at the {receiver} within {} s: is there a NAT or a firewall in between?",
            WAIT.as_secs()
        )
        .into(),
        _ => error.into(),
    }
}

struct Carried(usize);

impl Display for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PACKETS} packets, {} bytes each way, all equal", self.0)
    }
}

fn line(name: &str, value: impl Display) {
    println!("{name:<16}{value}");
}
