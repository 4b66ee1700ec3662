//! A small TURN server: UDP and TCP clients, UDP relays (RFC 8656) and TCP relays (RFC 6062).
//!
//! ```text
//! cargo run --example turn_server -- --user alice:secret --rfc5766-channels
//! turnutils_uclient -u alice -w secret -y 127.0.0.1       binds channels above 0x4FFF, which RFC 8656 reserves
//! ```
//!
//! **This is an example, not a product.** It shows the server side of the crate with real clients. A product also
//! needs TLS and DTLS, a rate limit for replies to unverified addresses, bandwidth quotas, ICMP from peers, mobility,
//! allocations with two address families, and hardening against attacks. So by default it listens on loopback and
//! relays to loopback.
//!
//! The modules, from the protocol to the sockets:
//!
//! - `server` is the state machine: it takes a packet and the time, and returns a reply and an action. It has no
//!   sockets; the trait `Host` is its interface to them.
//! - `gate` has the accounts and checks requests with `stunwire::auth`.
//! - `allocation` has the state of an allocation: permissions, channels, counters.
//! - `hub` implements `Host` and owns the sockets. `udp` and `tcp` are the tasks that read them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "instants within hours, lengths of buffers in memory, counters of 64 bits; and ranges of a buffer are \
              those that a socket or the crate returned"
)]
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "items of a program are not public: `pub` means other modules; and the program uses std"
)]

mod allocation;
mod config;
mod gate;
mod hub;
mod server;
mod tcp;
mod udp;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::time;

use config::{Config, HELP};
use hub::Hub;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let config = Config::parse(std::env::args().skip(1)).map_err(io::Error::other);
    let done = config.and_then(|config| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(run(config))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turn_server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> io::Result<()> {
    let listen = config.listen.clone();
    let hub = Arc::new(Hub::new(config).map_err(io::Error::other)?);
    for address in listen {
        // With port 0 the system chooses a port; both transports must have the same port.
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let socket = Arc::new(UdpSocket::bind(address).await?);
        println!("listening on {address}, UDP and TCP");
        hub.add_listener(address, &socket);
        tokio::spawn(udp::serve_clients(Arc::clone(&hub), address, socket));
        tokio::spawn(tcp::accept_clients(Arc::clone(&hub), address, listener));
    }
    let mut tick = time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        hub.sweep();
    }
}
