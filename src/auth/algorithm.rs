//! The choice of the password algorithm, and the checks that an attacker has not removed one.

use crate::attribute::{Nonce, PasswordAlgorithm, PasswordAlgorithms, announces_algorithms};
use crate::error::AttributeError;
use crate::message::Message;

/// The error for a request or a challenge without a valid password algorithm.
///
/// A server answers 400 (Bad Request)
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)), a client does not retry
/// ([§9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)).
///
/// ```
/// use stunwire::Message;
/// use stunwire::attribute::PasswordAlgorithm;
/// use stunwire::auth::{AlgorithmError, choose_algorithm};
///
/// // A challenge that offers MD5, to a client that supports only SHA-256.
/// let challenge = b"\x01\x13\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x02\x00\x04\x00\x01\x00\x00";
/// let challenge = Message::parse(challenge)?;
/// let chosen = choose_algorithm(&challenge, |offered| *offered == PasswordAlgorithm::SHA256);
/// assert_eq!(chosen, Err(AlgorithmError::NoneSupported));
/// # Ok::<(), stunwire::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// Only one of PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM is present.
    #[error("PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM must both be present or both be absent")]
    OneMissing,
    /// PASSWORD-ALGORITHMS is not the list that the server offers: an attacker has changed it, or the server
    /// has changed its list since the challenge.
    #[error("PASSWORD-ALGORITHMS is not the list that was offered")]
    ListChanged,
    /// The nonce announces PASSWORD-ALGORITHMS, but the attribute is absent: an attacker has removed it.
    #[error("the nonce announces PASSWORD-ALGORITHMS, which is absent")]
    ListMissing,
    /// PASSWORD-ALGORITHM is not in the list. If it is absent, it means MD5, which must then be in the list.
    #[error("the password algorithm was not offered")]
    NotOffered,
    /// The client supports none of the algorithms that the server offers.
    #[error("none of the password algorithms that the server offers is supported")]
    NoneSupported,
    /// NONCE, PASSWORD-ALGORITHMS or PASSWORD-ALGORITHM is malformed.
    #[error(transparent)]
    Malformed(#[from] AttributeError),
}

/// Returns the password algorithm by which the key of a request is derived, after the bid-down check of
/// [RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4), step 3.
///
/// `offered` is the list that the server offers; it is empty if the server offers none, as before RFC 8489.
/// [`LongTermServer`](super::LongTermServer) performs this step and the others. Trust the result only after
/// the request has been verified and its nonce recognized as the server's: an attacker can replace the nonce
/// with one that does not announce PASSWORD-ALGORITHMS, and the result is then MD5.
///
/// ```
/// use stunwire::attribute::{Nonce, PasswordAlgorithm, PasswordAlgorithms};
/// use stunwire::{Message, MessageWriter, Method, SecurityFeatures, TransactionId, auth};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let offered = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
/// let mut buffer = [0; 128];
/// let request = MessageWriter::request(&mut buffer, Method::ALLOCATE, id)?
///     .with(&Nonce::with_features(SecurityFeatures::PASSWORD_ALGORITHMS, "fresh")?)?
///     .with(&PasswordAlgorithms::of(&offered))?
///     .with(&PasswordAlgorithm::SHA256)?
///     .finish()?;
/// let request = Message::parse(request)?;
/// let algorithm = auth::password_algorithm(&request, &offered)?;
/// assert_eq!(algorithm, PasswordAlgorithm::SHA256);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// - If only one of PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM is present,
/// - if PASSWORD-ALGORITHMS is not the list in `offered`,
/// - if PASSWORD-ALGORITHM is not in `offered`,
/// - if both are absent, which means MD5, and `offered` has algorithms but not MD5,
/// - if NONCE or one of the two is malformed.
pub fn password_algorithm<'o>(
    request: &Message<'_>,
    offered: &[PasswordAlgorithm<'o>],
) -> Result<PasswordAlgorithm<'o>, AlgorithmError> {
    negotiated(request, request.get()?, offered)?.ok_or(AlgorithmError::NotOffered)
}

/// The algorithm that a request chooses of those in `offered`. `None` if it is MD5 because none is
/// chosen, and MD5 is not offered.
pub(super) fn negotiated<'o>(
    request: &Message<'_>,
    nonce: Option<Nonce<'_>>,
    offered: &[PasswordAlgorithm<'o>],
) -> Result<Option<PasswordAlgorithm<'o>>, AlgorithmError> {
    let md5 = offered.is_empty() || offered.contains(&PasswordAlgorithm::MD5);
    let implied = Ok(md5.then_some(PasswordAlgorithm::MD5));
    if !announces_algorithms(nonce) {
        return implied;
    }
    let list = request.get::<PasswordAlgorithms<'_>>()?;
    let choice = request.get::<PasswordAlgorithm<'_>>()?;
    match (list, choice) {
        (None, None) => implied,
        (Some(list), Some(choice)) => {
            if !list.iter().eq(offered.iter().copied()) {
                return Err(AlgorithmError::ListChanged);
            }
            let entry = offered.iter().find(|entry| **entry == choice);
            entry.copied().map(Some).ok_or(AlgorithmError::NotOffered)
        }
        _ => Err(AlgorithmError::OneMissing),
    }
}

