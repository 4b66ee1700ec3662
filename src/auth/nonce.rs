//! What a server's nonce says of it: the security features of RFC 8489 §9.2, and the check that
//! nobody on the path has taken an algorithm away.

use crate::attribute::{PasswordAlgorithm, PasswordAlgorithms, announces_algorithms};
use crate::error::AttributeError;
use crate::message::Message;

/// Why a password algorithm cannot be used. A server answers 400
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)), a client does not ask
/// again ([§9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// One of PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM is there and the other is not.
    #[error("PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM come together or not at all")]
    OneMissing,
    /// PASSWORD-ALGORITHMS is not the list that the server offered: somebody has changed it.
    #[error("PASSWORD-ALGORITHMS is not what was offered")]
    ListChanged,
    /// The nonce says that the server offers PASSWORD-ALGORITHMS, and they are not there: somebody has
    /// taken them out.
    #[error("the nonce announces PASSWORD-ALGORITHMS that are not there")]
    ListMissing,
    /// PASSWORD-ALGORITHM is not in the list, or it is missing and MD5, which that means, is not.
    #[error("the password algorithm is not one of those offered")]
    NotOffered,
    /// None of the algorithms offered is supported.
    #[error("none of the password algorithms offered is supported")]
    NoneSupported,
    /// One of them is malformed.
    #[error(transparent)]
    Malformed(#[from] AttributeError),
}

/// The algorithm by which the key of a request is to be derived, for a server that offered `offered`:
/// the check against a bid-down, step 3 of
/// [RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4).
///
/// It comes before [`Message::verify`], because the key depends on it; what it says is true only once
/// the tag holds, and the nonce is known to be the server's own: one without the feature's bit, which
/// an attacker can make, gives MD5.
///
/// ```
/// use stunwire::attribute::{Nonce, PasswordAlgorithm, PasswordAlgorithms};
/// use stunwire::{Header, Message, MessageWriter, Method, SecurityFeatures, TransactionId, nonce};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let offered = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
/// # let id = TransactionId::new(*b"not a secret");
/// # let mut buffer = [0; 128];
/// # let mut writer = MessageWriter::new(&mut buffer, Header::request(Method::ALLOCATE, id))?;
/// # writer
/// #     .attribute(&Nonce::with_features(SecurityFeatures::PASSWORD_ALGORITHMS, "fresh")?)?
/// #     .attribute(&PasswordAlgorithms::of(&offered))?
/// #     .attribute(&PasswordAlgorithm::SHA256)?;
/// # let request = writer.finish()?;
/// let request = Message::parse(request)?;
/// let algorithm = nonce::password_algorithm(&request, &offered)?;
/// assert_eq!(algorithm, PasswordAlgorithm::SHA256);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When only one of the two attributes is there, the list is not the one offered, or the choice is
/// not in it; also when neither is there, which means MD5, and MD5 was not offered.
pub fn password_algorithm<'a>(
    request: &Message<'a>,
    offered: &[PasswordAlgorithm<'_>],
) -> Result<PasswordAlgorithm<'a>, AlgorithmError> {
    if !announces_algorithms(request.get()?) {
        return Ok(PasswordAlgorithm::MD5);
    }
    let list = request.get::<PasswordAlgorithms<'_>>()?;
    let choice = request.get::<PasswordAlgorithm<'_>>()?;
    match (list, choice) {
        (None, None) if offered.contains(&PasswordAlgorithm::MD5) => Ok(PasswordAlgorithm::MD5),
        (None, None) => Err(AlgorithmError::NotOffered),
        (Some(list), Some(choice)) => {
            if !list.iter().eq(offered.iter().copied()) {
                Err(AlgorithmError::ListChanged)
            } else if !offered.contains(&choice) {
                Err(AlgorithmError::NotOffered)
            } else {
                Ok(choice)
            }
        }
        _ => Err(AlgorithmError::OneMissing),
    }
}

/// The algorithm that a client chooses of those that a 401 or 438 offers: the first of the server's
/// that is in `supported`. `None` if the server offers none, being older than RFC 8489: the key is then
/// by MD5, and neither attribute is sent. The client's check against a bid-down
/// ([RFC 8489 §9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)).
///
/// The next request carries the server's PASSWORD-ALGORITHMS unchanged and the choice as
/// PASSWORD-ALGORITHM.
///
/// ```
/// use stunwire::attribute::PasswordAlgorithm;
/// use stunwire::reply::Challenge;
/// use stunwire::{Header, Message, Method, SecurityFeatures, TransactionId, nonce};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let request = Header::request(Method::ALLOCATE, TransactionId::new(*b"not a secret"));
/// # let nonce = SecurityFeatures::PASSWORD_ALGORITHMS.cookie();
/// # let mut challenge = Vec::new();
/// # Challenge::new("example.org", &nonce)?
/// #     .offer(&[PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5])?
/// #     .unauthenticated(&mut challenge, request)?;
/// let challenge = Message::parse(&challenge)?;
/// let supported = [PasswordAlgorithm::MD5, PasswordAlgorithm::SHA256];
/// let algorithm = nonce::choose_algorithm(&challenge, &supported)?;
/// assert_eq!(algorithm, Some(PasswordAlgorithm::SHA256));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the nonce announces a list that is not there, or none of the list is supported.
pub fn choose_algorithm<'a>(
    challenge: &Message<'a>,
    supported: &[PasswordAlgorithm<'_>],
) -> Result<Option<PasswordAlgorithm<'a>>, AlgorithmError> {
    match challenge.get::<PasswordAlgorithms<'_>>()? {
        Some(list) => list
            .iter()
            .find(|theirs| supported.contains(theirs))
            .map(Some)
            .ok_or(AlgorithmError::NoneSupported),
        None if announces_algorithms(challenge.get()?) => Err(AlgorithmError::ListMissing),
        None => Ok(None),
    }
}
