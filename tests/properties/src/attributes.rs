//! Every attribute type, and the properties of its values.

use std::fmt::Display;

use stunwire::attribute::*;
use stunwire::{
    Context, Dialect, EncodeError, Header, Message, MessageWriter, Method, ParseError,
    RawAttribute, TransactionId, ValueError,
};

use crate::{Depth, FORMATS, Format, MS_TURN_MAGIC_COOKIE, SAMPLE, chosen_format, printable, read};

/// The operations on an attribute of any type.
type Call<'c> = &'c mut dyn FnMut(&dyn EncodeAttribute);

/// An attribute type with the operations that the properties need of it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The name in the registry.
    pub name: &'static str,
    /// The code, the first one where it depends on the dialect.
    pub code: AttributeType,
    /// Whether the type can be written as well as read.
    pub support: Support,
    /// Whether the code is this type's in the dialect.
    pub is_type: fn(AttributeType, Dialect) -> bool,
    /// Whether the bytes are a value of this type.
    pub decodes: fn(&[u8], Context) -> bool,
    /// Compares `get` and `get_all` with a search through the attributes.
    pub get: fn(Message<'_>),
    /// Reads the bytes as a value; writes the value and reads it again.
    pub value: fn(&[u8], Context),
    /// Reads the bytes as a value and passes it on, if they are one and it can be written.
    pub(crate) with: fn(&[u8], Context, Call<'_>),
}

/// The entry of a type that is read and written.
macro_rules! read_write {
    ($name:literal, $ty:ty) => {
        Entry {
            name: $name,
            code: <$ty as Attribute<'_>>::TYPE,
            support: Support::ReadWrite,
            is_type: |ty, dialect| <$ty as Attribute<'_>>::is_type(ty, dialect),
            decodes: |value, context| <$ty as Attribute<'_>>::decode(value, context).is_ok(),
            get: |message| get::<$ty>(message),
            value: |value, context| {
                let Some(read) = readable(<$ty as Attribute<'_>>::decode(value, context)) else {
                    return;
                };
                let written = encode(&read, context);
                in_a_message(&read, &written, context);
                let again = <$ty as Attribute<'_>>::decode(&written, context);
                assert_eq!(again.as_ref(), Ok(&read));
            },
            with: |value, context, f| {
                if let Ok(read) = <$ty as Attribute<'_>>::decode(value, context) {
                    f(&read);
                }
            },
        }
    };
}

