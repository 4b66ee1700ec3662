//! Memory does not grow with the length of a capture.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use stunwire::attribute::{EncodeAttribute, Software};
use stunwire::{Header, Method, TransactionId};

use crate::scenarios::{Call, address, message, rtp, server};

/// Runs the program with a capture larger than its memory on standard input: `packets` adds a part of it.
/// `limit` is in MiB, and includes the address space that the allocator reserves for each thread.
fn run_with_limit(limit: u64, arguments: &str, mut packets: impl FnMut(&mut Call)) -> Output {
    let mut child = Command::new("sh")
        .args(["-c"])
        .arg(format!(
            "ulimit -v {}; exec \"$0\" {arguments}",
            limit << 10
        ))
        .arg(env!("CARGO_BIN_EXE_dissect"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut call = Call::new();
    while call.taken() < (limit + limit / 4) << 20 {
        packets(&mut call);
        if input.write_all(&call.take()).is_err() {
            // The program has ended, and its output says why.
            break;
        }
    }
    drop(input);
    child.wait_with_output().unwrap()
}

/// 20 clients with a new transaction in every packet pair, and media.
#[test]
fn a_capture_larger_than_memory() {
    let mut transactions = 0_u32;
    let output = run_with_limit(256, "-", |call| {
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
    });
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let each = format!("{} requests: {0} answered", transactions / 20);
    assert_eq!(text.matches(&each).count(), 20, "{text}");
}

/// Messages over TCP, each in two segments between those of other clients, and one that never ends.
#[test]
fn an_anonymized_copy_larger_than_memory() {
    let id = TransactionId::new([0x5A; 12]);
    let text = "s".repeat(124);
    let software = Software::new(&text).unwrap();
    let attributes: [&dyn EncodeAttribute; 10] = [&software; 10];
    let request = message(Header::request(Method::BINDING, id), &attributes, None);
    let (first, second) = request.split_at(request.len() / 2);
    let clients: Vec<_> = (0..20)
        .map(|client| address(&format!("192.0.2.{client}:50000")))
        .collect();
    let output = run_with_limit(96, "/dev/stdin --anonymize /dev/null", |call| {
        if call.now().is_zero() {
            call.tcp(address("192.0.2.99:50000"), server(), first);
        }
        for part in [first, second] {
            for client in &clients {
                call.tcp(*client, server(), part);
            }
        }
        call.wait(1);
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(errors, "");
}
