//! Data through a relay: helpers of the tests with TURN clients and servers.

use std::net::{SocketAddr, UdpSocket};
use std::process::Output;
use std::time::Duration;

use crate::own::{Figures, PASSWORD, Turn, USER};
use crate::programs;
use crate::support::{LOOPBACK, assert_turn_udp, field, run, text};

pub const LIMIT: Duration = Duration::from_secs(60);
/// The packets that a client sends.
pub const PACKETS: usize = 20;

/// A payload of growing length, a multiple of 4, so that ChannelData over TCP has no padding.
pub fn payload(number: usize) -> Vec<u8> {
    (0..=250)
        .cycle()
        .skip(number)
        .take(4 + number * 60)
        .collect()
}

/// The bytes of all payloads.
pub fn bytes() -> u64 {
    (0..PACKETS)
        .map(|number| payload(number).len() as u64)
        .sum()
}

/// The socket of a peer.
pub fn peer() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Receives a payload from the relay and sends it back.
pub fn echo(peer: &UdpSocket, relayed: SocketAddr, number: usize) {
    let mut buffer = [0; 2048];
    let (n, from) = peer.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..n], from), (&payload(number)[..], relayed));
    peer.send_to(&buffer[..n], relayed).unwrap();
}

/// The server has relayed all payloads both ways, and a channel was bound. Returns its log.
pub fn relayed_all(turn: &Turn) -> String {
    let Figures {
        to_peers,
        to_clients,
        ..
    } = turn.figures(1);
    let expected = (PACKETS as u64, bytes());
    assert_eq!(
        (to_peers, to_clients),
        (expected, expected),
        "{}",
        turn.log()
    );
    let log = turn.log();
    assert!(log.contains(" < 0109"), "no channel: {log}");
    log
}

/// Runs an example as a client of a server.
fn example(name: &str, server: SocketAddr, options: &[&str]) -> Output {
    let mut command = programs::own(name);
    command
        .arg(server.to_string())
        .args(["--user", USER, "--password", PASSWORD])
        .args(options);
    run(&mut command, LIMIT)
}

/// `turn_udp` sends data to two peers through the server.
pub fn turn_udp(server: SocketAddr, options: &[&str]) {
    assert_turn_udp(&example("turn_udp", server, options));
}

/// `turn_status` allocates and releases; the server reports the address of the client.
pub fn turn_status(server: SocketAddr, options: &[&str]) {
    let output = example("turn_status", server, options);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(field(&said, "status"), "ok", "{said}");
    assert_mapped(&said);
}

/// The example's mapped address is its own one, whose IP address it does not print.
pub fn assert_mapped(said: &str) {
    let local: SocketAddr = field(said, "local address").parse().unwrap();
    let mapped: SocketAddr = field(said, "mapped address").parse().unwrap();
    assert_eq!(mapped, SocketAddr::new(LOOPBACK, local.port()), "{said}");
}
