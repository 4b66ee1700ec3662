//! Redirections, RFC 8489 §10.

use std::time::Duration;

use stunwire::attribute::{AlternateDomain, AlternateServer};
use stunwire::auth::{Redirects, UnixTime};
use stunwire::{Code, Header, Key, Message, MessageWriter, Method};

use super::{NOW, id};
use crate::support::address;

fn response(code: Code, servers: &[&str], domain: Option<&str>, key: &Key) -> Vec<u8> {
    let mut bytes = Vec::new();
    let request = Header::request(Method::ALLOCATE, id());
    let mut writer = MessageWriter::error_to(&mut bytes, request, code).unwrap();
    for server in servers {
        writer.attribute(&AlternateServer(address(server))).unwrap();
    }
    if let Some(domain) = domain {
        writer
            .attribute(&AlternateDomain::new(domain).unwrap())
            .unwrap();
    }
    writer.integrity(key).unwrap().finish().unwrap();
    bytes
}

#[test]
fn follows() {
    let key = Key::from_bytes(b"key");
    let (v4, v6) = ("192.0.2.9:3478", "[2001:db8::9]:3478");
    let name = Some("turn.example.org");
    for (code, servers, domain, from, expected) in [
        (300, &[v4, v6][..], None, "192.0.2.1:3478", Some(v4)),
        (300, &[v4, v6], None, "[2001:db8::1]:3478", Some(v6)),
        (300, &[v6], name, "192.0.2.1:3478", Some(v6)),
        (300, &[], None, "192.0.2.1:3478", None),
        (486, &[v4], None, "192.0.2.1:3478", None),
    ] {
        let code = if code == 300 {
            Code::TRY_ALTERNATE
        } else {
            Code::ALLOCATION_QUOTA_REACHED
        };
        let bytes = response(code, servers, domain, &key);
        let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
        let mut redirects = Redirects::<4>::new();
        let redirect = redirects.follow(&verified, address(from), NOW);
        assert_eq!(
            redirect.map(|redirect| redirect.server),
            expected.map(address)
        );
        if let (Some(redirect), Some(name)) = (redirect, domain) {
            assert_eq!(redirect.domain.unwrap().as_bytes(), name.as_bytes());
        }
    }
}

// A server that was asked within the last five minutes is not asked again.
#[test]
fn loops() {
    let key = Key::from_bytes(b"key");
    let (first, second) = (address("192.0.2.1:3478"), address("192.0.2.2:3478"));
    let to_second = response(Code::TRY_ALTERNATE, &["192.0.2.2:3478"], None, &key);
    let to_second = Message::parse(&to_second).unwrap().verify(&key).unwrap();
    let to_first = response(Code::TRY_ALTERNATE, &["192.0.2.1:3478"], None, &key);
    let to_first = Message::parse(&to_first).unwrap().verify(&key).unwrap();
    let mut redirects = Redirects::<2>::new();
    redirects.asked(first, NOW);
    assert!(redirects.follow(&to_second, first, NOW).is_some());
    assert!(redirects.follow(&to_first, second, NOW).is_none());
    let almost = NOW + Duration::from_secs(299);
    assert!(redirects.follow(&to_first, second, almost).is_none());
    let later = NOW + Duration::from_secs(300);
    assert!(redirects.follow(&to_first, second, later).is_some());
    assert!(redirects.follow(&to_first, second, later).is_none());
    // A third server would displace one that was asked within the last five minutes, to which the client could
    // then be sent back.
    let third = response(Code::TRY_ALTERNATE, &["192.0.2.3:3478"], None, &key);
    let third = Message::parse(&third).unwrap().verify(&key).unwrap();
    let mut redirects = Redirects::<2>::new();
    redirects.asked(first, NOW);
    redirects.asked(second, NOW + Duration::from_secs(1));
    let almost = NOW + Duration::from_secs(299);
    assert!(redirects.follow(&third, second, almost).is_none());
    // The server that was asked longest ago is forgotten first.
    let later = NOW + Duration::from_secs(300);
    assert!(redirects.follow(&third, second, later).is_some());
    assert!(redirects.follow(&to_second, first, later).is_none());
    assert!(Redirects::<0>::new().follow(&third, second, NOW).is_none());
}

