//! The way to a server, for the examples that are clients: UDP with retransmissions, or TCP. The crate
//! makes and reads the bytes; sockets and time are the program's.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use stunwire::framing::{Next, StunTcp};
use stunwire::{Class, Dialect};

pub enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// The response to a request.
pub struct Answer {
    pub packet: Vec<u8>,
    /// Since the request was last sent.
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
        // Connected, so that the system drops what comes from elsewhere and tells what ICMP said.
        socket.connect(server)?;
        Ok(Self::Udp(socket))
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Udp(socket) => socket.local_addr(),
            Self::Tcp(stream) => stream.local_addr(),
        }
    }

    /// Sends a request and waits for its response. What else arrives meanwhile is passed over.
    ///
    /// UDP may lose a packet, so the request goes out again, each time after twice as long (RFC 8489
    /// §6.2.1). The RFC goes on for 39.5 seconds; who waits at a prompt has given up by then. TCP sees
    /// to losses itself (§6.2.2).
    pub fn ask(&mut self, dialect: Dialect, request: &[u8]) -> Result<Answer, Box<dyn Error>> {
        let id = dialect.header(request)?.transaction_id();
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
                // The id ties a response to its request; nobody off the path can guess it.
                let is_ours = dialect.parse(&packet).is_ok_and(|message| {
                    message.transaction_id() == id && message.class() != Class::Request
                });
                if is_ours {
                    return Ok(Answer { packet, took });
                }
            }
        }
        Err("no answer: the server is down, or something on the way drops the packets".into())
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(bytes).map(|_| ()),
            Self::Tcp(stream) => stream.write_all(bytes),
        }
    }

    /// The next packet: a datagram, or from the stream a message or ChannelData.
    pub fn receive(&mut self, within: Duration) -> io::Result<Vec<u8>> {
        // A timeout of zero would mean none.
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
                // As many bytes as are missing and no more, so nothing is left over for the next.
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
        io::ErrorKind::ConnectionRefused => "no answer: nobody listens at this port".into(),
        io::ErrorKind::UnexpectedEof => "no answer: the server closes the connection".into(),
        _ => format!("no answer: {error}").into(),
    }
}
