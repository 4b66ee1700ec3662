//! The state machine: it takes a packet and the time, and returns a reply and an action.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use stunwire::Code;
use stunwire::attribute::{AddressFamily, AttributeType, XorMappedAddress};
use stunwire::auth::Check;
use stunwire::relay::{self, HEADROOM};
use stunwire::turn::{self, Capabilities, Families, Refusal};
use stunwire::{
    ChannelData, Class, EncodeError, FingerprintStatus, Header, Message, MessageWriter, Method,
    Protection, TransactionId, reply,
};

use crate::allocation::{Allocation, Client, Transport};
use crate::config::Config;
use crate::gate::{Admitted, Gate, Login};

use answer::{Answer, respond};

mod answer;
mod requests;
mod streams;

/// The operations that the state machine needs from its environment.
pub trait Host {
    /// Opens a relay on an address, with `even` on an even port. Returns `None` if no port is left.
    fn open(&self, transport: Transport, at: SocketAddr, even: bool) -> Option<SocketAddr>;
    fn close(&self, transport: Transport, relay: SocketAddr);
    /// Closes a connection between a TCP relay and a peer.
    fn hang_up(&self, connection: u32);
    fn log(&self, line: fmt::Arguments<'_>);
}

/// The action for a client's packet. A reply, if there is one, is sent first.
#[derive(Debug)]
pub enum Then {
    /// No action.
    Done,
    /// Send this part of the packet from the relay to the peer.
    Relay {
        from: SocketAddr,
        to: SocketAddr,
        payload: Range<usize>,
    },
    /// Connect from the relay to the peer, then tell [`Server::connected`].
    Connect {
        from: SocketAddr,
        to: SocketAddr,
        request: Pending,
    },
    /// Copy all further bytes between this TCP connection and that of the peer.
    Splice(u32),
}

/// The parts of a request that are needed for a later reply.
pub struct Pending {
    header: Header,
    protection: Protection,
    login: Login,
}

impl Pending {
    fn new(request: &Admitted<'_>) -> Self {
        Self {
            header: request.header(),
            protection: request.reply_protection(),
            login: request.key().clone(),
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending({})", self.header)
    }
}

/// The attributes that this server understands; any other below 0x8000 is answered with 420.
const KNOWN: [AttributeType; 15] = [
    AttributeType::USERNAME,
    AttributeType::USERHASH,
    AttributeType::REALM,
    AttributeType::NONCE,
    AttributeType::PASSWORD_ALGORITHM,
    AttributeType::LIFETIME,
    AttributeType::REQUESTED_TRANSPORT,
    AttributeType::REQUESTED_ADDRESS_FAMILY,
    AttributeType::EVEN_PORT,
    AttributeType::RESERVATION_TOKEN,
    // Linux sets DF in UDP packets by default.
    AttributeType::DONT_FRAGMENT,
    AttributeType::CHANNEL_NUMBER,
    AttributeType::XOR_PEER_ADDRESS,
    AttributeType::DATA,
    AttributeType::CONNECTION_ID,
];

/// A relay that is reserved for the client that presents the token.
struct Reservation {
    relay: SocketAddr,
    end: Instant,
}

pub struct Server {
    config: Config,
    gate: Gate,
    allocations: HashMap<Client, Allocation>,
    /// The client of each relay.
    relays: HashMap<(Transport, SocketAddr), Client>,
    reservations: HashMap<[u8; 8], Reservation>,
    connections: HashMap<u32, streams::Connection>,
}

impl Server {
    pub fn new(config: Config, now: Instant) -> Result<Self, stunwire::Error> {
        Ok(Self {
            gate: Gate::new(&config, now)?,
            config,
            allocations: HashMap::new(),
            relays: HashMap::new(),
            reservations: HashMap::new(),
            connections: HashMap::new(),
        })
    }

    /// Handles a STUN message of a client. The reply, if there is one, is appended to `out`.
    pub fn message(
        &mut self,
        now: Instant,
        from: Client,
        packet: &[u8],
        host: &impl Host,
        out: &mut Vec<u8>,
    ) -> Result<Then, EncodeError> {
        let Ok(message) = Message::parse(packet) else {
            // A request with a valid header can be answered; a packet without one is not STUN.
            if let Ok(header) = Header::parse(packet) {
                if header.class() == Class::Request {
                    reply::bad_request(header).write(out)?;
                }
            }
            return Ok(Then::Done);
        };
        if matches!(
            message.fingerprint(),
            FingerprintStatus::Invalid | FingerprintStatus::NotLast
        ) {
            return Ok(Then::Done);
        }
        if let Some(allocation) = self.allocations.get_mut(&from) {
            allocation.messages += 1;
        }
        match (message.class(), message.method()) {
            (Class::Indication, _) => Ok(self.send_indication(now, from, &message)),
            (Class::Request, Method::BINDING) => {
                match reply::unknown_attributes(&message, &KNOWN) {
                    Some(reply) => reply.write(out)?,
                    None => MessageWriter::success_to(out, message)?
                        .with(&XorMappedAddress(from.mapped()))?
                        .finish_like(&message)?,
                };
                Ok(Then::Done)
            }
            (Class::Request, _) => self.request(now, from, &message, host, out),
            _ => Ok(Then::Done),
        }
    }

