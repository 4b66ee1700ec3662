//! MS-TURN over TCP: 4 bytes in front of every message and of the peer's data
//! (\[MS-TURN\] 2.1.4).
//!
//! `02 00` is a message of MS-TURN, `03 00` what the peer sent after Set Active Destination; 16 bits
//! of length follow, and nothing is padded. A connection may begin with [`pseudo_tls`], whose bytes
//! stand before the first frame and in none.
//!
//! libnice writes some frames over plain TCP without their length. Nobody can say where such a frame
//! ends, and none is guessed here; through its pseudo-TLS it writes whole ones.
//!
//! [`pseudo_tls`]: super::pseudo_tls

use super::{FrameError, FrameWriter, Next, Shape};
use crate::buffer::Buffer;
use crate::error::EncodeError;

/// Length of the head in bytes.
pub const HEAD_LEN: usize = 4;

/// A frame of MS-TURN over TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MsFrame<T> {
    /// A message of MS-TURN, for [`Dialect::MS_TURN`](crate::Dialect::MS_TURN): type 0x02.
    Control(T),
    /// Data from or for the active destination: type 0x03.
    Data(T),
}

/// What a frame holds: its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A message of MS-TURN, 0x02.
    Control,
    /// Data from or for the active destination, 0x03.
    Data,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Control => 0x02,
            Self::Data => 0x03,
        }
    }

    #[inline(always)]
    pub(crate) fn frame<T>(self, payload: T) -> MsFrame<T> {
        match self {
            Self::Control => MsFrame::Control(payload),
            Self::Data => MsFrame::Data(payload),
        }
    }
}

/// Reads frames of MS-TURN over TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsTcp {
    max_frame: u32,
}

impl Default for MsTcp {
    fn default() -> Self {
        Self::new()
    }
}

impl MsTcp {
    /// Any length.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: u32::MAX,
        }
    }

    /// Refuses frames longer than `bytes`, head included, from their head.
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self { max_frame: bytes }
    }

    /// Reads the frame at the front. It is refused as soon as the byte is there that breaks a rule.
    ///
    /// ```
    /// use stunwire::framing::{FrameError, MsFrame, MsTcp, Next};
    ///
    /// let framing = MsTcp::new();
    /// let stream = b"\x03\x00\x00\x05hello\x02\x00";
    /// let (frame, consumed) = (MsFrame::Data(&b"hello"[..]), 9);
    /// assert_eq!(framing.next(stream)?, Next::Frame { frame, consumed });
    /// assert_eq!(framing.next(&stream[9..])?, Next::Incomplete { needed: 2 });
    ///
    /// let error = framing.next(b"\x02\x01").unwrap_err();
    /// assert_eq!(error, FrameError::Unexpected { offset: 1, found: 1, expected: 0 });
    /// # Ok::<(), FrameError>(())
    /// ```
    ///
    /// # Errors
    /// When the type is none of the two, the second byte is not zero, or the frame is longer than
    /// [`max_frame`](Self::max_frame).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<MsFrame<&'a [u8]>>, FrameError> {
        let next = self.measure(bytes)?;
        Ok(next.map(|(kind, end)| Some(kind.frame(bytes.get(HEAD_LEN..end)?))))
    }

    /// What the frame at the front holds, and where it ends.
    #[inline(always)]
    pub(crate) fn measure(&self, bytes: &[u8]) -> Result<Next<(Kind, usize)>, FrameError> {
        let kind = match bytes.first() {
            None => return Ok(Next::Incomplete { needed: HEAD_LEN }),
            Some(0x02) => Kind::Control,
            Some(0x03) => Kind::Data,
            Some(&first) => return Err(FrameError::NoFrame { first }),
        };
        match bytes.get(1) {
            None | Some(0) => {}
            Some(&found) => {
                return Err(FrameError::Unexpected {
                    offset: 1,
                    found,
                    expected: 0,
                });
            }
        }
        let Some(&[_, _, high, low]) = bytes.first_chunk() else {
            return Ok(Next::Incomplete {
                needed: HEAD_LEN.saturating_sub(bytes.len()),
            });
        };
        let length = u16::from_be_bytes([high, low]);
        let total = u32::from(length).wrapping_add(4);
        if total > self.max_frame {
            return Err(FrameError::TooLong {
                length: total,
                max: self.max_frame,
            });
        }
        let end = HEAD_LEN.wrapping_add(usize::from(length));
        Ok(Next::whole(bytes, end, (kind, end)))
    }
}

/// Begins a frame at the end of a buffer, or at the start of a slice. Write the message or the data
/// through it, then end it.
///
/// ```
/// use stunwire::framing::ms_frame::{self, Kind};
/// use stunwire::{Dialect, Header, MessageWriter, Method, TransactionId};
///
/// # let id = TransactionId::classic(*b"abcdefghijklmnop");
/// let header = Header::request(Method::ALLOCATE, id).in_dialect(Dialect::MS_TURN);
/// let mut out = Vec::new();
/// let mut frame = ms_frame::begin(&mut out, Kind::Control)?;
/// MessageWriter::new(&mut frame, header)?.finish()?;
/// frame.end()?;
/// assert_eq!(out[..6], [0x02, 0x00, 0x00, 28, 0x00, 0x03]);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// When a slice has no room for the head.
#[inline]
pub fn begin<B: Buffer + ?Sized>(
    buffer: &mut B,
    kind: Kind,
) -> Result<FrameWriter<'_, B>, EncodeError> {
    let shape = Shape {
        length_at: 2,
        padded: false,
    };
    FrameWriter::begin(buffer, [kind.byte(), 0, 0, 0], shape)
}

/// The head of a frame of `len` bytes, for a vectored write.
///
/// # Errors
/// When they are more than 65,535.
pub fn head(kind: Kind, len: usize) -> Result<[u8; HEAD_LEN], EncodeError> {
    let [high, low] = super::rfc4571::prefix(len)?;
    Ok([kind.byte(), 0, high, low])
}
