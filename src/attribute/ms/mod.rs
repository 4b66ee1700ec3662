//! Microsoft's attributes: \[MS-TURN\], \[MS-ICE2\], and the bandwidth management of \[MS-TURNBWM\] and
//! \[MS-ICE2BWM\].
//!
//! For the dialects that have them, and the other differences between Microsoft's protocols and the RFCs, see
//! [`docs::microsoft`](crate::docs::microsoft).

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
