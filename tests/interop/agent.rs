//! The example `ice_agent` with an ICE agent of another project, which has no sockets of its own: a socket or a
//! connection of the test carries its packets.
//!
//! The controlling agent of the two sends packets of growing length, which the other one sends back.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::programs;
use crate::support::{LOOPBACK, field};

const LIMIT: Duration = Duration::from_secs(60);
/// The packets that a controlling agent sends, as `ice_agent` does.
const PACKETS: usize = 20;

/// What agents tell each other.
pub struct Party {
    pub ufrag: String,
    pub password: String,
    pub address: SocketAddr,
}

/// The example `ice_agent`.
pub struct Ours {
    child: Child,
    lines: Receiver<String>,
}

impl Ours {
    pub fn start(is_controlling: bool, tcp: bool) -> (Self, Party) {
        let mut command: Command = programs::own("ice_agent");
        command.args(is_controlling.then_some("--controlling"));
        command.args(tcp.then_some("--tcp"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let ours = Self { child, lines };
        let line = ours.line();
        let words: Vec<&str> = line.split(' ').collect();
        let party = Party {
            ufrag: words[0].to_owned(),
            password: words[1].to_owned(),
            address: words[2].parse().unwrap(),
        };
        (ours, party)
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("ice_agent prints")
    }

    /// Tells the agent about the other one.
    pub fn connect(&mut self, to: &Party) {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{} {} {}", to.ufrag, to.password, to.address).unwrap();
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The candidate of the other agent.
enum Port {
    Udp(UdpSocket),
    Passive(TcpListener),
    Active(TcpStream),
}

impl Port {
    fn bind(case: Case, to: SocketAddr) -> Self {
        if !case.tcp {
            Self::Udp(UdpSocket::bind((LOOPBACK, 0)).unwrap())
        } else if case.is_ours_controlling {
            Self::Passive(TcpListener::bind((LOOPBACK, 0)).unwrap())
        } else {
            // `ice_agent` listens, and accepts the connection when it knows the other agent.
            Self::Active(TcpStream::connect(to).unwrap())
        }
    }

    fn address(&self) -> SocketAddr {
        let address = match self {
            Self::Udp(socket) => socket.local_addr(),
            Self::Passive(listener) => listener.local_addr(),
            Self::Active(stream) => stream.local_addr(),
        };
        address.unwrap()
    }

    fn connect(self, to: SocketAddr) -> Wire {
        match self {
            Self::Udp(socket) => Wire::Udp(socket, to),
            Self::Passive(listener) => Wire::Tcp(listener.accept().unwrap().0, Vec::new()),
            Self::Active(stream) => Wire::Tcp(stream, Vec::new()),
        }
    }
}

/// The socket or the connection of the other agent. The length before each packet of a connection (RFC 4571) is
/// written and read here, not by the crate.
enum Wire {
    Udp(UdpSocket, SocketAddr),
    Tcp(TcpStream, Vec<u8>),
}

impl Wire {
    fn send(&mut self, packet: &[u8]) {
        match self {
            Self::Udp(socket, to) => {
                socket.send_to(packet, *to).unwrap();
            }
            Self::Tcp(stream, _) => {
                let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
                // The agent may have finished.
                let _ = stream.write_all(&[&length, packet].concat());
            }
        }
    }

    /// A packet that has arrived within this time. Only packets of `ice_agent` arrive here.
    fn receive(&mut self, within: Duration) -> Option<Vec<u8>> {
        let within = Some(within.max(Duration::from_millis(1)));
        let mut buffer = [0; 2048];
        match self {
            Self::Udp(socket, expected) => {
                socket.set_read_timeout(within).unwrap();
                match socket.recv_from(&mut buffer) {
                    Ok((n, from)) => {
                        assert_eq!(from, *expected);
                        Some(buffer[..n].to_vec())
                    }
                    Err(error) => {
                        let expected = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
                        assert!(expected.contains(&error.kind()), "{error}");
                        None
                    }
                }
            }
            Self::Tcp(stream, received) => {
                let complete = |received: &Vec<u8>| {
                    let length = received.first_chunk().map(|l| u16::from_be_bytes(*l));
                    length
                        .map(|n| 2 + usize::from(n))
                        .filter(|n| *n <= received.len())
                };
                if complete(received).is_none() {
                    stream.set_read_timeout(within).unwrap();
                    let n = stream.read(&mut buffer).unwrap_or(0);
                    received.extend_from_slice(&buffer[..n]);
                }
                let end = complete(received)?;
                Some(received.drain(..end).skip(2).collect())
            }
        }
    }

    fn addresses(&self) -> (SocketAddr, SocketAddr) {
        match self {
            Self::Udp(socket, to) => (socket.local_addr().unwrap(), *to),
            Self::Tcp(stream, _) => (stream.local_addr().unwrap(), stream.peer_addr().unwrap()),
        }
    }
}

/// An agent of another project.
pub trait Peer {
    /// Adds a packet that was received, if it is STUN and not data.
    fn receive(&mut self, packet: &[u8], from: SocketAddr, to: SocketAddr) -> bool;
    /// The next packet to send, and its destination.
    fn packet(&mut self) -> Option<(Vec<u8>, SocketAddr)>;
    /// The pair with which the agent is connected: its own address, and the other one.
    fn connected(&mut self) -> Option<(SocketAddr, SocketAddr)>;
}

/// The roles at the start, and the transport.
#[derive(Clone, Copy)]
pub struct Case {
    pub is_ours_controlling: bool,
    pub is_peer_controlling: bool,
    pub tcp: bool,
}

impl Case {
    /// The agent of this crate is controlling, or the other one.
    pub const fn new(is_ours_controlling: bool, tcp: bool) -> Self {
        Self {
            is_ours_controlling,
            is_peer_controlling: !is_ours_controlling,
            tcp,
        }
    }

    /// Both agents believe that they have the same role.
    pub const fn conflict(are_controlling: bool) -> Self {
        Self {
            is_ours_controlling: are_controlling,
            is_peer_controlling: are_controlling,
            tcp: false,
        }
    }
}

/// Connects `ice_agent` and another agent, which `new` creates with its own address and the description of
/// `ice_agent`; it returns its fragment and password. Then data goes both ways. Returns whether `ice_agent` is the
/// controlling agent at the end.
pub fn converse<P: Peer>(
    case: Case,
    new: impl FnOnce(SocketAddr, &Party) -> (P, String, String),
) -> bool {
    let (mut ours, party) = Ours::start(case.is_ours_controlling, case.tcp);
    let port = Port::bind(case, party.address);
    let address = port.address();
    let (peer, ufrag, password) = new(address, &party);
    ours.connect(&Party {
        ufrag,
        password,
        address,
    });
    let wire = port.connect(party.address);
    let (local, remote) = wire.addresses();
    let mut driven = Driven { peer, wire };
    let is_controlling = ours.exchange(&mut driven, remote, local);
    assert_eq!(driven.peer.connected(), Some((local, remote)));
    is_controlling
}

/// [`converse`] without a conflict: each agent keeps its role.
pub fn connect<P: Peer>(
    case: Case,
    new: impl FnOnce(Case, SocketAddr, &Party) -> (P, String, String),
) {
    let is_controlling = converse(case, |address, party| new(case, address, party));
    assert_eq!(is_controlling, case.is_ours_controlling);
}

/// The other agent with its connection: what sends and receives its packets.
pub trait Connection {
    fn is_connected(&mut self) -> bool;
    /// Sends data.
    fn send(&mut self, data: &[u8]);
    /// Data that has arrived within a short time.
    fn receive(&mut self) -> Option<Vec<u8>>;
}

struct Driven<P> {
    peer: P,
    wire: Wire,
}

impl<P: Peer> Connection for Driven<P> {
    fn is_connected(&mut self) -> bool {
        self.peer.connected().is_some()
    }

    fn send(&mut self, data: &[u8]) {
        self.wire.send(data);
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let (local, remote) = self.wire.addresses();
        while let Some((packet, to)) = self.peer.packet() {
            // A connection has one destination; the candidate of an active agent has port 9.
            if to == remote {
                self.wire.send(&packet);
            }
        }
        let packet = self.wire.receive(Duration::from_millis(10))?;
        (!self.peer.receive(&packet, remote, local)).then_some(packet)
    }
}

impl Ours {
    /// Exchanges data with the other agent. Asserts that `ice_agent` has this address, as the other agent sees it, and
    /// that it is connected to `theirs`. Returns whether it is controlling.
    pub fn exchange(
        &mut self,
        other: &mut impl Connection,
        address: SocketAddr,
        theirs: SocketAddr,
    ) -> bool {
        let mut printed: Vec<String> = Vec::new();
        let (mut outstanding, mut returned) = (None, 0);
        let mut held: Option<Vec<u8>> = None;
        let mut arrived = 0;
        let begin = Instant::now();
        // `ice_agent` prints its role and two addresses, and a line more after it has sent its packets.
        while printed.len() < 4 && returned < PACKETS {
            let is_connected = other.is_connected();
            assert!(
                begin.elapsed() < LIMIT,
                "not finished: {printed:?}, connected: {is_connected}, {returned} packets"
            );
            printed.extend(self.lines.try_iter());
            if is_connected
                && printed.len() >= 3
                && !printed[0].ends_with("controlling")
                && outstanding.is_none()
            {
                let bytes = (128..192).cycle().take(1 + 50 * returned);
                other.send(outstanding.insert(bytes.collect::<Vec<u8>>()));
            }
            // Data may arrive before the other agent knows that it is connected.
            if let Some(packet) = held.take_if(|_| is_connected) {
                other.send(&packet);
                // A network may duplicate a packet.
                if arrived == 5 {
                    other.send(&packet);
                }
            }
            let Some(packet) = other.receive() else {
                continue;
            };
            match outstanding.take() {
                Some(sent) => {
                    assert_eq!(packet, sent);
                    returned += 1;
                }
                None => {
                    arrived += 1;
                    // It may lose one, too.
                    held = (arrived != 3).then_some(packet);
                }
            }
        }
        let printed = printed.join("\n");
        // The XOR-MAPPED-ADDRESS of the other agent's responses, and the pair.
        assert_eq!(field(&printed, "mapped address"), address.to_string());
        assert_eq!(field(&printed, "connected to"), theirs.to_string());
        let is_controlling = field(&printed, "role") == "controlling";
        if is_controlling {
            assert_eq!(field(&printed, "data"), "20 packets, 12001 bytes each way");
            assert!(self.child.wait().unwrap().success());
        }
        is_controlling
    }
}
