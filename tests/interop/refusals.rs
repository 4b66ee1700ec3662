//! The TURN server's error responses, each with the code of the RFC. The programs of the other modules do not
//! cause most of them.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use stunwire::attribute::{
    AddressFamily, ChannelNumber, ConnectionId, EncodeAttribute, EvenPort, Lifetime,
    MessageIntegritySha256, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm,
    RequestedAddressFamily, RequestedTransport, ReservationToken, TransportProtocol,
    UnknownAttributes, UserHash, Username, XorPeerAddress, XorRelayedAddress,
};
use stunwire::{Credentials, Header, Key, Message, MessageWriter, Method, TransactionId};

use crate::client::link::Link;
use crate::harness::tests;
use crate::login::{Login, code, code_of};
use crate::own::{PASSWORD, REALM, Turn, USER};
use crate::programs::{IPV6, own};
use crate::support::{run, text};

tests! {
    [IPV6] => [
        allocations,
        permissions_and_channels,
        connections,
        reset_data_connection,
        credentials,
        password_algorithms,
        addresses,
        released_while_a_packet_is_sent,
    ],
}

/// A client that sends the requests that a test chooses.
struct Client {
    socket: UdpSocket,
    user: &'static str,
    key: Key,
    nonce: Vec<u8>,
    id: TransactionId,
    asked: usize,
}

const UDP: RequestedTransport = RequestedTransport::UDP;
const LOOPBACK_PEER: &str = "127.0.0.1:9";

fn peer(address: &str) -> XorPeerAddress {
    XorPeerAddress(address.parse().unwrap())
}

impl Client {
    /// A client that has been challenged.
    fn new(server: &Turn) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", server.port)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut client = Self {
            socket,
            user: USER,
            key: Key::long_term(
                &Credentials {
                    username: USER,
                    password: PASSWORD,
                },
                REALM,
            ),
            nonce: Vec::new(),
            id: TransactionId::random().unwrap(),
            asked: 0,
        };
        let header = Header::request(Method::ALLOCATE, client.id);
        let mut request = Vec::new();
        MessageWriter::new(&mut request, header)
            .unwrap()
            .finish()
            .unwrap();
        let reply = client.exchange(&request);
        assert_eq!(code_of(&reply), 401);
        let reply = Message::parse(&reply).unwrap();
        assert_eq!(reply.get::<Realm>().unwrap().unwrap().as_str(), Ok(REALM));
        client.nonce = reply.get::<Nonce>().unwrap().unwrap().as_bytes().to_vec();
        client
    }

    fn exchange(&mut self, request: &[u8]) -> Vec<u8> {
        self.asked += 1;
        self.socket.send(request).unwrap();
        let mut reply = vec![0; 2048];
        let length = self.socket.recv(&mut reply).unwrap();
        reply.truncate(length);
        reply
    }

    /// Sends a request with the credentials and a new transaction id; returns the reply.
    fn ask(&mut self, method: Method, attributes: &[&dyn EncodeAttribute]) -> Vec<u8> {
        self.id = TransactionId::random().unwrap();
        self.ask_again(method, attributes)
    }

    /// Sends a request with the transaction id of the previous one; returns the reply.
    fn ask_again(&mut self, method: Method, attributes: &[&dyn EncodeAttribute]) -> Vec<u8> {
        let mut packet = Vec::new();
        let header = Header::request(method, self.id);
        let mut request = MessageWriter::new(&mut packet, header).unwrap();
        for attribute in attributes {
            request.attribute(*attribute).unwrap();
        }
        request
            .attribute(&Username::new(self.user).unwrap())
            .unwrap()
            .attribute(&Realm::new(REALM).unwrap())
            .unwrap()
            .attribute(&Nonce::new(&self.nonce).unwrap())
            .unwrap();
        request.integrity(&self.key).unwrap().finish().unwrap();
        self.exchange(&packet)
    }

    /// The code of the reply to a request, 0 for a success. Asserts that the reply is signed.
    fn code(&mut self, method: Method, attributes: &[&dyn EncodeAttribute]) -> u16 {
        let reply = self.ask(method, attributes);
        Message::parse(&reply).unwrap().verify(&self.key).unwrap();
        code_of(&reply)
    }
}

