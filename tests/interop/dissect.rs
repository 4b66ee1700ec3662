//! `dissect` on captures of real programs on the loopback interface, each with one fault that the summary must
//! name: coturn (Debian: coturn) with a client of this file, and two agents of aioice (Debian: python3-aioice).

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use stunwire::attribute::{
    ChannelNumber, Data, EncodeAttribute, Lifetime, Nonce, Realm, RequestedTransport, Username,
    XorPeerAddress,
};
use stunwire::{Class, Header, Key, Message, Method};

use crate::harness::tests;
use crate::programs::{AIOICE, PYTHON, TURNSERVER, own};
use crate::scenarios::{self, Call, REALM, USER, channel_data, key, message, rtp};
use crate::support::{LOOPBACK, free_port, run, text};

tests! {
    [TURNSERVER] => [
        sound,
        wrong_password,
        missing_permission,
        blocked_direction,
        expired_allocation,
    ],
    [AIOICE] => [
        role_conflict,
        repaired_role_conflict,
    ],
}

/// coturn, which ends with the test.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(options: &[&str]) -> Self {
        let address = SocketAddr::new(LOOPBACK, free_port(&[LOOPBACK]));
        let child = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech"])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1"])
            .args(["--allow-loopback-peers", "--log-file=stdout", "--pidfile="])
            .arg(format!("--listening-port={}", address.port()))
            .arg(format!("--realm={REALM}"))
            .arg(format!("--user={USER}:{}", scenarios::PASSWORD))
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("coturn is installed");
        let server = Self { child, address };
        let mut client = Client::new(&server, scenarios::PASSWORD);
        for _ in 0..50 {
            if client.request(Method::BINDING, &[], false).is_some() {
                return server;
            }
        }
        panic!("coturn does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that keeps a capture of all that it sends and receives.
struct Client {
    socket: UdpSocket,
    server: SocketAddr,
    begin: Instant,
    call: Call,
    key: Key,
    nonce: String,
}

impl Client {
    fn new(server: &Server, password: &str) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        Self {
            socket,
            server: server.address,
            begin: Instant::now(),
            call: Call::new(),
            key: key(password),
            nonce: String::new(),
        }
    }

    fn now(&mut self) {
        let lag = self.begin.elapsed().saturating_sub(self.call.now());
        self.call.wait(lag.as_millis() as u64);
    }

    fn send(&mut self, packet: &[u8]) {
        self.now();
        self.socket.send_to(packet, self.server).unwrap();
        let own = self.socket.local_addr().unwrap();
        self.call.udp(own, self.server, packet);
    }

    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        let (length, from) = self.socket.recv_from(&mut buffer).ok()?;
        self.now();
        let own = self.socket.local_addr().unwrap();
        self.call.udp(from, own, &buffer[..length]);
        Some(buffer[..length].to_vec())
    }

    /// Sends a request and gives the class of the answer.
    fn request(
        &mut self,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
        is_signed: bool,
    ) -> Option<Class> {
        let id = self.call.id();
        let header = Header::request(method, id);
        let nonce = self.nonce.clone();
        let (user, realm, nonce) = (
            Username::new(USER).unwrap(),
            Realm::new(REALM).unwrap(),
            Nonce::new(&nonce).unwrap(),
        );
        let login: [&dyn EncodeAttribute; 3] = [&user, &realm, &nonce];
        let packet = if is_signed {
            message(header, &[attributes, &login].concat(), Some(&self.key))
        } else {
            message(header, attributes, None)
        };
        self.send(&packet);
        let answer = self.receive()?;
        let answer = Message::parse(&answer).unwrap();
        if let Some(nonce) = answer.get::<Nonce<'_>>().unwrap() {
            self.nonce = String::from_utf8(nonce.as_bytes().to_vec()).unwrap();
        }
        Some(answer.class())
    }

    fn allocate(&mut self) {
        let udp = RequestedTransport::UDP;
        assert_eq!(
            self.request(Method::ALLOCATE, &[&udp], false),
            Some(Class::ErrorResponse)
        );
        assert_eq!(
            self.request(Method::ALLOCATE, &[&udp], true),
            Some(Class::SuccessResponse)
        );
    }

    fn bind(&mut self, peer: SocketAddr) {
        let number = ChannelNumber::new(0x4000).unwrap();
        let asked: [&dyn EncodeAttribute; 2] = [&number, &XorPeerAddress(peer)];
        assert_eq!(
            self.request(Method::CHANNEL_BIND, &asked, true),
            Some(Class::SuccessResponse)
        );
    }

    fn summary(&self, name: &str) -> String {
        summary(&self.call, name)
    }
}

/// What `dissect` says about the capture.
fn summary(call: &Call, name: &str) -> String {
    let name = format!("dissect-interop-{}-{name}.pcap", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, call.file()).unwrap();
    let output = own("dissect").arg(&path).output().unwrap();
    let _ = std::fs::remove_file(&path);
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn a_peer() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").unwrap()
}

