//! Calls without a fault, and at least one call for each rule.

use std::net::Ipv4Addr;

use stunwire::SecurityFeatures;
use stunwire::attribute::{AlternateServer, Icmp, MappedAddress, Software};

use super::*;

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

const fn sound(name: &'static str, call: fn() -> Call) -> Sound {
    Sound { name, call }
}

const fn fault(rule: &'static str, words: &'static [&'static str], call: fn() -> Call) -> Fault {
    Fault { rule, words, call }
}

#[rustfmt::skip]
pub const SOUND: &[Sound] = &[
    sound("TURN over UDP with a channel", turn_udp),
    sound("TURN over TCP", turn_tcp),
    sound("Send and Data indications", indications),
    sound("refreshed for 20 minutes", refreshed),
    sound("a nonce that becomes stale", stale_once),
    sound("a password that is corrected", corrected),
    sound("a peer that is forbidden, and one that is not", partly_forbidden),
    sound("two interfaces, one without a way to the server", two_interfaces),
    sound("a capture that begins in the middle", begins_late),
    sound("a capture that ends in the middle", ends_early),
    sound("a direct pair", direct),
    sound("host candidates that fail beside a pair that works", one_of_three),
    sound("an agent that is lite", lite),
    sound("a role conflict that is resolved", conflict_resolved),
    sound("ICE through a relay", ice_through_relay),
    sound("a peer's connection through the relay", rfc6062),
    sound("an outgoing connection through the relay", rfc6062_connect),
    sound("STUN server and nothing else", binding),
    sound("STUN over UDP with retransmissions", some_loss),
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

/// A call over UDP with media on a channel.
fn relayed_call() -> (Call, Turn) {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 50);
    (call, turn)
}

pub fn turn_udp() -> Call {
    let (mut call, turn) = relayed_call();
    turn.refresh(&mut call, 0);
    call
}

fn turn_tcp() -> Call {
    let mut call = Call::new();
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 20);
    turn.refresh(&mut call, 0);
    call.fin(turn.client, turn.server);
    call.wait(10).fin(turn.server, turn.client);
    call
}

fn indications() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    for number in 0..20 {
        turn.send(&mut call, peer(), &rtp(number));
        turn.data(&mut call, peer(), &rtp(number));
        call.wait(20);
    }
    call
}

fn refreshed() -> Call {
    let (mut call, turn) = relayed_call();
    for _ in 0..5 {
        call.wait(240_000);
        turn.refresh(&mut call, 600);
        turn.bind(&mut call, 0x4000, peer());
        turn.media(&mut call, 0x4000, 5);
    }
    turn.refresh(&mut call, 0);
    call
}

pub fn stale_once() -> Call {
    let (mut call, mut turn) = relayed_call();
    call.wait(200_000);
    turn.nonce = "nonce 2".to_owned();
    turn.refused(
        &mut call,
        Method::REFRESH,
        &[&Lifetime::from_secs(600)],
        438,
    );
    turn.refresh(&mut call, 600);
    turn.media(&mut call, 0x4000, 5);
    turn.refresh(&mut call, 0);
    call.idle(10_000);
    call
}

fn corrected() -> Call {
    let mut call = Call::new();
    let mut turn = Turn::udp();
    turn.challenge(&mut call);
    turn.nonce = "nonce 2".to_owned();
    turn.refused(&mut call, Method::ALLOCATE, &[&turn.transport()], 401);
    call.wait(5_000);
    turn.allocate_again(&mut call, &turn.transport(), relayed());
    call.idle(10_000);
    call
}

fn partly_forbidden() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    let private = XorPeerAddress(address("192.168.1.5:5000"));
    turn.refused(&mut call, Method::CREATE_PERMISSION, &[&private], 403);
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 20);
    call
}

fn two_interfaces() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp().from(address("10.8.0.2:50000"));
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    call.wait(500);
    let packet = message(
        Header::request(Method::ALLOCATE, id),
        &[&turn.transport()],
        None,
    );
    call.udp(turn.client, turn.server, &packet).wait(1000);
    call.udp(turn.client, turn.server, &packet).wait(2000);
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 20);
    call.idle(10_000);
    call
}

