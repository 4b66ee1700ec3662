//! A tap forwards all packets between clients and a server, and captures them.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::capture::Capture;
use crate::support::loopback_of;

/// The interval at which a thread checks whether the tap was dropped.
const WAKE: Duration = Duration::from_millis(50);

pub struct Tap {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    capture: Mutex<Capture>,
    /// The addresses under which the server sees the clients, in the order in which they came.
    clients: Mutex<Vec<SocketAddr>>,
    ended: AtomicBool,
}

impl Tap {
    /// Listens on UDP and TCP, and forwards to `server`.
    pub fn new(server: SocketAddr) -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind((loopback_of(server.ip()), 0)).unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
                break (udp, tcp);
            }
        };
        let address = udp.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            capture: Mutex::new(Capture::new()),
            clients: Mutex::new(Vec::new()),
            ended: AtomicBool::new(false),
        });
        let (of_udp, of_tcp) = (shared.clone(), shared.clone());
        thread::spawn(move || datagrams(&of_udp, &udp));
        thread::spawn(move || connections(&of_tcp, &tcp));
        Self { address, shared }
    }

    /// The address that clients use as the server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The addresses under which the server sees the clients.
    pub fn clients(&self) -> Vec<SocketAddr> {
        self.shared.clients.lock().unwrap().clone()
    }

    /// Writes the packets so far. Returns their number and ports.
    pub fn save(&self, path: &Path) -> (usize, Vec<String>) {
        let capture = self.shared.capture.lock().unwrap();
        capture.write(path);
        (capture.packets(), capture.ports())
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn is_wanted(&self) -> bool {
        !self.ended.load(Ordering::Relaxed)
    }

    fn add_client(&self, client: SocketAddr) {
        self.clients.lock().unwrap().push(client);
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::ConnectionRefused
    )
}

/// Forwards datagrams from the clients to the server; a thread for each client forwards the responses.
fn datagrams(shared: &Arc<Shared>, front: &UdpSocket) {
    front.set_read_timeout(Some(WAKE)).unwrap();
    let mut forwarders: HashMap<SocketAddr, (UdpSocket, SocketAddr)> = HashMap::new();
    let mut buffer = vec![0; 65_536];
    while shared.is_wanted() {
        let Ok((n, client)) = front.recv_from(&mut buffer) else {
            continue;
        };
        let (socket, seen) = forwarders.entry(client).or_insert_with(|| {
            let socket = UdpSocket::bind((loopback_of(shared.server.ip()), 0)).unwrap();
            socket.connect(shared.server).unwrap();
            socket.set_read_timeout(Some(WAKE)).unwrap();
            let seen = socket.local_addr().unwrap();
            shared.add_client(seen);
            let back = (socket.try_clone().unwrap(), front.try_clone().unwrap());
            let shared = shared.clone();
            thread::spawn(move || datagrams_back(&shared, &back.0, seen, &back.1, client));
            (socket, seen)
        });
        // Captured before it is sent, so that no response precedes its request in the capture.
        let mut capture = shared.capture.lock().unwrap();
        capture.udp(*seen, shared.server, &buffer[..n]);
        drop(capture);
        let _ = socket.send(&buffer[..n]);
    }
}

fn datagrams_back(
    shared: &Shared,
    socket: &UdpSocket,
    seen: SocketAddr,
    front: &UdpSocket,
    client: SocketAddr,
) {
    let mut buffer = vec![0; 65_536];
    while shared.is_wanted() {
        match socket.recv(&mut buffer) {
            Ok(n) => {
                let mut capture = shared.capture.lock().unwrap();
                capture.udp(shared.server, seen, &buffer[..n]);
                drop(capture);
                let _ = front.send_to(&buffer[..n], client);
            }
            Err(error) if is_pause(&error) => {}
            Err(_) => return,
        }
    }
}

fn connections(shared: &Arc<Shared>, front: &TcpListener) {
    front.set_nonblocking(true).unwrap();
    while shared.is_wanted() {
        let Ok((client, _)) = front.accept() else {
            thread::sleep(Duration::from_millis(2));
            continue;
        };
        client.set_nonblocking(false).unwrap();
        let Ok(server) = TcpStream::connect(shared.server) else {
            continue;
        };
        let seen = server.local_addr().unwrap();
        shared.add_client(seen);
        let ways = [
            (
                client.try_clone().unwrap(),
                server.try_clone().unwrap(),
                seen,
                shared.server,
            ),
            (server, client, shared.server, seen),
        ];
        for (from, to, source, target) in ways {
            let shared = shared.clone();
            thread::spawn(move || bytes(&shared, from, to, source, target));
        }
    }
}

fn bytes(
    shared: &Shared,
    mut from: TcpStream,
    mut to: TcpStream,
    source: SocketAddr,
    target: SocketAddr,
) {
    from.set_read_timeout(Some(WAKE)).unwrap();
    let _ = to.set_nodelay(true);
    let mut buffer = vec![0; 65_536];
    while shared.is_wanted() {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                let mut capture = shared.capture.lock().unwrap();
                capture.tcp(source, target, &buffer[..n]);
                drop(capture);
                if to.write_all(&buffer[..n]).is_err() {
                    break;
                }
            }
            Err(error) if is_pause(&error) => {}
            Err(_) => break,
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
