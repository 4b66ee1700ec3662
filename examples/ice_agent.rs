//! A small ICE agent (RFC 8445) with one host candidate, over UDP or TCP (RFC 6544): checks in both directions, role
//! conflicts, nomination, and then packets that the other agent sends back.
//!
//! ```text
//! cargo run --example ice_agent                     in one terminal
//! cargo run --example ice_agent -- --controlling    in another
//! ```
//!
//! Each agent prints a line with its fragment, password and address: paste it into the other one. The programs take
//! the place of two browsers, and the terminal that of the signaling server.
//!
//! **This is an example, not a product.** A product gathers several candidates, also from STUN and TURN servers, forms
//! a checklist of their pairs, discovers peer-reflexive candidates, and authenticates the data with DTLS.
#![allow(clippy::std_instead_of_core, reason = "the program uses std")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "instants within minutes, sums of the lengths of a few small packets; and a socket returns how much of a \
              buffer it filled"
)]

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use stunwire::attribute::{Priority, UseCandidate, XorMappedAddress};
use stunwire::auth::{Check, Response, Sent, ShortTermClient, ShortTermServer};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Next, Rfc4571};
use stunwire::ice::{self, Role, RoleConflict};
use stunwire::{
    Code, IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId, reply,
};

/// The text of --help.
const HELP: &str = "\
An ICE agent with one host candidate. It prints its fragment, password and address, reads a line with those of the
other agent from standard input, and connects to it.

usage: ice_agent [--controlling] [--tcp] [ADDRESS:PORT]

  --controlling  the agent that nominates; it sends packets, which the other agent sends back
  --tcp          over TCP: the controlling agent connects to the other one
  ADDRESS:PORT   the local address, 127.0.0.1:0 by default; port 0 lets the system choose";

const USAGE: &str = "usage: ice_agent [--controlling] [--tcp] [ADDRESS:PORT]";

/// The number of packets in each direction, and the longest in bytes.
const PACKETS: usize = 20;
const LONGEST: usize = 1200;

/// The first interval before a check is retransmitted, and the number of transmissions (RFC 8445 §14.3, RFC 8489
/// §6.2.1).
const FIRST_WAIT: Duration = Duration::from_millis(500);
const ATTEMPTS: u32 = 7;
/// The interval of the checks after the nomination (RFC 7675 §5.1).
const CONSENT: Duration = Duration::from_secs(5);
/// The agents must connect within this time.
const CONNECT: Duration = Duration::from_secs(30);
/// After this time without a packet, the other agent has finished.
const IDLE: Duration = Duration::from_secs(8);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ice_agent: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (mut role, mut tcp, mut local) = (Role::Controlled, false, "127.0.0.1:0".parse()?);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--controlling" => role = Role::Controlling,
            "--tcp" => tcp = true,
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}; {USAGE}").into());
            }
            address => local = address.parse()?,
        }
    }
    let port = match (tcp, role) {
        (false, _) => Port::Udp(UdpSocket::bind(local)?),
        (true, Role::Controlled) => Port::Passive(TcpListener::bind(local)?),
        (true, Role::Controlling) => Port::Active(local),
    };
    let ours = Party {
        ufrag: random()?,
        // At least 128 random bits (RFC 8445 §5.3).
        password: random()? + &random()?,
        address: port.address()?,
    };
    println!("{} {} {}", ours.ufrag, ours.password, ours.address);
    let mut input = String::new();
    io::stdin().read_line(&mut input)?;
    let theirs = Party::read(&input).ok_or("expected FRAGMENT PASSWORD ADDRESS:PORT")?;

    let mut path = port.connect(theirs.address)?;
    let remote = path.remote()?;
    let mut agent = Agent::new(&ours, &theirs, role)?;
    let mut data = Data::default();
    let start = Instant::now();
    let mut heard = start;
    let mut is_told = false;
    loop {
        if let Some(check) = agent.check(Instant::now())? {
            path.send(check)?;
        }
        if let Some(mapped) = agent.connected().filter(|_| !is_told) {
            let role = match agent.role {
                Role::Controlling => "controlling",
                Role::Controlled => "controlled",
            };
            line("role", role);
            line("mapped address", mapped);
            line("connected to", remote);
            is_told = true;
        }
        if is_told && agent.role == Role::Controlling {
            if data.packets == PACKETS {
                break;
            }
            if let Some(packet) = data.next(Instant::now())? {
                path.send(packet)?;
            }
        }
        // Short, so that a check that is due does not wait for long.
        let packet = match path.receive(Duration::from_millis(20)) {
            Ok(packet) => packet,
            Err(error) if is_told && is_closed(&error) => break,
            Err(error) => return Err(error.into()),
        };
        let Some(packet) = packet else {
            if !is_told && start.elapsed() > CONNECT {
                return Err("no connection to the other agent".into());
            }
            if is_told && heard.elapsed() > IDLE {
                break;
            }
            continue;
        };
        heard = Instant::now();
        // RFC 7983: the first byte tells STUN from data.
        if Demux::new().protocol(&packet) == Some(Protocol::Stun) {
            let mut answer = Vec::new();
            agent.receive(&packet, remote, &mut answer)?;
            if !answer.is_empty() {
                path.send(&answer)?;
            }
        } else if agent.role == Role::Controlling {
            data.returned(&packet)?;
        } else {
            path.send(&packet)?;
            data.count(packet.len());
        }
    }
    line("data", &data);
    if agent.role == Role::Controlling && data.packets < PACKETS {
        return Err("the other agent has not sent every packet back".into());
    }
    Ok(())
}

