//! The framings as codecs of tokio-util.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use super::{Frame, FrameError, MsFrame, MsTcp, Next, Rfc4571, StunTcp};
use crate::ChannelData;
use crate::error::EncodeError;
use crate::num::saturating_u32;

/// The error that ended a framed stream.
///
/// The frames before the error have been returned. The invalid bytes stay in the read buffer, so another
/// attempt gives the same error: close the connection.
///
/// ```
/// use bytes::BytesMut;
/// use stunwire::framing::{FrameError, StreamError, StunTcp};
/// use tokio_util::codec::Decoder;
///
/// let mut received = BytesMut::from("HTTP/1.1 400 Bad Request");
/// match StunTcp::new().channels(stunwire::attribute::ChannelRange::RFC8656).decode(&mut received) {
///     Err(StreamError::Io(error)) => eprintln!("the connection failed: {error}"),
///     Err(StreamError::Frame(FrameError::Channel { number, .. })) => assert_eq!(number, 0x4854),
///     Err(error) => eprintln!("closed: {error}"),
///     Ok(frame) => println!("{frame:?}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// Reading or writing the connection failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The received bytes are not a frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A frame cannot be written. It leaves no bytes in the write buffer.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The stream ended inside a frame.
    #[error(
        "the stream ended after {available} bytes of a frame that needs at least {needed} more"
    )]
    Truncated {
        /// Bytes of the frame that have arrived.
        available: u32,
        /// The smallest number of bytes that are missing.
        needed: u32,
    },
}

/// The least room that is reserved for an incomplete frame, in bytes.
const MIN_RESERVE: usize = 1024;

/// Splits a complete frame off the read buffer, or reserves room for its missing bytes.
///
/// At most as many bytes are reserved as have arrived, so a peer cannot occupy memory by announcing a long
/// frame without sending it.
fn decode<M, F>(
    source: &mut BytesMut,
    next: Result<Next<M>, FrameError>,
    split: impl FnOnce(M, Bytes) -> F,
) -> Result<Option<F>, StreamError> {
    match next? {
        Next::Frame { frame, consumed } => {
            // The reader has found the frame in this buffer.
            Ok(Some(split(frame, source.split_to(consumed).freeze())))
        }
        Next::Incomplete { needed } => {
            source.reserve(needed.min(source.len().max(MIN_RESERVE)));
            Ok(None)
        }
    }
}

/// The last frames of a stream that has ended.
fn decode_end<M, F>(
    source: &mut BytesMut,
    next: Result<Next<M>, FrameError>,
    split: impl FnOnce(M, Bytes) -> F,
) -> Result<Option<F>, StreamError> {
    match next {
        Ok(Next::Incomplete { .. }) if source.is_empty() => Ok(None),
        Ok(Next::Incomplete { needed }) => Err(StreamError::Truncated {
            available: saturating_u32(source.len()),
            needed: saturating_u32(needed),
        }),
        other => decode(source, other, split),
    }
}

/// The `len` bytes after the header of a complete frame, without a copy.
fn payload(mut frame: Bytes, header_len: usize, len: usize) -> Bytes {
    // The frame begins with its header.
    frame.advance(header_len);
    frame.truncate(len);
    frame
}

/// A frame of which the lengths are known and the bytes are not borrowed any more.
fn lengths(frame: Frame<&[u8]>) -> Frame<usize> {
    match frame {
        Frame::Stun(message) => Frame::Stun(message.len()),
        Frame::ChannelData { number, payload } => Frame::ChannelData {
            number,
            payload: payload.len(),
        },
    }
}

fn stun_tcp(frame: Frame<usize>, bytes: Bytes) -> Frame<Bytes> {
    match frame {
        Frame::Stun(_) => Frame::Stun(bytes),
        Frame::ChannelData {
            number,
            payload: len,
        } => Frame::ChannelData {
            number,
            payload: payload(bytes, ChannelData::HEADER_LEN, len),
        },
    }
}

