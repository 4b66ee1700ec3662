//! The allocations of a TURN client: what was granted, what was relayed, and how it ended.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stunwire::Method;

use super::flow::{Frames, Stamp, Traffic};

/// Maximum number of peers, of channels and of connections of one allocation. Data of further ones is
/// counted for the allocation only.
pub const MOST_PEERS: usize = 256;

/// How long a permission lasts (RFC 8656 §9).
pub const PERMISSION: Duration = Duration::from_secs(300);

/// How long a channel lasts (RFC 8656 §12).
pub const CHANNEL: Duration = Duration::from_secs(600);

/// The lifetime in seconds of an allocation whose response does not name one (RFC 8656 §3.2).
pub const DEFAULT_LIFETIME: u32 = 600;

/// Tolerance for different clocks and the time of a round trip.
const GRACE: Duration = Duration::from_secs(2);

/// Number of packets to peers, and length of time without a packet from one, after which 400 to a request
/// means that the server does not know the allocation: servers that were restarted answer so.
const ENOUGH_UNRETURNED: u64 = 10;
const LONG_UNRETURNED: Duration = Duration::from_secs(3);

/// IP protocol numbers in REQUESTED-TRANSPORT.
pub const TCP: u8 = 6;

/// One allocation.
#[derive(Debug, Default)]
pub struct Allocation {
    /// The success response; `None` if the capture begins later.
    pub made: Option<Stamp>,
    pub is_tcp: bool,
    pub is_ms_turn: bool,
    pub relayed: Option<SocketAddr>,
    pub mapped: Option<SocketAddr>,
    /// The lifetime that was last granted, in seconds. `None` if it is not known.
    pub lifetime: Option<u32>,
    /// The response that last granted the lifetime.
    pub granted: Option<Stamp>,
    pub refreshes: u64,
    pub released: Option<Stamp>,
    /// The server no longer knows the allocation.
    pub lost: Option<Lost>,
    pub permissions: Vec<Permission>,
    pub channels: Vec<Channel>,
    pub peers: Vec<Peer>,
    pub connections: Vec<PeerConnection>,
    pub sent: Traffic,
    pub received: Traffic,
    /// Packets that the client sent since the last packet from a peer.
    pub unreturned: Frames,
    /// Packets that the client sent after the lifetime had run out, if nothing came back since then.
    pub sent_late: Frames,
    /// The first ICMP error about a packet to a peer, as the server reports it: type and code.
    pub peer_icmp: Option<((u8, u8), Stamp)>,
}

/// The answer that shows that the server no longer knows an allocation.
#[derive(Clone, Copy, Debug)]
pub struct Lost {
    pub at: Stamp,
    /// Of the request: not Allocate.
    pub method: Method,
    pub code: u16,
}

/// The permission for one address.
#[derive(Debug)]
pub struct Permission {
    pub ip: IpAddr,
    pub first: Stamp,
    pub last: Stamp,
}

/// One channel.
#[derive(Debug)]
pub struct Channel {
    pub number: u16,
    /// `None` if no ChannelBind for it succeeded in the capture.
    pub peer: Option<SocketAddr>,
    pub bound: Option<Stamp>,
    pub sent: Traffic,
    pub received: Traffic,
    /// Packets that the client sent after the channel had run out, if nothing came back since then.
    pub sent_late: Frames,
}

/// The data relayed to and from one peer.
#[derive(Debug)]
pub struct Peer {
    pub address: SocketAddr,
    pub sent: Traffic,
    pub received: Traffic,
    /// Packets to the peer without a permission.
    pub without_permission: Frames,
    /// Packets to the peer after the permission had run out.
    pub after_permission: Frames,
}

/// A connection of RFC 6062 to or from a peer.
#[derive(Debug)]
pub struct PeerConnection {
    pub id: u32,
    pub peer: Option<SocketAddr>,
    /// The ConnectionAttempt, or the answer to Connect.
    pub offered: Stamp,
    /// The client asked for it; otherwise the peer did.
    pub is_outgoing: bool,
    /// The ConnectionBind request.
    pub asked: Option<Stamp>,
    pub bound: Option<Stamp>,
    pub error: Option<(u16, Stamp)>,
    /// The flow that it became, as an index.
    pub flow: Option<usize>,
}

/// The direction of relayed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToPeer,
    FromPeer,
}

impl Allocation {
    /// Begins the lifetime anew; `None` if it is not known.
    pub fn grant(&mut self, lifetime: Option<u32>, at: Stamp) {
        self.lifetime = lifetime;
        self.granted = Some(at);
        self.sent_late = Frames::default();
    }

    pub fn refreshed(&mut self, lifetime: Option<u32>, at: Stamp) {
        self.refreshes += 1;
        self.grant(lifetime, at);
        if lifetime == Some(0) {
            self.released = Some(at);
        }
    }

    /// The time at which the allocation runs out, if known.
    pub fn expiry(&self) -> Option<Duration> {
        let lifetime = Duration::from_secs(u64::from(self.lifetime?));
        Some(self.granted?.time + lifetime)
    }

    pub fn is_over(&self) -> bool {
        self.released.is_some() || self.lost.is_some()
    }

