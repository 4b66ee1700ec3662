//! The attributes of Microsoft's bandwidth management: \[MS-TURNBWM\] in Allocate requests, \[MS-ICE2BWM\]
//! in Binding requests. Every rate is in kilobits per second.

use core::fmt;

use crate::attribute::shape::{Decode, Encode, array, put};
use crate::dialect::Context;
use crate::error::ValueError;

/// BANDWIDTH-ADMISSION-CONTROL-MESSAGE: what the server must do with a reservation (\[MS-TURNBWM\] 2.2.1).
///
/// Type 0x8056. Value: 2 reserved bytes and the kind (2 bytes).
///
/// ```
/// use stunwire::attribute::ms::BandwidthAdmissionControlMessage;
///
/// let message = BandwidthAdmissionControlMessage::RESERVATION_COMMIT;
/// assert_eq!(message.to_string(), "reservation commit");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BandwidthAdmissionControlMessage(
    /// The kind.
    pub u16,
);

impl BandwidthAdmissionControlMessage {
    /// Check whether the rates are available, 0.
    pub const RESERVATION_CHECK: Self = Self(0);
    /// Reserve the rates, 1.
    pub const RESERVATION_COMMIT: Self = Self(1);
    /// Change the reservation, 2.
    pub const RESERVATION_UPDATE: Self = Self(2);
}

impl<'a> Decode<'a> for BandwidthAdmissionControlMessage {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[_, _, high, low]| Self(u16::from_be_bytes([high, low])))
    }
}

impl Encode for BandwidthAdmissionControlMessage {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let [high, low] = self.0.to_be_bytes();
        put(out, [0, 0, high, low])
    }
}

/// Prints a name such as `reservation check`, or the number.
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
    /// BANDWIDTH-RESERVATION-IDENTIFIER: identifies a reservation (\[MS-TURNBWM\] 2.2.2).
    ///
    /// Type 0x8057. Value: 16 opaque bytes.
    ///
    /// ```
    /// use stunwire::attribute::ms::BandwidthReservationIdentifier;
    ///
    /// let reservation = BandwidthReservationIdentifier([7; 16]);
    /// assert_eq!(reservation.0.len(), 16);
    /// ```
    pub struct BandwidthReservationIdentifier(
        /// The identifier.
        pub [u8; 16],
    );
}

/// BANDWIDTH-RESERVATION-AMOUNT: the rates that the sender asks for (\[MS-TURNBWM\] 2.2.3).
///
/// Type 0x8058. Value: the four rates in the order of the fields, 4 bytes each.
///
/// ```
/// use stunwire::attribute::ms::BandwidthReservationAmount;
///
/// let audio = BandwidthReservationAmount {
///     min_send_kbps: 39,
///     max_send_kbps: 158,
///     min_receive_kbps: 39,
///     max_receive_kbps: 158,
/// };
/// assert_eq!(audio.to_string(), "send 39 to 158 kbit/s, receive 39 to 158 kbit/s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BandwidthReservationAmount {
    /// The lowest useful rate for sending, in kilobits per second.
    pub min_send_kbps: u32,
    /// The highest rate for sending, in kilobits per second.
    pub max_send_kbps: u32,
    /// The lowest useful rate for receiving, in kilobits per second.
    pub min_receive_kbps: u32,
    /// The highest rate for receiving, in kilobits per second.
    pub max_receive_kbps: u32,
}

impl<'a> Decode<'a> for BandwidthReservationAmount {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        let all = u128::from_be_bytes(array(value)?);
        Ok(Self {
            min_send_kbps: word(all, 96),
            max_send_kbps: word(all, 64),
            min_receive_kbps: word(all, 32),
            max_receive_kbps: word(all, 0),
        })
    }
}

impl Encode for BandwidthReservationAmount {
    fn value_len(&self, _: Context) -> usize {
        16
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let all = u128::from(self.min_send_kbps) << 96
            | u128::from(self.max_send_kbps) << 64
            | u128::from(self.min_receive_kbps) << 32
            | u128::from(self.max_receive_kbps);
        put(out, all.to_be_bytes())
    }
}

/// The 32 bits of `all` from bit `shift` on.
#[allow(clippy::cast_possible_truncation, reason = "32 bits are kept")]
const fn word(all: u128, shift: u32) -> u32 {
    (all >> shift) as u32
}

/// Prints for example `send 10 to 20 kbit/s, receive 30 to 40 kbit/s`.
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
    /// REMOTE-SITE-ADDRESS: an address in the site of the peer (\[MS-TURNBWM\] 2.2.4).
    ///
    /// Type 0x8059.
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::ms::RemoteSiteAddress;
    ///
    /// let address = RemoteSiteAddress("192.0.2.1:0".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:0");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct RemoteSiteAddress(xored);
}

address! {
    /// REMOTE-RELAY-SITE-ADDRESS: an address in the site of the peer's relay (\[MS-TURNBWM\] 2.2.5).
    ///
    /// Type 0x805A.
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::ms::RemoteRelaySiteAddress;
    ///
    /// let address = RemoteRelaySiteAddress("192.0.2.1:0".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:0");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct RemoteRelaySiteAddress(xored);
}

