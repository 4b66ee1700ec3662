//! The TURN client and the TURN server of turn-proto (the crates `turn-client-proto` and `turn-server-proto`), which
//! have no sockets of their own, with the example `turn_server`, and with requests that `LongTermClient` signs.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Clock};

use turn_client_proto::api::{
    Transmit, TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet,
};
use turn_client_proto::tcp::TurnClientTcp;
use turn_client_proto::types::stun::message::IntegrityAlgorithm;
use turn_client_proto::types::{Instant, TransportType, TurnCredentials};
use turn_client_proto::udp::TurnClientUdp;
use turn_server_proto::api::{TurnServerApi as _, TurnServerPollRet};
use turn_server_proto::server::TurnServer;
use turn_server_proto::stun::auth::Feature;

use crate::harness::tests;
use crate::own::{PASSWORD, REALM, Turn, USER};
use crate::programs::{self, IPV6};
use crate::signed;
use crate::support::{LOOPBACK, assert_turn_udp, field, run, text};

tests! {
    [IPV6] => [
        client_udp,
        client_tcp,
        client_sha256_udp,
        client_sha256_tcp,
        client_userhash,
    ],
    [] => [
        server_udp,
        server_tcp,
        server_rfc5389,
        server_wrong_password,
    ],
}

const LIMIT: Duration = Duration::from_secs(60);
/// The packets for each way of sending.
const PACKETS: usize = 20;

/// The time of these crates.
fn now(start: Clock) -> Instant {
    Instant::ZERO + Duration::from_secs(1) + start.elapsed()
}

/// A payload of growing length. Over TCP it is a multiple of 4, so that ChannelData has no padding.
fn payload(number: usize, transport: TransportType) -> Vec<u8> {
    let length = match transport {
        TransportType::Udp => 1 + number * 59,
        TransportType::Tcp => 4 + number * 60,
    };
    (0..=250).cycle().skip(number).take(length).collect()
}

/// The connection of the client to the server.
enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Wire {
    /// The connection, and its own address.
    fn open(transport: TransportType, server: SocketAddr) -> (Self, SocketAddr) {
        match transport {
            TransportType::Udp => {
                let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
                socket.connect(server).unwrap();
                socket.set_nonblocking(true).unwrap();
                let local = socket.local_addr().unwrap();
                (Self::Udp(socket), local)
            }
            TransportType::Tcp => {
                let stream = TcpStream::connect(server).unwrap();
                stream.set_nonblocking(true).unwrap();
                stream.set_nodelay(true).unwrap();
                let local = stream.local_addr().unwrap();
                (Self::Tcp(stream), local)
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => assert_eq!(socket.send(bytes).unwrap(), bytes.len()),
            Self::Tcp(stream) => stream.write_all(bytes).unwrap(),
        }
    }

    /// A datagram, or some bytes of the stream.
    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        let received = match self {
            Self::Udp(socket) => socket.recv(&mut buffer),
            Self::Tcp(stream) => stream.read(&mut buffer),
        };
        match received {
            Ok(n) => Some(buffer[..n].to_vec()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                None
            }
        }
    }
}

/// A client with its connection, and a peer, which sends everything back.
struct Client<C> {
    client: C,
    wire: Wire,
    peer: UdpSocket,
    start: Clock,
}

enum Got {
    Event(TurnEvent),
    Data(SocketAddr, Vec<u8>),
}

impl<C: TurnClientApi> Client<C> {
    /// `allocate` creates the client with its own address and that of the server.
    fn new(
        transport: TransportType,
        server: SocketAddr,
        allocate: impl FnOnce(SocketAddr, SocketAddr) -> C,
    ) -> Self {
        let (wire, local) = Wire::open(transport, server);
        let peer = UdpSocket::bind((LOOPBACK, 0)).unwrap();
        peer.set_nonblocking(true).unwrap();
        Self {
            client: allocate(local, server),
            wire,
            peer,
            start: Clock::now(),
        }
    }

    /// Bytes of the server.
    fn received(&self, bytes: Vec<u8>) -> Transmit<Vec<u8>> {
        let client = &self.client;
        let (server, local) = (client.remote_addr(), client.local_addr());
        Transmit::new(bytes, client.transport(), server, local)
    }

