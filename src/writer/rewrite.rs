//! Changing a message on its way: attributes are dropped or replaced, and the message is signed again.

use super::MessageWriter;
use super::raw::is_writer_only;
use crate::attribute::RawAttribute;
use crate::buffer::Buffer;
use crate::dialect::{Dialect, FingerprintRule, HmacInput};
use crate::error::EncodeError;
use crate::fingerprint;
use crate::integrity::{
    Coverage, HmacKey, IntegrityAlgorithm, Protection, Verified, length_with_tag,
};
use crate::message::{Attributes, Entry, Message};

/// Whether an attribute is kept when a message is rewritten by [`Message::rewrite`].
///
/// ```
/// use stunwire::attribute::{AttributeType, Software};
/// use stunwire::{EncodeError, Message, Rewrite};
///
/// /// Writes the message again with another SOFTWARE.
/// fn rewrite(message: &Message<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///     let name = Software::new("gateway")?;
///     message
///         .rewrite(out, |attribute, writer| match attribute.ty() {
///             AttributeType::SOFTWARE => {
///                 writer.attribute(&name)?;
///                 Ok(Rewrite::Drop)
///             }
///             _ => Ok(Rewrite::Keep),
///         })?
///         .finish()?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rewrite {
    /// Write the attribute as it was received, with its value and padding.
    Keep,
    /// Do not write the attribute. To replace it, write another one before returning this.
    Drop,
}

impl<'a> Message<'a> {
    /// Begins a new message with the header and the attributes of this one, except those that `f` drops or
    /// replaces. More attributes can then be appended, and the message can be signed again.
    ///
    /// `f` is called in wire order for every attribute that is not ignored. It also gets the writer, with
    /// which it can write other attributes before this one or instead of it. The integrity attributes,
    /// FINGERPRINT and MS-TURN's MAGIC-COOKIE are not passed to it, because the writer creates them:
    /// [`finish_with`](MessageWriter::finish_with) with [`protection`](Self::protection) appends those that
    /// the message had.
    ///
    /// The attributes are not authenticated. If the key of the sender is known, use [`Verified::rewrite`].
    ///
    /// `f` returns errors of the writer only, so it decides itself about a value that cannot be decoded:
    ///
    /// ```
    /// use stunwire::attribute::{AttributeType, Priority};
    /// use stunwire::{Message, MessageWriter, Method, Rewrite, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let mut buffer = [0; 32];
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with(&Priority(0x6e00_01ff))?
    ///     .finish()?;
    ///
    /// // Halves PRIORITY, and keeps one that is malformed.
    /// let mut out = Vec::new();
    /// let packet = Message::parse(packet)?
    ///     .rewrite(&mut out, |attribute, writer| {
    ///         if attribute.ty() != AttributeType::PRIORITY {
    ///             return Ok(Rewrite::Keep);
    ///         }
    ///         let Ok(Priority(old)) = attribute.decode() else { return Ok(Rewrite::Keep) };
    ///         writer.attribute(&Priority(old / 2))?;
    ///         Ok(Rewrite::Drop)
    ///     })?
    ///     .finish()?;
    /// assert_eq!(Message::parse(packet)?.get()?, Some(Priority(0x3700_00ff)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small, or `f` returns an error.
    pub fn rewrite<'o, B, F>(
        &self,
        buffer: &'o mut B,
        f: F,
    ) -> Result<MessageWriter<'o, B>, EncodeError>
    where
        B: Buffer + ?Sized,
        F: FnMut(&RawAttribute<'a>, &mut MessageWriter<'o, B>) -> Result<Rewrite, EncodeError>,
    {
        rewrite(self, self.attributes(), buffer, f)
    }
}

