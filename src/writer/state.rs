//! The states of a [`MessageWriter`](super::MessageWriter): which parts of a message may follow.

/// The header is written: attributes, integrity attributes and FINGERPRINT may follow.
#[derive(Debug)]
pub enum Open {}

/// MESSAGE-INTEGRITY is written: MESSAGE-INTEGRITY-SHA256 or FINGERPRINT may follow.
#[derive(Debug)]
pub enum Signed {}

/// The last integrity attribute is written: FINGERPRINT may follow.
#[derive(Debug)]
pub enum Sealed {}

/// FINGERPRINT is written: nothing may follow.
#[derive(Debug)]
pub enum Closed {}

/// The header is written: copies of attributes that were read may follow, of any type, and nothing else.
#[derive(Debug)]
pub enum Verbatim {}

/// The states after which FINGERPRINT may follow: [`Open`], [`Signed`] and [`Sealed`].
///
/// This trait is sealed.
pub trait BeforeFingerprint: sealed::State {}

/// The states after which MESSAGE-INTEGRITY-SHA256 may follow: [`Open`] and [`Signed`].
///
/// This trait is sealed.
pub trait BeforeSha256: sealed::State {}

pub(super) mod sealed {
    #[allow(unnameable_types, reason = "a sealed trait")]
    pub trait State {
        /// Whether the message has an integrity attribute.
        const IS_SIGNED: bool;
    }
}

impl sealed::State for Open {
    const IS_SIGNED: bool = false;
}

impl sealed::State for Signed {
    const IS_SIGNED: bool = true;
}

impl sealed::State for Sealed {
    const IS_SIGNED: bool = true;
}

impl BeforeFingerprint for Open {}
impl BeforeFingerprint for Signed {}
impl BeforeFingerprint for Sealed {}
impl BeforeSha256 for Open {}
impl BeforeSha256 for Signed {}
