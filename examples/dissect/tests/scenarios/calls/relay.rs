//! Allocations, permissions, channels and connections that fail.

use stunwire::attribute::{AlternateServer, Icmp};

use super::*;

/// A login whose second Allocate is refused.
pub fn refused_with(code: u16) -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    turn.refused(&mut call, Method::ALLOCATE, &[&turn.transport()], code);
    call.idle(10_000);
    call
}

pub fn mismatch() -> Call {
    refused_with(437)
}

pub fn unsupported() -> Call {
    refused_with(442)
}

pub fn quota() -> Call {
    refused_with(486)
}

pub fn full() -> Call {
    refused_with(508)
}

pub fn lost() -> Call {
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

pub fn redirect() -> Call {
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

pub fn private_relay() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    turn.allocate_again(&mut call, &turn.transport(), address("10.0.0.5:49152"));
    call.idle(1_000);
    call
}

pub fn forbidden() -> Call {
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

pub fn wildcard() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, address("0.0.0.0:0"));
    call.idle(1_000);
    call
}

pub fn lifetime_expired() -> Call {
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

pub fn permission_missing() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    for number in 0..20 {
        turn.send(&mut call, peer(), &rtp(number));
        call.wait(20);
    }
    call
}

pub fn permission_expired() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    turn.indications(&mut call, peer(), 20);
    call.wait(310_000);
    for number in 0..20 {
        turn.send(&mut call, peer(), &rtp(number));
        call.wait(20);
    }
    call
}

pub fn channel_unbound() -> Call {
    let (mut call, turn) = relayed_call();
    for number in 0..10 {
        turn.to_client(&mut call, &channel_data(0x4001, &rtp(number)));
        call.wait(20);
    }
    call
}

pub fn channel_refused() -> Call {
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

pub fn channel_expired() -> Call {
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

pub fn relay_one_way() -> Call {
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

pub fn peer_icmp() -> Call {
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

pub fn connection_lost() -> Call {
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

pub fn bind_refused() -> Call {
    let (mut call, turn) = tcp_allocation();
    turn.connection_attempt(&mut call, CONNECTION, peer());
    let data = Turn::tcp().from(second());
    call.connect(data.client, data.server);
    let id = ConnectionId(CONNECTION);
    data.refused(&mut call, Method::CONNECTION_BIND, &[&id], 400);
    call.idle(5_000);
    call
}

pub fn connect_failed() -> Call {
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
