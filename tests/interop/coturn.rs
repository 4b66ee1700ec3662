//! Clients against coturn's `turnserver`: STUN with RFC 5780, TURN with long-term credentials, and errors.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use stunwire::attribute::{
    AddressFamily, AttributeType, ChangeRequest, EncodeAttribute, Lifetime, MappedAddress,
    MobilityTicket, OtherAddress, RequestedAddressFamily, RequestedTransport, ResponseOrigin,
    TransportProtocol, UnknownAttributes, XorMappedAddress, XorPeerAddress, XorRelayedAddress,
};
use stunwire::relay;
use stunwire::{Class, Context, Dialect, Header, Message, MessageWriter, Method, TransactionId};

use crate::client::link::Link;
use crate::harness::tests;
use crate::login::{Login, code};
use crate::programs::{IPV6, TSHARK, TURNSERVER, own};
use crate::support::{self, LOOPBACK, LOOPBACK_2, Server, answers, field, free_port, run, text};
use crate::tap::Tap;
use crate::tshark;

tests! {
    [TURNSERVER, TSHARK, IPV6] => [
        stun_client,
        stun_client_classic,
        turn_status,
        turn_udp,
        wrong_credentials,
        allocation_quota,
        stale_nonce,
        alternate_server,
        no_udp_relay,
        error_codes,
        mobility,
    ],
    [TURNSERVER, IPV6] => [change_request],
}

const USER: &str = "user";
const PASSWORD: &str = "secret";
const REALM: &str = "example.org";
const LOOPBACK_6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
struct Addresses {
    port: u16,
    other_port: u16,
}

impl Addresses {
    fn v4(self) -> SocketAddr {
        (LOOPBACK, self.port).into()
    }

    /// Each transport and address family: the server's address, and the arguments of the example.
    fn ways(self) -> Vec<(SocketAddr, &'static [&'static str])> {
        let v6 = SocketAddr::from((LOOPBACK_6, self.port));
        vec![
            (self.v4(), &[]),
            (self.v4(), &["--tcp"]),
            (v6, &[]),
            (v6, &["--tcp"]),
        ]
    }
}

/// A server on 127.0.0.1, 127.0.0.2 and ::1.
fn turnserver(options: &[&str]) -> (Server, Addresses) {
    Server::start(
        |folder| {
            let ips = [LOOPBACK, LOOPBACK_2, LOOPBACK_6];
            let relays = [LOOPBACK, LOOPBACK_6];
            let addresses = Addresses {
                port: free_port(&ips),
                other_port: free_port(&ips),
            };
            let mut command = Command::new("turnserver");
            command
                .args([
                    "-n",
                    "--no-cli",
                    "--no-tls",
                    "--no-dtls",
                    "--simple-log",
                    "--verbose",
                ])
                .args(["--log-file", "stdout"])
                .args(["--lt-cred-mech", "--realm", REALM])
                .args(["--user", &format!("{USER}:{PASSWORD}")])
                .args(["--listening-port", &addresses.port.to_string()])
                .args(["--alt-listening-port", &addresses.other_port.to_string()])
                .arg("--userdb")
                .arg(folder.file("users"))
                .arg("--pidfile")
                .arg(folder.file("pid"))
                .args(options);
            for ip in ips {
                command.args(["--listening-ip", &ip.to_string()]);
            }
            for ip in relays {
                command.args(["--relay-ip", &ip.to_string()]);
            }
            (command, addresses)
        },
        |addresses| {
            addresses
                .ways()
                .iter()
                .all(|(address, _)| answers(*address))
        },
    )
}

fn with_login(name: &str, server: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = own(name);
    command
        .arg(server.to_string())
        .args(["--user", USER, "--password", PASSWORD])
        .args(arguments);
    command
}

/// `turn_udp over TCP and IPv6 with turnserver`.
fn name(example: &str, arguments: &[&str], server: SocketAddr) -> String {
    let transport = if arguments == ["--tcp"] { "TCP" } else { "UDP" };
    let family = if server.is_ipv4() { "IPv4" } else { "IPv6" };
    format!("{example} over {transport} and {family} with turnserver")
}

fn stun_client() {
    let (_server, addresses) = turnserver(&[]);
    for (address, arguments) in addresses.ways() {
        // An address of the same family, if there is one.
        let other_ip = if address.is_ipv4() {
            LOOPBACK_2
        } else {
            LOOPBACK_6
        };
        let tap = Tap::new(address);
        let mut command = own("stun_client");
        let output = run(
            command.arg(tap.address().to_string()).args(arguments),
            LIMIT,
        );
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        // The client's socket has the mapped address; the command line names the server's other address.
        assert_eq!(field(&said, "mapped address"), tap.clients()[0].to_string());
        assert_eq!(field(&said, "response origin"), address.to_string());
        let other = SocketAddr::new(other_ip, addresses.other_port).to_string();
        assert_eq!(field(&said, "other address"), other);
        assert!(field(&said, "software").contains("Coturn"), "{said}");
        assert!(field(&said, "round trip").ends_with(" ms"), "{said}");
        let what = name("stun_client", arguments, address);
        tshark::agree(&what, &tap, 2);
    }
}

