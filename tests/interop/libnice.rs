//! libnice in its Office Communicator 2007 R2 mode, with a relay that is built with this crate, over UDP and
//! over pseudo-TLS, on loopback addresses only.
//!
//! Needs Debian's `libnice10` and `python3`: `libnice` in `STUNWIRE_REQUIRE`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::capture::Capture;
use crate::harness::tests;
use crate::programs::{LIBNICE, PYTHON, TSHARK, own};
use crate::support::{self, Folder};
use crate::tshark;
use stunwire::attribute::{
    AnyAttribute, Data, Lifetime, MappedAddress, Nonce, Realm, Username, XorMappedAddress, ms,
};
use stunwire::framing::pseudo_tls::{self, PseudoTls, Received};
use stunwire::framing::{MsFrame, MsFrameKind, MsTcp};
use stunwire::framing::{Next, Rfc4571};
use stunwire::{
    Class, Code, Credentials, Dialect, FingerprintStatus, Header, IntegrityAlgorithm,
    IntegrityError, Key, Message, MessageWriter, Method,
};

tests! {
    [LIBNICE, TSHARK] => [over_udp],
    [LIBNICE] => [over_pseudo_tls],
}

/// The user name and the password, which the agent gets as base64.
const USER: &[u8] = b"\x01us:er";
const PASSWORD: &[u8] = b"\x80 pass";
/// The realm of the relay. Microsoft's servers send it in quotes, which the key is derived without.
const REALM: &str = "\"rtcmedia\"";
const NONCE: &[u8] = b"\x00\x01twenty bytes long\xfe\xff";
/// The relayed address that the relay reports.
const RELAYED: &str = "192.0.2.15:50000";

/// The peer's answer to libnice's datagram.
const ANSWER: &[u8] = b"hello yourself";

/// The dialect of libnice's checks in this mode: the legacy tag, the cookie, and no padding.
const CHECKS: Dialect = Dialect::MS_ICE2_LEGACY.unpadded();