fn begins_late() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.media(&mut call, 0x4000, 20);
    for number in 0..5 {
        turn.send(&mut call, peer(), &rtp(number));
    }
    turn.refresh(&mut call, 600);
    turn.media(&mut call, 0x4000, 20);
    call
}

fn ends_early() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    let _ = id;
    unanswered_checks(&mut call, one(), other(), 1);
    call
}

/// A pair that works, with checks in both directions and nomination.
fn connected() -> Call {
    let mut call = Call::new();
    checked(&mut call, one(), other(), false);
    checked(&mut call, other(), one(), false);
    checked(&mut call, one(), other(), true);
    call
}

fn direct() -> Call {
    let mut call = connected();
    for round in 0..20 {
        for number in 0..50 {
            call.udp(client(), peer(), &rtp(number));
            call.udp(peer(), client(), &rtp(number)).wait(20);
        }
        checked(&mut call, one(), other(), round % 2 == 0);
        checked(&mut call, other(), one(), false);
    }
    call
}

fn one_of_three() -> Call {
    let mut call = Call::new();
    for port in ["192.168.7.7:40000", "10.1.1.1:40000"] {
        let unreachable = Agent {
            address: address(port),
            ..other()
        };
        unanswered_checks(&mut call, one(), unreachable, 4);
    }
    checked(&mut call, one(), other(), false);
    checked(&mut call, other(), one(), false);
    checked(&mut call, one(), other(), true);
    call.rtp(client(), peer(), 20).rtp(peer(), client(), 20);
    call.idle(20_000);
    call
}

fn lite() -> Call {
    let mut call = Call::new();
    for _ in 0..12 {
        checked(&mut call, one(), other(), true);
        call.rtp(client(), peer(), 20).rtp(peer(), client(), 20);
        call.wait(2_000);
    }
    call
}

fn conflict_resolved() -> Call {
    let mut call = Call::new();
    let wrong = Agent {
        is_controlling: true,
        ..other()
    };
    let id = call.id();
    call.udp(peer(), client(), &check(wrong, one(), id, false))
        .wait(20);
    call.udp(client(), peer(), &refusal(id, 487)).wait(20);
    checked(&mut call, other(), one(), false);
    checked(&mut call, one(), other(), false);
    checked(&mut call, one(), other(), true);
    call.rtp(client(), peer(), 20).rtp(peer(), client(), 20);
    call.idle(20_000);
    call
}

fn ice_through_relay() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    let local = Agent {
        address: relayed(),
        ..one()
    };
    for nominates in [false, true] {
        let id = call.id();
        turn.send(&mut call, peer(), &check(local, other(), id, nominates));
        call.wait(40);
        turn.data(&mut call, peer(), &answer(local, id));
        call.wait(5);
        let id = call.id();
        turn.data(&mut call, peer(), &check(other(), local, id, false));
        call.wait(5);
        turn.send(&mut call, peer(), &answer(other(), id));
    }
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 50);
    turn.refresh(&mut call, 0);
    call
}

/// The second connection of the client, for the data of a peer.
fn second() -> SocketAddr {
    address("192.0.2.10:50001")
}

/// A TCP allocation (RFC 6062) with a permission, as a conferencing server makes it at an edge
/// server.
fn tcp_allocation() -> (Call, Turn) {
    let mut call = Call::new();
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&RequestedTransport::TCP]);
    turn.error(&mut call, Method::ALLOCATE, id, 401);
    turn.allocate_again(&mut call, &RequestedTransport::TCP, relayed());
    turn.permit(&mut call, peer());
    (call, turn)
}

const CONNECTION: u32 = 0x0102_0304;

/// The client binds its second connection.
fn bind_connection(call: &mut Call) -> Turn {
    let data = Turn::tcp().from(second());
    call.connect(data.client, data.server);
    let id = ConnectionId(CONNECTION);
    data.exchange(call, Method::CONNECTION_BIND, &[&id], &[]);
    data
}

