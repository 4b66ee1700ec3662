//! The framings as tokio-util's codecs.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use super::ms_frame::Kind;
use super::stun_tcp::Extent;
use super::{
    Frame, FrameError, MsFrame, MsTcp, Next, Rfc4571, StunTcp, ms_frame, rfc4571, stun_tcp,
};
use crate::error::{EncodeError, Quantity};
use crate::num::saturating_u32;

/// Why a framed stream is over.
///
/// What was read up to the error has been handed out. The bytes that are no frame stay in front of
/// the read buffer, so asking again gives the same error: close the connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The socket.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What came is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// What was to be sent is no frame. Nothing of it is in the write buffer.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The stream ended inside a frame.
    #[error("the stream ended {needed} bytes before the end of a frame, after {available} of it")]
    Truncated {
        /// Bytes of the frame that were there.
        available: u32,
        /// Bytes that were missing, at least.
        needed: u32,
    },
}

/// Cuts a frame off, or makes room for what is missing of it: never for more than one frame.
fn decode<M, F>(
    source: &mut BytesMut,
    next: Result<Next<M>, FrameError>,
    cut: impl FnOnce(M, BytesMut) -> Option<F>,
) -> Result<Option<F>, StreamError> {
    match next? {
        Next::Frame { frame, consumed } => Ok(cut(frame, source.split_to(consumed))),
        Next::Incomplete { needed } => {
            source.reserve(needed);
            Ok(None)
        }
    }
}

/// The last frames of a stream that has ended.
fn decode_end<M, F>(
    source: &mut BytesMut,
    next: Result<Next<M>, FrameError>,
    cut: impl FnOnce(M, BytesMut) -> Option<F>,
) -> Result<Option<F>, StreamError> {
    match next {
        Ok(Next::Incomplete { .. }) if source.is_empty() => Ok(None),
        Ok(Next::Incomplete { needed }) => Err(StreamError::Truncated {
            available: saturating_u32(source.len()),
            needed: u32::try_from(needed).unwrap_or(u32::MAX),
        }),
        other => decode(source, other, cut),
    }
}

/// From `start` to `end` of the bytes, without a copy.
fn part(mut bytes: BytesMut, start: usize, end: usize) -> Option<Bytes> {
    bytes.truncate(end);
    (start <= bytes.len()).then(|| {
        bytes.advance(start);
        bytes.freeze()
    })
}

/// Frames are cut off the read buffer without a copy. One that is kept keeps the buffer's memory
/// that it stands in.
///
/// ```
/// use bytes::Bytes;
/// use futures_util::{SinkExt, StreamExt};
/// use stunwire::attribute::ChannelNumber;
/// use stunwire::framing::{Frame, StunTcp, StreamError, stun_tcp};
/// use stunwire::{Header, Message, MessageWriter, Method, TransactionId};
/// use tokio_util::codec::Framed;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let id = TransactionId::new(*b"not a secret");
/// # let (near, far) = tokio::io::duplex(64);
/// # let server = async move {
/// #     let mut far = Framed::new(far, StunTcp::default());
/// #     while let Some(frame) = far.next().await {
/// #         far.send(frame?).await?;
/// #     }
/// #     Ok::<(), StreamError>(())
/// # };
/// # let client = async move {
/// let mut turn = Framed::new(near, StunTcp::default());
///
/// // Straight into the write buffer: a message, and data of a channel.
/// let out = turn.write_buffer_mut();
/// MessageWriter::new(out, Header::request(Method::BINDING, id))?.fingerprint()?.finish()?;
/// let mut data = stun_tcp::begin(out, ChannelNumber::MIN)?;
/// data.put(b"to the peer")?;
/// data.end()?;
/// turn.flush().await?;
///
/// // Or as a frame, from bytes that somebody else owns.
/// let payload = Bytes::from_static(b"and this");
/// turn.send(Frame::ChannelData { number: ChannelNumber::MIN, payload }).await?;
///
/// # let mut frames = 0;
/// # while frames < 3 {
/// # let Some(frame) = turn.next().await else { break };
/// match frame? {
///     Frame::Stun(bytes) => assert_eq!(Message::parse(&bytes)?.method(), Method::BINDING),
///     Frame::ChannelData { number, payload } => assert!(payload.len() >= 8, "{number}"),
/// }
/// # frames += 1;
/// # }
/// # assert_eq!(frames, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// # let (client, server) = tokio::join!(client, server);
/// # client?;
/// # server?;
/// # Ok(())
/// # }
/// ```
///
/// After the success response to a ConnectionBind the stream is the peer's, raw
/// ([RFC 6062 §4.3](https://www.rfc-editor.org/rfc/rfc6062#section-4.3)), and what has been read of it
/// already is not lost: `Framed::into_parts` gives the socket and `read_buf`, and `Framed::map_codec`
/// goes on with another framing and the same buffers.
///
/// ```
/// # use futures_util::{SinkExt, StreamExt};
/// # use stunwire::framing::{Frame, Rfc4571, StunTcp};
/// # use tokio::io::AsyncWriteExt;
/// # use tokio_util::codec::Framed;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (near, mut far) = tokio::io::duplex(64);
/// # far.write_all(b"\x01\x0b\x00\x00\x21\x12\xa4\x42abcdefghijkl\x00\x05hello").await?;
/// # let mut data = Framed::new(near, StunTcp::default());
/// let Some(Frame::Stun(success)) = data.next().await.transpose()? else { return Ok(()) };
/// # assert_eq!(success.len(), 20);
/// let mut peer = data.map_codec(|_| Rfc4571::default());
/// let packet = peer.next().await.transpose()?;
/// assert_eq!(packet.as_deref(), Some(&b"hello"[..]));
/// # Ok(())
/// # }
/// ```
impl Decoder for StunTcp {
    type Item = Frame<Bytes>;
    type Error = StreamError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.measure(source);
        decode(source, next, frame)
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.measure(source);
        decode_end(source, next, frame)
    }
}