address! {
    /// LOCAL-SITE-ADDRESS: an address in the site of the sender (\[MS-TURNBWM\] 2.2.6).
    ///
    /// Type 0x805B.
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::ms::LocalSiteAddress;
    ///
    /// let address = LocalSiteAddress("192.0.2.1:0".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:0");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct LocalSiteAddress(xored);
}

address! {
    /// LOCAL-RELAY-SITE-ADDRESS: an address in the site of the sender's relay (\[MS-TURNBWM\] 2.2.7).
    ///
    /// Type 0x805C.
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::ms::LocalRelaySiteAddress;
    ///
    /// let address = LocalRelaySiteAddress("192.0.2.1:0".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:0");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct LocalRelaySiteAddress(xored);
}

/// The most significant bit of the flags: the policy was evaluated.
const VALID: u32 = 1 << 31;
/// The next bit: a call that does not fit may use the telephone network.
const PSTN_FAILOVER: u32 = 1 << 30;

macro_rules! site_response {
    (
        $(#[$doc:meta])*
        pub struct $name:ident { $($failover:ident)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            /// Whether the server has evaluated its bandwidth policy. If not, the rates have no meaning.
            pub valid: bool,
            $(
                /// Whether a call for which the rates are too low may use the telephone network.
                pub $failover: bool,
            )?
            /// The highest rate for sending, in kilobits per second.
            pub max_send_kbps: u32,
            /// The highest rate for receiving, in kilobits per second.
            pub max_receive_kbps: u32,
        }

        impl<'a> Decode<'a> for $name {
            fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
                let [f0, f1, f2, f3, s0, s1, s2, s3, r0, r1, r2, r3] = array(value)?;
                let flags = u32::from_be_bytes([f0, f1, f2, f3]);
                Ok(Self {
                    valid: flags & VALID != 0,
                    $( $failover: flags & PSTN_FAILOVER != 0, )?
                    max_send_kbps: u32::from_be_bytes([s0, s1, s2, s3]),
                    max_receive_kbps: u32::from_be_bytes([r0, r1, r2, r3]),
                })
            }
        }

        impl Encode for $name {
            fn value_len(&self, _: Context) -> usize {
                12
            }

            fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
                let flags = if self.valid { VALID } else { 0 };
                $( let flags = flags | if self.$failover { PSTN_FAILOVER } else { 0 }; )?
                let [f0, f1, f2, f3] = flags.to_be_bytes();
                let [s0, s1, s2, s3] = self.max_send_kbps.to_be_bytes();
                let [r0, r1, r2, r3] = self.max_receive_kbps.to_be_bytes();
                put(out, [f0, f1, f2, f3, s0, s1, s2, s3, r0, r1, r2, r3])
            }
        }

        /// Prints the rates, and the flags that are not usual.
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
    /// REMOTE-SITE-ADDRESS-RESPONSE: the rates that the policy allows with the site of the peer
    /// (\[MS-TURNBWM\] 2.2.8).
    ///
    /// Type 0x805D. Value: flags (4 bytes: the most significant bit is `valid`, the next one `pstn_failover`), the
    /// rate for sending and the rate for receiving (4 bytes each).
    ///
    /// ```
    /// use stunwire::attribute::ms::RemoteSiteAddressResponse;
    ///
    /// let allowed = RemoteSiteAddressResponse {
    ///     valid: true,
    ///     pstn_failover: false,
    ///     max_send_kbps: 158,
    ///     max_receive_kbps: 158,
    /// };
    /// assert_eq!(allowed.to_string(), "send up to 158 kbit/s, receive up to 158 kbit/s");
    /// ```
    pub struct RemoteSiteAddressResponse { pstn_failover }
}

site_response! {
    /// REMOTE-RELAY-SITE-ADDRESS-RESPONSE: the rates that the policy allows with the site of the peer's
    /// relay (\[MS-TURNBWM\] 2.2.9).
    ///
    /// Type 0x805E. Value: flags (4 bytes: the most significant bit is `valid`), the rate for sending and the rate
    /// for receiving (4 bytes each).
    ///
    /// ```
    /// use stunwire::attribute::ms::RemoteRelaySiteAddressResponse;
    ///
    /// let allowed = RemoteRelaySiteAddressResponse {
    ///     valid: true,
    ///     max_send_kbps: 158,
    ///     max_receive_kbps: 158,
    /// };
    /// assert_eq!(allowed.to_string(), "send up to 158 kbit/s, receive up to 158 kbit/s");
    /// ```
    pub struct RemoteRelaySiteAddressResponse {}
}

site_response! {
    /// LOCAL-SITE-ADDRESS-RESPONSE: the rates that the policy allows with the site of the sender
    /// (\[MS-TURNBWM\] 2.2.10).
    ///
    /// Type 0x805F. Value: flags (4 bytes: the most significant bit is `valid`, the next one `pstn_failover`), the
    /// rate for sending and the rate for receiving (4 bytes each).
    ///
    /// ```
    /// use stunwire::attribute::ms::LocalSiteAddressResponse;
    ///
    /// let allowed = LocalSiteAddressResponse {
    ///     valid: true,
    ///     pstn_failover: false,
    ///     max_send_kbps: 158,
    ///     max_receive_kbps: 158,
    /// };
    /// assert_eq!(allowed.to_string(), "send up to 158 kbit/s, receive up to 158 kbit/s");
    /// ```
    pub struct LocalSiteAddressResponse { pstn_failover }
}

