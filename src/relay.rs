//! Writes and reads the packets that a TURN server relays, without copying their payload: Send and Data
//! indications and ChannelData.
//!
//! The functions `*_in_place` write a packet around a payload that is already in a buffer, with [`HEADROOM`]
//! bytes free before it and [`TAILROOM`] bytes free after it. The packet is then sent from the same buffer.
//! The cost does not depend on the length of the payload. For a vectored write see
//! [`MessageWriter::payload`](crate::MessageWriter::payload) and [`ChannelData::header`]; to copy, write a
//! [`Data`] attribute or use [`ChannelData::write`].
//!
//! Example programs: [`turn_udp`](https://docs.rs/crate/stunwire/latest/source/examples/turn_udp.rs),
//! [`slice_ref`](https://docs.rs/crate/stunwire/latest/source/examples/slice_ref.rs).
//!
//! ```
//! use stunwire::relay::{self, HEADROOM, TAILROOM};
//! use stunwire::{Message, TransactionId};
//!
//! # let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
//! # socket.send_to(b"from a peer", socket.local_addr()?)?;
//! let id = TransactionId::new(*b"not a secret");
//! let mut buf = [0; HEADROOM + 1500 + TAILROOM];
//! let (n, peer) = socket.recv_from(&mut buf[HEADROOM..HEADROOM + 1500])?;
//! let packet = relay::data_indication_in_place(&mut buf, HEADROOM..HEADROOM + n, peer, id)?;
//! let packet = &buf[packet]; // to the client
//!
//! let data = relay::read(&Message::parse(packet)?)?.ok_or("no data")?;
//! assert_eq!(data.peer, peer);
//! assert_eq!(&packet[data.payload], b"from a peer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # MS-TURN
//!
//! In MS-TURN (\[MS-TURN\] 2.2.1) a client sends data in a Send *request* with DESTINATION-ADDRESS, and the
//! server does not answer it. A server sends data in a Data indication with REMOTE-ADDRESS. [`read`] reads
//! both, and [`message_in_place`] writes both: the header selects the dialect.

use core::net::SocketAddr;
use core::ops::Range;

use crate::ChannelData;
use crate::attribute::ms::{DestinationAddress, RemoteAddress};
use crate::attribute::shape::put_slice;
use crate::attribute::{
    Attribute, AttributeType, ChannelNumber, Data, EncodeAttribute, XorPeerAddress,
};
use crate::code_point::{Class, MessageType, Method};
use crate::dialect::{Context, Dialect, MAGIC_COOKIE_ATTRIBUTE};
use crate::error::{AttributeError, EncodeError, ValueError};
use crate::framing::channel_data;
use crate::header::Header;
use crate::message::Message;
use crate::num::saturating_u32;
use crate::transaction_id::TransactionId;
use crate::wire::{self, HEADER_LEN, TLV_HEADER_LEN, Tlv};

/// The number of free bytes before the payload that is enough for every packet: 56, the length of an MS-TURN
/// message up to its payload, with an IPv6 address.
///
/// ChannelData needs 4 bytes, an indication 36 bytes with an IPv4 peer and 48 with an IPv6 peer; in MS-TURN 8
/// bytes more.
pub const HEADROOM: usize = 56;

/// The number of free bytes after the payload that is enough for every packet: 3, the longest padding.
pub const TAILROOM: usize = 3;

/// The peer and the payload of a Send or Data indication.
///
/// ```
/// use stunwire::Message;
/// use stunwire::relay::{self, PeerData};
///
/// /// The payload of an indication without a copy.
/// fn payload(packet: &[u8]) -> Option<&[u8]> {
///     let PeerData { payload, .. } = relay::read(&Message::parse(packet).ok()?).ok()??;
///     packet.get(payload)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerData {
    /// The peer to which, or from which, the payload is sent.
    pub peer: SocketAddr,
    /// Range of the payload in the message, in bytes. The payload may be empty.
    pub payload: Range<usize>,
}

