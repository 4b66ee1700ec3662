//! libjuice (the crate `libjuice-rs`): its ICE agent with the examples `ice_agent` and `stun_server`, also through a
//! relay of `turn_server`, and its TURN server with requests that have MESSAGE-INTEGRITY-SHA256 and USERHASH.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use libjuice_rs::{Agent, Handler, Server, ServerCredentials, State};
use stunwire::{Credentials, IntegrityAlgorithm, Key};

use crate::agent::{Connection, Ours, Party};
use crate::harness::tests;
use crate::own::{PASSWORD, REALM, Turn, USER, stun_server};
use crate::programs::IPV6;
use crate::relay::{LIMIT, turn_status, turn_udp};
use crate::signed;
use crate::support::{LOOPBACK, answers, free_port, within};

tests! {
    [] => [
        controlled_by_ice_agent,
        controlling_ice_agent,
        turn_server_sha256,
        turn_server_rfc5389,
    ],
    [IPV6] => [
        relayed_data,
        relayed_sha256_offered,
    ],
}

struct Juice {
    agent: Agent,
    data: Receiver<Vec<u8>>,
}

impl Connection for Juice {
    fn is_connected(&mut self) -> bool {
        matches!(self.agent.get_state(), State::Connected | State::Completed)
    }

    fn send(&mut self, data: &[u8]) {
        self.agent.send(data).unwrap();
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        self.data.recv_timeout(Duration::from_millis(10)).ok()
    }
}

/// Connects `ice_agent` to an agent with this TURN server; `choose` selects the candidate that `ice_agent` gets.
fn connect(is_ours_controlling: bool, turn: Option<SocketAddr>, choose: impl Fn(&str) -> bool) {
    let (_stun, [stun, _]) = stun_server();
    let (mut ours, party) = Ours::start(is_ours_controlling, false);
    let (sender, data) = mpsc::channel();
    let (gathered, is_gathered) = mpsc::channel();
    let handler = Handler::default()
        .recv_handler(move |packet| drop(sender.send(packet.to_vec())))
        .gathering_done_handler(move || gathered.send(()).unwrap_or_default());
    let mut builder = Agent::builder(handler)
        .with_bind_address(&LOOPBACK)
        .with_stun(stun.ip().to_string(), stun.port());
    if let Some(turn) = turn {
        let host = turn.ip().to_string();
        builder = builder
            .add_turn_server(host.as_str(), turn.port(), USER, PASSWORD)
            .unwrap();
    }
    let agent = builder.build().unwrap();
    let theirs = format!(
        "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n\
         a=candidate:1 1 UDP 2130706431 127.0.0.1 {} typ host\r\na=end-of-candidates\r\n",
        party.ufrag,
        party.password,
        party.address.port()
    );
    // The agent that describes itself first is controlling.
    if is_ours_controlling {
        agent.set_remote_description(theirs).unwrap();
        agent.gather_candidates().unwrap();
    } else {
        agent.gather_candidates().unwrap();
        agent.get_local_description().unwrap();
        agent.set_remote_description(theirs).unwrap();
    }
    is_gathered.recv_timeout(LIMIT).unwrap();
    let description = agent.get_local_description().unwrap();
    let value = |name: &str| {
        let value = description.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap().to_owned()
    };
    let candidate = description
        .lines()
        .find(|line| line.starts_with("a=candidate:") && choose(line))
        .unwrap_or_else(|| panic!("{description}"));
    let words: Vec<&str> = candidate.split(' ').collect();
    let address = SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap());
    ours.connect(&Party {
        ufrag: value("a=ice-ufrag:"),
        password: value("a=ice-pwd:"),
        address,
    });
    let mut juice = Juice { agent, data };
    let is_controlling = ours.exchange(&mut juice, party.address, address);
    assert_eq!(is_controlling, is_ours_controlling);
    let (_, remote) = juice.agent.get_selected_addresses().unwrap();
    assert_eq!(remote, party.address.to_string());
}

fn is_host(candidate: &str) -> bool {
    candidate.contains("typ host")
}

fn is_relayed(candidate: &str) -> bool {
    candidate.contains("typ relay")
}

fn controlled_by_ice_agent() {
    connect(true, None, is_host);
}

fn controlling_ice_agent() {
    connect(false, None, is_host);
}

/// Checks and data go through the relay of the other agent. Returns the log of `turn_server`.
fn relayed(options: &[&str]) -> String {
    let turn = Turn::start(options);
    connect(true, Some(turn.at("127.0.0.1")), is_relayed);
    let log = turn.log();
    // The channel for the data was bound.
    assert!(log.contains(" < 0109"), "{log}");
    log
}

fn relayed_data() {
    relayed(&["--trace"]);
}

/// The agent reads the features of a nonce in the order of RFC 8489 B.1, and so signs with MESSAGE-INTEGRITY.
fn relayed_sha256_offered() {
    let log = relayed(&["--trace", "--sha256"]);
    // PASSWORD-ALGORITHMS, and MESSAGE-INTEGRITY with its length.
    assert!(log.contains("800200080002000000010000"), "{log}");
    assert!(log.contains("00080014"), "{log}");
}

fn turn_server() -> (Server, SocketAddr) {
    let address = SocketAddr::new(LOOPBACK, free_port(&[LOOPBACK]));
    let credentials = ServerCredentials::new(USER, PASSWORD, None).unwrap();
    let server = Server::builder()
        .bind_address(&address)
        .add_credentials(credentials)
        .with_realm(REALM)
        .unwrap()
        .build()
        .unwrap();
    within(LIMIT, || answers(address));
    (server, address)
}

/// A client of RFC 5389 gets responses with MESSAGE-INTEGRITY, which is what it signs with.
fn turn_server_rfc5389() {
    let (_server, address) = turn_server();
    turn_status(address, &["--rfc5389"]);
    turn_udp(address, &["--rfc5389"]);
}

/// The server accepts requests with MESSAGE-INTEGRITY-SHA256. Its responses have MESSAGE-INTEGRITY, with the key that MD5
/// derives.
fn turn_server_sha256() {
    let (_server, address) = turn_server();
    signed::converse(address, false, |_, response| {
        let credentials = Credentials {
            username: USER,
            password: PASSWORD,
        };
        let key = Key::long_term(&credentials, REALM);
        let verified = response.verify(&key).unwrap();
        assert_eq!(verified.algorithm(), IntegrityAlgorithm::Sha1);
        verified
    });
}
