//! `stun-types`, with `turn-types` and `rice-stun-types`.

use super::*;
use ::stun_types::attribute::{
    Attribute, AttributeFromRaw, AttributeStaticType, AttributeType, AttributeWrite, Nonce,
    RawAttribute, Realm, Software, Username,
};
use ::stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message, MessageClass,
    MessageType, MessageWrite, MessageWriteExt, MessageWriteMutSlice, Method, ShortTermCredentials,
    TransactionId,
};
use rice_stun_types::attribute::{IceControlling, Priority, UseCandidate};
use turn_types::attribute::{Data, Lifetime, RequestedTransport, XorPeerAddress};
use turn_types::channel::ChannelData;
use turn_types::message::{ALLOCATE, DATA};

const NAME: &str = "stun-types";

fn id() -> TransactionId {
    let mut id = [0; 16];
    id[4..].copy_from_slice(&ID);
    u128::from_be_bytes(id).into()
}

fn short_term() -> IntegrityKey {
    ShortTermCredentials::new(PASSWORD.into()).make_key()
}

fn long_term() -> IntegrityKey {
    LongTermKeyCredentials::new(USER.into(), PASSWORD.into(), REALM.into())
        .make_key(IntegrityAlgorithm::Sha1)
}

fn writer(class: MessageClass, method: Method, out: &mut [u8]) -> MessageWriteMutSlice<'_> {
    let ty = MessageType::from_class_method(class, method);
    Message::builder(ty, id(), MessageWriteMutSlice::new(out))
}

pub fn parse(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| Message::from_bytes(bytes).is_ok())
}

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = Message::from_bytes(bytes).unwrap();
        let values = message.iter_attributes().map(|(_, raw)| raw.value.len());
        values.sum::<usize>() == CHECK_VALUES
    })
}

/// Iterates once and decodes each attribute that it meets.
fn each(message: &Message<'_>, mut attribute: impl FnMut(AttributeType, RawAttribute<'_>)) {
    for (_, raw) in message.iter_attributes() {
        attribute(raw.get_type(), raw);
    }
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = Message::from_bytes(bytes).unwrap();
        let (mut is_username, mut priority, mut tie_breaker, mut nominated) = (false, 0, 0, false);
        each(&message, |ty, raw| match ty {
            Username::TYPE => {
                is_username = Username::from_raw(raw).unwrap().username() == USERNAME;
            }
            Priority::TYPE => priority = Priority::from_raw(raw).unwrap().priority(),
            IceControlling::TYPE => {
                tie_breaker = IceControlling::from_raw(raw).unwrap().tie_breaker();
            }
            UseCandidate::TYPE => nominated = UseCandidate::from_raw(raw).is_ok(),
            _ => {}
        });
        is_username && is_check(USERNAME.as_bytes(), priority, tie_breaker, nominated)
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = Message::from_bytes(bytes).unwrap();
        let (mut texts, mut protocol, mut seconds) = (0, 0, 0);
        each(&message, |ty, raw| match ty {
            Username::TYPE => {
                texts += u8::from(Username::from_raw(raw).unwrap().username() == USER);
            }
            Realm::TYPE => texts += u8::from(Realm::from_raw(raw).unwrap().realm() == REALM),
            Nonce::TYPE => texts += u8::from(Nonce::from_raw(raw).unwrap().nonce() == NONCE),
            Software::TYPE => {
                texts += u8::from(Software::from_raw(raw).unwrap().software() == SOFTWARE);
            }
            RequestedTransport::TYPE => {
                protocol = RequestedTransport::from_raw(raw).unwrap().protocol();
            }
            Lifetime::TYPE => seconds = Lifetime::from_raw(raw).unwrap().seconds(),
            _ => {}
        });
        texts == 4 && protocol == UDP && seconds == LIFETIME
    })
}

pub fn key_and_verify(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let key = ShortTermCredentials::new(black_box(PASSWORD).into()).make_key();
        let message = Message::from_bytes(bytes).unwrap();
        message.validate_integrity_with_key(&key).is_ok()
    })
}

pub fn channel_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let data = ChannelData::parse(bytes).unwrap();
        data.id() == 0x4001 && data.data().len() == PAYLOAD
    })
}

pub fn channel_copy(payload: &[u8]) -> Way<'_> {
    let out = buffer::<1300>();
    Way::on(NAME, payload, move |payload| {
        let len = ChannelData::new(black_box(0x4001), payload)
            .write_into_unchecked(&mut out[..payload.len() + 4]);
        len == payload.len() + 4
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    parse(bytes)
}

fn verify(key: IntegrityKey, bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, move |bytes| {
        let message = Message::from_bytes(bytes).unwrap();
        message.validate_integrity_with_key(&key).is_ok()
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    verify(short_term(), bytes)
}

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    verify(long_term(), bytes)
}

fn sign<'a>(
    method: Method,
    attributes: &[&dyn AttributeWrite],
    key: &IntegrityKey,
    out: &'a mut [u8],
) -> &'a [u8] {
    let mut message = writer(MessageClass::Request, method, out);
    for &attribute in attributes {
        message.add_attribute(attribute).unwrap();
    }
    message
        .add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1)
        .unwrap();
    message.add_fingerprint().unwrap();
    let len = message.finish();
    &out[..len]
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    let (key, out) = (short_term(), buffer::<256>());
    Way::on(NAME, whole, move |whole| {
        let attributes: [&dyn AttributeWrite; 4] = [
            &Username::new(USERNAME).unwrap(),
            &Priority::new(PRIORITY),
            &IceControlling::new(TIE_BREAKER),
            &UseCandidate::new(),
        ];
        sign(BINDING, &attributes, &key, out) == whole
    })
}

pub fn sign_allocate(whole: &[u8]) -> Way<'_> {
    let (key, out) = (long_term(), buffer::<256>());
    Way::on(NAME, whole, move |whole| {
        let attributes: [&dyn AttributeWrite; 6] = [
            &Username::new(USER).unwrap(),
            &Realm::new(REALM).unwrap(),
            &Nonce::new(NONCE).unwrap(),
            &RequestedTransport::new(UDP),
            &Lifetime::new(LIFETIME),
            &Software::new(SOFTWARE).unwrap(),
        ];
        sign(ALLOCATE, &attributes, &key, out) == whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = Message::from_bytes(bytes).unwrap();
        let peer = message.attribute::<XorPeerAddress>().unwrap();
        let data = message.attribute::<Data>().unwrap();
        is_relayed(peer.addr(message.transaction_id()), data.data())
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    let out = buffer::<1300>();
    Way::on(NAME, payload, move |payload| {
        let mut message = writer(MessageClass::Indication, DATA, out);
        let peer = XorPeerAddress::new(PEER, id());
        message.add_attribute(&peer).unwrap();
        message.add_attribute(&Data::new(payload)).unwrap();
        message.finish() == data_len(payload)
    })
}
