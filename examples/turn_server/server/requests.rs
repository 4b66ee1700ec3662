//! The requests of RFC 8656: Allocate, Refresh, CreatePermission, ChannelBind.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stunwire::TransactionId;
use stunwire::attribute::{
    AddressFamily, ChannelNumber, Code, DontFragment, EvenPort, Lifetime, RequestedAddressFamily,
    RequestedTransport, ReservationToken, XorPeerAddress,
};

use super::answer::{Answer, Granted, get, require};
use super::{Host, Reservation, Server};
use crate::allocation::{Allocation, Client, Transport};
use crate::gate::Admitted;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
/// How long a port is kept for its token: RFC 8656 §7.2.
const RESERVATION_LIFETIME: Duration = Duration::from_secs(30);

impl Server {
    /// RFC 8656 §7.2, RFC 6062 §5.1.
    pub(super) fn allocate(
        &mut self,
        now: Instant,
        client: Client,
        admitted: &Admitted<'_>,
        host: &impl Host,
    ) -> Answer {
        let transaction_id = admitted.request.transaction_id();
        if let Some(allocation) = self.allocations.get(&client) {
            // The client did not hear the first reply: it gets the same again.
            return if allocation.transaction_id == transaction_id {
                Ok(granted(client, allocation))
            } else {
                Err(Code::ALLOCATION_MISMATCH)
            };
        }
        let transport = match require(admitted)? {
            RequestedTransport::UDP => Transport::Udp,
            RequestedTransport::TCP => Transport::Tcp,
            _ => return Err(Code::UNSUPPORTED_TRANSPORT_PROTOCOL),
        };
        let lifetime = lifetime(admitted)?.max(DEFAULT_LIFETIME);
        let family = get::<RequestedAddressFamily>(admitted)?;
        let token = get::<ReservationToken>(admitted)?;
        let even_port = get::<EvenPort>(admitted)?;
        let dont_fragment = get::<DontFragment>(admitted)?;
        if transport == Transport::Tcp
            && (client.transport == Transport::Udp
                || token.is_some()
                || even_port.is_some()
                || dont_fragment.is_some())
        {
            return Err(Code::BAD_REQUEST);
        }
        if token.is_some() && (family.is_some() || even_port.is_some()) {
            return Err(Code::BAD_REQUEST);
        }
        let account = &admitted.account;
        let held = self.allocations.values();
        if held
            .filter(|held| held.account.name == account.name)
            .count()
            >= self.config.quota
        {
            return Err(Code::ALLOCATION_QUOTA_REACHED);
        }

        let mut reserved = None;
        let relay = if let Some(ReservationToken(token)) = token {
            let kept = self.reservations.remove(&token);
            kept.map(|reservation| reservation.relay)
        } else {
            let family = family.map_or(AddressFamily::IPV4, |requested| requested.0);
            let ip = self.config.relay_ip(family);
            let any_port = SocketAddr::new(ip.ok_or(Code::ADDRESS_FAMILY_NOT_SUPPORTED)?, 0);
            match even_port {
                Some(EvenPort { reserve_next: true }) => {
                    let pair = open_pair(any_port, host);
                    reserved = pair.map(|(_, next)| next);
                    pair.map(|(relay, _)| relay)
                }
                even => host.open(transport, any_port, even.is_some()),
            }
        };
        let relay = relay.ok_or(Code::INSUFFICIENT_CAPACITY)?;

        let mut allocation =
            Allocation::new(now, account.clone(), transaction_id, transport, relay);
        allocation.extend(now, lifetime);
        allocation.token = reserved.and_then(|relay| self.reserve(now, relay, host));
        host.log(format_args!(
            "allocated: {relay} for {client}, user {}",
            account.name
        ));
        let granted = granted(client, &allocation);
        self.relays.insert((transport, relay), client);
        self.allocations.insert(client, allocation);
        Ok(granted)
    }

    /// Keeps a relay that is open for who shows the token.
    fn reserve(&mut self, now: Instant, relay: SocketAddr, host: &impl Host) -> Option<[u8; 8]> {
        let Ok(random) = TransactionId::random() else {
            host.close(Transport::Udp, relay);
            return None;
        };
        let token = *random.id().first_chunk()?;
        let end = now + RESERVATION_LIFETIME;
        self.reservations.insert(token, Reservation { relay, end });
        Some(token)
    }

