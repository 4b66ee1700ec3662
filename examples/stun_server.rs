//! A STUN server that answers Binding requests of RFC 8489 and of RFC 3489 over UDP and TCP. Over TCP messages may
//! have the length prefix of RFC 4571.
//!
//! ```text
//! cargo run --example stun_server                                  127.0.0.1:3478
//! cargo run --example stun_server -- 127.0.0.1:3478 127.0.0.2:3479
//! ```
//!
//! With a second address and port the server has four sockets and answers from the one that CHANGE-REQUEST selects,
//! as NAT behavior discovery requires (RFC 5780 and RFC 3489).
//!
//! Two features of RFC 3489 are refused: RESPONSE-ADDRESS with 420, because an attacker could direct responses to a
//! victim, and Shared Secret requests with 400, because they need TLS.
#![allow(
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "the program uses std, and a socket returns how much of a buffer it filled"
)]

use std::env;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use stunwire::attribute::{
    AttributeType, ChangeRequest, ChangedAddress, MappedAddress, OtherAddress, Padding,
    ResponseOrigin, ResponsePort, SourceAddress, XorMappedAddress,
};
use stunwire::framing::{Frame, Framing, Next, Rfc4571, Sniffed, StunTcp, sniff};
use stunwire::{
    Buffer, Class, Dialect, EncodeError, FingerprintStatus, Header, Message, MessageWriter, Method,
    reply,
};

/// The text of --help.
const HELP: &str = "\
A STUN server for RFC 8489 and RFC 3489 over UDP and TCP.

usage: stun_server [ADDRESS:PORT [ADDRESS:PORT]]

  The first address is 127.0.0.1:3478 by default. With a second one, of another IP address and port, the server
  answers from the address that CHANGE-REQUEST selects (RFC 5780); neither may be 0.0.0.0 or :: then.";

const USAGE: &str = "usage: stun_server [ADDRESS:PORT [ADDRESS:PORT]]";

/// A connection without data is closed after this time.
const IDLE: Duration = Duration::from_secs(60);

/// The comprehension-required attributes that this server understands; any other is answered with 420.
const KNOWN: [AttributeType; 3] = [
    AttributeType::CHANGE_REQUEST,
    AttributeType::RESPONSE_PORT,
    AttributeType::PADDING,
];

/// The addresses that the server has: one, or two that differ in IP and in port.
#[derive(Clone, Copy)]
struct Site {
    first: SocketAddr,
    second: Option<SocketAddr>,
}

impl Site {
    /// Refuses addresses whose sockets or responses would be useless to clients.
    fn check(self) -> Result<(), &'static str> {
        let Self { first, second } = self;
        if first.port() == 0 || second.is_some_and(|second| second.port() == 0) {
            return Err("clients need a port other than 0");
        }
        if let Some(second) = second {
            if first.ip() == second.ip() || first.port() == second.port() {
                return Err("the second address needs another IP address and another port");
            }
            // A response names the address from which it comes, and the other one.
            if first.ip().is_unspecified() || second.ip().is_unspecified() {
                return Err("of two addresses, none can be 0.0.0.0 or ::");
            }
        }
        Ok(())
    }

    /// The address that differs from `at` as `change` requests, if there is one.
    fn change(self, at: SocketAddr, change: ChangeRequest) -> Option<SocketAddr> {
        let other = self.other(at);
        match (change.change_ip, change.change_port) {
            (false, false) => Some(at),
            (true, true) => other,
            (true, false) => other.map(|other| SocketAddr::new(other.ip(), at.port())),
            (false, true) => other.map(|other| SocketAddr::new(at.ip(), other.port())),
        }
    }

    /// The address that differs from `at` in IP and port.
    fn other(self, at: SocketAddr) -> Option<SocketAddr> {
        let second = self.second?;
        let is_first = (at.ip() == self.first.ip(), at.port() == self.first.port());
        let ip = if is_first.0 { second } else { self.first }.ip();
        let port = if is_first.1 { second } else { self.first }.port();
        Some(SocketAddr::new(ip, port))
    }

    fn all(self) -> Vec<SocketAddr> {
        let mut all = vec![self.first];
        if let Some(second) = self.second {
            all.push(SocketAddr::new(self.first.ip(), second.port()));
            all.push(SocketAddr::new(second.ip(), self.first.port()));
            all.push(second);
        }
        all
    }
}

