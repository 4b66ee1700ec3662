//! Calls without a fault, and at least one call for each rule.

mod ice;
mod login;
mod relay;
mod servers;
mod sound;

use std::net::SocketAddr;

use stunwire::attribute::{
    ChannelNumber, ConnectionId, Lifetime, Nonce, Realm, RequestedTransport, Username,
    XorMappedAddress, XorPeerAddress, XorRelayedAddress,
};
use stunwire::{Header, Method};

use super::*;
pub use ice::*;
pub use login::*;
pub use relay::*;
pub use servers::*;
pub use sound::*;

/// A call without a fault.
pub struct Sound {
    pub name: &'static str,
    pub call: fn() -> Call,
}

/// A call with a fault.
pub struct Fault {
    /// The rule that must find it.
    pub rule: &'static str,
    /// Words that the finding must contain.
    pub words: &'static [&'static str],
    pub call: fn() -> Call,
}

const fn without_fault(name: &'static str, call: fn() -> Call) -> Sound {
    Sound { name, call }
}

const fn fault(rule: &'static str, words: &'static [&'static str], call: fn() -> Call) -> Fault {
    Fault { rule, words, call }
}

#[rustfmt::skip]
pub const SOUND: &[Sound] = &[
    without_fault("TURN over UDP with a channel", turn_udp),
    without_fault("TURN over TCP", turn_tcp),
    without_fault("Send and Data indications", indications),
    without_fault("refreshed for 20 minutes", refreshed),
    without_fault("a nonce that becomes stale", stale_once),
    without_fault("a password that is corrected", corrected),
    without_fault("a peer that is forbidden, and one that is not", partly_forbidden),
    without_fault("two interfaces, one without a way to the server", two_interfaces),
    without_fault("a capture that begins in the middle", begins_late),
    without_fault("a capture that ends in the middle", ends_early),
    without_fault("a direct pair", direct),
    without_fault("host candidates that fail beside a pair that works", one_of_three),
    without_fault("an agent that is lite", lite),
    without_fault("a role conflict that is resolved", conflict_resolved),
    without_fault("ICE through a relay", ice_through_relay),
    without_fault("a peer's connection through the relay", rfc6062),
    without_fault("an outgoing connection through the relay", rfc6062_connect),
    without_fault("STUN server and nothing else", binding),
    without_fault("STUN over UDP with retransmissions", some_loss),
];

#[rustfmt::skip]
pub const FAULTS: &[Fault] = &[
    fault("server-silent", &["203.0.113.1:3478 does not answer 192.0.2.10 over UDP (7 transmissions in 31.5 s)", "firewall"], silent),
    fault("server-silent", &["accepts TCP but answers no STUN"], silent_tcp),
    fault("server-unreachable", &["203.0.113.1 reports \"port unreachable\"", "twice"], port_unreachable),
    fault("tcp-refused", &["203.0.113.1:3478 refuses the TCP connection"], tcp_refused),
    fault("tcp-no-answer", &["does not answer the SYN", "three times", "port 3478"], tcp_no_answer),
    fault("udp-blocked", &["over TCP (port 3478) but not over UDP"], udp_blocked),
    fault("packet-loss", &["Of 30 requests", "10 had no response"], lossy),
    fault("slow-responses", &["longer than 800 ms"], slow),
    fault("credentials-refused", &["Allocate", "401 three times with new nonces", "wrong for user \"alice\" in realm \"example.org\""], wrong_password),
    fault("credentials-refused", &["signed for realm \"other.example\""], wrong_realm),
    fault("credentials-expired", &["expired 16 min 40 s before"], expired_credentials),
    fault("integrity-check-failure", &["431 (Integrity Check Failure) twice", "password"], integrity_failure),
    fault("challenge-unanswered", &["did not try again with credentials"], no_credentials),
    fault("challenge-unanswered", &["even for Binding"], binding_challenged),
    fault("stale-nonce-loop", &["438 (Stale Nonce) 4 times in a row"], stale_loop),
    fault("stale-nonce-ignored", &["answered CreatePermission with 438"], stale_ignored),
    fault("wrong-credentials", &["441 (Wrong Credentials)", "user \"bob\""], other_user),
    fault("bid-down", &["PASSWORD-ALGORITHMS"], bid_down),
    fault("unsigned-response", &["without MESSAGE-INTEGRITY"], unsigned),
    fault("fingerprint-invalid", &["1 message", "changed on the way"], bad_fingerprint),
    fault("address-rewritten", &["192.0.2.10:50000 in MAPPED-ADDRESS", "198.51.100.7:6000 in XOR-MAPPED-ADDRESS"], rewritten),
    fault("allocation-mismatch", &["437 (Allocation Mismatch)", "an earlier allocation"], mismatch),
    fault("allocation-lost", &["restarted"], lost),
    fault("allocation-refused", &["442", "RFC 6062"], unsupported),
    fault("quota-reached", &["486", "\"alice\" has as many"], quota),
    fault("server-full", &["508"], full),
    fault("redirect-ignored", &["redirects 192.0.2.10:50000 to 203.0.113.2:3478"], redirect),
    fault("relayed-address-private", &["10.0.0.5:49152", "external address"], private_relay),
    fault("peer-forbidden", &["403 (Forbidden)"], forbidden),
    fault("wildcard-permission", &["a permission for 0.0.0.0"], wildcard),
    fault("lifetime-expired", &["ran out 29.2 s before the client stopped sending", "it sent no Refresh"], lifetime_expired),
    fault("permission-missing", &["peer 198.51.100.20:40000", "without a permission", "0 bytes came back"], permission_missing),
    fault("permission-expired", &["198.51.100.20", "300 s"], permission_expired),
    fault("channel-unbound", &["channel 0x4001", "never bound in this capture"], channel_unbound),
    fault("channel-unbound", &["no ChannelBind succeeded"], channel_refused),
    fault("channel-expired", &["0x4000", "600 s"], channel_expired),
    fault("relay-one-way", &["nothing came back", "198.51.100.20:40000"], relay_one_way),
    fault("peer-unreachable", &["ICMP error (type 3, code 3)"], peer_icmp),
    fault("control-connection-lost", &["203.0.113.1:3478 reset the TCP connection"], connection_lost),
    fault("connection-bind-missing", &["never sent ConnectionBind", "198.51.100.20:40000"], bind_missing),
    fault("connection-bind-late", &["came 31 s after the offer"], bind_late),
    fault("connection-bind-refused", &["with 400"], bind_refused),
    fault("connect-failed", &["447", "refused the connection"], connect_failed),
    fault("connection-attempt-missing", &["no ConnectionAttempt came"], no_attempt),
    fault("ice-failed", &["None of 2 candidate pairs between one1 and oth2"], ice_failed),
    fault("ice-one-way", &["Checks from 198.51.100.20:40000 to 192.0.2.10:50000 are never answered", "the checks of 192.0.2.10:50000 to 198.51.100.20:40000 are"], ice_one_way),
    fault("tcp-pair-incomplete", &["sent no check itself", "not valid: no Binding request from 203.0.113.1:3478"], tcp_pair_incomplete),
    fault("ice-credentials", &["401", "user name fragment or password"], ice_credentials),
    fault("ice-role-conflict", &["both send ICE-CONTROLLING", "in spite of 487"], role_conflict),
    fault("ice-not-nominated", &["no check with USE-CANDIDATE was sent"], not_nominated),
    fault("ice-unsigned-response", &["without MESSAGE-INTEGRITY"], ice_unsigned),
    fault("consent-lost", &["198.51.100.20:40000 stopped answering", "10 checks"], consent_lost),
    fault("dtls-unanswered", &["DTLS handshake", "without an answer"], dtls_unanswered),
    fault("media-one-way", &["sends RTP", "neither RTP nor RTCP comes back"], media_one_way),
    fault("symmetric-nat", &["appears as 198.51.100.7:6000", "as 198.51.100.7:6001"], symmetric_nat),
];

/// Calls without a fault that begin with one, so their first part alone has a finding.
pub const MENDED: &[&str] = &["a password that is corrected"];

/// Rules that need credentials on the command line, with separate tests.
pub const WITH_CREDENTIALS: &[&str] = &["integrity-mismatch"];

/// Other rules that also apply to the call of a rule.
pub const COMPANIONS: &[(&str, &str)] = &[
    // A NAT of this kind matters only where no pair works.
    ("symmetric-nat", "ice-failed"),
];