/// The entry of a type that can be read, but is written only by a method of the writer.
macro_rules! read_only {
    ($name:literal, $ty:ty) => {
        Entry {
            name: $name,
            code: <$ty as Attribute<'_>>::TYPE,
            support: Support::Read,
            is_type: |ty, dialect| <$ty as Attribute<'_>>::is_type(ty, dialect),
            decodes: |value, context| <$ty as Attribute<'_>>::decode(value, context).is_ok(),
            get: |message| get::<$ty>(message),
            value: |value, context| {
                readable(<$ty as Attribute<'_>>::decode(value, context));
            },
            with: |_, _, _| {},
        }
    };
}

/// Every attribute type of the library, once.
///
/// The test `the_properties_know_every_typed_attribute` of the suite compares it with [`registered`].
pub const ATTRIBUTES: &[Entry] = &[
    read_write!("MAPPED-ADDRESS", MappedAddress),
    read_write!("RESPONSE-ADDRESS", ResponseAddress),
    read_write!("CHANGE-REQUEST", ChangeRequest),
    read_write!("SOURCE-ADDRESS", SourceAddress),
    read_write!("CHANGED-ADDRESS", ChangedAddress),
    read_write!("USERNAME", Username),
    read_write!("PASSWORD", Password),
    read_only!("MESSAGE-INTEGRITY", MessageIntegrity),
    read_write!("ERROR-CODE", stunwire::ErrorCode),
    read_write!("UNKNOWN-ATTRIBUTES", UnknownAttributes),
    read_write!("REFLECTED-FROM", ReflectedFrom),
    read_write!("CHANNEL-NUMBER", ChannelNumber),
    read_write!("LIFETIME", Lifetime),
    read_only!("MAGIC-COOKIE", ms::MagicCookie),
    read_write!("BANDWIDTH", ms::Bandwidth),
    read_write!("DESTINATION-ADDRESS", ms::DestinationAddress),
    read_write!("REMOTE-ADDRESS", ms::RemoteAddress),
    read_write!("XOR-PEER-ADDRESS", XorPeerAddress),
    read_write!("DATA", Data),
    read_write!("REALM", Realm),
    read_write!("NONCE", Nonce),
    read_write!("XOR-RELAYED-ADDRESS", XorRelayedAddress),
    read_write!("REQUESTED-ADDRESS-FAMILY", RequestedAddressFamily),
    read_write!("EVEN-PORT", EvenPort),
    read_write!("REQUESTED-TRANSPORT", RequestedTransport),
    read_write!("DONT-FRAGMENT", DontFragment),
    read_write!("ACCESS-TOKEN", AccessToken),
    read_only!("MESSAGE-INTEGRITY-SHA256", MessageIntegritySha256),
    read_write!("PASSWORD-ALGORITHM", PasswordAlgorithm),
    read_write!("USERHASH", UserHash),
    read_write!("XOR-MAPPED-ADDRESS", XorMappedAddress),
    read_write!("TIMER-VAL", TimerVal),
    read_write!("RESERVATION-TOKEN", ReservationToken),
    read_write!("PRIORITY", Priority),
    read_write!("USE-CANDIDATE", UseCandidate),
    read_write!("PADDING", Padding),
    read_write!("RESPONSE-PORT", ResponsePort),
    read_write!("XOR-REFLECTED-FROM", XorReflectedFrom),
    read_write!("CONNECTION-ID", ConnectionId),
    read_write!("ADDITIONAL-ADDRESS-FAMILY", AdditionalAddressFamily),
    read_write!("ADDRESS-ERROR-CODE", AddressErrorCode),
    read_write!("PASSWORD-ALGORITHMS", PasswordAlgorithms),
    read_write!("ALTERNATE-DOMAIN", AlternateDomain),
    read_write!("ICMP", Icmp),
    read_write!("MS-VERSION", ms::Version),
    read_write!("XOR-ONLY", XorOnly),
    read_write!("SOFTWARE", Software),
    read_write!("ALTERNATE-SERVER", AlternateServer),
    read_write!("TRANSACTION_TRANSMIT_COUNTER", TransactionTransmitCounter),
    read_write!("CACHE-TIMEOUT", CacheTimeout),
    read_only!("FINGERPRINT", Fingerprint),
    read_write!("ICE-CONTROLLED", IceControlled),
    read_write!("ICE-CONTROLLING", IceControlling),
    read_write!("RESPONSE-ORIGIN", ResponseOrigin),
    read_write!("OTHER-ADDRESS", OtherAddress),
    read_write!("ECN-CHECK STUN", EcnCheck),
    read_write!("THIRD-PARTY-AUTHORIZATION", ThirdPartyAuthorization),
    read_write!("ORIGIN", Origin),
    read_write!("MOBILITY-TICKET", MobilityTicket),
    read_write!("MS-ALTERNATE-HOST-NAME", ms::AlternateHostName),
    read_write!("MS-APP-ID", ms::AppId),
    read_write!("MS-SECURE-TAG", ms::SecureTag),
    read_write!("SECONDARY-ADDRESS", SecondaryAddress),
    read_write!("MS-SEQUENCE-NUMBER", ms::SequenceNumber),
    read_write!("CANDIDATE-IDENTIFIER", ms::CandidateIdentifier),
    read_write!("MS-SERVICE-QUALITY", ms::ServiceQuality),
    read_write!(
        "BANDWIDTH-ADMISSION-CONTROL-MESSAGE",
        ms::BandwidthAdmissionControlMessage
    ),
    read_write!(
        "BANDWIDTH-RESERVATION-IDENTIFIER",
        ms::BandwidthReservationIdentifier
    ),
    read_write!(
        "BANDWIDTH-RESERVATION-AMOUNT",
        ms::BandwidthReservationAmount
    ),
    read_write!("REMOTE-SITE-ADDRESS", ms::RemoteSiteAddress),
    read_write!("REMOTE-RELAY-SITE-ADDRESS", ms::RemoteRelaySiteAddress),
    read_write!("LOCAL-SITE-ADDRESS", ms::LocalSiteAddress),
    read_write!("LOCAL-RELAY-SITE-ADDRESS", ms::LocalRelaySiteAddress),
    read_write!(
        "REMOTE-SITE-ADDRESS-RESPONSE",
        ms::RemoteSiteAddressResponse
    ),
    read_write!(
        "REMOTE-RELAY-SITE-ADDRESS-RESPONSE",
        ms::RemoteRelaySiteAddressResponse
    ),
    read_write!("LOCAL-SITE-ADDRESS-RESPONSE", ms::LocalSiteAddressResponse),
    read_write!(
        "LOCAL-RELAY-SITE-ADDRESS-RESPONSE",
        ms::LocalRelaySiteAddressResponse
    ),
    read_write!("SIP-DIALOG-IDENTIFIER", ms::SipDialogIdentifier),
    read_write!("SIP-CALL-IDENTIFIER", ms::SipCallIdentifier),
    read_write!("LOCATION-PROFILE", ms::LocationProfile),
    read_write!("IMPLEMENTATION-VERSION", ms::ImplementationVersion),
    read_write!("MS-ALTERNATE-MAPPED-ADDRESS", ms::AlternateMappedAddress),
    read_write!("MULTIPLEXED-TURN-SESSION-ID", ms::MultiplexedTurnSessionId),
    read_write!("GOOG-NETWORK-INFO", GoogNetworkInfo),
    read_write!("GOOG-LAST-ICE-CHECK-RECEIVED", GoogLastIceCheckReceived),
    read_write!("GOOG-MISC-INFO", GoogMiscInfo),
    read_only!("GOOG-MESSAGE-INTEGRITY-32", GoogMessageIntegrity32),
    read_write!("META-DTLS-IN-STUN", MetaDtlsInStun),
    read_write!(
        "META-DTLS-IN-STUN-ACKNOWLEDGEMENT",
        MetaDtlsInStunAcknowledgement
    ),
    read_write!("RETRANSMIT-COUNT", RetransmitCount),
    read_write!("TURN-LOGGING-ID", TurnLoggingId),
    read_write!("MSN-MAPPED-ADDRESS", MsnMappedAddress),
    read_write!("OPTIONS", GoogOptions),
    read_write!("NOMINATION", Nomination),
];

/// The entry with this name.
///
/// # Panics
/// If there is none.
pub fn entry(name: &str) -> &'static Entry {
    ATTRIBUTES
        .iter()
        .find(|entry| entry.name == name)
        .unwrap_or_else(|| panic!("no attribute type is named {name}"))
}