/// Reads the peer's address and the data of a Send or Data indication; in MS-TURN, of a Send request or a
/// Data indication.
///
/// Returns `None` for every other message, and if the address or the data is absent: discard such an
/// indication ([RFC 8656 §11.2 to §11.4](https://www.rfc-editor.org/rfc/rfc8656#section-11.2)). A Data
/// indication with an ICMP attribute has no data.
///
/// If there are several addresses or several DATA attributes, the first one is used. Other attributes are not
/// read: the server must itself discard an indication with an unknown comprehension-required attribute
/// ([`Message::unknown_required`]), and must obey DONT-FRAGMENT in a Send indication.
///
/// ```
/// use stunwire::relay::{self, HEADROOM, TAILROOM};
/// use stunwire::{Message, TransactionId};
///
/// let mut buf = [0; HEADROOM + 5 + TAILROOM];
/// buf[HEADROOM..HEADROOM + 5].copy_from_slice(b"hello");
/// let id = TransactionId::new(*b"unpredictabl");
/// let peer = "192.0.2.1:7".parse()?;
/// let packet = relay::send_indication_in_place(&mut buf, HEADROOM..HEADROOM + 5, peer, id)?;
///
/// let packet = &buf[packet];
/// let data = relay::read(&Message::parse(packet)?)?.ok_or("no data")?;
/// assert_eq!((data.peer, &packet[data.payload]), (peer, &b"hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the address and the data are present and the address is malformed.
#[inline(always)]
pub fn read(message: &Message<'_>) -> Result<Option<PeerData>, AttributeError> {
    let dialect = message.dialect();
    if dialect.rules().magic_cookie_attribute {
        return read_ms_turn(message);
    }
    let is = |method| {
        let ty = MessageType::new(Class::Indication, method);
        dialect.has_bits(ty, message.type_bits())
    };
    if is(Method::SEND) || is(Method::DATA) {
        peer_data(message, |XorPeerAddress(peer)| peer)
    } else {
        Ok(None)
    }
}

fn read_ms_turn(message: &Message<'_>) -> Result<Option<PeerData>, AttributeError> {
    // By the bits, because 0x0017, the Data indication of RFC 8656, is not a message of MS-TURN.
    let is = |class, method| {
        let ty = MessageType::new(class, method);
        message.dialect().has_bits(ty, message.type_bits())
    };
    if is(Class::Request, Method::SEND) {
        peer_data(message, |DestinationAddress(peer)| peer)
    } else if is(Class::Indication, Method::DATA) {
        peer_data(message, |RemoteAddress(peer)| peer)
    } else {
        Ok(None)
    }
}

/// The first address of type `T` and the first DATA, in one pass that ends when both have been found.
#[inline(always)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "the value is inside the message"
)]
fn peer_data<'a, T: Attribute<'a>>(
    message: &Message<'a>,
    peer: impl FnOnce(T) -> SocketAddr,
) -> Result<Option<PeerData>, AttributeError> {
    let dialect = message.dialect();
    let is_address = |ty| T::is_type(ty, dialect);
    let is_data = |ty| Data::is_type(ty, dialect);
    let mut attributes = message.attributes();
    let Some(first) = attributes.next_of(|ty| is_address(ty) || is_data(ty)) else {
        return Ok(None);
    };
    let data_first = is_data(AttributeType::new(first.ty()));
    let second = attributes.next_of(|ty| {
        if data_first {
            is_address(ty)
        } else {
            is_data(ty)
        }
    });
    let (address, data) = match (data_first, second) {
        (false, Some(second)) => (first, second),
        (true, Some(second)) => (second, first),
        (_, None) => return Ok(None),
    };
    let Some(value) = address.value() else {
        debug_assert!(false, "parsing has found the attribute complete");
        return Ok(None);
    };
    let context = Context::new(message.transaction_id(), dialect);
    match T::decode(value, context) {
        Ok(address) => Ok(Some(PeerData {
            peer: peer(address),
            payload: data.value_offset()..data.value_offset() + data.len(),
        })),
        Err(source) => Err(malformed(address, source, dialect)),
    }
}

