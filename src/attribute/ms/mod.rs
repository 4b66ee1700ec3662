//! Microsoft's attributes: \[MS-TURN\], \[MS-ICE2\] and the bandwidth management of \[MS-TURNBWM\] and
//! \[MS-ICE2BWM\].
//!
//! Which of them hold in which dialect, and what else Microsoft does differently:
//! [`docs::microsoft`](crate::docs::microsoft).

/// Bytes of any length that are meant as text.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident($(#[$field:meta])*)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>($(#[$field])* pub &'a [u8]);

        impl<'a> $name<'a> {
            /// The bytes without the NULs at their end, which old formats count in the length.
            #[must_use]
            pub fn trimmed(&self) -> &'a [u8] {
                $crate::format::trim_nuls(self.0)
            }

            /// The bytes as text, without NULs at their end.
            ///
            /// # Errors
            /// When they are not UTF-8.
            pub fn as_str(&self) -> Result<&'a str, $crate::TextError> {
                let ty = <Self as $crate::attribute::Attribute>::TYPE;
                $crate::error::TextError::check(self.trimmed(), ty)
            }
        }

        reads!($name<'a>, |value, context| Ok(Self(value)));
        writes!($name<'_>, as $name<'_>, |this, context| this.0.len(), |out| {
            $crate::attribute::shape::put_slice(out, this.0);
        });

        /// In quotes; what is not printable is escaped.
        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::format::Quoted(self.0), f)
            }
        }
    };
}

mod bandwidth;
mod ice;
mod turn;

pub use self::bandwidth::{
    BandwidthAdmissionControlMessage, BandwidthReservationAmount, BandwidthReservationIdentifier,
    Federation, LocalRelaySiteAddress, LocalRelaySiteAddressResponse, LocalSiteAddress,
    LocalSiteAddressResponse, Location, LocationProfile, RemoteRelaySiteAddress,
    RemoteRelaySiteAddressResponse, RemoteSiteAddress, RemoteSiteAddressResponse,
    SipCallIdentifier, SipDialogIdentifier,
};
pub use self::ice::{CandidateIdentifier, IceUsername, ImplementationVersion};
pub use self::turn::{
    AlternateHostName, AlternateMappedAddress, AppId, Bandwidth, DestinationAddress, MagicCookie,
    MultiplexedTurnSessionId, RemoteAddress, SecureTag, SequenceNumber, ServiceQuality, Stream,
    Version,
};