impl<'a> Verified<'a> {
    /// Begins a new message with the header and the covered attributes of this one, except those that `f`
    /// drops or replaces: see [`Message::rewrite`].
    ///
    /// Signed again with [`protection`](Self::protection), the copy has a valid FINGERPRINT even if that of this
    /// message is invalid, and both integrity attributes if it has both, although only one of them was verified.
    /// Check [`Message::fingerprint`] first to discard a damaged message, and pass the protection with
    /// [`algorithm`](Self::algorithm) alone to vouch only for what was verified.
    ///
    /// ```
    /// use stunwire::attribute::{AttributeType, Software, Username};
    /// use stunwire::{Key, Message, MessageWriter, Method, Rewrite, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let mut buffer = [0; 128];
    /// let from_client = Key::short_term("the client's password");
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with(&Software::new("client")?)?
    ///     .with(&Username::new("user")?)?
    ///     .integrity(&from_client)?.fingerprint()?.finish()?;
    /// let to_server = Key::short_term("the server's password");
    /// let mut out = Vec::new();
    /// let message = Message::parse(packet)?.verify(&from_client)?;
    /// let packet = message
    ///     .rewrite(&mut out, |attribute, _| Ok(match attribute.ty() {
    ///         AttributeType::SOFTWARE => Rewrite::Drop,
    ///         _ => Rewrite::Keep,
    ///     }))?
    ///     .with(&Software::new("gateway")?)?
    ///     .finish_with(message.protection(), &to_server)?;
    ///
    /// let forwarded = Message::parse(packet)?.verify(&to_server)?;
    /// assert_eq!(forwarded.get()?, Some(Software::new("gateway")?));
    /// assert_eq!(forwarded.get()?, Some(Username::new("user")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small, or `f` returns an error.
    pub fn rewrite<'o, B, F>(
        &self,
        buffer: &'o mut B,
        f: F,
    ) -> Result<MessageWriter<'o, B>, EncodeError>
    where
        B: Buffer + ?Sized,
        F: FnMut(&RawAttribute<'a>, &mut MessageWriter<'o, B>) -> Result<Rewrite, EncodeError>,
    {
        rewrite(&self.message(), self.attributes(), buffer, f)
    }
}

fn rewrite<'a, 'o, B, F>(
    message: &Message<'a>,
    attributes: Attributes<'a>,
    buffer: &'o mut B,
    mut f: F,
) -> Result<MessageWriter<'o, B>, EncodeError>
where
    B: Buffer + ?Sized,
    F: FnMut(&RawAttribute<'a>, &mut MessageWriter<'o, B>) -> Result<Rewrite, EncodeError>,
{
    let mut writer = MessageWriter::new(buffer, message)?;
    for attribute in attributes {
        if is_writer_only(attribute.ty(), message.dialect()) {
            continue;
        }
        if f(&attribute, &mut writer)? == Rewrite::Keep {
            writer.raw(&attribute)?;
        }
    }
    Ok(writer)
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B> {
    /// Appends the integrity attributes and FINGERPRINT of `protection`, completes the message and returns its
    /// bytes.
    ///
    /// # Errors
    /// If the buffer is too small, the key returns no HMAC, or the dialect has no such attribute.
    pub fn finish_with<K: HmacKey + ?Sized>(
        mut self,
        protection: Protection,
        key: &K,
    ) -> Result<&'b mut [u8], EncodeError> {
        for algorithm in protection.integrity() {
            self.raw.sign(key, algorithm)?;
        }
        if protection.has_fingerprint() {
            self.raw.fingerprint(protection.has_integrity())?;
        }
        self.raw.finish()
    }

    /// Appends FINGERPRINT if `protection` has it, completes the message without an integrity attribute and
    /// returns its bytes.
    pub(crate) fn finish_unsigned(
        mut self,
        protection: Protection,
    ) -> Result<&'b mut [u8], EncodeError> {
        if protection.has_fingerprint() {
            self.raw.fingerprint(false)?;
        }
        self.raw.finish()
    }
}