    fn request(
        &mut self,
        now: Instant,
        from: Client,
        message: &Message<'_>,
        host: &impl Host,
        out: &mut Vec<u8>,
    ) -> Result<Then, EncodeError> {
        let request = match self.gate.check(now, from.address, message) {
            Check::Verified(request) => request,
            Check::Reply(reply) => {
                reply.write(out)?;
                return Ok(Then::Done);
            }
            Check::Ignore => return Ok(Then::Done),
        };
        if let Some(reply) = reply::unknown_attributes(&request, &KNOWN) {
            reply.write(out)?;
            return Ok(Then::Done);
        }
        // The reply to this Allocate was lost, so the same reply is sent again.
        if let Some(granted) = self.retransmitted(from, &request) {
            return respond((&request).into(), Ok(granted), out);
        }
        let families = self.allocations.get(&from).map(Allocation::families);
        match turn::check(&request.message(), self.capabilities(from), families) {
            Ok(()) => {}
            Err(Refusal::Reply(code)) => {
                return respond((&request).into(), Err(code.into()), out);
            }
            Err(Refusal::Discard) => return Ok(Then::Done),
        }
        let answer = self.handle(now, from, &request, host);
        respond((&request).into(), answer, out)
    }

    fn handle(
        &mut self,
        now: Instant,
        from: Client,
        request: &Admitted<'_>,
        host: &impl Host,
    ) -> Answer {
        match request.method() {
            Method::ALLOCATE => self.allocate(now, from, request, host),
            Method::REFRESH => self.refresh(now, from, request, host),
            Method::CREATE_PERMISSION => self.create_permission(now, from, request),
            Method::CHANNEL_BIND => self.channel_bind(now, from, request),
            Method::CONNECT => self.connect(now, from, request),
            Method::CONNECTION_BIND => self.connection_bind(now, from, request),
            _ => Err(Code::BAD_REQUEST.into()),
        }
    }

    /// The capabilities of this server for a client.
    fn capabilities(&self, client: Client) -> Capabilities {
        let families = Families {
            ipv4: self.config.relay_ip(AddressFamily::IPV4).is_some(),
            ipv6: self.config.relay_ip(AddressFamily::IPV6).is_some(),
        };
        Capabilities::udp(families)
            .with_tcp(client.transport == Transport::Tcp)
            .with_channels(self.config.channels())
    }

    /// Handles a Send indication. An invalid one is discarded (RFC 8656 §11.2).
    fn send_indication(&mut self, now: Instant, from: Client, message: &Message<'_>) -> Then {
        let mut unknown = message.unknown_required(|ty| KNOWN.contains(&ty));
        if message.method() != Method::SEND || unknown.next().is_some() {
            return Then::Done;
        }
        let Ok(Some(send)) = relay::read(message) else {
            return Then::Done;
        };
        let peer = send.peer;
        match self.allocations.get_mut(&from) {
            Some(allocation)
                if allocation.transport == Transport::Udp && allocation.permits(now, peer.ip()) =>
            {
                allocation.sent_to_peer(send.payload.len());
                Then::Relay {
                    from: allocation.relay,
                    to: peer,
                    payload: send.payload,
                }
            }
            _ => Then::Done,
        }
    }

    /// Handles ChannelData of a client. Returns the relay from which, and the peer to which, the payload is sent.
    pub fn channel_data(
        &mut self,
        now: Instant,
        from: Client,
        data: ChannelData<'_>,
    ) -> Option<(SocketAddr, SocketAddr)> {
        let allocation = self.allocations.get_mut(&from)?;
        let peer = allocation.peer_of(now, data.number)?;
        if !allocation.permits(now, peer.ip()) {
            return None;
        }
        allocation.sent_to_peer(data.payload.len());
        Some((allocation.relay, peer))
    }

    /// Handles a packet that a peer sent to a relay, at [`HEADROOM`] in `buf`, with room for padding after it.
    /// Returns the client, and the range of the buffer to send to it.
    pub fn peer_data(
        &mut self,
        now: Instant,
        relay: SocketAddr,
        peer: SocketAddr,
        buf: &mut [u8],
        len: usize,
    ) -> Option<(Client, Range<usize>)> {
        let client = *self.relays.get(&(Transport::Udp, relay))?;
        let allocation = self.allocations.get_mut(&client)?;
        if !allocation.permits(now, peer.ip()) {
            return None;
        }
        let payload = HEADROOM..HEADROOM + len;
        let packet = match (allocation.channel_of(now, peer), client.transport) {
            (Some(number), Transport::Udp) => relay::channel_data_in_place(buf, payload, number),
            (Some(number), Transport::Tcp) => {
                relay::padded_channel_data_in_place(buf, payload, number)
            }
            (None, _) => {
                let id = TransactionId::random().ok()?;
                relay::data_indication_in_place(buf, payload, peer, id)
            }
        };
        allocation.sent_to_client(len);
        Some((client, packet.ok()?))
    }

    /// Removes everything that has expired.
    pub fn sweep(&mut self, now: Instant, host: &impl Host) {
        let over = |(client, allocation): (&Client, &Allocation)| {
            (allocation.end <= now).then_some(*client)
        };
        let ended: Vec<Client> = self.allocations.iter().filter_map(over).collect();
        for client in ended {
            self.end(client, "expired", host);
        }
        self.reservations.retain(|_, reservation| {
            let keep = reservation.end > now;
            if !keep {
                host.close(Transport::Udp, reservation.relay);
            }
            keep
        });
        self.sweep_connections(now, host);
    }

    /// Deletes the allocation of a client whose TCP connection has ended (RFC 8656 §3.1).
    pub fn gone(&mut self, client: Client, host: &impl Host) {
        self.end(client, "disconnected", host);
    }

    fn end(&mut self, client: Client, why: &str, host: &impl Host) {
        let Some(allocation) = self.allocations.remove(&client) else {
            return;
        };
        self.relays
            .remove(&(allocation.transport, allocation.relay));
        host.close(allocation.transport, allocation.relay);
        self.end_connections(client, host);
        host.log(format_args!(
            "{why}: {} of {client}; {} messages; to peers {}; to the client {}",
            allocation.relay, allocation.messages, allocation.to_peers, allocation.to_client
        ));
    }
}