fn allocations() {
    let server = Turn::start(&["--quota", "1"]);
    let mut client = Client::new(&server);
    let mut code = |attributes: &[&dyn EncodeAttribute]| client.code(Method::ALLOCATE, attributes);

    // RFC 8656 §7.2: no transport, and an unknown one; RFC 6062 §5.1: a TCP allocation over UDP.
    assert_eq!(code(&[]), 400);
    assert_eq!(code(&[&RequestedTransport(TransportProtocol(132))]), 442);
    assert_eq!(code(&[&RequestedTransport::TCP]), 400);
    let family = |number| RequestedAddressFamily(AddressFamily(number));
    assert_eq!(code(&[&UDP, &family(3)]), 440);
    let token = ReservationToken([7; 8]);
    let even = EvenPort { reserve_next: true };
    assert_eq!(code(&[&UDP, &token, &even]), 400);
    assert_eq!(code(&[&UDP, &token, &family(1)]), 400);
    assert_eq!(code(&[&UDP, &token]), 508);

    // RFC 8489 §6.3.1: an unknown comprehension-required attribute.
    let reply = client.ask(Method::ALLOCATE, &[&UDP, &ChannelNumber::MIN, &UnknownType]);
    assert_eq!(code_of(&reply), 420);
    let reply = Message::parse(&reply).unwrap().verify(&client.key).unwrap();
    let unknown = reply.get::<UnknownAttributes<'_>>().unwrap().unwrap();
    let unknown: Vec<u16> = unknown.iter().map(|ty| ty.as_u16()).collect();
    assert_eq!(unknown, [0x7FFF]);

    // A retransmitted request gets the same reply; another request gets 437.
    let first = client.ask(Method::ALLOCATE, &[&UDP]);
    let again = client.ask_again(Method::ALLOCATE, &[&UDP]);
    assert_eq!(code_of(&first), 0);
    assert_eq!(first, again);
    assert_eq!(client.code(Method::ALLOCATE, &[&UDP]), 437);

    // With a quota of one the user gets a second allocation only after the first was released.
    let mut second = Client::new(&server);
    assert_eq!(second.code(Method::ALLOCATE, &[&UDP]), 486);
    assert_eq!(client.code(Method::REFRESH, &[&Lifetime::from_secs(0)]), 0);
    assert_eq!(second.code(Method::ALLOCATE, &[&UDP, &family(2)]), 0);
    println!("allocations: {} requests", client.asked + second.asked);
}

/// An attribute of the unassigned type 0x7FFF.
struct UnknownType;

impl EncodeAttribute for UnknownType {
    fn wire_type(&self, _: stunwire::Dialect) -> Option<stunwire::attribute::AttributeType> {
        Some(stunwire::attribute::AttributeType::new(0x7FFF))
    }

    fn value_len(&self, _: stunwire::Context) -> usize {
        0
    }

    fn encode(&self, _: &mut [u8], _: stunwire::Context) {}
}