/// Signs a message again, in place: computes its integrity attributes and FINGERPRINT, for a proxy that has
/// changed the value of an attribute but not its length.
///
/// `packet` is the whole message. Only the integrity attributes and FINGERPRINT that it has are overwritten;
/// their lengths do not change. [`RawAttribute::range`] returns the range of a value in the packet.
///
/// ```
/// use stunwire::attribute::{AttributeType, Priority};
/// use stunwire::{Dialect, Key, Message, MessageWriter, Method, TransactionId, writer};
///
/// let id = TransactionId::new(*b"not a secret");
/// let mut buffer = [0; 128];
/// let key = Key::short_term("password");
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .with(&Priority(1))?
///     .integrity(&key)?.integrity_sha256(&key)?.fingerprint()?.finish()?;
///
/// let priority = Message::parse(packet)?
///     .attributes()
///     .find(|attribute| attribute.ty() == AttributeType::PRIORITY)
///     .map(|attribute| attribute.range())
///     .expect("just written");
/// packet[priority].copy_from_slice(&7_u32.to_be_bytes());
/// writer::sign_in_place(packet, Dialect::RFC8489, &key)?;
///
/// let message = Message::parse(packet)?;
/// assert!(message.fingerprint().is_valid());
/// assert_eq!(message.verify(&key)?.get()?, Some(Priority(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If `packet` is not a message of this dialect, one of its integrity attributes has an invalid length or is followed by
/// something that the dialect does not allow there, its FINGERPRINT is not last or not 4 bytes long or is missing in
/// [`MS_ICE2_LEGACY`](Dialect::MS_ICE2_LEGACY), the message is a signed GOOG-PING, or the key returns no HMAC. The
/// integrity attributes and FINGERPRINT may then have been overwritten.
pub fn sign_in_place<K: HmacKey + ?Sized>(
    packet: &mut [u8],
    dialect: Dialect,
    key: &K,
) -> Result<(), EncodeError> {
    let invalid = EncodeError::NoSuchMessage;
    let message = dialect.parse(packet).map_err(|_| invalid)?;
    let protection = message.protection();
    let header = message.header();
    let trailer = message.trailer();
    let offsets = [Entry::Integrity, Entry::Sha256].map(|entry| trailer.offset(entry));
    let fingerprint = trailer.offset(Entry::Fingerprint);
    if fingerprint.is_none()
        && dialect.rules().fingerprint == FingerprintRule::Required
        && protection.has_integrity()
    {
        return Err(EncodeError::FingerprintMissing);
    }
    // As in `Message::verify`, which refuses other messages whose HMAC is padded with zeros.
    let integrity = trailer.offset(Entry::Integrity);
    let is_last = integrity
        .and_then(|offset| message.tlv_at(offset))
        .is_some_and(|(_, tlv)| message.is_followed_by_nothing_else(tlv));
    for algorithm in protection.integrity() {
        let [integrity, sha256] = offsets;
        let offset = match algorithm {
            IntegrityAlgorithm::Sha256 { .. } => sha256,
            IntegrityAlgorithm::Goog32 => return Err(EncodeError::NotInDialect),
            IntegrityAlgorithm::Sha1 | IntegrityAlgorithm::MsTurnSha256 => integrity,
        };
        let len = algorithm.tag_len();
        let length = match dialect.rules().hmac_input {
            HmacInput::AdjustedLength => offset
                .and_then(|offset| length_with_tag(offset, len))
                .ok_or(invalid)?,
            HmacInput::ZeroPadded if is_last => header.length(),
            HmacInput::ZeroPadded => return Err(invalid),
        };
        let (text, attribute) = offset
            .and_then(|offset| packet.split_at_mut_checked(offset))
            .ok_or(invalid)?;
        let tag = match attribute {
            [_, _, l0, l1, tag @ ..] if usize::from(u16::from_be_bytes([*l0, *l1])) == len => {
                tag.get_mut(..len)
            }
            _ => None,
        };
        let coverage = text
            .get(4..)
            .and_then(|text| Coverage::new([text, &[], &[]], header.type_bits(), length, dialect));
        let (Some(tag), Some(coverage)) = (tag, coverage) else {
            return Err(invalid);
        };
        let hmac = coverage.with_segments(|segments| key.hmac(algorithm.hmac(), segments));
        hmac.write(tag, algorithm.hmac())?;
    }
    match fingerprint {
        Some(offset) => write_fingerprint(packet, offset).ok_or(invalid),
        None => Ok(()),
    }
}

/// Computes the FINGERPRINT at `offset`. `None` if it is not the last attribute or not 4 bytes long.
fn write_fingerprint(packet: &mut [u8], offset: usize) -> Option<()> {
    let (text, attribute) = packet.split_at_mut_checked(offset)?;
    let [_, _, 0, 4, value @ ..] = attribute else {
        return None;
    };
    let value: &mut [u8; 4] = value.try_into().ok()?;
    let (first, rest) = text.split_first_chunk::<4>()?;
    *value = fingerprint::compute(*first, [rest, &[], &[]]).to_be_bytes();
    Some(())
}
