//! Memory does not grow with the length of a capture.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::scenarios::{Call, address, rtp, server};

/// Bytes of memory that the process may use, including the address space that the allocator reserves.
const LIMIT: u64 = 256 << 20;

/// A capture larger than the memory of the process: 20 clients with a new transaction in every packet pair,
/// and media.
#[test]
fn a_capture_larger_than_memory() {
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {}; exec \"$0\" -", LIMIT >> 10)])
        .arg(env!("CARGO_BIN_EXE_dissect"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut call = Call::new();
    let (mut written, mut transactions) = (0, 0_u32);
    // One header, and then the packets of as many calls as needed.
    let mut skip = 0;
    while written < LIMIT + LIMIT / 4 {
        for client in 0..20 {
            let client = address(&format!("192.0.2.{client}:50000"));
            let id = [&[0; 8][..], &transactions.to_be_bytes()].concat();
            let header = [0x00, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42];
            call.udp(client, server(), &[&header[..], &id].concat());
            let header = [0x01, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42];
            call.udp(server(), client, &[&header[..], &id].concat());
            for number in 0..30 {
                let media = [&rtp(number)[..], &[0; 1000]].concat();
                call.udp(client, address("198.51.100.20:40000"), &media);
            }
            transactions += 1;
        }
        call.wait(1);
        input.write_all(&call.file()[skip..]).unwrap();
        written += (call.file().len() - skip) as u64;
        let now = call.now();
        call = Call::new();
        call.wait(now.as_millis() as u64);
        skip = 24;
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let each = format!("{} requests: {0} answered", transactions / 20);
    assert_eq!(text.matches(&each).count(), 20, "{text}");
}
