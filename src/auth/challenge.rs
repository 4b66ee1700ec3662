//! A server's challenge as the client stores it.

use crate::attribute::{
    Attribute, AttributeType, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm,
    SecurityFeatures, UserHash,
};
use crate::buffer::Buffer;
use crate::dialect::{Context, Dialect};
use crate::error::EncodeError;
use crate::message::Message;
use crate::num::saturating_u32;
use crate::transaction_id::TransactionId;
use crate::writer::MessageWriter;

use super::response::Failure;

/// REALM, NONCE and PASSWORD-ALGORITHMS of a 401 or 438.
#[derive(Clone, Copy)]
pub(super) struct Offer<'a> {
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    /// The value of PASSWORD-ALGORITHMS, and the entry that the client chose with its index.
    pub(super) algorithms: Option<(&'a [u8], usize, PasswordAlgorithm<'a>)>,
    /// The hash to send instead of the name.
    pub(super) user_hash: Option<UserHash>,
}

/// PASSWORD-ALGORITHMS and the chosen entry. Another entry may have the same number.
#[derive(Clone, Copy)]
struct ChosenList {
    /// Length of the value in bytes.
    len: usize,
    /// Index of the chosen entry.
    index: usize,
    /// Number of the chosen algorithm.
    number: u16,
}

/// A challenge with the bytes of its values.
#[derive(Clone)]
pub(super) struct Challenge<const N: usize> {
    bytes: [u8; N],
    realm: usize,
    nonce: usize,
    list: Option<ChosenList>,
    pub(super) user_hash: Option<UserHash>,
}

impl<const N: usize> Challenge<N> {
    pub(super) fn new(offer: &Offer<'_>) -> Result<Self, Failure> {
        let list = offer.algorithms.map_or(&[][..], |(list, ..)| list);
        let parts = [offer.realm, offer.nonce, list];
        let length = parts
            .iter()
            .fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        let mut bytes = [0; N];
        if length > N {
            return Err(Failure::TooLong {
                length: saturating_u32(length),
                max: saturating_u32(N),
            });
        }
        let values = parts.into_iter().flatten();
        for (out, byte) in bytes.iter_mut().zip(values) {
            *out = *byte;
        }
        Ok(Self {
            bytes,
            realm: offer.realm.len(),
            nonce: offer.nonce.len(),
            list: offer.algorithms.map(|(list, index, choice)| ChosenList {
                len: list.len(),
                index,
                number: choice.number(),
            }),
            user_hash: offer.user_hash,
        })
    }

    /// REALM, NONCE and the value of PASSWORD-ALGORITHMS.
    fn parts(&self) -> Option<(&[u8], &[u8], &[u8])> {
        let (realm, rest) = self.bytes.split_at_checked(self.realm)?;
        let (nonce, rest) = rest.split_at_checked(self.nonce)?;
        let list = rest.get(..self.list.map_or(0, |list| list.len))?;
        Some((realm, nonce, list))
    }

    pub(super) fn realm(&self) -> &[u8] {
        self.parts().map_or(&[], |(realm, _, _)| realm)
    }

    pub(super) fn nonce(&self) -> &[u8] {
        self.parts().map_or(&[], |(_, nonce, _)| nonce)
    }

    /// The number of the chosen algorithm, `None` if the server offers none.
    pub(super) fn choice(&self) -> Option<u16> {
        self.list.map(|list| list.number)
    }

    /// Appends REALM, NONCE, PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM.
    pub(super) fn append<B: Buffer + ?Sized>(
        &self,
        writer: &mut MessageWriter<'_, B>,
    ) -> Result<(), EncodeError> {
        let Some((realm, nonce, list)) = self.parts() else {
            debug_assert!(false, "the lengths are those of what was stored");
            return Err(EncodeError::AlgorithmsMissing);
        };
        // A server may send longer texts than a client may make: they go back as they came.
        writer
            .attribute(&Echo(AttributeType::REALM, realm))?
            .attribute(&Echo(AttributeType::NONCE, nonce))?;
        if let Some(ChosenList { index, .. }) = self.list {
            let decoded = PasswordAlgorithms::decode(list, context());
            let choice = decoded.ok().and_then(|list| list.iter().nth(index));
            let Some(choice) = choice else {
                debug_assert!(false, "the list was read when it was stored");
                return Err(EncodeError::AlgorithmsMissing);
            };
            writer
                .attribute(&Echo(AttributeType::PASSWORD_ALGORITHMS, list))?
                .attribute(&choice)?;
        }
        Ok(())
    }
}

/// The value of PASSWORD-ALGORITHMS as it was sent, and the entries.
pub(super) fn list<'a>(
    message: &Message<'a>,
) -> Result<Option<(&'a [u8], PasswordAlgorithms<'a>)>, crate::AttributeError> {
    let list = message.get::<PasswordAlgorithms<'_>>()?;
    let mut attributes = message.attributes();
    let raw = attributes.find(|raw| raw.ty() == AttributeType::PASSWORD_ALGORITHMS);
    Ok(list.zip(raw).map(|(list, raw)| (raw.value(), list)))
}

/// The security features that a nonce announces.
pub(super) fn features(nonce: &Nonce<'_>) -> SecurityFeatures {
    SecurityFeatures::of(nonce).unwrap_or(SecurityFeatures::NONE)
}

/// The three values have no addresses, so neither the id nor the dialect matters.
fn context() -> Context {
    Context::new(TransactionId::new([0; 12]), Dialect::RFC8489)
}

/// A value as it was read.
struct Echo<'a>(AttributeType, &'a [u8]);

impl crate::attribute::EncodeAttribute for Echo<'_> {
    fn wire_type(&self, dialect: Dialect) -> Option<AttributeType> {
        match self.0 {
            AttributeType::REALM => <Realm<'_> as Attribute<'_>>::type_in(dialect),
            AttributeType::NONCE => <Nonce<'_> as Attribute<'_>>::type_in(dialect),
            ty => Some(ty),
        }
    }

    fn value_len(&self, _: Context) -> usize {
        self.1.len()
    }

    fn encode(&self, out: &mut [u8], _: Context) {
        crate::attribute::shape::put_slice(out, self.1);
    }
}
