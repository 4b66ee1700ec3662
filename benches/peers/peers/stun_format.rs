//! `stun-format`: typed attributes on top of `stun-bytes`.

use super::*;
use ::stun_format::{Attr, Msg, MsgBuilder, MsgType, SocketAddr as Address};
use std::time::Duration;

const NAME: &str = "stun-format";

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let (mut username, mut priority, mut tie_breaker, mut nominated) = ("", 0, 0, false);
        let message = Msg::from(bytes);
        for attribute in message.attrs_iter() {
            match attribute {
                Attr::Username(value) => username = value,
                Attr::Priority(value) => priority = value,
                Attr::IceControlling(value) => tie_breaker = value,
                Attr::UseCandidate => nominated = true,
                _ => {}
            }
        }
        is_check(username.as_bytes(), priority, tie_breaker, nominated)
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let (mut texts, mut transport, mut lifetime) = ([""; 4], 0, Duration::ZERO);
        let message = Msg::from(bytes);
        for attribute in message.attrs_iter() {
            match attribute {
                Attr::Username(value) => texts[0] = value,
                Attr::Realm(value) => texts[1] = value,
                Attr::Nonce(value) => texts[2] = value,
                Attr::Software(value) => texts[3] = value,
                Attr::RequestedTransport(value) => transport = value.into(),
                Attr::Lifetime(value) => lifetime = value,
                _ => {}
            }
        }
        is_allocate(
            texts.map(str::as_bytes),
            transport,
            lifetime.as_secs() as u32,
        )
    })
}

fn from_address(address: Address) -> SocketAddr {
    match address {
        Address::V4(ip, port) => (ip, port).into(),
        Address::V6(ip, port) => (ip, port).into(),
    }
}

fn to_address(address: SocketAddr) -> Address {
    match address.ip() {
        IpAddr::V4(ip) => Address::V4(ip.octets(), address.port()),
        IpAddr::V6(ip) => Address::V6(ip.octets(), address.port()),
    }
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let (mut peer, mut payload) = (None, None);
        let message = Msg::from(bytes);
        for attribute in message.attrs_iter() {
            match attribute {
                Attr::XorPeerAddress(value) => peer = Some(from_address(value)),
                Attr::Data(value) => payload = Some(value),
                _ => {}
            }
        }
        is_relayed(peer.unwrap(), payload.unwrap())
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    let mut id = [0; 16];
    id[4..].copy_from_slice(&ID);
    let (id, out) = (u128::from_be_bytes(id), buffer::<1300>());
    Way::on(NAME, payload, move |payload| {
        // The builder appends to a message that is already in the buffer.
        out[..20].fill(0);
        let mut message = MsgBuilder::from(&mut out[..]);
        message.typ(MsgType::DataIndication).unwrap();
        message.tid(id).unwrap();
        let peer = Attr::XorPeerAddress(to_address(PEER));
        message.add_attr(peer).unwrap();
        message.add_attr(Attr::Data(payload)).unwrap();
        message.as_bytes().len() == data_len(payload)
    })
}
