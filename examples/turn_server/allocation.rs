//! An allocation: its relay, permissions and channels.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stunwire::TransactionId;
use stunwire::attribute::ChannelNumber;
use stunwire::turn::Families;

use crate::gate::Account;

/// The lifetime of a permission (RFC 8656 §9).
pub const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// The lifetime of a channel (RFC 8656 §12).
pub const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    Udp,
    Tcp,
}

/// The 5-tuple of RFC 8656 §3.2, which identifies an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    pub transport: Transport,
    pub server: SocketAddr,
    pub address: SocketAddr,
}

impl Client {
    /// The address as the client must see it: a socket that listens on `::` returns an IPv4 address inside an IPv6
    /// address.
    pub fn mapped(&self) -> SocketAddr {
        SocketAddr::new(self.address.ip().to_canonical(), self.address.port())
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        write!(f, "{transport}:{}", self.address)
    }
}

/// The number of packets and bytes in one direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    packets: u64,
    bytes: u64,
}

impl Figures {
    fn count(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} packets, {} bytes", self.packets, self.bytes)
    }
}

pub struct Allocation {
    pub account: Arc<Account>,
    /// The transaction id of the Allocate request, by which a retransmission is recognized.
    pub transaction_id: TransactionId,
    pub transport: Transport,
    pub relay: SocketAddr,
    pub token: Option<[u8; 8]>,
    pub lifetime: Duration,
    pub end: Instant,
    pub messages: u64,
    pub to_peers: Figures,
    pub to_client: Figures,
    permissions: HashMap<IpAddr, Instant>,
    channels: HashMap<ChannelNumber, (SocketAddr, Instant)>,
}

impl Allocation {
    /// Creates an allocation without a lifetime, which [`extend`](Self::extend) sets.
    pub fn new(
        now: Instant,
        account: Arc<Account>,
        transaction_id: TransactionId,
        transport: Transport,
        relay: SocketAddr,
    ) -> Self {
        Self {
            account,
            transaction_id,
            transport,
            relay,
            token: None,
            lifetime: Duration::ZERO,
            end: now,
            messages: 0,
            to_peers: Figures::default(),
            to_client: Figures::default(),
            permissions: HashMap::new(),
            channels: HashMap::new(),
        }
    }

    /// The family of the relay.
    pub fn families(&self) -> Families {
        if self.relay.is_ipv4() {
            Families::IPV4
        } else {
            Families::IPV6
        }
    }

    pub fn extend(&mut self, now: Instant, lifetime: Duration) {
        self.lifetime = lifetime;
        self.end = now + lifetime;
    }

    /// Adds a permission, or refreshes it. Expired ones are removed, so that an allocation that lives long does not
    /// grow.
    pub fn permit(&mut self, now: Instant, peer: IpAddr) {
        self.permissions.retain(|_, end| *end > now);
        self.permissions.insert(peer, now + PERMISSION_LIFETIME);
    }

    pub fn permits(&self, now: Instant, peer: IpAddr) -> bool {
        self.permissions.get(&peer).is_some_and(|end| *end > now)
    }

    /// Binds a channel, or refreshes it. Returns `false` if the number or the peer has another binding.
    pub fn bind(&mut self, now: Instant, number: ChannelNumber, peer: SocketAddr) -> bool {
        self.channels.retain(|_, (_, end)| *end > now);
        let clash = self
            .channels
            .iter()
            .any(|(other, (address, _))| (*other == number) != (*address == peer));
        if !clash {
            self.channels.insert(number, (peer, now + CHANNEL_LIFETIME));
            self.permit(now, peer.ip());
        }
        !clash
    }

    /// The peer to which a channel is bound.
    pub fn peer_of(&self, now: Instant, number: ChannelNumber) -> Option<SocketAddr> {
        let (peer, end) = self.channels.get(&number)?;
        (*end > now).then_some(*peer)
    }

    /// The channel that is bound to a peer.
    pub fn channel_of(&self, now: Instant, peer: SocketAddr) -> Option<ChannelNumber> {
        self.channels
            .iter()
            .find(|(_, (address, end))| *address == peer && *end > now)
            .map(|(number, _)| *number)
    }

    pub fn sent_to_peer(&mut self, bytes: usize) {
        self.to_peers.count(bytes);
    }

    pub fn sent_to_client(&mut self, bytes: usize) {
        self.to_client.count(bytes);
    }
}