/// Whether `value` is a value of the attribute type with this name.
///
/// # Panics
/// If there is no such type.
pub fn decodes(name: &str, value: &[u8], context: Context) -> bool {
    (entry(name).decodes)(value, context)
}

/// Reads the attributes of every type from a message. Does not allocate.
pub fn get_every_type(message: Message<'_>) {
    for entry in ATTRIBUTES {
        (entry.get)(message);
    }
}

/// Reads from a message the types of its first attributes, and the type with this index.
pub(crate) fn get_some_types(message: Message<'_>, choice: u8) {
    let dialect = message.dialect();
    (ATTRIBUTES[usize::from(choice) % ATTRIBUTES.len()].get)(message);
    for raw in message.all_attributes().take(SAMPLE) {
        for entry in of_code(raw.ty(), dialect) {
            (entry.get)(message);
        }
    }
}

/// The entries with this code in the dialect: more than one type may have it.
fn of_code(ty: AttributeType, dialect: Dialect) -> impl Iterator<Item = &'static Entry> {
    ATTRIBUTES
        .iter()
        .filter(move |entry| (entry.is_type)(ty, dialect))
}

/// `get` returns the first attribute of its type that is not ignored, `get_all` returns each: those under the
/// registered type, or those under the alias if there are none.
fn get<'a, T: Attribute<'a>>(message: Message<'a>) {
    let dialect = message.dialect();
    let (first, count) = search(message, T::type_in(dialect), T::alias_in(dialect));
    assert_eq!(message.get_all::<T>().count(), count);
    let expected = first.map_or(Ok(false), |raw| raw.decode::<T>().map(|_| true));
    assert_eq!(message.get::<T>().map(|value| value.is_some()), expected);
}

/// The first attribute of a type, and the number of them: those under the registered type, or those under the
/// alias if there are none.
fn search<'a>(
    message: Message<'a>,
    registered: Option<AttributeType>,
    alias: Option<AttributeType>,
) -> (Option<RawAttribute<'a>>, usize) {
    let of = |ty| {
        let mut found = message.attributes().filter(move |raw| Some(raw.ty()) == ty);
        let first = found.next();
        (first, found.count() + usize::from(first.is_some()))
    };
    match of(registered) {
        (None, _) => of(alias),
        found => found,
    }
}