/// The line that the agents exchange.
struct Party {
    ufrag: String,
    password: String,
    address: SocketAddr,
}

impl Party {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Self {
            ufrag: words.next()?,
            password: words.next()?,
            address: words.next()?.parse().ok()?,
        })
    }
}

/// 24 hexadecimal digits with 96 random bits.
fn random() -> Result<String> {
    Ok(TransactionId::random()?.to_string())
}

/// The state of the checks with the other agent.
struct Agent {
    ufrag: String,
    /// Of the own password, for the checks of the other agent.
    key: Key,
    client: ShortTermClient<String, Key>,
    role: Role,
    tie_breaker: u64,
    priority: Priority,
    /// The check that waits for its response.
    pending: Option<Pending>,
    /// When the next check is due if none is pending.
    due: Instant,
    /// The own address as the other agent sees it: a check of this agent has succeeded.
    mapped: Option<SocketAddr>,
    nominated: bool,
}

struct Pending {
    packet: Vec<u8>,
    sent: Sent,
    role: Role,
    nominates: bool,
    attempts: u32,
}

impl Agent {
    fn new(ours: &Party, theirs: &Party, role: Role) -> Result<Self> {
        // A check is signed with the password of the agent that receives it.
        let client = ShortTermClient::new(
            format!("{}:{}", theirs.ufrag, ours.ufrag),
            Key::short_term(&theirs.password),
        );
        Ok(Self {
            ufrag: ours.ufrag.clone(),
            key: Key::short_term(&ours.password),
            // ICE uses MESSAGE-INTEGRITY and FINGERPRINT (RFC 8445 §7).
            client: client.algorithm(IntegrityAlgorithm::Sha1).fingerprint(),
            role,
            tie_breaker: ice::random_tie_breaker()?,
            // Of the peer-reflexive candidate that a check may reveal (§7.1.1).
            priority: ice::candidate_priority(ice::PEER_REFLEXIVE, u16::MAX, 1)?,
            pending: None,
            due: Instant::now(),
            mapped: None,
            nominated: false,
        })
    }

    /// The mapped address, if a check has succeeded and the pair is nominated.
    fn connected(&self) -> Option<SocketAddr> {
        self.mapped.filter(|_| self.nominated)
    }

    /// The check to send now.
    fn check(&mut self, now: Instant) -> Result<Option<&[u8]>> {
        if now < self.due {
            return Ok(None);
        }
        let check = match self.pending.take() {
            Some(check) if check.attempts == ATTEMPTS => return Err("no answer to a check".into()),
            Some(check) => check,
            None => self.new_check()?,
        };
        let check = self.pending.insert(check);
        self.due = now + FIRST_WAIT * 2_u32.pow(check.attempts);
        check.attempts += 1;
        Ok(Some(&check.packet))
    }

    fn new_check(&self) -> Result<Pending> {
        let mut packet = Vec::new();
        let id = TransactionId::random()?;
        let mut check = MessageWriter::request(&mut packet, Method::BINDING, id)?;
        check
            .attribute(&self.priority)?
            .attribute(&self.role.attribute(self.tie_breaker))?;
        // Regular nomination (§8.1.1): of a pair whose check has succeeded.
        let nominates = self.role == Role::Controlling && self.mapped.is_some();
        if nominates {
            check.attribute(&UseCandidate)?;
        }
        let (_, sent) = self.client.sign(check)?;
        Ok(Pending {
            packet,
            sent,
            role: self.role,
            nominates,
            attempts: 0,
        })
    }

