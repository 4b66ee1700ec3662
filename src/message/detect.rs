//! Parsing in a dialect, and detecting the dialect of a datagram.

use super::{Message, TryAttributes};
use crate::attribute::ms::{CandidateIdentifier, ImplementationVersion};
use crate::dialect::{Dialect, MAGIC_COOKIE_ATTRIBUTE};
use crate::error::{HeaderError, ParseError};
use crate::header::Header;
use crate::transaction_id::TransactionId;
use crate::wire::{self, Incomplete, RawHeader};

impl Dialect {
    /// Parses a message that fills `bytes`.
    ///
    /// # Errors
    /// As in [`Message::parse`].
    #[inline]
    pub fn parse(self, bytes: &[u8]) -> Result<Message<'_>, ParseError> {
        Message::parse_in(bytes, self)
    }

    /// Parses the message at the start of `bytes` and returns it with the bytes that follow.
    ///
    /// ```
    /// use stunwire::Dialect;
    ///
    /// let bytes = b"\x00\x01\x00\x00 16 bytes as id , and more";
    /// let (message, rest) = Dialect::RFC3489.parse_prefix(bytes)?;
    /// assert_eq!((message.as_bytes().len(), rest), (20, &b", and more"[..]));
    /// # Ok::<(), stunwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// As in [`Message::parse_prefix`].
    #[inline]
    pub fn parse_prefix(self, bytes: &[u8]) -> Result<(Message<'_>, &[u8]), ParseError> {
        Message::parse_prefix_in(bytes, self)
    }

    /// Parses only the header.
    ///
    /// ```
    /// use stunwire::{Dialect, Method};
    ///
    /// // The attributes are invalid.
    /// let packet = b"\x00\x01\x00\x04 16 bytes as id \xff\xff\xff\xff";
    /// let header = Dialect::RFC3489.header(packet)?;
    /// assert_eq!(header.method(), Method::BINDING);
    /// # Ok::<(), stunwire::HeaderError>(())
    /// ```
    ///
    /// # Errors
    /// As in [`Header::parse`]; the magic cookie is checked only if the dialect has it.
    #[inline]
    pub fn header(self, bytes: &[u8]) -> Result<Header, HeaderError> {
        self.raw_header(bytes)
            .map(|(header, _)| Header::from_wire(header, self))
    }

    /// Parses the header and returns an iterator that parses one attribute at a time, so that the attributes
    /// before an error remain available, for example in a dissector.
    ///
    /// # Errors
    /// If the header is invalid.
    ///
    /// ```
    /// use stunwire::Dialect;
    ///
    /// // PRIORITY, then a truncated USERNAME.
    /// let packet = b"\x00\x01\x00\x14\x21\x12\xa4\x42abcdefghijkl\
    ///                \x00\x24\x00\x04\x6e\x00\x01\xff\x00\x06\x00\x09evtj";
    /// let (header, mut attributes) = Dialect::RFC8489.walk(packet)?;
    /// assert_eq!(header.to_string(), "Binding Request");
    /// let priority = attributes.next().expect("one attribute is complete")?;
    /// assert_eq!(priority.name(), Some("PRIORITY"));
    /// assert!(attributes.next().expect("then the error").is_err());
    /// assert_eq!(attributes.next().is_none(), true);
    /// assert_eq!(attributes.rest(), b"\x00\x06\x00\x09evtj");
    /// # Ok::<(), stunwire::ParseError>(())
    /// ```
    #[inline]
    pub fn walk(self, bytes: &[u8]) -> Result<(Header, TryAttributes<'_>), ParseError> {
        let (header, _) = self.raw_header(bytes)?;
        let attributes = TryAttributes::new(header, bytes, self);
        Ok((Header::from_wire(header, self), attributes))
    }

    /// Detects the dialect of a datagram from its bytes. `None` if they do not determine it.
    ///
    /// - MAGIC-COOKIE as the first attribute means MS-TURN, whatever the header holds: Teams puts the
    ///   RFC's magic cookie there as well.
    /// - With the RFC's magic cookie, IMPLEMENTATION-VERSION distinguishes MS-ICE2 (3 and above) from its
    ///   legacy form. CANDIDATE-IDENTIFIER without an IMPLEMENTATION-VERSION also means the legacy form.
    ///   Every other message is of RFC 8489, unpadded if its attributes are valid only without padding.
    /// - `None` otherwise. A message of RFC 3489 cannot be recognized: use [`Dialect::RFC3489`] if the port or
    ///   the peer implies it.
    #[must_use]
    pub fn detect(datagram: &[u8]) -> Option<Self> {
        // The header of MS-TURN need not have the magic cookie, so this accepts all headers.
        let (_, attributes) = Self::MS_TURN.raw_header(datagram).ok()?;
        if attributes.first_chunk() == Some(&MAGIC_COOKIE_ATTRIBUTE) {
            let is_valid = |dialect: Self| dialect.parse_prefix(datagram).is_ok();
            let padded = !is_valid(Self::MS_TURN) && is_valid(Self::MS_TURN.padded());
            return Some(if padded {
                Self::MS_TURN.padded()
            } else {
                Self::MS_TURN
            });
        }
        Self::RFC8489.header(datagram).ok()?;
        let message = [Self::RFC8489, Self::RFC8489.unpadded()]
            .into_iter()
            .find_map(|dialect| dialect.parse_prefix(datagram).ok());
        let Some((message, _)) = message else {
            return Some(Self::RFC8489);
        };
        let dialect = message.dialect();
        let version = message.get::<ImplementationVersion>().ok().flatten();
        let identifier = message.get::<CandidateIdentifier<'_>>();
        Some(match version {
            Some(version) if version.is_legacy() => dialect.with_rules_of(Self::MS_ICE2_LEGACY),
            Some(_) => dialect.with_rules_of(Self::MS_ICE2),
            None if matches!(identifier, Ok(Some(_))) => {
                dialect.with_rules_of(Self::MS_ICE2_LEGACY)
            }
            None => dialect,
        })
    }

    /// The header, if a message of this dialect can have it, and the bytes that follow.
    #[inline]
    fn raw_header(self, bytes: &[u8]) -> Result<(RawHeader<'_>, &[u8]), HeaderError> {
        match wire::header(bytes) {
            Ok((header, rest)) if self.accepts(header) => Ok((header, rest)),
            Ok((header, _)) => Err(refused(header)),
            Err(Incomplete) => Err(short(bytes)),
        }
    }
}