struct Agent {
    child: Child,
    /// The agent ends when its input is closed.
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Agent {
    fn start(relay: u16, relay_type: u8, peer: u16) -> Self {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("libnice/agent.py");
        let mut child = Command::new(PYTHON)
            .arg(script)
            .args([relay.to_string(), relay_type.to_string(), peer.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines() {
                if line.map_or(true, |line| sender.send(line).is_err()) {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Whether the agent has printed a line with this prefix.
    fn said(&mut self, prefix: &str) -> bool {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().any(|line| line.starts_with(prefix))
    }

    /// The rest of the line with this prefix.
    fn line(&self, prefix: &str) -> Option<&str> {
        self.seen.iter().find_map(|line| line.strip_prefix(prefix))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// Counts of the messages that the relay has received.
#[derive(Default, Debug)]
struct Seen {
    unauthenticated: usize,
    allocated: usize,
    refreshed: usize,
    sent: usize,
    destinations: usize,
    checks: usize,
    /// Second copies of a check, and checks with the alternate CRC.
    alternate_copies: usize,
    other_tables: usize,
    indications: usize,
    hello: bool,
}

/// The relay, and the peer to which it relays.
struct Relay {
    client: SocketAddr,
    key: Key,
    peer_key: Key,
    /// Whether the peer is reached over TCP.
    framed: bool,
    /// The last check with the usual FINGERPRINT.
    last: Vec<u8>,
    seen: Seen,
    capture: Capture,
}

impl Relay {
    fn new(client: SocketAddr, framed: bool) -> Self {
        Self {
            client,
            key: Key::ms_turn(
                &Credentials {
                    username: USER,
                    password: PASSWORD,
                },
                Realm::new(REALM).unwrap(),
                Nonce::new(NONCE).unwrap(),
                1,
            ),
            peer_key: Key::short_term("the password of the peer"),
            framed,
            last: Vec::new(),
            seen: Seen::default(),
            capture: Capture::new(),
        }
    }

    /// Answers a message of MS-TURN.
    fn control(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let message = Dialect::MS_TURN.parse(bytes).unwrap();
        assert_eq!(Dialect::detect(bytes), Some(Dialect::MS_TURN));
        assert_eq!(message.class(), Class::Request, "{message}");
        for raw in message.all_attributes() {
            raw.to_any().unwrap();
        }
        let request = match message.verify(&self.key) {
            Ok(request) => request,
            Err(IntegrityError::Missing) => {
                assert_eq!(message.method(), Method::ALLOCATE);
                self.seen.unauthenticated += 1;
                return vec![challenge(&message)];
            }
            Err(error) => panic!("{message}: {error}"),
        };
        assert_eq!(request.algorithm(), IntegrityAlgorithm::Sha1);
        let user = request.get::<Username>().unwrap().unwrap();
        assert_eq!(user.as_bytes(), USER);
        if let Some(realm) = request.get::<Realm>().unwrap() {
            assert_eq!(realm.as_bytes(), REALM.as_bytes());
        }
        let mut out = Vec::new();
        match request.method() {
            Method::ALLOCATE => {
                let version = request.get::<ms::Version>().unwrap();
                assert_eq!(version, Some(ms::Version::MS_ICE));
                let nonce = request.get::<Nonce>().unwrap().unwrap();
                assert_eq!(nonce.as_bytes(), NONCE);
                match request.get::<ms::SequenceNumber>().unwrap() {
                    None => self.seen.allocated += 1,
                    Some(_) => self.seen.refreshed += 1,
                }
                let mut reply = MessageWriter::success_to(&mut out, &request).unwrap();
                reply
                    .attribute(&ms::Version::MS_ICE2)
                    .unwrap()
                    .attribute(&MappedAddress(RELAYED.parse().unwrap()))
                    .unwrap()
                    .attribute(&XorMappedAddress(self.client))
                    .unwrap()
                    .attribute(&Lifetime::from_secs(600))
                    .unwrap()
                    .attribute(&ms::SequenceNumber {
                        connection_id: Some(*b"twenty bytes of name"),
                        number: 1,
                    })
                    .unwrap();
                reply
                    .integrity_like(&request, &self.key)
                    .unwrap()
                    .finish()
                    .unwrap();
                vec![out]
            }
            Method::SEND => {
                self.seen.sent += 1;
                let peer = request.get::<ms::DestinationAddress>().unwrap().unwrap();
                let data = request.get::<Data<'_>>().unwrap().unwrap();
                let answers = self.packet(data.0);
                answers
                    .iter()
                    .map(|answer| {
                        let id = stunwire::TransactionId::classic(*b"of the relay ...");
                        let header = Header::indication(Method::DATA, id);
                        let mut out = Vec::new();
                        let mut data =
                            MessageWriter::new(&mut out, header.in_dialect(Dialect::MS_TURN))
                                .unwrap();
                        data.attribute(&ms::RemoteAddress(peer.0))
                            .unwrap()
                            .attribute(&Data(answer))
                            .unwrap();
                        data.finish().unwrap();
                        out
                    })
                    .collect()
            }
            Method::SET_ACTIVE_DESTINATION => {
                self.seen.destinations += 1;
                let reply = MessageWriter::success_to(&mut out, &request).unwrap();
                reply
                    .integrity_like(&request, &self.key)
                    .unwrap()
                    .finish()
                    .unwrap();
                vec![out]
            }
            method => panic!("{method}"),
        }
    }

    /// Delivers a packet to the peer and returns its answers. Over TCP every packet between peers has a length
    /// prefix; libnice omits it in some data frames, whose MS-TURN header has the same length.
    fn packet(&mut self, data: &[u8]) -> Vec<Vec<u8>> {
        match Rfc4571::new().next(data) {
            Ok(Next::Frame { frame, consumed }) if self.framed && consumed == data.len() => {
                let answers = self.peer(frame);
                let framed = |answer: Vec<u8>| {
                    let mut out = Vec::new();
                    let mut frame = Rfc4571::begin(&mut out).unwrap();
                    frame.put(&answer).unwrap();
                    frame.end().unwrap();
                    out
                };
                answers.into_iter().map(framed).collect()
            }
            _ => self.peer(data),
        }
    }

    /// The peer: answers connectivity checks and the datagram `hello`.
    fn peer(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        if packet == b"hello" {
            self.seen.hello = true;
            return vec![ANSWER.to_vec()];
        }
        let check = CHECKS.parse(packet).unwrap();
        if check.class() == Class::Indication {
            // A keepalive, whose only attribute is FINGERPRINT.
            assert!(check.fingerprint().is_valid());
            self.seen.indications += 1;
            return Vec::new();
        }
        // IMPLEMENTATION-VERSION shows the dialect; only a length that is not a multiple of 4 would show whether
        // values are padded.
        let detected = Dialect::detect(packet).map(Dialect::unpadded);
        assert_eq!(detected, Some(CHECKS), "{check}");
        assert_eq!(check.method(), Method::BINDING);
        let request = match check.verify(&self.peer_key) {
            Ok(request) => request,
            Err(error) => panic!("{check}: {error}"),
        };
        self.seen.checks += 1;
        match check.fingerprint() {
            FingerprintStatus::Valid => {}
            FingerprintStatus::ValidAlternateCrc => self.seen.other_tables += 1,
            status => panic!("{check}: {status:?}"),
        }
        let first = CHECKS.parse(&self.last).ok();
        if let Some(first) = first.filter(|first| first.transaction_id() == check.transaction_id())
        {
            // libnice's second copy equals the copy that this crate writes.
            let mut copy = Vec::new();
            first.copy_with_alternate_crc(&mut copy).unwrap();
            assert!(packet == copy || packet == self.last);
            self.seen.alternate_copies += 1;
            return Vec::new();
        }
        self.last = packet.to_vec();
        let user = request.get::<Username>().unwrap().unwrap();
        assert_eq!(user.as_bytes().len() % 4, 0);
        assert_eq!(user.fragments().unwrap().0, b"peer");
        let mut out = Vec::new();
        let mut reply = MessageWriter::success_to(&mut out, &request).unwrap();
        reply
            .attribute(&XorMappedAddress(RELAYED.parse().unwrap()))
            .unwrap();
        let reply = reply.integrity_like(&request, &self.peer_key).unwrap();
        reply.fingerprint().unwrap().finish().unwrap();
        vec![out]
    }
}

/// The unsigned 401 of \[MS-TURN\] 3.3.5.1.
fn challenge(request: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let code = Code::UNAUTHENTICATED;
    let mut reply = MessageWriter::error_to(&mut out, request, code).unwrap();
    reply
        .attribute(&ms::Version::MS_ICE2)
        .unwrap()
        .attribute(&Realm::new(REALM).unwrap())
        .unwrap()
        .attribute(&Nonce::new(NONCE).unwrap())
        .unwrap();
    reply.finish().unwrap();
    out
}

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Option<Duration> = Some(Duration::from_millis(20));

/// This socket never answers, so that only the path through the relay works.
fn silent_peer() -> (UdpSocket, u16) {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = peer.local_addr().unwrap().port();
    (peer, port)
}

/// Asserts the messages that must have been exchanged when libnice has received an answer.
fn done(mut agent: Agent, session: Option<Relay>, relayed: &str) -> Capture {
    assert!(agent.said("received"), "{:#?}", agent.seen);
    let Relay { seen, capture, .. } = session.expect("libnice has connected");
    println!("{seen:?}");
    // libnice has accepted the 401 and the signed response, and offers the relayed address.
    assert!(seen.unauthenticated >= 1 && seen.allocated >= 1);
    let candidate = agent
        .seen
        .iter()
        .find(|line| line.contains("typ relay"))
        .unwrap_or_else(|| panic!("no relayed candidate in {:#?}", agent.seen));
    assert!(candidate.contains(relayed), "{candidate}");
    // Its checks came through Send, and the answers arrived in Data indications.
    assert!(agent.said("ready"));
    assert!(seen.sent >= 2 && seen.checks >= 1);
    // libnice has set the peer as the active destination and sent the datagram without a TURN header.
    assert!(seen.destinations >= 1);
    assert!(seen.hello);
    let received = agent.line("received ").unwrap();
    let answer: String = ANSWER.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(received, answer);
    capture
}

/// `dissect` detects the dialects, and every tag of the relay is valid with the credentials.
fn dissected(file: &Path) -> String {
    let mut command = own("dissect");
    command.arg("--packets").arg(file).args([
        "--user",
        "AXVzOmVy",
        "--password",
        "gCBwYXNz",
        "--base64",
    ]);
    let output = support::run(&mut command, PATIENCE);
    let text = support::text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(" 0 errors, 0 gaps, "), "{text}");
    // The relayed checks are signed with another key.
    let blocks = text.split("\n\n");
    let signed = |block: &&str| block.contains("  MESSAGE-INTEGRITY (");
    for block in blocks.filter(signed) {
        let outer = block.split("    carries").next().unwrap_or_default();
        let holds = outer.contains("\n  MESSAGE-INTEGRITY valid");
        assert!(holds || !outer.contains("  MESSAGE-INTEGRITY ("), "{block}");
    }
    text
}

/// The fields that tshark prints, in this order.
const FIELDS: [&str; 13] = [
    "type",
    "length",
    "id",
    "att.type",
    "att.length",
    "att.ipv4",
    "att.port",
    "att.lifetime",
    "att.error.class",
    "att.error",
    "att.error.reason",
    "att.magic.cookie",
    "att.value",
];

/// tshark reads MS-TURN without the magic cookie with its dissector of classic STUN: the attributes and values
/// are equal, message by message. Of attributes that it does not know it shows only code and length.
fn tshark_agrees(folder: &Folder, file: &Path, ports: &[String], messages: &[Vec<u8>]) {
    let mut command = tshark::command(folder, file, ports);
    command.args(["-Y", "classicstun", "-T", "fields"]);
    command.args([
        "-E",
        "separator=|",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=,",
    ]);
    for field in FIELDS {
        command.args(["-e", &format!("classicstun.{field}")]);
    }
    command.args(["-e", "_ws.malformed"]);
    let output = support::run(&mut command, PATIENCE);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), messages.len(), "{text}");
    let mut malformed = 0;
    for (line, message) in text.lines().zip(messages) {
        let message = Dialect::MS_TURN.parse(message).unwrap();
        match line.strip_suffix('|') {
            Some(line) => assert_eq!(line, as_tshark_says(&message)),
            None => {
                malformed += 1;
                println!("tshark reports it as malformed: {line}\nstunwire reads {message}");
            }
        }
    }
    println!(
        "tshark agrees on {} messages; it reports {malformed} as malformed",
        messages.len() - malformed
    );
}

fn as_tshark_says(message: &Message<'_>) -> String {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let header = message.header();
    let mut fields: [Vec<String>; 13] = Default::default();
    fields[0].push(format!("{:#06x}", header.type_bits()));
    fields[1].push(format!("{:#06x}", header.length()));
    fields[2].push(hex(header.transaction_id().as_bytes()));
    for raw in message.all_attributes() {
        fields[3].push(format!("{:#06x}", raw.ty().as_u16()));
        fields[4].push(raw.value().len().to_string());
        let address = match raw.to_any().unwrap() {
            AnyAttribute::MappedAddress(address) => Some(address.0),
            AnyAttribute::XorMappedAddress(address) => Some(address.0),
            AnyAttribute::MsDestinationAddress(address) => Some(address.0),
            AnyAttribute::MsRemoteAddress(address) => Some(address.0),
            AnyAttribute::Lifetime(lifetime) => {
                fields[7].push(lifetime.0.to_string());
                None
            }
            AnyAttribute::ErrorCode(code) => {
                fields[8].push(code.code().class().to_string());
                fields[9].push(code.code().number().to_string());
                fields[10].push(code.reason_str().unwrap().to_owned());
                None
            }
            AnyAttribute::MsMagicCookie(cookie) => {
                fields[11].push(cookie.to_string());
                None
            }
            AnyAttribute::Username(_)
            | AnyAttribute::Realm(_)
            | AnyAttribute::Nonce(_)
            | AnyAttribute::MessageIntegrity(_) => {
                fields[12].push(hex(raw.value()));
                None
            }
            _ => None,
        };
        if let Some(address) = address {
            fields[5].push(address.ip().to_string());
            fields[6].push(address.port().to_string());
        }
    }
    fields.map(|values| values.join(",")).join("|")
}

fn over_udp() {
    let relay = UdpSocket::bind("127.0.0.1:0").unwrap();
    relay.set_read_timeout(PAUSE).unwrap();
    let (_peer, peer) = silent_peer();
    let address = relay.local_addr().unwrap();
    let mut agent = Agent::start(address.port(), 0, peer);
    let mut session: Option<Relay> = None;
    let mut messages = Vec::new();
    let end = Instant::now() + PATIENCE;
    let mut buffer = [0; 2048];
    while Instant::now() < end && !agent.said("received") {
        let Ok((len, from)) = relay.recv_from(&mut buffer) else {
            continue;
        };
        let datagram = &buffer[..len];
        let session = session.get_or_insert_with(|| Relay::new(from, false));
        session.capture.udp(from, address, datagram);
        let is_ms_turn = |bytes: &[u8]| Dialect::detect(bytes) == Some(Dialect::MS_TURN);
        messages.extend(is_ms_turn(datagram).then(|| datagram.to_vec()));
        let answers = if is_ms_turn(datagram) {
            session.control(datagram)
        } else {
            session.peer(datagram)
        };
        for answer in answers {
            session.capture.udp(address, from, &answer);
            messages.extend(is_ms_turn(&answer).then(|| answer.clone()));
            relay.send_to(&answer, from).unwrap();
        }
    }
    let capture = done(agent, session, "192.0.2.15 50000 typ relay");
    let folder = Folder::new();
    let file = folder.file("udp.pcap");
    capture.write(&file);
    dissected(&file);
    tshark_agrees(&folder, &file, &capture.ports(), &messages);
}

fn over_pseudo_tls() {
    let relay = TcpListener::bind("127.0.0.1:0").unwrap();
    relay.set_nonblocking(true).unwrap();
    let (_peer, peer) = silent_peer();
    let address = relay.local_addr().unwrap();
    let mut agent = Agent::start(address.port(), 2, peer);
    let end = Instant::now() + PATIENCE;
    let accepted = loop {
        match relay.accept() {
            Ok(accepted) => break Some(accepted),
            Err(_) if Instant::now() > end => break None,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let (mut stream, from) = accepted.expect("libnice connects");
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(PAUSE).unwrap();
    let mut session = Relay::new(from, true);
    let mut side = PseudoTls::server();
    let mut buffer = Vec::new();
    let mut hellos = 0;
    while Instant::now() < end && !agent.said("received") {
        match side.next(&buffer).unwrap() {
            Next::Frame { frame, consumed } => {
                let (kind, answers) = match frame {
                    Received::ClientHello(_) => {
                        hellos += 1;
                        let hello = pseudo_tls::server_hello(&[7; 32], &[8; 32]);
                        session.capture.tcp(address, from, &hello);
                        stream.write_all(&hello).unwrap();
                        (MsFrameKind::Control, Vec::new())
                    }
                    Received::Frame(MsFrame::Control(message)) => {
                        (MsFrameKind::Control, session.control(message))
                    }
                    Received::Frame(MsFrame::Data(data)) => {
                        (MsFrameKind::Data, session.packet(data))
                    }
                    Received::ServerHello(_) => panic!("from a client"),
                };
                for answer in answers {
                    let mut out = Vec::new();
                    let mut frame = MsTcp::begin(&mut out, kind).unwrap();
                    frame.put(&answer).unwrap();
                    frame.end().unwrap();
                    session.capture.tcp(address, from, &out);
                    stream.write_all(&out).unwrap();
                }
                buffer.drain(..consumed);
            }
            Next::Incomplete { needed } => {
                let mut chunk = vec![0; needed];
                if let Ok(len) = stream.read(&mut chunk) {
                    assert!(
                        len > 0,
                        "libnice has closed the connection: {:#?}",
                        agent.seen
                    );
                    session.capture.tcp(from, address, &chunk[..len]);
                    buffer.extend_from_slice(&chunk[..len]);
                }
            }
        }
    }
    assert_eq!(hellos, 1);
    let capture = done(agent, Some(session), "192.0.2.15 50000 typ relay");
    let folder = Folder::new();
    let file = folder.file("tcp.pcap");
    capture.write(&file);
    let text = dissected(&file);
    assert!(text.contains("pseudo-TLS ClientHello of MS-TURN"));
    assert!(text.contains("pseudo-TLS ServerHello and ServerHelloDone of MS-TURN"));
    assert!(text.contains("MS-TURN control frame  ms-turn"));
}
