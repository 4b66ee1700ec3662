//! Candidate pairs and media that fail.

use super::*;

pub fn ice_failed() -> Call {
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

pub fn ice_one_way() -> Call {
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

pub fn ice_credentials() -> Call {
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

pub fn role_conflict() -> Call {
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

pub fn not_nominated() -> Call {
    let mut call = Call::new();
    for _ in 0..5 {
        checked(&mut call, one(), other(), false);
        checked(&mut call, other(), one(), false);
        call.wait(2_500);
    }
    call.idle(1_000);
    call
}

pub fn ice_unsigned() -> Call {
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

pub fn consent_lost() -> Call {
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

pub fn dtls_unanswered() -> Call {
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

pub fn media_one_way() -> Call {
    let mut call = connected();
    for _ in 0..15 {
        call.rtp(client(), peer(), 50);
        checked(&mut call, one(), other(), true);
    }
    call
}

pub fn symmetric_nat() -> Call {
    let mut call = Call::new();
    let second = address("203.0.113.9:3478");
    bound(&mut call, client(), server(), address("198.51.100.7:6000"));
    bound(&mut call, client(), second, address("198.51.100.7:6001"));
    unanswered_checks(&mut call, one(), other(), 6);
    call.idle(8_000);
    call
}
