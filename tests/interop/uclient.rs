//! The TURN server under coturn's client, `turnutils_uclient` (Debian: coturn).
//!
//! It allocates, binds channels or sends indications, and sends packets from one of its relays to
//! another of its own (`-y`), so that each one passes our server twice on its way.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::harness::tests;
use crate::own::{Figures, PASSWORD, Turn, USER};
use crate::programs::{IPV6, TSHARK, TURNUTILS_UCLIENT};
use crate::support::{run, text};
use crate::tap::Tap;
use crate::tshark;

tests! {
    [TURNUTILS_UCLIENT, TSHARK, IPV6] => [
        udp_channels,
        udp_indications,
        dont_fragment,
        tcp,
        tcp_indications,
        tcp_padded,
        ipv6_udp,
        ipv6_tcp,
        even_port_and_reservation,
        extra_requests,
        tcp_relays,
    ],
    [TURNUTILS_UCLIENT, IPV6] => [
        tcp_relays_passive,
        wrong_password,
        quota,
        channels_out_of_range,
    ],
}

const LIMIT: Duration = Duration::from_secs(60);

/// What uclient prints in the end.
struct Told {
    sent: u64,
    received: u64,
    lost: u64,
    all: String,
}

fn uclient(server: SocketAddr, password: &str, arguments: &[&str]) -> (bool, Told) {
    let mut command = Command::new("turnutils_uclient");
    command
        .args(["-u", USER, "-w", password, "-y"])
        .args(["-p", &server.port().to_string()])
        .args(arguments)
        .arg(server.ip().to_string());
    let output = run(&mut command, LIMIT);
    let all = text(&output);
    let number = |before: &str| {
        let (_, behind) = all.rsplit_once(before)?;
        let digits = behind.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    };
    let told = Told {
        sent: number("tot_send_msgs=").unwrap_or(0),
        received: number("tot_recv_msgs=").unwrap_or(0),
        lost: number("Total lost packets ").unwrap_or(u64::MAX),
        all,
    };
    (output.status.success(), told)
}

/// A conversation of `clients`, each of which sends 20 packets of 200 bytes: nothing is lost, no
/// error is reported, and our figures are uclient's. The first of uclient's allocations carries
/// nothing: it only asks for the realm, and leaves.
fn converse(name: &str, arguments: &[&str], address: &str, clients: u64) -> Figures {
    converse_with_errors(name, arguments, address, clients, &[])
}

/// The same where uclient asks for what it must not get.
fn converse_with_errors(
    name: &str,
    arguments: &[&str],
    address: &str,
    clients: u64,
    expected_errors: &[&str],
) -> Figures {
    let server = Turn::start(&["--rfc5766-channels"]);
    let tap = Tap::new(server.at(address));
    let count = ["-m", "2", "-n", "20", "-l", "200", "-z", "5"];
    let (succeeded, told) = uclient(tap.address(), PASSWORD, &[&count, arguments].concat());
    assert!(succeeded, "{}", told.all);
    let mut errors = told.all.lines().filter(|line| line.contains("error"));
    assert!(
        errors.all(|line| expected_errors.iter().any(|code| line.contains(code))),
        "{}",
        told.all
    );
    assert_eq!(told.lost, 0, "{}", told.all);
    assert_eq!((told.sent, told.received), (clients * 20, clients * 20));
    let figures = server.figures(usize::try_from(clients).unwrap());
    if figures.connections == 0 {
        let packets = clients * 20;
        assert_eq!(
            figures.to_peers,
            (packets, packets * 200),
            "{}",
            server.log()
        );
        assert_eq!(figures.to_clients, figures.to_peers, "{}", server.log());
    }
    println!("{name}: uclient lost 0 of {}; {figures}", told.sent);
    // What goes over a second connection of RFC 6062 is the peers' own.
    if figures.connections == 0 {
        let packets = usize::try_from(2 * figures.to_peers.0).unwrap();
        tshark::agree_on_at_least(name, &tap, packets);
    }
    figures
}

fn udp_channels() {
    converse("uclient_udp_channels", &["-c"], "127.0.0.1", 2);
}

fn udp_indications() {
    converse("uclient_udp_indications", &["-c", "-s"], "127.0.0.1", 2);
}

