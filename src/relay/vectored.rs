//! Writes a message for a payload that is outside the buffer, to be sent with a vectored write.

use core::net::SocketAddr;

use super::leading::{Leading, PeerAttribute};
use crate::code_point::Method;
use crate::error::EncodeError;
use crate::header::Header;
use crate::transaction_id::TransactionId;
use crate::wire;
use crate::writer::Segments;

/// Writes a Data indication for a payload that was received from `peer` and is not in `buf`
/// ([RFC 8656 §11.3](https://www.rfc-editor.org/rfc/rfc8656#section-11.3)).
///
/// Returns the segments of the packet: 36 or 48 bytes in `buf`, the payload, and the padding.
/// [`HEADROOM`](super::HEADROOM) bytes are enough for every packet.
///
/// ```
/// use std::io::{IoSlice, Write};
/// use stunwire::TransactionId;
/// use stunwire::relay::{self, HEADROOM};
///
/// let (peer, id) = ("192.0.2.1:7".parse()?, TransactionId::new(*b"unpredictabl"));
/// let mut buf = [0; HEADROOM];
/// let segments = relay::data_indication_vectored(&mut buf, b"hello", peer, id)?;
/// assert_eq!(segments.as_slices().map(<[u8]>::len), [36, 5, 3]);
///
/// let mut stream = Vec::new();
/// stream.write_vectored(&segments.as_slices().map(IoSlice::new))?;
/// assert_eq!(stream.len(), segments.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If `buf` is too small (36 or 48 bytes), the message would be too long, or the transaction id does not begin with the
/// magic cookie.
#[inline]
pub fn data_indication_vectored<'b>(
    buf: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Segments<'b>, EncodeError> {
    let header = Header::indication(Method::DATA, transaction_id);
    write_before(
        buf,
        payload,
        &Leading::new(header, &peer, PeerAttribute::XorPeerAddress),
    )
}

/// Writes a Send indication for a payload that is sent to `peer` and is not in `buf`
/// ([RFC 8656 §11.1](https://www.rfc-editor.org/rfc/rfc8656#section-11.1)).
///
/// Returns the segments of the packet: 36 or 48 bytes in `buf`, the payload, and the padding.
///
/// ```
/// use stunwire::relay::{self, HEADROOM};
/// use stunwire::{Message, TransactionId};
///
/// let (peer, id) = ("[2001:db8::1]:7".parse()?, TransactionId::new(*b"unpredictabl"));
/// let mut buf = [0; HEADROOM];
/// let packet = relay::send_indication_vectored(&mut buf, b"hello", peer, id)?.as_slices().concat();
///
/// let data = relay::read(&Message::parse(&packet)?)?.ok_or("no data")?;
/// assert_eq!((data.peer, data.payload), (peer, 48..53));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As in [`data_indication_vectored`].
#[inline]
pub fn send_indication_vectored<'b>(
    buf: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Segments<'b>, EncodeError> {
    let header = Header::indication(Method::SEND, transaction_id);
    write_before(
        buf,
        payload,
        &Leading::new(header, &peer, PeerAttribute::XorPeerAddress),
    )
}

/// Writes the message with this header for a payload that is not in `buf`: the peer's address, in the attribute
/// that this message has for it, and the payload as DATA.
///
/// The header is that of a Send or Data indication; in MS-TURN, of a Send request or a Data indication. A Send
/// request of MS-TURN to a server that requires authentication is written with
/// [`MessageWriter::payload`](crate::MessageWriter::payload), as for [`message_in_place`](super::message_in_place).
///
/// ```
/// use stunwire::relay::{self, HEADROOM};
/// use stunwire::{Dialect, Header, Method, TransactionId};
///
/// let id = TransactionId::classic(*b"0123456789abcdef");
/// let header = Header::indication(Method::DATA, id).in_dialect(Dialect::MS_TURN);
/// let peer = "192.0.2.1:32853".parse()?;
/// let mut buf = [0; HEADROOM];
/// let packet = relay::message_vectored(&mut buf, b"hello", peer, header)?.as_slices().concat();
///
/// let data = relay::read(&Dialect::MS_TURN.parse(&packet)?)?.ok_or("no data")?;
/// assert_eq!((data.peer, &packet[data.payload]), (peer, &b"hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the header is that of another message, or for the reasons given in [`data_indication_vectored`]; MS-TURN
/// needs 8 more bytes.
#[inline]
pub fn message_vectored<'b>(
    buf: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    header: Header,
) -> Result<Segments<'b>, EncodeError> {
    let attribute = PeerAttribute::of(header)?;
    write_before(buf, payload, &Leading::new(header, &peer, attribute))
}

/// Writes what a message with an address and DATA has before and after its payload.
#[inline(always)]
#[allow(clippy::arithmetic_side_effects, reason = "a slice and 3 bytes")]
fn write_before<'b>(
    buf: &'b mut [u8],
    payload: &'b [u8],
    leading: &Leading<'_>,
) -> Result<Segments<'b>, EncodeError> {
    let (available, len) = (buf.len(), leading.len());
    let Some(out) = buf.get_mut(..len) else {
        return Err(EncodeError::buffer_full(len, available));
    };
    let trailing: &[u8] = if leading.header.dialect().is_padded() {
        wire::zero_padding(payload.len())
    } else {
        &[]
    };
    leading.write(out, payload.len(), payload.len() + trailing.len())?;
    Ok(Segments {
        leading: out,
        payload,
        trailing,
    })
}
