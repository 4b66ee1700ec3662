//! The ICE agent, the TURN client and the TURN server of webrtc-rs (the crates `webrtc-ice` and `turn`), over UDP.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use webrtc_ice::agent::Agent;
use webrtc_ice::agent::agent_config::AgentConfig;
use webrtc_ice::candidate::candidate_base::unmarshal_candidate;
use webrtc_ice::candidate::{Candidate, CandidateType};
use webrtc_ice::mdns::MulticastDnsMode;
use webrtc_ice::network_type::NetworkType;
use webrtc_turn::auth::{AuthHandler, generate_auth_key};
use webrtc_turn::client::{Client, ClientConfig};
use webrtc_turn::relay::relay_static::RelayAddressGeneratorStatic;
use webrtc_turn::server::Server;
use webrtc_turn::server::config::{ConnConfig, ServerConfig};
use webrtc_util::Conn;
use webrtc_util::vnet::net::Net;

use crate::agent::{Connection, Ours, Party};
use crate::harness::tests;
use crate::own::{PASSWORD, REALM, Turn, USER};
use crate::programs::IPV6;
use crate::relay::{LIMIT, PACKETS, echo, payload, peer, relayed_all, turn_status, turn_udp};
use crate::support::LOOPBACK;

tests! {
    [] => [
        controlled_by_ice_agent,
        controlling_ice_agent,
        turn_server,
    ],
    [IPV6] => [turn_client],
}

struct Connected<C> {
    runtime: Runtime,
    conn: Arc<C>,
}

impl<C: Conn> Connection for Connected<C> {
    fn is_connected(&mut self) -> bool {
        true
    }

    fn send(&mut self, data: &[u8]) {
        let sent = self.runtime.block_on(self.conn.send(data)).unwrap();
        assert_eq!(sent, data.len());
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        let received = async {
            let wait = Duration::from_millis(10);
            timeout(wait, self.conn.recv(&mut buffer)).await
        };
        let n = self.runtime.block_on(received).ok()?.unwrap();
        Some(buffer[..n].to_vec())
    }
}

fn connect(is_ours_controlling: bool) {
    let runtime = Runtime::new().unwrap();
    let (mut ours, party) = Ours::start(is_ours_controlling, false);
    let config = AgentConfig {
        network_types: vec![NetworkType::Udp4],
        candidate_types: vec![CandidateType::Host],
        include_loopback: true,
        ip_filter: Arc::new(Some(Box::new(|ip| ip == LOOPBACK))),
        multicast_dns_mode: MulticastDnsMode::Disabled,
        ..AgentConfig::default()
    };
    let agent = runtime.block_on(Agent::new(config)).unwrap();
    let (sender, candidates) = mpsc::channel();
    agent.on_candidate(Box::new(move |candidate| {
        if let Some(candidate) = candidate {
            sender.send(candidate.addr()).unwrap();
        }
        Box::pin(async {})
    }));
    runtime
        .block_on(async { agent.gather_candidates() })
        .unwrap();
    let address = candidates.recv_timeout(LIMIT).unwrap();
    let (ufrag, password) = runtime.block_on(agent.get_local_user_credentials());
    ours.connect(&Party {
        ufrag,
        password,
        address,
    });
    let remote = format!(
        "1 1 udp 2130706431 127.0.0.1 {} typ host",
        party.address.port()
    );
    let remote: Arc<dyn Candidate + Send + Sync> = Arc::new(unmarshal_candidate(&remote).unwrap());
    runtime
        .block_on(async { agent.add_remote_candidate(&remote) })
        .unwrap();
    let (_cancel, canceled) = tokio::sync::mpsc::channel(1);
    let Party {
        ufrag, password, ..
    } = party;
    // The types of the two connections differ.
    if is_ours_controlling {
        let accepted = async { timeout(LIMIT, agent.accept(canceled, ufrag, password)).await };
        let conn = runtime.block_on(accepted).unwrap().unwrap();
        let mut connected = Connected { runtime, conn };
        assert!(ours.exchange(&mut connected, party.address, address));
        end(&connected.runtime, &agent, address, party.address);
    } else {
        let dialed = async { timeout(LIMIT, agent.dial(canceled, ufrag, password)).await };
        let conn = runtime.block_on(dialed).unwrap().unwrap();
        let mut connected = Connected { runtime, conn };
        assert!(!ours.exchange(&mut connected, party.address, address));
        end(&connected.runtime, &agent, address, party.address);
    }
}