    /// Reads a check of the other agent, or its response to one. Writes the answer to a check.
    fn receive(&mut self, packet: &[u8], from: SocketAddr, out: &mut Vec<u8>) -> Result<()> {
        let Ok(message) = Message::parse(packet) else {
            return Ok(());
        };
        if message.is_request() {
            self.answer(&message, from, out)
        } else {
            // Or an indication, which is a keepalive.
            self.response(&message)
        }
    }

    /// RFC 8445 §7.3: authentication, roles, nomination.
    fn answer(&mut self, check: &Message<'_>, from: SocketAddr, out: &mut Vec<u8>) -> Result<()> {
        let check = ShortTermServer::new().check(check, |claim| {
            let (ours, _) = claim.username().fragments()?;
            (ours == self.ufrag.as_bytes()).then_some(&self.key)
        });
        let check = match check {
            Check::Verified(check) if check.method() == Method::BINDING => check,
            Check::Reply(reply) => {
                reply.write(out)?;
                return Ok(());
            }
            _ => return Ok(()),
        };
        match ice::role_conflict(&check, self.role, self.tie_breaker)? {
            RoleConflict::None => {}
            RoleConflict::Switch(role) => self.role = role,
            RoleConflict::Reply487 => {
                reply::role_conflict(&check).write(out)?;
                return Ok(());
            }
            RoleConflict::BothRoles => {
                reply::bad_request(&check).write(out)?;
                return Ok(());
            }
        }
        self.nominated |= check.get::<UseCandidate>()?.is_some();
        MessageWriter::success_to(out, &check)?
            .with(&XorMappedAddress(from))?
            .finish_like(&check)?;
        // The triggered check (§7.3.1.4): the other agent is ready now.
        if self.mapped.is_none() {
            self.due = Instant::now();
        }
        Ok(())
    }

    /// RFC 8445 §7.2.5: the response to the pending check.
    fn response(&mut self, message: &Message<'_>) -> Result<()> {
        let Some(pending) = &self.pending else {
            return Ok(());
        };
        match self.client.response(&pending.sent, message) {
            Response::Verified(response) => {
                let (mapped,) = response.read::<(XorMappedAddress,)>()?;
                self.mapped = Some(mapped.0);
                self.nominated |= pending.nominates && pending.role == self.role;
                let nominates_next = self.role == Role::Controlling && !self.nominated;
                let pause = if nominates_next {
                    Duration::ZERO
                } else {
                    CONSENT
                };
                self.due = Instant::now() + pause;
            }
            Response::Refused(error, Some(_)) if error.code() == Code::ROLE_CONFLICT => {
                // §7.2.5.1: the role in which the check was sent is given up, with a new tie-breaker.
                self.role = pending.role.opposite();
                self.tie_breaker = ice::random_tie_breaker()?;
                self.due = Instant::now();
            }
            Response::Refused(error, Some(_)) => {
                return Err(format!("the other agent refused a check: {error}").into());
            }
            // Forged, or the response to another check: the right one may still arrive.
            _ => return Ok(()),
        }
        self.pending = None;
        Ok(())
    }
}

/// The packets that the controlling agent sends, or that the other agent sends back.
#[derive(Default)]
struct Data {
    packets: usize,
    bytes: usize,
    /// The packet that the other agent has not sent back yet.
    outstanding: Option<Vec<u8>>,
    /// The number of its transmissions, and when the next one is due.
    attempts: u32,
    due: Option<Instant>,
}

impl Data {
    /// The packet to send now: the next one if the last one has come back, or the last one again, which UDP may have
    /// lost. The lengths grow from 1 to the longest; the first byte is one of RTP.
    fn next(&mut self, now: Instant) -> Result<Option<&[u8]>> {
        if self.due.is_some_and(|due| now < due) {
            return Ok(None);
        }
        if self.attempts == ATTEMPTS {
            return Err(format!("packet {} has not come back", self.packets).into());
        }
        self.attempts += 1;
        self.due = Some(now + FIRST_WAIT);
        let number = self.packets;
        let packet = self.outstanding.get_or_insert_with(|| {
            let length = 1 + number * (LONGEST - 1) / (PACKETS - 1);
            (0x80..=0xBF).cycle().skip(number).take(length).collect()
        });
        Ok(Some(packet))
    }

