//! Usage examples with the parts below `auth`: challenges, keys and replies are combined by hand, as an application
//! with an authentication of its own does it. `programs.rs` has those with `auth`. A change of the crate may make them
//! shorter, not longer.

use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::sync::mpsc;

use bytes::Bytes;
use futures_util::StreamExt;
use stunwire::attribute::{
    AttributeType, ChannelNumber, EncodeAttribute, IceControlling, Lifetime, Nonce, Priority,
    Realm, UnknownAttributes, UseCandidate, Username, XorMappedAddress, XorPeerAddress,
    XorRelayedAddress, ms,
};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Frame, Rfc4571, StunTcp};
use stunwire::relay::{self, HEADROOM};
use stunwire::reply::{self, Challenge, Reply};
use stunwire::{
    ChannelData, Class, Code, Credentials, Dialect, EncodeError, ErrorCode, Header, Key, Message,
    MessageWriter, Method, ParseError, TransactionId,
};
use tokio::net::TcpStream;
use tokio_util::codec::Framed;

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

struct Server {
    keys: HashMap<Vec<u8>, Key>,
    realm: String,
    relay: SocketAddr,
}

const KNOWN: [AttributeType; 4] = [
    AttributeType::USERNAME,
    AttributeType::REALM,
    AttributeType::NONCE,
    AttributeType::XOR_PEER_ADDRESS,
];

impl Server {
    fn new() -> Self {
        let key = Key::long_term(
            &Credentials {
                username: "turn",
                password: "secret",
            },
            "example.org",
        );
        Self {
            keys: HashMap::from([(b"turn".to_vec(), key)]),
            realm: "example.org".into(),
            relay: "192.0.2.15:50000".parse().unwrap(),
        }
    }

    fn nonce(&self) -> String {
        "f//499k954d6OL34oL9FSTvy64sA".into()
    }

    fn has_allocation(&self, from: SocketAddr) -> bool {
        from.port() != 9
    }

    fn datagram(
        &self,
        packet: &[u8],
        from: SocketAddr,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let request = match Message::parse(packet) {
            Ok(message) => message,
            Err(_) => {
                let Ok(header) = Header::parse(packet) else {
                    return Ok(()); // not STUN
                };
                MessageWriter::error_to(out, header, Code::BAD_REQUEST)?.finish()?;
                return Ok(());
            }
        };
        let user = request.get::<Username>().ok().flatten();
        let Some(key) = user.and_then(|user| self.keys.get(user.as_bytes())) else {
            return self.challenge(&request, out);
        };
        let Ok(request) = request.verify(key) else {
            return self.challenge(&request, out);
        };
        if let Some(reply) = reply::unknown_attributes((&request, key), &KNOWN) {
            return reply.write(out).map(drop);
        }
        if !self.has_allocation(from) {
            let reply = Reply::new((&request, key), Code::ALLOCATION_MISMATCH);
            return reply.write(out).map(drop);
        }
        let mut reply = MessageWriter::success_to(out, &request)?;
        reply
            .attribute(&XorRelayedAddress(self.relay))?
            .attribute(&XorMappedAddress(from))?
            .attribute(&Lifetime::from_secs(600))?;
        reply
            .integrity_like(&request, key)?
            .fingerprint()?
            .finish()?;
        Ok(())
    }

    fn challenge(&self, request: &Message<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let nonce = self.nonce();
        let challenge = Challenge::new(&self.realm, &nonce)?;
        challenge.unauthenticated(request).write(out).map(drop)
    }

    fn answer(&self, packet: &[u8], from: &str) -> Vec<u8> {
        let mut out = Vec::new();
        self.datagram(packet, from.parse().unwrap(), &mut out)
            .unwrap();
        out
    }
}

fn code_of(packet: &[u8]) -> u16 {
    let reply = Message::parse(packet).unwrap();
    assert_eq!(reply.class(), Class::ErrorResponse);
    assert_eq!(reply.transaction_id(), ID);
    reply.get::<ErrorCode>().unwrap().unwrap().code().as_u16()
}