/// The source and the destination of a response.
struct Route {
    from: SocketAddr,
    to: SocketAddr,
}

/// Writes the response to a packet that `client` sent to `at`. `None` if there is no response.
fn answer<B: Buffer + ?Sized>(
    site: Site,
    at: SocketAddr,
    client: SocketAddr,
    packet: &[u8],
    out: &mut B,
) -> Result<Option<Route>, EncodeError> {
    let straight = Route {
        from: at,
        to: client,
    };
    // Without the magic cookie it may be a message of RFC 3489.
    let (dialect, header) = match Header::parse(packet) {
        Ok(header) => (Dialect::RFC8489, header),
        Err(_) => match Dialect::RFC3489.header(packet) {
            Ok(header) => (Dialect::RFC3489, header),
            Err(_) => return Ok(None),
        },
    };
    if header.class() != Class::Request {
        return Ok(None);
    }
    let Ok(request) = dialect.parse(packet) else {
        // Invalid and without a magic cookie: not STUN.
        if dialect == Dialect::RFC3489 {
            return Ok(None);
        }
        reply::bad_request(header).write(out)?;
        return Ok(Some(straight));
    };
    let fingerprint = request.fingerprint();
    if !matches!(
        fingerprint,
        FingerprintStatus::Absent | FingerprintStatus::Valid
    ) {
        return Ok(None);
    }
    if header.method() != Method::BINDING {
        reply::bad_request(&request).write(out)?;
        return Ok(Some(straight));
    }
    if let Some(reply) = reply::unknown_attributes(&request, &KNOWN) {
        reply.write(out)?;
        return Ok(Some(straight));
    }
    let Ok(options) = Options::of(&request) else {
        reply::bad_request(&request).write(out)?;
        return Ok(Some(straight));
    };
    let Some(from) = site.change(at, options.change) else {
        // RFC 5780 §6.1: a server with one address does not support the attribute.
        let known = KNOWN.map(|ty| match ty {
            AttributeType::CHANGE_REQUEST => AttributeType::RESPONSE_PORT,
            ty => ty,
        });
        if let Some(reply) = reply::unknown_attributes(&request, &known) {
            reply.write(out)?;
        }
        return Ok(Some(straight));
    };

    let other = site.other(at);
    // A socket that listens on `::` returns an IPv4 address inside an IPv6 address.
    let mapped = SocketAddr::new(client.ip().to_canonical(), client.port());
    let mut reply = MessageWriter::success_to(out, header)?;
    reply.attribute(&MappedAddress(mapped))?;
    if dialect == Dialect::RFC8489 {
        reply.attribute(&XorMappedAddress(mapped))?;
        // Which of its addresses such a socket answers from, the program does not know.
        if !from.ip().is_unspecified() {
            reply.attribute(&ResponseOrigin(from))?;
        }
        if let Some(other) = other {
            reply.attribute(&OtherAddress(other))?;
        }
        if options.padding {
            reply.attribute(&Padding(&[0; 1500]))?;
        }
    } else {
        // RFC 3489 requires CHANGED-ADDRESS also from a server with one address.
        reply
            .attribute(&SourceAddress(from))?
            .attribute(&ChangedAddress(other.unwrap_or(at)))?;
    }
    if fingerprint == FingerprintStatus::Valid {
        reply.fingerprint()?.finish()?;
    } else {
        reply.finish()?;
    }
    let to = SocketAddr::new(client.ip(), options.port.unwrap_or(client.port()));
    Ok(Some(Route { from, to }))
}

/// The options of a request.
struct Options {
    change: ChangeRequest,
    port: Option<u16>,
    padding: bool,
}

impl Options {
    fn of(request: &Message<'_>) -> Result<Self, Box<dyn std::error::Error>> {
        let options = Self {
            change: request.get()?.unwrap_or_default(),
            port: request.get::<ResponsePort>()?.map(|port| port.0),
            padding: request.get::<Padding<'_>>()?.is_some(),
        };
        if options.port.is_some() && options.padding {
            // RFC 5780 §6.1: with both, the server would amplify attacks.
            return Err("RESPONSE-PORT and PADDING in one request".into());
        }
        Ok(options)
    }
}

