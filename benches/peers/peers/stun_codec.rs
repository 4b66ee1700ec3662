use super::*;
use ::stun_codec::rfc5245::attributes::{IceControlling, Priority, UseCandidate};
use ::stun_codec::rfc5389::attributes::{Fingerprint, MessageIntegrity, Username};
use ::stun_codec::rfc5389::methods::BINDING;
use ::stun_codec::rfc5766::attributes::{Data, XorPeerAddress};
use ::stun_codec::rfc5766::methods::DATA;
use ::stun_codec::{
    Message, MessageClass, MessageDecoder, MessageEncoder, Method, TransactionId,
    define_attribute_enums,
};
use bytecodec::{DecodeExt, EncodeExt};

const NAME: &str = "stun_codec";

define_attribute_enums!(
    Attribute,
    AttributeDecoder,
    AttributeEncoder,
    [
        Username,
        MessageIntegrity,
        Fingerprint,
        Priority,
        IceControlling,
        UseCandidate,
        XorPeerAddress,
        Data
    ]
);

fn decode(bytes: &[u8]) -> Message<Attribute> {
    let mut decoder = MessageDecoder::<Attribute>::new();
    decoder.decode_from_bytes(bytes).unwrap().unwrap()
}

fn message(class: MessageClass, method: Method) -> Message<Attribute> {
    Message::new(class, method, TransactionId::new(ID))
}

fn encode(message: Message<Attribute>) -> Vec<u8> {
    MessageEncoder::new().encode_into_bytes(message).unwrap()
}

pub fn iterate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        decode(bytes).attributes().count() == CHECK_ATTRIBUTES
    })
}

pub fn typed_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        is_check(
            message.get_attribute::<Username>().unwrap().name(),
            message.get_attribute::<Priority>().unwrap().prio(),
            message.get_attribute::<IceControlling>().unwrap().prio(),
            message.get_attribute::<UseCandidate>().is_some(),
        )
    })
}

pub fn fingerprint(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        decode(bytes).get_attribute::<Fingerprint>().is_some()
    })
}

pub fn verify_check(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        let integrity = message.get_attribute::<MessageIntegrity>().unwrap();
        integrity.check_short_term_credential(PASSWORD).is_ok()
    })
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    Way::on(NAME, whole, |whole| {
        let mut message = message(MessageClass::Request, BINDING);
        message.add_attribute(Username::new(USERNAME.into()).unwrap());
        message.add_attribute(Priority::new(PRIORITY));
        message.add_attribute(IceControlling::new(TIE_BREAKER));
        message.add_attribute(UseCandidate::new());
        let integrity = MessageIntegrity::new_short_term_credential(&message, PASSWORD).unwrap();
        message.add_attribute(integrity);
        let fingerprint = Fingerprint::new(&message).unwrap();
        message.add_attribute(fingerprint);
        encode(message) == whole
    })
}

pub fn relay_decode(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        let peer = message.get_attribute::<XorPeerAddress>().unwrap();
        let data = message.get_attribute::<Data>().unwrap();
        is_relayed(peer.address(), data.data())
    })
}

pub fn relay_encode(payload: &[u8]) -> Way<'_> {
    Way::on(NAME, payload, |payload| {
        let mut message = message(MessageClass::Indication, DATA);
        message.add_attribute(XorPeerAddress::new(PEER));
        message.add_attribute(Data::new(payload.to_vec()).unwrap());
        encode(message).len() == data_len(payload)
    })
}