/// A check over the bound connection, and its answer, each after its RFC 4571 length.
fn framed_check(call: &mut Call, data: &Turn, is_from_client: bool, nominates: bool) {
    let (from, to) = if is_from_client {
        (one(), other())
    } else {
        (other(), one())
    };
    let id = call.id();
    let (ask, reply) = (
        framed(&check(from, to, id, nominates)),
        framed(&answer(from, id)),
    );
    if is_from_client {
        data.to_server(call, &ask);
        call.wait(20);
        data.to_client(call, &reply);
    } else {
        data.to_client(call, &ask);
        call.wait(20);
        data.to_server(call, &reply);
    }
    call.wait(5);
}

pub fn rfc6062() -> Call {
    let (mut call, turn) = tcp_allocation();
    call.wait(2_000);
    turn.connection_attempt(&mut call, CONNECTION, peer());
    let data = bind_connection(&mut call);
    framed_check(&mut call, &data, false, false);
    framed_check(&mut call, &data, true, true);
    for _ in 0..20 {
        data.to_server(&mut call, &framed(&rtp(1)));
        data.to_client(&mut call, &framed(&rtp(1)));
        call.wait(20);
    }
    call.idle(20_000);
    call
}

fn rfc6062_connect() -> Call {
    let (mut call, turn) = tcp_allocation();
    let asked = XorPeerAddress(peer());
    let id = turn.request(&mut call, Method::CONNECT, &[&asked]);
    call.wait(100);
    turn.success(&mut call, Method::CONNECT, id, &[&ConnectionId(CONNECTION)]);
    let data = bind_connection(&mut call);
    framed_check(&mut call, &data, true, true);
    framed_check(&mut call, &data, false, false);
    call
}

fn bound(call: &mut Call, from: SocketAddr, to: SocketAddr, mapped: SocketAddr) {
    let id = call.id();
    let ask = message(Header::request(Method::BINDING, id), &[], None);
    let reply = message(
        Header::success(Method::BINDING, id),
        &[
            &XorMappedAddress(mapped),
            &MappedAddress(mapped),
            &Software::new("server").unwrap(),
        ],
        None,
    );
    call.udp(from, to, &ask).wait(20);
    call.udp(to, from, &reply).wait(5);
}

fn binding() -> Call {
    let mut call = Call::new();
    bound(&mut call, client(), server(), address("198.51.100.7:6000"));
    call.idle(10_000);
    call
}

fn some_loss() -> Call {
    let mut call = Call::new();
    let (ask, to) = (client(), server());
    for number in 0..40 {
        if number % 10 == 0 {
            let id = call.id();
            let packet = message(Header::request(Method::BINDING, id), &[], None);
            call.udp(ask, to, &packet)
                .wait(500)
                .udp(ask, to, &packet)
                .wait(20);
            let reply = message(Header::success(Method::BINDING, id), &[], None);
            call.udp(to, ask, &reply).wait(20);
        } else {
            bound(&mut call, ask, to, address("198.51.100.7:6000"));
        }
    }
    call.idle(10_000);
    call
}

/// The seven transmissions of RFC 8489 §6.2.1.
pub fn silent() -> Call {
    let mut call = Call::new();
    let id = call.id();
    let packet = message(
        Header::request(Method::ALLOCATE, id),
        &[&RequestedTransport::UDP],
        None,
    );
    for wait in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 8_000] {
        call.udp(client(), server(), &packet).wait(wait);
    }
    call.idle(100);
    call
}

fn silent_tcp() -> Call {
    let mut call = Call::new();
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    call.idle(20_000);
    call
}

fn port_unreachable() -> Call {
    let mut call = Call::new();
    let id = call.id();
    let packet = message(Header::request(Method::BINDING, id), &[], None);
    for _ in 0..2 {
        call.udp(client(), server(), &packet).wait(5);
        call.icmp(
            Ipv4Addr::new(203, 0, 113, 1),
            3,
            client(),
            server(),
            &packet,
        )
        .wait(500);
    }
    call.idle(20_000);
    call
}