/// Answers the datagrams to one socket; the responses leave from any of the sockets.
fn serve_datagrams(site: Site, at: SocketAddr, sockets: &[UdpSocket]) -> io::Result<()> {
    let socket = |address| {
        let is_it = |socket: &&UdpSocket| socket.local_addr().is_ok_and(|at| at == address);
        sockets.iter().find(is_it).ok_or(io::ErrorKind::NotFound)
    };
    let receiving = socket(at)?;
    let mut buf = vec![0; 65_535];
    let mut out = Vec::new();
    loop {
        // On some systems an ICMP error for an earlier response is returned here.
        let Ok((len, client)) = receiving.recv_from(&mut buf) else {
            continue;
        };
        let packet = &buf[..len];
        out.clear();
        if let Ok(Some(route)) = answer(site, at, client, packet, &mut out) {
            // An error of one client must not stop the server.
            let _ = socket(route.from)?.send_to(&out, route.to);
        }
    }
}

/// Answers the messages of a connection, in the framing that the client uses.
fn serve_stream(site: Site, at: SocketAddr, mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    let client = stream.peer_addr()?;
    let (mut buf, mut chunk) = (Vec::new(), [0; 2048]);
    let mut framing = None;
    loop {
        if framing.is_none() {
            framing = match sniff(&buf) {
                Sniffed::Is(framing) => Some(framing),
                Sniffed::NeedsMore { .. } => None,
                // No magic cookie in either framing: a message of RFC 3489, or not STUN.
                Sniffed::Unknown => Some(Framing::StunTcp),
            };
        }
        let next = match framing {
            None => Next::Incomplete { needed: 1 },
            Some(Framing::Rfc4571) => Rfc4571::new().next(&buf).map_err(io::Error::other)?,
            Some(_) => match StunTcp::new()
                .classic()
                .next(&buf)
                .map_err(io::Error::other)?
            {
                Next::Frame { frame, consumed } => match frame {
                    Frame::Stun(frame) => Next::Frame { frame, consumed },
                    Frame::ChannelData { .. } => return Ok(()), // sent by a TURN client
                },
                Next::Incomplete { needed } => Next::Incomplete { needed },
            },
        };
        match next {
            Next::Frame { frame, consumed } => {
                let mut out = Vec::new();
                if framing == Some(Framing::Rfc4571) {
                    let mut length = Rfc4571::begin(&mut out).map_err(io::Error::other)?;
                    // A frame that is dropped before `end` leaves no bytes.
                    if let Ok(Some(_)) = answer(site, at, client, frame, &mut length) {
                        length.end().map_err(io::Error::other)?;
                    }
                } else {
                    answer(site, at, client, frame, &mut out).map_err(io::Error::other)?;
                }
                stream.write_all(&out)?;
                buf.drain(..consumed);
            }
            Next::Incomplete { .. } => match stream.read(&mut chunk)? {
                0 => return Ok(()),
                len => buf.extend_from_slice(&chunk[..len]),
            },
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let site = match arguments {
        [] => Site {
            first: SocketAddr::from(([127, 0, 0, 1], 3478)),
            second: None,
        },
        [first] => Site {
            first: first.parse()?,
            second: None,
        },
        [first, second] => Site {
            first: first.parse()?,
            second: Some(second.parse()?),
        },
        _ => return Err(USAGE.into()),
    };
    site.check()?;
    let all = site.all();
    let sockets: io::Result<Vec<_>> = all.iter().map(UdpSocket::bind).collect();
    let sockets = Arc::new(sockets?);
    let mut threads = Vec::new();
    for at in all {
        let listener = TcpListener::bind(at)?;
        println!("listening on {at}, UDP and TCP");
        thread::spawn(move || {
            for stream in listener.incoming() {
                match stream {
                    Ok(stream) => drop(thread::spawn(move || serve_stream(site, at, stream))),
                    // Such as too many open connections, which would be returned again at once.
                    Err(_) => thread::sleep(Duration::from_millis(100)),
                }
            }
        });
        let sockets = Arc::clone(&sockets);
        threads.push(thread::spawn(move || serve_datagrams(site, at, &sockets)));
    }
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stun_server: {error}");
            ExitCode::FAILURE
        }
    }
}
