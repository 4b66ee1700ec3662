//! Inputs and exit codes.

use std::io::Write as _;
use std::process::Stdio;

use flate2::write::GzEncoder;
use serde_json::json;

use crate::messages;
use crate::support::{
    CLIENT, Capture, File, SERVER, complaint, dissect, ipv4, lines, of_kind, records, run,
    run_with_input, table, text, udp,
};

#[test]
fn wrong_usage_exits_with_2() {
    let bad = complaint(&run(&["--hex", "00 01 0g"]), 2);
    assert!(bad.contains("line 1, column 8: 'g'"), "{bad}");
    assert!(complaint(&run(&["--hex", ""]), 2).contains("nothing"));
    assert!(complaint(&run(&["--user", "alone"]), 2).contains("--password"));
    assert!(complaint(&run(&["--dialect", "klingon"]), 2).contains("no dialect"));
    assert!(complaint(&run(&["--no-such-option"]), 2).contains("--no-such-option"));
}

/// Files that are not captures are errors that say what to do, and other files are read all the same.
#[test]
fn unreadable_files_exit_with_1() {
    assert!(complaint(&run(&["no/such/file"]), 1).contains("no/such/file"));
    let bad = complaint(&run_with_input(&["-"], b"00 01\n000\n"), 1);
    assert!(bad.contains("line 2, column 3"), "{bad}");
    let gzip = gzip(b"just text");
    for (bytes, expected) in [
        (&b"just text\n"[..], "not a capture"),
        (b"", "nothing to decode"),
        (b"\xFF\xFE\xFD and so on, without an end", "not a capture"),
        (&gzip, "not a capture"),
        (b"snoop\0\0\0\0\0\0\x02\0\0\0\x04", "editcap"),
        (b"\x28\xB5\x2F\xFD\x04\x00", "zstd"),
        (&[0; 5 * 1024 * 1024], "not a capture"),
    ] {
        let file = File::new("file", bytes);
        let message = complaint(&run(&[file.path()]), 1);
        assert!(message.contains(expected), "{message}");
        assert!(message.contains(file.path()), "{message}");
        assert!(!message.contains("cookie"), "{message}");
    }
    let good = one_check().file();
    let output = run(&["--json", "no/such/file", good.path()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(of_kind(&output, "packet").len(), 1);
}

fn one_check() -> Capture {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    capture
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_captures() {
    let capture = one_check();
    let plain = records(&capture);
    let compressed = gzip(&capture.bytes);
    let file = File::new("capture.gz", &compressed);
    let mut records = lines(&run(&["--json", file.path()]));
    records[0]["file"] = plain[0]["file"].clone();
    assert_eq!(records, plain);
    let read = run_with_input(&["--json", "-"], &compressed);
    assert_eq!(lines(&read)[0]["frame"], 1);
}

/// The packets before the end of a compressed file that is not complete are decoded.
#[test]
fn compressed_captures_that_end_early() {
    let mut capture = one_check();
    capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    // Without compression the missing bytes are the trailer of 8 bytes and the end of the last packet.
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&capture.bytes).unwrap();
    let compressed = encoder.finish().unwrap();
    let file = File::new("truncated.gz", &compressed[..compressed.len() - 20]);
    let output = run(&[file.path()]);
    let message = complaint(&output, 1);
    assert!(message.contains("cannot be read to its end"), "{message}");
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.contains("1 request: 0 answered"), "{summary}");
    assert!(summary.contains("\n1 packet: 1 STUN message,"), "{summary}");
    let output = run(&["--json", file.path()]);
    complaint(&output, 1);
    assert_eq!(of_kind(&output, "packet").len(), 1);
    assert_eq!(of_kind(&output, "flow").len(), 1);
}

/// The records of files that are read in parallel are in the order of the files.
#[test]
fn several_files_and_folders() {
    let (one, mut two) = (one_check(), one_check());
    for _ in 0..3000 {
        two.udp(CLIENT, SERVER, &messages::rfc5769_request());
    }
    let folder = File::folder(&[
        ("b.pcap", &one.bytes),
        ("a.pcap", &two.bytes),
        ("notes.txt", b"not a capture"),
        ("deeper/c.pcap.gz", &gzip(&one.bytes)),
    ]);
    let file = one.file();
    let output = run(&["--json", "--jobs", "3", file.path(), folder.path()]);
    assert_eq!(output.status.code(), Some(0));
    let remark = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(
        remark.contains("notes.txt: not a capture, ignored"),
        "{remark}"
    );
    let mut files: Vec<String> = of_kind(&output, "packet")
        .iter()
        .map(|record| record["file"].as_str().unwrap().replace(folder.path(), ""))
        .collect();
    assert_eq!(files.len(), 1 + 3001 + 1 + 1);
    files.dedup();
    assert_eq!(
        files,
        [file.path(), "/a.pcap", "/b.pcap", "/deeper/c.pcap.gz"]
    );
}

#[test]
fn a_folder_without_files() {
    let folder = File::folder(&[("deeper/notes.txt", b"not a capture")]);
    std::fs::remove_file(format!("{}/deeper/notes.txt", folder.path())).unwrap();
    let file = one_check().file();
    let output = run(&["--json", folder.path(), file.path()]);
    assert_eq!(
        complaint(&output, 0),
        format!(
            "dissect: {}: there are no files in this folder\n",
            folder.path()
        )
    );
    assert_eq!(of_kind(&output, "packet").len(), 1);
}

/// An option that would have no effect is refused.
#[test]
fn options_that_exclude_each_other() {
    let file = one_check().file();
    let target = File::missing("never");
    for (arguments, named) in [
        (
            &["--anonymize", target.path(), "--packets"][..],
            "--packets",
        ),
        (&["--anonymize", target.path(), "--ladder"], "--ladder"),
        (
            &["--anonymize", target.path(), "--svg", "never.svg"],
            "--svg",
        ),
        (
            &["--anonymize", target.path(), "--dialect", "ms-turn"],
            "--dialect",
        ),
        (&["--anonymize", target.path(), "--key", "a"], "--key"),
        (
            &["--anonymize", target.path(), "--credentials", "a"],
            "--credentials",
        ),
    ] {
        let error = complaint(&run(&[&[file.path()], arguments].concat()), 2);
        assert!(error.contains(named), "{error}");
        assert!(!std::path::Path::new(target.path()).exists());
    }
    // A message has no ladder diagram. That a file is one is known when it is read.
    let single = File::new("message", &messages::rfc5769_request());
    let output = run(&[single.path(), "--svg", target.path()]);
    let remark = "a single message has no ladder diagram";
    assert!(complaint(&output, 0).contains(remark));
    assert!(complaint(&run(&[single.path(), "--ladder"]), 0).contains(remark));
    let message = "000100002112a442b7e7a701bc34d686fa87dfae";
    for option in ["--ladder", "--svg=never.svg"] {
        complaint(&run(&["--hex", message, option]), 2);
        assert!(complaint(&run(&[option]), 2).contains("FILE"));
    }
}

/// A packet as support documents print it, with an Ethernet header and without.
#[test]
fn hexadecimal_dumps() {
    let ip = udp(CLIENT, SERVER, &messages::rfc5769_request());
    let frame = [&[0xEE; 12][..], &[0x08, 0x00], &ip].concat();
    for packet in [&ip, &frame] {
        let mut text = String::from("A comment.\n");
        for (row, bytes) in packet.chunks(16).enumerate() {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            text += &format!(
                "{:04x}   {:<48}  abcd.efgh..abcd\n",
                16 * row,
                bytes.join(" ")
            );
        }
        let twice = text.clone() + &text;
        let file = File::new("dump.txt", twice.as_bytes());
        let records = lines(&run(&["--json", file.path()]));
        assert_eq!(
            table(
                &records,
                &["frame", "source", "source_port", "method", "fingerprint"]
            ),
            [
                json!([1, "192.0.2.1", 40000, "Binding", "valid"]),
                json!([2, "192.0.2.1", 40000, "Binding", "valid"]),
            ]
        );
        // A dump has no times.
        assert!(records[0]["time"].is_null());
    }
    // The message alone.
    let mut text = String::new();
    for (row, bytes) in messages::rfc5769_request().chunks(16).enumerate() {
        let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("{:04x}  {}\n", 16 * row, bytes.join(" "));
    }
    let read = lines(&run_with_input(&["--json", "-"], text.as_bytes()));
    assert_eq!(read[0]["fingerprint"], "valid");
}

/// The link types and tunnels, built from their specifications: headers before an IPv4 packet.
#[test]
fn link_types_and_tunnels() {
    let inner = udp(CLIENT, SERVER, &messages::rfc5769_request());
    let ethernet = |ether_type: [u8; 2], rest: &[u8]| [&[0xEE; 12][..], &ether_type, rest].concat();
    let framed = ethernet([0x08, 0x00], &inner);
    let around = |header: &[u8], packet: &[u8]| [header, packet].concat();
    let tunnel_udp = |port: u16, packet: &[u8]| {
        let length = ((8 + packet.len()) as u16).to_be_bytes();
        let header = [&[0xC0, 0x00][..], &port.to_be_bytes(), &length, &[0, 0]].concat();
        ipv4(17, true, &around(&header, packet))
    };
    let snap = around(&[0xAA, 0xAA, 3, 0, 0, 0, 8, 0], &inner);
    let qos = around(&[&[0x88, 0x01][..], &[0; 24]].concat(), &snap);
    let padded_qos = around(&[&[0x88, 0x01][..], &[0; 24], &[0, 0]].concat(), &snap);
    let cases = [
        (
            "PPPoE",
            1,
            ethernet(
                [0x88, 0x64],
                &around(&[0x11, 0, 0, 1, 0, 0, 0, 0x21], &inner),
            ),
        ),
        (
            "MPLS",
            1,
            ethernet([0x88, 0x47], &around(&[0, 1, 0, 64, 0, 2, 1, 64], &inner)),
        ),
        (
            "two VLAN tags",
            1,
            ethernet([0x88, 0xA8], &around(&[0, 7, 0x81, 0, 0, 8, 8, 0], &inner)),
        ),
        (
            "Ethernet pseudowire",
            1,
            ethernet([0x88, 0x47], &around(&[0, 1, 1, 64, 0, 0, 0, 0], &framed)),
        ),
        ("GRE", 101, ipv4(47, true, &around(&[0, 0, 8, 0], &inner))),
        (
            "GRE with key and checksum",
            101,
            ipv4(
                47,
                true,
                &around(&[0xA0, 0, 8, 0, 1, 1, 1, 1, 2, 2, 2, 2], &inner),
            ),
        ),
        (
            "GRE with Ethernet",
            101,
            ipv4(47, true, &around(&[0, 0, 0x65, 0x58], &framed)),
        ),
        ("IP in IP", 101, ipv4(4, true, &inner)),
        (
            "VXLAN",
            101,
            tunnel_udp(4789, &around(&[8, 0, 0, 0, 0, 0, 7, 0], &framed)),
        ),
        (
            "Geneve",
            101,
            tunnel_udp(6081, &around(&[0, 0, 0x65, 0x58, 0, 0, 7, 0], &framed)),
        ),
        (
            "GTP-U",
            101,
            tunnel_udp(2152, &around(&[0x30, 0xFF, 0, 0, 0, 0, 0, 1], &inner)),
        ),
        ("PPP", 9, around(&[0xFF, 3, 0, 0x21], &inner)),
        ("Cisco HDLC", 104, around(&[0x0F, 0, 8, 0], &inner)),
        (
            "802.3 with SNAP",
            1,
            around(&[&[0xEE; 12][..], &[0, 144]].concat(), &snap),
        ),
        ("802.11", 105, qos.clone()),
        ("radiotap", 127, around(&[0, 0, 8, 0, 0, 0, 0, 0], &qos)),
        (
            "radiotap with timestamp, flags and padding",
            127,
            around(
                &[&[0, 0, 17, 0, 3, 0, 0, 0][..], &[0; 8], &[0x20]].concat(),
                &padded_qos,
            ),
        ),
    ];
    for (name, link, packet) in cases {
        let mut capture = Capture::of_link(link);
        capture.raw(&packet);
        let records = records(&capture);
        assert_eq!(
            table(
                &records,
                &["source_port", "destination_port", "fingerprint"]
            ),
            [json!([CLIENT, SERVER, "valid"])],
            "{name}"
        );
    }
}

/// The port of a tunnel does not prove a tunnel.
#[test]
fn stun_on_the_port_of_a_tunnel() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, 4789, &messages::rfc5769_request());
    assert_eq!(records(&capture)[0]["destination_port"], 4789);
}

