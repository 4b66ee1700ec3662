//! The ICE agent and the TURN client of webrtc-rs' sans-IO crates (`rtc-ice`, `rtc-turn`) with the examples `ice_agent`
//! and `turn_server`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_ice::candidate::CandidateConfig;
use rtc_ice::candidate::candidate_host::CandidateHostConfig;
use rtc_ice::state::ConnectionState;
use rtc_ice::tcp_type::TcpType;
use rtc_ice::{Agent, AgentConfig, Credentials, crypto};
use rtc_shared::turn_framing::TurnStreamDecoder;
use rtc_shared::{TransportContext, TransportMessage, TransportProtocol};
use rtc_turn::client::{Client, ClientConfig, Event};
use sansio::Protocol as _;

use crate::agent::{Case, Party, Peer, connect, converse};
use crate::harness::tests;
use crate::own::{PASSWORD, REALM, Turn, USER};
use crate::programs::IPV6;
use crate::relay::{LIMIT, PACKETS, echo, payload, peer, relayed_all};
use crate::support::LOOPBACK;

tests! {
    [] => [
        controlled_by_ice_agent,
        controlling_ice_agent,
        controlled_by_ice_agent_tcp,
        controlling_ice_agent_tcp,
        both_controlling,
        both_controlled,
    ],
    [IPV6] => [
        turn_client_udp,
        turn_client_tcp,
    ],
}

fn transport(tcp: bool) -> TransportProtocol {
    if tcp {
        TransportProtocol::TCP
    } else {
        TransportProtocol::UDP
    }
}

fn message(
    packet: &[u8],
    from: SocketAddr,
    to: SocketAddr,
    tcp: bool,
) -> TransportMessage<BytesMut> {
    TransportMessage {
        now: Instant::now(),
        transport: TransportContext {
            local_addr: to,
            peer_addr: from,
            transport_protocol: transport(tcp),
            ecn: None,
        },
        message: BytesMut::from(packet),
    }
}

struct Rtc {
    agent: Agent,
    tcp: bool,
}

impl Rtc {
    fn new(case: Case, address: SocketAddr, other: &Party) -> (Self, String, String) {
        let config = AgentConfig {
            is_controlling: case.is_peer_controlling,
            ..AgentConfig::default()
        };
        let provider = crypto::default_provider().unwrap();
        let mut agent = Agent::new(Instant::now(), Arc::new(config), provider).unwrap();
        let (ours, theirs) = match (case.tcp, case.is_ours_controlling) {
            (false, _) => (TcpType::Unspecified, TcpType::Unspecified),
            (true, true) => (TcpType::Passive, TcpType::Active),
            (true, false) => (TcpType::Active, TcpType::Passive),
        };
        let candidate = |address: SocketAddr, tcp_type| {
            let config = CandidateHostConfig {
                base_config: CandidateConfig {
                    network: if case.tcp { "tcp" } else { "udp" }.to_owned(),
                    address: address.ip().to_string(),
                    port: address.port(),
                    component: 1,
                    ..CandidateConfig::default()
                },
                tcp_type,
            };
            config.new_candidate_host().unwrap()
        };
        agent.add_local_candidate(candidate(address, ours)).unwrap();
        agent
            .add_remote_candidate(candidate(other.address, theirs))
            .unwrap();
        let (ufrag, password) = (other.ufrag.clone(), other.password.clone());
        agent
            .start_connectivity_checks(Instant::now(), case.is_peer_controlling, ufrag, password)
            .unwrap();
        let Credentials { ufrag, pwd } = agent.get_local_credentials().clone();
        let tcp = case.tcp;
        (Self { agent, tcp }, ufrag, pwd)
    }
}

impl Peer for Rtc {
    fn receive(&mut self, packet: &[u8], from: SocketAddr, to: SocketAddr) -> bool {
        let is_stun = packet.first().is_some_and(|byte| *byte < 4);
        if is_stun {
            let handled = self.agent.handle_read(message(packet, from, to, self.tcp));
            // The agent does not use a 487; its own check has told it about the conflict.
            assert!(
                handled.is_ok() || packet.starts_with(&[0x01, 0x11]),
                "{handled:?}"
            );
        }
        is_stun
    }

    fn packet(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        let now = Instant::now();
        if self.agent.poll_timeout().is_some_and(|at| at <= now) {
            self.agent.handle_timeout(now).unwrap();
        }
        let packet = self.agent.poll_write()?;
        Some((packet.message.to_vec(), packet.transport.peer_addr))
    }

    fn connected(&mut self) -> Option<(SocketAddr, SocketAddr)> {
        let (local, remote) = self.agent.get_selected_candidate_pair()?;
        let is_connected = [ConnectionState::Connected, ConnectionState::Completed];
        let pair = (local.addr(), remote.addr());
        is_connected.contains(&self.agent.state()).then_some(pair)
    }
}

fn controlled_by_ice_agent() {
    connect(Case::new(true, false), Rtc::new);
}

fn controlling_ice_agent() {
    connect(Case::new(false, false), Rtc::new);
}

