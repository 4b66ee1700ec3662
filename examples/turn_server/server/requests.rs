//! The requests of RFC 8656: Allocate, Refresh, CreatePermission, ChannelBind.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stunwire::Code;
use stunwire::attribute::{
    AdditionalAddressFamily, AddressFamily, ChannelNumber, EvenPort, Lifetime,
    RequestedAddressFamily, RequestedTransport, ReservationToken, XorPeerAddress,
};
use stunwire::{Method, TransactionId};

use super::answer::{Answer, Granted, Refused};
use super::{Host, Reservation, Server};
use crate::allocation::{Allocation, Client, Transport};
use crate::gate::Admitted;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
/// The time for which a relay is reserved (RFC 8656 §7.2).
const RESERVATION_LIFETIME: Duration = Duration::from_secs(30);

impl Server {
    /// The result of an earlier transmission of the same request.
    pub(super) fn retransmitted(&self, client: Client, request: &Admitted<'_>) -> Option<Granted> {
        let allocation = self.allocations.get(&client)?;
        let same = request.method() == Method::ALLOCATE
            && allocation.transaction_id == request.transaction_id();
        same.then(|| granted(client, allocation))
    }

    /// Handles an Allocate (RFC 8656 §7.2), whose attributes have been checked.
    pub(super) fn allocate(
        &mut self,
        now: Instant,
        client: Client,
        request: &Admitted<'_>,
        host: &impl Host,
    ) -> Answer {
        let (transport, token, even_port, family, additional) = request.read::<(
            RequestedTransport,
            Option<ReservationToken>,
            Option<EvenPort>,
            Option<RequestedAddressFamily>,
            Option<AdditionalAddressFamily>,
        )>()?;
        let transport = match transport {
            RequestedTransport::TCP => Transport::Tcp,
            _ => Transport::Udp,
        };
        let lifetime = lifetime(request)?.max(DEFAULT_LIFETIME);
        let account = &request.key().account;
        let held = self.allocations.values();
        if held
            .filter(|held| held.account.name == account.name)
            .count()
            >= self.config.quota
        {
            return Err(Code::ALLOCATION_QUOTA_REACHED.into());
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

        let mut allocation = Allocation::new(
            now,
            account.clone(),
            request.transaction_id(),
            transport,
            relay,
        );
        allocation.extend(now, lifetime);
        allocation.token = reserved.and_then(|relay| self.reserve(now, relay, host));
        host.log(format_args!(
            "allocated: {relay} for {client}, user {}",
            account.name
        ));
        let granted = Granted {
            // Only one relay is opened (RFC 8656 §7.2, step 9).
            refused: additional.map(|additional| additional.0),
            ..granted(client, &allocation)
        };
        self.relays.insert((transport, relay), client);
        self.allocations.insert(client, allocation);
        Ok(granted)
    }

    /// Reserves an open relay, and returns the token for it.
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

    /// The client's allocation. If there is none, the error is 437; if another user created it, 441.
    pub(super) fn allocation_of(
        &mut self,
        client: Client,
        request: &Admitted<'_>,
    ) -> Result<&mut Allocation, Code> {
        match self.allocations.get_mut(&client) {
            None => Err(Code::ALLOCATION_MISMATCH),
            Some(allocation) if allocation.account.name == request.key().account.name => {
                Ok(allocation)
            }
            Some(_) => Err(Code::WRONG_CREDENTIALS),
        }
    }

    /// Handles a Refresh (RFC 8656 §8.2). A lifetime of 0 deletes the allocation.
    pub(super) fn refresh(
        &mut self,
        now: Instant,
        client: Client,
        request: &Admitted<'_>,
        host: &impl Host,
    ) -> Answer {
        let lifetime = lifetime(request)?;
        let allocation = self.allocation_of(client, request)?;
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

    /// Handles a CreatePermission (RFC 8656 §10.2): either all peers get a permission, or none does.
    pub(super) fn create_permission(
        &mut self,
        now: Instant,
        client: Client,
        request: &Admitted<'_>,
    ) -> Answer {
        for peer in request.get_all::<XorPeerAddress>() {
            self.check_peer(client, request, peer?.0)?;
        }
        let allocation = self.allocation_of(client, request)?;
        for peer in request.get_all::<XorPeerAddress>() {
            allocation.permit(now, peer?.0.ip());
        }
        Ok(Granted::default())
    }

    /// Handles a ChannelBind (RFC 8656 §12.2).
    pub(super) fn channel_bind(
        &mut self,
        now: Instant,
        client: Client,
        request: &Admitted<'_>,
    ) -> Answer {
        let (number, XorPeerAddress(peer)) = request.read::<(ChannelNumber, XorPeerAddress)>()?;
        self.check_peer(client, request, peer)?;
        let allocation = self.allocation_of(client, request)?;
        if allocation.transport == Transport::Tcp {
            return Err(Code::FORBIDDEN.into());
        }
        if !allocation.bind(now, number, peer) {
            return Err(Code::BAD_REQUEST.into());
        }
        Ok(Granted::default())
    }

    /// Checks that the client's relay may send to the peer. If not, the error is 403.
    pub(super) fn check_peer(
        &mut self,
        client: Client,
        request: &Admitted<'_>,
        peer: SocketAddr,
    ) -> Result<(), Refused> {
        self.allocation_of(client, request)?;
        if self.config.allows_peer(peer.ip()) {
            Ok(())
        } else {
            Err(Code::FORBIDDEN.into())
        }
    }
}

/// The lifetime in a request, within the limits of the server.
fn lifetime(request: &Admitted<'_>) -> Result<Duration, Refused> {
    let wanted = request
        .get::<Lifetime>()?
        .map_or(DEFAULT_LIFETIME, Lifetime::duration);
    if wanted.is_zero() {
        return Ok(wanted);
    }
    Ok(wanted.clamp(DEFAULT_LIFETIME, MAX_LIFETIME))
}

fn granted(client: Client, allocation: &Allocation) -> Granted {
    Granted {
        relayed: Some(allocation.relay),
        mapped: Some(client.mapped()),
        lifetime: Some(allocation.lifetime),
        token: allocation.token,
        ..Granted::default()
    }
}

/// Opens a relay on an even port and another on the next port.
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
