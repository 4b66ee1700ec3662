//! Properties of [`stunwire`] that hold for every input.
//!
//! Each function takes any bytes and panics if a property does not hold. Property tests, fuzz targets
//! and the tests of published messages call the same functions. They use the public API only.

use stunwire::reply::{self, Challenge};
use stunwire::{
    Class, Code, Dialect, EncodeError, Message, MessageWriter, ParseError, RawAttribute,
};

mod agents;
mod arbiter;
pub mod attributes;
mod authentication;
mod formats;
mod keys;
mod login;
mod microsoft;
mod names;
mod relay;
mod replies;
pub mod stream;
mod turn;
mod uri;
mod writer;

pub use self::agents::agents;
pub use self::arbiter::{ALTERNATE_CRC_ENTRY, arbiter, crc32};
pub use self::attributes::{ATTRIBUTES, attributes, decodes, get_every_type, roundtrip, value};
pub use self::authentication::{verify, verify_in_every_dialect};
pub use self::formats::{DIALECTS, FORMATS, Format, MS_TURN_MAGIC_COOKIE, format_of};
pub use self::keys::keys;
pub use self::login::{login, login_one_way};
pub use self::microsoft::{microsoft, microsoft_one_way};
pub use self::relay::{relay, relay_one_way};
pub use self::replies::replies;
pub use self::writer::writer;

/// The part of a message that a property reads.
///
/// Reading every type from a message costs 80 passes over its attributes, and their text is ten times as
/// long as the message. A fuzz target, which sees each message many times, reads a part of it each time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Depth {
    /// Attributes of every type, and the texts of the message and of every attribute.
    All,
    /// The types of the first attributes and the type with this index, and the texts of one attribute and of the
    /// message in one form, which the index selects.
    Sample(u8),
}

/// The number of attributes that [`Depth::Sample`] reads, and of which it prints one.
const SAMPLE: usize = 3;

impl Depth {
    /// Whether the text of the attribute with this index is read.
    fn prints_attribute(self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Sample(choice) => index == usize::from(choice) % SAMPLE,
        }
    }

    /// Whether this of 4 forms of a message is read.
    fn prints_form(self, form: u8) -> bool {
        match self {
            Self::All => true,
            Self::Sample(choice) => choice / 4 % 4 == form,
        }
    }
}

/// Parses the bytes in every dialect: parsing, walking and printing agree with each other and with the
/// arbiter.
pub fn message(bytes: &[u8]) {
    for format in FORMATS {
        message_in(bytes, format, Depth::All);
    }
}

/// [`message`] in one dialect.
///
/// The first byte selects the dialect, the second an attribute type; the rest is the message.
pub fn parse(bytes: &[u8]) {
    if let Some(([dialect, ty], bytes)) = bytes.split_first_chunk() {
        message_in(bytes, chosen_format(*dialect), Depth::Sample(*ty));
    }
}

/// The format that a byte of the input selects.
pub(crate) fn chosen_format(choice: u8) -> Format {
    FORMATS[usize::from(choice) % FORMATS.len()]
}

pub(crate) fn message_in(bytes: &[u8], format: Format, depth: Depth) {
    arbiter::judge(bytes, format);
    read(bytes, format.dialect, depth);
    if Dialect::detect(bytes) == Some(format.dialect) {
        assert!(
            format.dialect.header(bytes).is_ok(),
            "the header is invalid in the detected dialect"
        );
    }
}

/// `header`, `parse`, `parse_prefix` and `walk` agree about the same bytes.
pub(crate) fn read(bytes: &[u8], dialect: Dialect, depth: Depth) {
    let parsed = dialect.parse(bytes);
    let walked = dialect.walk(bytes);
    assert_eq!(
        dialect.header(bytes).map_err(ParseError::Header),
        walked.as_ref().map(|(header, _)| *header).map_err(|e| *e)
    );
    let Ok((_, mut walk)) = walked else {
        let error = parsed.expect_err("a message with an invalid header was parsed");
        assert!(error.offset() <= bytes.len());
        return;
    };
    let mut end = 20;
    let mut walked = Vec::new();
    let mut error = None;
    for item in walk.by_ref() {
        assert_eq!(error, None, "an item follows the error");
        match item {
            Ok(raw) => {
                assert_eq!(raw.offset(), end, "bytes between two attributes");
                assert_eq!(bytes[raw.range()], *raw.value());
                end = raw.range().end + raw.padding().len();
                assert!(end <= bytes.len());
                if depth.prints_attribute(walked.len()) {
                    text_of(&raw);
                }
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
            valid(message, &walked, depth);
        }
        (Err(ParseError::Trailing { offset, .. }), None) => {
            assert!(!walk.rest().is_empty());
            assert_eq!(offset as usize, end);
            let (message, rest) = dialect
                .parse_prefix(bytes)
                .expect("trailing bytes are the only error");
            assert_eq!(rest, walk.rest());
            valid(message, &walked, depth);
        }
        (Err(parse), Some(walk)) => {
            assert_eq!(parse, walk);
            assert!(parse.offset() <= bytes.len());
            assert!(!parse.to_string().is_empty());
        }
        (parsed, error) => panic!("{dialect:?}: parse returned {parsed:?}, walk {error:?}"),
    }
}

/// The properties of a valid message; `walked` has the attributes that `walk` found.
pub(crate) fn valid(message: Message<'_>, walked: &[RawAttribute<'_>], depth: Depth) {
    let all: Vec<_> = message.all_attributes().collect();
    assert_eq!(all.len(), walked.len());
    for (one, other) in all.iter().zip(walked) {
        assert_eq!(one.offset(), other.offset());
        assert_eq!((one.ty(), one.value()), (other.ty(), other.value()));
        assert_eq!(one.padding(), other.padding());
    }
    let expected = not_ignored(&all, format_of(message.dialect()).trailer);
    let offsets: Vec<_> = message.attributes().map(|raw| raw.offset()).collect();
    assert_eq!(offsets, expected, "{:?}: {message:?}", message.dialect());
    if depth.prints_form(0) {
        printable(&message.to_string());
    }
    match depth {
        Depth::All => get_every_type(message),
        Depth::Sample(choice) => attributes::get_some_types(message, choice),
    }
    // These are as long as the message.
    let is_short = all.len() <= SAMPLE || matches!(depth, Depth::All);
    if is_short && depth.prints_form(1) {
        printable(&format!("{message:?}"));
    }
    if is_short && depth.prints_form(2) {
        let long = format!("{message:#}");
        assert_eq!(long.lines().count(), 1 + all.len());
        long.lines().for_each(printable);
    }
    assert!(message.unknown_required(|_| false).count() <= all.len());
    assert_eq!(message.unknown_required(|_| true).count(), 0);
    copied(message);
    answered(message);
    #[cfg(feature = "bytes")]
    owned(message);
}