    /// Runs the client until something has happened.
    fn next(&mut self) -> Got {
        let begin = Clock::now();
        loop {
            assert!(begin.elapsed() < LIMIT, "not within {LIMIT:?}");
            let at = now(self.start);
            let polled = self.client.poll(at);
            assert!(matches!(polled, TurnPollRet::WaitUntil(_)), "{polled:?}");
            while let Some(packet) = self.client.poll_transmit(at) {
                self.wire.send(&packet.data);
            }
            if let Some(event) = self.client.poll_event() {
                return Got::Event(event);
            }
            if let Some(data) = self.client.poll_recv(at) {
                return Got::Data(data.peer, data.data().to_vec());
            }
            let mut buffer = [0; 2048];
            if let Ok((n, from)) = self.peer.recv_from(&mut buffer) {
                self.peer.send_to(&buffer[..n], from).unwrap();
            }
            let Some(bytes) = self.wire.receive() else {
                thread::sleep(Duration::from_micros(200));
                continue;
            };
            let received = self.received(bytes);
            match self.client.recv(received, at) {
                TurnRecvRet::Handled => {}
                TurnRecvRet::PeerData(data) => {
                    return Got::Data(data.peer, data.data().to_vec());
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn event(&mut self) -> TurnEvent {
        match self.next() {
            Got::Event(event) => event,
            Got::Data(peer, data) => panic!("{} bytes from {peer}", data.len()),
        }
    }

    /// Sends packets to the peer and expects them back. Returns the number of bytes each way.
    fn exchange(&mut self) -> usize {
        let peer = self.peer.local_addr().unwrap();
        let mut bytes = 0;
        for number in 0..PACKETS {
            let data = payload(number, self.client.transport());
            let sent = self
                .client
                .send_to(TransportType::Udp, peer, data.clone(), now(self.start))
                .unwrap()
                .unwrap();
            self.wire.send(&sent.build().data);
            match self.next() {
                Got::Data(from, back) => assert_eq!((from, back), (peer, data.clone())),
                Got::Event(event) => panic!("{event:?}"),
            }
            bytes += data.len();
        }
        bytes
    }

    /// Allocates, sends indications and then ChannelData to the peer, and deletes the allocation. Returns the number
    /// of bytes each way.
    fn converse(mut self, server: &Turn) -> usize {
        let allocated = self.event();
        let TurnEvent::AllocationCreated(TransportType::Udp, relayed) = allocated else {
            panic!("{allocated:?}\n{}", server.log());
        };
        assert_eq!(relayed.ip(), LOOPBACK);
        let (udp, peer) = (TransportType::Udp, self.peer.local_addr().unwrap());
        let at = now(self.start);
        self.client.create_permission(udp, peer.ip(), at).unwrap();
        let permitted = self.event();
        assert!(
            matches!(permitted, TurnEvent::PermissionCreated(_, ip) if ip == peer.ip()),
            "{permitted:?}\n{}",
            server.log()
        );
        let mut bytes = self.exchange();
        self.client
            .bind_channel(udp, peer, now(self.start))
            .unwrap();
        let bound = self.event();
        assert!(
            matches!(bound, TurnEvent::ChannelCreated(_, to) if to == peer),
            "{bound:?}\n{}",
            server.log()
        );
        bytes += self.exchange();
        self.client.delete(now(self.start)).unwrap();
        let begin = Clock::now();
        while !matches!(self.client.poll(now(self.start)), TurnPollRet::Closed) {
            assert!(begin.elapsed() < LIMIT, "not within {LIMIT:?}");
            let at = now(self.start);
            while let Some(packet) = self.client.poll_transmit(at) {
                self.wire.send(&packet.data);
            }
            if let Some(bytes) = self.wire.receive() {
                let received = self.received(bytes);
                self.client.recv(received, at);
            }
        }
        bytes
    }
}

/// Runs the client with this configuration against `turn_server`, and compares the figures of both. Returns the log
/// of the server.
fn client(tcp: bool, sha256: bool, configure: impl FnOnce(&mut TurnConfig)) -> String {
    let options = ["--trace", "--sha256"];
    let turn = Turn::start(if sha256 { &options } else { &options[..1] });
    let server = turn.at("127.0.0.1");
    let mut config = TurnConfig::new(TurnCredentials::new(USER, PASSWORD));
    configure(&mut config);
    let bytes = if tcp {
        let allocate = |local, server| TurnClientTcp::allocate(local, server, config);
        Client::new(TransportType::Tcp, server, allocate).converse(&turn)
    } else {
        let allocate = |local, server| TurnClientUdp::allocate(local, server, config);
        Client::new(TransportType::Udp, server, allocate).converse(&turn)
    };
    let figures = turn.figures(1);
    let expected = (2 * PACKETS as u64, bytes as u64);
    assert_eq!((figures.to_peers, figures.to_clients), (expected, expected));
    turn.log()
}

/// MESSAGE-INTEGRITY and its length; MESSAGE-INTEGRITY-SHA256; USERHASH.
const SHA1: &str = "00080014";
const SHA256: &str = "001c0020";
const USERHASH: &str = "001e0020";

fn client_udp() {
    let log = client(false, false, |_| {});
    assert!(log.contains(SHA1) && !log.contains(SHA256), "{log}");
}

fn client_tcp() {
    let log = client(true, false, |_| {});
    assert!(log.contains(SHA1) && !log.contains(SHA256), "{log}");
}

fn client_sha256_udp() {
    let log = client(false, true, |config| {
        config.set_supported_integrity(IntegrityAlgorithm::Sha256);
    });
    assert!(log.contains(SHA256) && !log.contains(SHA1), "{log}");
}

fn client_sha256_tcp() {
    let log = client(true, true, |config| {
        config.set_supported_integrity(IntegrityAlgorithm::Sha256);
    });
    assert!(log.contains(SHA256) && !log.contains(SHA1), "{log}");
}

fn client_userhash() {
    let log = client(false, true, |config| {
        config.set_supported_integrity(IntegrityAlgorithm::Sha256);
        config.set_anonymous_username(Feature::Required);
    });
    assert!(log.contains(SHA256) && log.contains(USERHASH), "{log}");
}

/// The server of turn-proto with its sockets, in a thread until this is dropped.
struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    /// The requests with MESSAGE-INTEGRITY-SHA256.
    sha256: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(tcp: bool) -> Self {
        let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
        let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (transport, address) = if tcp {
            (TransportType::Tcp, listener.local_addr().unwrap())
        } else {
            (TransportType::Udp, socket.local_addr().unwrap())
        };
        let mut server = TurnServer::new(transport, address, REALM.to_owned());
        server.add_user(USER.to_owned(), PASSWORD.to_owned());
        let stop = Arc::new(AtomicBool::new(false));
        let sha256 = Arc::new(AtomicUsize::new(0));
        let mut sockets = Sockets {
            server,
            transport,
            address,
            datagrams: HashMap::from([(socket.local_addr().unwrap(), socket)]),
            streams: HashMap::new(),
            sha256: Arc::clone(&sha256),
            start: Clock::now(),
        };
        let is_stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !is_stopped.load(Ordering::Relaxed) {
                sockets.step(&listener);
            }
        });
        Self {
            address,
            stop,
            sha256,
            thread: Some(thread),
        }
    }

    /// At least one request had MESSAGE-INTEGRITY-SHA256.
    fn has_seen_sha256(&self) -> bool {
        self.sha256.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().unwrap().join();
        if !thread::panicking() {
            ended.unwrap();
        }
    }
}

struct Sockets {
    server: TurnServer,
    /// Of the clients.
    transport: TransportType,
    address: SocketAddr,
    /// By their own addresses: that for clients, and the relayed ones.
    datagrams: HashMap<SocketAddr, UdpSocket>,
    /// The connections of clients.
    streams: HashMap<SocketAddr, TcpStream>,
    sha256: Arc<AtomicUsize>,
    start: Clock,
}

impl Sockets {
    fn step(&mut self, listener: &TcpListener) {
        let at = now(self.start);
        match self.server.poll(at) {
            TurnServerPollRet::AllocateSocket {
                transport,
                listen_addr,
                client_addr,
                allocation_transport,
                family,
            } => {
                assert_eq!(allocation_transport, TransportType::Udp);
                let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
                socket.set_nonblocking(true).unwrap();
                let relayed = socket.local_addr().unwrap();
                self.datagrams.insert(relayed, socket);
                self.server.allocated_socket(
                    transport,
                    listen_addr,
                    client_addr,
                    allocation_transport,
                    family,
                    Ok(relayed),
                    at,
                );
            }
            TurnServerPollRet::SocketClose { listen_addr, .. } => {
                self.datagrams.remove(&listen_addr);
            }
            TurnServerPollRet::TcpClose { remote_addr, .. } => {
                self.streams.remove(&remote_addr);
            }
            _ => {}
        }
        while let Some(packet) = self.server.poll_transmit(at) {
            self.send(&packet);
        }
        while let Ok((stream, from)) = listener.accept() {
            stream.set_nonblocking(true).unwrap();
            stream.set_nodelay(true).unwrap();
            self.streams.insert(from, stream);
        }
        let mut arrived = Vec::new();
        let mut buffer = [0; 2048];
        for (to, socket) in &self.datagrams {
            while let Ok((n, from)) = socket.recv_from(&mut buffer) {
                let data = buffer[..n].to_vec();
                arrived.push(Transmit::new(data, TransportType::Udp, from, *to));
            }
        }
        for (from, stream) in &mut self.streams {
            if let Ok(n @ 1..) = stream.read(&mut buffer) {
                let data = buffer[..n].to_vec();
                arrived.push(Transmit::new(data, TransportType::Tcp, *from, self.address));
            }
        }
        if arrived.is_empty() {
            thread::sleep(Duration::from_micros(200));
        }
        for packet in arrived {
            if packet.to == self.address && packet.transport == self.transport {
                let sha256 = packet.data.windows(4).any(|w| w == [0, 0x1C, 0, 0x20]);
                self.sha256
                    .fetch_add(usize::from(sha256), Ordering::Relaxed);
            }
            if let Some(answer) = self.server.recv(packet, at) {
                self.send(&answer.build());
            }
        }
    }

