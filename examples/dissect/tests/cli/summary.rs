//! The summary of whole calls: what a network engineer reads.

use serde_json::Value;

use crate::messages::rfc5769_ipv4;
use crate::scenarios::Call;
use crate::scenarios::calls::{
    bind_late, bind_missing, integrity_failure, no_attempt, rfc6062, silent, stale_once,
    tcp_pair_incomplete, turn_udp, wrong_password,
};
use crate::support::{CLIENT, Capture, File, SERVER, complaint, of_kind, run, text};

fn summary(call: &Call, arguments: &[&str]) -> String {
    let file = File::new("call.pcap", call.file());
    text(&run(&[&[file.path()], arguments].concat()))
}

/// Without line breaks, so that a sentence can be found.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_says(call: &Call, expected: &[&str]) {
    let text = flat(&summary(call, &[]));
    for words in expected {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

const NOTHING: &str = "Findings no findings";

/// A conferencing server allocates for TCP at an edge server; the peer's edge connects, and both
/// check the connection in the frames of RFC 4571.
#[test]
fn presentation_over_a_tcp_relay() {
    assert_says(
        &rfc6062(),
        &[
            NOTHING,
            "2 Allocate (1 success, 1 error 401); 1 CreatePermission (1 success)",
            "login: 401 with a nonce, accepted as \"alice\" in realm \"example.org\" (HMAC-SHA1)",
            "allocation for TCP: made at 0.070, relayed address 203.0.113.1:49152",
            "connection 0x01020304 from 198.51.100.20:40000 offered at 2.110, bound 50 ms later, flow 2",
            "data connection 0x01020304 between 203.0.113.1:49152 and the peer 198.51.100.20:40000",
            "ICE: nominated; 192.0.2.10:50001 (controlling) sent 1 check, 1 answered",
            "pair 192.0.2.10:50001 ↔ 203.0.113.1:3478: valid, a Binding request was answered in each \
             direction",
        ],
    );
}

#[test]
fn presentation_whose_connection_is_not_accepted() {
    assert_says(
        &bind_missing(),
        &[
            "error: A peer's connection is never accepted",
            "never sent ConnectionBind for the connection of peer 198.51.100.20:40000",
            "it must open a second TCP connection to 203.0.113.1:3478 within 30 s",
            "frame 9; flow 1; RFC 6062 §4.4",
            "connection 0x01020304 from 198.51.100.20:40000 offered at 0.110, not bound",
        ],
    );
}

#[test]
fn presentation_whose_connection_is_accepted_too_late() {
    assert_says(
        &bind_late(),
        &[
            "error: ConnectionBind comes too late",
            "came 31 s after the offer, later than 30 s",
            "frames 9, 12; flow 1; RFC 6062 §5.3",
        ],
    );
}

#[test]
fn presentation_to_which_no_peer_connects() {
    assert_says(
        &no_attempt(),
        &[
            "warning: No peer connects to the relayed address",
            "no ConnectionAttempt came in the 30 s after it",
            "a firewall before the relay's ports drops its SYN",
        ],
    );
}

#[test]
fn presentation_that_is_checked_by_one_side() {
    assert_says(
        &tcp_pair_incomplete(),
        &[
            "warning: The peer sends no check over the relayed connection",
            "not valid: no Binding request from 203.0.113.1:3478",
        ],
    );
}

#[test]
fn login_over_udp() {
    assert_says(
        &turn_udp(),
        &[
            NOTHING,
            "login: 401 with a nonce, accepted as \"alice\" in realm \"example.org\"",
            "released by the client",
            "channel 0x4000 to 198.51.100.20:40000: 50 packets (1600 bytes) to it, 50 packets (1600 \
             bytes) from it",
        ],
    );
    assert_says(
        &stale_once(),
        &[NOTHING, "438 (Stale Nonce) once, accepted as \"alice\""],
    );
}

#[test]
fn login_over_udp_with_a_wrong_password() {
    assert_says(
        &integrity_failure(),
        &[
            "error: The server finds the integrity attribute invalid",
            "with 431 (Integrity Check Failure) twice: the password of user \"alice\" in realm \
             \"example.org\" is wrong",
            "3 Allocate (1 error 401, 2 error 431)",
        ],
    );
    assert_says(
        &wrong_password(),
        &[
            "Allocate of 192.0.2.10:50000 was signed and answered 401 three times with new nonces: the \
             password is wrong for user \"alice\" in realm \"example.org\"",
            "frames 4, 6, 8; flow 1; RFC 8489 §9.2.4",
            "never accepted as \"alice\"",
        ],
    );
}

#[test]
fn unreachable_server() {
    assert_says(
        &silent(),
        &[
            "error: The server never answers",
            "203.0.113.1:3478 does not answer 192.0.2.10 over UDP (7 transmissions in 31.5 s): the \
             server is down, or a firewall drops UDP",
            "1 request: 0 answered, 1 unanswered, 6 retransmissions",
        ],
    );
}

/// Findings are the first thing that is shown, and packets only if they are wanted.
#[test]
fn order_of_the_output() {
    let call = wrong_password();
    let short = summary(&call, &[]);
    assert!(short.starts_with("Findings\n  error: "), "{short}");
    assert!(!short.contains("transaction id"));
    let long = summary(&call, &["--packets"]);
    assert!(long.starts_with("frame 1"), "{long}");
    assert!(long.ends_with(&short), "{long}");
}

fn records(call: &Call, kind: &str) -> Vec<Value> {
    let file = File::new("records.pcap", call.file());
    of_kind(&run(&["--json", file.path()]), kind)
}

#[test]
fn records_of_the_analysis() {
    let call = wrong_password();
    let transactions = records(&call, "transaction");
    assert_eq!(transactions.len(), 4);
    let first = &transactions[0];
    for (key, value) in [
        ("schema", 1.into()),
        ("flow", 1.into()),
        ("transport", "udp".into()),
        ("source", "192.0.2.10".into()),
        ("source_port", 50000.into()),
        ("destination", "203.0.113.1".into()),
        ("destination_port", 3478.into()),
        ("method", "Allocate".into()),
        ("frame", 1.into()),
        ("transmissions", 1.into()),
        ("signed", false.into()),
        ("outcome", "error".into()),
        ("code", 401.into()),
        ("answer_frame", 2.into()),
        ("round_trip", 0.02.into()),
    ] {
        let value: Value = value;
        assert_eq!(first[key], value, "{key}");
    }
    let flows = records(&call, "flow");
    assert_eq!(flows.len(), 1);
    assert_eq!(flows[0]["client"], "192.0.2.10");
    assert_eq!(flows[0]["server_port"], 3478);
    assert_eq!(flows[0]["use"], "turn");
    assert_eq!(flows[0]["requests"], 4);
    assert_eq!(flows[0]["unanswered"], 0);
    assert_eq!(flows[0]["methods"][0]["errors"][0]["code"], 401);
    assert_eq!(flows[0]["methods"][0]["errors"][0]["count"], 4);
    assert_eq!(flows[0]["user"], "alice");
    let findings = records(&call, "finding");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["rule"], "credentials-refused");
    assert_eq!(findings[0]["severity"], "error");
    assert_eq!(findings[0]["flows"], serde_json::json!([1]));
    assert_eq!(findings[0]["frames"], serde_json::json!([4, 6, 8]));
    assert_eq!(findings[0]["frame_count"], 3);
    assert!(records(&turn_udp(), "finding").is_empty());
    let flow = &records(&turn_udp(), "flow")[0];
    let allocation = &flow["allocations"][0];
    assert_eq!(allocation["relayed"], "203.0.113.1:49152");
    assert_eq!(allocation["channels"][0]["packets_to_peer"], 50);
    let unanswered = &records(&silent(), "transaction")[0];
    assert_eq!(unanswered["outcome"], "unanswered");
    assert_eq!(unanswered["transmissions"], 7);
    assert_eq!(unanswered["round_trip"], Value::Null);
}

