//! TCP relays (RFC 6062). A peer's connection with the relay and the client's data connection form a pair, which has
//! a CONNECTION-ID.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stunwire::Code;
use stunwire::attribute::{ConnectionId, XorPeerAddress};
use stunwire::reply::ReplyTo;
use stunwire::{EncodeError, Header, MessageWriter, Method, TransactionId};

use super::answer::{Answer, Granted, respond};
use super::{Host, Pending, Server, Then};
use crate::allocation::{Client, Transport};
use crate::gate::Admitted;

/// The time within which a client must send its ConnectionBind (RFC 6062 §5.2).
const BIND_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Connection {
    client: Client,
    peer: SocketAddr,
    /// The time by which it must be bound; `None` once it is.
    end: Option<Instant>,
}

impl Server {
    /// Handles a Connect (RFC 6062 §5.2). The reply is written after the peer has answered.
    pub(super) fn connect(
        &mut self,
        now: Instant,
        client: Client,
        request: &Admitted<'_>,
    ) -> Answer {
        let (XorPeerAddress(peer),) = request.read()?;
        self.check_peer(client, request, peer)?;
        if self.is_connected(client, peer) {
            return Err(Code::CONNECTION_ALREADY_EXISTS.into());
        }
        let allocation = self.allocation_of(client, request)?;
        if allocation.transport == Transport::Udp {
            return Err(Code::BAD_REQUEST.into());
        }
        allocation.permit(now, peer.ip());
        Ok(Granted {
            then: Some(Then::Connect {
                from: allocation.relay,
                to: peer,
                request: Pending::new(request),
            }),
            ..Granted::default()
        })
    }

    /// Writes the reply to a Connect after the peer of [`Then::Connect`] has accepted or refused the connection, and
    /// returns the connection's id. The reply needs no nonce, so it does not matter whether that of the request has
    /// expired.
    pub fn connected(
        &mut self,
        now: Instant,
        client: Client,
        peer: SocketAddr,
        request: &Pending,
        answered: bool,
        out: &mut Vec<u8>,
    ) -> Result<Option<u32>, EncodeError> {
        let id = if !self.allocations.contains_key(&client) {
            Err(Code::ALLOCATION_MISMATCH)
        } else if answered {
            self.add(now, client, peer)
        } else {
            Err(Code::CONNECTION_TIMEOUT_OR_FAILURE)
        };
        let answer = match id {
            Ok(id) => Ok(Granted {
                connection: Some(id),
                ..Granted::default()
            }),
            Err(code) => Err(code.into()),
        };
        let to = ReplyTo::new(request.header, request.protection, &request.login);
        respond(to, answer, out)?;
        Ok(id.ok())
    }

    /// Handles a connection of a peer to a relay (RFC 6062 §5.3). Returns the client, and the ConnectionAttempt for
    /// it; `None` if the peer has no permission.
    pub fn peer_connects(
        &mut self,
        now: Instant,
        relay: SocketAddr,
        peer: SocketAddr,
    ) -> Option<(Client, u32, Vec<u8>)> {
        let client = *self.relays.get(&(Transport::Tcp, relay))?;
        if !self.allocations.get(&client)?.permits(now, peer.ip()) {
            return None;
        }
        let id = self.add(now, client, peer).ok()?;
        let mut out = Vec::new();
        let transaction_id = TransactionId::random().ok()?;
        let header = Header::indication(Method::CONNECTION_ATTEMPT, transaction_id);
        MessageWriter::new(&mut out, header)
            .and_then(|attempt| attempt.with(&XorPeerAddress(peer)))
            .and_then(|attempt| attempt.with(&ConnectionId(id)))
            .and_then(MessageWriter::finish)
            .ok()?;
        Some((client, id, out))
    }

    /// Handles a ConnectionBind (RFC 6062 §5.4), which arrives on a separate connection.
    pub(super) fn connection_bind(
        &mut self,
        now: Instant,
        from: Client,
        request: &Admitted<'_>,
    ) -> Answer {
        let (ConnectionId(id),) = request.read()?;
        if from.transport == Transport::Udp || self.allocations.contains_key(&from) {
            return Err(Code::BAD_REQUEST.into());
        }
        let connection = self.connections.get_mut(&id).ok_or(Code::BAD_REQUEST)?;
        let owner = self.allocations.get(&connection.client);
        let same_user =
            owner.is_some_and(|allocation| allocation.account.name == request.key().account.name);
        if !same_user || connection.end.is_none_or(|end| end <= now) {
            return Err(Code::BAD_REQUEST.into());
        }
        connection.end = None;
        Ok(Granted {
            connection: Some(id),
            then: Some(Then::Splice(id)),
            ..Granted::default()
        })
    }

    fn is_connected(&self, client: Client, peer: SocketAddr) -> bool {
        let mut all = self.connections.values();
        all.any(|connection| connection.client == client && connection.peer == peer)
    }

    /// Adds a connection with an unpredictable id.
    fn add(&mut self, now: Instant, client: Client, peer: SocketAddr) -> Result<u32, Code> {
        if self.is_connected(client, peer) {
            return Err(Code::CONNECTION_ALREADY_EXISTS);
        }
        let random = TransactionId::random().map_err(|_| Code::INSUFFICIENT_CAPACITY)?;
        let [a, b, c, d, ..] = random.id();
        let id = u32::from_be_bytes([a, b, c, d]);
        let connection = Connection {
            client,
            peer,
            end: Some(now + BIND_TIMEOUT),
        };
        self.connections.insert(id, connection);
        Ok(id)
    }

    /// A pair of connections has ended.
    pub fn hung_up(&mut self, id: u32) {
        self.connections.remove(&id);
    }

    pub(super) fn sweep_connections(&mut self, now: Instant, host: &impl Host) {
        self.end_connections_if(host, |connection| {
            connection.end.is_some_and(|end| end <= now)
        });
    }

    pub(super) fn end_connections(&mut self, client: Client, host: &impl Host) {
        self.end_connections_if(host, |connection| connection.client == client);
    }

    fn end_connections_if(&mut self, host: &impl Host, over: impl Fn(&Connection) -> bool) {
        self.connections.retain(|id, connection| {
            let over = over(connection);
            if over {
                host.hang_up(*id);
            }
            !over
        });
    }
}
