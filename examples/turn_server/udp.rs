//! The tasks that read datagrams.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use stunwire::ChannelData;
use stunwire::demux::{Demux, Protocol};
use stunwire::relay::{HEADROOM, TAILROOM};
use tokio::net::UdpSocket;
use tokio::sync::oneshot;

use crate::allocation::{Client, Transport};
use crate::hub::Hub;
use crate::server::Then;

/// The length of the longest datagram, in bytes.
const MAX_DATAGRAM: usize = 65_535;

/// Reads messages and ChannelData of clients.
pub async fn serve_clients(hub: Arc<Hub>, server: SocketAddr, socket: Arc<UdpSocket>) {
    let mut buf = vec![0; MAX_DATAGRAM];
    let mut reply = Vec::new();
    loop {
        // On some systems an ICMP error for an earlier packet is returned here.
        let Ok((len, address)) = socket.recv_from(&mut buf).await else {
            continue;
        };
        let packet = &buf[..len];
        let client = Client {
            transport: Transport::Udp,
            server,
            address,
        };
        let now = Instant::now();
        match Demux::new().protocol(packet) {
            Some(Protocol::Stun) => {
                hub.trace(format_args!("client {client} >"), packet);
                reply.clear();
                let then = hub.server().message(now, client, packet, &hub, &mut reply);
                if !reply.is_empty() {
                    hub.trace(format_args!("client {client} <"), &reply);
                    let _ = socket.send_to(&reply, address).await;
                }
                if let Ok(Then::Relay { from, to, payload }) = then {
                    hub.relay(from, to, &packet[payload]).await;
                }
            }
            Some(Protocol::ChannelData) => {
                let Ok(data) = ChannelData::parse_datagram(packet) else {
                    continue;
                };
                let way = hub.server().channel_data(now, client, data);
                if let Some((from, to)) = way {
                    hub.relay(from, to, data.payload).await;
                }
            }
            _ => {}
        }
    }
}

/// Reads packets of peers to a relay until it is closed. A payload is received with room before it, so that it is
/// relayed without a copy.
pub async fn serve_peers(
    hub: Arc<Hub>,
    relay: SocketAddr,
    socket: Arc<UdpSocket>,
    mut closed: oneshot::Receiver<()>,
) {
    let mut buf = vec![0; HEADROOM + MAX_DATAGRAM + TAILROOM];
    loop {
        let room = &mut buf[HEADROOM..HEADROOM + MAX_DATAGRAM];
        let received = tokio::select! {
            received = socket.recv_from(room) => received,
            _ = &mut closed => return,
        };
        let Ok((len, peer)) = received else {
            continue;
        };
        let payload = &buf[HEADROOM..HEADROOM + len];
        hub.trace(format_args!("{relay} < peer {peer}"), payload);
        let now = Instant::now();
        let packet = hub.server().peer_data(now, relay, peer, &mut buf, len);
        let Some((client, packet)) = packet else {
            continue;
        };
        if let Some(client) = hub.client(client) {
            let _ = client.send(&buf[packet]).await;
        }
    }
}
