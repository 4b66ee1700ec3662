//! Messages and attributes as text, for logs and dissectors.
//!
//! - A [`Header`](crate::Header) is printed as `Allocate Request`.
//! - A [`Message`] is printed in one line, in the style of Wireshark's Info column:
//!   `Allocate Request TCP lifetime: 600 user: "turn" realm: "example.org" with nonce`.
//!   With `{:#}` it is printed with its transaction id and one line for each attribute.
//! - A [`RawAttribute`] is printed as its name and its decoded value; with `{:#}` the length is added, and
//!   long values are not abbreviated.
//!
//! Data from a peer cannot imitate other output: text is in quotes and escaped, bytes that are mostly not text
//! are in hexadecimal without quotes, and control characters are never printed. Passwords and keys are never
//! printed.

use core::fmt;

use super::Message;
use crate::attribute::{AnyAttribute, RawAttribute};
use crate::format::{Bytes, Quoted};

/// Number of attributes after which the one-line form is abbreviated.
const MAX_ATTRIBUTES: usize = 32;

/// Prints one line: method and class, then the most informative attributes in wire order, abbreviated after
/// 32 attributes.
///
/// With `{:#}` it prints method, class and transaction id, then one line for each attribute with its offset, and
/// abbreviates nothing.
///
/// ```
/// use stunwire::Message;
///
/// let packet = b"\x00\x03\x00\x18\x21\x12\xa4\x42abcdefghijkl\
///                \x00\x19\x00\x04\x11\0\0\0\x00\x06\x00\x0bbob \"x\" \x1b[0\0";
/// let message = Message::parse(packet)?;
/// assert_eq!(
///     message.to_string(),
///     r#"Allocate Request UDP user: "bob \"x\" \u{1b}[0""#
/// );
/// assert_eq!(
///     format!("{message:#}"),
///     "Allocate Request, transaction 6162636465666768696a6b6c
///     20  REQUESTED-TRANSPORT (4 bytes): UDP
///     28  USERNAME (11 bytes): \"bob \\\"x\\\" \\u{1b}[0\""
/// );
/// # Ok::<(), stunwire::Error>(())
/// ```
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.header(), f)?;
        if f.alternate() {
            write!(f, ", transaction {}", self.transaction_id())?;
            return self
                .all_attributes()
                .try_for_each(|attribute| write!(f, "\n{:6}  {attribute:#}", attribute.offset()));
        }
        let mut attributes = self.attributes();
        attributes
            .by_ref()
            .take(MAX_ATTRIBUTES)
            .try_for_each(|attribute| summary(&attribute, f))?;
        match attributes.count() {
            0 => Ok(()),
            more => write!(f, " … and {more} more attributes"),
        }
    }
}

/// Writes the part of an attribute that the one-line form of a message shows, if there is one.
fn summary(attribute: &RawAttribute<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Ok(value) = attribute.to_any() else {
        return write!(f, " malformed {}", Name(attribute));
    };
    match value {
        AnyAttribute::RequestedTransport(transport) => write!(f, " {transport}"),
        AnyAttribute::Lifetime(lifetime) => write!(f, " lifetime: {}", lifetime.0),
        AnyAttribute::MsBandwidth(rate) => write!(f, " bandwidth: {}", rate.0),
        AnyAttribute::Username(user) => write!(f, " user: {}", Quoted(user.trimmed())),
        AnyAttribute::Realm(realm) => write!(f, " realm: {}", Quoted(realm.trimmed())),
        AnyAttribute::Nonce(_) => f.write_str(" with nonce"),
        AnyAttribute::ChannelNumber(number) => write!(f, " ChannelNumber={number}"),
        AnyAttribute::ErrorCode(error) => {
            write!(f, " error-code: {}", error.code().as_u16())?;
            let name = error.code().name();
            if let Some(name) = name {
                write!(f, " ({name})")?;
            }
            let reason = error.reason_trimmed();
            if reason.is_empty() || Some(reason) == name.map(str::as_bytes) {
                return Ok(());
            }
            write!(f, " {}", Quoted(reason))
        }
        AnyAttribute::MappedAddress(_)
        | AnyAttribute::XorMappedAddress(_)
        | AnyAttribute::XorPeerAddress(_)
        | AnyAttribute::XorRelayedAddress(_)
        | AnyAttribute::ResponseOrigin(_)
        | AnyAttribute::OtherAddress(_)
        | AnyAttribute::AlternateServer(_)
        | AnyAttribute::MsDestinationAddress(_)
        | AnyAttribute::MsRemoteAddress(_)
        | AnyAttribute::MsAlternateMappedAddress(_) => {
            write!(f, " {}: {value}", Name(attribute))
        }
        _ => Ok(()),
    }
}

/// The name of an attribute, or its code.
struct Name<'a>(&'a RawAttribute<'a>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0.ty().as_u16()),
        }
    }
}

/// Prints `PRIORITY: 1862270975 …`, with long values abbreviated.
///
/// With `{:#}` it prints `PRIORITY (4 bytes): …`, and abbreviates nothing.
impl fmt::Display for RawAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Name(self), f)?;
        if let Some(second) = self.ty().second_name() {
            write!(f, " or {second}")?;
        }
        if f.alternate() {
            write!(f, " ({} bytes)", self.value().len())?;
        }
        f.write_str(": ")?;
        match self.to_any() {
            Ok(value) => fmt::Display::fmt(&value, f),
            Err(error) => {
                fmt::Display::fmt(&Bytes(self.value()), f)?;
                match error.value_error() {
                    Some(error) => write!(f, " ({error})"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Prints for example `RawAttribute(PRIORITY: …)`.
impl fmt::Debug for RawAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAttribute({self})")
    }
}