/// RFC 792: type, code, 4 bytes, then the packet as far as it is quoted.
#[test]
fn stun_in_icmp_errors() {
    let check = udp(CLIENT, SERVER, &messages::rfc5769_request());
    let error = |kind: u8, code: u8, quote: &[u8]| {
        ipv4(1, false, &[&[kind, code, 0, 0, 0, 0, 0, 0], quote].concat())
    };
    let mut capture = Capture::new();
    capture
        .raw(&check)
        .raw(&error(3, 3, &check))
        .raw(&error(11, 0, &check[..28 + 40]))
        .raw(&error(3, 1, &check[..28]))
        // An echo is not an error.
        .raw(&error(8, 0, &check));
    let records = records(&capture);
    let icmp = |record: &serde_json::Value| record["icmp"]["text"].clone();
    assert_eq!(
        table(
            &records,
            &[
                "content",
                "frame",
                "source",
                "destination_port",
                "transaction_id"
            ]
        ),
        [
            json!([
                "stun",
                1,
                "192.0.2.1",
                3478,
                "2112a442b7e7a701bc34d686fa87dfae"
            ]),
            json!([
                "stun",
                2,
                "192.0.2.1",
                3478,
                "2112a442b7e7a701bc34d686fa87dfae"
            ]),
            json!([
                "truncated",
                3,
                "192.0.2.1",
                3478,
                "2112a442b7e7a701bc34d686fa87dfae"
            ]),
            json!(["other", 4, "192.0.2.1", 3478, null]),
        ]
    );
    assert_eq!(
        records.iter().map(icmp).collect::<Vec<_>>(),
        [
            json!(null),
            json!("port unreachable"),
            json!("hop limit exceeded"),
            json!("host unreachable"),
        ]
    );
    assert_eq!(records[1]["icmp"]["reporter"], "192.0.2.2");
    let text = text(&run(&["--packets", capture.file().path()]));
    assert!(
        text.contains("quoted in an ICMP error of 192.0.2.2: port unreachable"),
        "{text}"
    );
}