#[test]
fn a_servers_datagram() {
    let server = Server::new();
    let key = Key::long_term(
        &Credentials {
            username: "turn",
            password: "secret",
        },
        "example.org",
    );
    let peer = XorPeerAddress("192.0.2.1:7".parse().unwrap());
    let request = |extra: &[&dyn EncodeAttribute], key: &Key| -> Vec<u8> {
        let mut out = Vec::new();
        let header = Header::request(Method::CREATE_PERMISSION, ID);
        let mut request = MessageWriter::new(&mut out, header).unwrap();
        request.attribute(&Username::new("turn").unwrap()).unwrap();
        for attribute in extra {
            request.attribute(*attribute).unwrap();
        }
        request.integrity(key).unwrap().finish().unwrap();
        out
    };
    let client = "192.0.2.9:1024";

    // A packet that is not STUN gets no reply; a message that ends inside an attribute gets a 400.
    assert_eq!(server.answer(&[0x80; 40], client), b"");
    let good = request(&[&peer], &key);
    let mut truncated = good.clone();
    truncated.truncate(30);
    assert_eq!(code_of(&server.answer(&truncated, client)), 400);

    // A wrong password gets a 401 with REALM and NONCE for another attempt.
    let reply = server.answer(&request(&[&peer], &Key::short_term("guess")), client);
    assert_eq!(code_of(&reply), 401);
    let reply = Message::parse(&reply).unwrap();
    assert_eq!(
        reply.get::<Realm>().unwrap().unwrap().as_str(),
        Ok("example.org")
    );
    assert!(reply.get::<Nonce>().unwrap().is_some());

    // An unknown comprehension-required attribute gets a signed 420 that lists its type.
    let reply = server.answer(&request(&[&peer, &Priority(1)], &key), client);
    assert_eq!(code_of(&reply), 420);
    let reply = Message::parse(&reply).unwrap().verify(&key).unwrap();
    let unknown = reply.get::<UnknownAttributes>().unwrap().unwrap();
    assert!(unknown.iter().eq([AttributeType::PRIORITY]));

    let reply = server.answer(&good, "192.0.2.9:9");
    assert_eq!(code_of(&reply), 437);

    let reply = server.answer(&good, client);
    let reply = Message::parse(&reply).unwrap();
    assert!(reply.fingerprint().is_valid());
    let reply = reply.verify(&key).unwrap();
    assert_eq!(reply.class(), Class::SuccessResponse);
    assert_eq!(
        reply.get::<XorMappedAddress>().unwrap().unwrap().0,
        client.parse().unwrap()
    );

    // A response is not answered.
    let mut out = Vec::new();
    assert_eq!(
        reply::bad_request(reply.header()).write(&mut out).map(drop),
        Err(EncodeError::NotARequest)
    );
    assert_eq!(out, b"");
}

struct Side {
    ufrag: &'static str,
    key: Key,
}

fn ice_check<'b>(
    buf: &'b mut [u8],
    remote: &Side,
    local: &Side,
    nominate: bool,
    application_attributes: &[&dyn EncodeAttribute],
) -> Result<&'b mut [u8], EncodeError> {
    let mut check = MessageWriter::new(buf, Header::request(Method::BINDING, ID))?;
    check
        .attribute(&Username::joined(remote.ufrag, local.ufrag)?)?
        .attribute(&Priority::from_parts(110, 0xFFFF, 1)?)?
        .attribute(&IceControlling(0x932f_f9b1_5126_3b36))?;
    if nominate {
        check.attribute(&UseCandidate)?;
    }
    for extra in application_attributes {
        check.attribute(*extra)?;
    }
    check.integrity(&remote.key)?.fingerprint()?.finish()
}

