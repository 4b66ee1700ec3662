//! The attributes of Microsoft's bandwidth management: \[MS-TURNBWM\] in Allocate, \[MS-ICE2BWM\] in
//! Binding. Every rate is in kbit/s.

use core::fmt;

use crate::attribute::shape::{array, put};

/// BANDWIDTH-ADMISSION-CONTROL-MESSAGE: what is done with the reservation (\[MS-TURNBWM\] 2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BandwidthAdmissionControlMessage(
    /// The kind.
    pub u16,
);

impl BandwidthAdmissionControlMessage {
    /// Asks whether the rate can be had, 0.
    pub const RESERVATION_CHECK: Self = Self(0);
    /// Takes it, 1.
    pub const RESERVATION_COMMIT: Self = Self(1);
    /// Changes what was taken, 2.
    pub const RESERVATION_UPDATE: Self = Self(2);
}

reads!(BandwidthAdmissionControlMessage, |value, context| {
    array(value).map(|[_, _, high, low]| Self(u16::from_be_bytes([high, low])))
});
writes!(BandwidthAdmissionControlMessage, as BandwidthAdmissionControlMessage, |this, context| 4,
    |out| {
        let [high, low] = this.0.to_be_bytes();
        put(out, [0, 0, high, low]);
    }
);

impl fmt::Display for BandwidthAdmissionControlMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "reservation check",
            1 => "reservation commit",
            2 => "reservation update",
            kind => return write!(f, "kind {kind}"),
        })
    }
}

token! {
    /// BANDWIDTH-RESERVATION-IDENTIFIER: names the reservation (\[MS-TURNBWM\] 2.2.2).
    BandwidthReservationIdentifier(
        /// The id, 16 bytes.
        16
    )
}

/// BANDWIDTH-RESERVATION-AMOUNT: the rates that are asked for (\[MS-TURNBWM\] 2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BandwidthReservationAmount {
    /// The least that is of use for sending, in kbit/s.
    pub min_send_kbps: u32,
    /// The most that will be sent, in kbit/s.
    pub max_send_kbps: u32,
    /// The least that is of use for receiving, in kbit/s.
    pub min_receive_kbps: u32,
    /// The most that will be received, in kbit/s.
    pub max_receive_kbps: u32,
}

reads!(BandwidthReservationAmount, |value, context| {
    array::<16>(value).map(|bytes| {
        let all = u128::from_be_bytes(bytes);
        Self {
            min_send_kbps: word(all, 96),
            max_send_kbps: word(all, 64),
            min_receive_kbps: word(all, 32),
            max_receive_kbps: word(all, 0),
        }
    })
});
writes!(BandwidthReservationAmount, as BandwidthReservationAmount, |this, context| 16, |out| {
    let all = u128::from(this.min_send_kbps) << 96
        | u128::from(this.max_send_kbps) << 64
        | u128::from(this.min_receive_kbps) << 32
        | u128::from(this.max_receive_kbps);
    put(out, all.to_be_bytes());
});

/// The 32 bits of `all` from `shift` on.
#[allow(clippy::cast_possible_truncation)]
const fn word(all: u128, shift: u32) -> u32 {
    (all >> shift) as u32
}

impl fmt::Display for BandwidthReservationAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "send {} to {} kbit/s, receive {} to {} kbit/s",
            self.min_send_kbps, self.max_send_kbps, self.min_receive_kbps, self.max_receive_kbps
        )
    }
}

address! {
    /// REMOTE-SITE-ADDRESS: an address of the peer's site, XOR-ed (\[MS-TURNBWM\] 2.2.4).
    RemoteSiteAddress xored
}

address! {
    /// REMOTE-RELAY-SITE-ADDRESS: an address of the site of the peer's relay, XOR-ed
    /// (\[MS-TURNBWM\] 2.2.5).
    RemoteRelaySiteAddress xored
}

address! {
    /// LOCAL-SITE-ADDRESS: an address of the sender's site, XOR-ed (\[MS-TURNBWM\] 2.2.6).
    LocalSiteAddress xored
}

address! {
    /// LOCAL-RELAY-SITE-ADDRESS: an address of the site of the sender's relay, XOR-ed
    /// (\[MS-TURNBWM\] 2.2.7).
    LocalRelaySiteAddress xored
}

/// The top bit of the flags: the rates passed the policy's check.
const VALID: u32 = 1 << 31;
/// The bit below: a call that does not fit may go over the telephone network.
const PSTN_FAILOVER: u32 = 1 << 30;

