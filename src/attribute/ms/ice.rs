//! The attributes of \[MS-ICE2\].

use core::fmt;
use core::str::Utf8Error;

use crate::attribute::shape::put_slice;
use crate::attribute::text::trim_nuls;
use crate::display::Quoted;

/// CANDIDATE-IDENTIFIER: the foundation of the sender's candidate (\[MS-ICE2\] 2.2.2.1). In the
/// legacy format NULs are counted in its length; [`trimmed`](Self::trimmed) is without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CandidateIdentifier<'a>(
    /// The foundation as it stands on the wire.
    pub &'a [u8],
);

impl<'a> CandidateIdentifier<'a> {
    /// The foundation, without NULs at its end.
    #[must_use]
    pub fn trimmed(&self) -> &'a [u8] {
        trim_nuls(self.0)
    }

    /// The foundation as text, without NULs at its end.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub fn as_str(&self) -> Result<&'a str, Utf8Error> {
        core::str::from_utf8(self.trimmed())
    }
}

reads!(CandidateIdentifier<'a>, |value, context| Ok(Self(value)));
writes!(CandidateIdentifier<'_>, as CandidateIdentifier<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for CandidateIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Quoted(self.0), f)
    }
}

number! {
    /// IMPLEMENTATION-VERSION: which format of \[MS-ICE2\] the sender speaks (2.2.2.2). Up to 2 it is
    /// that of the old draft, [`Dialect::MS_ICE2_LEGACY`](crate::Dialect::MS_ICE2_LEGACY), from 3 on
    /// that of RFC 5389.
    ImplementationVersion(
        /// The version.
        u32
    )
}

impl ImplementationVersion {
    /// Whether the sender speaks the old draft's format: versions 0 to 2.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        self.0 <= 2
    }
}

impl fmt::Display for ImplementationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
