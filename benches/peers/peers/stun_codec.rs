use super::*;
use ::stun_codec::rfc5245::attributes::{IceControlling, Priority, UseCandidate};
use ::stun_codec::rfc5389::attributes::{
    Fingerprint, MessageIntegrity, Nonce, Realm, Software, Username,
};
use ::stun_codec::rfc5389::methods::BINDING;
use ::stun_codec::rfc5766::attributes::{Data, Lifetime, RequestedTransport, XorPeerAddress};
use ::stun_codec::rfc5766::methods::{ALLOCATE, DATA};
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
        Realm,
        Nonce,
        Software,
        RequestedTransport,
        Lifetime,
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

pub fn parse(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| decode(bytes).method() == BINDING)
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
            message
                .get_attribute::<Username>()
                .unwrap()
                .name()
                .as_bytes(),
            message.get_attribute::<Priority>().unwrap().prio(),
            message.get_attribute::<IceControlling>().unwrap().prio(),
            message.get_attribute::<UseCandidate>().is_some(),
        )
    })
}

pub fn typed_allocate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        let texts = [
            message.get_attribute::<Username>().unwrap().name(),
            message.get_attribute::<Realm>().unwrap().text(),
            message.get_attribute::<Nonce>().unwrap().value(),
            message.get_attribute::<Software>().unwrap().description(),
        ];
        let transport = message.get_attribute::<RequestedTransport>().unwrap();
        let lifetime = message.get_attribute::<Lifetime>().unwrap().lifetime();
        is_allocate(
            texts.map(str::as_bytes),
            transport.protocol(),
            lifetime.as_secs() as u32,
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

pub fn verify_allocate(bytes: &[u8]) -> Way<'_> {
    Way::on(NAME, bytes, |bytes| {
        let message = decode(bytes);
        let username = message.get_attribute::<Username>().unwrap();
        let realm = message.get_attribute::<Realm>().unwrap();
        let integrity = message.get_attribute::<MessageIntegrity>().unwrap();
        integrity
            .check_long_term_credential(username, realm, PASSWORD)
            .is_ok()
    })
}

fn signed(mut message: Message<Attribute>, integrity: MessageIntegrity) -> Vec<u8> {
    message.add_attribute(integrity);
    let fingerprint = Fingerprint::new(&message).unwrap();
    message.add_attribute(fingerprint);
    encode(message)
}

pub fn sign_check(whole: &[u8]) -> Way<'_> {
    Way::on(NAME, whole, |whole| {
        let mut message = message(MessageClass::Request, BINDING);
        message.add_attribute(Username::new(USERNAME.into()).unwrap());
        message.add_attribute(Priority::new(PRIORITY));
        message.add_attribute(IceControlling::new(TIE_BREAKER));
        message.add_attribute(UseCandidate::new());
        let integrity = MessageIntegrity::new_short_term_credential(&message, PASSWORD).unwrap();
        signed(message, integrity) == whole
    })
}

pub fn sign_allocate(whole: &[u8]) -> Way<'_> {
    Way::on(NAME, whole, |whole| {
        let username = Username::new(USER.into()).unwrap();
        let realm = Realm::new(REALM.into()).unwrap();
        let mut message = message(MessageClass::Request, ALLOCATE);
        message.add_attribute(username.clone());
        message.add_attribute(realm.clone());
        message.add_attribute(Nonce::new(NONCE.into()).unwrap());
        message.add_attribute(RequestedTransport::new(UDP));
        message.add_attribute(Lifetime::from_u32(LIFETIME));
        message.add_attribute(Software::new(SOFTWARE.into()).unwrap());
        let integrity =
            MessageIntegrity::new_long_term_credential(&message, &username, &realm, PASSWORD);
        signed(message, integrity.unwrap()) == whole
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
