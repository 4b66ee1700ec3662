//! The server of turn-rs (the crate `turn-server`) with two clients that send data from one relay to the other: this
//! server relays only between its own clients. The clients are those of RFC 5389: they sign with MESSAGE-INTEGRITY.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

use stunwire::attribute::{
    ChannelNumber, EncodeAttribute, Lifetime, RequestedTransport, XorMappedAddress, XorPeerAddress,
    XorRelayedAddress,
};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{ChannelData, Message, Method, TransactionId};
use tokio::runtime::Runtime;
use turn_server::config::{Auth, Config, Interface, Server};

use crate::client::link::Link;
use crate::harness::tests;
use crate::login::{Login, code};
use crate::own::{PASSWORD, REALM, USER};
use crate::programs;
use crate::relay::{LIMIT, PACKETS, assert_mapped, payload, turn_status};
use crate::support::{LOOPBACK, answers, free_port, run, text, within};

tests! {
    [] => [
        mapped_address,
        allocations,
        refuses_password,
        data_udp,
        data_tcp,
    ],
}

/// One server for all tests, on the same port for UDP and TCP.
static SERVER: LazyLock<(Runtime, SocketAddr)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let address = SocketAddr::new(LOOPBACK, free_port(&[LOOPBACK]));
    let config = Config {
        server: Server {
            realm: REALM.to_owned(),
            max_threads: 1,
            interfaces: vec![
                Interface::Udp {
                    listen: address,
                    external: address,
                    idle_timeout: 60,
                    mtu: 1500,
                },
                Interface::Tcp {
                    listen: address,
                    external: address,
                    idle_timeout: 60,
                    ssl: None,
                },
            ],
            ..Server::default()
        },
        auth: Auth {
            static_credentials: HashMap::from([(USER.to_owned(), PASSWORD.to_owned())]),
            ..Auth::default()
        },
        ..Config::default()
    };
    runtime.spawn(turn_server::start_server(config));
    within(LIMIT, || answers(address));
    (runtime, address)
});

fn server() -> SocketAddr {
    SERVER.1
}

/// The example `stun_client`, over both transports.
fn mapped_address() {
    for tcp in [false, true] {
        let mut command = programs::own("stun_client");
        command
            .arg(server().to_string())
            .args(tcp.then_some("--tcp"));
        let output = run(&mut command, LIMIT);
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        assert_mapped(&said);
    }
}

/// The example `turn_status`, as a client of RFC 5389.
fn allocations() {
    turn_status(server(), &["--rfc5389"]);
    turn_status(server(), &["--rfc5389", "--tcp"]);
}

fn refuses_password() {
    let (mut link, mut login) = Login::open(server(), false, USER, "wrong");
    let answer = login.ask(&mut link, Method::ALLOCATE, &[&RequestedTransport::UDP]);
    assert_eq!(code(&answer), 401);
}

struct Client {
    link: Link,
    login: Login,
    relayed: SocketAddr,
}

impl Client {
    fn new(tcp: bool) -> Self {
        let (mut link, mut login) = Login::open(server(), tcp, USER, PASSWORD);
        let answer = login.ask(&mut link, Method::ALLOCATE, &[&RequestedTransport::UDP]);
        let granted = login.granted(&answer);
        let (mapped, relayed) = granted
            .read::<(XorMappedAddress, XorRelayedAddress)>()
            .unwrap();
        assert_eq!(mapped.0.port(), link.local_addr().unwrap().port());
        let relayed = relayed.0;
        Self {
            link,
            login,
            relayed,
        }
    }

    fn ask(&mut self, method: Method, attributes: &[&dyn EncodeAttribute]) {
        let answer = self.login.ask(&mut self.link, method, attributes);
        self.login.granted(&answer);
    }

    /// Sends a payload to a peer, in a Send indication or as ChannelData.
    fn send(&mut self, data: &[u8], peer: SocketAddr, channel: Option<ChannelNumber>) {
        let mut buffer = vec![0; HEADROOM];
        buffer.extend(data);
        buffer.extend([0; TAILROOM]);
        let range = HEADROOM..HEADROOM + data.len();
        let packet = match channel {
            Some(channel) => relay::padded_channel_data_in_place(&mut buffer, range, channel),
            None => {
                let id = TransactionId::random().unwrap();
                relay::send_indication_in_place(&mut buffer, range, peer, id)
            }
        };
        self.link.send(&buffer[packet.unwrap()]).unwrap();
    }
}

/// Both clients allocate and permit each other; the first binds a channel. Then every packet of one arrives at the
/// other.
fn data(tcp: bool) {
    let (mut one, mut other) = (Client::new(tcp), Client::new(tcp));
    assert_ne!(one.relayed, other.relayed);
    one.ask(Method::CREATE_PERMISSION, &[&XorPeerAddress(other.relayed)]);
    other.ask(Method::CREATE_PERMISSION, &[&XorPeerAddress(one.relayed)]);
    for number in 0..PACKETS {
        let data = payload(number);
        for _ in 0..2 {
            one.send(&data, other.relayed, None);
            let packet = other.link.receive(LIMIT).unwrap();
            let message = Message::parse(&packet).unwrap();
            let received = relay::read(&message).unwrap().unwrap();
            assert_eq!(
                (received.peer, &packet[received.payload]),
                (one.relayed, &data[..])
            );
            (one, other) = (other, one);
        }
    }
    let channel = ChannelNumber::MIN;
    one.ask(
        Method::CHANNEL_BIND,
        &[&channel, &XorPeerAddress(other.relayed)],
    );
    other.ask(
        Method::CHANNEL_BIND,
        &[&channel, &XorPeerAddress(one.relayed)],
    );
    for number in 0..PACKETS {
        let data = payload(number);
        for _ in 0..2 {
            one.send(&data, other.relayed, Some(channel));
            let packet = other.link.receive(LIMIT).unwrap();
            let received = ChannelData::parse_datagram(&packet).unwrap();
            assert_eq!((received.number, received.payload), (channel, &data[..]));
            (one, other) = (other, one);
        }
    }
    let end = Lifetime::from_secs(0);
    one.ask(Method::REFRESH, &[&end]);
    other.ask(Method::REFRESH, &[&end]);
}

fn data_udp() {
    data(false);
}

fn data_tcp() {
    data(true);
}