#[cold]
fn malformed(tlv: Tlv<'_>, source: ValueError, dialect: Dialect) -> AttributeError {
    let ty = AttributeType::new(tlv.ty());
    AttributeError::malformed(ty, saturating_u32(tlv.offset()), source, dialect)
}

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
/// If there is no room before the payload (36 or 48 bytes) or after it (up to 3 bytes), or the message would
/// be too long. The bytes around the payload may then have been overwritten.
#[inline]
pub fn data_indication_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    transaction_id: TransactionId,
) -> Result<Range<usize>, EncodeError> {
    let header = Header::indication(Method::DATA, transaction_id);
    write_message(buf, payload, peer, header, XorPeerAddress)
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
    write_message(buf, payload, peer, header, XorPeerAddress)
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
    let ms_turn = header.dialect().rules().magic_cookie_attribute;
    match (ms_turn, header.class(), header.method()) {
        (false, Class::Indication, Method::SEND | Method::DATA) => {
            write_message(buf, payload, peer, header, XorPeerAddress)
        }
        (true, Class::Request, Method::SEND) => {
            write_message(buf, payload, peer, header, DestinationAddress)
        }
        (true, Class::Indication, Method::DATA) => {
            write_message(buf, payload, peer, header, RemoteAddress)
        }
        _ => Err(EncodeError::NoSuchMessage),
    }
}

/// Writes a message with an address and DATA. The general writer is not used, because its states are not needed.
#[inline(always)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "at most 20, 8, 24 and 4 bytes, and a slice with its payload"
)]
fn write_message<A: EncodeAttribute>(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    header: Header,
    attribute: impl FnOnce(SocketAddr) -> A,
) -> Result<Range<usize>, EncodeError> {
    let (dialect, id) = (header.dialect(), header.transaction_id());
    let rules = dialect.rules();
    let address = attribute(peer);
    let address_len: u16 = if peer.is_ipv4() { 8 } else { 20 };
    let magic_cookie: &[u8] = if rules.magic_cookie_attribute {
        &MAGIC_COOKIE_ATTRIBUTE
    } else {
        &[]
    };
    let before_payload = HEADER_LEN
        + magic_cookie.len()
        + TLV_HEADER_LEN
        + usize::from(address_len)
        + TLV_HEADER_LEN;
    let available = buf.len();
    let Some(packet) = Packet::around(buf, &payload, before_payload, dialect.is_padded()) else {
        return Err(no_room(available, &payload, before_payload));
    };
    let (Some(address_type), Some(data_type)) =
        (address.wire_type(dialect), Data::type_in(dialect))
    else {
        return Err(EncodeError::NotInDialect);
    };
    if header.type_bits() & 0xC000 != 0 {
        return Err(EncodeError::NoSuchMessage);
    }
    if rules.cookie && !id.has_cookie() {
        return Err(EncodeError::NoCookie);
    }
    // If the length of the attributes fits, so does that of the payload.
    let attributes_len = before_payload - HEADER_LEN + packet.padded_len;
    let (Ok(length), Ok(payload_len)) = (
        u16::try_from(attributes_len),
        u16::try_from(packet.payload_len),
    ) else {
        return Err(EncodeError::TooLong {
            length: saturating_u32(attributes_len),
        });
    };

    let write = |out: &mut [u8]| {
        let out = put_slice(out, &word(header.type_bits(), length))?;
        let out = put_slice(out, id.as_bytes())?;
        let out = put_slice(out, magic_cookie)?;
        let out = put_slice(out, &word(address_type.as_u16(), address_len))?;
        let (value, out) = out.split_at_mut_checked(usize::from(address_len))?;
        address.encode(value, Context::new(id, dialect));
        put_slice(out, &word(data_type.as_u16(), payload_len)).map(|_| ())
    };
    if write(packet.header).is_none() {
        debug_assert!(false, "the attributes have the length that was computed");
        return Err(no_room(available, &payload, before_payload));
    }
    Ok(packet.range)
}

/// Two 16-bit fields: the start of a header, or type and length of an attribute.
#[inline(always)]
const fn word(first: u16, second: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
    [a, b, c, d]
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
