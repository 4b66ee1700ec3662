//! The error of the readers of frames.

/// The error for bytes that are not a frame.
///
/// In a stream nothing can be read after this error, because the end of the frame and so the start of the
/// next one are unknown: close the connection. Discard a datagram with this error.
///
/// ```
/// use stunwire::framing::{FrameError, StunTcp};
///
/// let error = StunTcp::new().max_frame(2048).next(b"\x40\x00\x10\x00");
/// assert!(matches!(error, Err(FrameError::TooLong { .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The first byte does not begin a frame of this framing. STUN messages begin with 0x00 to 0x3F,
    /// ChannelData with 0x40 to 0x7F.
    #[error(
        "no frame of this framing begins with the byte {first:#04x}: \
         the peer uses another framing or an earlier frame was read wrongly"
    )]
    NoFrame {
        /// The first byte.
        first: u8,
    },
    /// The channel number of a ChannelData is outside the range that the reader accepts
    /// ([`ChannelRange`](crate::attribute::ChannelRange)).
    #[error(
        "channel number {number:#06x} is not accepted: it is outside the range from 0x4000 to {last:#06x}"
    )]
    Channel {
        /// The channel number of the frame.
        number: u16,
        /// The last channel number that the reader accepts.
        last: u16,
    },
    /// A STUN message in a stream has a length that is not a multiple of 4
    /// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)), so its end is unknown.
    #[error("the length of the STUN message is {length} bytes, which is not a multiple of 4")]
    Unaligned {
        /// The length field of the message's header, in bytes.
        length: u16,
    },
    /// Bytes 4 to 7 of a STUN message are not the magic cookie 0x2112A442
    /// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error(
        "byte {offset} of the STUN message is {found:#04x} and does not belong to the \
         magic cookie 0x2112a442"
    )]
    NoCookie {
        /// Offset of the first byte that differs, 4 to 7.
        offset: u8,
        /// The byte found there.
        found: u8,
    },
    /// A byte whose value is fixed has another value (\[MS-TURN\] 2.1.1, 2.1.4, 2.2.3).
    #[error("byte {offset} of the frame is {found:#04x} instead of {expected:#04x}")]
    Unexpected {
        /// Offset of the byte from the start of the frame.
        offset: u8,
        /// The byte found there.
        found: u8,
        /// The fixed value of the byte.
        expected: u8,
    },
    /// A length field has a value that the framing excludes (\[MS-TURN\] 2.1.1, 2.2.3).
    #[error(
        "the length at offset {offset} of the frame is {found} bytes, outside {min} to {max} bytes"
    )]
    Length {
        /// Offset of the length field from the start of the frame.
        offset: u8,
        /// Its value in bytes.
        found: u16,
        /// The smallest allowed value, in bytes.
        min: u16,
        /// The largest allowed value, in bytes.
        max: u16,
    },
    /// The bytes are Google's pseudo-TLS handshake, which this crate recognizes but does not read.
    #[error("Google's pseudo-TLS handshake instead of that of MS-TURN")]
    GoogleHello,
    /// The frame is longer than the reader accepts.
    #[error("the frame is {length} bytes long and the reader's `max_frame` is {max} bytes")]
    TooLong {
        /// Length of the whole frame in bytes.
        length: u32,
        /// The limit of the reader in bytes.
        max: u32,
    },
    /// A datagram ends inside the frame.
    #[error(
        "the frame is at least {declared} bytes long and the datagram ends after {available} bytes"
    )]
    Truncated {
        /// Length of the frame in bytes, or of its header if the datagram ends inside the header.
        declared: u32,
        /// Length of the datagram in bytes.
        available: u32,
    },
    /// More bytes follow the frame in the datagram than padding can have.
    #[error("the frame ends after {offset} bytes and the datagram after {available} bytes")]
    Trailing {
        /// Length of the frame in bytes, without padding.
        offset: u32,
        /// Length of the datagram in bytes.
        available: u32,
    },
}

impl FrameError {
    /// Offset of the invalid field from the start of the frame, in bytes; 0 if the frame as a whole is too
    /// long.
    #[must_use]
    pub fn offset(&self) -> usize {
        let offset = match *self {
            Self::NoFrame { .. }
            | Self::Channel { .. }
            | Self::GoogleHello
            | Self::TooLong { .. } => 0,
            Self::Unaligned { .. } => 2,
            Self::NoCookie { offset, .. }
            | Self::Unexpected { offset, .. }
            | Self::Length { offset, .. } => u32::from(offset),
            Self::Truncated { available, .. } => available,
            Self::Trailing { offset, .. } => offset,
        };
        // Exact: `usize` has at least 32 bits (see `lib.rs`).
        usize::try_from(offset).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Frame, Next};
    use super::*;

    #[test]
    fn sizes() {
        assert!(size_of::<FrameError>() <= 16);
        assert!(size_of::<Next<Frame<&[u8]>>>() <= 40);
    }
}