fn frame(extent: Extent, bytes: BytesMut) -> Option<Frame<Bytes>> {
    extent.frame(|start, end| part(bytes, start, end))
}

/// Writes only what the other side would read as this frame.
impl Encoder<Frame<Bytes>> for StunTcp {
    type Error = StreamError;

    fn encode(&mut self, frame: Frame<Bytes>, out: &mut BytesMut) -> Result<(), StreamError> {
        match frame {
            Frame::Stun(message) => match self.next(&message) {
                Ok(Next::Frame {
                    frame: Frame::Stun(_),
                    consumed,
                }) if consumed == message.len() => out.put(message),
                _ => return Err(EncodeError::NoSuchMessage.into()),
            },
            Frame::ChannelData { number, payload } => {
                if !self.takes(number) {
                    let value = u32::from(number.get());
                    let error = EncodeError::OutOfRange {
                        quantity: Quantity::ChannelNumber,
                        value,
                        min: 0x4000,
                        max: 0x4FFF,
                    };
                    return Err(error.into());
                }
                let mut frame = stun_tcp::begin(out, number)?;
                frame.put(&payload)?;
                frame.end()?;
            }
        }
        Ok(())
    }
}

/// Packets are cut off the read buffer without a copy. The null packet comes out as no bytes.
impl Decoder for Rfc4571 {
    type Item = Bytes;
    type Error = StreamError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, StreamError> {
        let next = self.measure(source);
        decode(source, next, |end, bytes| {
            part(bytes, rfc4571::PREFIX_LEN, end)
        })
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, StreamError> {
        let next = self.measure(source);
        decode_end(source, next, |end, bytes| {
            part(bytes, rfc4571::PREFIX_LEN, end)
        })
    }
}

impl Encoder<Bytes> for Rfc4571 {
    type Error = StreamError;

    fn encode(&mut self, packet: Bytes, out: &mut BytesMut) -> Result<(), StreamError> {
        let mut frame = rfc4571::begin(out)?;
        frame.put(&packet)?;
        frame.end()?;
        Ok(())
    }
}

/// Frames of MS-TURN are cut off the read buffer without a copy.
///
/// ```
/// use bytes::Bytes;
/// use futures_util::{SinkExt, StreamExt};
/// use stunwire::framing::{MsFrame, MsTcp};
/// use tokio_util::codec::Framed;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (near, far) = tokio::io::duplex(64);
/// # let mut far = Framed::new(far, MsTcp::default());
/// let mut turn = Framed::new(near, MsTcp::default());
/// turn.send(MsFrame::Data(Bytes::from_static(b"for the active destination"))).await?;
/// # assert_eq!(far.next().await.transpose()?, Some(MsFrame::Data(Bytes::from_static(b"for the active destination"))));
/// # Ok(())
/// # }
/// ```
impl Decoder for MsTcp {
    type Item = MsFrame<Bytes>;
    type Error = StreamError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.measure(source);
        decode(source, next, ms_frame)
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let next = self.measure(source);
        decode_end(source, next, ms_frame)
    }
}

fn ms_frame((kind, end): (Kind, usize), bytes: BytesMut) -> Option<MsFrame<Bytes>> {
    part(bytes, ms_frame::HEAD_LEN, end).map(|payload| kind.frame(payload))
}

impl Encoder<MsFrame<Bytes>> for MsTcp {
    type Error = StreamError;

    fn encode(&mut self, frame: MsFrame<Bytes>, out: &mut BytesMut) -> Result<(), StreamError> {
        let (kind, payload) = match frame {
            MsFrame::Control(message) => (Kind::Control, message),
            MsFrame::Data(data) => (Kind::Data, data),
        };
        let mut frame = ms_frame::begin(out, kind)?;
        frame.put(&payload)?;
        frame.end()?;
        Ok(())
    }
}
