//! What a server supports.

use crate::attribute::{AddressFamily, ChannelRange, XorPeerAddress};

/// A set of address families: those that a server can relay, or those of an allocation.
///
/// ```
/// use stunwire::attribute::AddressFamily;
/// use stunwire::turn::Families;
///
/// let relays = [std::net::IpAddr::from([192, 0, 2, 1])];
/// let families = Families {
///     ipv4: relays.iter().any(|ip| ip.is_ipv4()),
///     ipv6: relays.iter().any(|ip| ip.is_ipv6()),
/// };
/// assert!(families.contains(AddressFamily::IPV4));
/// assert!(!families.contains(AddressFamily::IPV6));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Families {
    /// IPv4.
    pub ipv4: bool,
    /// IPv6.
    pub ipv6: bool,
}

impl Families {
    /// Only IPv4.
    pub const IPV4: Self = Self {
        ipv4: true,
        ipv6: false,
    };
    /// Only IPv6.
    pub const IPV6: Self = Self {
        ipv4: false,
        ipv6: true,
    };
    /// IPv4 and IPv6.
    pub const BOTH: Self = Self {
        ipv4: true,
        ipv6: true,
    };

    /// Whether the set contains this family.
    #[must_use]
    pub const fn contains(self, family: AddressFamily) -> bool {
        match family {
            AddressFamily::IPV4 => self.ipv4,
            AddressFamily::IPV6 => self.ipv6,
            _ => false,
        }
    }

    /// Whether the set has the family of this peer.
    pub(super) fn fits(self, peer: XorPeerAddress) -> bool {
        if peer.0.is_ipv4() {
            self.ipv4
        } else {
            self.ipv6
        }
    }
}

/// The relays and channel numbers that a server supports, an argument of [`check`](super::check).
///
/// ```
/// use stunwire::attribute::ChannelRange;
/// use stunwire::turn::{Capabilities, Families};
///
/// /// UDP relays of both families, TCP relays for clients over TCP, and the channels of RFC 5766.
/// fn capabilities(over_tcp: bool) -> Capabilities {
///     Capabilities::udp(Families::BOTH).with_tcp(over_tcp).with_channels(ChannelRange::RFC5766)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capabilities {
    pub(super) families: Families,
    pub(super) tcp: Tcp,
    pub(super) channels: ChannelRange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Tcp {
    Unsupported,
    /// Supported, but the message arrived over UDP.
    OverUdp,
    Supported,
}

impl Capabilities {
    /// Creates the description of a server that relays UDP from addresses of these families.
    #[must_use]
    pub const fn udp(families: Families) -> Self {
        Self {
            families,
            tcp: Tcp::Unsupported,
            channels: ChannelRange::RFC8656,
        }
    }

    /// Adds TCP relays ([RFC 6062](https://www.rfc-editor.org/rfc/rfc6062)). `over_tcp` must be `true` if the
    /// message arrived over TCP or TLS: a request for a TCP relay that arrives over UDP is answered with 400.
    #[must_use]
    pub const fn with_tcp(self, over_tcp: bool) -> Self {
        Self {
            tcp: if over_tcp {
                Tcp::Supported
            } else {
                Tcp::OverUdp
            },
            ..self
        }
    }

    /// Sets the channels that clients may bind, such as those of [RFC 5766](ChannelRange::RFC5766). The default is
    /// 0x4000 to 0x4FFF.
    #[must_use]
    pub const fn with_channels(self, channels: ChannelRange) -> Self {
        Self { channels, ..self }
    }
}