site_response! {
    /// LOCAL-RELAY-SITE-ADDRESS-RESPONSE: the rates that the policy allows with the site of the sender's
    /// relay (\[MS-TURNBWM\] 2.2.11).
    ///
    /// Type 0x8060. Value: flags (4 bytes: the most significant bit is `valid`), the rate for sending and the rate
    /// for receiving (4 bytes each).
    ///
    /// ```
    /// use stunwire::attribute::ms::LocalRelaySiteAddressResponse;
    ///
    /// let allowed = LocalRelaySiteAddressResponse {
    ///     valid: true,
    ///     max_send_kbps: 158,
    ///     max_receive_kbps: 158,
    /// };
    /// assert_eq!(allowed.to_string(), "send up to 158 kbit/s, receive up to 158 kbit/s");
    /// ```
    pub struct LocalRelaySiteAddressResponse {}
}

text! {
    /// SIP-DIALOG-IDENTIFIER: the SIP dialog to which the stream belongs (\[MS-TURNBWM\] 2.2.12).
    ///
    /// Type 0x8061. Value: text.
    ///
    /// ```
    /// use stunwire::attribute::ms::SipDialogIdentifier;
    ///
    /// let identifier = SipDialogIdentifier::new("a84b4c76e66710")?;
    /// assert_eq!(identifier.as_str()?, "a84b4c76e66710");
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct SipDialogIdentifier<'a>;
    limits: 65535 bytes, 65535 characters;
}

encode_text!(SipDialogIdentifier);

text! {
    /// SIP-CALL-IDENTIFIER: the SIP call to which the stream belongs (\[MS-TURNBWM\] 2.2.13).
    ///
    /// Type 0x8062. Value: text.
    ///
    /// ```
    /// use stunwire::attribute::ms::SipCallIdentifier;
    ///
    /// let identifier = SipCallIdentifier::new("a84b4c76e66710")?;
    /// assert_eq!(identifier.as_str()?, "a84b4c76e66710");
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct SipCallIdentifier<'a>;
    limits: 65535 bytes, 65535 characters;
}

encode_text!(SipCallIdentifier);

/// The location of an endpoint relative to the organization's network, in [`LocationProfile`].
///
/// ```
/// use stunwire::attribute::ms::Location;
///
/// assert_eq!(Location::INTERNET.to_string(), "internet");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location(
    /// The number.
    pub u8,
);

impl Location {
    /// Unknown, 0.
    pub const UNKNOWN: Self = Self(0);
    /// Outside the organization's network, 1.
    pub const INTERNET: Self = Self(1);
    /// Inside the organization's network, 2.
    pub const INTRANET: Self = Self(2);
}

/// Prints a name such as `internet`, or the number.
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

/// The kind of organization to which the peer belongs, in [`LocationProfile`].
///
/// ```
/// use stunwire::attribute::ms::Federation;
///
/// assert_eq!(Federation::NONE.to_string(), "no federation");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Federation(
    /// The number.
    pub u8,
);

impl Federation {
    /// The peer belongs to the same organization, 0.
    pub const NONE: Self = Self(0);
    /// Another enterprise, 1.
    pub const ENTERPRISE: Self = Self(1);
    /// A public cloud, 2.
    pub const PUBLIC_CLOUD: Self = Self(2);
}

/// Prints a name such as `enterprise federation`, or the number.
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

/// LOCATION-PROFILE: the locations of both sides (\[MS-TURNBWM\] 2.2.14).
///
/// Type 0x8068. Value: the three fields in their order, 1 byte each, and a reserved byte.
///
/// ```
/// use stunwire::attribute::ms::{Federation, Location, LocationProfile};
///
/// let profile = LocationProfile {
///     peer: Location::INTERNET,
///     sender: Location::INTRANET,
///     federation: Federation::NONE,
/// };
/// assert_eq!(profile.to_string(), "peer internet, sender intranet, no federation");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocationProfile {
    /// The location of the peer.
    pub peer: Location,
    /// The location of the sender.
    pub sender: Location,
    /// The kind of organization to which the peer belongs.
    pub federation: Federation,
}

impl<'a> Decode<'a> for LocationProfile {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[peer, sender, federation, _]| Self {
            peer: Location(peer),
            sender: Location(sender),
            federation: Federation(federation),
        })
    }
}

impl Encode for LocationProfile {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put(out, [self.peer.0, self.sender.0, self.federation.0, 0])
    }
}

/// Prints for example `peer internet, sender intranet, no federation`.
impl fmt::Display for LocationProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            peer,
            sender,
            federation,
        } = self;
        write!(f, "peer {peer}, sender {sender}, {federation}")
    }
}
