//! Frames with a 16-bit length of the bytes that follow it: the common part of [`Rfc4571`](super::Rfc4571),
//! [`MsTcp`](super::MsTcp) and [`MsMultiplexed`](super::MsMultiplexed).

use super::{FrameError, Next};
use crate::error::EncodeError;
use crate::num::saturating_u32;
use crate::wire;

/// Length of the length field in bytes.
const LENGTH_LEN: usize = 2;

/// The longest frame that a reader accepts, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MaxFrame(pub(super) u32);

impl MaxFrame {
    /// The length of a whole frame in bytes, if the reader accepts it.
    #[inline]
    pub(super) fn check(self, length: usize) -> Result<usize, FrameError> {
        // Exact: `usize` has at least 32 bits (see `lib.rs`).
        if length > self.0 as usize {
            return Err(FrameError::TooLong {
                length: saturating_u32(length),
                max: self.0,
            });
        }
        Ok(length)
    }
}

/// Reads the bytes that follow a length field at `OFFSET` of the frame, and as many as it counts.
#[inline]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "an offset of at most 2, a length field and at most 65,535 bytes"
)]
pub(super) fn next<const OFFSET: usize>(
    bytes: &[u8],
    max: MaxFrame,
) -> Result<Next<&[u8]>, FrameError> {
    let header_len = OFFSET + LENGTH_LEN;
    let Some((_, rest)) = bytes.split_first_chunk::<OFFSET>() else {
        return Ok(Next::missing(header_len, bytes.len()));
    };
    if let Ok((body, _)) = wire::length_prefixed(rest) {
        let consumed = max.check(header_len + body.len())?;
        return Ok(Next::Frame {
            frame: body,
            consumed,
        });
    }
    let Some(length) = rest.first_chunk::<LENGTH_LEN>() else {
        return Ok(Next::missing(header_len, bytes.len()));
    };
    let total = max.check(header_len + usize::from(u16::from_be_bytes(*length)))?;
    Ok(Next::missing(total, bytes.len()))
}

/// The length field of a frame with `len` bytes after it.
#[inline]
pub(super) fn length(len: usize) -> Result<[u8; LENGTH_LEN], EncodeError> {
    match u16::try_from(len) {
        Ok(length) => Ok(length.to_be_bytes()),
        Err(_) => Err(too_long(len)),
    }
}

/// More bytes than a 16-bit length field can count.
#[inline]
pub(super) fn too_long(len: usize) -> EncodeError {
    EncodeError::FrameTooLong {
        length: saturating_u32(len),
    }
}