fn permissions_and_channels() {
    let server = Turn::start(&["--user", "bob:other"]);
    let mut client = Client::new(&server);
    let peer_4 = peer(LOOPBACK_PEER);

    for (method, attributes) in [
        (Method::REFRESH, &[] as &[&dyn EncodeAttribute]),
        (Method::CREATE_PERMISSION, &[&peer_4]),
        (Method::CHANNEL_BIND, &[&peer_4, &ChannelNumber::MIN]),
        (Method::CONNECT, &[&peer_4]),
    ] {
        assert_eq!(client.code(method, attributes), 437, "{method}");
    }
    let reply = client.ask(Method::ALLOCATE, &[&UDP]);
    let relay = Message::parse(&reply).unwrap().get::<XorRelayedAddress>();
    let relay: SocketAddr = relay.unwrap().unwrap().0;
    assert!(relay.ip().is_loopback());

    let permission = Method::CREATE_PERMISSION;
    assert_eq!(client.code(permission, &[]), 400);
    assert_eq!(client.code(permission, &[&peer("[::1]:9")]), 443);
    assert_eq!(client.code(permission, &[&peer("192.0.2.1:9")]), 403);
    // If one peer is forbidden, none gets a permission.
    assert_eq!(
        client.code(permission, &[&peer_4, &peer("192.0.2.1:9")]),
        403
    );
    assert_eq!(client.code(permission, &[&peer_4, &peer("127.0.0.3:9")]), 0);

    let bind = Method::CHANNEL_BIND;
    let number = |number| ChannelNumber::new(number).unwrap();
    assert_eq!(client.code(bind, &[&peer_4]), 400);
    assert_eq!(client.code(bind, &[&number(0x4000)]), 400);
    assert_eq!(client.code(bind, &[&number(0x4000), &peer("[::1]:9")]), 443);
    assert_eq!(client.code(bind, &[&number(0x4000), &peer_4]), 0);
    assert_eq!(client.code(bind, &[&number(0x4000), &peer_4]), 0);
    // RFC 8656 §12.2: neither the peer nor the channel may be bound a second time.
    assert_eq!(client.code(bind, &[&number(0x4001), &peer_4]), 400);
    assert_eq!(
        client.code(bind, &[&number(0x4000), &peer("127.0.0.1:10")]),
        400
    );
    // RFC 6062 §5.2: Connect is refused for a UDP allocation.
    assert_eq!(client.code(Method::CONNECT, &[&peer_4]), 400);
    let family = RequestedAddressFamily(AddressFamily::IPV6);
    assert_eq!(client.code(Method::REFRESH, &[&family]), 443);

    // Another user from the same address gets 441.
    client.user = "bob";
    client.key = Key::long_term(
        &Credentials {
            username: "bob",
            password: "other",
        },
        REALM,
    );
    assert_eq!(client.code(Method::REFRESH, &[]), 441);
    println!("permissions_and_channels: {} requests", client.asked);
}

/// Allocates a TCP relay and connects it to a peer. The allocation ends when the returned link is dropped.
fn connected_to_peer(server: &Turn) -> (Link, TcpListener, ConnectionId) {
    let (mut link, mut login) = Login::open(server.at("127.0.0.1"), true, USER, PASSWORD);
    let allocated = login.ask(&mut link, Method::ALLOCATE, &[&RequestedTransport::TCP]);
    login.granted(&allocated);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = XorPeerAddress(listener.local_addr().unwrap());
    let connected = login.ask(&mut link, Method::CONNECT, &[&peer]);
    let (id,) = login.granted(&connected).read::<(ConnectionId,)>().unwrap();
    (link, listener, id)
}

/// RFC 6062 §5.4: a ConnectionBind of another user is refused, and the connection remains for the client's.
fn connections() {
    let server = Turn::start(&["--user", "bob:other"]);
    let (_link, _listener, id) = connected_to_peer(&server);
    for (user, password, expected) in [("bob", "other", 400), (USER, PASSWORD, 0)] {
        let (mut data, mut login) = Login::open(server.at("127.0.0.1"), true, user, password);
        let bound = login.ask(&mut data, Method::CONNECTION_BIND, &[&id]);
        assert_eq!(code(&bound), expected, "{user}");
    }
    println!("connections: 1 of 2 ConnectionBind requests");
}

/// If the client resets its data connection before the response to ConnectionBind, the peer's connection is closed,
/// too.
fn reset_data_connection() {
    let server = Turn::start(&[]);
    let (_link, listener, id) = connected_to_peer(&server);
    let (mut peer, _) = listener.accept().unwrap();

    let (mut data, login) = Login::open(server.at("127.0.0.1"), true, USER, PASSWORD);
    // A connection that is closed with unread bytes is reset.
    let mut unread = Vec::new();
    MessageWriter::request(&mut unread, Method::BINDING, TransactionId::new([7; 12]))
        .unwrap()
        .finish()
        .unwrap();
    data.send(&unread).unwrap();
    thread::sleep(Duration::from_millis(100));
    data.send(&login.request(Method::CONNECTION_BIND, &[&id]))
        .unwrap();
    drop(data);
    peer.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    println!("reset_data_connection: the connection of the peer was closed");
}

