//! The error type into which every other error of the crate converts.

#[cfg(feature = "precis")]
use crate::auth::prepare::PrepareError;
use crate::auth::{AlgorithmError, Failure};
use crate::dialect::UnknownDialect;
use crate::error::{
    AttributeError, EncodeError, HeaderError, IntegrityError, ParseError, TextError, ValueError,
};
use crate::framing::FrameError;
use crate::uri::UriError;

/// Any error of this crate.
///
/// Every error type of the crate converts into it, so that a function that parses, reads and writes can
/// use `?` throughout. It is `Copy` and prints as the error inside. The errors of sockets are not part
/// of it: `StreamError` of the feature `codec` holds those.
///
/// `?` converts once: into an error type of an application that has `From<stunwire::Error>`, it converts this type
/// alone. Let the functions that use this crate return `stunwire::Error`, or write `.map_err(stunwire::Error::from)?`.
///
/// ```
/// use stunwire::attribute::XorMappedAddress;
/// use stunwire::{Error, Message, MessageWriter};
///
/// /// Answers a Binding request.
/// fn answer<'o>(
///     packet: &[u8],
///     from: std::net::SocketAddr,
///     out: &'o mut [u8],
/// ) -> Result<&'o mut [u8], Error> {
///     let request = Message::parse(packet)?;
///     let mut response = MessageWriter::success_to(out, &request)?;
///     response.attribute(&XorMappedAddress(from))?;
///     Ok(response.finish()?)
/// }
///
/// let mut out = [0; 64];
/// let error = answer(b"GET / HTTP/1.1", "192.0.2.1:3478".parse()?, &mut out).unwrap_err();
/// assert_eq!(error.to_string(), "a STUN header is 20 bytes long, the input has 14");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin with a header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The bytes are not a message.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// An attribute is missing or malformed.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// A value that was decoded outside a message is malformed.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A text is not UTF-8.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A message cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The integrity of a message cannot be verified.
    #[error(transparent)]
    Integrity(#[from] IntegrityError),
    /// The password algorithms in a request are not those that the server offered.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// A request cannot succeed with the credentials of the client.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// A frame of a stream is invalid.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A text is not the URI of a STUN or TURN server.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// A text is not the name of a dialect.
    #[error(transparent)]
    UnknownDialect(#[from] UnknownDialect),
    /// A username, realm or password has a character that its profile does not allow.
    #[cfg(feature = "precis")]
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The operating system's random number generator failed.
    #[cfg(feature = "getrandom")]
    #[error(transparent)]
    Random(#[from] crate::random::RandomError),
}
