//! An attribute without a message.

use super::raw::{
    full, impossible, is_writer_only, padded_in_length, put_padding_in_length, too_long,
};
use crate::attribute::EncodeAttribute;
use crate::attribute::registry;
use crate::buffer::Buffer;
use crate::dialect::Context;
use crate::error::EncodeError;
use crate::wire::TLV_HEADER_LEN;

/// Writes one attribute that is not in a message: type, length, value and padding.
///
/// The attribute is appended to a growing buffer, or written to the start of a slice. Returns its bytes.
/// `context` holds the transaction id with which addresses are XORed, and the dialect.
///
/// ```
/// use stunwire::attribute::Software;
/// use stunwire::{Context, Dialect, TransactionId, writer};
///
/// let context = Context::new(TransactionId::new(*b"unpredictabl"), Dialect::RFC8489);
/// let mut out = Vec::new();
/// writer::encode_attribute(&mut out, &Software::new("a.b")?, context)?;
/// assert_eq!(out, b"\x80\x22\x00\x03a.b\0");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// If the buffer is too small, the value is longer than 65,535 bytes, the dialect does not have the
/// attribute or does not allow its value, or the writer reserves its type for itself.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "lengths of at most 65,538 bytes are added to the offset in a slice"
)]
pub fn encode_attribute<'b, B, A>(
    buffer: &'b mut B,
    attribute: &A,
    context: Context,
) -> Result<&'b mut [u8], EncodeError>
where
    B: Buffer + ?Sized,
    A: EncodeAttribute + ?Sized,
{
    let dialect = context.dialect;
    let Some(ty) = attribute.wire_type(dialect) else {
        return Err(EncodeError::NotInDialect);
    };
    if is_writer_only(ty, dialect) {
        return Err(EncodeError::WriterOnly { attribute: ty });
    }
    attribute.validate(context)?;
    let value_len = attribute.value_len(context);
    let byte = registry::padding_in_length(ty, dialect);
    let len = padded_in_length(value_len, byte)?;
    let Ok(length) = u16::try_from(len) else {
        return Err(too_long(len));
    };
    let total = TLV_HEADER_LEN + len + dialect.padding_len(len);
    let (start, limit) = (buffer.start(), buffer.limit());
    let Some(out) = buffer.extend(start, total) else {
        return Err(full(total, limit.saturating_sub(start)));
    };
    let split = out.split_first_chunk_mut::<TLV_HEADER_LEN>();
    let split = split.and_then(|(header, rest)| Some((header, rest.split_at_mut_checked(len)?)));
    let Some((header, (value, after))) = split else {
        return Err(impossible(total));
    };
    let [t0, t1] = ty.as_u16().to_be_bytes();
    let [l0, l1] = length.to_be_bytes();
    *header = [t0, t1, l0, l1];
    let Some((value, inside)) = value.split_at_mut_checked(value_len) else {
        return Err(impossible(total));
    };
    attribute.encode(value, context);
    put_padding_in_length(byte, value, inside);
    after.fill(0);
    match buffer.bytes().get_mut(start..start + total) {
        Some(written) => Ok(written),
        None => Err(impossible(total)),
    }
}