// However many servers send the client on to each other, it asks each of them once within five minutes.
#[test]
fn rings() {
    let key = Key::from_bytes(b"key");
    let names: Vec<String> = (1..=5).map(|host| format!("192.0.2.{host}:3478")).collect();
    let mut redirects = Redirects::<4>::new();
    let mut asked = vec![address(&names[0])];
    redirects.asked(asked[0], NOW);
    for hop in 1..100 {
        let bytes = response(Code::TRY_ALTERNATE, &[&names[hop % 5]], None, &key);
        let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
        let Some(redirect) = redirects.follow(&verified, address(&names[0]), NOW) else {
            break;
        };
        assert!(!asked.contains(&redirect.server), "hop {hop}");
        asked.push(redirect.server);
    }
    assert_eq!(asked.len(), 4);
}

/// A server that is asked again keeps one entry, so it takes no other's.
#[test]
fn one_entry_for_each_server() {
    let key = Key::from_bytes(b"key");
    let servers = ["192.0.2.7:3478", "192.0.2.8:3478"];
    let second = |number| UnixTime::from_secs(NOW.as_secs() + number);
    let mut redirects = Redirects::<2>::new();
    for (number, server) in [(0, 0), (10, 1), (20, 1)] {
        redirects.asked(address(servers[server]), second(number));
    }
    // After five minutes the first server is forgotten, and the second not yet.
    for (server, now, is_followed) in [
        (servers[0], 30, false),
        (servers[1], 305, false),
        ("192.0.2.9:3478", 30, false),
        ("192.0.2.9:3478", 305, true),
    ] {
        let bytes = response(Code::TRY_ALTERNATE, &[server], None, &key);
        let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
        let redirect = redirects.follow(&verified, address("192.0.2.1:3478"), second(now));
        assert_eq!(redirect.is_some(), is_followed, "{server} after {now} s");
    }
}

/// A dual-stack socket reports IPv4 servers as IPv4-mapped addresses (RFC 4291 §2.5.5.2). ALTERNATE-SERVER has IPv4
/// addresses.
#[test]
fn ipv4_mapped_addresses() {
    let key = Key::from_bytes(b"key");
    let mapped = address("[::ffff:192.0.2.1]:3478");
    // RFC 8489 §10: the first one has the family of the request, which the server has seen as IPv4.
    let both = ["192.0.2.9:3478", "[2001:db8::9]:3478"];
    let bytes = response(Code::TRY_ALTERNATE, &both, None, &key);
    let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let redirect = Redirects::<4>::new().follow(&verified, mapped, NOW);
    assert_eq!(redirect.unwrap().server, address("192.0.2.9:3478"));
    // Back to the server that was asked, in either form.
    for (asked, to) in [
        ("[::ffff:192.0.2.1]:3478", "192.0.2.1:3478"),
        ("192.0.2.1:3478", "[::ffff:192.0.2.1]:3478"),
    ] {
        let bytes = response(Code::TRY_ALTERNATE, &[to], None, &key);
        let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
        let mut redirects = Redirects::<4>::new();
        redirects.asked(address(asked), NOW);
        assert!(
            redirects.follow(&verified, address(asked), NOW).is_none(),
            "{asked} {to}"
        );
    }
    // Another port is another server.
    let other = response(Code::TRY_ALTERNATE, &["192.0.2.1:3479"], None, &key);
    let other = Message::parse(&other).unwrap().verify(&key).unwrap();
    let mut redirects = Redirects::<4>::new();
    redirects.asked(mapped, NOW);
    assert!(redirects.follow(&other, mapped, NOW).is_some());
    // Asked under both forms, it takes one entry.
    let mut redirects = Redirects::<2>::new();
    redirects.asked(mapped, NOW);
    redirects.asked(address("192.0.2.1:3478"), NOW);
    assert!(redirects.follow(&verified, mapped, NOW).is_some());
}