fn controlled_by_ice_agent_tcp() {
    connect(Case::new(true, true), Rtc::new);
}

fn controlling_ice_agent_tcp() {
    connect(Case::new(false, true), Rtc::new);
}

/// Either agent may give up its role: the tie-breakers are random.
fn conflict(case: Case) {
    converse(case, |address, other| Rtc::new(case, address, other));
}

fn both_controlling() {
    conflict(Case::conflict(true));
}

fn both_controlled() {
    conflict(Case::conflict(false));
}

/// The connection of the TURN client.
enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream, TurnStreamDecoder),
}

impl Wire {
    fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => assert_eq!(socket.send(bytes).unwrap(), bytes.len()),
            Self::Tcp(stream, _) => stream.write_all(bytes).unwrap(),
        }
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        match self {
            Self::Udp(socket) => {
                let n = socket.recv(&mut buffer).ok()?;
                Some(buffer[..n].to_vec())
            }
            Self::Tcp(stream, decoder) => {
                if let Some(message) = decoder.next_message().unwrap() {
                    return Some(message);
                }
                let n = stream.read(&mut buffer).ok()?;
                decoder.extend_from_slice(&buffer[..n]);
                decoder.next_message().unwrap()
            }
        }
    }
}

struct Turned {
    client: Client,
    wire: Wire,
    server: SocketAddr,
    local: SocketAddr,
    tcp: bool,
}

impl Turned {
    fn new(server: SocketAddr, tcp: bool) -> Self {
        let wait = Some(Duration::from_millis(5));
        let (wire, local) = if tcp {
            let stream = TcpStream::connect(server).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(wait).unwrap();
            let local = stream.local_addr().unwrap();
            (Wire::Tcp(stream, TurnStreamDecoder::new()), local)
        } else {
            let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
            socket.connect(server).unwrap();
            socket.set_read_timeout(wait).unwrap();
            let local = socket.local_addr().unwrap();
            (Wire::Udp(socket), local)
        };
        let config = ClientConfig {
            stun_serv_addr: server.to_string(),
            turn_serv_addr: server.to_string(),
            local_addr: local,
            transport_protocol: transport(tcp),
            username: USER.to_owned(),
            password: PASSWORD.to_owned(),
            realm: REALM.to_owned(),
            ..ClientConfig::default()
        };
        let client = Client::new(config, crypto::default_provider().unwrap()).unwrap();
        Self {
            client,
            wire,
            server,
            local,
            tcp,
        }
    }

    fn send(&mut self) {
        while let Some(packet) = self.client.poll_write() {
            self.wire.send(&packet.message);
        }
    }

    /// Runs the client until something has happened.
    fn event(&mut self) -> Event {
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < LIMIT, "not within {LIMIT:?}");
            self.send();
            if let Some(event) = self.client.poll_event() {
                return event;
            }
            if let Some(packet) = self.wire.receive() {
                let packet = message(&packet, self.server, self.local, self.tcp);
                self.client.handle_read(packet).unwrap();
            }
            self.client.handle_timeout(Instant::now()).unwrap();
        }
    }
}

/// Allocates, sends packets to a peer, which sends them back, and deletes the allocation.
fn turn_client(tcp: bool) {
    let turn = Turn::start(&["--trace"]);
    let mut turned = Turned::new(turn.at("127.0.0.1"), tcp);
    let (socket, peer) = peer();
    turned.client.send_binding_request(Instant::now()).unwrap();
    match turned.event() {
        Event::BindingResponse(_, mapped) => assert_eq!(mapped, turned.local),
        _ => panic!("no mapped address"),
    }
    turned.client.allocate(Instant::now()).unwrap();
    let Event::AllocateResponse(_, relayed) = turned.event() else {
        panic!("no allocation");
    };
    let mut relay = turned.client.relay(relayed).unwrap();
    relay.create_permission(Instant::now(), peer).unwrap();
    match turned.event() {
        Event::CreatePermissionResponse(_, permitted) => assert_eq!(permitted, peer),
        _ => panic!("no permission"),
    }
    // Send indications until the channel is bound, then ChannelData.
    let mut channels = 0;
    for number in 0..PACKETS {
        let mut relay = turned.client.relay(relayed).unwrap();
        relay
            .send_to(Instant::now(), &payload(number), peer)
            .unwrap();
        turned.send();
        echo(&socket, relayed, number);
        let Event::DataIndicationOrChannelData(channel, from, data) = turned.event() else {
            panic!("no data");
        };
        assert_eq!((from, &data[..]), (peer, &payload(number)[..]));
        channels += usize::from(channel.is_some());
    }
    assert!(
        channels > PACKETS / 2,
        "{channels} packets over the channel"
    );
    let mut relay = turned.client.relay(relayed).unwrap();
    relay.close(Instant::now()).unwrap();
    turned.send();
    relayed_all(&turn);
}

fn turn_client_udp() {
    turn_client(false);
}

fn turn_client_tcp() {
    turn_client(true);
}