fn assert_finds(summary: &str, rule: &str) {
    assert!(summary.contains(&format!("[{rule}]")), "{summary}");
    assert_eq!(summary.matches("RFC ").count(), 1, "{summary}");
}

/// A call with nothing wrong: the peer returns what it gets.
fn sound() {
    let server = Server::start(&[]);
    let mut client = Client::new(&server, scenarios::PASSWORD);
    client.allocate();
    let peer = a_peer();
    client.bind(peer.local_addr().unwrap());
    for number in 0..20 {
        client.send(&channel_data(0x4000, &rtp(number)));
        let mut buffer = [0; 200];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        peer.send_to(&buffer[..length], from).unwrap();
        client.receive().unwrap();
    }
    let end = Lifetime::from_secs(0);
    client.request(Method::REFRESH, &[&end], true);
    let summary = client.summary("sound");
    assert!(
        summary.starts_with("Findings\n  no findings\n"),
        "{summary}"
    );
    assert!(summary.contains("20 packets"), "{summary}");
}

fn wrong_password() {
    let server = Server::start(&[]);
    let mut client = Client::new(&server, "guess");
    let udp = RequestedTransport::UDP;
    client.request(Method::ALLOCATE, &[&udp], false);
    for _ in 0..3 {
        client.request(Method::ALLOCATE, &[&udp], true);
    }
    assert_finds(&client.summary("password"), "credentials-refused");
}

fn missing_permission() {
    let server = Server::start(&[]);
    let mut client = Client::new(&server, scenarios::PASSWORD);
    client.allocate();
    let peer = a_peer();
    for number in 0..20 {
        let id = client.call.id();
        let packet = message(
            Header::indication(Method::SEND, id),
            &[
                &XorPeerAddress(peer.local_addr().unwrap()),
                &Data(&rtp(number)),
            ],
            None,
        );
        client.send(&packet);
        sleep(Duration::from_millis(20));
    }
    peer.set_nonblocking(true).unwrap();
    assert!(peer.recv_from(&mut [0; 200]).is_err(), "nothing is relayed");
    assert_finds(&client.summary("permission"), "permission-missing");
}

fn blocked_direction() {
    let server = Server::start(&[]);
    let mut client = Client::new(&server, scenarios::PASSWORD);
    client.allocate();
    // What the peer sends is lost.
    let peer = a_peer();
    client.bind(peer.local_addr().unwrap());
    for number in 0..200 {
        client.send(&channel_data(0x4000, &rtp(number)));
        sleep(Duration::from_millis(20));
    }
    assert_finds(&client.summary("blocked"), "relay-one-way");
}

/// The server's limit for lifetimes makes the allocation run out while the client sends.
fn expired_allocation() {
    let server = Server::start(&["--max-allocate-lifetime=5"]);
    let mut client = Client::new(&server, scenarios::PASSWORD);
    client.allocate();
    let peer = a_peer();
    peer.set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    client.bind(peer.local_addr().unwrap());
    client
        .socket
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let begin = Instant::now();
    let mut number = 0;
    while begin.elapsed() < Duration::from_secs(20) {
        client.send(&channel_data(0x4000, &rtp(number)));
        let mut buffer = [0; 200];
        if let Ok((length, from)) = peer.recv_from(&mut buffer) {
            peer.send_to(&buffer[..length], from).unwrap();
        }
        client.receive();
        number += 1;
        sleep(Duration::from_millis(50));
    }
    assert_finds(&client.summary("expired"), "lifetime-expired");
}

/// The datagrams of two agents that both start as controlling.
fn agents(kind: &str) -> Call {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/aioice_roles.py");
    let mut command = Command::new(PYTHON);
    command.args([script, kind]);
    let output = run(&mut command, Duration::from_secs(30));
    assert!(output.status.success(), "{}", text(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    let mut call = Call::new();
    for line in told.lines() {
        let [millis, from, to, digits] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{told}");
        };
        let elapsed = millis.parse::<u64>().unwrap() - call.now().as_millis() as u64;
        let octets = (0..digits.len()).step_by(2);
        let octets = octets.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
        call.wait(elapsed).udp(
            from.parse().unwrap(),
            to.parse().unwrap(),
            &octets.collect::<Vec<_>>(),
        );
    }
    call
}

fn role_conflict() {
    let summary = summary(&agents("insist"), "roles");
    assert_finds(&summary, "ice-role-conflict");
    assert!(summary.contains("both send ICE-CONTROLLING"), "{summary}");
    println!("{summary}");
}

/// The agents agree on their roles after one 487, so there is no finding; the summary counts it.
fn repaired_role_conflict() {
    let summary = summary(&agents("repair"), "repaired");
    assert!(
        summary.starts_with("Findings\n  no findings\n"),
        "{summary}"
    );
    assert!(summary.contains("with 487"), "{summary}");
    assert!(summary.contains("nominated at"), "{summary}");
}