    fn send(&mut self, packet: &Transmit<Vec<u8>>) {
        match packet.transport {
            TransportType::Udp => {
                let socket = &self.datagrams[&packet.from];
                socket.send_to(&packet.data, packet.to).unwrap();
            }
            TransportType::Tcp => {
                let mut stream = &self.streams[&packet.to];
                stream.write_all(&packet.data).unwrap();
            }
        }
    }
}

/// The server repeats its nonce in success responses, which `LongTermClient` ignores without PASSWORD-ALGORITHMS (RFC
/// 8489 §9.2.5), so that this client verifies them by their key alone.
fn server(tcp: bool) {
    let server = Server::start(tcp);
    signed::converse(server.address, tcp, |client, response| {
        let verified = response.verify(client.key().unwrap()).unwrap();
        assert_eq!(verified.algorithm(), stunwire::IntegrityAlgorithm::SHA256);
        verified
    });
    // It has accepted MESSAGE-INTEGRITY-SHA256.
    assert!(server.has_seen_sha256());
}

fn server_udp() {
    server(false);
}

fn server_tcp() {
    server(true);
}

/// As a client of RFC 5389 `turn_udp` accepts these responses. It sends ChannelData of any length, so only over UDP.
fn server_rfc5389() {
    let server = Server::start(false);
    let mut command = programs::own("turn_udp");
    command.arg(server.address.to_string()).args([
        "--user",
        USER,
        "--password",
        PASSWORD,
        "--rfc5389",
    ]);
    assert_turn_udp(&run(&mut command, LIMIT));
    assert!(!server.has_seen_sha256());
}

fn server_wrong_password() {
    let server = Server::start(false);
    let mut command = programs::own("turn_status");
    command
        .arg(server.address.to_string())
        .args(["--user", USER, "--password", "wrong"]);
    let output = run(&mut command, LIMIT);
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    assert_eq!(
        field(&said, "status"),
        "401: wrong user name or password",
        "{said}"
    );
}
