//! Logins that fail, and messages that were changed.

use stunwire::SecurityFeatures;
use stunwire::attribute::MappedAddress;

use super::*;

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

pub fn wrong_realm() -> Call {
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

pub fn expired_credentials() -> Call {
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

pub fn no_credentials() -> Call {
    let mut call = Call::new();
    Turn::udp().challenge(&mut call);
    call.idle(10_000);
    call
}

pub fn binding_challenged() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    let id = turn.ask(&mut call, Method::BINDING, &[]);
    turn.error(&mut call, Method::BINDING, id, 401);
    call.idle(10_000);
    call
}

pub fn stale_loop() -> Call {
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

pub fn stale_ignored() -> Call {
    let (mut call, mut turn) = relayed_call();
    turn.nonce = "nonce 2".to_owned();
    let other = XorPeerAddress(address("198.51.100.30:40000"));
    turn.refused(&mut call, Method::CREATE_PERMISSION, &[&other], 438);
    call.idle(10_000);
    call
}

pub fn other_user() -> Call {
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

pub fn bid_down() -> Call {
    let mut call = Call::new();
    let mut turn = Turn::udp();
    let features = SecurityFeatures::PASSWORD_ALGORITHMS;
    turn.nonce = String::from_utf8([&features.cookie()[..], b"abc"].concat()).unwrap();
    turn.allocate(&mut call);
    call.idle(1_000);
    call
}

pub fn unsigned() -> Call {
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

pub fn bad_fingerprint() -> Call {
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

pub fn rewritten() -> Call {
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
