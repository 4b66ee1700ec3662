//! What must hold for all bytes: the laws that proptest, the fuzz targets and the vectors run.
//!
//! Each function panics when its law is broken. Not part of the API.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{Debug, Display};

use crate::attribute::registry::{attributes, second_owners};
use crate::attribute::{self, Attribute, AttributeType, EncodeAttribute, ErrorCode};
use crate::{
    Class, Context, Dialect, EncodeError, Header, Message, MessageWriter, Method, ParseError,
    RawAttribute, TransactionId, ValueError, reply,
};

mod authentication;
mod microsoft;
mod replies;
pub mod stream;

pub use self::authentication::verify;
pub use self::microsoft::microsoft;
pub use self::replies::replies;

/// Every dialect that there is.
pub const DIALECTS: [Dialect; 10] = [
    Dialect::RFC8489,
    Dialect::RFC8489.unpadded(),
    Dialect::RFC3489,
    Dialect::RFC3489.padded(),
    Dialect::MS_TURN,
    Dialect::MS_TURN.padded(),
    Dialect::MS_ICE2,
    Dialect::MS_ICE2.unpadded(),
    Dialect::MS_ICE2_LEGACY,
    Dialect::MS_ICE2_LEGACY.unpadded(),
];

/// Reading: whatever the bytes, in every dialect.
pub fn message(bytes: &[u8]) {
    let detected = Dialect::detect(bytes);
    for dialect in DIALECTS {
        read(bytes, dialect);
        if detected == Some(dialect) {
            assert!(
                dialect.header(bytes).is_ok(),
                "detected what does not stand"
            );
        }
    }
}

/// What parse, prefix and walk say of the same bytes agrees.
fn read(bytes: &[u8], dialect: Dialect) {
    let parsed = dialect.parse(bytes);
    let walked = dialect.walk(bytes);
    assert_eq!(
        dialect.header(bytes).map_err(ParseError::Header),
        walked.as_ref().map(|(header, _)| *header).map_err(|e| *e)
    );
    let Ok((_, mut walk)) = walked else {
        let error = parsed.expect_err("a header that does not stand parsed");
        assert!(error.offset() <= bytes.len());
        return;
    };
    let mut end = 20;
    let mut walked = Vec::new();
    let mut error = None;
    for item in walk.by_ref() {
        assert_eq!(error, None, "something behind the error");
        match item {
            Ok(raw) => {
                assert_eq!(raw.offset(), end, "bytes between attributes");
                assert_eq!(bytes[raw.range()], *raw.value());
                end = raw.range().end + raw.padding().len();
                assert!(end <= bytes.len());
                shown(&raw);
                walked.push(raw);
            }
            Err(found) => error = Some(found),
        }
    }
    assert!(walk.next().is_none());
    assert!(bytes.ends_with(walk.rest()));
    assert_eq!(end + walk.rest().len(), bytes.len());
    match (parsed, error) {
        (Ok(message), None) => {
            assert_eq!(walk.rest(), b"");
            whole(message, &walked);
        }
        (Err(ParseError::Trailing { offset, .. }), None) => {
            assert!(!walk.rest().is_empty());
            assert_eq!(offset as usize, end);
            let (message, rest) = dialect.parse_prefix(bytes).expect("only the rest is wrong");
            assert_eq!(rest, walk.rest());
            whole(message, &walked);
        }
        (Err(parse), Some(walk)) => {
            assert_eq!(parse, walk);
            assert!(parse.offset() <= bytes.len());
            assert!(!parse.to_string().is_empty());
        }
        (parsed, error) => panic!("{dialect:?}: parse says {parsed:?}, walk {error:?}"),
    }
}

/// A message that stands, with its attributes as the walk has seen them.
fn whole(message: Message<'_>, walked: &[RawAttribute<'_>]) {
    let all: Vec<_> = message.all_attributes().collect();
    assert_eq!(all.len(), walked.len());
    for (one, other) in all.iter().zip(walked) {
        assert_eq!(one.offset(), other.offset());
        assert_eq!((one.ty(), one.value()), (other.ty(), other.value()));
        assert_eq!(one.padding(), other.padding());
    }
    let visible = visible(&all);
    let seen: Vec<_> = message.attributes().map(|raw| raw.offset()).collect();
    assert_eq!(seen, visible, "{message:?}");
    typed(message);
    printable(&message.to_string());
    printable(&format!("{message:?}"));
    let long = format!("{message:#}");
    assert_eq!(long.lines().count(), 1 + all.len());
    long.lines().for_each(printable);
    assert!(message.unknown_required(|_| false).count() <= all.len());
    assert_eq!(message.unknown_required(|_| true).count(), 0);
    replayed(message);
    answered(message);
    #[cfg(feature = "bytes")]
    owned(message);
}