fn tcp_refused() -> Call {
    let mut call = Call::new();
    call.syn(client(), server())
        .wait(10)
        .rst(server(), client());
    call.idle(5_000);
    call
}

fn tcp_no_answer() -> Call {
    let mut call = Call::new();
    for wait in [1_000, 2_000, 4_000] {
        call.syn(client(), server()).wait(wait);
    }
    call.idle(5_000);
    call
}

fn udp_blocked() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    let packet = message(
        Header::request(Method::ALLOCATE, id),
        &[&turn.transport()],
        None,
    );
    for wait in [500, 1_000, 2_000] {
        call.wait(wait);
        turn.to_server(&mut call, &packet);
    }
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    turn.allocate(&mut call);
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 20);
    call.idle(10_000);
    call
}

fn lossy() -> Call {
    let mut call = Call::new();
    for number in 0..30 {
        if number % 3 == 0 {
            let id = call.id();
            let packet = message(Header::request(Method::BINDING, id), &[], None);
            for _ in 0..4 {
                call.udp(client(), server(), &packet).wait(500);
            }
        } else {
            bound(&mut call, client(), server(), address("198.51.100.7:6000"));
        }
    }
    call.idle(40_000);
    call
}

fn slow() -> Call {
    let mut call = Call::new();
    for _ in 0..6 {
        let id = call.id();
        call.udp(
            client(),
            server(),
            &message(Header::request(Method::BINDING, id), &[], None),
        );
        call.wait(800);
        call.udp(
            server(),
            client(),
            &message(Header::success(Method::BINDING, id), &[], None),
        );
        call.wait(100);
    }
    call
}

pub fn wrong_password() -> Call {
    let mut call = Call::new();
    let mut turn = Turn::udp();
    turn.challenge(&mut call);
    turn.key = key("guess");
    for number in 2..5 {
        let id = turn.request(&mut call, Method::ALLOCATE, &[&turn.transport()]);
        turn.nonce = format!("nonce {number}");
        turn.error(&mut call, Method::ALLOCATE, id, 401);
    }
    call.idle(10_000);
    call
}

fn wrong_realm() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    let id = call.id();
    let packet = message(
        Header::request(Method::ALLOCATE, id),
        &[
            &turn.transport(),
            &Username::new(USER).unwrap(),
            &Realm::new("other.example").unwrap(),
            &Nonce::new(&turn.nonce).unwrap(),
        ],
        Some(&turn.key),
    );
    turn.to_server(&mut call, &packet);
    call.wait(20);
    turn.error(&mut call, Method::ALLOCATE, id, 401);
    call.idle(10_000);
    call
}

fn expired_credentials() -> Call {
    let mut call = Call::new();
    let mut turn = Turn::udp();
    turn.user = format!("{}:alice", START - 1000);
    turn.challenge(&mut call);
    turn.nonce = "nonce 2".to_owned();
    turn.refused(&mut call, Method::ALLOCATE, &[&turn.transport()], 401);
    call.idle(10_000);
    call
}

/// TURN over UDP with 401 and 431, as servers with the error codes of RFC 3489 answer.
pub fn integrity_failure() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    for _ in 0..2 {
        turn.refused(&mut call, Method::ALLOCATE, &[&turn.transport()], 431);
        call.wait(1_000);
    }
    call.idle(10_000);
    call
}

fn no_credentials() -> Call {
    let mut call = Call::new();
    Turn::udp().challenge(&mut call);
    call.idle(10_000);
    call
}

fn binding_challenged() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    let id = turn.ask(&mut call, Method::BINDING, &[]);
    turn.error(&mut call, Method::BINDING, id, 401);
    call.idle(10_000);
    call
}

fn stale_loop() -> Call {
    let mut call = Call::new();
    let mut turn = Turn::udp();
    turn.challenge(&mut call);
    for number in 2..6 {
        let id = turn.request(&mut call, Method::ALLOCATE, &[&turn.transport()]);
        turn.nonce = format!("nonce {number}");
        turn.error(&mut call, Method::ALLOCATE, id, 438);
    }
    call.idle(10_000);
    call
}