fn credentials() {
    let server = Turn::start(&["--nonce-lifetime", "2"]);
    let mut client = Client::new(&server);
    // These replies are not signed, because the server does not know the client's key.
    client.key = Key::long_term(
        &Credentials {
            username: USER,
            password: "guess",
        },
        REALM,
    );
    assert_eq!(code_of(&client.ask(Method::ALLOCATE, &[&UDP])), 401);
    client.key = Key::long_term(
        &Credentials {
            username: USER,
            password: PASSWORD,
        },
        REALM,
    );
    client.user = "nobody";
    assert_eq!(code_of(&client.ask(Method::ALLOCATE, &[&UDP])), 401);
    client.user = USER;

    // A tag without REALM and NONCE, and a message that ends inside an attribute.
    let mut packet = Vec::new();
    let header = Header::request(Method::ALLOCATE, client.id);
    let mut request = MessageWriter::new(&mut packet, header).unwrap();
    request.attribute(&Username::new(USER).unwrap()).unwrap();
    request.integrity(&client.key).unwrap().finish().unwrap();
    assert_eq!(code_of(&client.exchange(&packet)), 400);
    packet.truncate(50);
    assert_eq!(code_of(&client.exchange(&packet)), 400);

    // A nonce of another server and an expired nonce get a 438 with a new nonce.
    assert_eq!(client.code(Method::ALLOCATE, &[&UDP]), 0);
    let good = std::mem::replace(&mut client.nonce, b"1234-0123456789abcdef".to_vec());
    assert_eq!(code_of(&client.ask(Method::REFRESH, &[])), 438);
    client.nonce = good;
    assert_eq!(client.code(Method::REFRESH, &[]), 0);
    std::thread::sleep(Duration::from_secs(2));
    let reply = client.ask(Method::REFRESH, &[]);
    assert_eq!(code_of(&reply), 438);
    let reply = Message::parse(&reply).unwrap();
    client.nonce = reply
        .get::<Nonce<'_>>()
        .unwrap()
        .unwrap()
        .as_bytes()
        .to_vec();
    assert_eq!(client.code(Method::REFRESH, &[]), 0);
    println!("credentials: {} requests", client.asked);
}