    /// Adds an error response to a request other than Allocate.
    pub fn refused(&mut self, method: Method, code: u16, at: Stamp) {
        let is_silent = self.received.packets > 0
            && self.unreturned.count >= ENOUGH_UNRETURNED
            && at.since(self.received.last) >= LONG_UNRETURNED;
        if self.released.is_none() && (code == 437 || code == 400 && is_silent) {
            self.lost.get_or_insert(Lost { at, method, code });
        }
    }

    pub fn permit(&mut self, ip: IpAddr, at: Stamp) {
        let known = self.permissions.iter_mut().find(|known| known.ip == ip);
        if let Some(permission) = known {
            permission.last = at;
        } else if self.permissions.len() < MOST_PEERS {
            self.permissions.push(Permission {
                ip,
                first: at,
                last: at,
            });
        }
        for peer in &mut self.peers {
            if peer.address.ip() == ip {
                peer.after_permission = Frames::default();
            }
        }
    }

    pub fn bind(&mut self, number: u16, peer: SocketAddr, at: Stamp) {
        // A ChannelBind installs or refreshes the permission too (RFC 8656 §12.2).
        self.permit(peer.ip(), at);
        if let Some(channel) = self.channel(number) {
            channel.peer = Some(peer);
            channel.bound = Some(at);
            channel.sent_late = Frames::default();
        }
    }

    pub fn channel(&mut self, number: u16) -> Option<&mut Channel> {
        let same = |channel: &Channel| channel.number == number;
        let index = match self.channels.iter().position(same) {
            Some(index) => index,
            None if self.channels.len() < MOST_PEERS => {
                self.channels.push(Channel {
                    number,
                    peer: None,
                    bound: None,
                    sent: Traffic::default(),
                    received: Traffic::default(),
                    sent_late: Frames::default(),
                });
                self.channels.len() - 1
            }
            None => return None,
        };
        self.channels.get_mut(index)
    }

    pub fn peer(&mut self, address: SocketAddr) -> Option<&mut Peer> {
        let same = |peer: &Peer| peer.address == address;
        let index = match self.peers.iter().position(same) {
            Some(index) => index,
            None if self.peers.len() < MOST_PEERS => {
                self.peers.push(Peer {
                    address,
                    sent: Traffic::default(),
                    received: Traffic::default(),
                    without_permission: Frames::default(),
                    after_permission: Frames::default(),
                });
                self.peers.len() - 1
            }
            None => return None,
        };
        self.peers.get_mut(index)
    }

    pub fn connection(&mut self, id: u32) -> Option<&mut PeerConnection> {
        let mut connections = self.connections.iter_mut();
        connections.rfind(|connection| connection.id == id)
    }

    pub fn offer(&mut self, id: u32, peer: Option<SocketAddr>, is_outgoing: bool, at: Stamp) {
        if self.connections.len() < MOST_PEERS {
            self.connections.push(PeerConnection {
                id,
                peer,
                offered: at,
                is_outgoing,
                asked: None,
                bound: None,
                error: None,
                flow: None,
            });
        }
    }

    /// Adds relayed data.
    pub fn relay(&mut self, way: Way, peer: Option<SocketAddr>, at: Stamp, bytes: u64) {
        let permitted = peer.and_then(|peer| {
            let mut permissions = self.permissions.iter();
            permissions.find(|permission| permission.ip == peer.ip())
        });
        let has_permission = permitted.is_some();
        let is_expired = permitted.is_some_and(|found| at.since(found.last) > PERMISSION + GRACE);
        match way {
            Way::ToPeer => {
                self.sent.note(at, bytes);
                self.unreturned.note(at);
                if self.expiry().is_some_and(|expiry| at.time > expiry + GRACE) {
                    self.sent_late.note(at);
                }
            }
            Way::FromPeer => {
                self.received.note(at, bytes);
                self.unreturned = Frames::default();
                // The allocation still exists: its Refresh is missing from the capture.
                self.sent_late = Frames::default();
            }
        }
        let Some(peer) = peer.and_then(|peer| self.peer(peer)) else {
            return;
        };
        match way {
            Way::ToPeer => {
                peer.sent.note(at, bytes);
                if !has_permission {
                    peer.without_permission.note(at);
                } else if is_expired {
                    peer.after_permission.note(at);
                }
            }
            Way::FromPeer => {
                peer.received.note(at, bytes);
                // The server relays only with a permission.
                peer.after_permission = Frames::default();
            }
        }
    }

    /// Adds ChannelData and returns the channel's peer.
    pub fn channel_data(
        &mut self,
        way: Way,
        number: u16,
        at: Stamp,
        bytes: u64,
    ) -> Option<SocketAddr> {
        let channel = self.channel(number)?;
        let peer = channel.peer;
        match way {
            Way::ToPeer => {
                channel.sent.note(at, bytes);
                if channel
                    .bound
                    .is_some_and(|bound| at.since(bound) > CHANNEL + GRACE)
                {
                    channel.sent_late.note(at);
                }
            }
            Way::FromPeer => {
                channel.received.note(at, bytes);
                channel.sent_late = Frames::default();
            }
        }
        self.relay(way, peer, at, bytes);
        peer
    }
}
