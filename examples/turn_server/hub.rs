//! The sockets, by their purpose.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::sync::oneshot;

use crate::allocation::{Client, Transport};
use crate::config::Config;
use crate::server::{Host, Server};
use crate::{tcp, udp};

/// The socket, and for UDP the address, for packets to a client.
#[derive(Clone)]
pub enum ToClient {
    Datagram(Arc<UdpSocket>, SocketAddr),
    Stream(Arc<tokio::sync::Mutex<OwnedWriteHalf>>),
}

impl ToClient {
    pub async fn send(&self, packet: &[u8]) -> io::Result<()> {
        match self {
            Self::Datagram(socket, address) => socket.send_to(packet, address).await.map(drop),
            Self::Stream(writer) => writer.lock().await.write_all(packet).await,
        }
    }
}

/// A UDP relay of this server.
struct Relay {
    socket: Arc<UdpSocket>,
    _open: Open,
}

/// Held while a relay is open: its task ends when this is dropped, after the packet that it is sending. A task that is
/// aborted could leave a part of a packet on the connection of a client.
type Open = oneshot::Sender<()>;

#[derive(Default)]
struct Ports {
    listeners: HashMap<SocketAddr, Arc<UdpSocket>>,
    streams: HashMap<Client, ToClient>,
    udp_relays: HashMap<SocketAddr, Relay>,
    tcp_relays: HashMap<SocketAddr, Open>,
    /// Connections of peers for which the client has not yet sent a ConnectionBind.
    waiting: HashMap<u32, TcpStream>,
    spliced: HashMap<u32, oneshot::Sender<()>>,
}

pub struct Hub {
    server: Mutex<Server>,
    ports: Mutex<Ports>,
    trace: bool,
}

/// Locks a mutex. No task waits while it holds a lock, and the data remains valid if a task panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub fn new(config: Config) -> Result<Self, stunwire::Error> {
        Ok(Self {
            trace: config.trace,
            server: Mutex::new(Server::new(config, Instant::now())?),
            ports: Mutex::default(),
        })
    }

    pub fn server(&self) -> MutexGuard<'_, Server> {
        lock(&self.server)
    }

    pub fn sweep(self: &Arc<Self>) {
        self.server().sweep(Instant::now(), self);
    }

    pub fn add_listener(&self, address: SocketAddr, socket: &Arc<UdpSocket>) {
        let mut ports = lock(&self.ports);
        ports.listeners.insert(address, Arc::clone(socket));
    }

    pub fn add_stream(&self, client: Client, writer: OwnedWriteHalf) -> ToClient {
        let writer = ToClient::Stream(Arc::new(tokio::sync::Mutex::new(writer)));
        lock(&self.ports).streams.insert(client, writer.clone());
        writer
    }

    pub fn remove_stream(&self, client: Client) {
        lock(&self.ports).streams.remove(&client);
    }

    pub fn client(&self, client: Client) -> Option<ToClient> {
        let ports = lock(&self.ports);
        match client.transport {
            Transport::Tcp => ports.streams.get(&client).cloned(),
            Transport::Udp => {
                let socket = Arc::clone(ports.listeners.get(&client.server)?);
                Some(ToClient::Datagram(socket, client.address))
            }
        }
    }

    /// Sends a payload from a relay to a peer. Errors are ignored, because a datagram may be lost anyway.
    pub async fn relay(&self, from: SocketAddr, to: SocketAddr, payload: &[u8]) {
        let relay = lock(&self.ports)
            .udp_relays
            .get(&from)
            .map(|relay| Arc::clone(&relay.socket));
        if let Some(socket) = relay {
            self.trace(format_args!("{from} > peer {to}"), payload);
            let _ = socket.send_to(payload, to).await;
        }
    }

    pub fn add_waiting(&self, id: u32, peer: TcpStream) {
        lock(&self.ports).waiting.insert(id, peer);
    }

    pub fn take_waiting(&self, id: u32) -> Option<TcpStream> {
        lock(&self.ports).waiting.remove(&id)
    }

    /// Registers a pair of connections. The returned receiver resolves when the pair must be closed.
    pub fn add_spliced(&self, id: u32) -> oneshot::Receiver<()> {
        let (hang_up, hung_up) = oneshot::channel();
        lock(&self.ports).spliced.insert(id, hang_up);
        hung_up
    }

    pub fn remove_spliced(&self, id: u32) {
        lock(&self.ports).spliced.remove(&id);
        self.server().hung_up(id);
    }

    /// Prints a STUN message, if `--trace` is set.
    pub fn trace(&self, way: fmt::Arguments<'_>, packet: &[u8]) {
        if self.trace && stunwire::Header::parse(packet).is_ok() {
            let hex: String = packet.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("{way} {hex}");
        }
    }

    fn open_udp(self: &Arc<Self>, at: SocketAddr) -> io::Result<SocketAddr> {
        let socket = std::net::UdpSocket::bind(at)?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let relay = socket.local_addr()?;
        let (open, closed) = oneshot::channel();
        let task = udp::serve_peers(Arc::clone(self), relay, Arc::clone(&socket), closed);
        tokio::spawn(task);
        lock(&self.ports).udp_relays.insert(
            relay,
            Relay {
                socket,
                _open: open,
            },
        );
        Ok(relay)
    }

    fn open_tcp(self: &Arc<Self>, at: SocketAddr) -> io::Result<SocketAddr> {
        let listener: TcpListener = tcp_socket(at)?.listen(16)?;
        let relay = listener.local_addr()?;
        let (open, closed) = oneshot::channel();
        tokio::spawn(tcp::accept_peers(Arc::clone(self), relay, listener, closed));
        lock(&self.ports).tcp_relays.insert(relay, open);
        Ok(relay)
    }
}

/// A socket that shares its port: a TCP relay listens on it and connects from it.
pub fn tcp_socket(at: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match at {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(at)?;
    Ok(socket)
}

impl Host for Arc<Hub> {
    fn open(&self, transport: Transport, at: SocketAddr, even: bool) -> Option<SocketAddr> {
        for _ in 0..64 {
            let relay = match transport {
                Transport::Udp => self.open_udp(at),
                Transport::Tcp => self.open_tcp(at),
            };
            let relay = relay.ok()?;
            if !even || relay.port() % 2 == 0 {
                return Some(relay);
            }
            self.close(transport, relay);
        }
        None
    }

    fn close(&self, transport: Transport, relay: SocketAddr) {
        let mut ports = lock(&self.ports);
        match transport {
            Transport::Udp => drop(ports.udp_relays.remove(&relay)),
            Transport::Tcp => drop(ports.tcp_relays.remove(&relay)),
        }
    }

    fn hang_up(&self, connection: u32) {
        let mut ports = lock(&self.ports);
        ports.waiting.remove(&connection);
        ports.spliced.remove(&connection);
    }

    fn log(&self, line: fmt::Arguments<'_>) {
        println!("{line}");
    }
}