fn stale_ignored() -> Call {
    let (mut call, mut turn) = relayed_call();
    turn.nonce = "nonce 2".to_owned();
    let other = XorPeerAddress(address("198.51.100.30:40000"));
    turn.refused(&mut call, Method::CREATE_PERMISSION, &[&other], 438);
    call.idle(10_000);
    call
}

fn other_user() -> Call {
    let (mut call, mut turn) = relayed_call();
    turn.user = "bob".to_owned();
    turn.refused(
        &mut call,
        Method::REFRESH,
        &[&Lifetime::from_secs(600)],
        441,
    );
    call.idle(1_000);
    call
}

fn bid_down() -> Call {
    let mut call = Call::new();
    let mut turn = Turn::udp();
    let features = SecurityFeatures::PASSWORD_ALGORITHMS;
    turn.nonce = String::from_utf8([&features.cookie()[..], b"abc"].concat()).unwrap();
    turn.allocate(&mut call);
    call.idle(1_000);
    call
}

fn unsigned() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    let id = turn.request(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    let packet = message(
        Header::success(Method::ALLOCATE, id),
        &[&XorRelayedAddress(relayed()), &Lifetime::from_secs(600)],
        None,
    );
    turn.to_client(&mut call, &packet);
    call.idle(1_000);
    call
}

fn bad_fingerprint() -> Call {
    let mut call = Call::new();
    let mut bytes = Vec::new();
    let id = call.id();
    let writer = MessageWriter::new(&mut bytes, Header::request(Method::BINDING, id)).unwrap();
    let mut packet = writer.fingerprint().unwrap().finish().unwrap().to_vec();
    let last = packet.len() - 1;
    packet[last] ^= 1;
    call.udp(client(), server(), &packet).wait(20);
    let reply = message(Header::success(Method::BINDING, id), &[], None);
    call.udp(server(), client(), &reply);
    call
}

fn rewritten() -> Call {
    let mut call = Call::new();
    let id = call.id();
    let ask = message(Header::request(Method::BINDING, id), &[], None);
    let reply = message(
        Header::success(Method::BINDING, id),
        &[
            &MappedAddress(client()),
            &XorMappedAddress(address("198.51.100.7:6000")),
        ],
        None,
    );
    call.udp(client(), server(), &ask).wait(20);
    call.udp(server(), client(), &reply);
    call
}

/// A login whose second Allocate is refused.
fn refused_with(code: u16) -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    turn.refused(&mut call, Method::ALLOCATE, &[&turn.transport()], code);
    call.idle(10_000);
    call
}

fn mismatch() -> Call {
    refused_with(437)
}

fn unsupported() -> Call {
    refused_with(442)
}

fn quota() -> Call {
    refused_with(486)
}

fn full() -> Call {
    refused_with(508)
}

fn lost() -> Call {
    let (mut call, turn) = relayed_call();
    turn.refused(
        &mut call,
        Method::REFRESH,
        &[&Lifetime::from_secs(600)],
        437,
    );
    call.idle(1_000);
    call
}

fn redirect() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    let packet = message(
        Header::error(Method::ALLOCATE, id),
        &[
            &error_code(300),
            &AlternateServer(address("203.0.113.2:3478")),
        ],
        None,
    );
    turn.to_client(&mut call, &packet);
    call.idle(10_000);
    call
}

fn private_relay() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    turn.allocate_again(&mut call, &turn.transport(), address("10.0.0.5:49152"));
    call.idle(1_000);
    call
}

fn forbidden() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    for text in ["192.168.1.5:5000", "198.51.100.20:40000"] {
        let peer = XorPeerAddress(address(text));
        turn.refused(&mut call, Method::CREATE_PERMISSION, &[&peer], 403);
    }
    call.idle(5_000);
    call
}

fn wildcard() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, address("0.0.0.0:0"));
    call.idle(1_000);
    call
}