macro_rules! site_response {
    ($(#[$doc:meta])* $name:ident $(, $failover:ident)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            /// Whether the policy was asked, so that the rates count.
            pub valid: bool,
            $(
                /// Whether a call that does not fit may go over the telephone network.
                pub $failover: bool,
            )?
            /// The most that may be sent, in kbit/s.
            pub max_send_kbps: u32,
            /// The most that may be received, in kbit/s.
            pub max_receive_kbps: u32,
        }

        reads!($name, |value, context| {
            array(value).map(|[f0, f1, f2, f3, s0, s1, s2, s3, r0, r1, r2, r3]| {
                let flags = u32::from_be_bytes([f0, f1, f2, f3]);
                Self {
                    valid: flags & VALID != 0,
                    $( $failover: flags & PSTN_FAILOVER != 0, )?
                    max_send_kbps: u32::from_be_bytes([s0, s1, s2, s3]),
                    max_receive_kbps: u32::from_be_bytes([r0, r1, r2, r3]),
                }
            })
        });
        writes!($name, as $name, |this, context| 12, |out| {
            let flags = if this.valid { VALID } else { 0 };
            $( let flags = flags | if this.$failover { PSTN_FAILOVER } else { 0 }; )?
            let [f0, f1, f2, f3] = flags.to_be_bytes();
            let [s0, s1, s2, s3] = this.max_send_kbps.to_be_bytes();
            let [r0, r1, r2, r3] = this.max_receive_kbps.to_be_bytes();
            put(out, [f0, f1, f2, f3, s0, s1, s2, s3, r0, r1, r2, r3]);
        });

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let valid = if self.valid { "" } else { "not valid, " };
                write!(
                    f,
                    "{valid}send up to {} kbit/s, receive up to {} kbit/s",
                    self.max_send_kbps, self.max_receive_kbps
                )?;
                $(
                    if self.$failover {
                        f.write_str(", PSTN failover")?;
                    }
                )?
                Ok(())
            }
        }
    };
}

site_response! {
    /// REMOTE-SITE-ADDRESS-RESPONSE: what the policy allows with the peer's site
    /// (\[MS-TURNBWM\] 2.2.8).
    RemoteSiteAddressResponse, pstn_failover
}

site_response! {
    /// REMOTE-RELAY-SITE-ADDRESS-RESPONSE: what the policy allows with the site of the peer's relay
    /// (\[MS-TURNBWM\] 2.2.9).
    RemoteRelaySiteAddressResponse
}

site_response! {
    /// LOCAL-SITE-ADDRESS-RESPONSE: what the policy allows with the sender's site
    /// (\[MS-TURNBWM\] 2.2.10).
    LocalSiteAddressResponse, pstn_failover
}

site_response! {
    /// LOCAL-RELAY-SITE-ADDRESS-RESPONSE: what the policy allows with the site of the sender's relay
    /// (\[MS-TURNBWM\] 2.2.11).
    LocalRelaySiteAddressResponse
}

label! {
    /// SIP-DIALOG-IDENTIFIER: the SIP dialog that the stream belongs to (\[MS-TURNBWM\] 2.2.12).
    SipDialogIdentifier(
        /// The identifier as it stands on the wire.
    )
}

label! {
    /// SIP-CALL-IDENTIFIER: the SIP call that the stream belongs to (\[MS-TURNBWM\] 2.2.13).
    SipCallIdentifier(
        /// The identifier as it stands on the wire.
    )
}

/// Where a side is, in [`LocationProfile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location(
    /// The number.
    pub u8,
);

impl Location {
    /// Not known, 0.
    pub const UNKNOWN: Self = Self(0);
    /// Outside, 1.
    pub const INTERNET: Self = Self(1);
    /// Inside, 2.
    pub const INTRANET: Self = Self(2);
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "unknown",
            1 => "internet",
            2 => "intranet",
            number => return write!(f, "location {number}"),
        })
    }
}

/// Whether the other side is of another organisation, in [`LocationProfile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Federation(
    /// The number.
    pub u8,
);

impl Federation {
    /// It is not, 0.
    pub const NONE: Self = Self(0);
    /// Of another enterprise, 1.
    pub const ENTERPRISE: Self = Self(1);
    /// Of a public cloud, 2.
    pub const PUBLIC_CLOUD: Self = Self(2);
}

impl fmt::Display for Federation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "no federation",
            1 => "enterprise federation",
            2 => "public cloud federation",
            number => return write!(f, "federation {number}"),
        })
    }
}

/// LOCATION-PROFILE: where both sides are (\[MS-TURNBWM\] 2.2.14). 4 bytes, of which the last is
/// reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocationProfile {
    /// Where the other side is.
    pub peer: Location,
    /// Where the sender is.
    pub own: Location,
    /// Whether the other side is of another organisation.
    pub federation: Federation,
}

reads!(LocationProfile, |value, context| {
    array(value).map(|[peer, own, federation, _]| Self {
        peer: Location(peer),
        own: Location(own),
        federation: Federation(federation),
    })
});
writes!(LocationProfile, as LocationProfile, |this, context| 4, |out| {
    put(out, [this.peer.0, this.own.0, this.federation.0, 0]);
});

impl fmt::Display for LocationProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            peer,
            own,
            federation,
        } = self;
        write!(f, "peer {peer}, own {own}, {federation}")
    }
}