#[test]
fn an_ice_check() {
    let remote = Side {
        ufrag: "evtj",
        key: Key::short_term("VOkJxbRl1RmTxUk/WvJxBt"),
    };
    let local = Side {
        ufrag: "h6vY",
        key: Key::short_term("the other password of this pair"),
    };
    let mut buf = [0xAA; 256];
    let extra = ms::ImplementationVersion(3);
    let check = ice_check(&mut buf, &remote, &local, true, &[&extra]).unwrap();
    let check = Message::parse(check).unwrap();
    assert!(check.fingerprint().is_valid());
    assert!(check.verify(&local.key).is_err());
    let check = check.verify(&remote.key).unwrap();
    assert_eq!(
        check.get::<Username>().unwrap().unwrap().as_str(),
        Ok("evtj:h6vY")
    );
    assert_eq!(check.get().unwrap(), Some(UseCandidate));
    assert_eq!(check.get().unwrap(), Some(extra));
}

#[test]
fn as_many_peers_as_fit() {
    let peers: Vec<SocketAddr> = (1..=40)
        .map(|port| SocketAddr::from(([192, 0, 2, 1], port)))
        .collect();
    let mut buf = [0; 130];
    let header = Header::request(Method::CREATE_PERMISSION, ID);
    let mut request = MessageWriter::new(&mut buf[..], header).unwrap();
    let fitting = peers
        .iter()
        .take_while(|peer| request.attribute(&XorPeerAddress(**peer)).is_ok())
        .count();
    let request = Message::parse(request.finish().unwrap()).unwrap();
    assert_eq!(fitting, (130 - 20) / 12);
    let read: Result<Vec<_>, _> = request.get_all::<XorPeerAddress>().collect();
    let read: Vec<_> = read.unwrap().into_iter().map(|peer| peer.0).collect();
    assert_eq!(read, peers[..fitting]);
}

#[test]
fn length_prefixed_messages() {
    let mut out = b"sent before".to_vec();
    for name in ["first", "second"] {
        let mut frame = Rfc4571::begin(&mut out).unwrap();
        let header = Header::indication(Method::BINDING, ID);
        let mut message = MessageWriter::new(&mut frame, header).unwrap();
        message.attribute(&Username::new(name).unwrap()).unwrap();
        message.finish().unwrap();
        frame.end().unwrap();
    }
    let frames = out.strip_prefix(b"sent before").unwrap();
    let (first, second) = frames.split_at(2 + 20 + 12);
    for (frame, name) in [(first, "first"), (second, "second")] {
        let (prefix, packet) = frame.split_at(2);
        assert_eq!(
            usize::from(u16::from_be_bytes([prefix[0], prefix[1]])),
            packet.len()
        );
        let user = Message::parse(packet).unwrap().get::<Username>().unwrap();
        assert_eq!(user.unwrap().as_str(), Ok(name));
    }
}

fn answer_challenge(
    packet: &[u8],
    user: &str,
    password: &str,
    out: &mut Vec<u8>,
) -> Result<Key, Box<dyn std::error::Error>> {
    let version = 2;
    let challenge = Dialect::MS_TURN.parse(packet)?;
    let realm = challenge.get::<Realm>()?.ok_or("no realm")?;
    let nonce = challenge.get::<Nonce>()?.ok_or("no nonce")?;
    let key = Key::ms_turn(
        &Credentials {
            username: user,
            password,
        },
        realm,
        nonce,
        version,
    );
    let header = Header::request(Method::ALLOCATE, challenge.transaction_id());
    let mut allocate = MessageWriter::new(out, header.in_dialect(Dialect::MS_TURN))?;
    allocate
        .attribute(&ms::Version(version))?
        .attribute(&Username::new(user)?)?
        .attribute(&realm)?
        .attribute(&nonce)?;
    allocate.integrity(&key)?.finish()?;
    Ok(key)
}

