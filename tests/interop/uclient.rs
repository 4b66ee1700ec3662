//! The TURN server with coturn's client `turnutils_uclient` (Debian: coturn).
//!
//! The client allocates, binds channels or sends indications, and sends packets from one of its relays to
//! another (`-y`), so that each packet passes the server twice.

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

/// The figures that uclient prints at its end.
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
        let (_, rest) = all.rsplit_once(before)?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
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

/// Runs uclient with `clients`, each of which sends 20 packets of 200 bytes: no packet is lost, no error is
/// reported, and the figures of server and client are equal. The first of uclient's allocations relays no data:
/// it is only used to get the realm.
fn exchange_data(name: &str, arguments: &[&str], address: &str, clients: u64) -> Figures {
    exchange_with_errors(name, arguments, address, clients, &[])
}

/// Like [`exchange_data`], with requests of uclient that the server must refuse.
fn exchange_with_errors(
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
    let allocations = usize::try_from(clients).unwrap();
    // RFC 6062: each client has a data connection.
    let connections = match arguments.contains(&"-T") {
        true => allocations,
        false => 0,
    };
    let figures = server.figures_with_connections(allocations, connections);
    if connections == 0 {
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
    // The data connections carry no STUN messages.
    if connections == 0 {
        let packets = usize::try_from(2 * figures.to_peers.0).unwrap();
        tshark::agree_on_at_least(name, &tap, packets);
    }
    figures
}

fn udp_channels() {
    exchange_data("uclient_udp_channels", &["-c"], "127.0.0.1", 2);
}

fn udp_indications() {
    exchange_data("uclient_udp_indications", &["-c", "-s"], "127.0.0.1", 2);
}

fn dont_fragment() {
    exchange_data("uclient_dont_fragment", &["-c", "-g"], "127.0.0.1", 2);
}

fn tcp() {
    exchange_data("uclient_tcp", &["-c", "-t"], "127.0.0.1", 2);
}

fn tcp_indications() {
    exchange_data(
        "uclient_tcp_indications",
        &["-c", "-t", "-s"],
        "127.0.0.1",
        2,
    );
}

fn tcp_padded() {
    exchange_data("uclient_tcp_padded", &["-c", "-t", "-D"], "127.0.0.1", 2);
}

fn ipv6_udp() {
    exchange_data("uclient_ipv6_udp", &["-c", "-x"], "::1", 2);
}

fn ipv6_tcp() {
    exchange_data("uclient_ipv6_tcp", &["-c", "-x", "-t"], "::1", 2);
}

/// Without `-c` each client has a second allocation, for RTCP, on the next port: the first request has EVEN-PORT,
/// the second RESERVATION-TOKEN.
fn even_port_and_reservation() {
    let name = "uclient_even_port_and_reservation";
    exchange_data(name, &[], "127.0.0.1", 4);
}

/// `-G` makes uclient request extra permissions and channels, some for an IPv6 peer and some for random peers,
/// which the server refuses.
fn extra_requests() {
    let errors = ["error 443 (Peer", "error 403 (Forbidden)"];
    exchange_with_errors("uclient_extra_requests", &["-G"], "127.0.0.1", 4, &errors);
}

/// RFC 6062: the relays speak TCP, and each client has a second connection to our server.
fn tcp_relays() {
    let figures = exchange_data("uclient_tcp_relays", &["-T"], "127.0.0.1", 2);
    // Each of uclient's two clients has a connection to our server, with 20 packets each way.
    assert_eq!(figures.connections, 2);
    assert_eq!(figures.streamed, (2 * 20 * 200, 2 * 20 * 200));
}

/// With `-P` the peer connects, and the client gets a ConnectionAttempt. With `-y` only one of two clients takes
/// part, also with coturn's server: uclient reports 20 of 40 packets as received.
fn tcp_relays_passive() {
    let server = Turn::start(&["--trace"]);
    let arguments = ["-P", "-m", "2", "-n", "20", "-l", "200", "-z", "5"];
    let (succeeded, told) = uclient(server.at("127.0.0.1"), PASSWORD, &arguments);
    assert!(succeeded && !told.all.contains("error"), "{}", told.all);
    assert_eq!((told.sent, told.received), (40, 20), "{}", told.all);
    let figures = server.figures_with_connections(1, 1);
    assert_eq!(figures.connections, 1);
    assert_eq!(figures.streamed, (20 * 200, 20 * 200));
    let attempts = server.log().matches(" < 001c").count();
    assert_eq!(attempts, 1, "{}", server.log());
    println!("uclient_tcp_relays_passive: {attempts} ConnectionAttempt; {figures}");
}

/// Runs uclient with a request that the server refuses, and compares the printed reason.
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

/// uclient binds channel numbers of RFC 5766 that RFC 8656 reserves.
fn channels_out_of_range() {
    let name = "uclient_channels_out_of_range";
    // uclient chooses random numbers from 0x4000 to 0x7FFE, of which one in four is allowed: of sixteen it is unlikely
    // that none is refused.
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
