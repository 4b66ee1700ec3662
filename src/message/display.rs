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

use core::fmt;

use super::Message;
use crate::attribute::AnyAttribute;
use crate::attribute::RawAttribute;
use crate::format::{Hex, Text};

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
                    write!(f, " error-code: {}", code.code().as_u16())?;
                    if let Some(name) = code.code().name() {
                        write!(f, " ({name})")?;
                    }
                    let reason = code.reason_trimmed();
                    if !reason.is_empty() && Some(reason) != code.code().name().map(str::as_bytes) {
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
            None => write!(f, "{:#06x}", self.0.ty().as_u16()),
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
            Err(error) => {
                write!(f, ": {}", Hex(self.value()))?;
                match error.value_error() {
                    Some(error) => write!(f, " ({error})"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Debug for RawAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawAttribute({self})")
    }
}