/// The offsets of the attributes that are not ignored, computed independently of the library by RFC 8489 §14.5 to
/// §14.7: after an attribute of the trailer only those that follow it in the trailer.
fn not_ignored(all: &[RawAttribute<'_>], trailer: &[u16]) -> Vec<usize> {
    let mut reached = None;
    let mut offsets = Vec::new();
    for raw in all {
        let rank = trailer.iter().position(|code| *code == raw.ty().as_u16());
        if reached.is_none() || rank > reached {
            offsets.push(raw.offset());
            reached = reached.max(rank);
        }
    }
    offsets
}

/// Whether an overflow and a failed debug assertion panic in this build.
#[must_use]
pub fn checks_are_on() -> bool {
    let overflow = || core::hint::black_box(u8::MAX) + core::hint::black_box(1);
    cfg!(debug_assertions) && std::panic::catch_unwind(overflow).is_err()
}

/// A text has no control characters.
pub(crate) fn printable(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// The text forms of an attribute, decoded and not.
fn text_of(raw: &RawAttribute<'_>) {
    printable(&raw.to_string());
    printable(&format!("{raw:#}"));
    printable(&format!("{raw:?}"));
    match raw.to_any() {
        Ok(any) => {
            printable(&any.to_string());
            assert!(!format!("{any:?}").is_empty());
        }
        Err(error) => {
            assert_eq!(error.attribute(), raw.ty());
            assert_eq!(error.offset(), Some(raw.offset()));
            printable(&error.to_string());
        }
    }
}

/// Copying the raw attributes of a message reproduces it byte for byte.
fn copied(message: Message<'_>) {
    let mut buffer = vec![0xAA; message.as_bytes().len()];
    let mut copy =
        MessageWriter::verbatim(&mut buffer[..], message.header()).expect("the header fits");
    for raw in message.all_attributes() {
        copy.raw(&raw).expect("it fits");
    }
    let copy = copy.finish().expect("no integrity was started");
    assert_eq!(copy, message.as_bytes());
}

/// The replies to a request are valid error responses to it; other messages are not answered.
fn answered(message: Message<'_>) {
    let mut buffer = Vec::new();
    let challenge = Challenge::new("realm", "nonce").expect("both are short");
    let mut replies = vec![
        MessageWriter::error_to(&mut buffer, message, Code::BAD_REQUEST)
            .and_then(MessageWriter::finish)
            .map(|_| ()),
        challenge
            .unauthenticated(&message)
            .write(&mut buffer)
            .map(|_| ()),
    ];
    if let Some(reply) = reply::unknown_attributes(&message, &[]) {
        replies.push(reply.write(&mut buffer).map(|_| ()));
    }
    let ms_turn = format_of(message.dialect()).ms_turn;
    for reply in replies {
        let expected = match (message.class(), message.method().as_u16()) {
            // [MS-TURN] 2.2.1 assigns the bits of this error response to the Data indication.
            (Class::Request, 5) if ms_turn => Err(EncodeError::NoSuchMessage),
            (Class::Request, _) => Ok(()),
            _ => Err(EncodeError::NotARequest),
        };
        assert_eq!(reply, expected);
    }
    let mut left = &buffer[..];
    while !left.is_empty() {
        let (reply, rest) = message
            .dialect()
            .parse_prefix(left)
            .expect("the library wrote it");
        assert_eq!(reply.class(), Class::ErrorResponse);
        assert_eq!(reply.method(), message.method());
        assert_eq!(reply.transaction_id(), message.transaction_id());
        left = rest;
    }
}

/// An owned message has the header and the attributes of the borrowed one.
#[cfg(feature = "bytes")]
fn owned(message: Message<'_>) {
    let bytes = bytes::Bytes::copy_from_slice(message.as_bytes());
    let owned = stunwire::OwnedMessage::parse_in(bytes, message.dialect())
        .expect("the same bytes are valid");
    let again = owned.as_message();
    assert_eq!(again.header(), message.header());
    let offsets =
        |message: Message<'_>| -> Vec<_> { message.attributes().map(|raw| raw.offset()).collect() };
    assert_eq!(offsets(again), offsets(message));
}