    /// The client's allocation, if it is there (437) and the user's who made it (441).
    pub(super) fn own(
        &mut self,
        client: Client,
        admitted: &Admitted<'_>,
    ) -> Result<&mut Allocation, Code> {
        match self.allocations.get_mut(&client) {
            None => Err(Code::ALLOCATION_MISMATCH),
            Some(own) if own.account.name == admitted.account.name => Ok(own),
            Some(_) => Err(Code::WRONG_CREDENTIALS),
        }
    }

    /// RFC 8656 §8.2. A lifetime of zero ends the allocation.
    pub(super) fn refresh(
        &mut self,
        now: Instant,
        client: Client,
        admitted: &Admitted<'_>,
        host: &impl Host,
    ) -> Answer {
        let family = get::<RequestedAddressFamily>(admitted)?;
        let lifetime = lifetime(admitted)?;
        let allocation = self.own(client, admitted)?;
        if family.is_some_and(|family| family.0 != family_of(allocation.relay)) {
            return Err(Code::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        if lifetime.is_zero() {
            self.end(client, "released", host);
        } else {
            allocation.extend(now, lifetime);
        }
        Ok(Granted {
            lifetime: Some(lifetime),
            ..Granted::default()
        })
    }

    /// RFC 8656 §10.2: all of the peers, or none.
    pub(super) fn create_permission(
        &mut self,
        now: Instant,
        client: Client,
        admitted: &Admitted<'_>,
    ) -> Answer {
        let peers: Result<Vec<_>, _> = admitted.request.get_all::<XorPeerAddress>().collect();
        let peers = peers.map_err(|_| Code::BAD_REQUEST)?;
        if peers.is_empty() {
            return Err(Code::BAD_REQUEST);
        }
        for XorPeerAddress(peer) in &peers {
            self.check_peer(client, admitted, *peer)?;
        }
        let allocation = self.own(client, admitted)?;
        for XorPeerAddress(peer) in peers {
            allocation.permit(now, peer.ip());
        }
        Ok(Granted::default())
    }

    /// RFC 8656 §12.2.
    pub(super) fn channel_bind(
        &mut self,
        now: Instant,
        client: Client,
        admitted: &Admitted<'_>,
    ) -> Answer {
        let number = require::<ChannelNumber>(admitted)?;
        let XorPeerAddress(peer) = require(admitted)?;
        if !self.config.channels().is_bindable(number) {
            return Err(Code::BAD_REQUEST);
        }
        self.check_peer(client, admitted, peer)?;
        let allocation = self.own(client, admitted)?;
        if allocation.transport == Transport::Tcp {
            return Err(Code::FORBIDDEN);
        }
        if !allocation.bind(now, number, peer) {
            return Err(Code::BAD_REQUEST);
        }
        Ok(Granted::default())
    }

    /// Whether the client's relay can (443) and may (403) talk to the peer.
    pub(super) fn check_peer(
        &mut self,
        client: Client,
        admitted: &Admitted<'_>,
        peer: SocketAddr,
    ) -> Result<(), Code> {
        let relay = self.own(client, admitted)?.relay;
        if relay.is_ipv4() != peer.is_ipv4() {
            Err(Code::PEER_ADDRESS_FAMILY_MISMATCH)
        } else if !self.config.allows_peer(peer.ip()) {
            Err(Code::FORBIDDEN)
        } else {
            Ok(())
        }
    }
}

fn family_of(address: SocketAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::IPV4
    } else {
        AddressFamily::IPV6
    }
}

/// The lifetime that a request asks for, as far as the server gives it.
fn lifetime(admitted: &Admitted<'_>) -> Result<Duration, Code> {
    let wanted = get::<Lifetime>(admitted)?.map_or(DEFAULT_LIFETIME, Lifetime::duration);
    if wanted.is_zero() {
        return Ok(wanted);
    }
    Ok(wanted.clamp(DEFAULT_LIFETIME, MAX_LIFETIME))
}

fn granted(client: Client, allocation: &Allocation) -> Granted {
    Granted {
        relayed: Some(allocation.relay),
        mapped: Some(client.address),
        lifetime: Some(allocation.lifetime),
        token: allocation.token,
        ..Granted::default()
    }
}

/// A relay on an even port and another on the port behind.
fn open_pair(any_port: SocketAddr, host: &impl Host) -> Option<(SocketAddr, SocketAddr)> {
    for _ in 0..32 {
        let first = host.open(Transport::Udp, any_port, true)?;
        let mut next = first;
        next.set_port(first.port().checked_add(1)?);
        if let Some(next) = host.open(Transport::Udp, next, false) {
            return Some((first, next));
        }
        host.close(Transport::Udp, first);
    }
    None
}
