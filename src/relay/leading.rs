//! The bytes of a message before its payload.

use core::net::SocketAddr;

use crate::attribute::ms::{DestinationAddress, RemoteAddress};
use crate::attribute::shape::put_slice;
use crate::attribute::{Attribute, AttributeType, Data, XorPeerAddress, address};
use crate::code_point::{Class, Method};
use crate::dialect::{Dialect, MAGIC_COOKIE_ATTRIBUTE};
use crate::error::EncodeError;
use crate::header::Header;
use crate::num::saturating_u32;
use crate::transaction_id::TransactionId;
use crate::wire::{HEADER_LEN, TLV_HEADER_LEN};

/// The attribute in which a message has the address of the peer.
#[derive(Clone, Copy)]
#[allow(clippy::enum_variant_names, reason = "the names of the attributes")]
pub(super) enum PeerAttribute {
    XorPeerAddress,
    DestinationAddress,
    RemoteAddress,
}

impl PeerAttribute {
    /// That of a Send or Data indication; in MS-TURN, of a Send request or a Data indication.
    ///
    /// # Errors
    /// If the header is that of another message.
    #[inline(always)]
    pub(super) fn of(header: Header) -> Result<Self, EncodeError> {
        let ms_turn = header.dialect().rules().magic_cookie_attribute;
        match (ms_turn, header.class(), header.method()) {
            (false, Class::Indication, Method::SEND | Method::DATA) => Ok(Self::XorPeerAddress),
            (true, Class::Request, Method::SEND) => Ok(Self::DestinationAddress),
            (true, Class::Indication, Method::DATA) => Ok(Self::RemoteAddress),
            _ => Err(EncodeError::NoSuchMessage),
        }
    }

    #[inline(always)]
    fn type_in(self, dialect: Dialect) -> Option<AttributeType> {
        match self {
            Self::XorPeerAddress => XorPeerAddress::type_in(dialect),
            Self::DestinationAddress => DestinationAddress::type_in(dialect),
            Self::RemoteAddress => RemoteAddress::type_in(dialect),
        }
    }

    /// Writes the value. Reads the address by reference: an attribute with a copy of it would be in memory, and be
    /// read before the processor has its parts.
    #[inline(always)]
    fn encode(self, peer: &SocketAddr, id: &TransactionId, out: &mut [u8]) -> Option<()> {
        match self {
            Self::XorPeerAddress => address::encode_xored(peer, id, out),
            Self::DestinationAddress | Self::RemoteAddress => address::encode(peer, out),
        }
    }
}

/// What a message has before its payload: the header, the peer's address, and type and length of DATA. The
/// general writer is not used, because its states are not needed.
pub(super) struct Leading<'p> {
    pub(super) header: Header,
    peer: &'p SocketAddr,
    attribute: PeerAttribute,
    /// Length of the address's value.
    address_len: u16,
    /// MAGIC-COOKIE in MS-TURN.
    magic_cookie: &'static [u8],
}

impl<'p> Leading<'p> {
    #[inline(always)]
    pub(super) fn new(header: Header, peer: &'p SocketAddr, attribute: PeerAttribute) -> Self {
        Self {
            header,
            peer,
            attribute,
            address_len: if peer.is_ipv4() { 8 } else { 20 },
            magic_cookie: if header.dialect().rules().magic_cookie_attribute {
                &MAGIC_COOKIE_ATTRIBUTE
            } else {
                &[]
            },
        }
    }

    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "20 + 8 + 4 + 20 + 4 at most"
    )]
    pub(super) fn len(&self) -> usize {
        HEADER_LEN
            + self.magic_cookie.len()
            + TLV_HEADER_LEN
            + usize::from(self.address_len)
            + TLV_HEADER_LEN
    }

    /// Writes into `out`, which has the length [`len`](Self::len).
    #[inline(always)]
    #[allow(clippy::arithmetic_side_effects, reason = "a slice and 56 bytes")]
    pub(super) fn write(
        &self,
        out: &mut [u8],
        payload_len: usize,
        padded_len: usize,
    ) -> Result<(), EncodeError> {
        let header = self.header;
        let (dialect, id) = (header.dialect(), header.transaction_id());
        let (Some(address_type), Some(data_type)) =
            (self.attribute.type_in(dialect), Data::type_in(dialect))
        else {
            return Err(EncodeError::NotInDialect);
        };
        if header.type_bits() & 0xC000 != 0 {
            return Err(EncodeError::NoSuchMessage);
        }
        if dialect.rules().cookie && !id.has_cookie() {
            return Err(EncodeError::NoCookie);
        }
        // If the length of the attributes fits, so does that of the payload.
        let attributes_len = self.len() - HEADER_LEN + padded_len;
        let (Ok(length), Ok(payload_len)) =
            (u16::try_from(attributes_len), u16::try_from(payload_len))
        else {
            return Err(EncodeError::TooLong {
                length: saturating_u32(attributes_len),
            });
        };

        let available = out.len();
        let types = (address_type, data_type);
        if self.put(out, types, (length, payload_len)).is_none() {
            debug_assert!(false, "the attributes have the length that was computed");
            return Err(EncodeError::buffer_full(self.len(), available));
        }
        Ok(())
    }

    /// Writes types and lengths that have been checked: those of the address and of the data, and those of the
    /// message and of the payload.
    #[inline(always)]
    fn put(
        &self,
        out: &mut [u8],
        (address_type, data_type): (AttributeType, AttributeType),
        (length, payload_len): (u16, u16),
    ) -> Option<()> {
        let id = self.header.transaction_id();
        let out = put_slice(out, &word(self.header.type_bits(), length))?;
        let out = put_slice(out, id.as_bytes())?;
        let out = put_slice(out, self.magic_cookie)?;
        let out = put_slice(out, &word(address_type.as_u16(), self.address_len))?;
        let (value, out) = out.split_at_mut_checked(usize::from(self.address_len))?;
        self.attribute.encode(self.peer, &id, value)?;
        put_slice(out, &word(data_type.as_u16(), payload_len)).map(|_| ())
    }
}

/// Two 16-bit fields: the start of a header, or type and length of an attribute.
#[inline(always)]
const fn word(first: u16, second: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
    [a, b, c, d]
}