fn lifetime_expired() -> Call {
    let (mut call, turn) = relayed_call();
    // The channel is refreshed, the allocation is not.
    for _ in 0..2 {
        call.wait(290_000);
        turn.bind(&mut call, 0x4000, peer());
        turn.media(&mut call, 0x4000, 5);
    }
    call.wait(17_000);
    for number in 0..1000 {
        turn.to_server(&mut call, &channel_data(0x4000, &rtp(number)));
        call.wait(31);
    }
    call
}

fn permission_missing() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    for number in 0..20 {
        turn.send(&mut call, peer(), &rtp(number));
        call.wait(20);
    }
    call
}

fn permission_expired() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    for number in 0..20 {
        turn.send(&mut call, peer(), &rtp(number));
        turn.data(&mut call, peer(), &rtp(number));
        call.wait(20);
    }
    call.wait(310_000);
    for number in 0..20 {
        turn.send(&mut call, peer(), &rtp(number));
        call.wait(20);
    }
    call
}

fn channel_unbound() -> Call {
    let (mut call, turn) = relayed_call();
    for number in 0..10 {
        turn.to_client(&mut call, &channel_data(0x4001, &rtp(number)));
        call.wait(20);
    }
    call
}

fn channel_refused() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    let number = ChannelNumber::new(0x4001).unwrap();
    let asked = XorPeerAddress(peer());
    turn.refused(&mut call, Method::CHANNEL_BIND, &[&number, &asked], 400);
    for number in 0..10 {
        turn.to_server(&mut call, &channel_data(0x4001, &rtp(number)));
        call.wait(20);
    }
    call
}

fn channel_expired() -> Call {
    let (mut call, turn) = relayed_call();
    for _ in 0..3 {
        call.wait(250_000);
        turn.refresh(&mut call, 600);
        turn.permit(&mut call, peer());
    }
    for number in 0..20 {
        turn.to_server(&mut call, &channel_data(0x4000, &rtp(number)));
        call.wait(20);
    }
    call
}

fn relay_one_way() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.bind(&mut call, 0x4000, peer());
    for number in 0..200 {
        turn.to_server(&mut call, &channel_data(0x4000, &rtp(number)));
        call.wait(20);
    }
    turn.refresh(&mut call, 0);
    call
}

fn peer_icmp() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    turn.send(&mut call, peer(), &rtp(0));
    call.wait(20);
    let id = call.id();
    let packet = message(
        Header::indication(Method::DATA, id),
        &[&XorPeerAddress(peer()), &Icmp::new(3, 3, 0)],
        None,
    );
    turn.to_client(&mut call, &packet);
    call
}

fn connection_lost() -> Call {
    let mut call = Call::new();
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    turn.allocate(&mut call);
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 20);
    call.rst(turn.server, turn.client);
    call.idle(5_000);
    call
}

pub fn bind_missing() -> Call {
    let (mut call, turn) = tcp_allocation();
    turn.connection_attempt(&mut call, CONNECTION, peer());
    call.idle(20_000);
    call
}

pub fn bind_late() -> Call {
    let (mut call, turn) = tcp_allocation();
    turn.connection_attempt(&mut call, CONNECTION, peer());
    // With 10 ms after the indication and 20 ms for the connection.
    call.wait(31_000 - 30);
    let data = Turn::tcp().from(second());
    call.connect(data.client, data.server);
    let id = ConnectionId(CONNECTION);
    data.refused(&mut call, Method::CONNECTION_BIND, &[&id], 400);
    call.idle(5_000);
    call
}

fn bind_refused() -> Call {
    let (mut call, turn) = tcp_allocation();
    turn.connection_attempt(&mut call, CONNECTION, peer());
    let data = Turn::tcp().from(second());
    call.connect(data.client, data.server);
    let id = ConnectionId(CONNECTION);
    data.refused(&mut call, Method::CONNECTION_BIND, &[&id], 400);
    call.idle(5_000);
    call
}