/// Splits frames off the read buffer without a copy. A frame that is stored keeps the memory of the buffer
/// into which it was read.
///
/// Memory is reserved as a frame arrives, not when its header announces it; [`StunTcp::max_frame`] limits the
/// length of a frame.
///
/// With `tokio` 1, `tokio-util` 0.7 with `codec`, `futures-util` 0.3 with `sink`, and `bytes` 1:
///
/// ```
/// use bytes::Bytes;
/// use futures_util::{SinkExt, StreamExt};
/// use stunwire::attribute::ChannelNumber;
/// use stunwire::framing::{Frame, StunTcp};
/// use stunwire::{Header, Message, MessageWriter, Method, TransactionId};
/// use tokio::io::{AsyncRead, AsyncWrite};
/// use tokio_util::codec::Framed;
///
/// async fn client<S>(stream: S) -> Result<(), Box<dyn std::error::Error>>
/// where
///     S: AsyncRead + AsyncWrite + Unpin, // a `TcpStream`, or rustls' `TlsStream`
/// {
///     let mut turn = Framed::new(stream, StunTcp::default());
///
///     // A message and data of a channel, written directly into the write buffer.
///     let id = TransactionId::new(*b"not a secret");
///     let out = turn.write_buffer_mut();
///     MessageWriter::new(out, Header::request(Method::BINDING, id))?.fingerprint()?.finish()?;
///     let mut data = StunTcp::begin(out, ChannelNumber::MIN)?;
///     data.put(b"to the peer")?;
///     data.end()?;
///     turn.flush().await?;
///
///     // A frame whose bytes are already in memory.
///     let payload = Bytes::from_static(b"and this");
///     turn.send(Frame::ChannelData { number: ChannelNumber::MIN, payload }).await?;
///
///     while let Some(frame) = turn.next().await {
///         match frame? {
///             Frame::Stun(bytes) => println!("{}", Message::parse(&bytes)?),
///             Frame::ChannelData { number, payload } => println!("{number}: {payload:?}"),
///         }
///     }
///     Ok(())
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// #     let (stream, far) = tokio::io::duplex(64);
/// #     let server = async move {
/// #         let mut far = Framed::new(far, StunTcp::default());
/// #         let mut payloads = Vec::new();
/// #         for _ in 0..3 {
/// #             let frame = far.next().await.ok_or("the client has ended")??;
/// #             if let Frame::ChannelData { payload, .. } = &frame {
/// #                 payloads.push(payload.clone());
/// #             }
/// #             far.send(frame).await?;
/// #         }
/// #         Ok::<_, Box<dyn std::error::Error>>(payloads)
/// #     };
/// #     let (client, payloads) = tokio::join!(client(stream), server);
/// #     client?;
/// #     assert_eq!(payloads?, ["to the peer", "and this"]);
/// #     Ok(())
/// # }
/// ```
///
/// After the success response to a ConnectionBind the stream carries the peer's bytes without framing
/// ([RFC 6062 §4.3](https://www.rfc-editor.org/rfc/rfc6062#section-4.3)). Those that have already been read
/// are not lost: `Framed::into_parts` returns the connection and `read_buf`, and `Framed::map_codec`
/// continues with another framing and the same buffers.
///
/// ```
/// use bytes::Bytes;
/// use futures_util::StreamExt;
/// use stunwire::framing::{Frame, Rfc4571, StreamError, StunTcp};
/// use tokio::io::AsyncRead;
/// use tokio_util::codec::Framed;
///
/// /// The first packet of ICE after the response to a ConnectionBind.
/// async fn first_packet<S: AsyncRead + Unpin>(stream: S) -> Result<Option<Bytes>, StreamError> {
///     let mut data = Framed::new(stream, StunTcp::default());
///     let Some(Frame::Stun(_success)) = data.next().await.transpose()? else { return Ok(None) };
///     let mut peer = data.map_codec(|_| Rfc4571::default());
///     peer.next().await.transpose()
/// }
/// #
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// #     let arrived = b"\x01\x0b\x00\x00\x21\x12\xa4\x42abcdefghijkl\x00\x05hello";
/// #     assert_eq!(first_packet(&arrived[..]).await?.as_deref(), Some(&b"hello"[..]));
/// #     Ok(())
/// # }
/// ```
impl Decoder for StunTcp {
    type Item = Frame<Bytes>;
    type Error = StreamError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.next(source).map(|next| next.map(lengths));
        decode(source, next, stun_tcp)
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.next(source).map(|next| next.map(lengths));
        decode_end(source, next, stun_tcp)
    }
}

