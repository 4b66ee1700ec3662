//! The values of TURN's attributes, and ChannelData, as `turn-types` reads them.

use stun_types::attribute::{AttributeStaticType, AttributeType, RawAttribute};
use stun_types::message::TransactionId;
use stunwire::attribute::{self, Attribute};
use stunwire::{Message, attribute::AddressFamily};
use turn_types::attribute as theirs;

use crate::Aspect;
use crate::peers::quietly;

/// What `turn-types` reads in another way than stunwire: values of the message, or the bytes as ChannelData.
pub(crate) fn aspects(bytes: &[u8]) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    let their_channel_data = |bytes| quietly(|| their_channel_data(bytes));
    if our_channel_data(bytes).map(|(number, data)| (number, data.to_vec()))
        != their_channel_data(bytes)
    {
        aspects.push(Aspect::ChannelData);
    }
    if Message::parse(bytes).is_ok_and(|message| differing_value(&message).is_some()) {
        aspects.push(Aspect::Value);
    }
    aspects
}

/// The first attribute whose values differ: its type, our value and theirs. `None` means that the value is malformed.
#[must_use]
pub fn differing_value(message: &Message<'_>) -> Option<(u16, Option<String>, Option<String>)> {
    message.all_attributes().find_map(|raw| {
        let ty = raw.ty().as_u16();
        let (ours, theirs) = (ours(&raw)?, quietly(|| their(ty, raw.value(), message))?);
        (ours != theirs).then_some((ty, ours, theirs))
    })
}

fn our_channel_data(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let data = stunwire::ChannelData::parse_datagram(bytes).ok()?;
    Some((data.number.as_u16(), data.payload))
}

fn their_channel_data(bytes: &[u8]) -> Option<(u16, Vec<u8>)> {
    let data = turn_types::channel::ChannelData::parse(bytes).ok()?;
    Some((data.id(), data.data().to_vec()))
}

/// The value as text. `None` for the types that are not compared.
fn ours(raw: &stunwire::RawAttribute<'_>) -> Option<Option<String>> {
    fn of<'a, T: Attribute<'a>>(
        raw: &stunwire::RawAttribute<'a>,
        text: impl Fn(T) -> String,
    ) -> Option<Option<String>> {
        Some(raw.decode::<T>().ok().map(text))
    }
    let family = |family: AddressFamily| family.0.to_string();
    match raw.ty().as_u16() {
        0x000C => of(raw, |value: attribute::ChannelNumber| {
            value.as_u16().to_string()
        }),
        0x000D => of(raw, |value: attribute::Lifetime| value.0.to_string()),
        0x0012 => of(raw, |value: attribute::XorPeerAddress| value.0.to_string()),
        0x0016 => of(raw, |value: attribute::XorRelayedAddress| {
            value.0.to_string()
        }),
        0x0013 => of(raw, |value: attribute::Data<'_>| format!("{:?}", value.0)),
        0x0017 => of(raw, |value: attribute::RequestedAddressFamily| {
            family(value.0)
        }),
        0x8000 => of(raw, |value: attribute::AdditionalAddressFamily| {
            family(value.0)
        }),
        0x0018 => of(raw, |value: attribute::EvenPort| {
            value.reserve_next.to_string()
        }),
        0x0019 => of(raw, |value: attribute::RequestedTransport| {
            value.0.0.to_string()
        }),
        0x001A => of(raw, |_: attribute::DontFragment| String::new()),
        0x0022 => of(raw, |value: attribute::ReservationToken| {
            u64::from_be_bytes(value.0).to_string()
        }),
        0x002A => of(raw, |value: attribute::ConnectionId| value.0.to_string()),
        _ => None,
    }
}

fn their(ty: u16, value: &[u8], message: &Message<'_>) -> Option<Option<String>> {
    fn of<'a, T>(raw: &'a RawAttribute<'a>, text: impl Fn(T) -> String) -> Option<Option<String>>
    where
        T: AttributeStaticType + TryFrom<&'a RawAttribute<'a>>,
    {
        Some(T::try_from(raw).ok().map(text))
    }
    let raw = RawAttribute::new(AttributeType::new(ty), value);
    let mut id = [0; 16];
    id[4..].copy_from_slice(&message.transaction_id().id());
    let id = TransactionId::from(u128::from_be_bytes(id));
    let family = |family| match family {
        stun_types::AddressFamily::IPV4 => "1".to_owned(),
        stun_types::AddressFamily::IPV6 => "2".to_owned(),
    };
    match ty {
        0x000C => of(&raw, |value: theirs::ChannelNumber| {
            value.channel().to_string()
        }),
        0x000D => of(&raw, |value: theirs::Lifetime| value.seconds().to_string()),
        0x0012 => of(&raw, |value: theirs::XorPeerAddress| {
            value.addr(id).to_string()
        }),
        0x0016 => of(&raw, |value: theirs::XorRelayedAddress| {
            value.addr(id).to_string()
        }),
        0x0013 => Some(
            theirs::Data::try_from(raw.clone())
                .ok()
                .map(|value| format!("{:?}", value.data())),
        ),
        0x0017 => of(&raw, |value: theirs::RequestedAddressFamily| {
            family(value.family())
        }),
        0x8000 => of(&raw, |value: theirs::AdditionalAddressFamily| {
            family(value.family())
        }),
        0x0018 => of(&raw, |value: theirs::EvenPort| {
            value.requested().to_string()
        }),
        0x0019 => of(&raw, |value: theirs::RequestedTransport| {
            value.protocol().to_string()
        }),
        0x001A => of(&raw, |_: theirs::DontFragment| String::new()),
        0x0022 => of(&raw, |value: theirs::ReservationToken| {
            value.token().to_string()
        }),
        0x002A => of(&raw, |value: theirs::ConnectionId| value.id().to_string()),
        _ => None,
    }
}
