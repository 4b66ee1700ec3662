//! Verification of GOOG-PING, whose tag is too short for other messages.

use core::fmt;

use super::algorithm::IntegrityAlgorithm;
use super::hmac::HmacKey;
use super::protection::Protection;
use super::verify::tag_length;
use crate::code_point::{AttributeType, Class, Method};
use crate::error::IntegrityError;
use crate::header::Header;
use crate::message::Message;
use crate::transaction_id::TransactionId;
use crate::wire::Tlv;

impl<'a> Message<'a> {
    /// Verifies the GOOG-MESSAGE-INTEGRITY-32 of a GOOG-PING of libwebrtc under `key`.
    ///
    /// The tag is the first 4 bytes of an HMAC-SHA1, so a random guess succeeds with probability 2^-32. This
    /// is too weak for a [`Verified`](crate::Verified): a GOOG-PING only confirms a candidate pair that an
    /// authenticated check has established.
    ///
    /// ```
    /// use stunwire::{Header, Key, Message, MessageWriter, Method, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
    /// let mut buffer = [0; 28];
    /// let ping = MessageWriter::new(&mut buffer, Header::request(Method::GOOG_PING, id))?;
    /// let packet = ping.goog_integrity_32(&key)?.finish()?;
    ///
    /// let ping = Message::parse(packet)?.verify_goog_ping(&key)?;
    /// assert_eq!(ping.transaction_id(), id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - If the method is not [`Method::GOOG_PING`],
    /// - if there is no GOOG-MESSAGE-INTEGRITY-32, or if it is not 4 bytes long,
    /// - if the tag is not that of the message under `key`,
    /// - if `key` is empty, or the application's [`HmacKey`] returns no HMAC or one of the wrong length.
    pub fn verify_goog_ping<K: HmacKey + ?Sized>(
        &self,
        key: &K,
    ) -> Result<VerifiedGoogPing<'a>, IntegrityError> {
        let tlv = match self.method() {
            Method::GOOG_PING => self.goog_integrity(),
            _ => None,
        };
        let tlv = tlv.ok_or(IntegrityError::Missing)?;
        if tlv.len() != 4 {
            return Err(tag_length(tlv));
        }
        let check = self.check_of(tlv, IntegrityAlgorithm::Goog32)?;
        let hmac = check
            .coverage
            .with_segments(|segments| key.hmac(check.hmac_algorithm(), segments));
        check.compare(&hmac)?;
        Ok(VerifiedGoogPing { message: *self })
    }

    /// The first GOOG-MESSAGE-INTEGRITY-32 that is not ignored.
    pub(super) fn goog_integrity(&self) -> Option<Tlv<'a>> {
        if !self.dialect().rules().sha256_attribute {
            return None;
        }
        self.attributes()
            .next_of(|ty| ty == AttributeType::GOOG_MESSAGE_INTEGRITY_32)
    }
}

/// A GOOG-PING whose 4-byte tag has been verified, returned by [`Message::verify_goog_ping`].
///
/// It gives no access to attributes: a GOOG-PING has none besides its tag, and a tag of 4 bytes is too weak
/// to authenticate any.
///
/// ```
/// use stunwire::{EncodeError, Key, MessageWriter, VerifiedGoogPing};
///
/// fn answer(ping: &VerifiedGoogPing<'_>, key: &Key, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///     MessageWriter::success_to(out, ping)?.finish_with(ping.reply_protection(), key)?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy)]
pub struct VerifiedGoogPing<'a> {
    message: Message<'a>,
}

impl<'a> VerifiedGoogPing<'a> {
    /// The header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.message.header()
    }

    /// The class.
    #[must_use]
    pub fn class(&self) -> Class {
        self.message.class()
    }

    /// The transaction id.
    #[must_use]
    pub fn transaction_id(&self) -> TransactionId {
        self.message.transaction_id()
    }

    /// The message, to store or print it.
    #[must_use]
    pub const fn message(&self) -> Message<'a> {
        self.message
    }

    /// The protection of a reply: GOOG-MESSAGE-INTEGRITY-32, and FINGERPRINT if the request has it.
    #[must_use]
    pub fn reply_protection(&self) -> Protection {
        Protection::NONE
            .with_integrity(IntegrityAlgorithm::Goog32)
            .with_fingerprint(self.message.protection().has_fingerprint())
    }
}

impl fmt::Debug for VerifiedGoogPing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedGoogPing({:?})", self.message)
    }
}

impl From<&VerifiedGoogPing<'_>> for Header {
    fn from(ping: &VerifiedGoogPing<'_>) -> Self {
        ping.header()
    }
}