/// Writes only frames that [`StunTcp::next`] with the same settings reads back, except that
/// [`StunTcp::max_frame`] limits only the frames that are read.
impl Encoder<Frame<Bytes>> for StunTcp {
    type Error = StreamError;

    fn encode(&mut self, frame: Frame<Bytes>, out: &mut BytesMut) -> Result<(), StreamError> {
        match frame {
            Frame::Stun(message) => match self.max_frame(Self::MAX_FRAME).next(&message) {
                Ok(Next::Frame {
                    frame: Frame::Stun(whole),
                    ..
                }) if whole.len() == message.len() => out.put(message),
                _ => return Err(EncodeError::NoSuchMessage.into()),
            },
            Frame::ChannelData { number, payload } => {
                self.accepted_channels().to_bytes(number)?;
                let payload = &payload;
                ChannelData { number, payload }.write_padded(out)?;
            }
        }
        Ok(())
    }
}

/// Splits packets off the read buffer without a copy. The null packet is returned as an empty packet.
impl Decoder for Rfc4571 {
    type Item = Bytes;
    type Error = StreamError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, StreamError> {
        let next = self.next(source).map(|next| next.map(<[u8]>::len));
        decode(source, next, rfc4571)
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, StreamError> {
        let next = self.next(source).map(|next| next.map(<[u8]>::len));
        decode_end(source, next, rfc4571)
    }
}

fn rfc4571(len: usize, bytes: Bytes) -> Bytes {
    payload(bytes, Rfc4571::HEADER_LEN, len)
}

impl Encoder<Bytes> for Rfc4571 {
    type Error = StreamError;

    fn encode(&mut self, packet: Bytes, out: &mut BytesMut) -> Result<(), StreamError> {
        let mut frame = Self::begin(out)?;
        frame.put(&packet)?;
        frame.end()?;
        Ok(())
    }
}

/// Splits frames of MS-TURN off the read buffer without a copy.
///
/// ```
/// use bytes::Bytes;
/// use futures_util::{SinkExt, StreamExt};
/// use stunwire::framing::{MsFrame, MsTcp, StreamError};
/// use tokio_util::codec::Framed;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), StreamError> {
/// let (near, far) = tokio::io::duplex(64);
/// let (mut client, mut server) = (Framed::new(near, MsTcp::new()), Framed::new(far, MsTcp::new()));
/// let frame = MsFrame::Data(Bytes::from_static(b"for the active destination"));
/// client.send(frame.clone()).await?;
/// assert_eq!(server.next().await.transpose()?, Some(frame));
/// # Ok(())
/// # }
/// ```
impl Decoder for MsTcp {
    type Item = MsFrame<Bytes>;
    type Error = StreamError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.next(source).map(|next| next.map(ms_lengths));
        decode(source, next, ms_tcp)
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.next(source).map(|next| next.map(ms_lengths));
        decode_end(source, next, ms_tcp)
    }
}

fn ms_lengths(frame: MsFrame<&[u8]>) -> MsFrame<usize> {
    frame.kind().frame(frame.into_payload().len())
}

fn ms_tcp(frame: MsFrame<usize>, bytes: Bytes) -> MsFrame<Bytes> {
    let payload = payload(bytes, MsTcp::HEADER_LEN, frame.into_payload());
    frame.kind().frame(payload)
}

impl Encoder<MsFrame<Bytes>> for MsTcp {
    type Error = StreamError;

    fn encode(&mut self, frame: MsFrame<Bytes>, out: &mut BytesMut) -> Result<(), StreamError> {
        let mut writer = Self::begin(out, frame.kind())?;
        writer.put(&frame.into_payload())?;
        writer.end()?;
        Ok(())
    }
}
