//! Reads the peer and the payload of a Send or Data indication.

use core::net::SocketAddr;
use core::ops::Range;

use crate::attribute::ms::{DestinationAddress, RemoteAddress};
use crate::attribute::{Attribute, AttributeType, Data, XorPeerAddress};
use crate::code_point::{Class, MessageType, Method};
use crate::dialect::{Context, Dialect};
use crate::error::{AttributeError, ValueError};
use crate::message::Message;
use crate::num::saturating_u32;
use crate::wire::Tlv;

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