#[test]
fn an_ms_turn_client() {
    // In MS-TURN 0x0014 is NONCE and 0x0015 REALM, and the 3 bytes of nonce in the 401 are not padded.
    let mut challenge = b"\x01\x13\0\0abcdefghijklmnop\0\x0f\0\x04\x72\xc6\x4b\xc6".to_vec();
    challenge.extend_from_slice(b"\0\x09\0\x04\0\0\x04\x01");
    challenge.extend_from_slice(b"\0\x14\0\x03\x01\x02\x03");
    challenge.extend_from_slice(b"\0\x15\0\x0a\"rtcmedia\"");
    challenge[3] = u8::try_from(challenge.len() - 20).unwrap();

    let mut out = Vec::new();
    let key = answer_challenge(&challenge, "user", "secret", &mut out).unwrap();
    let allocate = Dialect::MS_TURN.parse(&out).unwrap().verify(&key).unwrap();
    assert_eq!(allocate.method(), Method::ALLOCATE);
    let realm = allocate.get::<Realm>().unwrap().unwrap();
    assert_eq!(realm.as_bytes(), b"\"rtcmedia\"");
    let nonce = allocate.get::<Nonce>().unwrap().unwrap();
    assert_eq!(nonce.as_bytes(), b"\x01\x02\x03");
    let codes: Vec<u16> = allocate.attributes().map(|raw| raw.ty().as_u16()).collect();
    assert_eq!(codes, [0x000F, 0x8008, 0x0006, 0x0015, 0x0014]);

    // RFC 8489 would confuse the two, so it refuses the message; MS-TURN refuses messages of the RFC.
    challenge[4..8].copy_from_slice(&stunwire::MAGIC_COOKIE.to_be_bytes());
    assert_eq!(Message::parse(&challenge).unwrap_err(), ParseError::MsTurn);
    assert_eq!(Dialect::detect(&challenge), Some(Dialect::MS_TURN));
    let mut plain = Vec::new();
    let mut request =
        MessageWriter::new(&mut plain, Header::request(Method::ALLOCATE, ID)).unwrap();
    request
        .attribute(&Realm::new("example.org").unwrap())
        .unwrap();
    request.finish().unwrap();
    assert!(Message::parse(&plain).is_ok());
    assert_eq!(
        Dialect::MS_TURN.parse(&plain).unwrap_err(),
        ParseError::NotMsTurn
    );
}

fn without_fingerprint<'b>(
    packet: &[u8],
    buf: &'b mut [u8],
) -> Result<&'b [u8], Box<dyn std::error::Error>> {
    let message = Message::parse(packet)?;
    let mut copy = MessageWriter::verbatim(buf, message.header())?;
    for attribute in message.all_attributes() {
        if attribute.ty() != AttributeType::FINGERPRINT {
            copy.raw(&attribute)?;
        }
    }
    Ok(copy.finish()?)
}

#[test]
fn a_proxy() {
    // Padded with 0x20, as in RFC 5769, and with an attribute after MESSAGE-INTEGRITY.
    let packet: &[u8] = b"\x00\x01\x00\x38\x21\x12\xa4\x42abcdefghijkl\
        \x00\x06\x00\x09evtj:h6vY\x20\x20\x20\
        \x00\x08\x00\x14aaaaabbbbbcccccddddd\
        \xff\x05\x00\x01x\x20\x20\x20\
        \x80\x28\x00\x04\xde\xad\xbe\xef";
    let mut buf = [0; 128];
    let copy = without_fingerprint(packet, &mut buf).unwrap();
    assert_eq!(copy[..2], packet[..2]);
    assert_eq!(copy[2..4], [0x00, 0x30]);
    assert_eq!(copy[4..], packet[4..packet.len() - 8]);
}

/// Relays a datagram from the peer to the client, from the buffer in which it was received.
fn relay_to_client(
    socket: &UdpSocket,
    client: &UdpSocket,
    buf: &mut [u8],
) -> Result<(), Box<dyn std::error::Error>> {
    let (n, peer) = socket.recv_from(&mut buf[HEADROOM..])?;
    let id = TransactionId::random()?;
    let packet = relay::data_indication_in_place(buf, HEADROOM..HEADROOM + n, peer, id)?;
    client.send(&buf[packet])?;
    Ok(())
}

