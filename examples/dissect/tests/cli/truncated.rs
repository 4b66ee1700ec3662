//! Captures whose snap length truncated the packets.

use serde_json::{Value, json};

use crate::messages;
use crate::support::{CLIENT, Capture, SERVER, hex, of_kind, records, run, table, text};

/// A check and ChannelData with a check in it, at every snap length: no packet is an error, and none
/// disappears.
#[test]
fn packets_truncated_by_the_snap_length_are_not_errors() {
    let check = messages::rfc5769_request();
    let channel = [&[0x40, 0x00, 0, 108][..], &check].concat();
    let whole = 28 + check.len();
    for snap in 28..whole + 4 {
        let mut capture = Capture::new();
        capture
            .snap(snap)
            .udp(CLIENT, SERVER, &check)
            .udp(CLIENT, SERVER, &channel);
        let records = records(&capture);
        let of_frame = |frame: u64| -> Vec<&Value> {
            records
                .iter()
                .filter(|record| record["frame"] == frame)
                .collect()
        };
        assert!(
            records.iter().all(|record| record["content"] != "error"),
            "{snap}"
        );
        let (one, two) = (of_frame(1), of_frame(2));
        assert!(!one.is_empty() && !two.is_empty(), "{snap}");
        // The first 8 bytes show that it is STUN.
        if (28 + 8..whole).contains(&snap) {
            assert_eq!(one[0]["content"], "truncated", "{snap}");
            assert_eq!(one[0]["wire_length"], 108);
            assert_eq!(one[0]["captured"], snap - 28);
            assert_eq!(one[0]["transaction_id"].is_null(), snap < 28 + 20);
        }
        assert_eq!(
            one[0]["truncated"],
            json!((snap < whole).then_some(true)),
            "{snap}"
        );
        if snap >= 28 + 4 {
            assert_eq!(two[0]["content"], "channel-data", "{snap}");
            assert_eq!(two[0]["length"], 108);
        }
    }
}

#[test]
fn the_text_names_the_capture_as_the_cause() {
    let mut capture = Capture::new();
    capture
        .snap(96)
        .udp(CLIENT, SERVER, &messages::rfc5769_request())
        .snap(24)
        .udp(CLIENT, SERVER, &messages::rfc5769_request());
    let text = text(&run(&["--packets", capture.file().path()]));
    assert!(
        text.contains("truncated by the capture: 68 of 108 bytes"),
        "{text}"
    );
    assert!(text.contains("Binding Request"), "{text}");
    assert!(text.contains("0 errors"), "{text}");
    let end = "1 packet skipped, 1 truncated by the capture within their headers\n";
    assert!(text.ends_with(end), "{text}");
}

/// A stream whose segments were truncated: the frames are found again without waiting for bytes that the
/// capture does not have.
#[test]
fn streams_truncated_by_the_snap_length() {
    let check = messages::rfc5769_request();
    let mut capture = Capture::new();
    capture.snap(40 + 60);
    for number in 0..4 {
        capture.tcp(1000 + 108 * number, &check);
    }
    let records = records(&capture);
    let frame = |frame: u64| {
        [
            json!(["truncated", frame, null, "2112a442b7e7a701bc34d686fa87dfae"]),
            json!(["gap", frame, "truncated", null]),
        ]
    };
    assert_eq!(
        table(&records, &["content", "frame", "cause", "transaction_id"]),
        (1..=4).flat_map(frame).collect::<Vec<_>>()
    );
    assert_eq!(records[1]["length"], 48);
}

/// An error response whose ERROR-CODE is after the snap length is no success: 401 to Allocate here, as RFC 8489
/// §14.8 encodes it.
#[test]
fn errors_of_unknown_code() {
    let request = hex("00030008 2112a442 b7e7a701bc34d686fa87dfae 00190004 11000000");
    let refusal = hex("0113001c 2112a442 b7e7a701bc34d686fa87dfae
         80220004 74657374 00090010 00000401 556e617574686f72697a6564");
    let mut capture = Capture::new();
    capture
        .udp(CLIENT, SERVER, &request)
        .snap(28 + 20 + 8)
        .udp(SERVER, CLIENT, &refusal);
    let file = capture.file();
    let summary = text(&run(&[file.path(), "--ladder"]));
    assert!(!summary.contains("allocation"), "{summary}");
    assert!(
        summary.contains("1 Allocate (1 error of unknown code)"),
        "{summary}"
    );
    assert!(summary.contains(" Allocate error "), "{summary}");
    let output = run(&["--json", file.path()]);
    let transaction = &of_kind(&output, "transaction")[0];
    assert_eq!(transaction["outcome"], "error");
    assert_eq!(transaction["code"], Value::Null);
    let flow = &of_kind(&output, "flow")[0];
    assert_eq!(flow["methods"][0]["errors"][0]["code"], Value::Null);
}

/// The LIFETIME of an Allocate response is after the snap length: the allocation lasts for an unknown time,
/// not for the 10 minutes of a response without one.
#[test]
fn allocations_of_unknown_lifetime() {
    let request = hex("00030008 2112a442 b7e7a701bc34d686fa87dfae 00190004 11000000");
    let success = hex("01030014 2112a442 b7e7a701bc34d686fa87dfae
         00160008 0001e112 e112a64d 000d0004 00000e10");
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, &request);
    let known = {
        let mut capture = capture.clone();
        capture.udp(SERVER, CLIENT, &success);
        text(&run(&[capture.file().path()]))
    };
    assert!(known.contains("lifetime 3600 s; open"), "{known}");
    capture.snap(28 + 20 + 12).udp(SERVER, CLIENT, &success);
    let unknown = text(&run(&[capture.file().path()]));
    assert!(
        unknown.contains("relayed address 192.0.2.15:49152; open"),
        "{unknown}"
    );
}
