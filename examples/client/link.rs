//! A connection to a server, for the examples that are clients: UDP with retransmissions, or TCP. The crate writes
//! and reads the bytes; this module has the sockets and the timers.
#![allow(dead_code, reason = "each example uses a part of it")]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use stunwire::Dialect;
use stunwire::framing::{Next, StunTcp};

pub enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// The response to a request.
pub struct Answer {
    pub packet: Vec<u8>,
    /// The time since the request was last sent.
    pub took: Duration,
}

impl Link {
    pub fn open(server: SocketAddr, tcp: bool) -> Result<Self, Box<dyn Error>> {
        if tcp {
            let stream = TcpStream::connect_timeout(&server, Duration::from_secs(5));
            return Ok(Self::Tcp(stream.map_err(no_answer)?));
        }
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
            SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        // Connected, so that the system drops packets from other addresses and reports ICMP errors.
        socket.connect(server)?;
        Ok(Self::Udp(socket))
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Udp(socket) => socket.local_addr(),
            Self::Tcp(stream) => stream.local_addr(),
        }
    }

    /// Sends a request and waits for its response. Other packets are ignored.
    pub fn ask(&mut self, dialect: Dialect, request: &[u8]) -> Result<Answer, Box<dyn Error>> {
        let header = dialect.header(request)?;
        let (packet, took) = self.ask_until(request, |packet| {
            // A response has the transaction id of its request, which an attacker that does not see the request
            // cannot guess. An indication or a request with this id is not a response.
            let message = dialect.parse(packet).ok()?;
            let is_response = message.is_success_response() || message.is_error_response();
            let is_ours = is_response
                && message.transaction_id() == header.transaction_id()
                && message.method() == header.method();
            is_ours.then(|| packet.to_vec())
        })?;
        Ok(Answer { packet, took })
    }

    /// Sends a request and waits for a packet for which `accept` returns `Some`. Returns this value, and the time
    /// since the request was last sent.
    ///
    /// Over UDP the request is retransmitted with an interval that doubles each time (RFC 8489 §6.2.1). The RFC
    /// continues for 39.5 seconds, which is too long for an interactive program. TCP needs no retransmissions
    /// (§6.2.2).
    pub fn ask_until<T>(
        &mut self,
        request: &[u8],
        mut accept: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<(T, Duration), Box<dyn Error>> {
        let waits: &[u64] = match self {
            Self::Udp(_) => &[500, 1000, 2000, 4000],
            Self::Tcp(_) => &[5000],
        };
        for wait in waits {
            let (sent, wait) = (Instant::now(), Duration::from_millis(*wait));
            self.send(request).map_err(no_answer)?;
            while let Some(left) = wait.checked_sub(sent.elapsed()) {
                let packet = match self.receive(left) {
                    Ok(packet) => packet,
                    Err(error) if is_timeout(&error) => break,
                    Err(error) => return Err(no_answer(error)),
                };
                let took = sent.elapsed();
                if let Some(accepted) = accept(&packet) {
                    return Ok((accepted, took));
                }
            }
        }
        Err("no answer: the server is down, or something on the way drops the packets".into())
    }

    /// Waits for a packet for which `accept` returns `Some`, and returns this value. Other packets are ignored.
    pub fn wait_for<T>(
        &mut self,
        within: Duration,
        mut accept: impl FnMut(&[u8]) -> Option<T>,
    ) -> io::Result<T> {
        let start = Instant::now();
        loop {
            let left = within.checked_sub(start.elapsed());
            let packet = self.receive(left.ok_or(io::ErrorKind::TimedOut)?)?;
            if let Some(accepted) = accept(&packet) {
                return Ok(accepted);
            }
        }
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(bytes).map(|_| ()),
            Self::Tcp(stream) => stream.write_all(bytes),
        }
    }

    /// Receives the next packet: a datagram, or a message or ChannelData of the stream. A stream cannot be used after
    /// a timeout inside a packet, because the bytes before it are lost.
    pub fn receive(&mut self, within: Duration) -> io::Result<Vec<u8>> {
        // A timeout of zero is an error.
        let within = Some(within.max(Duration::from_millis(1)));
        match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(within)?;
                let mut packet = vec![0; 65_535];
                let n = socket.recv(&mut packet)?;
                packet.truncate(n);
                Ok(packet)
            }
            Self::Tcp(stream) => {
                stream.set_read_timeout(within)?;
                let mut packet = Vec::new();
                // Reads exactly the missing bytes, so that no byte of the next frame is consumed.
                loop {
                    match StunTcp::default().next(&packet).map_err(io::Error::other)? {
                        Next::Frame { .. } => return Ok(packet),
                        Next::Incomplete { needed } => {
                            let missing = u64::try_from(needed).map_err(io::Error::other)?;
                            if stream.take(missing).read_to_end(&mut packet)? < needed {
                                return Err(io::ErrorKind::UnexpectedEof.into());
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn no_answer(error: io::Error) -> Box<dyn Error> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "no answer: no program listens on this port".into(),
        io::ErrorKind::UnexpectedEof => "no answer: the server closed the connection".into(),
        _ => format!("no answer: {error}").into(),
    }
}