fn stun_client_classic() {
    let (_server, addresses) = turnserver(&[]);
    let tap = Tap::new(addresses.v4());
    let mut command = own("stun_client");
    let output = run(
        command.arg(tap.address().to_string()).arg("--classic"),
        LIMIT,
    );
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(field(&said, "mapped address"), tap.clients()[0].to_string());
    assert_eq!(field(&said, "source address"), addresses.v4().to_string());
    let other = SocketAddr::new(LOOPBACK_2, addresses.other_port).to_string();
    assert_eq!(field(&said, "changed address"), other);
    tshark::agree_classic("stun_client --classic with turnserver", &tap, 2);
}

// RFC 5780 §4.3 and §4.4: the tests of a NAT's behavior.
fn change_request() {
    let (_server, addresses) = turnserver(&[]);
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let here = socket.local_addr().unwrap();
    let mut asked = 0;
    for (change_ip, change_port) in [(false, false), (false, true), (true, true), (true, false)] {
        let id = TransactionId::random().unwrap();
        let mut buffer = [0; 512];
        let mut request =
            MessageWriter::new(&mut buffer, Header::request(Method::BINDING, id)).unwrap();
        let change = ChangeRequest {
            change_ip,
            change_port,
        };
        request.attribute(&change).unwrap();
        socket
            .send_to(request.finish().unwrap(), addresses.v4())
            .unwrap();
        let (n, from) = socket.recv_from(&mut buffer).unwrap();
        let answer = Message::parse(&buffer[..n]).unwrap();
        assert_eq!(answer.transaction_id(), id);
        let expected = SocketAddr::new(
            if change_ip { LOOPBACK_2 } else { LOOPBACK },
            if change_port {
                addresses.other_port
            } else {
                addresses.port
            },
        );
        // `from` is the source address of the received response.
        assert_eq!(from, expected, "{change}");
        assert_eq!(answer.get().unwrap(), Some(ResponseOrigin(expected)));
        assert_eq!(answer.get().unwrap(), Some(XorMappedAddress(here)));
        assert_eq!(answer.get().unwrap(), Some(MappedAddress(here)));
        let other = SocketAddr::new(LOOPBACK_2, addresses.other_port);
        if !change_ip && !change_port {
            assert_eq!(answer.get().unwrap(), Some(OtherAddress(other)));
        }
        asked += 1;
    }
    println!("CHANGE-REQUEST and turnserver: {asked} requests, {asked} answers");
}

fn turn_status() {
    let (server, addresses) = turnserver(&[]);
    let ways = addresses.ways();
    for &(address, arguments) in &ways {
        let tap = Tap::new(address);
        let output = run(
            &mut with_login("turn_status", tap.address(), arguments),
            LIMIT,
        );
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        assert_eq!(field(&said, "reachable"), "yes");
        assert!(field(&said, "round trip").ends_with(" ms"), "{said}");
        assert_eq!(field(&said, "realm"), format!("{REALM:?}"));
        assert_eq!(field(&said, "mapped address"), tap.clients()[0].to_string());
        let relayed: SocketAddr = field(&said, "relay address").parse().unwrap();
        assert_eq!(relayed.ip(), LOOPBACK);
        // RFC 8656 §3.2: ten minutes unless the client asks for something else.
        assert_eq!(field(&said, "lifetime"), "600 s");
        assert_eq!(field(&said, "status"), "ok");
        // The next client can bind the same port only after this one has released it.
        support::within(LIMIT, || UdpSocket::bind(relayed).is_ok());
        let what = name("turn_status", arguments, address);
        tshark::agree(&what, &tap, 6);
    }
    let log = server.log();
    assert_eq!(
        log.matches("incoming packet ALLOCATE processed, success")
            .count(),
        ways.len()
    );
    assert_eq!(
        log.matches("refreshed, realm=<example.org>, username=<user>, lifetime=0")
            .count(),
        ways.len()
    );
}