fn dont_fragment() {
    converse("uclient_dont_fragment", &["-c", "-g"], "127.0.0.1", 2);
}

fn tcp() {
    converse("uclient_tcp", &["-c", "-t"], "127.0.0.1", 2);
}

fn tcp_indications() {
    converse(
        "uclient_tcp_indications",
        &["-c", "-t", "-s"],
        "127.0.0.1",
        2,
    );
}

fn tcp_padded() {
    converse("uclient_tcp_padded", &["-c", "-t", "-D"], "127.0.0.1", 2);
}

fn ipv6_udp() {
    converse("uclient_ipv6_udp", &["-c", "-x"], "::1", 2);
}

fn ipv6_tcp() {
    converse("uclient_ipv6_tcp", &["-c", "-x", "-t"], "::1", 2);
}

/// Without `-c` each client has a second allocation, for RTCP, on the port behind the first: the
/// first asks with EVEN-PORT, the second with the RESERVATION-TOKEN.
fn even_port_and_reservation() {
    let name = "uclient_even_port_and_reservation";
    converse(name, &[], "127.0.0.1", 4);
}

/// `-G` has it send permissions and channels that the conversation does not need, some with an IPv6
/// peer and some with random ones, which are refused.
fn extra_requests() {
    let errors = ["error 443 (Peer", "error 403 (Forbidden)"];
    converse_with_errors("uclient_extra_requests", &["-G"], "127.0.0.1", 4, &errors);
}

/// RFC 6062: the relays speak TCP, and each client has a second connection to our server.
fn tcp_relays() {
    let figures = converse("uclient_tcp_relays", &["-T"], "127.0.0.1", 2);
    // Each of uclient's two clients has a connection to our server, with 20 packets each way.
    assert_eq!(figures.connections, 2);
    assert_eq!(figures.streamed, (2 * 20 * 200, 2 * 20 * 200));
}

/// The same with the peer as the one that connects (`-P`), so that the client hears of it by a
/// ConnectionAttempt. With `-y` only one of two clients takes part, here and with coturn's own server:
/// of 40 packets it reports 20, and half of them lost.
fn tcp_relays_passive() {
    let server = Turn::start(&["--trace"]);
    let arguments = ["-P", "-m", "2", "-n", "20", "-l", "200", "-z", "5"];
    let (succeeded, told) = uclient(server.at("127.0.0.1"), PASSWORD, &arguments);
    assert!(succeeded && !told.all.contains("error"), "{}", told.all);
    assert_eq!((told.sent, told.received), (40, 20), "{}", told.all);
    let figures = server.figures(1);
    assert_eq!(figures.connections, 1);
    assert_eq!(figures.streamed, (20 * 200, 20 * 200));
    let attempts = server.log().matches(" < 001c").count();
    assert_eq!(attempts, 1, "{}", server.log());
    println!("uclient_tcp_relays_passive: {attempts} ConnectionAttempt; {figures}");
}

/// A request that is refused, and how uclient names the reason.
fn refused(name: &str, options: &[&str], password: &str, arguments: &[&str], expected: &str) {
    let server = Turn::start(options);
    let (succeeded, told) = uclient(server.at("127.0.0.1"), password, arguments);
    assert!(!succeeded, "{}", told.all);
    assert!(told.all.contains(expected), "{}", told.all);
    println!("{name}: uclient says {expected:?}");
}

fn wrong_password() {
    let name = "uclient_wrong_password";
    refused(name, &[], "wrong", &["-c"], "Cannot complete Allocation");
}

fn quota() {
    let expected = "error 486 (Allocation Quota Reached)";
    refused(
        "uclient_quota",
        &["--quota", "1"],
        PASSWORD,
        &["-c"],
        expected,
    );
}

/// Channel numbers of RFC 5766, which RFC 8656 took away: uclient binds them.
fn channels_out_of_range() {
    let name = "uclient_channels_out_of_range";
    // Of its random numbers one in four is allowed: among sixteen channels is one that is not.
    let arguments = ["-c", "-m", "16"];
    let options = ["--quota", "32"];
    refused(
        name,
        &options,
        PASSWORD,
        &arguments,
        "error 400 (Bad Request)",
    );
}
