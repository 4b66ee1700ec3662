//! Captures made for tests, message by message: what a client, a server and peers send each other.
#![allow(dead_code, reason = "not every test uses all of it")]

pub mod calls;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use stunwire::attribute::{
    ChannelNumber, ConnectionId, Data, EncodeAttribute, IceControlled, IceControlling, Lifetime,
    Nonce, Priority, Realm, RequestedTransport, UseCandidate, Username, XorMappedAddress,
    XorPeerAddress, XorRelayedAddress,
};
use stunwire::{Code, Credentials, ErrorCode, Header, Key, MessageWriter, Method, TransactionId};

/// When every call begins, since the epoch.
pub const START: u64 = 1_700_000_000;

pub const REALM: &str = "example.org";
pub const USER: &str = "alice";
pub const PASSWORD: &str = "secret";

/// An address of the documentation networks (RFC 5737), or any other.
pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn client() -> SocketAddr {
    address("192.0.2.10:50000")
}

pub fn server() -> SocketAddr {
    address("203.0.113.1:3478")
}

pub fn relayed() -> SocketAddr {
    address("203.0.113.1:49152")
}

pub fn peer() -> SocketAddr {
    address("198.51.100.20:40000")
}

/// The key of the user with this password.
pub fn key(password: &str) -> Key {
    let credentials = Credentials {
        username: USER,
        password,
    };
    Key::long_term(&credentials, REALM)
}

/// ERROR-CODE without a reason phrase.
pub fn error_code(code: u16) -> ErrorCode<'static> {
    ErrorCode::new(Code::new(code).unwrap(), "").unwrap()
}

