//! The TURN server with aioice and aiortc as clients (Debian: python3-aioice, python3-aiortc): two agents
//! whose only candidates are their relayed addresses.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::harness::tests;
use crate::own::{PASSWORD, Turn, USER};
use crate::programs::{AIOICE, AIORTC, IPV6, PYTHON, TSHARK};
use crate::support::{run, text};
use crate::tap::Tap;
use crate::tshark;

tests! {
    [AIOICE, TSHARK, IPV6] => [
        aioice_udp,
        aioice_tcp,
    ],
    [AIORTC, TSHARK, IPV6] => [
        aiortc_udp,
        aiortc_tcp,
    ],
    [AIOICE, IPV6] => [aioice_stale_nonce],
}

/// Runs the script against a server, and returns the number of bytes that it reports as received.
fn python(server: &Turn, at: SocketAddr, kind: &str, transport: &str) -> u64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/aioice_relay.py");
    let mut command = Command::new(PYTHON);
    command
        .args([script, kind, "127.0.0.1", &at.port().to_string()])
        .args([transport, USER, PASSWORD]);
    let output = run(&mut command, Duration::from_secs(60));
    let told = text(&output);
    assert!(output.status.success(), "{told}\n{}", server.log());
    // Other lines are messages of Python's event loop on standard error.
    let bytes = told.lines().find_map(|line| line.strip_prefix("bytes "));
    bytes.expect(&told).parse().unwrap()
}

fn exchange_data(name: &str, module: &str, transport: &str, least: u64) {
    let server = Turn::start(&[]);
    let tap = Tap::new(server.at("127.0.0.1"));
    let bytes = python(&server, tap.address(), module, transport);
    assert_eq!(bytes, least);
    let figures = server.figures(2);
    // The packets go from one relay to the other, which may be released before the last packet arrives.
    assert!(figures.to_peers.1 >= figures.to_clients.1, "{figures}");
    assert!(figures.to_clients.1 >= least, "{figures}");
    println!("{name}: {bytes} bytes between the agents; {figures}");
    let packets = usize::try_from(figures.to_peers.0 + figures.to_clients.0).unwrap();
    tshark::agree_on_at_least(name, &tap, packets);
}

/// The bytes of 28 packets of 1, 38, 75, … 1000 bytes in each direction.
const PACKETS: u64 = 2 * 28 * (1 + 1000) / 2;

fn aioice_udp() {
    exchange_data("aioice_udp", "aioice", "udp", PACKETS);
}

fn aioice_tcp() {
    exchange_data("aioice_tcp", "aioice", "tcp", PACKETS);
}

fn aiortc_udp() {
    exchange_data("aiortc_udp", "aiortc", "udp", 2 * 65_536);
}

fn aiortc_tcp() {
    exchange_data("aiortc_tcp", "aiortc", "tcp", 2 * 65_536);
}

/// A nonce is valid for one second and the client refreshes after two: each request gets a 438, and the client
/// repeats it with the new nonce.
fn aioice_stale_nonce() {
    let server = Turn::start(&["--nonce-lifetime", "1", "--trace"]);
    let bytes = python(&server, server.at("127.0.0.1"), "refresh", "udp");
    assert_eq!(bytes, 50 * 100);
    // ERROR-CODE, class 4, number 38; and the successes of ChannelBind and of the last Refresh.
    let log = server.log();
    let stale = log.matches("00000426").count();
    let bound = log.matches(" < 0109").count();
    let refreshed = log.matches(" < 0104").count();
    assert!(stale >= 2 && bound >= 3 && refreshed == 1, "{log}");
    let figures = server.figures(1);
    println!(
        "aioice_stale_nonce: {stale} responses with 438, the channel bound {bound} times; {figures}"
    );
}
