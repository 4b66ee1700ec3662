//! The program run as a user runs it: a process, its output and its exit status.
#![allow(
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod messages;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::messages::{ICE_PASSWORD, PASSWORD, USER, hex};

fn dissect(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissect"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    dissect(arguments).output().unwrap()
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = dissect(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// What it prints when it is content.
fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = text(output);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What it says when it is not.
fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn without_arguments() {
    let text = text(&run(&[]));
    for expected in [
        "RFC 4571 frame",
        "Binding Request user: l0MR:AoVy",
        "USE-CANDIDATE (0 bytes)",
        "0x6effffff: type preference 110, local preference 65535, component 1",
        "ICE-CONTROLLED (8 bytes): tie-breaker 0x08b2674a8beecd68",
        r#"USERNAME (12 bytes): "l0MR:AoVy\0\0\0""#,
        r#"CANDIDATE-IDENTIFIER (4 bytes): "3\0\0\0""#,
        "IMPLEMENTATION-VERSION (4 bytes): 2",
        "FINGERPRINT valid",
        "MESSAGE-INTEGRITY unchecked",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

/// Written from the table of the published dump, not from the program's output.
#[test]
fn without_arguments_as_json() {
    let expected = json!({
        "kind": "stun",
        "frame": 1,
        "transport": "tcp",
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
        "integrity": "unchecked",
    });
    assert_eq!(lines(&run(&["--json"])), [expected]);
}

fn integrity(bytes: &[u8], credentials: &[&str]) -> String {
    let text = digits(bytes);
    let arguments = [&["--json", "--hex", &text], credentials].concat();
    let lines = lines(&run(&arguments));
    assert_eq!(lines.len(), 1);
    lines[0]["integrity"].as_str().unwrap().to_owned()
}

#[test]
fn short_term_credentials() {
    for bytes in [messages::rfc5769_request(), messages::rfc5769_ipv6()] {
        assert_eq!(integrity(&bytes, &["--key", ICE_PASSWORD]), "valid");
        assert_eq!(integrity(&bytes, &["--key", "wrong"]), "invalid");
        assert_eq!(integrity(&bytes, &[]), "unchecked");
    }
    let blog = messages::ms_ice2();
    assert_eq!(
        integrity(&blog, &["--key", "ydYldnHIRgbOUr1MYUGy4t0g"]),
        "valid"
    );
    let unsigned = hex("00010000 2112a442 b7e7a701bc34d686fa87dfae");
    assert_eq!(integrity(&unsigned, &["--key", "any"]), "absent");
}

/// By MD5 and by SHA-256, with a realm that is given and with the message's own.
#[test]
fn long_term_credentials() {
    for bytes in [messages::rfc5769_long_term(), messages::rfc8489_b1()] {
        let user = ["--user", USER, "--password", PASSWORD];
        let with = |more: &[&str]| integrity(&bytes, &[&user[..], more].concat());
        assert_eq!(with(&[]), "valid");
        assert_eq!(with(&["--realm", "example.org"]), "valid");
        assert_eq!(with(&["--realm", "example.com"]), "invalid");
        let wrong = ["--user", USER, "--password", "wrong"];
        assert_eq!(integrity(&bytes, &wrong), "invalid");
    }
    // A message of MS-TURN under a given realm, and one whose key needs a nonce that it lacks.
    let user = ["--user", "user", "--realm", "realm", "--password", "pass"];
    assert_eq!(integrity(&messages::ms_turn_b(), &user), "valid");
    assert_eq!(integrity(&messages::ms_turn_c(), &user), "unchecked");
}

#[test]
fn hexadecimal_text() {
    let message = "0x00 0x01 00:00:21:12:A4:42\n b7e7a701bc34d686 fa87dfae";
    let line = &lines(&run(&["--json", "--hex", message]))[0];
    assert_eq!(line["transaction_id"], "2112a442b7e7a701bc34d686fa87dfae");
    assert_eq!(line["framing"], "none");
    let read = run_with_input(&["--json", "-"], message.as_bytes());
    assert_eq!(&lines(&read)[0], line);
}

#[test]
fn bad_arguments() {
    let bad = complaint(&run(&["--hex", "00 01 0g"]));
    assert!(bad.contains("line 1, column 8: 'g'"), "{bad}");
    let bad = complaint(&run_with_input(&["-"], b"00 01\n000\n"));
    assert!(bad.contains("line 2, column 3"), "{bad}");
    assert!(complaint(&run(&["--hex", ""])).contains("nothing"));
    assert!(complaint(&run(&["no/such/file"])).contains("no/such/file"));
    assert!(complaint(&run(&["--user", "alone"])).contains("--password"));
    assert!(complaint(&run(&["--dialect", "klingon"])).contains("no dialect"));
}

/// What claims to be one message and is not is shown as far as it stands, and is no failure.
#[test]
fn a_message_that_does_not_parse() {
    let cut = digits(&messages::rfc5769_request()[..70]);
    let line = &lines(&run(&["--json", "--hex", &cut]))[0];
    assert_eq!(line["kind"], "error");
    assert_eq!(line["offset"], 70);
    let names: Vec<_> = line["attributes"].as_array().unwrap().iter().collect();
    let names: Vec<_> = names.iter().map(|attribute| &attribute["name"]).collect();
    assert_eq!(names, ["SOFTWARE", "PRIORITY", "ICE-CONTROLLED"]);
    assert!(text(&run(&["--hex", "1234"])).contains("2 bytes where a STUN header takes 20"));
}

#[test]
fn values_padding_and_what_follows() {
    // A PRIORITY of 3 bytes, a SOFTWARE padded with a space, an attribute that nobody knows, and
    // two bytes too many.
    let bytes = "0001001c 2112a442 b7e7a701bc34d686fa87dfae
                 00240003 01020300 80220003 61626320 c1230003 010203ff abcd";
    let line = &lines(&run(&["--json", "--hex", bytes]))[0];
    assert_eq!(line["kind"], "error", "the length counts the two bytes");
    let bytes = bytes.replacen("1c", "18", 1);
    let line = &lines(&run(&["--json", "--hex", &bytes]))[0];
    assert_eq!(line["trailing"], 2);
    assert_eq!(
        line["attributes"],
        json!([
            {"type": "0x0024", "name": "PRIORITY", "length": 3, "value": "010203",
             "text": "malformed: the value is 3 bytes long, its type takes 4"},
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

/// A file that goes away with its name.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("dissect-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_binary_file_of_one_message() {
    let message = messages::rfc5769_request();
    let framed = [&[0, 108][..], &message].concat();
    for (name, bytes, framing) in [("bare", message, "none"), ("framed", framed, "rfc4571")] {
        let file = File::new(name, &bytes);
        let line = &lines(&run(&["--json", file.path()]))[0];
        assert_eq!(line["framing"], framing);
        assert_eq!(line["fingerprint"], "valid");
    }
}

/// A classic pcap file of raw IPv4, one second a packet.
struct Capture {
    bytes: Vec<u8>,
    seconds: u32,
}

/// A client's port; its address ends in 1, the server's in 2.
const CLIENT: u16 = 40_000;
const SERVER: u16 = 3478;

impl Capture {
    fn new() -> Self {
        let header = [0xA1B2_C3D4, 0x0002_0004, 0, 0, 65_535, 101];
        Self {
            bytes: header.into_iter().flat_map(u32::to_be_bytes).collect(),
            seconds: 0,
        }
    }

    fn ipv4(&mut self, protocol: u8, from_client: bool, segment: &[u8]) {
        let (source, destination) = if from_client { (1, 2) } else { (2, 1) };
        let length = (20 + segment.len()) as u16;
        let [high, low] = length.to_be_bytes();
        let front = [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
        let addresses = [192, 0, 2, source, 192, 0, 2, destination];
        let length = u32::from(length);
        for number in [self.seconds, 0, length, length] {
            self.bytes.extend(number.to_be_bytes());
        }
        self.bytes
            .extend([&front[..], &addresses, segment].concat());
        self.seconds += 1;
    }

    fn udp(&mut self, from: u16, to: u16, payload: &[u8]) -> &mut Self {
        let numbers = [from, to, 8 + payload.len() as u16, 0];
        let header: Vec<u8> = numbers.into_iter().flat_map(u16::to_be_bytes).collect();
        let from_client = from != SERVER;
        self.ipv4(17, from_client, &[&header[..], payload].concat());
        self
    }

    fn tcp(&mut self, sequence: u32, payload: &[u8]) -> &mut Self {
        let ports = [CLIENT.to_be_bytes(), 9_u16.to_be_bytes()].concat();
        let rest = [0, 0, 0, 0, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0];
        let header = [&ports[..], &sequence.to_be_bytes(), &rest].concat();
        self.ipv4(6, true, &[&header[..], payload].concat());
        self
    }

    fn file(&self, name: &str) -> File {
        File::new(name, &self.bytes)
    }
}

/// The kind and the named keys of each line.
fn table(lines: &[Value], keys: &[&str]) -> Vec<Value> {
    lines
        .iter()
        .map(|line| keys.iter().map(|&key| line[key].clone()).collect())
        .collect()
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
        .file("datagrams");
    let units = lines(&run(&["--json", file.path()]));
    let keys = ["kind", "frame", "dialect", "method", "protocol", "in"];
    assert_eq!(
        table(&units, &keys),
        [
            json!(["stun", 1, "rfc8489", "Binding", null, null]),
            json!(["error", 2, null, null, null, null]),
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
            "kind": "error", "frame": 2, "transport": "udp",
            "error": "the attribute at offset 40 takes 204 bytes, the header's length leaves 68",
            "offset": 40,
            "attributes": [{"type": "0x8022", "name": "SOFTWARE", "length": 16,
                            "value": "5354554e207465737420636c69656e74",
                            "text": "\"STUN test client\""}],
        })
    );
    assert_eq!(
        units[7],
        json!({"kind": "channel-data", "frame": 7, "transport": "udp", "framing": "none",
               "channel": "0x4000", "length": 80, "trailing": 2})
    );
    let asked = lines(&run(&["--json", "--dialect", "rfc3489", file.path()]));
    assert_eq!(asked[4]["dialect"], "rfc3489");
    assert_eq!(asked[2]["dialect"], "ms-turn");

    let text = text(&run(&[file.path()]));
    assert!(text.contains("frame 3  2.000000  192.0.2.1:40000 → 192.0.2.2:3478  UDP  ms-turn\n"));
    assert!(!text.contains("frame 9"));
    let end = "9 packets: 6 STUN messages, 1 ChannelData, 1 errors, 0 gaps, 3 of other protocols, \
               0 packets skipped\n";
    assert!(text.ends_with(end), "{text}");
    assert!(self::text(&run(&["--all", file.path()])).contains("RTP\n  8 bytes"));
}

#[test]
fn streams() {
    let check = messages::rfc5769_request();
    let frame = [&[0, 108][..], &check].concat();
    let dtls = hex("0003 16fefd");
    let stream = [&frame[..], &dtls, &frame].concat();
    // Out of order, cut inside a prefix, and with a hole of 10 bytes before the last frame.
    let behind = stream.len() as u32 + 10;
    let mut capture = Capture::new();
    capture
        .tcp(1000, &stream[..111])
        .tcp(1150, &stream[150..])
        .tcp(1111, &stream[111..150])
        .tcp(1000 + behind, &frame);
    let units = lines(&run(&["--json", capture.file("streams").path()]));
    let keys = ["kind", "frame", "framing", "stream_offset", "length"];
    assert_eq!(
        table(&units, &keys),
        [
            json!(["stun", 1, "rfc4571", 0, 88]),
            json!(["other", 3, "rfc4571", 110, 3]),
            json!(["stun", 2, "rfc4571", 115, 88]),
            json!(["gap", 4, null, 225, 10]),
            json!(["stun", 4, "rfc4571", 235, 88]),
        ]
    );
    assert!(units.iter().all(|unit| unit["transport"] == "tcp"));

    // Bare messages, two in a segment, and half a message at the end.
    let bare = [&check[..], &check, &check[..50]].concat();
    let mut capture = Capture::new();
    capture.tcp(0, &bare);
    let units = lines(&run(&["--json", capture.file("bare").path()]));
    assert_eq!(
        table(&units, &["kind", "framing", "stream_offset"]),
        [
            json!(["stun", "none", 0]),
            json!(["stun", "none", 108]),
            json!(["error", null, 216]),
        ]
    );
}

#[test]
fn realms_are_remembered() {
    // A success response names no realm; its key is that of the challenge before it.
    let challenge = hex("0113000c 2112a442 b7e7a701bc34d686fa87dfae 00140005 7265616c6d000000");
    let mut answer = Vec::new();
    let id = stunwire::TransactionId::new(*b"abcdefghijkl");
    let header = stunwire::Header::success(stunwire::Method::ALLOCATE, id);
    let key = stunwire::Key::long_term("user", "realm", "pass");
    stunwire::MessageWriter::new(&mut answer, header)
        .and_then(|message| message.integrity(&key)?.finish().map(drop))
        .unwrap();
    let mut capture = Capture::new();
    capture.udp(SERVER, CLIENT, &challenge);
    capture.udp(SERVER, CLIENT, &answer);
    let file = capture.file("realms");
    let arguments = [
        "--json",
        "--user",
        "user",
        "--password",
        "pass",
        file.path(),
    ];
    let units = lines(&run(&arguments));
    assert_eq!(units[0]["integrity"], "absent");
    assert_eq!(units[1]["integrity"], "valid");
}

#[test]
fn captures_that_end_early_or_are_damaged() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    let whole = capture.bytes.len();
    capture.bytes.truncate(whole - 1);
    let cut = run(&["--json", capture.file("cut").path()]);
    assert!(cut.status.success());
    assert_eq!(String::from_utf8_lossy(&cut.stdout).lines().count(), 1);
    let warning = String::from_utf8_lossy(&cut.stderr).into_owned();
    assert!(warning.contains("in the middle of a packet"), "{warning}");
    // Through a pipe it is the same capture.
    let piped = run_with_input(&["--json", "-"], &capture.bytes);
    assert_eq!(piped.stdout, cut.stdout);
}

/// Whoever stops reading is not told so.
#[test]
fn a_reader_that_goes_away() {
    let mut capture = Capture::new();
    for _ in 0..2000 {
        capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    }
    let file = capture.file("pipe");
    let mut child = dissect(&[file.path()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stderr, b"");
}

/// MS-ICE2 that does not say so: the tag under its own rule, or the table of FINGERPRINT, tells.
#[test]
fn a_form_of_ms_ice2_that_is_not_said() {
    use crate::messages::{MS_ICE2_SILENT, MS_ICE2_SILENT_TWIN};
    let key = ["--key", "a password of ICE"];
    for (message, key, dialect, fingerprint, integrity) in [
        (MS_ICE2_SILENT, &[][..], "rfc8489", "valid", "unchecked"),
        (MS_ICE2_SILENT, &key, "ms-ice2-legacy", "valid", "valid"),
        (
            MS_ICE2_SILENT,
            &["--key", "guess"],
            "rfc8489",
            "valid",
            "invalid",
        ),
        (
            MS_ICE2_SILENT_TWIN,
            &[],
            "ms-ice2-legacy",
            "valid-ms-table",
            "unchecked",
        ),
        (
            MS_ICE2_SILENT_TWIN,
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
    let head = [0xFF, 0x10, 0, check.len() as u8 + 8];
    let frame = [&head[..], b"session!", &check].concat();
    let lines = lines(&run(&["--json", "--hex", &digits(&frame)]));
    assert_eq!(lines[0]["kind"], "ms-multiplexed");
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
    let complaint = complaint(&run(&["--user", "a b", "--password", "x", "--base64"]));
    assert!(complaint.contains("--user is not base64"), "{complaint}");
}

/// The longer tag's key has the nonce in it, which only the challenge and requests name.
#[test]
fn ms_turns_longer_tag() {
    use crate::messages::MS_TURN_SHA256;
    let arguments = [
        "--json",
        "--user",
        "AQJ1czplcg==",
        "--password",
        "gHBhc3M=",
        "--base64",
        "--hex",
        MS_TURN_SHA256,
    ];
    let line = &lines(&run(&arguments))[0];
    assert_eq!(
        (&line["dialect"], &line["integrity"]),
        (&json!("ms-turn"), &json!("valid"))
    );
}
