//! Captures with more flows than are kept in memory.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;
use stunwire::attribute::XorMappedAddress;
use stunwire::{Header, Method, TransactionId};

use crate::scenarios::{Call, address, message, server};
use crate::support::{File, of_kind, run, text};

/// Number of flows in the capture, and of those without an answer at its start.
const FLOWS: u32 = 21_000;
const SILENT: u32 = 10;

/// A client with its own address and port for each flow.
fn client(number: u32) -> SocketAddr {
    let [_, _, high, low] = number.to_be_bytes();
    address(&format!("10.0.{high}.{low}:50000"))
}

/// One request of each client, answered by the server, and two requests of some clients to a silent one.
fn call() -> Call {
    let mut call = Call::new();
    for number in 0..FLOWS {
        let (from, is_silent) = (client(number), number < SILENT);
        let to = if is_silent {
            address("203.0.113.9:3478")
        } else {
            server()
        };
        let [a, b, c, d] = number.to_be_bytes();
        let id = TransactionId::new([0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]);
        let request = message(Header::request(Method::BINDING, id), &[], None);
        for _ in 0..if is_silent { 7 } else { 1 } {
            call.udp(from, to, &request).wait(1);
        }
        if !is_silent {
            let header = Header::success(Method::BINDING, id);
            let answer = message(header, &[&XorMappedAddress(from)], None);
            call.udp(to, from, &answer);
        }
    }
    call
}

/// Every flow and every transaction has its record, and flows that are closed early have their findings.
#[test]
fn each_flow_has_a_record() {
    let file = File::new("flows.pcap", call().file());
    let output = run(&["--json", file.path()]);
    let flows = of_kind(&output, "flow");
    let numbers: BTreeSet<u64> = flows
        .iter()
        .map(|flow| flow["flow"].as_u64().unwrap())
        .collect();
    assert_eq!(flows.len(), FLOWS as usize);
    assert_eq!(numbers, (1..=u64::from(FLOWS)).collect());
    for flow in &flows {
        let number = flow["flow"].as_u64().unwrap() as u32 - 1;
        assert_eq!(flow["client"], client(number).ip().to_string());
        assert_eq!(flow["answered"], u32::from(number >= SILENT), "{flow}");
    }
    assert_eq!(of_kind(&output, "transaction").len(), FLOWS as usize);
    let findings = of_kind(&output, "finding");
    let about: BTreeSet<u64> = findings
        .iter()
        .filter(|finding| finding["rule"] == "server-silent")
        .flat_map(|finding| finding["flows"].as_array().unwrap())
        .map(|flow| Value::as_u64(flow).unwrap())
        .collect();
    assert_eq!(about, (1..=u64::from(SILENT)).collect(), "{findings:#?}");

    let summary = text(&run(&[file.path()]));
    assert!(
        summary.contains("203.0.113.9:3478 does not answer"),
        "{summary}"
    );
    assert!(
        summary.contains("more flows; --json has them all"),
        "{summary}"
    );
}