/// Every value that can be read can be written, and the result is read as an equal value.
///
/// The first 16 bytes are the transaction ID, the rest is the value.
pub fn roundtrip(bytes: &[u8]) {
    let Some((id, value)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    for format in FORMATS {
        for entry in ATTRIBUTES {
            (entry.value)(value, context_of(format, id));
        }
    }
}

/// [`roundtrip`] of one type in one dialect.
///
/// The first byte selects the dialect, the next two are the type; the next 16 are the transaction ID, the
/// rest is the value.
pub fn value(bytes: &[u8]) {
    let Some(([dialect, t0, t1, id @ ..], value)) = bytes.split_first_chunk::<19>() else {
        return;
    };
    let format = chosen_format(*dialect);
    let entry = chosen_entry(u16::from_be_bytes([*t0, *t1]), format.dialect);
    let id = id.first_chunk().expect("19 - 3 bytes");
    (entry.value)(value, context_of(format, id));
}

/// The entry with this code in the dialect, or another one.
pub(crate) fn chosen_entry(code: u16, dialect: Dialect) -> &'static Entry {
    of_code(AttributeType::new(code), dialect)
        .next()
        .unwrap_or(&ATTRIBUTES[usize::from(code) % ATTRIBUTES.len()])
}

pub(crate) fn context_of(format: Format, id: &[u8; 16]) -> Context {
    let id = if format.cookie {
        let [_, _, _, _, id @ ..] = *id;
        TransactionId::new(id)
    } else {
        TransactionId::classic(*id)
    };
    Context::new(id, format.dialect)
}

/// A value has a printable text form, and so has the error of a value that cannot be read.
fn readable<T: Display>(read: Result<T, ValueError>) -> Option<T> {
    let text: &dyn Display = match &read {
        Ok(value) => value,
        Err(error) => error,
    };
    printable(&text.to_string());
    read.ok()
}

/// Encodes into two buffers with different contents, so that a byte that is not written shows.
fn encode(value: &dyn EncodeAttribute, context: Context) -> Vec<u8> {
    let len = value.value_len(context);
    let mut one = vec![0xAA; len];
    let mut other = vec![0x55; len];
    value.encode(&mut one, context);
    value.encode(&mut other, context);
    assert_eq!(one, other, "a byte was not written");
    one
}

/// Written into a message, the attribute has the dialect's code and the encoded value, padded as the
/// dialect prescribes; padding after the value is zero.
fn in_a_message(attribute: &dyn EncodeAttribute, value: &[u8], context: Context) {
    let dialect = context.dialect;
    let format = crate::format_of(dialect);
    let header = Header::request(Method::BINDING, context.transaction_id).in_dialect(dialect);
    let mut buffer = Vec::new();
    let mut writer = MessageWriter::new(&mut buffer, header).expect("a Vec grows");
    let before = writer.len();
    let refused = writer.attribute(attribute).map(|_| ()).err();
    let bytes = writer.finish().expect("no integrity was started");
    let message = dialect.parse(bytes).expect("the writer made it");
    let Some(ty) = attribute.wire_type(dialect) else {
        assert_eq!(refused, Some(EncodeError::NotInDialect));
        assert_eq!(message.as_bytes().len(), before);
        return;
    };
    if let Some(EncodeError::EmptyList { attribute }) = refused {
        // RFC 8489 §14.11: a list has an entry. An empty one can be read and not written.
        assert_eq!(attribute, AttributeType::PASSWORD_ALGORITHMS);
        assert_eq!(value, b"");
        assert_eq!(message.as_bytes().len(), before);
        return;
    }
    if let Some(EncodeError::ValueTooLong { attribute, max, .. }) = refused {
        // [MS-TURN] 2.2.2.10 and 2.2.2.11: REALM and NONCE have at most 128 bytes.
        assert!(dialect.to_string().starts_with("ms-turn"), "{dialect}");
        // Their codes, in either order.
        assert!(
            [0x0014, 0x0015].contains(&attribute.as_u16()),
            "{attribute}"
        );
        assert_eq!(max, 128);
        assert!(value.len() > 128);
        assert_eq!(message.as_bytes().len(), before);
        return;
    }
    if let Some(error) = refused {
        match error {
            EncodeError::TooLong { .. } => assert!(value.len() + before > 65_535 - 4),
            // [MS-TURN] 2.2.2.13 and 2.2.2.14 limit NONCE and REALM to 128 bytes.
            EncodeError::ValueTooLong { max: 128, .. } => {
                assert_eq!(dialect.unpadded(), Dialect::MS_TURN.unpadded());
                assert!(value.len() > 128);
            }
            // RFC 8489 §14.11 requires an algorithm.
            EncodeError::EmptyList { .. } => assert_eq!(value, b""),
            error => panic!("{error:?}"),
        }
        assert_eq!(message.as_bytes().len(), before);
        return;
    }
    let raw = message.all_attributes().last().expect("just written");
    assert_eq!(raw.ty(), ty);
    let (encoded, padding_inside) = raw.value().split_at(value.len());
    assert_eq!(encoded, value);
    if format.padding_inside {
        assert!(padding_inside.len() < 4);
    } else {
        assert_eq!(padding_inside, b"");
    }
    assert!(raw.padding().iter().all(|byte| *byte == 0));
    assert_eq!(
        raw.padding().is_empty(),
        !format.padded || raw.value().len() % 4 == 0
    );
    one_byte_short(attribute, header, message.as_bytes());
}