pub type Attributes<'a> = &'a [&'a dyn EncodeAttribute];

/// One message, signed if there is a key.
pub fn message(header: Header, attributes: Attributes<'_>, key: Option<&Key>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = MessageWriter::new(&mut bytes, header).unwrap();
    for attribute in attributes {
        writer.attribute(*attribute).unwrap();
    }
    match key {
        Some(key) => writer.integrity(key).unwrap().finish().unwrap().to_vec(),
        None => writer.finish().unwrap().to_vec(),
    }
}

/// A capture in the making: a pcap file of raw IPv4 with times in microseconds.
pub struct Call {
    bytes: Vec<u8>,
    taken: u64,
    now: Duration,
    ids: u32,
    /// The next sequence number of each direction of a TCP connection.
    sequences: HashMap<(SocketAddr, SocketAddr), u32>,
}

impl Default for Call {
    fn default() -> Self {
        Self::new()
    }
}

impl Call {
    pub fn new() -> Self {
        let header = [0xA1B2_C3D4, 0x0002_0004, 0, 0, 65_535, 101];
        Self {
            bytes: header.into_iter().flat_map(u32::to_be_bytes).collect(),
            taken: 0,
            now: Duration::ZERO,
            ids: 0,
            sequences: HashMap::new(),
        }
    }

    /// The file.
    pub fn file(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the next part of a file that is too long to keep it.
    pub fn take(&mut self) -> Vec<u8> {
        self.taken += self.bytes.len() as u64;
        std::mem::take(&mut self.bytes)
    }

    /// Number of bytes that were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    pub fn now(&self) -> Duration {
        self.now
    }

    pub fn wait(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    /// Extends the capture: a packet of another protocol is its last one.
    pub fn idle(&mut self, millis: u64) -> &mut Self {
        self.wait(millis);
        self.udp(
            address("192.0.2.99:5353"),
            address("192.0.2.98:5353"),
            b"something else",
        )
    }

    /// A transaction id that no other request of the call has.
    pub fn id(&mut self) -> TransactionId {
        self.ids += 1;
        let [a, b, c, d] = self.ids.to_be_bytes();
        TransactionId::new([0x5A, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
    }

    fn ip(&mut self, protocol: u8, source: Ipv4Addr, destination: Ipv4Addr, segment: &[u8]) {
        let length = (20 + segment.len()) as u16;
        let [high, low] = length.to_be_bytes();
        let front = [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
        let seconds = (START + self.now.as_secs()) as u32;
        let length = u32::from(length);
        for number in [seconds, self.now.subsec_micros(), length, length] {
            self.bytes.extend(number.to_be_bytes());
        }
        self.bytes.extend(front);
        self.bytes.extend(source.octets());
        self.bytes.extend(destination.octets());
        self.bytes.extend(segment);
    }

    pub fn udp(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> &mut Self {
        let (from, to) = (v4(from), v4(to));
        let segment = datagram(from, to, payload);
        self.ip(17, *from.ip(), *to.ip(), &segment);
        self
    }

    /// A router or host says that a datagram did not arrive (RFC 792).
    pub fn icmp(
        &mut self,
        reporter: Ipv4Addr,
        code: u8,
        from: SocketAddr,
        to: SocketAddr,
        payload: &[u8],
    ) -> &mut Self {
        let (from, to) = (v4(from), v4(to));
        let quoted = datagram(from, to, payload);
        let length = ((20 + quoted.len()) as u16).to_be_bytes();
        let mut segment = vec![3, code, 0, 0, 0, 0, 0, 0];
        segment.extend([0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, 17, 0, 0]);
        segment.extend(from.ip().octets());
        segment.extend(to.ip().octets());
        segment.extend(quoted);
        self.ip(1, reporter, *from.ip(), &segment);
        self
    }

    fn segment(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        flags: u8,
        payload: &[u8],
    ) -> &mut Self {
        const SYN: u8 = 2;
        let known = self.sequences.entry((from, to)).or_insert(1000);
        if flags & SYN != 0 {
            *known = 1000;
        }
        let sequence = *known;
        *known += payload.len() as u32 + u32::from(flags & 3 != 0);
        let (from, to) = (v4(from), v4(to));
        let mut segment = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
        segment.extend(sequence.to_be_bytes());
        segment.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        segment.extend(payload);
        self.ip(6, *from.ip(), *to.ip(), &segment);
        self
    }

    pub fn tcp(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> &mut Self {
        self.segment(from, to, 0x18, payload)
    }

    pub fn syn(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.segment(from, to, 0x02, &[])
    }

    pub fn rst(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.segment(from, to, 0x14, &[])
    }

    pub fn fin(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.segment(from, to, 0x11, &[])
    }

    /// A TCP connection is opened.
    pub fn connect(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.syn(from, to).wait(10);
        self.segment(to, from, 0x12, &[]).wait(10)
    }

    /// RTP in one direction: `count` packets every 20 ms.
    pub fn rtp(&mut self, from: SocketAddr, to: SocketAddr, count: usize) -> &mut Self {
        for number in 0..count {
            self.udp(from, to, &rtp(number)).wait(20);
        }
        self
    }
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => unreachable!("the calls are over IPv4"),
    }
}

fn datagram(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let numbers = [from.port(), to.port(), 8 + payload.len() as u16, 0];
    let header: Vec<u8> = numbers.into_iter().flat_map(u16::to_be_bytes).collect();
    [&header[..], payload].concat()
}

/// A packet of RTP with 20 bytes of media.
pub fn rtp(number: usize) -> Vec<u8> {
    let [high, low] = (number as u16).to_be_bytes();
    let mut packet = vec![0x80, 0x60, high, low, 0, 0, 0, 0, 0, 0, 0, 1];
    packet.extend([0xAB; 20]);
    packet
}

/// A packet after its RFC 4571 length.
pub fn framed(packet: &[u8]) -> Vec<u8> {
    [&(packet.len() as u16).to_be_bytes(), packet].concat()
}

/// ChannelData, padded.
pub fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = [number.to_be_bytes(), (payload.len() as u16).to_be_bytes()].concat();
    packet.extend(payload);
    packet.resize(packet.len().next_multiple_of(4), 0);
    packet
}

/// A client of a TURN server, and the server.
pub struct Turn {
    pub client: SocketAddr,
    pub server: SocketAddr,
    pub is_tcp: bool,
    pub user: String,
    pub nonce: String,
    pub key: Key,
}

impl Turn {
    pub fn udp() -> Self {
        Self {
            client: client(),
            server: server(),
            is_tcp: false,
            user: USER.to_owned(),
            nonce: "nonce 1".to_owned(),
            key: key(PASSWORD),
        }
    }

    pub fn tcp() -> Self {
        Self {
            is_tcp: true,
            ..Self::udp()
        }
    }

    pub fn from(self, client: SocketAddr) -> Self {
        Self { client, ..self }
    }

    pub fn to(self, server: SocketAddr) -> Self {
        Self { server, ..self }
    }

    pub fn to_server(&self, call: &mut Call, packet: &[u8]) {
        if self.is_tcp {
            call.tcp(self.client, self.server, packet);
        } else {
            call.udp(self.client, self.server, packet);
        }
    }

    pub fn to_client(&self, call: &mut Call, packet: &[u8]) {
        if self.is_tcp {
            call.tcp(self.server, self.client, packet);
        } else {
            call.udp(self.server, self.client, packet);
        }
    }

    fn signed(&self, header: Header, attributes: Attributes<'_>) -> Vec<u8> {
        let user = Username::new(&self.user).unwrap();
        let realm = Realm::new(REALM).unwrap();
        let nonce = Nonce::new(&self.nonce).unwrap();
        let login: [&dyn EncodeAttribute; 3] = [&user, &realm, &nonce];
        message(header, &[attributes, &login].concat(), Some(&self.key))
    }

    /// A request without credentials.
    pub fn ask(
        &self,
        call: &mut Call,
        method: Method,
        attributes: Attributes<'_>,
    ) -> TransactionId {
        let id = call.id();
        let packet = message(Header::request(method, id), attributes, None);
        self.to_server(call, &packet);
        call.wait(20);
        id
    }

    /// A signed request.
    pub fn request(
        &self,
        call: &mut Call,
        method: Method,
        attributes: Attributes<'_>,
    ) -> TransactionId {
        let id = call.id();
        self.repeat(call, method, id, attributes);
        id
    }

    /// The same request again.
    pub fn repeat(
        &self,
        call: &mut Call,
        method: Method,
        id: TransactionId,
        attributes: Attributes<'_>,
    ) {
        let packet = self.signed(Header::request(method, id), attributes);
        self.to_server(call, &packet);
        call.wait(20);
    }

    pub fn success(
        &self,
        call: &mut Call,
        method: Method,
        id: TransactionId,
        attributes: Attributes<'_>,
    ) {
        let packet = message(Header::success(method, id), attributes, Some(&self.key));
        self.to_client(call, &packet);
        call.wait(10);
    }

    /// An error response, with the challenge if the code asks for one.
    pub fn error(&self, call: &mut Call, method: Method, id: TransactionId, code: u16) {
        let error = error_code(code);
        let realm = Realm::new(REALM).unwrap();
        let nonce = Nonce::new(&self.nonce).unwrap();
        let all: [&dyn EncodeAttribute; 3] = [&error, &realm, &nonce];
        let attributes = if matches!(code, 401 | 438) {
            &all[..]
        } else {
            &all[..1]
        };
        let packet = message(Header::error(method, id), attributes, None);
        self.to_client(call, &packet);
        call.wait(10);
    }

    /// A signed request and its success response.
    pub fn exchange(
        &self,
        call: &mut Call,
        method: Method,
        asked: Attributes<'_>,
        granted: Attributes<'_>,
    ) {
        let id = self.request(call, method, asked);
        self.success(call, method, id, granted);
    }

    /// A signed request that is refused.
    pub fn refused(&self, call: &mut Call, method: Method, asked: Attributes<'_>, code: u16) {
        let id = self.request(call, method, asked);
        self.error(call, method, id, code);
    }

    /// Allocate without credentials, and 401.
    pub fn challenge(&self, call: &mut Call) {
        let id = self.ask(call, Method::ALLOCATE, &[&self.transport()]);
        self.error(call, Method::ALLOCATE, id, 401);
    }

    pub fn transport(&self) -> RequestedTransport {
        RequestedTransport::UDP
    }

    /// The whole login, up to an allocation for UDP.
    pub fn allocate(&self, call: &mut Call) {
        self.challenge(call);
        self.allocate_again(call, &self.transport(), relayed());
    }

    /// The second Allocate.
    pub fn allocate_again(
        &self,
        call: &mut Call,
        transport: &RequestedTransport,
        relayed: SocketAddr,
    ) {
        self.exchange(
            call,
            Method::ALLOCATE,
            &[transport],
            &[
                &XorRelayedAddress(relayed),
                &XorMappedAddress(self.client),
                &Lifetime::from_secs(600),
            ],
        );
    }

    pub fn refresh(&self, call: &mut Call, lifetime: u32) {
        let lifetime = Lifetime::from_secs(lifetime);
        self.exchange(call, Method::REFRESH, &[&lifetime], &[&lifetime]);
    }

    pub fn permit(&self, call: &mut Call, peer: SocketAddr) {
        let peer = XorPeerAddress(peer);
        self.exchange(call, Method::CREATE_PERMISSION, &[&peer], &[]);
    }

    pub fn bind(&self, call: &mut Call, number: u16, peer: SocketAddr) {
        let number = ChannelNumber::new(number).unwrap();
        let peer = XorPeerAddress(peer);
        self.exchange(call, Method::CHANNEL_BIND, &[&number, &peer], &[]);
    }

    /// A Send indication.
    pub fn send(&self, call: &mut Call, peer: SocketAddr, data: &[u8]) {
        let id = call.id();
        let packet = message(
            Header::indication(Method::SEND, id),
            &[&XorPeerAddress(peer), &Data(data)],
            None,
        );
        self.to_server(call, &packet);
    }

    /// A Data indication.
    pub fn data(&self, call: &mut Call, peer: SocketAddr, data: &[u8]) {
        let id = call.id();
        let packet = message(
            Header::indication(Method::DATA, id),
            &[&XorPeerAddress(peer), &Data(data)],
            None,
        );
        self.to_client(call, &packet);
    }

    /// RTP in both directions over a channel, `count` packets each way every 20 ms.
    pub fn media(&self, call: &mut Call, channel: u16, count: usize) {
        for number in 0..count {
            let packet = channel_data(channel, &rtp(number));
            self.to_server(call, &packet);
            self.to_client(call, &packet);
            call.wait(20);
        }
    }

    pub fn connection_attempt(&self, call: &mut Call, id: u32, peer: SocketAddr) {
        let transaction = call.id();
        let packet = message(
            Header::indication(Method::CONNECTION_ATTEMPT, transaction),
            &[&ConnectionId(id), &XorPeerAddress(peer)],
            None,
        );
        self.to_client(call, &packet);
        call.wait(10);
    }
}

/// An ICE agent with its address, in a session with another.
#[derive(Clone, Copy)]
pub struct Agent {
    pub address: SocketAddr,
    pub fragment: &'static str,
    pub is_controlling: bool,
}

/// The agent of the client, which is controlling.
pub fn one() -> Agent {
    Agent {
        address: client(),
        fragment: "one1",
        is_controlling: true,
    }
}

/// The agent of the peer.
pub fn other() -> Agent {
    Agent {
        address: peer(),
        fragment: "oth2",
        is_controlling: false,
    }
}

/// The password of all agents.
pub fn ice_key() -> Key {
    Key::short_term("a password of ICE agents")
}

/// A Binding request of `from` for `to`.
pub fn check(from: Agent, to: Agent, id: TransactionId, nominates: bool) -> Vec<u8> {
    let name = format!("{}:{}", to.fragment, from.fragment);
    let user = Username::new(&name).unwrap();
    let priority = Priority::from_parts(126, 65_535, 1).unwrap();
    let (controlling, controlled) = (IceControlling(1), IceControlled(2));
    let mut attributes: Vec<&dyn EncodeAttribute> = vec![&user, &priority];
    if from.is_controlling {
        attributes.push(&controlling);
    } else {
        attributes.push(&controlled);
    }
    if nominates {
        attributes.push(&UseCandidate);
    }
    let header = Header::request(Method::BINDING, id);
    message(header, &attributes, Some(&ice_key()))
}

/// The success response of `to` to a check of `from`.
pub fn answer(from: Agent, id: TransactionId) -> Vec<u8> {
    let header = Header::success(Method::BINDING, id);
    message(header, &[&XorMappedAddress(from.address)], Some(&ice_key()))
}

/// An error response to a check.
pub fn refusal(id: TransactionId, code: u16) -> Vec<u8> {
    let error = error_code(code);
    message(Header::error(Method::BINDING, id), &[&error], None)
}

/// A check and its answer over UDP.
pub fn checked(call: &mut Call, from: Agent, to: Agent, nominates: bool) {
    let id = call.id();
    call.udp(from.address, to.address, &check(from, to, id, nominates))
        .wait(20);
    call.udp(to.address, from.address, &answer(from, id))
        .wait(5);
}

/// A check without an answer, sent `count` times.
pub fn unanswered_checks(call: &mut Call, from: Agent, to: Agent, count: usize) {
    for _ in 0..count {
        let id = call.id();
        call.udp(from.address, to.address, &check(from, to, id, false))
            .wait(500);
    }
}