    /// Counts the outstanding packet. One of another length was sent or has arrived twice, and is ignored.
    fn returned(&mut self, packet: &[u8]) -> Result<()> {
        let is_it = |sent: &mut Vec<u8>| sent.len() == packet.len();
        let Some(sent) = self.outstanding.take_if(is_it) else {
            return Ok(());
        };
        if sent != packet {
            return Err(format!("packet {} was changed on the way", self.packets).into());
        }
        (self.attempts, self.due) = (0, None);
        self.count(packet.len());
        Ok(())
    }

    const fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes;
    }
}

impl Display for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} packets, {} bytes each way", self.packets, self.bytes)
    }
}

/// The local candidate, before the address of the other agent is known.
enum Port {
    Udp(UdpSocket),
    Passive(TcpListener),
    Active(SocketAddr),
}

impl Port {
    fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Udp(socket) => socket.local_addr(),
            Self::Passive(listener) => listener.local_addr(),
            // An active candidate has port 9 (RFC 6544 §4.5).
            Self::Active(address) => Ok(SocketAddr::new(address.ip(), 9)),
        }
    }

    fn connect(self, to: SocketAddr) -> io::Result<Path> {
        Ok(match self {
            Self::Udp(socket) => Path::Udp { socket, to },
            Self::Passive(listener) => Path::stream(accept(&listener)?)?,
            Self::Active(_) => Path::stream(TcpStream::connect_timeout(&to, CONNECT)?)?,
        })
    }
}

/// Accepts a connection, which has no time limit in the standard library.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let start = Instant::now();
    listener.set_nonblocking(true)?;
    loop {
        match listener.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            accepted => {
                let (stream, _) = accepted?;
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
        }
        if start.elapsed() > CONNECT {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "no connection from the other agent",
            ));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The pair of candidates.
enum Path {
    Udp {
        socket: UdpSocket,
        to: SocketAddr,
    },
    Tcp {
        stream: TcpStream,
        received: Vec<u8>,
    },
}

impl Path {
    fn stream(stream: TcpStream) -> io::Result<Self> {
        // Small packets must not wait for acknowledgements.
        stream.set_nodelay(true)?;
        let received = Vec::new();
        Ok(Self::Tcp { stream, received })
    }

    fn remote(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Udp { to, .. } => Ok(*to),
            Self::Tcp { stream, .. } => stream.peer_addr(),
        }
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp { socket, to } => socket.send_to(packet, *to).map(|_| ()),
            Self::Tcp { stream, .. } => {
                let length = Rfc4571::header(packet.len()).map_err(io::Error::other)?;
                // In one write, so that both leave in one segment.
                stream.write_all(&[&length, packet].concat())
            }
        }
    }

    /// Receives the next packet. `None` if no packet arrives within this time.
    fn receive(&mut self, within: Duration) -> io::Result<Option<Vec<u8>>> {
        let mut chunk = [0; 2048];
        let read = match self {
            Self::Udp { socket, to } => {
                socket.set_read_timeout(Some(within))?;
                // A check from another address would make a peer-reflexive candidate and another pair.
                match socket.recv_from(&mut chunk) {
                    // On some systems an ICMP error for an earlier packet is returned here.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
                    read => read.map(|(n, from)| (from == *to).then(|| chunk[..n].to_vec())),
                }
            }
            Self::Tcp { stream, received } => {
                if let Some(packet) = take_frame(received)? {
                    return Ok(Some(packet));
                }
                stream.set_read_timeout(Some(within))?;
                match stream.read(&mut chunk) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(n) => {
                        received.extend_from_slice(&chunk[..n]);
                        take_frame(received)
                    }
                    Err(error) => Err(error),
                }
            }
        };
        read.or_else(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ok(None),
            _ => Err(error),
        })
    }
}

/// Whether the other agent has closed the connection, in an orderly way or with a reset.
fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}

/// Removes the first packet from the received bytes, if it is complete. Each has its length before it (RFC 4571).
fn take_frame(received: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    match Rfc4571::new().next(received).map_err(io::Error::other)? {
        Next::Frame { frame, consumed } => {
            let packet = frame.to_vec();
            received.drain(..consumed);
            Ok(Some(packet))
        }
        Next::Incomplete { .. } => Ok(None),
    }
}

fn line(name: &str, value: impl Display) {
    println!("{name:<16}{value}");
}
