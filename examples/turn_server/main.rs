//! A small TURN server: UDP and TCP clients, UDP relays (RFC 8656) and TCP relays (RFC 6062).
//!
//! ```text
//! cargo run --example turn_server -- --user alice:secret
//! turnutils_uclient -u alice -w secret -y 127.0.0.1
//! ```
//!
//! **An example, not a product.** It shows the server's half of the codec under real clients. What a
//! product needs beside is not here: TLS and DTLS, a limit on the rate of replies to addresses that
//! nobody has checked, bandwidth quotas, ICMP from the peers' side, mobility, dual allocations, and
//! years of being attacked. So it listens on loopback and relays to loopback unless told otherwise.
//!
//! How to read it, from the protocol to the sockets:
//!
//! - `server` is the state machine: a packet and the time go in, a reply and what to do come out.
//!   It has no sockets; what it wants of them is the trait `Host`.
//! - `gate` has the accounts and the check of a request, which `stunwire::auth` does.
//! - `allocation` is what a client has been given: permissions, channels, figures.
//! - `hub` is the `Host`: it owns the sockets. `udp` and `tcp` are the tasks that read them.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "instants a few hours from now, lengths of what is in memory, counters of 64 bits"
)]
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "a program has no outside, so `pub` is what other modules may use; and it has std"
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

use clap::Parser;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time;

use config::Config;
use hub::Hub;

fn main() -> ExitCode {
    let config = Config::parse();
    let done = config.check().map_err(io::Error::other).and_then(|()| {
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
        // With port 0 the system chooses; both transports are to have the same.
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
