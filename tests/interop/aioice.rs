//! The TURN server under aioice and aiortc (Debian: python3-aioice, python3-aiortc): two agents that
//! have no addresses but their relays'.

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

/// Runs the script against a server, and gives the number of bytes that it says came through.
fn python(server: &Turn, at: SocketAddr, kind: &str, transport: &str) -> u64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/aioice_relay.py");
    let mut command = Command::new(PYTHON);
    command
        .args([script, kind, "127.0.0.1", &at.port().to_string()])
        .args([transport, USER, PASSWORD]);
    let output = run(&mut command, Duration::from_secs(60));
    let told = text(&output);
    assert!(output.status.success(), "{told}\n{}", server.log());
    told.trim().strip_prefix("bytes ").unwrap().parse().unwrap()
}

fn converse(name: &str, module: &str, transport: &str, least: u64) {
    let server = Turn::start(&[]);
    let tap = Tap::new(server.at("127.0.0.1"));
    let bytes = python(&server, tap.address(), module, transport);
    assert_eq!(bytes, least);
    let figures = server.figures(2);
    // From one relay to the other, whose end may come before the last packet.
    assert!(figures.to_peers.1 >= figures.to_clients.1, "{figures}");
    assert!(figures.to_clients.1 >= least, "{figures}");
    println!("{name}: {bytes} bytes between the agents; {figures}");
    let packets = usize::try_from(figures.to_peers.0 + figures.to_clients.0).unwrap();
    tshark::agree_on_at_least(name, &tap, packets);
}

/// Both ways 28 packets of 1, 38, 75, … 1000 bytes.
const PACKETS: u64 = 2 * 28 * (1 + 1000) / 2;

fn aioice_udp() {
    converse("aioice_udp", "aioice", "udp", PACKETS);
}

fn aioice_tcp() {
    converse("aioice_tcp", "aioice", "tcp", PACKETS);
}

fn aiortc_udp() {
    converse("aiortc_udp", "aiortc", "udp", 2 * 65_536);
}

fn aiortc_tcp() {
    converse("aiortc_tcp", "aiortc", "tcp", 2 * 65_536);
}

/// A nonce lasts one second and the client refreshes after two: each time it is told so (438), and
/// asks again with the new one.
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
        "aioice_stale_nonce: 438 said {stale} times, the channel bound {bound} times; {figures}"
    );
}
