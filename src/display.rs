//! Messages and attributes as text, for logs and for people.
//!
//! - A [`Header`](crate::Header) prints as `Allocate Request`.
//! - A [`Message`] prints in one line, in the style of Wireshark's Info column:
//!   `Allocate Request TCP lifetime: 600 user: turn realm: TANDBERG with nonce`.
//!   With `{:#}` it prints its header, and below each attribute that there is behind its offset.
//! - A [`RawAttribute`] prints as its name and its decoded value, and with `{:#}` with its length
//!   between them.
//!
//! What a peer sent is data: characters that are not printable are escaped, bytes that are no UTF-8
//! print as `\xNN`, texts that are mostly neither as hexadecimal, and no terminal sees an escape
//! sequence. A key is never printed.

use core::fmt::{self, Write as _};

use crate::attribute::{AnyAttribute, text};
use crate::message::{Message, RawAttribute};

/// Bytes in hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Bytes as text, escaped where they cannot be shown.
pub(crate) struct Text<'a>(pub(crate) &'a [u8]);

/// The same between quotes.
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, f, |c| matches!(c, '"' | '\''))
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_binary(text::trim_nuls(self.0)) {
            return fmt::Display::fmt(&Hex(self.0), f);
        }
        f.write_char('"')?;
        escape(self.0, f, |c| c == '\'')?;
        f.write_char('"')
    }
}

/// Text with what is not printable escaped; bytes that are mostly not text, as MS-TURN's nonces and
/// user names, in hexadecimal.
fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>, plain: fn(char) -> bool) -> fmt::Result {
    if is_binary(text::trim_nuls(bytes)) {
        return fmt::Display::fmt(&Hex(bytes), f);
    }
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if plain(c) {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_debug())?;
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

/// Whether more than a quarter of the bytes cannot be shown as text.
fn is_binary(bytes: &[u8]) -> bool {
    let hidden = bytes
        .utf8_chunks()
        .map(|chunk| {
            let control = chunk.valid().chars().filter(|c| c.is_control()).count();
            chunk.invalid().len().saturating_add(control)
        })
        .fold(0_usize, usize::saturating_add);
    hidden.saturating_mul(4) > bytes.len()
}

/// One line: method and class, then what an engineer looks for first, in wire order.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.header(), f)?;
        if f.alternate() {
            return self
                .all_attributes()
                .try_for_each(|attribute| write!(f, "\n{:6}  {attribute:#}", attribute.offset()));
        }
        for attribute in self.attributes() {
            let Ok(value) = attribute.to_any() else {
                write!(f, " malformed {}", Name(&attribute))?;
                continue;
            };
            match value {
                AnyAttribute::RequestedTransport(transport) => write!(f, " {transport}")?,
                AnyAttribute::Lifetime(lifetime) => write!(f, " lifetime: {}", lifetime.as_secs())?,
                AnyAttribute::MsBandwidth(rate) => write!(f, " bandwidth: {}", rate.0)?,
                AnyAttribute::Username(user) => write!(f, " user: {}", Text(user.trimmed()))?,
                AnyAttribute::Realm(realm) => write!(f, " realm: {}", Text(realm.trimmed()))?,
                AnyAttribute::Nonce(_) => f.write_str(" with nonce")?,
                AnyAttribute::ChannelNumber(number) => write!(f, " ChannelNumber={number}")?,
                AnyAttribute::ErrorCode(code) => {
                    write!(f, " error-code: {}", code.code())?;
                    if let Some(name) = code.name() {
                        write!(f, " ({name})")?;
                    }
                    let reason = code.reason_trimmed();
                    if !reason.is_empty() && Some(reason) != code.name().map(str::as_bytes) {
                        write!(f, " {}", Text(reason))?;
                    }
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
                    write!(f, " {}: {value}", Name(&attribute))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// An attribute's name, or its code.
struct Name<'a>(&'a RawAttribute<'a>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0.ty().code()),
        }
    }
}

/// `PRIORITY: 1862270975 …`, and with `{:#}` `PRIORITY (4 bytes): …`.
impl fmt::Display for RawAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Name(self), f)?;
        if let Some(second) = self.ty().second_name() {
            write!(f, " or {second}")?;
        }
        if f.alternate() {
            write!(f, " ({} bytes)", self.value().len())?;
        }
        match self.to_any() {
            Ok(value) => write!(f, ": {value}"),
            Err(error) => write!(f, ": {} ({})", Hex(self.value()), error.source),
        }
    }
}

impl fmt::Debug for RawAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAttribute({self})")
    }
}
