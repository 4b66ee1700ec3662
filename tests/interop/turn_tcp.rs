//! TURN over TCP (RFC 6062) with coturn: `dissect` reads a captured run of the example `turn_tcp`.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::harness::tests;
use crate::programs::{TURNSERVER, own};
use crate::support::{Folder, LOOPBACK_2, Server, answers, free_port, run, text};
use crate::tap::Tap;

tests! {
    [TURNSERVER] => [exchange_read_by_dissect],
}

const LIMIT: Duration = Duration::from_secs(60);

/// The server has another address than its clients and relays, so that a mix-up is noticed.
fn turnserver() -> (Server, SocketAddr) {
    Server::start(
        |folder| {
            let address = SocketAddr::new(LOOPBACK_2, free_port(&[LOOPBACK_2]));
            let mut command = Command::new("turnserver");
            command
                .args([
                    "-n",
                    "--no-cli",
                    "--no-tls",
                    "--no-dtls",
                    "--log-file",
                    "stdout",
                ])
                .args([
                    "--lt-cred-mech",
                    "--realm",
                    "example.org",
                    "--user",
                    "turn:secret",
                ])
                .args(["--listening-ip", "127.0.0.2", "--relay-ip", "127.0.0.1"])
                .arg("--allow-loopback-peers")
                .args(["--listening-port", &address.port().to_string()])
                .arg("--userdb")
                .arg(folder.file("users"))
                .arg("--pidfile")
                .arg(folder.file("pid"));
            (command, address)
        },
        |address| answers(*address),
    )
}

/// The messages of this type, in this framing.
fn count(found: &[Value], framing: &str, method: &str, class: &str) -> usize {
    let is_it = |value: &&Value| {
        value["framing"] == framing && value["method"] == method && value["class"] == class
    };
    found.iter().filter(is_it).count()
}

fn exchange_read_by_dissect() {
    let (_server, address) = turnserver();
    let tap = Tap::new(address);
    let mut command = own("turn_tcp");
    command
        .arg(tap.address().to_string())
        .args(["--user", "turn", "--password", "secret"]);
    let output = run(&mut command, LIMIT);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.ends_with("released\n"), "{said}");
    // The control connection, and one for each peer.
    assert_eq!(tap.clients().len(), 3);

    let folder = Folder::new();
    let capture = folder.file("turn_tcp.pcap");
    let (packets, _) = tap.save(&capture);
    assert!(packets > 80);
    let output = run(own("dissect").arg("--json").arg(&capture), LIMIT);
    assert!(output.status.success(), "{}", text(&output));
    let found: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|record| record["kind"] == "packet")
        .collect();
    for (method, class, expected) in [
        ("Allocate", "request", 2),
        ("Allocate", "error-response", 1),
        ("Allocate", "success-response", 1),
        ("CreatePermission", "success-response", 1),
        ("ConnectionAttempt", "indication", 1),
        ("Connect", "success-response", 1),
        ("ConnectionBind", "request", 2),
        ("ConnectionBind", "success-response", 2),
        ("Refresh", "success-response", 1),
    ] {
        let found = count(&found, "none", method, class);
        assert_eq!(found, expected, "{method} {class}");
    }
    // After the first ConnectionBind: the peer's checks, 20 in each direction and an early one, in the segment of
    // the response or after it.
    for class in ["request", "success-response"] {
        assert_eq!(count(&found, "rfc4571", "Binding", class), 41);
    }
    // After the second ConnectionBind: bytes without a framing in each direction.
    let raw = |value: &&Value| value["protocol"] == "raw" || value["cause"] == "unframed";
    let lengths = found.iter().filter(raw).map(|value| &value["length"]);
    assert_eq!(lengths.filter_map(Value::as_u64).sum::<u64>(), 2 * 3400);
    // Nothing else, and no error.
    let others = |value: &&Value| value["content"] != "stun" && !raw(value);
    assert_eq!(found.iter().find(others), None);
    let stun = found
        .iter()
        .filter(|value| value["content"] == "stun")
        .count();
    assert_eq!(stun, 2 + 2 + 2 + 1 + 2 + 4 + 2 + 2 * 41);
    as_an_engineer_expects(&text(&run(
        own("dissect").arg("--packets").arg(&capture),
        LIMIT,
    )));
}

/// The sequence of messages, and the summary of the first peer's connection: ConnectionBind and 41
/// Binding requests.
fn as_an_engineer_expects(printed: &str) {
    let mut rest = printed;
    for expected in [
        "Allocate Request TCP",
        "Allocate Error Response error-code: 401 (Unauthenticated)",
        " with nonce realm: ",
        "Allocate Request TCP user: \"turn\" ",
        "Allocate Success Response XOR-RELAYED-ADDRESS: ",
        "ConnectionAttempt Indication",
        " XOR-PEER-ADDRESS: ",
        "ConnectionBind Request",
        "ConnectionBind Success Response",
        "RFC 4571 frame",
        "Binding Request",
        "Binding Success Response",
        "42 requests: 42 answered",
    ] {
        let at = rest.find(expected);
        let at = at.unwrap_or_else(|| panic!("no {expected:?} after the others:\n{printed}"));
        rest = &rest[at + expected.len()..];
    }
    assert!(
        printed.contains("Refresh Success Response lifetime: 0"),
        "{printed}"
    );
    assert!(!printed.contains("not valid"), "{printed}");
}
