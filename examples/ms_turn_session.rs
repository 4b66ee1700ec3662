//! A complete MS-TURN session over TCP, in memory: a client, a server, and two buffers between them.
//!
//! ```text
//! cargo run --example ms_turn_session
//! ```
//!
//! The steps are pseudo-TLS, Allocate without and with credentials, Set Active Destination, data, and the
//! release of the allocation. A real client adds only sockets, timers and a random number generator: the
//! transaction ids and nonces in this example are fixed, which is insecure.
#![allow(clippy::std_instead_of_core, reason = "the program uses std")]

use std::error::Error;
use std::net::SocketAddr;

use stunwire::attribute::{Lifetime, MappedAddress, Nonce, Realm, Username, XorMappedAddress, ms};
use stunwire::framing::pseudo_tls::{self, PseudoTls, Received};
use stunwire::framing::{MsFrame, MsFrameKind, MsTcp, Next};
use stunwire::{
    Class, Code, Credentials, Dialect, EncodeError, Header, Key, Message, MessageWriter, Method,
    TransactionId,
};

/// The credentials from the server's web service, after base64 decoding.
const USER: &[u8] = b"\x02\x00\x00\x24user";
const PASSWORD: &[u8] = b"\x9d\xb5secret";
const REALM: &str = "\"rtcmedia\"";
const NONCE: &[u8] = b"an unpredictable text";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    if std::env::args().any(|argument| argument == "--help") {
        println!("Plays an MS-TURN session over TCP in memory, both sides. No arguments.");
        return Ok(());
    }
    let mut client = Client::new();
    let mut server = Server::new("198.51.100.7:50001".parse()?)?;
    // Both sides take turns until neither has sent anything.
    let mut to_server = client.hello();
    let mut to_client = Vec::new();
    while !to_server.is_empty() || !to_client.is_empty() {
        server.receive(&mut to_server, &mut to_client)?;
        client.receive(&mut to_client, &mut to_server)?;
    }
    if client.step == Step::Released && server.allocation.is_none() {
        println!("done");
        Ok(())
    } else {
        Err("the session ended early".into())
    }
}

/// Appends a message to the stream, in a control frame.
fn send(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let mut message = Vec::new();
    write(&mut message)?;
    let mut frame = MsTcp::begin(out, MsFrameKind::Control)?;
    frame.put(&message)?;
    frame.end().map(drop)
}

fn send_data(out: &mut Vec<u8>, data: &[u8]) -> Result<(), EncodeError> {
    let mut frame = MsTcp::begin(out, MsFrameKind::Data)?;
    frame.put(data)?;
    frame.end().map(drop)
}

/// The response or data for which the client waits.
#[derive(Debug, PartialEq)]
enum Step {
    ServerHello,
    Challenge,
    Allocation,
    Destination,
    Data,
    Release,
    Released,
}

struct Client {
    stream: PseudoTls,
    step: Step,
    /// The byte of which the last transaction id consists; each request adds one.
    id: u8,
    key: Option<Key>,
    nonce: Vec<u8>,
    sequence: Option<ms::SequenceNumber>,
}

impl Client {
    fn new() -> Self {
        Self {
            stream: PseudoTls::client(),
            step: Step::ServerHello,
            id: 0,
            key: None,
            nonce: Vec::new(),
            sequence: None,
        }
    }

    fn hello(&self) -> Vec<u8> {
        println!("client: ClientHello");
        pseudo_tls::client_hello(&[0xC1; 32]).to_vec()
    }

    /// Handles all complete frames in `input`, and leaves an incomplete one.
    fn receive(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) -> Outcome {
        while let Next::Frame { frame, consumed } = self.stream.next(input)? {
            match frame {
                Received::ServerHello(_) => {
                    self.step = Step::Challenge;
                    self.request(out, Method::ALLOCATE, None)?;
                }
                Received::Frame(MsFrame::Control(message)) => self.message(message, out)?,
                Received::Frame(MsFrame::Data(data)) => {
                    println!("client: data: {}", String::from_utf8_lossy(data));
                    // An Allocate with LIFETIME 0 releases the allocation.
                    self.step = Step::Release;
                    self.request(out, Method::ALLOCATE, Some(Lifetime::from_secs(0)))?;
                }
                Received::ClientHello(_) => return Err("the server sent a ClientHello".into()),
            }
            input.drain(..consumed);
        }
        Ok(())
    }