#[test]
fn ladder_in_the_terminal() {
    let text = summary(&wrong_password(), &["--ladder"]);
    let line = text.lines().find(|line| line.contains("frame 4")).unwrap();
    assert!(line.contains("◀"), "{line}");
    assert!(line.contains(" Allocate 401 "), "{line}");
    let folded = summary(&silent(), &["--ladder"]);
    assert!(folded.contains(" Allocate ×7 in 31.5 s "), "{folded}");
}

#[test]
fn ladder_as_a_picture() {
    let target = File::missing("ladder.svg");
    summary(&rfc6062(), &["--svg", target.path()]);
    let svg = std::fs::read_to_string(target.path()).unwrap();
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains(">ConnectionBind 0x01020304</text>"), "{svg}");
}

#[test]
fn several_captures_have_their_names_and_no_common_picture() {
    let one = File::new("one.pcap", wrong_password().file());
    let two = File::new("two.pcap", turn_udp().file());
    let both = text(&run(&[one.path(), two.path()]));
    let first = both.find(one.path()).unwrap();
    let second = both.find(two.path()).unwrap();
    let findings: Vec<usize> = both.match_indices("Findings").map(|(at, _)| at).collect();
    assert!(first < findings[0] && findings[0] < second && second < findings[1]);
    let refused = run(&[one.path(), two.path(), "--svg", "never.svg"]);
    assert_eq!(refused.status.code(), Some(2));
}

/// The rest of the summary is printed if the picture cannot be written.
#[test]
fn a_picture_that_cannot_be_written() {
    let file = File::new("call.pcap", rfc6062().file());
    let output = run(&[file.path(), "--svg", "no/such/folder/ladder.svg"]);
    let error = complaint(&output, 1);
    assert!(error.contains("no/such/folder/ladder.svg: "), "{error}");
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.contains(" STUN messages, "), "{summary}");
}

/// A capture of one direction has responses only.
#[test]
fn responses_without_requests() {
    let mut capture = Capture::new();
    capture
        .udp(SERVER, CLIENT, &rfc5769_ipv4())
        .udp(SERVER, CLIENT, &rfc5769_ipv4());
    let text = text(&run(&[capture.file().path()]));
    assert!(
        text.contains("2 responses without a request between these addresses"),
        "{text}"
    );
}
