//! The replies that every server gives, whole.
//!
//! None adds a SOFTWARE that nobody asked for, and none is signed: a 401 goes to who has not shown a
//! key yet.

use crate::attribute::{AttributeType, ErrorCode, Nonce, Realm, UnknownAttributes};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::header::Header;
use crate::writer::MessageWriter;

/// 401 with the realm and a nonce, to a request without credentials or with wrong ones
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)).
///
/// # Errors
/// When `request` is none, a text is too long, or the reply does not fit.
pub fn unauthenticated<B, R, N>(
    buffer: &mut B,
    request: impl Into<Header>,
    realm: &R,
    nonce: &N,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    R: AsRef<[u8]> + ?Sized,
    N: AsRef<[u8]> + ?Sized,
{
    challenge(buffer, request, ErrorCode::UNAUTHENTICATED, realm, nonce)
}

/// 438 with the realm and a new nonce, to a request whose nonce is no longer good
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)).
///
/// # Errors
/// When `request` is none, a text is too long, or the reply does not fit.
pub fn stale_nonce<B, R, N>(
    buffer: &mut B,
    request: impl Into<Header>,
    realm: &R,
    nonce: &N,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    R: AsRef<[u8]> + ?Sized,
    N: AsRef<[u8]> + ?Sized,
{
    challenge(buffer, request, ErrorCode::STALE_NONCE, realm, nonce)
}

fn challenge<B, R, N>(
    buffer: &mut B,
    request: impl Into<Header>,
    code: ErrorCode<'_>,
    realm: &R,
    nonce: &N,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    R: AsRef<[u8]> + ?Sized,
    N: AsRef<[u8]> + ?Sized,
{
    let mut reply = MessageWriter::error_to(buffer, request, code)?;
    reply
        .attribute(&Realm::new(realm)?)?
        .attribute(&Nonce::new(nonce)?)?;
    reply.finish()?;
    Ok(())
}

/// How many types a 420 lists at most. A request can name thousands in 4 bytes each, and a reply that
/// goes to an address which nobody has checked must not serve to flood it.
pub const MAX_UNKNOWN: usize = 16;

/// 420 with the list of what the caller does not understand, each type once and at most
/// [`MAX_UNKNOWN`], unsigned
/// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
///
/// To sign it, write it with [`MessageWriter::error_to`] and [`UnknownAttributes::from_types`].
///
/// # Errors
/// When `request` is none, or the reply does not fit.
pub fn unknown_attributes<B, I>(
    buffer: &mut B,
    request: impl Into<Header>,
    unknown: I,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    I: IntoIterator<Item = AttributeType>,
{
    let mut listed = [AttributeType::new(0); MAX_UNKNOWN];
    let mut count = 0_usize;
    for ty in unknown {
        let seen = listed.iter().take(count).any(|other| *other == ty);
        if seen {
            continue;
        }
        let Some(slot) = listed.get_mut(count) else {
            break;
        };
        *slot = ty;
        count = count.saturating_add(1);
    }
    let list = UnknownAttributes::from_types(listed.into_iter().take(count));
    let mut reply = MessageWriter::error_to(buffer, request, ErrorCode::UNKNOWN_ATTRIBUTE)?;
    reply.attribute(&list)?;
    reply.finish()?;
    Ok(())
}