fn connect_failed() -> Call {
    let (mut call, turn) = tcp_allocation();
    let asked = XorPeerAddress(peer());
    turn.refused(&mut call, Method::CONNECT, &[&asked], 447);
    call.idle(5_000);
    call
}

pub fn no_attempt() -> Call {
    let (mut call, _) = tcp_allocation();
    call.idle(30_000);
    call
}

fn ice_failed() -> Call {
    let mut call = Call::new();
    let second = Agent {
        address: address("198.51.100.21:40000"),
        ..other()
    };
    unanswered_checks(&mut call, one(), other(), 5);
    unanswered_checks(&mut call, one(), second, 5);
    call.idle(8_000);
    call
}

fn ice_one_way() -> Call {
    let mut call = Call::new();
    for _ in 0..5 {
        checked(&mut call, one(), other(), false);
        unanswered_checks(&mut call, other(), one(), 1);
    }
    call.idle(8_000);
    call
}

/// The relayed connection is there, and only the check of the client was made.
pub fn tcp_pair_incomplete() -> Call {
    let (mut call, turn) = tcp_allocation();
    turn.connection_attempt(&mut call, CONNECTION, peer());
    let data = bind_connection(&mut call);
    framed_check(&mut call, &data, true, false);
    call.idle(20_000);
    call
}

fn ice_credentials() -> Call {
    let mut call = Call::new();
    for _ in 0..4 {
        let id = call.id();
        call.udp(client(), peer(), &check(one(), other(), id, false))
            .wait(20);
        call.udp(peer(), client(), &refusal(id, 401)).wait(500);
    }
    call.idle(5_000);
    call
}

fn role_conflict() -> Call {
    let mut call = Call::new();
    let stubborn = Agent {
        is_controlling: true,
        ..other()
    };
    for _ in 0..5 {
        for (from, to) in [(one(), stubborn), (stubborn, one())] {
            let id = call.id();
            call.udp(from.address, to.address, &check(from, to, id, false))
                .wait(20);
            call.udp(to.address, from.address, &refusal(id, 487))
                .wait(300);
        }
    }
    call.idle(5_000);
    call
}

fn not_nominated() -> Call {
    let mut call = Call::new();
    for _ in 0..5 {
        checked(&mut call, one(), other(), false);
        checked(&mut call, other(), one(), false);
        call.wait(2_500);
    }
    call.idle(1_000);
    call
}

fn ice_unsigned() -> Call {
    let mut call = connected();
    let id = call.id();
    call.udp(client(), peer(), &check(one(), other(), id, true))
        .wait(20);
    let reply = message(
        Header::success(Method::BINDING, id),
        &[&XorMappedAddress(client())],
        None,
    );
    call.udp(peer(), client(), &reply);
    call
}

fn consent_lost() -> Call {
    let mut call = connected();
    for _ in 0..10 {
        checked(&mut call, one(), other(), true);
        checked(&mut call, other(), one(), false);
        call.wait(2_500);
    }
    for _ in 0..10 {
        unanswered_checks(&mut call, one(), other(), 1);
        call.wait(2_000);
    }
    call.idle(5_000);
    call
}

fn dtls_unanswered() -> Call {
    let mut call = connected();
    let hello = [
        &[22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20][..],
        &[1; 20],
    ]
    .concat();
    for wait in [1_000, 2_000, 4_000] {
        call.udp(client(), peer(), &hello).wait(wait);
        checked(&mut call, one(), other(), true);
    }
    call
}

fn media_one_way() -> Call {
    let mut call = connected();
    for _ in 0..15 {
        call.rtp(client(), peer(), 50);
        checked(&mut call, one(), other(), true);
    }
    call
}

fn symmetric_nat() -> Call {
    let mut call = Call::new();
    let second = address("203.0.113.9:3478");
    bound(&mut call, client(), server(), address("198.51.100.7:6000"));
    bound(&mut call, client(), second, address("198.51.100.7:6001"));
    unanswered_checks(&mut call, one(), other(), 6);
    call.idle(8_000);
    call
}
