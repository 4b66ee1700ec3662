//! Framing: splits the bytes of a TCP or TLS stream into messages and data, and writes frames.
//!
//! | content | reader and writer | header |
//! |---|---|---|
//! | STUN messages and ChannelData: TURN over TCP and TLS | [`StunTcp`] | none for STUN, 4 bytes for ChannelData |
//! | length-prefixed packets: ICE over TCP | [`Rfc4571`] | 2 bytes |
//! | messages and data of MS-TURN over TCP | [`MsTcp`] | 4 bytes |
//! | messages and data of MS-TURN after a pseudo-TLS handshake | [`PseudoTls`](pseudo_tls::PseudoTls) | a handshake of 50 and 83 bytes, then 4 bytes |
//! | packets of many MS-TURN allocations | [`MsMultiplexed`] | 12 bytes |
//!
//! For ChannelData in UDP datagrams use [`ChannelData`](crate::ChannelData). [`sniff`] detects the framing of
//! a stream, and [`resync`](resync()) finds the next message after a gap in a capture.
//!
//! # Reading
//!
//! The method `next` of a reader takes all bytes that have arrived and have not been consumed. It returns
//! [`Next`], which is the frame at their start or the number of missing bytes, or a [`FrameError`]. Readers
//! keep no state, except that a [`PseudoTls`](pseudo_tls::PseudoTls) stores whether the handshake is
//! complete. So it does not matter how the stream is split, and the bytes after a frame still belong to the
//! caller: after a ConnectionBind ([RFC 6062 §4.3](https://www.rfc-editor.org/rfc/rfc6062#section-4.3)) they
//! come from the peer, without framing.
//!
//! ```
//! use std::io::Read;
//! use stunwire::framing::{Frame, Next, StunTcp};
//!
//! fn receive(mut stream: impl Read) -> std::io::Result<usize> {
//!     let framing = StunTcp::default();
//!     let (mut buffer, mut frames) = (Vec::new(), 0);
//!     loop {
//!         match framing.next(&buffer).map_err(std::io::Error::other)? {
//!             Next::Frame { frame, consumed } => {
//!                 match frame {
//!                     Frame::Stun(message) => assert_eq!(message.len(), 20),
//!                     Frame::ChannelData { payload, .. } => assert_eq!(payload, b"hello"),
//!                 }
//!                 frames += 1;
//!                 buffer.drain(..consumed);
//!             }
//!             Next::Incomplete { needed } => {
//!                 let mut chunk = vec![0; needed.min(4096)];
//!                 match stream.read(&mut chunk)? {
//!                     0 => return Ok(frames), // inside a frame, unless `buffer` is empty
//!                     read => buffer.extend_from_slice(&chunk[..read]),
//!                 }
//!             }
//!         }
//!     }
//! }
//!
//! let stream = b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl\x40\x00\x00\x05hello\0\0\0";
//! assert_eq!(receive(&stream[..])?, 2);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Memory
//!
//! A header can announce a frame of up to 65,552 bytes. The default limit of each reader (`MAX_FRAME`) is the longest
//! frame of its framing. Reserve memory for the bytes that have arrived rather than for those that are announced, as
//! the example and the codecs do: otherwise a peer that sends only headers occupies 64 KiB for each
//! connection. If long frames are not expected, lower the limit with `max_frame`: 2,048 bytes are enough for
//! audio, video and the messages of TURN.
//!
//! # Writing
//!
//! `begin` of a framing writes the header of a frame into a buffer and returns a [`FrameWriter`], into which
//! the content is written; [`end`](FrameWriter::end) completes the header. For a vectored write, `header`
//! returns the header alone; that of ChannelData is [`ChannelData::header`](crate::ChannelData::header).
//!
//! # Codecs
//!
//! With the feature `codec`, [`StunTcp`], [`Rfc4571`] and [`MsTcp`] implement `Decoder` and `Encoder` of
//! tokio-util.

pub(crate) mod channel_data;
#[cfg(feature = "codec")]
mod codec;
mod error;
mod frame_writer;
mod length_prefixed;
mod ms_multiplexed;
mod ms_tcp;
mod next;
pub mod pseudo_tls;
mod resync;
mod rfc4571;
mod sniff;
mod stun_tcp;

#[cfg(feature = "codec")]
pub use self::codec::StreamError;
pub use self::error::FrameError;
pub use self::frame_writer::FrameWriter;
pub use self::ms_multiplexed::{MsMultiplexed, MultiplexedFrame};
pub use self::ms_tcp::{MsFrame, MsFrameKind, MsTcp};
pub use self::next::Next;
pub use self::resync::{Resync, resync};
pub use self::rfc4571::Rfc4571;
pub use self::sniff::{Framing, Sniffed, Sniffer, sniff};
pub use self::stun_tcp::{Frame, StunTcp};
