//! The command line of the example `turn_server`.

use std::net::IpAddr;
use std::time::Duration;

use stunwire::attribute::{AddressFamily, ChannelRange};

use config::Config;

#[allow(dead_code, reason = "the tests do not use all of it")]
#[path = "../../examples/turn_server/config.rs"]
mod config;

/// Parses the words of a command line.
fn parse(line: &str) -> Result<Config, String> {
    Config::parse(line.split_whitespace().map(str::to_owned))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn without_options_only_loopback_is_used() {
    let config = parse("--user alice:secret").unwrap();
    assert_eq!(config.users, [("alice".to_owned(), "secret".to_owned())]);
    assert_eq!(config.listen, ["127.0.0.1:3478".parse().unwrap()]);
    assert_eq!(config.relay_ip(AddressFamily::IPV4), Some(ip("127.0.0.1")));
    assert_eq!(config.relay_ip(AddressFamily::IPV6), None);
    assert!(config.allows_peer(ip("127.0.0.2")) && config.allows_peer(ip("::1")));
    assert!(!config.allows_peer(ip("192.0.2.1")));
    // An IPv4 address inside IPv6 does not circumvent the check.
    assert!(!config.allows_peer(ip("::ffff:127.0.0.1")));
    assert_eq!(config.realm, "example.org");
    assert_eq!(config.quota, 10);
    assert_eq!(config.nonce_lifetime, Duration::from_secs(600));
    assert_eq!(config.channels(), ChannelRange::RFC8656);
    assert!(!config.sha256 && !config.trace);
}

#[test]
fn every_option_is_read() {
    let config = parse(
        "--user alice:a:b --user bob:c --listen 192.0.2.1:5000 --listen [2001:db8::1]:0 \
         --relay 192.0.2.2 --relay 2001:db8::2 --realm north --sha256 --quota 2 \
         --nonce-lifetime 30 --rfc5766-channels --allow-any-address --allow-any-peer --trace",
    )
    .unwrap();
    // The name ends at the first colon; a password may have colons.
    let users = [("alice", "a:b"), ("bob", "c")];
    assert_eq!(
        config.users,
        users.map(|(name, password)| (name.to_owned(), password.to_owned()))
    );
    let listen = ["192.0.2.1:5000", "[2001:db8::1]:0"];
    assert_eq!(config.listen, listen.map(|text| text.parse().unwrap()));
    assert_eq!(config.relay_ip(AddressFamily::IPV4), Some(ip("192.0.2.2")));
    assert_eq!(
        config.relay_ip(AddressFamily::IPV6),
        Some(ip("2001:db8::2"))
    );
    assert!(config.allows_peer(ip("198.51.100.1")));
    assert_eq!(config.realm, "north");
    assert_eq!(config.quota, 2);
    assert_eq!(config.nonce_lifetime, Duration::from_secs(30));
    assert_eq!(config.channels(), ChannelRange::RFC5766);
    assert!(config.sha256 && config.trace);
}

#[test]
fn mistakes_are_refused_with_a_reason() {
    for (line, reason) in [
        ("", "usage: "),
        ("--sha256", "usage: "),
        ("--user alice:secret now", "unknown option now"),
        ("--user alice:secret --sha-256", "unknown option --sha-256"),
        ("--user", "--user needs a value"),
        ("--user --sha256", "--user needs a value"),
        ("--user alice", "--user needs NAME:PASSWORD"),
        ("--user :secret", "--user needs NAME:PASSWORD"),
        // As with `--user alice:$PASSWORD` and no such variable.
        ("--user alice:", "--user needs NAME:PASSWORD"),
        (
            "--user a:b --user a:c",
            "each --user needs a NAME of its own",
        ),
        ("--user a:b --realm", "--realm needs a value"),
        ("--user a:b --listen 127.0.0.1", "--listen 127.0.0.1: "),
        (
            "--user a:b --relay 127.0.0.1:5000",
            "--relay 127.0.0.1:5000: ",
        ),
        ("--user a:b --quota many", "--quota many: "),
        ("--user a:b --nonce-lifetime -1", "--nonce-lifetime -1: "),
        // Every nonce would be stale.
        ("--user a:b --nonce-lifetime 0", "--nonce-lifetime 0: "),
        (
            "--user a:b --listen 192.0.2.1:3478",
            "192.0.2.1 is not loopback",
        ),
        ("--user a:b --relay 192.0.2.1", "192.0.2.1 is not loopback"),
        (
            "--user a:b --listen 0.0.0.0:3478",
            "0.0.0.0 is not loopback",
        ),
        // Clients would tell their peers that they have the address 0.0.0.0.
        (
            "--user a:b --allow-any-address --listen 0.0.0.0:3478",
            "0.0.0.0 is not an address of a relay",
        ),
        (
            "--user a:b --allow-any-address --listen [::]:3478",
            ":: is not an address of a relay",
        ),
        (
            "--user a:b --allow-any-address --relay 0.0.0.0",
            "0.0.0.0 is not an address of a relay",
        ),
        (
            "--user a:b --relay 127.0.0.1 --relay 127.0.0.2",
            "--relay 127.0.0.2: ",
        ),
    ] {
        match parse(line) {
            Ok(_) => panic!("{line:?} was accepted"),
            Err(error) => assert!(error.starts_with(reason), "{line:?}: {error}"),
        }
    }
}

#[test]
fn a_server_on_every_address_relays_on_one() {
    let config = parse(
        "--user a:b --allow-any-address --listen 0.0.0.0:3478 --listen [::]:3478 --relay 192.0.2.1",
    )
    .unwrap();
    assert_eq!(config.relay_ip(AddressFamily::IPV4), Some(ip("192.0.2.1")));
    assert_eq!(config.relay_ip(AddressFamily::IPV6), None);
}
