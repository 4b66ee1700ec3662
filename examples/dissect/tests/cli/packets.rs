//! Packets as text and as JSON.

use serde_json::json;

use crate::messages::{self, hex};
use crate::support::{
    CLIENT, Capture, SERVER, START, complaint, digits, lines, run, run_with_input, table, text,
};

#[test]
fn without_arguments() {
    let text = text(&run(&[]));
    for expected in [
        "RFC 4571 frame",
        "Binding Request user: \"l0MR:AoVy\"",
        "USE-CANDIDATE (0 bytes)",
        "0x6effffff: type preference 110, local preference 65535, component 1",
        "ICE-CONTROLLED (8 bytes): tie-breaker 0x08b2674a8beecd68",
        r#"USERNAME (12 bytes): "l0MR:AoVy\0\0\0""#,
        r#"CANDIDATE-IDENTIFIER (4 bytes): "3\0\0\0""#,
        "IMPLEMENTATION-VERSION (4 bytes): 2",
        "FINGERPRINT valid",
        "MESSAGE-INTEGRITY not verified: no key applies",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

/// Written from the table of the published dump, not from the program's output.
#[test]
fn without_arguments_as_json() {
    let expected = json!({
        "schema": 1,
        "kind": "packet",
        "record": 1,
        "frame": 1,
        "transport": "tcp",
        "content": "stun",
        "framing": "rfc4571",
        "dialect": "ms-ice2-legacy",
        "type": "0x0001",
        "class": "request",
        "method": "Binding",
        "transaction_id": "2112a442a7d42d519e4d78c593819521",
        "length": 88,
        "attributes": [
            {"type": "0x0025", "name": "USE-CANDIDATE", "length": 0, "value": "", "text": "present"},
            {"type": "0x0024", "name": "PRIORITY", "length": 4, "value": "6effffff",
             "text": "1862270975 (0x6effffff: type preference 110, local preference 65535, component 1)"},
            {"type": "0x8029", "name": "ICE-CONTROLLED", "length": 8, "value": "08b2674a8beecd68",
             "text": "tie-breaker 0x08b2674a8beecd68"},
            {"type": "0x0006", "name": "USERNAME", "length": 12, "value": "6c304d523a416f5679000000",
             "text": "\"l0MR:AoVy\\0\\0\\0\""},
            {"type": "0x8054", "name": "CANDIDATE-IDENTIFIER", "length": 4, "value": "33000000",
             "text": "\"3\\0\\0\\0\""},
            {"type": "0x8070", "name": "IMPLEMENTATION-VERSION", "length": 4, "value": "00000002",
             "text": "2"},
            {"type": "0x0008", "name": "MESSAGE-INTEGRITY", "length": 20,
             "value": "1da4842529575b38e06b72ef458c3e172b65c76c",
             "text": "1da4842529575b38e06b72ef458c3e172b65c76c"},
            {"type": "0x8028", "name": "FINGERPRINT", "length": 4, "value": "ff2fa718",
             "text": "0xff2fa718"},
        ],
        "fingerprint": "valid",
        "integrity": "no-key",
    });
    assert_eq!(lines(&run(&["--json"])), [expected]);
}

#[test]
fn hexadecimal_text() {
    let message = "0x00 0x01 00:00:21:12:A4:42\n b7e7a701bc34d686 fa87dfae";
    let line = &lines(&run(&["--json", "--hex", message]))[0];
    assert_eq!(line["transaction_id"], "2112a442b7e7a701bc34d686fa87dfae");
    assert_eq!(line["framing"], "none");
    let read = run_with_input(&["--json", "-"], message.as_bytes());
    let mut read = lines(&read).remove(0);
    read.as_object_mut().unwrap().remove("file");
    assert_eq!(&read, line);
}

/// The part of a message before the first error is decoded, and the run does not fail.
#[test]
fn a_message_that_does_not_parse() {
    let truncated = digits(&messages::rfc5769_request()[..70]);
    let line = &lines(&run(&["--json", "--hex", &truncated]))[0];
    assert_eq!(line["content"], "error");
    assert_eq!(line["offset"], 70);
    let names: Vec<_> = line["attributes"].as_array().unwrap().iter().collect();
    let names: Vec<_> = names.iter().map(|attribute| &attribute["name"]).collect();
    assert_eq!(names, ["SOFTWARE", "PRIORITY", "ICE-CONTROLLED"]);
    assert!(
        text(&run(&["--hex", "1234"])).contains("a STUN header is 20 bytes long, the input has 2")
    );
}

#[test]
fn values_padding_and_what_follows() {
    // A PRIORITY of 3 bytes, a SOFTWARE padded with a space, an unknown attribute, and
    // two bytes too many.
    let bytes = "0001001c 2112a442 b7e7a701bc34d686fa87dfae
                 00240003 01020300 80220003 61626320 c1230003 010203ff abcd";
    let line = &lines(&run(&["--json", "--hex", bytes]))[0];
    assert_eq!(line["content"], "error", "the length counts the two bytes");
    let bytes = bytes.replacen("1c", "18", 1);
    let line = &lines(&run(&["--json", "--hex", &bytes]))[0];
    assert_eq!(line["trailing"], 2);
    assert_eq!(
        line["attributes"],
        json!([
            {"type": "0x0024", "name": "PRIORITY", "length": 3, "value": "010203",
             "text": "malformed: the value is 3 bytes long instead of 4"},
            {"type": "0x8022", "name": "SOFTWARE", "length": 3, "value": "616263",
             "padding": "20", "text": "\"abc\""},
            {"type": "0xc123", "name": null, "length": 3, "value": "010203",
             "padding": "ff", "text": "010203"},
        ])
    );
    let text = text(&run(&["--hex", &bytes]));
    assert!(text.contains("PRIORITY (3 bytes): 010203 (the value is 3 bytes long"));
    assert!(text.contains("2 bytes after the message"));
}

#[test]
fn datagrams() {
    let check = messages::rfc5769_request();
    let mut damaged = check.clone();
    damaged[43] = 200; // PRIORITY's length
    let classic = hex("00010000 000102030405060708090a0b0c0d0e0f");
    // A Data indication, and ChannelData with 2 spare bytes, each around the check's answer.
    let answer = messages::rfc5769_ipv4();
    let data = [
        hex("00170054 2112a442 b7e7a701bc34d686fa87dfae 00130050"),
        answer.clone(),
    ]
    .concat();
    let channel = [hex("40000050"), answer, vec![0, 0]].concat();
    let file = Capture::new()
        .udp(CLIENT, 5000, &check)
        .udp(CLIENT, 5000, &damaged)
        .udp(CLIENT, SERVER, &messages::ms_turn_b())
        .udp(CLIENT, SERVER, &classic)
        .udp(CLIENT, 5001, &classic)
        .udp(SERVER, CLIENT, &data)
        .udp(SERVER, CLIENT, &channel)
        .udp(CLIENT, 5001, &channel)
        .udp(CLIENT, 5000, &hex("80600001 00000000"))
        .file();
    let units = lines(&run(&["--json", file.path()]));
    let keys = ["content", "frame", "dialect", "method", "protocol", "in"];
    assert_eq!(
        table(&units, &keys),
        [
            json!(["stun", 1, "rfc8489", "Binding", null, null]),
            json!(["error", 2, null, "Binding", null, null]),
            json!(["stun", 3, "ms-turn", "Allocate", null, null]),
            json!(["stun", 4, "rfc3489", "Binding", null, null]),
            json!(["other", 5, null, null, "unknown", null]),
            json!(["stun", 6, "rfc8489", "Data", null, null]),
            json!(["stun", 6, "rfc8489", "Binding", null, 6]),
            json!(["channel-data", 7, null, null, null, null]),
            json!(["stun", 7, "rfc8489", "Binding", null, 8]),
            json!(["other", 8, null, null, "unknown", null]),
            json!(["other", 9, null, null, "rtp", null]),
        ]
    );
    assert_eq!(
        units[1],
        json!({
            "schema": 1, "kind": "packet", "record": 2, "file": file.path(), "frame": 2,
            "time": f64::from(START + 1), "elapsed": 1.0,
            "source": "192.0.2.1", "source_port": 40000,
            "destination": "192.0.2.2", "destination_port": 5000,
            "transport": "udp", "content": "error", "framing": "none",
            "type": "0x0001", "class": "request", "method": "Binding",
            "transaction_id": "2112a442b7e7a701bc34d686fa87dfae", "length": 88,
            "attributes": [{"type": "0x8022", "name": "SOFTWARE", "length": 16,
                            "value": "5354554e207465737420636c69656e74",
                            "text": "\"STUN test client\""}],
            "error": "the attribute at offset 40 needs 204 bytes, the message has 68 bytes left",
            "offset": 40,
        })
    );
    assert_eq!(
        units[7],
        json!({"schema": 1, "kind": "packet", "record": 8, "file": file.path(), "frame": 7,
               "time": f64::from(START + 6), "elapsed": 6.0,
               "source": "192.0.2.2", "source_port": 3478,
               "destination": "192.0.2.1", "destination_port": 40000,
               "transport": "udp", "content": "channel-data", "framing": "none",
               "channel": "0x4000", "length": 80, "trailing": 2})
    );
    let asked = lines(&run(&["--json", "--dialect", "rfc3489", file.path()]));
    assert_eq!(asked[4]["dialect"], "rfc3489");
    assert_eq!(asked[2]["dialect"], "ms-turn");

    let text = text(&run(&["--packets", file.path()]));
    assert!(text.contains("frame 3  2.000000  192.0.2.1:40000 → 192.0.2.2:3478  UDP  ms-turn\n"));
    assert!(!text.contains("frame 9"));
    let end = "9 packets: 6 STUN messages, 1 ChannelData, 1 error, 0 gaps, 3 of other protocols, \
               0 packets skipped\n";
    assert!(text.ends_with(end), "{text}");
    assert!(self::text(&run(&["--all", file.path()])).contains("RTP\n  8 bytes"));
}

/// MS-ICE2 that does not declare it: the tag under its own rule, or the CRC table of FINGERPRINT,
/// tells.
#[test]
fn ms_ice2_without_implementation_version() {
    use messages::{MS_ICE2_UNDECLARED, MS_ICE2_UNDECLARED_MS_TABLE};
    let key = ["--key", "a password of ICE"];
    for (message, key, dialect, fingerprint, integrity) in [
        (MS_ICE2_UNDECLARED, &[][..], "rfc8489", "valid", "no-key"),
        (MS_ICE2_UNDECLARED, &key, "ms-ice2-legacy", "valid", "valid"),
        (
            MS_ICE2_UNDECLARED,
            &["--key", "guess"],
            "rfc8489",
            "valid",
            "invalid",
        ),
        (
            MS_ICE2_UNDECLARED_MS_TABLE,
            &[],
            "ms-ice2-legacy",
            "valid-ms-table",
            "no-key",
        ),
        (
            MS_ICE2_UNDECLARED_MS_TABLE,
            &key,
            "ms-ice2-legacy",
            "valid-ms-table",
            "valid",
        ),
    ] {
        let line = &lines(&run(&[&["--json", "--hex", message], key].concat()))[0];
        assert_eq!(line["dialect"], dialect);
        assert_eq!(line["fingerprint"], fingerprint);
        assert_eq!(line["integrity"], integrity);
    }
}

/// MS-TURN's frame around an Allocate, and a multiplexed frame around a check.
#[test]
fn microsofts_frames() {
    let message = messages::ms_turn_b();
    let control = [&[2, 0, 0, message.len() as u8][..], &message].concat();
    let arguments = [
        "--json",
        "--user",
        "dXNlcg==",
        "--realm",
        "realm",
        "--password",
        "cGFzcw==",
        "--base64",
    ];
    let line = &lines(&run(
        &[&arguments[..], &["--hex", &digits(&control)]].concat()
    ))[0];
    assert_eq!(line["framing"], "ms-turn-control");
    assert_eq!(line["dialect"], "ms-turn");
    assert_eq!(line["integrity"], "valid");
    let check = messages::ms_ice2();
    let header = [0xFF, 0x10, 0, check.len() as u8 + 8];
    let frame = [&header[..], b"session!", &check].concat();
    let lines = lines(&run(&["--json", "--hex", &digits(&frame)]));
    assert_eq!(lines[0]["content"], "ms-multiplexed");
    assert_eq!(lines[0]["session"], "73657373696f6e21");
    assert_eq!(
        (&lines[1]["in"], &lines[1]["dialect"]),
        (&json!(1), &json!("ms-ice2-legacy"))
    );
    let text = text(&run(&["--hex", &digits(&frame)]));
    assert!(
        text.contains("multiplexed frame\n  session 73657373696f6e21, 104 bytes"),
        "{text}"
    );
    let complaint = complaint(&run(&["--user", "a b", "--password", "x", "--base64"]), 2);
    assert!(complaint.contains("--user is not base64"), "{complaint}");
}

/// The output of these tests is not a terminal.
#[test]
fn no_colors_in_a_pipe() {
    assert!(!text(&run(&[])).contains('\x1b'));
}

#[test]
fn help_has_examples_and_exit_codes() {
    let help = text(&run(&["--help"]));
    for expected in [
        "Examples:",
        "dissect call.pcapng",
        "Exit codes:",
        "--anonymize",
    ] {
        assert!(help.contains(expected), "{expected} in\n{help}");
    }
}
