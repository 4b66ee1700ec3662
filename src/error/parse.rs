//! Errors of reading headers and messages.

/// The error for bytes that do not begin with the header of a message.
///
/// ```
/// use stunwire::{Header, HeaderError};
///
/// // A short packet of RTP.
/// let error = Header::parse(b"\x80\x60 18 bytes that follow").unwrap_err();
/// assert_eq!(error, HeaderError::NotStun { first: 0x80 });
/// assert_eq!(Header::parse(b"\x00\x01"), Err(HeaderError::Short { available: 2 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// There are fewer than the 20 bytes of a header
    /// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error("a STUN header is 20 bytes long, the input has {available}")]
    Short {
        /// Length of the input in bytes.
        available: u8,
    },
    /// The first two bits are not zero: the bytes are RTP, DTLS, ChannelData or another protocol that
    /// shares the port ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error("the first two bits are not zero (first byte {first:#04x}): not a STUN message")]
    NotStun {
        /// The first byte.
        first: u8,
    },
    /// The dialect requires the magic cookie 0x2112A442 in bytes 4 to 7 and they have another value
    /// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error("bytes 4 to 7 are {found:02x?} instead of the magic cookie 2112a442")]
    NoCookie {
        /// Bytes 4 to 7.
        found: [u8; 4],
    },
}

/// The error for bytes that are not a valid message.
///
/// ```
/// use stunwire::{Dialect, Message, ParseError};
///
/// /// Parses a message of the RFCs or of MS-TURN.
/// fn parse(packet: &[u8]) -> Result<Message<'_>, ParseError> {
///     match Message::parse(packet) {
///         Err(ParseError::MsTurn) => Dialect::MS_TURN.parse(packet),
///         other => other,
///     }
/// }
///
/// let error = parse(b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24").unwrap_err();
/// assert_eq!(error.to_string(), "the header announces a message of 28 bytes, the buffer has 22");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The header is invalid.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The buffer ends before the message does.
    #[error("the header announces a message of {declared} bytes, the buffer has {available}")]
    Truncated {
        /// Length of the whole message in bytes according to its header, header included.
        declared: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// Bytes follow the message. To allow them, use [`Message::parse_prefix`](crate::Message::parse_prefix).
    #[error("the message ends at byte {offset}, the buffer has {available} bytes")]
    Trailing {
        /// Offset of the first byte after the message.
        offset: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// An attribute extends past the end that the header announces.
    #[error(
        "the attribute at offset {offset} needs {needed} bytes, the message has {left} bytes left"
    )]
    Attribute {
        /// Offset of the attribute from the start of the message, in bytes.
        offset: u32,
        /// Length of the attribute in bytes: 4 for type and length, the value, and its padding.
        needed: u32,
        /// Bytes between `offset` and the end of the message.
        left: u32,
    },
    /// The first attribute is MAGIC-COOKIE, so this is a message of MS-TURN, in which some attribute
    /// types have other meanings: parse it with [`Dialect::MS_TURN`](crate::Dialect::MS_TURN).
    #[error("the first attribute is MAGIC-COOKIE 72c64bc6: parse with Dialect::MS_TURN")]
    MsTurn,
    /// The first attribute is not MAGIC-COOKIE, as it is in every message of MS-TURN (\[MS-TURN\] 2.2.2.8).
    #[error("the first attribute is not MAGIC-COOKIE 72c64bc6: not a message of MS-TURN")]
    NotMsTurn,
}

impl ParseError {
    /// Offset from the start of the message at which parsing failed, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        let offset = match *self {
            Self::Header(HeaderError::Short { available }) => u32::from(available),
            Self::Header(HeaderError::NotStun { .. }) => 0,
            Self::Header(HeaderError::NoCookie { .. }) => 4,
            Self::Truncated { available, .. } => available,
            Self::Trailing { offset, .. } | Self::Attribute { offset, .. } => offset,
            Self::MsTurn | Self::NotMsTurn => 20,
        };
        usize::try_from(offset).unwrap_or(usize::MAX)
    }
}
