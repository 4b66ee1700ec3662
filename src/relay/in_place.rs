//! Writes a packet around a payload that is in the buffer.

use core::net::SocketAddr;
use core::ops::Range;

use super::leading::{Leading, PeerAttribute};
use crate::ChannelData;
use crate::attribute::ChannelNumber;
use crate::attribute::shape::put_slice;
use crate::code_point::Method;
use crate::error::EncodeError;
use crate::framing::channel_data;
use crate::header::Header;
use crate::transaction_id::TransactionId;
use crate::wire;

/// Writes a Data indication around a payload that was received from `peer`
/// ([RFC 8656 §11.3](https://www.rfc-editor.org/rfc/rfc8656#section-11.3)).
///
/// Returns the range of the packet in `buf`.
///
/// ```
/// use stunwire::TransactionId;
/// use stunwire::relay::{self, HEADROOM, TAILROOM};
///
/// let mut buf = [0; HEADROOM + 5 + TAILROOM];
/// buf[HEADROOM..HEADROOM + 5].copy_from_slice(b"hello");
/// let (peer, id) = ("192.0.2.1:7".parse()?, TransactionId::new(*b"unpredictabl"));
/// let packet = relay::data_indication_in_place(&mut buf, HEADROOM..HEADROOM + 5, peer, id)?;
/// assert_eq!(packet, HEADROOM - 36..HEADROOM + 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there is no room before the payload (36 or 48 bytes) or after it (up to 3 bytes), the message would be too
/// long, or the transaction id does not begin with the magic cookie. The bytes around the payload may then have been
/// overwritten.
#[inline]
pub fn data_indication_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Range<usize>, EncodeError> {
    let header = Header::indication(Method::DATA, transaction_id);
    write_around(
        buf,
        payload,
        &Leading::new(header, &peer, PeerAttribute::XorPeerAddress),
    )
}

/// Writes a Send indication around a payload for `peer`
/// ([RFC 8656 §11.1](https://www.rfc-editor.org/rfc/rfc8656#section-11.1)).
///
/// Returns the range of the packet in `buf`.
///
/// ```
/// use stunwire::TransactionId;
/// use stunwire::relay::{self, HEADROOM, TAILROOM};
///
/// let mut buf = [0; HEADROOM + 5 + TAILROOM];
/// buf[HEADROOM..HEADROOM + 5].copy_from_slice(b"hello");
/// let (peer, id) = ("192.0.2.1:7".parse()?, TransactionId::new(*b"unpredictabl"));
/// let packet = relay::send_indication_in_place(&mut buf, HEADROOM..HEADROOM + 5, peer, id)?;
/// assert_eq!(packet, HEADROOM - 36..HEADROOM + 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As in [`data_indication_in_place`].
#[inline]
pub fn send_indication_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Range<usize>, EncodeError> {
    let header = Header::indication(Method::SEND, transaction_id);
    write_around(
        buf,
        payload,
        &Leading::new(header, &peer, PeerAttribute::XorPeerAddress),
    )
}

/// Writes the message with this header around a payload: the peer's address, in the attribute that this
/// message has for it, and the payload as DATA.
///
/// The header is that of a Send or Data indication; in MS-TURN, of a Send request or a Data indication. The
/// message is written in the dialect of the header. Returns the range of the packet in `buf`. A Send request
/// of MS-TURN to a server that requires authentication needs more attributes and MESSAGE-INTEGRITY after the
/// payload: write it with [`MessageWriter::payload`](crate::MessageWriter::payload).
///
/// ```
/// use stunwire::relay::{self, HEADROOM};
/// use stunwire::{Dialect, Header, Method, TransactionId};
///
/// let mut buf = [0; HEADROOM + 5];
/// buf[HEADROOM..].copy_from_slice(b"hello");
///
/// let id = TransactionId::classic(*b"0123456789abcdef");
/// let header = Header::indication(Method::DATA, id).in_dialect(Dialect::MS_TURN);
/// let peer = "192.0.2.1:32853".parse()?;
/// let packet = relay::message_in_place(&mut buf, HEADROOM..HEADROOM + 5, peer, header)?;
///
/// let packet = &buf[packet];
/// let data = relay::read(&Dialect::MS_TURN.parse(packet)?)?.ok_or("no data")?;
/// assert_eq!((data.peer, &packet[data.payload]), (peer, &b"hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the header is that of another message, or for the reasons given in [`data_indication_in_place`];
/// MS-TURN needs 8 more bytes before the payload.
#[inline]
pub fn message_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    header: Header,
) -> Result<Range<usize>, EncodeError> {
    let attribute = PeerAttribute::of(header)?;
    write_around(buf, payload, &Leading::new(header, &peer, attribute))
}