#[test]
fn captures_that_end_early_or_are_damaged() {
    let mut capture = Capture::new();
    capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    let whole = capture.bytes.len();
    capture.bytes.truncate(whole - 1);
    let truncated = run(&["--json", capture.file().path()]);
    assert!(truncated.status.success());
    assert_eq!(of_kind(&truncated, "packet").len(), 1);
    let warning = String::from_utf8_lossy(&truncated.stderr).into_owned();
    assert!(warning.contains("in the middle of a packet"), "{warning}");
    // Through a pipe it is the same capture.
    let piped = run_with_input(&["--json", "-"], &capture.bytes);
    assert_eq!(of_kind(&piped, "packet").len(), 1);
}

/// If the reader of the output stops reading, no error is printed.
#[test]
fn a_reader_that_closes_the_output() {
    let mut capture = Capture::new();
    for _ in 0..2000 {
        capture.udp(CLIENT, SERVER, &messages::rfc5769_request());
    }
    let file = capture.file();
    let mut child = dissect(&["--packets", file.path()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stderr, b"");
}

/// If the reader of the errors stops reading, the exit code stays the same.
#[test]
fn a_reader_that_closes_the_errors() {
    let file = one_check().file();
    for (arguments, code) in [
        (&["no/such/file"][..], 1),
        (&["no/such/file", file.path()], 1),
        (&["--hex", "0"], 2),
    ] {
        let mut child = dissect(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(code));
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