/// In a slice that is one byte too short the attribute is refused, and the message without it is
/// valid. A slice of the exact length is enough.
fn one_byte_short(attribute: &dyn EncodeAttribute, header: Header, whole: &[u8]) {
    let mut short = vec![0xAA; whole.len() - 1];
    let mut writer = MessageWriter::new(&mut short[..], header).expect("the header fits");
    let error = writer.attribute(attribute).map(|_| ()).err();
    assert!(
        matches!(error, Some(EncodeError::BufferFull { .. })),
        "{error:?}"
    );
    let message = writer.finish().expect("no integrity was started");
    assert!(header.dialect().parse(message).is_ok());
    let mut exact = vec![0xAA; whole.len()];
    let mut writer = MessageWriter::new(&mut exact[..], header).expect("the header fits");
    writer.attribute(attribute).expect("it fits");
    assert_eq!(writer.finish().expect("no integrity was started"), whole);
}

/// A message with any attributes is valid if its lengths are, and holds the properties of
/// [`message`](crate::message).
///
/// The first byte selects the dialect and the class, the next 16 are the transaction ID. The rest
/// is a sequence of an index into [`ATTRIBUTES`], a length and a value; the length 255 stands for the next
/// two bytes.
pub fn attributes(bytes: &[u8]) {
    let Some(([choice, id @ ..], mut left)) = bytes.split_first_chunk::<17>() else {
        return;
    };
    let format = chosen_format(*choice);
    let kind = [0x0001_u16, 0x0011, 0x0101, 0x0111][usize::from(choice / 10 % 4)];
    let mut message = kind.to_be_bytes().to_vec();
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(id);
    if format.cookie {
        message[4..8].copy_from_slice(&stunwire::MAGIC_COOKIE.to_be_bytes());
    }
    if format.ms_turn {
        message.extend_from_slice(&MS_TURN_MAGIC_COOKIE);
    }
    while let [index, length, rest @ ..] = left {
        let ty = ATTRIBUTES[usize::from(*index) % ATTRIBUTES.len()].code;
        let (length, rest) = match (*length, rest) {
            (255, [l0, l1, rest @ ..]) => (u16::from_be_bytes([*l0, *l1]), rest),
            (length, rest) => (length.into(), rest),
        };
        let (value, rest) = rest.split_at(usize::from(length).min(rest.len()));
        left = rest;
        message.extend_from_slice(&ty.as_u16().to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        message.extend_from_slice(value);
        if format.padded {
            message.resize(message.len().next_multiple_of(4), *index);
        }
    }
    let Ok(length) = u16::try_from(message.len() - 20) else {
        return;
    };
    message[2..4].copy_from_slice(&length.to_be_bytes());
    match format.dialect.parse(&message) {
        Ok(_) => read(&message, format.dialect, Depth::Sample(*choice)),
        // The input may have chosen MAGIC-COOKIE as the first attribute.
        Err(error) => assert_eq!(error, ParseError::MsTurn, "{message:02x?}"),
    }
}