/// The peer and the payload of a client's ChannelData or Send indication.
fn relay_to_peer(
    packet: &[u8],
    channels: &HashMap<ChannelNumber, SocketAddr>,
) -> Option<(SocketAddr, Range<usize>)> {
    match Demux::new().protocol(packet)? {
        Protocol::ChannelData => {
            let data = ChannelData::parse_datagram(packet).ok()?;
            Some((*channels.get(&data.number)?, data.range()))
        }
        Protocol::Stun => {
            let indication = relay::read(&Message::parse(packet).ok()?).ok()??;
            Some((indication.peer, indication.payload))
        }
        _ => None,
    }
}

#[test]
fn the_relay_path() {
    let any = || UdpSocket::bind("127.0.0.1:0").unwrap();
    let (peer, relayed, server, client) = (any(), any(), any(), any());
    server.connect(client.local_addr().unwrap()).unwrap();
    peer.send_to(b"from the peer", relayed.local_addr().unwrap())
        .unwrap();
    let mut buf = [0; HEADROOM + 1500 + relay::TAILROOM];
    relay_to_client(&relayed, &server, &mut buf).unwrap();
    let mut packet = [0; 1500];
    let n = client.recv(&mut packet).unwrap();
    let indication = relay::read(&Message::parse(&packet[..n]).unwrap());
    let indication = indication.unwrap().unwrap();
    assert_eq!(indication.peer, peer.local_addr().unwrap());
    assert_eq!(packet[indication.payload], *b"from the peer");

    // From the client to the peer: a Send indication, and ChannelData.
    let to = peer.local_addr().unwrap();
    let channels = HashMap::from([(ChannelNumber::MIN, to)]);
    let mut buf = [0; HEADROOM + 8];
    buf[HEADROOM..HEADROOM + 5].copy_from_slice(b"hello");
    let range = HEADROOM..HEADROOM + 5;
    let sent = relay::send_indication_in_place(&mut buf, range.clone(), to, ID).unwrap();
    assert_eq!(relay_to_peer(&buf[sent], &channels), Some((to, 36..41)));
    let sent = relay::channel_data_in_place(&mut buf, range, ChannelNumber::MIN).unwrap();
    assert_eq!(relay_to_peer(&buf[sent], &channels), Some((to, 4..9)));
    assert_eq!(relay_to_peer(b"\x80 RTP", &channels), None);
}

/// A TURN client over TCP.
async fn turn_over_tcp(
    server: SocketAddr,
    peers: &HashMap<ChannelNumber, mpsc::Sender<Bytes>>,
) -> Result<Vec<Method>, Box<dyn std::error::Error>> {
    let mut methods = Vec::new();
    let mut turn = Framed::new(TcpStream::connect(server).await?, StunTcp::default());
    while let Some(frame) = turn.next().await {
        match frame? {
            Frame::Stun(bytes) => methods.push(Message::parse(&bytes)?.method()),
            Frame::ChannelData { number, payload } => peers[&number].send(payload)?,
        }
    }
    Ok(methods)
}

#[test]
fn a_client_on_tcp() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let sender = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut out = Vec::new();
        MessageWriter::new(&mut out, Header::success(Method::ALLOCATE, ID))
            .and_then(MessageWriter::finish)
            .unwrap();
        let mut data = StunTcp::begin(&mut out, ChannelNumber::MIN).unwrap();
        data.put(b"hello").unwrap();
        data.end().unwrap();
        socket.write_all(&out).unwrap();
    });
    let (to_peer, peer) = mpsc::channel();
    let peers = HashMap::from([(ChannelNumber::MIN, to_peer)]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let methods = runtime.block_on(turn_over_tcp(server, &peers)).unwrap();
    sender.join().unwrap();
    assert_eq!(methods, [Method::ALLOCATE]);
    assert_eq!(peer.recv().unwrap(), "hello");
}