    fn message(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Outcome {
        let message = Dialect::MS_TURN.parse(bytes)?;
        println!("client: {message}");
        if message.transaction_id() != self.transaction_id() {
            return Err("a response without a request".into());
        }
        if self.step == Step::Challenge {
            // The challenge is not signed, so only these attributes are used.
            if message.class() != Class::ErrorResponse {
                return Err("no challenge".into());
            }
            let realm = message.get::<Realm<'_>>()?.ok_or("no realm")?;
            let nonce = message.get::<Nonce<'_>>()?.ok_or("no nonce")?;
            let version = ms::Version::MULTIPLEXED_TCP.common(message.get()?);
            let credentials = Credentials {
                username: USER,
                password: PASSWORD,
            };
            self.key = Some(Key::ms_turn(&credentials, realm, nonce, version.0));
            self.nonce = nonce.as_bytes().to_vec();
            self.step = Step::Allocation;
            self.request(out, Method::ALLOCATE, Some(Lifetime::from_secs(600)))?;
            return Ok(());
        }
        let key = self.key.as_ref().ok_or("no key")?;
        let answer = message.verify(key)?;
        if answer.class() != Class::SuccessResponse {
            return Err("refused".into());
        }
        if let Some(sequence) = answer.get::<ms::SequenceNumber>()? {
            self.sequence = Some(sequence);
        }
        match self.step {
            Step::Allocation => {
                let relayed = answer.get::<MappedAddress>()?.ok_or("no address")?;
                let mapped = answer.get::<XorMappedAddress>()?.ok_or("no address")?;
                println!("client: relayed at {relayed}, seen as {mapped}");
                self.step = Step::Destination;
                self.request(out, Method::SET_ACTIVE_DESTINATION, None)?;
            }
            Step::Destination => {
                self.step = Step::Data;
                send_data(out, b"hello")?;
            }
            Step::Release => self.step = Step::Released,
            _ => return Err("an unexpected response".into()),
        }
        Ok(())
    }

    fn transaction_id(&self) -> TransactionId {
        // In MS-TURN the client chooses all 16 bytes.
        TransactionId::classic([self.id; 16])
    }

    fn request(
        &mut self,
        out: &mut Vec<u8>,
        method: Method,
        lifetime: Option<Lifetime>,
    ) -> Result<(), EncodeError> {
        self.id = self.id.wrapping_add(1);
        let header = Header::request(method, self.transaction_id()).in_dialect(Dialect::MS_TURN);
        println!("client: {header}");
        send(out, |out| {
            // The writer adds MAGIC-COOKIE.
            let mut request = MessageWriter::new(out, header)?;
            request.attribute(&ms::Version::MULTIPLEXED_TCP)?;
            if let Some(lifetime) = lifetime {
                request.attribute(&lifetime)?;
            }
            if method == Method::SET_ACTIVE_DESTINATION {
                let peer = SocketAddr::from(([203, 0, 113, 5], 40_000));
                request.attribute(&ms::DestinationAddress(peer))?;
            }
            if let Some(sequence) = &mut self.sequence {
                request.attribute(sequence)?;
                *sequence = sequence.next();
            }
            let Some(key) = &self.key else {
                return request.finish().map(drop);
            };
            request
                .attribute(&Realm::new(REALM)?)?
                .attribute(&Nonce::new(&self.nonce)?)?
                .attribute(&Username::new(USER)?)?;
            request.integrity(key)?.finish().map(drop)
        })
    }
}

struct Server {
    stream: PseudoTls,
    key: Key,
    client: SocketAddr,
    /// The allocation, with the active destination once it is set.
    allocation: Option<Option<SocketAddr>>,
}

impl Server {
    fn new(client: SocketAddr) -> Result<Self, EncodeError> {
        let credentials = Credentials {
            username: USER,
            password: PASSWORD,
        };
        let (realm, nonce) = (Realm::new(REALM)?, Nonce::new(NONCE)?);
        let version = ms::Version::MULTIPLEXED_TCP.0;
        Ok(Self {
            stream: PseudoTls::server(),
            key: Key::ms_turn(&credentials, realm, nonce, version),
            client,
            allocation: None,
        })
    }

    fn receive(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>) -> Outcome {
        while let Next::Frame { frame, consumed } = self.stream.next(input)? {
            match frame {
                Received::ClientHello(_) => {
                    println!("server: ServerHello, ServerHelloDone");
                    out.extend_from_slice(&pseudo_tls::server_hello(&[0x5E; 32], &[0x1D; 32]));
                }
                Received::Frame(MsFrame::Control(message)) => {
                    let message = Dialect::MS_TURN.parse(message)?;
                    send(out, |out| self.answer(message, out))?;
                }
                Received::Frame(MsFrame::Data(data)) => {
                    let peer = self
                        .allocation
                        .flatten()
                        .ok_or("data without a destination")?;
                    println!("server: {} bytes for {peer}, which answers", data.len());
                    send_data(out, b"hello yourself")?;
                }
                Received::ServerHello(_) => return Err("the client sent a ServerHello".into()),
            }
            input.drain(..consumed);
        }
        Ok(())
    }

    fn answer(&mut self, message: Message<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Ok(request) = message.verify(&self.key) else {
            println!("server: 401");
            let code = Code::UNAUTHENTICATED;
            let mut reply = MessageWriter::error_to(out, message, code)?;
            reply
                .attribute(&ms::Version::MULTIPLEXED_TCP)?
                .attribute(&Realm::new(REALM)?)?
                .attribute(&Nonce::new(NONCE)?)?;
            return reply.finish().map(drop);
        };
        println!("server: {}, {:?}", request.header(), request.algorithm());
        let lifetime = request.get::<Lifetime>().ok().flatten();
        let destination = request.get::<ms::DestinationAddress>().ok().flatten();
        let mut reply = MessageWriter::success_to(out, &request)?;
        reply.attribute(&ms::Version::MULTIPLEXED_TCP)?;
        match (request.method(), lifetime, destination) {
            (Method::ALLOCATE, Some(lifetime), _) if lifetime.0 == 0 => {
                self.allocation = None;
                reply.attribute(&lifetime)?;
            }
            (Method::ALLOCATE, ..) => {
                self.allocation = Some(None);
                let relayed = SocketAddr::from(([192, 0, 2, 15], 50_000));
                reply
                    .attribute(&MappedAddress(relayed))?
                    .attribute(&XorMappedAddress(self.client))?
                    .attribute(&Lifetime::from_secs(600))?
                    .attribute(&ms::SequenceNumber {
                        connection_id: Some(*b"names the allocation"),
                        number: 1,
                    })?;
            }
            (Method::SET_ACTIVE_DESTINATION, _, Some(peer)) if self.allocation.is_some() => {
                self.allocation = Some(Some(peer.0));
            }
            _ => {
                drop(reply);
                let reply = MessageWriter::error_to(out, &request, Code::BAD_REQUEST)?;
                return reply
                    .integrity_like(&request, &self.key)?
                    .finish()
                    .map(drop);
            }
        }
        reply
            .integrity_like(&request, &self.key)?
            .finish()
            .map(drop)
    }
}
