//! A TURN relay's packets: Send and Data indications and ChannelData, around a payload that stays
//! where it is.
//!
//! Written in place, the payload lies in a buffer with [`HEADROOM`] in front and [`TAILROOM`] behind,
//! and leaves from the same bytes; the cost does not depend on its length. For a vectored write see
//! [`MessageWriter::payload`] and [`ChannelData::head`](crate::ChannelData::head).
//!
//! ```
//! use stunwire::relay::{self, HEADROOM, TAILROOM};
//! use stunwire::TransactionId;
//!
//! # let id = TransactionId::new(*b"not a secret");
//! # let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
//! # socket.send_to(b"from a peer", socket.local_addr()?)?;
//! let mut buf = [0; HEADROOM + 1500 + TAILROOM];
//! let (n, peer) = socket.recv_from(&mut buf[HEADROOM..HEADROOM + 1500])?;
//! let packet = relay::data_indication_in_place(&mut buf, HEADROOM..HEADROOM + n, peer, id)?;
//! let client = &buf[packet];
//! # let message = stunwire::Message::parse(client)?;
//! let indication = relay::read(&message)?.ok_or("neither Send nor Data")?;
//! assert_eq!(indication.peer, peer);
//! assert_eq!(&client[indication.payload], b"from a peer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::net::SocketAddr;
use core::ops::Range;

use crate::attribute::shape::put;
use crate::attribute::{Attribute, ChannelNumber, Data, XorPeerAddress, address};
use crate::code_point::{Class, MessageType, Method};
use crate::error::{AttributeError, EncodeError};
use crate::framing::channel_data;
use crate::header::Header;
use crate::message::Message;
use crate::transaction_id::TransactionId;
use crate::wire::{self, HEADER_LEN, TLV_HEADER_LEN};
use crate::writer::MessageWriter;

/// What the longest head takes, that of an indication with an IPv6 peer. With an IPv4 peer it is 36,
/// for ChannelData 4.
pub const HEADROOM: usize = 48;

/// What the longest padding takes.
pub const TAILROOM: usize = 3;

/// A Send or Data indication: whom its payload goes to or comes from, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Indication {
    /// The peer.
    pub peer: SocketAddr,
    /// Where the payload stands in the message; it may be empty.
    pub payload: Range<usize>,
}

/// Reads a Send or Data indication. `None` for every other message, and where the peer or the data is
/// missing: such indications are dropped
/// ([RFC 8656 §11.2 to §11.4](https://www.rfc-editor.org/rfc/rfc8656#section-11.2)); a Data
/// indication that carries an ICMP attribute has no data.
///
/// Of several peers the first counts. What else stands in the indication is not looked at: a server
/// drops one with an attribute that must be understood and is not
/// ([`Message::unknown_required`]), and minds the DONT-FRAGMENT of a Send.
///
/// # Errors
/// When the peer's address is malformed.
#[inline]
pub fn read(message: &Message<'_>) -> Result<Option<Indication>, AttributeError> {
    let dialect = message.dialect();
    let bits = message.type_bits();
    let is = |method| dialect.has_bits(MessageType::new(Class::Indication, method), bits);
    if !is(Method::SEND) && !is(Method::DATA) {
        return Ok(None);
    }
    let data = message
        .attributes()
        .next_of(|ty| Data::is_type(ty, dialect));
    match (message.get::<XorPeerAddress>()?, data) {
        (Some(peer), Some(data)) => {
            let begin = data.value_offset();
            Ok(Some(Indication {
                peer: peer.0,
                payload: begin..begin.wrapping_add(data.len()),
            }))
        }
        _ => Ok(None),
    }
}

/// Makes a Data indication of a payload that came from `peer`: writes the head in front of it and the
/// padding behind, and gives the place of the whole
/// ([RFC 8656 §11.3](https://www.rfc-editor.org/rfc/rfc8656#section-11.3)).
///
/// # Errors
/// When there is no room in front (36 or 48 bytes) or behind (up to 3), or the message would be too
/// long. Nothing is sent then, but the room may be written to.
#[inline]
pub fn data_indication_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Range<usize>, EncodeError> {
    let header = Header::indication(Method::DATA, transaction_id);
    indication_in_place(buf, payload, peer, header)
}

/// Makes a Send indication of a payload that goes to `peer`
/// ([RFC 8656 §11.1](https://www.rfc-editor.org/rfc/rfc8656#section-11.1)).
///
/// # Errors
/// As [`data_indication_in_place`].
#[inline]
pub fn send_indication_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Range<usize>, EncodeError> {
    let header = Header::indication(Method::SEND, transaction_id);
    indication_in_place(buf, payload, peer, header)
}

#[inline(always)]
fn indication_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    header: Header,
) -> Result<Range<usize>, EncodeError> {
    let head_len = HEADER_LEN
        .wrapping_add(TLV_HEADER_LEN)
        .wrapping_add(address::len(&peer))
        .wrapping_add(TLV_HEADER_LEN);
    let place = Place::of(buf, payload, head_len, true)?;
    let mut writer = MessageWriter::new(place.head, header)?;
    writer.attribute(&XorPeerAddress(peer))?;
    writer.payload_in_place(place.len, place.padded)?.finish()?;
    Ok(place.whole)
}

/// Makes a ChannelData of a payload, without padding, for a datagram
/// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
///
/// # Errors
/// When there is no room for 4 bytes in front, the payload is longer than 65,535 bytes, or a number
/// that was read is none of a channel.
#[inline]
pub fn channel_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
) -> Result<Range<usize>, EncodeError> {
    channel_data(buf, payload, number, false)
}

/// The same with padding, for a stream.
///
/// # Errors
/// As [`channel_data_in_place`], or when there is no room for the padding behind.
#[inline]
pub fn padded_channel_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
) -> Result<Range<usize>, EncodeError> {
    channel_data(buf, payload, number, true)
}

#[inline(always)]
fn channel_data(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
    padded: bool,
) -> Result<Range<usize>, EncodeError> {
    let place = Place::of(buf, payload, channel_data::HEAD_LEN, padded)?;
    put(place.head, channel_data::head(number, place.len)?);
    Ok(place.whole)
}

/// The places of a packet around its payload.
struct Place<'b> {
    head: &'b mut [u8],
    /// Length of the payload.
    len: usize,
    /// The payload and its padding, which is zero.
    padded: &'b [u8],
    whole: Range<usize>,
}

impl<'b> Place<'b> {
    #[inline(always)]
    fn of(
        buf: &'b mut [u8],
        payload: Range<usize>,
        head_len: usize,
        padded: bool,
    ) -> Result<Self, EncodeError> {
        let available = buf.len();
        let Range { start, end } = payload;
        let Some(from) = start.checked_sub(head_len) else {
            return Err(no_room(head_len, start));
        };
        let Some(len) = end.checked_sub(start) else {
            return Err(no_room(start, end));
        };
        let pad = if padded { wire::padding_len(len) } else { 0 };
        let to = end.saturating_add(pad);
        let split = |whole: &'b mut [u8]| {
            let (head, padded) = whole.split_at_mut_checked(head_len)?;
            wire::zero(padded.get_mut(len..)?);
            Some((head, padded))
        };
        let Some((head, padded)) = buf.get_mut(from..to).and_then(split) else {
            return Err(no_room(to, available));
        };
        Ok(Self {
            head,
            len,
            padded,
            whole: from..to,
        })
    }
}

#[cold]
fn no_room(needed: usize, available: usize) -> EncodeError {
    let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    EncodeError::BufferFull {
        needed: short(needed),
        available: short(available),
    }
}