/// Where the attributes stand that an agent may look at, by RFC 8489 §14.5 to §14.7 read anew:
/// behind one of the three, only one of the three with a higher rank.
fn visible(all: &[RawAttribute<'_>]) -> Vec<usize> {
    let mut reached = 0;
    let mut visible = Vec::new();
    for raw in all {
        let rank = match raw.ty().code() {
            0x0008 => 1,
            0x001C => 2,
            0x8028 => 3,
            _ => 0,
        };
        if reached == 0 || rank > reached {
            visible.push(raw.offset());
            reached = reached.max(rank);
        }
    }
    visible
}

/// Nothing that a terminal would obey.
fn printable(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn shown(raw: &RawAttribute<'_>) {
    printable(&raw.to_string());
    printable(&format!("{raw:#}"));
    printable(&format!("{raw:?}"));
    match raw.to_any() {
        Ok(any) => {
            printable(&any.to_string());
            assert!(!format!("{any:?}").is_empty());
        }
        Err(error) => {
            assert_eq!(error.attribute, raw.ty());
            assert_eq!(error.offset as usize, raw.offset());
            printable(&error.to_string());
        }
    }
}

/// `get` gives the first that is visible, `get_all` all of them.
fn got<'a, T: Attribute<'a>>(message: Message<'a>) {
    let dialect = message.dialect();
    let mine = |raw: &RawAttribute<'_>| T::is_type(raw.ty(), dialect);
    let count = message.attributes().filter(mine).count();
    assert_eq!(message.get_all::<T>().count(), count);
    match (message.get::<T>(), message.attributes().find(mine)) {
        (Ok(None), None) => {}
        (got, Some(first)) => {
            assert_eq!(got.map(|_| ()).err(), first.decode::<T>().map(|_| ()).err());
        }
        (_, None) => panic!("got what is not there"),
    }
}

macro_rules! expand_typed {
    ($([$($codes:tt)*] $direction:ident $constant:ident $name:literal $variant:ident($ty:ty) $fill:ident $source:literal;)+) => {
        fn typed<'a>(message: Message<'a>) {
            $( got::<$ty>(message); )+
        }

        /// A value of every type that can be read from these bytes, written and read again.
        fn values<'a>(value: &'a [u8], context: Context) {
            $( value_law!($direction $ty, value, context); )+
            second_values(value, context);
        }

        /// Every type, with its name: what the grids run over.
        pub const TYPES: &[(AttributeType, &str)] = &[
            $( (AttributeType::$constant, $name), )+
        ];

        /// Reads `value` as the type with this name; whether it is one.
        pub fn decodes<'a>(name: &str, value: &'a [u8], context: Context) -> Option<bool> {
            match name {
                $( $name => Some(<$ty as Attribute<'_>>::decode(value, context).is_ok()), )+
                _ => None,
            }
        }
    };
}

/// A value of this type that can be read from these bytes, written and read again.
macro_rules! value_law {
    (both $ty:ty, $value:expr, $context:expr) => {{
        fn written<'a>(value: &'a [u8], context: Context) -> Option<Vec<u8>> {
            let read = readable(<$ty as Attribute<'a>>::decode(value, context))?;
            let written = encode(&read, context);
            in_a_message(&read, &written, context);
            Some(written)
        }
        fn same<'a>(one: &'a [u8], other: &'a [u8], context: Context) {
            let read = |bytes| <$ty as Attribute<'a>>::decode(bytes, context);
            assert_eq!(read(one), read(other));
        }
        if let Some(written) = written($value, $context) {
            same($value, &written, $context);
        }
    }};
    (read $ty:ty, $value:expr, $context:expr) => {
        readable(<$ty as Attribute<'_>>::decode($value, $context));
    };
}

attributes!(expand_typed);

macro_rules! expand_second {
    ($($code:literal $constant:ident $name:literal $ty:ty, $source:literal;)+) => {
        /// The same for the types that share a code with another.
        fn second_values(value: &[u8], context: Context) {
            $( value_law!(both $ty, value, context); )+
        }
    };
}

second_owners!(expand_second);

/// Re-emitted through the raw path, a message is what it was, byte for byte.
fn replayed(message: Message<'_>) {
    let mut buffer = vec![0xAA; message.as_bytes().len()];
    let mut copy = MessageWriter::replay(&mut buffer[..], message.header()).expect("a header");
    for raw in message.all_attributes() {
        copy.raw(&raw).expect("as long as it was");
    }
    assert_eq!(copy.finish().expect("whole"), message.as_bytes());
}

/// The replies to whatever it is: a message or an error, and small.
fn answered(message: Message<'_>) {
    let mut buffer = Vec::new();
    let replies: [Result<(), EncodeError>; 3] = [
        MessageWriter::error_to(&mut buffer, &message, ErrorCode::BAD_REQUEST)
            .and_then(MessageWriter::finish)
            .map(|_| ()),
        reply::unauthenticated(&mut buffer, &message, "realm", "nonce"),
        reply::unknown_attributes(&mut buffer, &message, message.unknown_required(|_| false)),
    ];
    for reply in replies {
        let expected = match (message.class(), message.method().number()) {
            // MS-TURN has the bits of this error response for its Data indication.
            (Class::Request, 5) if message.dialect().rules().magic => {
                Err(EncodeError::NoSuchMessage)
            }
            (Class::Request, _) => Ok(()),
            _ => Err(EncodeError::NotARequest),
        };
        assert_eq!(reply, expected);
    }
    let mut left = &buffer[..];
    while !left.is_empty() {
        let (reply, behind) = message.dialect().parse_prefix(left).expect("our own reply");
        assert_eq!(reply.class(), Class::ErrorResponse);
        assert_eq!(reply.method(), message.method());
        assert_eq!(reply.transaction_id(), message.transaction_id());
        left = behind;
    }
}

#[cfg(feature = "bytes")]
fn owned(message: Message<'_>) {
    let bytes = bytes::Bytes::copy_from_slice(message.as_bytes());
    let owned = crate::OwnedMessage::parse_as(bytes, message.dialect()).expect("as before");
    let again = owned.as_message();
    assert_eq!(again.header(), message.header());
    assert!(again.attributes().count() == message.attributes().count());
}

/// Writing: every value that can be read can be written, and is then read as the same.
///
/// The first 16 bytes are the transaction id, the others the value.
pub fn roundtrip(bytes: &[u8]) {
    let Some((id, rest)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    for dialect in DIALECTS {
        let id = if dialect.rules().cookie {
            let [_, _, _, _, id @ ..] = *id;
            TransactionId::new(id)
        } else {
            TransactionId::classic(*id)
        };
        values(rest, Context::new(id, dialect));
    }
}

/// What was read prints, and so does what could not be.
fn readable<T: Display + Debug>(read: Result<T, ValueError>) -> Option<T> {
    match read {
        Ok(value) => {
            printable(&value.to_string());
            Some(value)
        }
        Err(error) => {
            printable(&error.to_string());
            None
        }
    }
}

/// Encodes into buffers that held different bytes: every byte must have been written.
fn encode(value: &dyn EncodeAttribute, context: Context) -> Vec<u8> {
    let len = value.value_len(context);
    let mut one = vec![0xAA; len];
    let mut other = vec![0x55; len];
    value.encode(&mut one, context);
    value.encode(&mut other, context);
    assert_eq!(one, other, "a byte was not written");
    one
}

/// Written as an attribute, a value stands in the message as it was encoded, under the dialect's
/// code, stretched where the dialect stretches and padded with zeros where it pads.
fn in_a_message(attribute: &dyn EncodeAttribute, value: &[u8], context: Context) {
    let dialect = context.dialect;
    let header = Header::request(Method::BINDING, context.transaction_id).in_dialect(dialect);
    let mut buffer = Vec::new();
    let mut writer = MessageWriter::new(&mut buffer, header).expect("room");
    let before = writer.len();
    let refused = writer.attribute(attribute).map(|_| ()).err();
    let bytes = writer.finish().expect("no tag was written");
    let message = dialect.parse(bytes).expect("our own message");
    let Some(ty) = attribute.wire_type(dialect) else {
        assert_eq!(refused, Some(EncodeError::NotInDialect));
        assert_eq!(message.as_bytes().len(), before);
        return;
    };
    if let Some(error) = refused {
        assert!(matches!(error, EncodeError::TooLong { .. }), "{error:?}");
        assert!(value.len() + before > 65_535 - 4);
        assert_eq!(message.as_bytes().len(), before);
        return;
    }
    let raw = message.all_attributes().last().expect("just written");
    assert_eq!(raw.ty(), ty);
    let (front, filling) = raw.value().split_at(value.len());
    assert_eq!(front, value);
    if dialect.rules().fill {
        assert!(filling.len() < 4);
    } else {
        assert_eq!(filling, b"");
    }
    assert!(raw.padding().iter().all(|byte| *byte == 0));
    assert_eq!(
        raw.padding().is_empty(),
        !dialect.is_padded() || raw.value().len() % 4 == 0
    );
    too_small(attribute, header, message.as_bytes());
}

/// In a slice that is one byte short the attribute is refused, and the rest still stands.
fn too_small(attribute: &dyn EncodeAttribute, header: Header, whole: &[u8]) {
    let mut short = vec![0xAA; whole.len() - 1];
    let mut writer = MessageWriter::new(&mut short[..], header).expect("room for the header");
    let error = writer.attribute(attribute).map(|_| ()).err();
    assert!(
        matches!(error, Some(EncodeError::BufferFull { .. })),
        "{error:?}"
    );
    let message = writer.finish().expect("no tag was written");
    assert!(header.dialect().parse(message).is_ok());
    let mut exact = vec![0xAA; whole.len()];
    let mut writer = MessageWriter::new(&mut exact[..], header).expect("room for the header");
    writer.attribute(attribute).expect("as long as before");
    assert_eq!(writer.finish().expect("no tag was written"), whole);
}

/// Asks the message for every type that there is; nothing is kept.
pub fn get_all_types(message: Message<'_>) {
    fn ask<'a, T: Attribute<'a>>(message: Message<'a>) {
        let _ = message.get::<T>();
    }
    macro_rules! ask_each {
        ($([$($codes:tt)*] $direction:ident $constant:ident $name:literal $variant:ident($ty:ty) $fill:ident $source:literal;)+) => {
            fn all<'a>(message: Message<'a>) {
                $( ask::<$ty>(message); )+
            }
        };
    }
    attributes!(ask_each);
    all(message);
}

/// Attributes: whatever the values, in a message that stands.
///
/// The first byte chooses the dialect and the kind of message, the next 16 are its id; then come an
/// index into the registry, a length and a value, again and again.
pub fn attributes(bytes: &[u8]) {
    let Some(([choice, id @ ..], mut left)) = bytes.split_first_chunk::<17>() else {
        return;
    };
    let dialect = DIALECTS[usize::from(choice % 10)];
    let kind = [0x0001_u16, 0x0011, 0x0101, 0x0111][usize::from(choice / 10 % 4)];
    let mut message = kind.to_be_bytes().to_vec();
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(id);
    if dialect.rules().cookie {
        message[4..8].copy_from_slice(&crate::MAGIC_COOKIE.to_be_bytes());
    }
    if dialect.rules().magic {
        message.extend_from_slice(&crate::dialect::MAGIC_COOKIE_ATTRIBUTE);
    }
    while let [index, length, behind @ ..] = left {
        let (ty, _) = TYPES[usize::from(*index) % TYPES.len()];
        let (value, behind) = behind.split_at(usize::from(*length).min(behind.len()));
        left = behind;
        message.extend_from_slice(&ty.code().to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        message.extend_from_slice(value);
        if dialect.is_padded() {
            message.resize(message.len().next_multiple_of(4), *index);
        }
    }
    let Ok(length) = u16::try_from(message.len() - 20) else {
        return;
    };
    message[2..4].copy_from_slice(&length.to_be_bytes());
    match dialect.parse(&message) {
        Ok(_) => read(&message, dialect),
        // The bytes may have chosen MAGIC-COOKIE for the first attribute.
        Err(error) => assert_eq!(error, ParseError::MsTurn, "{message:02x?}"),
    }
}
