//! Calls without a fault.

use stunwire::attribute::{MappedAddress, Software};

use super::*;

/// A call over UDP with media on a channel.
pub fn relayed_call() -> (Call, Turn) {
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

pub fn turn_tcp() -> Call {
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

pub fn indications() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    turn.permit(&mut call, peer());
    turn.indications(&mut call, peer(), 20);
    call
}

pub fn refreshed() -> Call {
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

pub fn corrected() -> Call {
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

pub fn partly_forbidden() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.allocate(&mut call);
    let private = XorPeerAddress(address("192.168.1.5:5000"));
    turn.refused(&mut call, Method::CREATE_PERMISSION, &[&private], 403);
    turn.bind(&mut call, 0x4000, peer());
    turn.media(&mut call, 0x4000, 20);
    call
}

pub fn two_interfaces() -> Call {
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

pub fn begins_late() -> Call {
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

pub fn ends_early() -> Call {
    let mut call = Call::new();
    let turn = Turn::udp();
    turn.challenge(&mut call);
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&turn.transport()]);
    let _ = id;
    unanswered_checks(&mut call, one(), other(), 1);
    call
}

/// A pair that works, with checks in both directions and nomination.
pub fn connected() -> Call {
    let mut call = Call::new();
    checked(&mut call, one(), other(), false);
    checked(&mut call, other(), one(), false);
    checked(&mut call, one(), other(), true);
    call
}

pub fn direct() -> Call {
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

pub fn one_of_three() -> Call {
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

pub fn lite() -> Call {
    let mut call = Call::new();
    for _ in 0..12 {
        checked(&mut call, one(), other(), true);
        call.rtp(client(), peer(), 20).rtp(peer(), client(), 20);
        call.wait(2_000);
    }
    call
}

pub fn conflict_resolved() -> Call {
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

pub fn ice_through_relay() -> Call {
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
pub fn second() -> SocketAddr {
    address("192.0.2.10:50001")
}

/// A TCP allocation (RFC 6062) with a permission, as a conferencing server makes it at an edge
/// server.
pub fn tcp_allocation() -> (Call, Turn) {
    let mut call = Call::new();
    let turn = Turn::tcp();
    call.connect(turn.client, turn.server);
    let id = turn.ask(&mut call, Method::ALLOCATE, &[&RequestedTransport::TCP]);
    turn.error(&mut call, Method::ALLOCATE, id, 401);
    turn.allocate_again(&mut call, &RequestedTransport::TCP, relayed());
    turn.permit(&mut call, peer());
    (call, turn)
}

pub const CONNECTION: u32 = 0x0102_0304;

/// The client binds its second connection.
pub fn bind_connection(call: &mut Call) -> Turn {
    let data = Turn::tcp().from(second());
    call.connect(data.client, data.server);
    let id = ConnectionId(CONNECTION);
    data.exchange(call, Method::CONNECTION_BIND, &[&id], &[]);
    data
}

/// A check over the bound connection, and its answer, each after its RFC 4571 length.
pub fn framed_check(call: &mut Call, data: &Turn, is_from_client: bool, nominates: bool) {
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

pub fn rfc6062_connect() -> Call {
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

pub fn bound(call: &mut Call, from: SocketAddr, to: SocketAddr, mapped: SocketAddr) {
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

pub fn binding() -> Call {
    let mut call = Call::new();
    bound(&mut call, client(), server(), address("198.51.100.7:6000"));
    call.idle(10_000);
    call
}

pub fn some_loss() -> Call {
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
