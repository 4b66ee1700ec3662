//! Errors of verifying.

/// The error for a message whose integrity cannot be verified.
///
/// ```
/// use stunwire::{IntegrityError, Key, Message};
///
/// // A message without an integrity attribute.
/// let message = Message::parse(b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl")?;
/// let result = message.verify(&Key::short_term("password"));
/// assert_eq!(result.unwrap_err(), IntegrityError::Missing);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// The message has no integrity attribute that the policy accepts.
    #[error("the message has no integrity attribute that the policy accepts")]
    Missing,
    /// The policy does not accept the length of the tag.
    #[error("the policy does not accept the tag of {length} bytes at offset {offset}")]
    TagLength {
        /// Offset of the integrity attribute from the start of the message, in bytes.
        offset: u32,
        /// Length of the tag in bytes.
        length: u16,
    },
    /// The integrity attribute is followed by attributes that the dialect does not allow there. This error
    /// occurs only in the dialects that pad the input of the HMAC with zeros to a multiple of 64 bytes.
    #[error("the dialect does not allow what follows the integrity attribute at offset {offset}")]
    NotLast {
        /// Offset of the integrity attribute from the start of the message, in bytes.
        offset: u32,
    },
    /// The tag is not the HMAC of the message under this key: the key is wrong or the message was
    /// changed.
    #[error("the tag at offset {offset} does not match: wrong key, or the message was changed")]
    Mismatch {
        /// Offset of the integrity attribute from the start of the message, in bytes.
        offset: u32,
    },
    /// The key computed no HMAC: it is empty, or the application's [`HmacKey`](crate::HmacKey) failed.
    #[error("the key computed no HMAC: it is empty, or the application's provider failed")]
    NoHmac,
    /// The application's [`HmacKey`](crate::HmacKey) returned an HMAC of the wrong length.
    #[error("the application's key returned an HMAC of {found} bytes, not of {expected}")]
    HmacLength {
        /// Length of the returned HMAC in bytes, at most 255.
        found: u8,
        /// Length of the full HMAC in bytes.
        expected: u8,
    },
}