impl Header {
    /// Parses the first 20 bytes as a header of RFC 8489 and ignores what follows.
    ///
    /// For another dialect use [`Dialect::header`].
    ///
    /// # Errors
    /// If there are fewer bytes, the first two bits are not zero, or the magic cookie is missing.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        Dialect::RFC8489.header(bytes)
    }
}

/// The error for fewer bytes than a header has.
#[cold]
pub(super) fn short(bytes: &[u8]) -> HeaderError {
    HeaderError::Short {
        // Fewer than 20.
        available: u8::try_from(bytes.len()).unwrap_or(u8::MAX),
    }
}

/// The error for a header that the dialect does not accept. Not inlined, so that the magic cookie is
/// compared as one word.
#[cold]
#[inline(never)]
fn refused(header: RawHeader<'_>) -> HeaderError {
    let [first, _] = header.type_bits.to_be_bytes();
    if header.type_bits & 0xC000 != 0 {
        return HeaderError::NotStun { first };
    }
    let found = TransactionId::classic(*header.id).cookie();
    HeaderError::NoCookie { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_headers_are_refused() {
        let good = *b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
        assert!(Header::parse(&good).is_ok());
        for end in 0..20 {
            let available = u8::try_from(end).unwrap();
            assert_eq!(
                Header::parse(&good[..end]),
                Err(HeaderError::Short { available })
            );
        }
        for first in [0x40, 0x80, 0xC0, 0xFF] {
            let mut bad = good;
            bad[0] = first;
            assert_eq!(Header::parse(&bad), Err(HeaderError::NotStun { first }));
        }
        for at in 4..8 {
            let mut bad = good;
            bad[at] ^= 1;
            assert!(matches!(
                Header::parse(&bad),
                Err(HeaderError::NoCookie { .. })
            ));
        }
    }
}
