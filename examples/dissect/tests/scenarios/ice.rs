//! What two ICE agents send each other.

use std::net::SocketAddr;

use stunwire::attribute::{
    EncodeAttribute, IceControlled, IceControlling, Priority, UseCandidate, Username,
    XorMappedAddress,
};
use stunwire::{Header, Key, Method, TransactionId};

use super::{Call, client, error_code, message, peer};

/// An ICE agent with its address, in a session with another.
#[derive(Clone, Copy)]
pub struct Agent {
    pub address: SocketAddr,
    pub fragment: &'static str,
    pub is_controlling: bool,
}

/// The agent of the client, which is controlling.
pub fn one() -> Agent {
    Agent {
        address: client(),
        fragment: "one1",
        is_controlling: true,
    }
}

/// The agent of the peer.
pub fn other() -> Agent {
    Agent {
        address: peer(),
        fragment: "oth2",
        is_controlling: false,
    }
}

/// The password of all agents.
pub fn ice_key() -> Key {
    Key::short_term("a password of ICE agents")
}

/// A Binding request of `from` for `to`.
pub fn check(from: Agent, to: Agent, id: TransactionId, nominates: bool) -> Vec<u8> {
    let name = format!("{}:{}", to.fragment, from.fragment);
    let user = Username::new(&name).unwrap();
    let priority = Priority::from_parts(126, 65_535, 1).unwrap();
    let (controlling, controlled) = (IceControlling(1), IceControlled(2));
    let mut attributes: Vec<&dyn EncodeAttribute> = vec![&user, &priority];
    if from.is_controlling {
        attributes.push(&controlling);
    } else {
        attributes.push(&controlled);
    }
    if nominates {
        attributes.push(&UseCandidate);
    }
    let header = Header::request(Method::BINDING, id);
    message(header, &attributes, Some(&ice_key()))
}

/// The success response of `to` to a check of `from`.
pub fn answer(from: Agent, id: TransactionId) -> Vec<u8> {
    let header = Header::success(Method::BINDING, id);
    message(header, &[&XorMappedAddress(from.address)], Some(&ice_key()))
}

/// An error response to a check.
pub fn refusal(id: TransactionId, code: u16) -> Vec<u8> {
    let error = error_code(code);
    message(Header::error(Method::BINDING, id), &[&error], None)
}

/// A check and its answer over UDP.
pub fn checked(call: &mut Call, from: Agent, to: Agent, nominates: bool) {
    let id = call.id();
    call.udp(from.address, to.address, &check(from, to, id, nominates))
        .wait(20);
    call.udp(to.address, from.address, &answer(from, id))
        .wait(5);
}

/// A check without an answer, sent `count` times.
pub fn unanswered_checks(call: &mut Call, from: Agent, to: Agent, count: usize) {
    for _ in 0..count {
        let id = call.id();
        call.udp(from.address, to.address, &check(from, to, id, false))
            .wait(500);
    }
}