/// The selected pair is the only one.
fn end(runtime: &Runtime, agent: &Agent, local: SocketAddr, remote: SocketAddr) {
    let pair = agent.get_selected_candidate_pair().unwrap();
    assert_eq!((pair.local.addr(), pair.remote.addr()), (local, remote));
    runtime.block_on(agent.close()).unwrap();
}

fn controlled_by_ice_agent() {
    connect(true);
}

fn controlling_ice_agent() {
    connect(false);
}

/// Allocates, sends packets to a peer, which sends them back, and deletes the allocation.
fn turn_client() {
    let turn = Turn::start(&["--trace"]);
    let server = turn.at("127.0.0.1").to_string();
    let (socket, peer) = peer();
    Runtime::new().unwrap().block_on(async {
        let conn = UdpSocket::bind((LOOPBACK, 0)).await.unwrap();
        let local = conn.local_addr().unwrap();
        let client = Client::new(ClientConfig {
            stun_serv_addr: server.clone(),
            turn_serv_addr: server,
            username: USER.to_owned(),
            password: PASSWORD.to_owned(),
            realm: REALM.to_owned(),
            software: String::new(),
            rto_in_ms: 0,
            conn: Arc::new(conn),
            vnet: None,
        });
        let client = client.await.unwrap();
        client.listen().await.unwrap();
        assert_eq!(client.send_binding_request().await.unwrap(), local);
        let relay = client.allocate().await.unwrap();
        let relayed = relay.local_addr().unwrap();
        // The first packet creates the permission and binds a channel.
        for number in 0..PACKETS {
            relay.send_to(&payload(number), peer).await.unwrap();
            tokio::task::block_in_place(|| echo(&socket, relayed, number));
            let mut buffer = [0; 2048];
            let (n, from) = timeout(LIMIT, relay.recv_from(&mut buffer))
                .await
                .unwrap()
                .unwrap();
            assert_eq!((&buffer[..n], from), (&payload(number)[..], peer));
        }
        relay.close().await.unwrap();
        client.close().await.unwrap();
    });
    relayed_all(&turn);
}

struct Users;

impl AuthHandler for Users {
    fn auth_handle(
        &self,
        username: &str,
        realm: &str,
        _: SocketAddr,
    ) -> Result<Vec<u8>, webrtc_turn::Error> {
        if username == USER {
            Ok(generate_auth_key(USER, realm, PASSWORD))
        } else {
            Err(webrtc_turn::Error::ErrNoSuchUser)
        }
    }
}

/// `turn_status` and `turn_udp` are clients of the server.
fn turn_server() {
    let runtime = Runtime::new().unwrap();
    let (server, address) = runtime.block_on(async {
        let conn = UdpSocket::bind((LOOPBACK, 0)).await.unwrap();
        let address = conn.local_addr().unwrap();
        let relays = RelayAddressGeneratorStatic {
            relay_address: LOOPBACK,
            address: LOOPBACK.to_string(),
            net: Arc::new(Net::new(None)),
        };
        let server = Server::new(ServerConfig {
            conn_configs: vec![ConnConfig {
                conn: Arc::new(conn),
                relay_addr_generator: Box::new(relays),
            }],
            realm: REALM.to_owned(),
            auth_handler: Arc::new(Users),
            channel_bind_timeout: Duration::from_secs(0),
            alloc_close_notify: None,
        });
        (server.await.unwrap(), address)
    });
    turn_status(address, &[]);
    turn_udp(address, &[]);
    runtime.block_on(server.close()).unwrap();
}
