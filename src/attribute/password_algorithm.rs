//! PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS.

use core::fmt;

use super::AttributeType;
use super::shape::{Decode, Encode, put_all, put_slice};
use crate::dialect::Context;
use crate::error::{EncodeError, ValueError};
use crate::format::{Bytes, List};
use crate::num::saturating_u16;
use crate::wire::{self, Cursor};

/// PASSWORD-ALGORITHM: the algorithm that derives the key from the password
/// ([RFC 8489 §14.12](https://www.rfc-editor.org/rfc/rfc8489#section-14.12)); also one entry of
/// [`PasswordAlgorithms`].
///
/// Type 0x001D. Value: the number of the algorithm (2 bytes), the length of its parameters in bytes (2
/// bytes), and the parameters, padded to a multiple of 4 bytes.
///
/// ```
/// use stunwire::attribute::PasswordAlgorithm;
///
/// assert_eq!(PasswordAlgorithm::SHA256.number(), 2);
/// assert_eq!(PasswordAlgorithm::SHA256.to_string(), "SHA-256");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PasswordAlgorithm<'a> {
    number: u16,
    parameters: &'a [u8],
}

impl<'a> PasswordAlgorithm<'a> {
    /// MD5 of `username:realm:password`, 0x0001
    /// ([RFC 8489 §18.5.1](https://www.rfc-editor.org/rfc/rfc8489#section-18.5.1)).
    pub const MD5: PasswordAlgorithm<'static> = PasswordAlgorithm::new(1, &[]);

    /// SHA-256 of `username:realm:password`, 0x0002
    /// ([RFC 8489 §18.5.1](https://www.rfc-editor.org/rfc/rfc8489#section-18.5.1)).
    pub const SHA256: PasswordAlgorithm<'static> = PasswordAlgorithm::new(2, &[]);

    /// Creates an algorithm from its number and its parameters. The two registered algorithms have no
    /// parameters.
    #[must_use]
    pub const fn new(number: u16, parameters: &'a [u8]) -> Self {
        Self { number, parameters }
    }

    /// The number of the algorithm: 1 is MD5, 2 is SHA-256.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The parameters, without padding.
    #[must_use]
    pub const fn parameters(&self) -> &'a [u8] {
        self.parameters
    }

    /// Length of the entry in bytes, padding included.
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "no slice ends within 7 bytes of usize::MAX"
    )]
    fn entry_len(&self) -> usize {
        let parameters = self.parameters.len();
        4 + parameters + wire::padding_len(parameters)
    }

    /// Writes the entry and returns the rest of `out`.
    fn put_entry<'o>(&self, out: &'o mut [u8]) -> Option<&'o mut [u8]> {
        let length = u16::try_from(self.parameters.len()).ok()?;
        let out = put_slice(out, &self.number.to_be_bytes())?;
        let out = put_slice(out, &length.to_be_bytes())?;
        let out = put_slice(out, self.parameters)?;
        let padding = [0; 3];
        put_slice(
            out,
            padding.get(..wire::padding_len(self.parameters.len()))?,
        )
    }

    /// Reads the entry at the start of `rest`, which is at `offset` of the value, and returns it with the
    /// bytes that follow. An entry has the layout of an attribute. Senders do not agree on whether the
    /// padding of the last entry counts in the length of the attribute, so it may be absent.
    fn take_entry(rest: &'a [u8], offset: usize) -> Result<(Self, &'a [u8]), ValueError> {
        let entry = wire::tlv(Cursor::new(rest, 0)).ok();
        match entry.and_then(|entry| Some((entry, entry.value()?))) {
            Some((entry, parameters)) => {
                let next = entry.next(true).remaining().unwrap_or(&[]);
                Ok((Self::new(entry.ty(), parameters), next))
            }
            None => Err(truncated(rest, offset)),
        }
    }
}

/// The error for the entry at the start of `rest`, which extends past the end of the value.
#[cold]
fn truncated(rest: &[u8], offset: usize) -> ValueError {
    let parameters = match rest {
        [_, _, l0, l1, ..] => u16::from_be_bytes([*l0, *l1]),
        _ => 0,
    };
    ValueError::Inner {
        offset: saturating_u16(offset),
        needed: parameters.saturating_add(4),
        left: saturating_u16(rest.len()),
    }
}