fn turn_udp() {
    let (server, addresses) = turnserver(&["--allow-loopback-peers"]);
    let ways = addresses.ways();
    for &(address, arguments) in &ways {
        let tap = Tap::new(address);
        let output = run(&mut with_login("turn_udp", tap.address(), arguments), LIMIT);
        support::assert_turn_udp(&output);
        let what = name("turn_udp", arguments, address);
        // Five transactions and twice sixty packets each way.
        tshark::agree(&what, &tap, 2 * 5 + 4 * 60);
    }
    // The server's counts of the bytes from and to the peers.
    let usage =
        "peer usage: realm=<example.org>, username=<user>, rp=120, rb=72002, sp=120, sb=72002";
    support::within(LIMIT, || server.log().matches(usage).count() == ways.len());
    println!(
        "turnserver's count: {} allocations, 72002 bytes each way in each",
        ways.len()
    );
}

fn wrong_credentials() {
    let (_server, addresses) = turnserver(&[]);
    for (user, password) in [(USER, "guess"), ("nobody", PASSWORD)] {
        let tap = Tap::new(addresses.v4());
        let mut command = own("turn_status");
        command
            .arg(tap.address().to_string())
            .args(["--user", user, "--password", password]);
        let output = run(&mut command, LIMIT);
        let said = text(&output);
        assert!(!output.status.success(), "{said}");
        assert_eq!(field(&said, "reachable"), "yes");
        assert_eq!(field(&said, "realm"), format!("{REALM:?}"));
        assert_eq!(field(&said, "status"), "401: wrong user name or password");
        tshark::agree("turn_status with a wrong login", &tap, 4);
    }
}

fn allocation_quota() {
    let (_server, addresses) = turnserver(&["--user-quota=1"]);
    let (mut link, mut login) = challenged(addresses.v4());
    let answer = login.ask(&mut link, Method::ALLOCATE, &for_udp());
    login.granted(&answer);

    let tap = Tap::new(addresses.v4());
    let output = run(&mut with_login("turn_status", tap.address(), &[]), LIMIT);
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    assert_eq!(
        field(&said, "status"),
        "486 Allocation Quota Reached: the user has as many allocations as the quota allows"
    );
    tshark::agree("turn_status beyond the quota", &tap, 4);

    let answer = login.ask(&mut link, Method::REFRESH, &to_zero());
    login.granted(&answer);
    // The server releases the allocation a moment after it has answered.
    support::within(LIMIT, || {
        run(&mut with_login("turn_status", addresses.v4(), &[]), LIMIT)
            .status
            .success()
    });
}

fn stale_nonce() {
    let (_server, addresses) = turnserver(&["--stale-nonce=2"]);
    let tap = Tap::new(addresses.v4());
    let (mut link, mut login) = challenged(tap.address());
    let answer = login.ask(&mut link, Method::ALLOCATE, &for_udp());
    login.granted(&answer);
    std::thread::sleep(Duration::from_millis(3500));

    let stale = login.request(Method::REFRESH, &for_udp());
    let answer = link.ask(Dialect::RFC8489, &stale).unwrap();
    assert_eq!(code(&answer), 438);
    // As in the examples, the request is repeated with the nonce of the 438.
    let answer = login.ask(&mut link, Method::REFRESH, &to_zero());
    login.granted(&answer);
    tshark::agree("a stale nonce", &tap, 2 * 5);
}

fn alternate_server() {
    let (_server, addresses) = turnserver(&["--alternate-server=127.0.0.2:7"]);
    let tap = Tap::new(addresses.v4());
    let output = run(&mut with_login("turn_status", tap.address(), &[]), LIMIT);
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    // turnserver does not sign its 300, and a client must not follow an unauthenticated redirection
    // (RFC 8489 §10).
    let status = field(&said, "status");
    assert!(status.starts_with("300"), "{said}");
    assert!(
        status.ends_with("in a response that is not authenticated"),
        "{said}"
    );
    tshark::agree_on_at_least("turn_status and an alternate server", &tap, 2);
}

fn no_udp_relay() {
    let (_server, addresses) = turnserver(&["--no-udp-relay"]);
    let tap = Tap::new(addresses.v4());
    let output = run(&mut with_login("turn_status", tap.address(), &[]), LIMIT);
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    let status = field(&said, "status");
    assert!(status.starts_with("442 "), "{said}");
    assert!(
        status.ends_with(": the server does not relay over UDP"),
        "{said}"
    );
    tshark::agree("turn_status without a UDP relay", &tap, 4);
}

