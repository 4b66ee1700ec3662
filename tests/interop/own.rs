//! The examples `stun_server` and `turn_server`, which a test starts.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use crate::programs;
use crate::support::{LOOPBACK, LOOPBACK_2, Server, answers, free_port};

pub const USER: &str = "alice";
pub const PASSWORD: &str = "correct horse";
pub const REALM: &str = "interop.example";

const LOOPBACK_6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The TURN server on both families, on the same port.
pub struct Turn {
    server: Server,
    pub port: u16,
}

impl Turn {
    pub fn start(arguments: &[&str]) -> Self {
        let command = |_: &_| {
            let port = free_port(&[LOOPBACK, LOOPBACK_6]);
            let mut command = programs::own("turn_server");
            command
                .args(["--listen", &format!("127.0.0.1:{port}")])
                .args(["--listen", &format!("[::1]:{port}")])
                .args(["--user", &format!("{USER}:{PASSWORD}"), "--realm", REALM])
                .args(arguments);
            (command, port)
        };
        let is_ready = |port: &u16| answers(SocketAddr::new(LOOPBACK_6, *port));
        let (server, port) = Server::start(command, is_ready);
        Self { server, port }
    }

    pub fn log(&self) -> String {
        self.server.log()
    }

    /// The address of one family.
    pub fn at(&self, ip: &str) -> SocketAddr {
        SocketAddr::new(ip.parse().unwrap(), self.port)
    }

    /// The sums over all allocations, after this many have ended.
    pub fn figures(&self, allocations: usize) -> Figures {
        self.figures_with_connections(allocations, 0)
    }

    /// The sums over all allocations and connections of TCP relays, after this many of each have ended.
    pub fn figures_with_connections(&self, allocations: usize, connections: usize) -> Figures {
        let begin = Instant::now();
        loop {
            let figures = Figures::of(&self.log());
            if figures.ended >= allocations && figures.connections >= connections {
                return figures;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "{} allocations and {} connections have ended, expected {allocations} and {connections}",
                figures.ended,
                figures.connections
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The TURN server's figures of allocations and connections that have ended.
#[derive(Debug, Default)]
pub struct Figures {
    pub ended: usize,
    pub messages: u64,
    /// Packets and bytes.
    pub to_peers: (u64, u64),
    pub to_clients: (u64, u64),
    /// Connections of TCP relays that have ended, and the bytes that went over them each way.
    pub connections: usize,
    pub streamed: (u64, u64),
}

impl Figures {
    fn of(log: &str) -> Self {
        let mut figures = Self::default();
        for line in log.lines() {
            let numbers: Vec<u64> = line
                .split("; ")
                .skip(1)
                .flat_map(|part| part.split(' '))
                .filter_map(|word| word.parse().ok())
                .collect();
            if line.starts_with("connection ") {
                let (_, rest) = line.split_once(": ").unwrap();
                let bytes: Vec<u64> = rest
                    .split(' ')
                    .filter_map(|word| word.parse().ok())
                    .collect();
                figures.connections += 1;
                figures.streamed.0 += bytes[0];
                figures.streamed.1 += bytes[1];
            } else if let [messages, p, b, q, c] = numbers[..] {
                figures.ended += 1;
                figures.messages += messages;
                figures.to_peers.0 += p;
                figures.to_peers.1 += b;
                figures.to_clients.0 += q;
                figures.to_clients.1 += c;
            }
        }
        figures
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} allocations, {} messages of clients, {} packets ({} bytes) to peers and {} ({} \
             bytes) back",
            self.ended,
            self.messages,
            self.to_peers.0,
            self.to_peers.1,
            self.to_clients.0,
            self.to_clients.1
        )?;
        if self.connections != 0 {
            write!(
                f,
                "; {} TCP connections with {} bytes to peers and {} back",
                self.connections, self.streamed.0, self.streamed.1
            )?;
        }
        Ok(())
    }
}

/// The STUN server with a second address. It listens on both addresses, and on the IP of each with the port of
/// the other.
pub fn stun_server() -> (Server, [SocketAddr; 2]) {
    let command = |_: &_| {
        let first = SocketAddr::new(LOOPBACK, free_port(&[LOOPBACK, LOOPBACK_2]));
        let second = SocketAddr::new(LOOPBACK_2, free_port(&[LOOPBACK, LOOPBACK_2]));
        let mut command = programs::own("stun_server");
        command.arg(first.to_string()).arg(second.to_string());
        (command, [first, second])
    };
    Server::start(command, |[first, _]| answers(*first))
}