impl<'a> Decode<'a> for PasswordAlgorithm<'a> {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        let (entry, rest) = PasswordAlgorithm::take_entry(value, 0)?;
        if rest.is_empty() {
            Ok(entry)
        } else {
            let length = saturating_u16(entry.entry_len());
            Err(ValueError::length(value.len(), length, length))
        }
    }
}

impl Encode for PasswordAlgorithm<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.entry_len()
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        self.put_entry(out).map(|_| ())
    }
}

/// Prints `MD5`, `SHA-256`, or the number, and the parameters in hexadecimal.
impl fmt::Display for PasswordAlgorithm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => f.write_str("MD5")?,
            2 => f.write_str("SHA-256")?,
            number => write!(f, "{number:#06x}")?,
        }
        if self.parameters.is_empty() {
            return Ok(());
        }
        f.write_str(" (")?;
        fmt::Display::fmt(&Bytes(self.parameters), f)?;
        f.write_str(")")
    }
}

/// PASSWORD-ALGORITHMS: the password algorithms that a server offers, in the order of its preference
/// ([RFC 8489 §14.11](https://www.rfc-editor.org/rfc/rfc8489#section-14.11)).
///
/// Type 0x8002. Value: a list of at least one entry with the layout of [`PasswordAlgorithm`]. A client
/// sends the list back unchanged.
///
/// ```
/// use stunwire::attribute::{PasswordAlgorithm, PasswordAlgorithms};
/// use stunwire::{Message, MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let offer = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
/// let packet = MessageWriter::request(&mut buffer, Method::ALLOCATE, id)?
///     .with(&PasswordAlgorithms::of(&offer))?
///     .finish()?;
/// let (offered,) = Message::parse(packet)?.read::<(PasswordAlgorithms,)>()?;
/// assert!(offered.iter().eq(offer));
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordAlgorithms<'a>(&'a [u8]);

impl<'a> PasswordAlgorithms<'a> {
    /// Creates the attribute from a list. An empty list is refused when it is written.
    #[must_use]
    pub const fn of(algorithms: &'a [PasswordAlgorithm<'a>]) -> PasswordAlgorithmList<'a> {
        PasswordAlgorithmList(algorithms)
    }

    /// The algorithms in the order of the server's preference.
    pub fn iter(&self) -> impl Iterator<Item = PasswordAlgorithm<'a>> + Clone + 'a {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (entry, next) = PasswordAlgorithm::take_entry(rest, 0).ok()?;
            rest = next;
            Some(entry)
        })
    }

    /// The list as it is in the message, as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Decode<'a> for PasswordAlgorithms<'a> {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        let mut rest = value;
        while !rest.is_empty() {
            // `rest` is the end of `value`.
            let offset = value.len().saturating_sub(rest.len());
            (_, rest) = PasswordAlgorithm::take_entry(rest, offset)?;
        }
        Ok(Self(value))
    }
}

/// The error for a list without entries (RFC 8489 §14.11 has no empty list).
fn require_entry(is_empty: bool) -> Result<(), EncodeError> {
    if is_empty {
        return Err(EncodeError::EmptyList {
            attribute: AttributeType::PASSWORD_ALGORITHMS,
        });
    }
    Ok(())
}

impl Encode for PasswordAlgorithms<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put_all(out, self.0)
    }

    fn validate(&self, _: Context) -> Result<(), EncodeError> {
        require_entry(self.0.is_empty())
    }
}

/// Prints the algorithms, separated by commas.
impl fmt::Display for PasswordAlgorithms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&List(self.iter()), f)
    }
}

/// A [`PasswordAlgorithms`] that is written from a list, created by [`PasswordAlgorithms::of`].
///
/// ```
/// use stunwire::attribute::{PasswordAlgorithm, PasswordAlgorithmList, PasswordAlgorithms};
///
/// /// What this server offers.
/// const OFFERED: PasswordAlgorithmList<'_> =
///     PasswordAlgorithms::of(&[PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PasswordAlgorithmList<'a>(&'a [PasswordAlgorithm<'a>]);

encode_attribute!(PasswordAlgorithmList<'_>, as PasswordAlgorithms<'_>);

impl Encode for PasswordAlgorithmList<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.0
            .iter()
            .fold(0, |sum: usize, entry| sum.saturating_add(entry.entry_len()))
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        self.0
            .iter()
            .try_fold(out, |out, entry| entry.put_entry(out))
            .map(|_| ())
    }

    fn validate(&self, _: Context) -> Result<(), EncodeError> {
        require_entry(self.0.is_empty())
    }
}
