//! Servers that cannot be reached, or answer late.

use std::net::Ipv4Addr;

use super::*;

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

pub fn silent_tcp() -> Call {
    let mut call = Call::new();
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    call.idle(20_000);
    call
}

pub fn port_unreachable() -> Call {
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

pub fn tcp_refused() -> Call {
    let mut call = Call::new();
    call.syn(client(), server())
        .wait(10)
        .rst(server(), client());
    call.idle(5_000);
    call
}

pub fn tcp_no_answer() -> Call {
    let mut call = Call::new();
    for wait in [1_000, 2_000, 4_000] {
        call.syn(client(), server()).wait(wait);
    }
    call.idle(5_000);
    call
}

pub fn udp_blocked() -> Call {
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

pub fn lossy() -> Call {
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

pub fn slow() -> Call {
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
