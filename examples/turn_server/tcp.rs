//! The tasks that read streams.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf as _, BytesMut};
use stunwire::ChannelData;
use stunwire::framing::{Frame, Next, StunTcp};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::allocation::{Client, Transport};
use crate::hub::{Hub, ToClient, tcp_socket};
use crate::server::{Pending, Then};

/// The time within which a peer must accept the connection of a Connect (RFC 6062 §5.2).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

pub async fn accept_clients(hub: Arc<Hub>, server: SocketAddr, listener: TcpListener) {
    loop {
        let (stream, address) = accept(&listener).await;
        let _ = stream.set_nodelay(true);
        let client = Client {
            transport: Transport::Tcp,
            server,
            address,
        };
        tokio::spawn(serve_client(Arc::clone(&hub), client, stream));
    }
}

/// Accepts the next connection. Pauses after an error, such as too many open connections.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn serve_client(hub: Arc<Hub>, client: Client, stream: TcpStream) {
    let (mut reader, writer) = stream.into_split();
    let writer = hub.add_stream(client, writer);
    if let Err(error) = read_frames(&hub, client, &mut reader, &writer).await {
        println!("{client}: {error}");
    }
    hub.server().gone(client, &hub);
    hub.remove_stream(client);
}

/// Reads messages and ChannelData until the connection ends, the framing is invalid, or a ConnectionBind turns the
/// connection into a data connection.
async fn read_frames(
    hub: &Arc<Hub>,
    client: Client,
    reader: &mut OwnedReadHalf,
    writer: &ToClient,
) -> io::Result<()> {
    let framing = StunTcp::default();
    let mut buf = BytesMut::new();
    loop {
        let consumed = match framing.next(&buf).map_err(io::Error::other)? {
            Next::Incomplete { needed } => {
                buf.reserve(needed);
                if reader.read_buf(&mut buf).await? == 0 {
                    return Ok(());
                }
                continue;
            }
            Next::Frame { frame, consumed } => {
                let splice = match frame {
                    Frame::Stun(packet) => on_message(hub, client, packet, writer).await?,
                    Frame::ChannelData { number, payload } => {
                        let data = ChannelData { number, payload };
                        let way = hub.server().channel_data(Instant::now(), client, data);
                        if let Some((from, to)) = way {
                            hub.relay(from, to, payload).await;
                        }
                        None
                    }
                };
                if let Some(id) = splice {
                    // The bytes after the ConnectionBind are for the peer.
                    buf.advance(consumed);
                    return splice_with_peer(hub, id, &buf, reader, writer).await;
                }
                consumed
            }
        };
        buf.advance(consumed);
    }
}

/// Handles a message. Returns `Some` if the connection is a data connection from now on.
async fn on_message(
    hub: &Arc<Hub>,
    client: Client,
    packet: &[u8],
    writer: &ToClient,
) -> io::Result<Option<u32>> {
    hub.trace(format_args!("client {client} >"), packet);
    let mut reply = Vec::new();
    let now = Instant::now();
    let then = hub.server().message(now, client, packet, hub, &mut reply);
    if !reply.is_empty() {
        hub.trace(format_args!("client {client} <"), &reply);
        if let Err(error) = writer.send(&reply).await {
            if let Ok(Then::Splice(id)) = then {
                // The client cannot use the data connection.
                drop(hub.take_waiting(id));
                hub.remove_spliced(id);
            }
            return Err(error);
        }
    }
    match then.map_err(io::Error::other)? {
        Then::Done => {}
        Then::Relay { from, to, payload } => {
            hub.relay(from, to, &packet[payload]).await;
        }
        Then::Connect { from, to, request } => {
            let (hub, writer) = (Arc::clone(hub), writer.clone());
            tokio::spawn(connect(hub, client, from, to, request, writer));
        }
        Then::Splice(id) => return Ok(Some(id)),
    }
    Ok(None)
}

/// Connects to a peer, then answers the Connect request.
async fn connect(
    hub: Arc<Hub>,
    client: Client,
    from: SocketAddr,
    to: SocketAddr,
    request: Pending,
    writer: ToClient,
) {
    let connecting = async { tcp_socket(from)?.connect(to).await };
    let peer = timeout(CONNECT_TIMEOUT, connecting).await;
    let peer = peer.ok().and_then(Result::ok);
    let mut reply = Vec::new();
    let now = Instant::now();
    let id = hub
        .server()
        .connected(now, client, to, &request, peer.is_some(), &mut reply);
    if let (Ok(Some(id)), Some(peer)) = (id, peer) {
        hub.add_waiting(id, peer);
    }
    hub.trace(format_args!("client {client} <"), &reply);
    let _ = writer.send(&reply).await;
}

/// Accepts connections of peers to a relay, and notifies its client, until the relay is closed.
pub async fn accept_peers(
    hub: Arc<Hub>,
    relay: SocketAddr,
    listener: TcpListener,
    mut closed: oneshot::Receiver<()>,
) {
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            _ = &mut closed => return,
        };
        let attempt = hub.server().peer_connects(Instant::now(), relay, peer);
        // Without a permission the stream is dropped, and the peer sees it closed.
        let Some((client, id, message)) = attempt else {
            continue;
        };
        hub.add_waiting(id, stream);
        if let Some(to_client) = hub.client(client) {
            hub.trace(format_args!("client {client} <"), &message);
            let _ = to_client.send(&message).await;
        }
    }
}

/// Copies between a client's data connection and the peer's connection, until both sides have ended.
async fn splice_with_peer(
    hub: &Arc<Hub>,
    id: u32,
    first: &[u8],
    reader: &mut OwnedReadHalf,
    writer: &ToClient,
) -> io::Result<()> {
    let (Some(mut peer), ToClient::Stream(writer)) = (hub.take_waiting(id), writer) else {
        return Ok(());
    };
    // Before this task waits: the allocation may end meanwhile.
    let hung_up = hub.add_spliced(id);
    let mut writer = writer.lock().await;
    let (mut from_peer, mut to_peer) = peer.split();
    let (mut sent, mut received) = (first.len() as u64, 0);
    let both = async {
        if to_peer.write_all(first).await.is_err() {
            return;
        }
        tokio::join!(
            copy(reader, &mut to_peer, &mut sent),
            copy(&mut from_peer, &mut *writer, &mut received)
        );
    };
    tokio::select! {
        _ = both => {}
        _ = hung_up => {}
    }
    hub.remove_spliced(id);
    println!("connection {id:#010x}: to the peer {sent} bytes; to the client {received} bytes");
    Ok(())
}

/// Copies until the reader ends or an error occurs, then closes the writer.
async fn copy(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    copied: &mut u64,
) {
    let mut buf = BytesMut::with_capacity(16 * 1024);
    loop {
        buf.clear();
        match reader.read_buf(&mut buf).await {
            Ok(len) if len > 0 && writer.write_all(&buf).await.is_ok() => *copied += len as u64,
            _ => break,
        }
    }
    let _ = writer.shutdown().await;
}
