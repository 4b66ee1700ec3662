//! RFC 4571: length-prefixed packets.

use super::frame_writer::Layout;
use super::length_prefixed::{self, MaxFrame};
use super::{FrameError, FrameWriter, Next};
use crate::buffer::Buffer;
use crate::error::EncodeError;

/// Reads and writes packets with a 16-bit length prefix: ICE over TCP
/// ([RFC 4571 §2](https://www.rfc-editor.org/rfc/rfc4571#section-2),
/// [RFC 6544 §3](https://www.rfc-editor.org/rfc/rfc6544#section-3)), also used by Lync and Skype for
/// Business.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 2 | length of the packet in bytes |
/// | 2 | length | packet, without padding |
///
/// STUN, DTLS and RTP can share such a stream: [`demux`](crate::demux) distinguishes the packets. An empty
/// packet is the null packet of RFC 4571, which the receiver ignores.
///
/// With the feature `codec` it implements `Decoder` and `Encoder` of tokio-util.
///
/// Example program: [`turn_tcp`](https://docs.rs/crate/stunwire/latest/source/examples/turn_tcp.rs).
///
/// ```
/// use stunwire::framing::{Next, Rfc4571};
///
/// let framing = Rfc4571::new();
/// let stream = b"\x00\x05hello\x00\x05wor";
/// let (frame, consumed) = (&b"hello"[..], 7);
/// assert_eq!(framing.next(stream), Ok(Next::Frame { frame, consumed }));
/// assert_eq!(framing.next(&stream[7..]), Ok(Next::Incomplete { needed: 2 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc4571 {
    max_frame: MaxFrame,
}

impl Default for Rfc4571 {
    fn default() -> Self {
        Self::new()
    }
}

impl Rfc4571 {
    /// Length of the header in bytes: the length field.
    pub const HEADER_LEN: usize = 2;

    /// Length of the longest frame in bytes, header included: the default of
    /// [`max_frame`](Self::max_frame).
    pub const MAX_FRAME: u32 = 65_537;

    /// Creates a reader that accepts frames of any length.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: MaxFrame(Self::MAX_FRAME),
        }
    }

    /// Refuses frames longer than `bytes`, header included, as soon as their header has been read.
    ///
    /// ```
    /// use stunwire::framing::{FrameError, Rfc4571};
    ///
    /// let error = Rfc4571::new().max_frame(2048).next(b"\x10\x00");
    /// assert!(matches!(error, Err(FrameError::TooLong { .. })));
    /// ```
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self {
            max_frame: MaxFrame(bytes),
        }
    }

    /// Reads the frame at the start of `bytes` and returns its packet.
    ///
    /// # Errors
    /// If the frame is longer than [`max_frame`](Self::max_frame).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<&'a [u8]>, FrameError> {
        length_prefixed::next::<0>(bytes, self.max_frame)
    }

    /// Begins a frame at the end of a growing buffer, or at the start of a slice. Write the packet through
    /// the [`FrameWriter`], then [`end`](FrameWriter::end) the frame.
    ///
    /// ```
    /// use stunwire::framing::Rfc4571;
    ///
    /// let mut out = Vec::new();
    /// let mut frame = Rfc4571::begin(&mut out)?;
    /// frame.put(b"hello")?;
    /// assert_eq!(frame.end()?, b"\x00\x05hello");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If a slice is too small for the header.
    #[inline]
    pub fn begin<B: Buffer + ?Sized>(buffer: &mut B) -> Result<FrameWriter<'_, B>, EncodeError> {
        let layout = Layout {
            length_offset: 0,
            padded: false,
        };
        FrameWriter::begin(buffer, [0; Self::HEADER_LEN], layout)
    }

    /// Returns the header of a packet of `len` bytes, for a vectored write.
    ///
    /// ```
    /// use std::io::{IoSlice, Write};
    /// use stunwire::framing::Rfc4571;
    ///
    /// let mut stream = Vec::new(); // in a program a `TcpStream`
    /// let packet = b"RTP packet";
    /// stream.write_vectored(&[IoSlice::new(&Rfc4571::header(packet.len())?), IoSlice::new(packet)])?;
    /// # assert_eq!(stream, b"\x00\x0aRTP packet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the packet is longer than 65,535 bytes.
    #[inline]
    pub fn header(len: usize) -> Result<[u8; Self::HEADER_LEN], EncodeError> {
        length_prefixed::length(len)
    }
}