/// Writes a message with an address and DATA around a payload that is in the buffer.
#[inline(always)]
fn write_around(
    buf: &mut [u8],
    payload: Range<usize>,
    leading: &Leading<'_>,
) -> Result<Range<usize>, EncodeError> {
    let (available, len) = (buf.len(), leading.len());
    let is_padded = leading.header.dialect().is_padded();
    let Some(packet) = Packet::around(buf, &payload, len, is_padded) else {
        return Err(no_room(available, &payload, len));
    };
    leading.write(packet.header, packet.payload_len, packet.padded_len)?;
    Ok(packet.range)
}

/// Writes ChannelData around a payload, without padding, for a datagram
/// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
///
/// Returns the range of the packet in `buf`.
///
/// ```
/// use stunwire::attribute::ChannelNumber;
/// use stunwire::relay::{self, HEADROOM};
///
/// let mut buf = [0; HEADROOM + 5];
/// buf[HEADROOM..].copy_from_slice(b"hello");
/// let packet = relay::channel_data_in_place(&mut buf, HEADROOM..HEADROOM + 5, ChannelNumber::MIN)?;
/// assert_eq!(buf[packet], *b"\x40\x00\x00\x05hello");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// If there is no room for 4 bytes before the payload, the payload is longer than 65,535 bytes, or a channel
/// number that was read is outside 0x4000 to 0x7FFF.
#[inline]
pub fn channel_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
) -> Result<Range<usize>, EncodeError> {
    write_channel_data(buf, payload, number, false)
}

/// Writes ChannelData around a payload, with padding, for a stream
/// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
///
/// Returns the range of the packet in `buf`.
///
/// ```
/// use stunwire::attribute::ChannelNumber;
/// use stunwire::relay::{self, HEADROOM, TAILROOM};
///
/// let mut buf = [0; HEADROOM + 5 + TAILROOM];
/// buf[HEADROOM..HEADROOM + 5].copy_from_slice(b"hello");
/// let payload = HEADROOM..HEADROOM + 5;
/// let packet = relay::padded_channel_data_in_place(&mut buf, payload, ChannelNumber::MIN)?;
/// assert_eq!(buf[packet], *b"\x40\x00\x00\x05hello\0\0\0");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// For the reasons given in [`channel_data_in_place`], or if there is no room for up to 3 bytes of padding after
/// the payload.
#[inline]
pub fn padded_channel_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
) -> Result<Range<usize>, EncodeError> {
    write_channel_data(buf, payload, number, true)
}

#[inline(always)]
fn write_channel_data(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
    padded: bool,
) -> Result<Range<usize>, EncodeError> {
    let available = buf.len();
    let Some(packet) = Packet::around(buf, &payload, ChannelData::HEADER_LEN, padded) else {
        return Err(no_room(available, &payload, ChannelData::HEADER_LEN));
    };
    let header = channel_data::header(number, packet.payload_len)?;
    if put_slice(packet.header, &header).is_none() {
        debug_assert!(false, "the header has the length that was asked for");
        return Err(no_room(available, &payload, ChannelData::HEADER_LEN));
    }
    Ok(packet.range)
}

/// The parts of a packet around its payload.
struct Packet<'b> {
    /// The bytes before the payload.
    header: &'b mut [u8],
    /// Length of the payload in bytes, without padding.
    payload_len: usize,
    /// Length of the payload and its padding in bytes.
    padded_len: usize,
    /// Range of the packet in the buffer.
    range: Range<usize>,
}

impl<'b> Packet<'b> {
    /// The packet with `header_len` bytes before the payload and, if `padded`, the padding after it. `None`
    /// if the buffer has no room for them.
    #[inline(always)]
    fn around(
        buf: &'b mut [u8],
        payload: &Range<usize>,
        header_len: usize,
        padded: bool,
    ) -> Option<Self> {
        let from = payload.start.checked_sub(header_len)?;
        let payload_len = payload.end.checked_sub(payload.start)?;
        let to = if padded {
            payload.end.checked_add(wire::padding_len(payload_len))?
        } else {
            payload.end
        };
        let (header, padded) = buf.get_mut(from..to)?.split_at_mut_checked(header_len)?;
        wire::zero(padded.get_mut(payload_len..)?);
        Some(Self {
            header,
            payload_len,
            padded_len: padded.len(),
            range: from..to,
        })
    }
}

/// The error for a payload around which there is no room for `header_len` bytes or the padding.
#[cold]
fn no_room(available: usize, payload: &Range<usize>, header_len: usize) -> EncodeError {
    let (needed, available) = if payload.start < header_len {
        (header_len, payload.start)
    } else {
        let padding_len = wire::padding_len(payload.len());
        (payload.end.saturating_add(padding_len), available)
    };
    EncodeError::buffer_full(needed, available)
}
