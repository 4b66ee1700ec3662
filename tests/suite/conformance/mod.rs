//! One or more tests for each clause of the specifications that the crate implements.
//!
//! The pages `docs::conformance` name these tests, and `page` checks that they exist. Expected bytes are
//! built by hand from the specification's figures and examples, or are those of published messages.

mod channels;
mod dialects;
mod discovery;
mod extensions;
mod framing;
mod ice;
mod microsoft;
mod oauth;
mod page;
mod relaying;
mod replies;
mod stun;
mod stun_attributes;
mod tcp_allocations;
mod turn;
mod turn_attributes;

use stunwire::attribute::{Attribute, EncodeAttribute};
use stunwire::{
    Context, Dialect, EncodeError, Message, MessageWriter, Method, TransactionId, ValueError,
};

use crate::support::tlv;

/// The transaction id of the messages in these tests.
const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// A message as RFC 8489 §5 draws it, with these type bits and attributes.
fn message(bits: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = attributes
        .iter()
        .flat_map(|(ty, value)| tlv(*ty, value))
        .collect();
    let mut bytes = bits.to_be_bytes().to_vec();
    bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
    bytes.extend_from_slice(b"\x21\x12\xa4\x42abcdefghijkl");
    bytes.extend_from_slice(&body);
    bytes
}

/// The bytes of an attribute as the writer encodes it, without the message header.
fn written<A: EncodeAttribute + ?Sized>(attribute: &A) -> Result<Vec<u8>, EncodeError> {
    // Not zero, so that a byte that is left unwritten is noticed.
    let mut buffer = [0xAA; 1200];
    let bytes = MessageWriter::request(&mut buffer, Method::BINDING, ID)?
        .with(attribute)?
        .finish()?;
    Ok(bytes[20..].to_vec())
}

/// Reads a value in a message of RFC 8489 with the transaction id [`ID`].
fn decode<'a, T: Attribute<'a>>(value: &'a [u8]) -> Result<T, ValueError> {
    T::decode(value, Context::new(ID, Dialect::RFC8489))
}

/// The codes of the attributes that are not ignored.
fn visible(message: &Message<'_>) -> Vec<u16> {
    message.attributes().map(|raw| raw.ty().as_u16()).collect()
}

/// Asserts that the value decodes to `expected`, and that `expected` encodes to this value under this code.
fn both_ways<'a, T>(ty: u16, value: &'a [u8], expected: T)
where
    T: Attribute<'a> + EncodeAttribute + PartialEq + core::fmt::Debug,
{
    assert_eq!(T::TYPE.as_u16(), ty);
    assert_eq!(decode::<T>(value).as_ref(), Ok(&expected));
    assert_eq!(written(&expected).unwrap(), tlv(ty, value));
}