/// Chooses the password algorithm for the next request of a client from a 401 or 438 response, after the
/// bid-down check of [RFC 8489 §9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5).
///
/// The result is the first algorithm in the server's list for which `supported` returns `true`. The next
/// request carries it as PASSWORD-ALGORITHM, and the server's PASSWORD-ALGORITHMS unchanged. The result is
/// `None` if the server offers no algorithms, as before RFC 8489: the key is then derived by MD5, and neither
/// attribute is sent. [`LongTermClient`](super::LongTermClient) performs this step and the others.
///
/// ```
/// use stunwire::attribute::{Nonce, PasswordAlgorithm, PasswordAlgorithms};
/// use stunwire::{Header, Message, MessageWriter, Method, SecurityFeatures, TransactionId, auth};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let offered = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
/// let mut buffer = [0; 128];
/// let challenge = MessageWriter::new(&mut buffer, Header::error(Method::ALLOCATE, id))?
///     .with(&Nonce::with_features(SecurityFeatures::PASSWORD_ALGORITHMS, "fresh")?)?
///     .with(&PasswordAlgorithms::of(&offered))?
///     .finish()?;
/// let challenge = Message::parse(challenge)?;
/// let supported = [PasswordAlgorithm::MD5, PasswordAlgorithm::SHA256];
/// let algorithm = auth::choose_algorithm(&challenge, |algorithm| supported.contains(algorithm))?;
/// assert_eq!(algorithm, Some(PasswordAlgorithm::SHA256));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the nonce announces PASSWORD-ALGORITHMS and the attribute is absent, no algorithm of the list is
/// supported, or NONCE or PASSWORD-ALGORITHMS is malformed.
pub fn choose_algorithm<'a>(
    challenge: &Message<'a>,
    supported: impl FnMut(&PasswordAlgorithm<'a>) -> bool,
) -> Result<Option<PasswordAlgorithm<'a>>, AlgorithmError> {
    match challenge.get::<PasswordAlgorithms<'_>>()? {
        Some(list) => list
            .iter()
            .find(supported)
            .map(Some)
            .ok_or(AlgorithmError::NoneSupported),
        None if announces_algorithms(challenge.get()?) => Err(AlgorithmError::ListMissing),
        None => Ok(None),
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::{MessageWriter, Method, SecurityFeatures, TransactionId};
    use std::vec::Vec;

    const MD5: PasswordAlgorithm<'static> = PasswordAlgorithm::MD5;
    const SHA256: PasswordAlgorithm<'static> = PasswordAlgorithm::SHA256;

    fn request(
        announced: bool,
        list: Option<&[PasswordAlgorithm<'_>]>,
        choice: Option<PasswordAlgorithm<'_>>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let id = TransactionId::new(*b"not a secret");
        let mut writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id).unwrap();
        let features = if announced {
            SecurityFeatures::PASSWORD_ALGORITHMS
        } else {
            SecurityFeatures::NONE
        };
        writer
            .attribute(&Nonce::with_features(features, "fresh").unwrap())
            .unwrap();
        if let Some(list) = list {
            writer.attribute(&PasswordAlgorithms::of(list)).unwrap();
        }
        if let Some(choice) = choice {
            writer.attribute(&choice).unwrap();
        }
        writer.finish().unwrap();
        bytes
    }

    // RFC 8489 §9.2.4, step 3: every combination of bit, list and choice.
    #[test]
    fn servers_choice() {
        use AlgorithmError::{ListChanged, NotOffered, OneMissing};
        let both: &[_] = &[SHA256, MD5];
        let sha256: &[_] = &[SHA256];
        for (announced, list, choice, offered, expected) in [
            (true, Some(both), Some(SHA256), both, Ok(SHA256)),
            (true, Some(both), Some(MD5), both, Ok(MD5)),
            (true, Some(sha256), Some(SHA256), sha256, Ok(SHA256)),
            (true, None, None, both, Ok(MD5)),
            (true, None, None, sha256, Err(NotOffered)),
            (true, Some(both), None, both, Err(OneMissing)),
            (true, None, Some(SHA256), both, Err(OneMissing)),
            (
                true,
                Some(&[MD5, SHA256][..]),
                Some(SHA256),
                both,
                Err(ListChanged),
            ),
            (true, Some(sha256), Some(SHA256), both, Err(ListChanged)),
            (
                true,
                Some(both),
                Some(PasswordAlgorithm::new(3, &[])),
                both,
                Err(NotOffered),
            ),
            (true, Some(sha256), Some(MD5), sha256, Err(NotOffered)),
            (true, Some(both), Some(SHA256), &[][..], Err(ListChanged)),
            // Without the bit the two attributes mean nothing.
            (false, None, None, both, Ok(MD5)),
            (false, Some(both), Some(SHA256), both, Ok(MD5)),
            (false, None, None, &[][..], Ok(MD5)),
            // Only SHA-256 is offered, so a nonce without the bit must not lead to MD5.
            (false, None, None, sha256, Err(NotOffered)),
            (false, Some(sha256), Some(SHA256), sha256, Err(NotOffered)),
        ] {
            let bytes = request(announced, list, choice);
            let found = password_algorithm(&Message::parse(&bytes).unwrap(), offered);
            assert_eq!(
                found, expected,
                "{announced} {list:?} {choice:?} {offered:?}"
            );
        }
    }

    // RFC 8489 §9.2.5: the first of the server's list that is supported.
    #[test]
    fn clients_choice() {
        let other = PasswordAlgorithm::new(0xFFFF, &[]);
        for (announced, list, expected) in [
            (true, Some(&[SHA256, MD5][..]), Ok(Some(SHA256))),
            (true, Some(&[MD5, SHA256]), Ok(Some(MD5))),
            (true, Some(&[other, MD5]), Ok(Some(MD5))),
            (true, Some(&[other]), Err(AlgorithmError::NoneSupported)),
            (true, None, Err(AlgorithmError::ListMissing)),
            (false, None, Ok(None)),
        ] {
            let bytes = request(announced, list, None);
            let message = Message::parse(&bytes).unwrap();
            let found = choose_algorithm(&message, |theirs| [MD5, SHA256].contains(theirs));
            assert_eq!(found, expected, "{announced} {list:?}");
        }
    }
}