/// RFC 8489 §9.2.4 and §9.2.5: SHA-256 for the key and for the tag, USERHASH, and the detection of a list that
/// was shortened on the way.
fn password_algorithms() {
    let server = Turn::start(&["--sha256"]);
    let mut client = Client::new(&server);
    assert!(client.nonce.starts_with(b"obMatJos2"));
    let key = Key::long_term_sha256(
        &Credentials {
            username: USER,
            password: PASSWORD,
        },
        REALM,
    );
    let (sha256, md5) = (PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5);
    let mut ask = |list: &[PasswordAlgorithm<'_>], chosen: Option<PasswordAlgorithm<'_>>| {
        let mut packet = Vec::new();
        let header = Header::request(Method::ALLOCATE, TransactionId::random().unwrap());
        let mut request = MessageWriter::new(&mut packet, header).unwrap();
        request
            .attribute(&UDP)
            .unwrap()
            .attribute(&UserHash::of(USER, REALM))
            .unwrap()
            .attribute(&Realm::new(REALM).unwrap())
            .unwrap()
            .attribute(&Nonce::new(&client.nonce).unwrap())
            .unwrap()
            .attribute(&PasswordAlgorithms::of(list))
            .unwrap();
        if let Some(chosen) = chosen {
            request.attribute(&chosen).unwrap();
        }
        request.integrity_sha256(&key).unwrap().finish().unwrap();
        client.exchange(&packet)
    };
    assert_eq!(code_of(&ask(&[md5], Some(md5))), 400);
    assert_eq!(code_of(&ask(&[md5, sha256], Some(sha256))), 400);
    assert_eq!(code_of(&ask(&[sha256, md5], None)), 400);
    let reply = ask(&[sha256, md5], Some(sha256));
    assert_eq!(code_of(&reply), 0);
    let reply = Message::parse(&reply).unwrap();
    assert!(reply.get::<MessageIntegritySha256<'_>>().unwrap().is_some());
    reply.verify(&key).unwrap();

    // The example's client handles the same challenge.
    let mut command = own("turn_udp");
    command.arg(format!("127.0.0.1:{}", server.port)).args([
        "--user",
        USER,
        "--password",
        PASSWORD,
    ]);
    let output = run(&mut command, Duration::from_secs(30));
    let told = text(&output);
    assert!(output.status.success(), "{told}\n{}", server.log());
    let figures = server.figures(1);
    println!(
        "password_algorithms: {} requests; turn_udp: {figures}",
        client.asked
    );
}

/// Packets of a peer without a permission are dropped, and by default the server listens only on loopback
/// addresses.
fn addresses() {
    let output = run(
        own("turn_server").args(["--user", "a:b", "--listen", "0.0.0.0:0"]),
        Duration::from_secs(10),
    );
    assert!(!output.status.success());
    assert!(text(&output).contains("0.0.0.0 is not loopback"));

    let server = Turn::start(&[]);
    let mut client = Client::new(&server);
    let reply = client.ask(Method::ALLOCATE, &[&UDP]);
    let relay = Message::parse(&reply).unwrap().get::<XorRelayedAddress>();
    let relay: SocketAddr = relay.unwrap().unwrap().0;
    let friend = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stranger = UdpSocket::bind("127.0.0.2:0").unwrap();
    let address = XorPeerAddress(friend.local_addr().unwrap());
    assert_eq!(client.code(Method::CREATE_PERMISSION, &[&address]), 0);
    stranger.send_to(b"unasked", relay).unwrap();
    friend.send_to(b"permitted", relay).unwrap();
    let mut buf = [0; 256];
    let length = client.socket.recv(&mut buf).unwrap();
    let data = Message::parse(&buf[..length]).unwrap();
    let indication = stunwire::relay::read(&data).unwrap().unwrap();
    assert_eq!(indication.peer, address.0);
    assert_eq!(&buf[indication.payload], b"permitted");
    println!("addresses: 1 of 2 packets relayed, the one of the permitted peer");
}

/// A client that releases its allocation while the server sends it a packet gets all of this packet before the
/// response. A part of it would be read together with the response.
fn released_while_a_packet_is_sent() {
    let server = Turn::start(&[]);
    let (mut link, mut login) = Login::open(server.at("127.0.0.1"), true, USER, PASSWORD);
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let reply = login.ask(&mut link, Method::ALLOCATE, &[&UDP]);
    let (XorRelayedAddress(relay),) = login.granted(&reply).read().unwrap();
    let permission = XorPeerAddress(peer.local_addr().unwrap());
    let reply = login.ask(&mut link, Method::CREATE_PERMISSION, &[&permission]);
    login.granted(&reply);

    // More than the buffers of a connection hold, which the client does not read.
    for _ in 0..400 {
        peer.send_to(&[0xA5; 60_000], relay).unwrap();
        thread::sleep(Duration::from_millis(1));
    }
    let release = login.request(Method::REFRESH, &[&Lifetime::from_secs(0)]);
    link.send(&release).unwrap();
    thread::sleep(Duration::from_millis(200));
    let mut packets = 0;
    loop {
        let packet = link.receive(Duration::from_secs(10)).unwrap();
        let message = Message::parse(&packet).unwrap();
        if message.method() == Method::REFRESH {
            assert!(message.is_success_response());
            break;
        }
        let data = stunwire::relay::read(&message).unwrap().unwrap();
        assert_eq!(packet[data.payload], [0xA5; 60_000]);
        packets += 1;
    }
    // Otherwise the server was never stopped inside a packet.
    assert!((1..400).contains(&packets), "{packets} packets");
    println!("released_while_a_packet_is_sent: {packets} whole packets, then the response");
}