fn error_codes() {
    let (_server, addresses) = turnserver(&[]);
    let tap = Tap::new(addresses.v4());
    let (mut link, mut login) = challenged(tap.address());
    let mut refused = |method, attributes: &[&dyn EncodeAttribute]| {
        let answer = login.ask(&mut link, method, attributes);
        let message = Message::parse(&answer.packet).unwrap();
        assert_eq!(message.class(), Class::ErrorResponse);
        answer
    };
    let udp = RequestedTransport::UDP;
    // No allocation yet.
    assert_eq!(code(&refused(Method::REFRESH, &to_zero())), 437);
    // SCTP between server and peer: 442 by RFC 8656 §7.2; turnserver sends 400. Then an address family
    // that is not assigned.
    let sctp = RequestedTransport(TransportProtocol(132));
    assert_eq!(code(&refused(Method::ALLOCATE, &[&sctp])), 400);
    let family = RequestedAddressFamily(AddressFamily(7));
    assert_eq!(code(&refused(Method::ALLOCATE, &[&udp, &family])), 440);
    // A comprehension-required attribute that is not assigned.
    let answer = refused(Method::ALLOCATE, &[&udp, &Unassigned]);
    assert_eq!(code(&answer), 420);
    let unknown = Message::parse(&answer.packet).unwrap();
    let unknown = unknown.get::<UnknownAttributes>().unwrap().unwrap();
    assert!(unknown.iter().eq([UNASSIGNED]));

    let granted = login.ask(&mut link, Method::ALLOCATE, &[&udp]);
    login.granted(&granted);
    // A second allocation. The 437 is not signed: `docs::interop` and `docs::guide::turn_client` say so.
    let answer = login.ask(&mut link, Method::ALLOCATE, &[&udp]);
    assert_eq!(code(&answer), 437);
    assert!(!Message::parse(&answer.packet).unwrap().has_integrity());
    let mut refused = |method, attributes: &[&dyn EncodeAttribute]| {
        code(&login.ask(&mut link, method, attributes))
    };
    // A peer on loopback, and no peer.
    let peer = XorPeerAddress((LOOPBACK, 9).into());
    assert_eq!(refused(Method::CREATE_PERMISSION, &[&peer]), 403);
    assert_eq!(refused(Method::CREATE_PERMISSION, &[]), 400);
    let answer = login.ask(&mut link, Method::REFRESH, &to_zero());
    login.granted(&answer);
    tshark::agree("errors of turnserver", &tap, 2 * 10);
}

// RFC 8016: the allocation follows the client to another address.
fn mobility() {
    let (_server, addresses) = turnserver(&["--mobility", "--allow-loopback-peers"]);
    let tap = Tap::new(addresses.v4());
    let (mut link, mut login) = challenged(tap.address());
    let answer = login.ask(
        &mut link,
        Method::ALLOCATE,
        &[&RequestedTransport::UDP, &MobilityTicket(&[])],
    );
    let granted = login.granted(&answer);
    let XorRelayedAddress(relayed) = granted.get().unwrap().unwrap();
    let ticket = granted.get::<MobilityTicket>().unwrap().unwrap().0.to_vec();
    assert!(!ticket.is_empty());

    // From another port the client gets a new nonce, then sends the ticket.
    let (mut moved, mut login) = challenged(tap.address());
    let answer = login.ask(&mut moved, Method::REFRESH, &[&MobilityTicket(&ticket)]);
    let granted = login.granted(&answer);
    assert!(granted.get::<Lifetime>().unwrap().unwrap().0 > 0);
    let next = granted.get::<MobilityTicket>().unwrap().unwrap();
    assert_ne!(next.0, ticket);

    // The peer receives the moved client's data from the same relayed address.
    let peer = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let to = peer.local_addr().unwrap();
    let answer = login.ask(
        &mut moved,
        Method::CREATE_PERMISSION,
        &[&XorPeerAddress(to)],
    );
    login.granted(&answer);
    let mut buffer = [0; 64];
    buffer[48..53].copy_from_slice(b"moved");
    let id = TransactionId::random().unwrap();
    let packet = relay::send_indication_in_place(&mut buffer, 48..53, to, id).unwrap();
    moved.send(&buffer[packet]).unwrap();
    let (n, from) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..n], from), (&b"moved"[..], relayed));
    // turnserver 4.6 answers the first Refresh from the new port with a datagram that consists only of the 24
    // bytes of a MESSAGE-INTEGRITY. The retransmission gets a complete response.
    tshark::agree_but_for("an allocation that moves", &tap, 13, 1);
}

const UNASSIGNED: AttributeType = AttributeType::new(0x7F07);

struct Unassigned;

impl EncodeAttribute for Unassigned {
    fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
        Some(UNASSIGNED)
    }

    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) {
        out.copy_from_slice(b"what");
    }
}

fn challenged(server: SocketAddr) -> (Link, Login) {
    Login::open(server, false, USER, PASSWORD)
}

/// The attributes of an Allocate request.
fn for_udp() -> [&'static dyn EncodeAttribute; 1] {
    [&RequestedTransport::UDP]
}

/// The attributes of a Refresh request that releases the allocation.
fn to_zero() -> [&'static dyn EncodeAttribute; 1] {
    const ZERO: Lifetime = Lifetime::from_secs(0);
    [&ZERO]
}
