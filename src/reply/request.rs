//! The request that a reply answers.

use core::fmt;

use crate::attribute::AttributeType;
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::header::Header;
use crate::integrity::{HmacKey, Protection, Verified};
use crate::message::{Attributes, Message};
use crate::writer::MessageWriter;

/// The parts of a request that its reply needs: header and protection, and the key if the reply is signed.
///
/// It is created from
/// - `&Message` or `Header`, for a reply that is not signed,
/// - `(&Verified, &key)`, for a reply signed with the integrity attribute that RFC 8489 prescribes,
/// - [`&Authenticated`](crate::auth::Authenticated), which contains the key, for such a reply.
///
/// It does not borrow the request, so it can be kept for a reply that is sent later.
///
/// ```
/// use stunwire::reply::{Reply, ReplyTo};
/// use stunwire::{Code, Key, Verified};
///
/// /// A request that is answered when a connection to its peer was made or has failed.
/// struct Pending<'k>(ReplyTo<'k>);
///
/// impl<'k> Pending<'k> {
///     fn new(request: &Verified<'_>, key: &'k Key) -> Self {
///         Self((request, key).into())
///     }
///
///     fn failed(&self, out: &mut Vec<u8>) -> Result<(), stunwire::EncodeError> {
///         Reply::new(self.0, Code::CONNECTION_TIMEOUT_OR_FAILURE).write(out)?;
///         Ok(())
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct ReplyTo<'k> {
    pub(super) header: Header,
    pub(super) protection: Protection,
    pub(super) key: Option<&'k dyn HmacKey>,
}

impl<'k> ReplyTo<'k> {
    /// Creates it from the header of the request, the protection of the reply and the key that signs the
    /// reply, for a reply to a request that is no longer available.
    ///
    /// ```
    /// use stunwire::reply::{self, ReplyTo};
    /// use stunwire::{EncodeError, Header, Key, Protection};
    ///
    /// /// Answers 400 to a request of which only these parts were kept.
    /// fn refuse(header: Header, protection: Protection, key: &Key, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    ///     reply::bad_request(ReplyTo::new(header, protection, key)).write(out)?;
    ///     Ok(())
    /// }
    /// ```
    pub const fn new(header: Header, protection: Protection, key: &'k dyn HmacKey) -> Self {
        Self {
            header,
            protection,
            key: Some(key),
        }
    }

    /// The header of the request.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// The protection of the reply.
    #[must_use]
    pub const fn protection(&self) -> Protection {
        match self.key {
            Some(_) => self.protection,
            None => self.protection.without_integrity(),
        }
    }
}

impl fmt::Debug for ReplyTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyTo")
            .field("header", &self.header)
            .field("protection", &self.protection())
            .finish_non_exhaustive()
    }
}

impl From<ReplyTo<'_>> for Header {
    fn from(to: ReplyTo<'_>) -> Self {
        to.header
    }
}

impl From<Header> for ReplyTo<'_> {
    fn from(header: Header) -> Self {
        Self {
            header,
            protection: Protection::NONE,
            key: None,
        }
    }
}

impl From<&Header> for ReplyTo<'_> {
    fn from(header: &Header) -> Self {
        Self::from(*header)
    }
}

impl From<&Message<'_>> for ReplyTo<'_> {
    fn from(message: &Message<'_>) -> Self {
        Self {
            header: message.header(),
            protection: message.protection(),
            key: None,
        }
    }
}

impl<'k, K: HmacKey> From<(&Verified<'_>, &'k K)> for ReplyTo<'k> {
    fn from((verified, key): (&Verified<'_>, &'k K)) -> Self {
        Self::new(verified.header(), verified.reply_protection(), key)
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B> {
    /// Signs the message as a response to `request`, completes it and returns its bytes.
    ///
    /// Pass the verified request with its key, as `(&verified, &key)` or
    /// [`&Authenticated`](crate::auth::Authenticated). With a `&Message` or a `Header` **the response is not signed**,
    /// even if the request is. [`ReplyTo`] lists what `request` can be.
    ///
    /// The integrity attribute is the one that RFC 8489 prescribes. FINGERPRINT is appended if the request has it.
    ///
    /// ```
    /// use stunwire::attribute::XorMappedAddress;
    /// use stunwire::{EncodeError, Key, MessageWriter, Verified};
    ///
    /// fn answer<'b>(
    ///     request: &Verified<'_>,
    ///     key: &Key,
    ///     from: core::net::SocketAddr,
    ///     out: &'b mut Vec<u8>,
    /// ) -> Result<&'b mut [u8], EncodeError> {
    ///     MessageWriter::success_to(out, request)?
    ///         .with(&XorMappedAddress(from))?
    ///         .finish_like((request, key))
    /// }
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small for the integrity attribute or FINGERPRINT, the message would be too long, the key
    /// returns no HMAC, or the dialect has no such attribute.
    pub fn finish_like<'k>(
        self,
        request: impl Into<ReplyTo<'k>>,
    ) -> Result<&'b mut [u8], EncodeError> {
        let to = request.into();
        match to.key {
            Some(key) => self.finish_with(to.protection, key),
            None => self.finish_unsigned(to.protection),
        }
    }
}

/// A request whose attributes determine the reply: `&Message`, or `(&Verified, &key)` or
/// [`&Authenticated`](crate::auth::Authenticated), of which only the covered attributes are read.
///
/// ```
/// use stunwire::attribute::AttributeType;
/// use stunwire::reply::{self, Request};
/// use stunwire::EncodeError;
///
/// /// Writes a 420 if it is needed, for requests with and without authentication.
/// fn refuse<'k>(request: impl Request<'k>, out: &mut Vec<u8>) -> Result<bool, EncodeError> {
///     match reply::unknown_attributes(request, &[AttributeType::USERNAME]) {
///         Some(reply) => reply.write(out).map(|_| true),
///         None => Ok(false),
///     }
/// }
/// ```
pub trait Request<'k>: Into<ReplyTo<'k>> {
    /// The attributes of the request that are not ignored.
    fn attributes(&self) -> Attributes<'_>;

    /// Whether attributes of this type have been processed before, so that they are known. `false` if the request is
    /// not [`Authenticated`](crate::auth::Authenticated).
    ///
    /// ```
    /// use stunwire::Key;
    /// use stunwire::attribute::AttributeType;
    /// use stunwire::auth::Authenticated;
    /// use stunwire::reply::Request;
    ///
    /// fn is_known(request: &Authenticated<'_, Key>, ty: AttributeType) -> bool {
    ///     ty == AttributeType::LIFETIME || request.is_processed(ty)
    /// }
    /// ```
    #[allow(unused_variables, reason = "the name is in the documentation")]
    fn is_processed(&self, ty: AttributeType) -> bool {
        false
    }
}

impl<'k> Request<'k> for &Message<'_> {
    fn attributes(&self) -> Attributes<'_> {
        Message::attributes(self)
    }
}

impl<'k, K: HmacKey> Request<'k> for (&Verified<'_>, &'k K) {
    fn attributes(&self) -> Attributes<'_> {
        self.0.attributes()
    }
}
