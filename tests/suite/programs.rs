//! Usage examples, complete programs: a TURN server and client, an ICE agent, a relay, a dissector and a proxy.
//! A change of the crate must not make them longer.

use std::cell::Cell;
use std::net::SocketAddr;

use stunwire::attribute::{
    AttributeType, IceControlling, Lifetime, Nonce, Priority, Realm, RequestedTransport, Software,
    UseCandidate, Username, XorMappedAddress, XorRelayedAddress, ms,
};
use stunwire::auth::{
    Check, Claim, LongTermClient, LongTermServer, NonceMint, NonceStatus, Response, UnixTime, rest,
};
use stunwire::ice::{self, Role, RoleConflict};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{
    Class, Code, Credentials, Dialect, Error, Header, HmacAlgorithm, HmacFn, Key, Message,
    MessageWriter, Method, Rewrite, SecurityFeatures, TransactionId, Verified, reply,
};

use crate::support::address;

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

// 1. A TURN server's datagram.

const KNOWN: &[AttributeType] = &[
    AttributeType::USERNAME,
    AttributeType::USERHASH,
    AttributeType::REALM,
    AttributeType::NONCE,
    AttributeType::PASSWORD_ALGORITHM,
    AttributeType::REQUESTED_TRANSPORT,
    AttributeType::LIFETIME,
];

struct Server {
    auth: LongTermServer<&'static str, Key>,
    relay: SocketAddr,
    indications: Cell<u32>,
}

impl Server {
    fn new() -> Result<Self, Error> {
        let nonces = NonceMint::new(Key::from_bytes(b"a secret of this server"));
        Ok(Self {
            auth: LongTermServer::new("example.org", nonces)?,
            relay: address("192.0.2.15:50000"),
            indications: Cell::new(0),
        })
    }

    fn key(&self, claim: &Claim<'_, '_>) -> Option<Key> {
        if claim.user().is("user", claim.realm()) {
            claim.derive_key("user", "password")
        } else {
            None
        }
    }

    fn indication(&self) {
        self.indications.set(self.indications.get() + 1);
    }

    fn datagram<'o>(
        &self,
        packet: &[u8],
        from: SocketAddr,
        out: &'o mut Vec<u8>,
    ) -> Result<Option<&'o [u8]>, Error> {
        let Ok(message) = Message::parse(packet) else {
            return Ok(None);
        };
        if message.class() != Class::Request {
            self.indication();
            return Ok(None);
        }
        let request = match self
            .auth
            .check(&message, from, NOW, |claim| self.key(claim))
        {
            Check::Verified(request) => request,
            Check::Reply(reply) => return Ok(Some(reply.write(out)?)),
            Check::Ignore => return Ok(None),
        };
        if let Some(reply) = reply::unknown_attributes(&request, KNOWN) {
            return Ok(Some(reply.write(out)?));
        }
        let Ok((_transport, lifetime)) = request.read::<(RequestedTransport, Option<Lifetime>)>()
        else {
            return Ok(Some(reply::bad_request(&request).write(out)?));
        };
        let lifetime = lifetime.unwrap_or(Lifetime::from_secs(600));
        Ok(Some(
            MessageWriter::success_to(out, &request)?
                .with(&XorRelayedAddress(self.relay))?
                .with(&XorMappedAddress(from))?
                .with(&lifetime)?
                .finish_like(&request)?,
        ))
    }
}

// 4. A TURN client's login, against that server.

fn login(
    server: &Server,
    login: &mut LongTermClient<Credentials<&str, &str>>,
) -> Result<Option<(SocketAddr, u32)>, Error> {
    let from = address("198.51.100.7:40000");
    let (mut buf, mut out) = ([0; 512], Vec::new());
    for attempt in 0..4_u8 {
        let id = TransactionId::new([attempt; 12]);
        let request = MessageWriter::request(&mut buf, Method::ALLOCATE, id)?
            .with(&RequestedTransport::UDP)?;
        let (packet, sent) = login.sign(request)?;
        out.clear();
        let Some(answer) = server.datagram(packet, from, &mut out)? else {
            return Ok(None);
        };
        let answer = Message::parse(answer)?;
        match login.response(&sent, &answer) {
            Response::Verified(response) => {
                let (relayed, lifetime) = response.read::<(XorRelayedAddress, Lifetime)>()?;
                return Ok(Some((relayed.0, lifetime.0)));
            }
            Response::Retry => {}
            _ => return Ok(None),
        }
    }
    Ok(None)
}

#[test]
fn server_and_client() -> Result<(), Error> {
    let server = Server::new()?;
    let mut client = LongTermClient::new("user", "password");
    let allocated = login(&server, &mut client)?;
    assert_eq!(allocated, Some((address("192.0.2.15:50000"), 600)));

    let mut client = LongTermClient::new("user", "wrong");
    assert_eq!(login(&server, &mut client)?, None);
    let mut client = LongTermClient::new("nobody", "password");
    assert_eq!(login(&server, &mut client)?, None);

    // A response and an indication get no answer.
    let (mut buf, mut out) = ([0; 64], Vec::new());
    for header in [
        Header::indication(Method::BINDING, ID),
        Header::success(Method::ALLOCATE, ID),
    ] {
        let packet = MessageWriter::new(&mut buf, header)?.finish()?;
        let answer = server.datagram(packet, address("198.51.100.7:1"), &mut out)?;
        assert_eq!(answer, None);
    }
    assert_eq!(server.indications.get(), 2);
    Ok(())
}

// 2. The relay path: a payload is sent from the buffer in which it was received.

#[test]
fn relayed_in_place() -> Result<(), Error> {
    let mut buf = [0; HEADROOM + 1500 + TAILROOM];
    let (n, peer) = (5, address("[2001:db8::1]:7"));
    buf[HEADROOM..HEADROOM + n].copy_from_slice(b"hello");
    let packet = relay::data_indication_in_place(&mut buf, HEADROOM..HEADROOM + n, peer, ID)?;
    let message = Message::parse(&buf[packet])?;
    let data = relay::read(&message)?.expect("a Data indication");
    assert_eq!(data.peer, peer);
    assert_eq!(&message.as_bytes()[data.payload], b"hello");
    Ok(())
}

// 3. An ICE agent's check, and its answer.

struct Agent {
    role: Role,
    tie_breaker: u64,
    key: Key,
}

impl Agent {
    fn answer<'o>(
        &mut self,
        packet: &[u8],
        from: SocketAddr,
        out: &'o mut Vec<u8>,
    ) -> Result<Option<&'o [u8]>, Error> {
        let check = Message::parse(packet)?.verify(&self.key)?;
        let (_user, _priority, _nominated) =
            check.read::<(Username, Priority, Option<UseCandidate>)>()?;
        match ice::role_conflict(&check, self.role, self.tie_breaker)? {
            RoleConflict::None => {}
            RoleConflict::Switch(role) => self.role = role,
            RoleConflict::Reply487 => {
                return Ok(Some(reply::role_conflict((&check, &self.key)).write(out)?));
            }
            RoleConflict::BothRoles => {
                return Ok(Some(reply::bad_request((&check, &self.key)).write(out)?));
            }
        }
        Ok(Some(
            MessageWriter::success_to(out, &check)?
                .with(&XorMappedAddress(from))?
                .finish_like((&check, &self.key))?,
        ))
    }
}

#[test]
fn ice_check_and_answer() -> Result<(), Error> {
    let key = Key::short_term("the password of the answering agent");
    let mut buf = [0; 256];
    let check = MessageWriter::request(&mut buf, Method::BINDING, ID)?
        .with(&Username::joined("remote", "local")?)?
        .with(&Priority(0x6e00_01ff))?
        .with(&IceControlling(5))?
        .with_all(&[&Software::new("agent")?])?
        .integrity(&key)?
        .fingerprint()?
        .finish()?;
    let from = address("203.0.113.9:9");

    let mut controlled = Agent {
        role: Role::Controlled,
        tie_breaker: 9,
        key: key.clone(),
    };
    let mut out = Vec::new();
    let answer = controlled
        .answer(check, from, &mut out)?
        .expect("an answer");
    let answer = Message::parse(answer)?;
    assert!(answer.fingerprint().is_valid());
    assert_eq!(answer.verify(&key)?.get()?, Some(XorMappedAddress(from)));

    // This agent's tie-breaker is larger, so it keeps its role.
    let mut controlling = Agent {
        role: Role::Controlling,
        ..controlled
    };
    let mut out = Vec::new();
    let answer = controlling
        .answer(check, from, &mut out)?
        .expect("an answer");
    let answer = Message::parse(answer)?;
    assert!(answer.fingerprint().is_valid());
    let error = answer.verify(&key)?.read::<(stunwire::ErrorCode,)>()?.0;
    assert_eq!(error.code(), Code::ROLE_CONFLICT);
    Ok(())
}

// 6. An MS-TURN client.

#[test]
fn ms_turn_allocate() -> Result<(), Error> {
    let credentials = Credentials {
        username: [0x01, 0xFE, 0x80],
        password: [0x7F; 20],
    };
    let id = TransactionId::classic(*b"abcdefghijklmnop");
    let request = Header::request(Method::ALLOCATE, id).in_dialect(Dialect::MS_TURN);
    let mut packet = Vec::new();
    MessageWriter::error_to(&mut packet, request, Code::UNAUTHENTICATED)?
        .with(&Realm::new("\"rtc\"")?)?
        .with(&Nonce::new(&[0xFF; 20])?)?
        .finish()?;

    let version = ms::Version(6);
    let challenge = Dialect::MS_TURN.parse(&packet)?;
    let (realm, nonce) = challenge.read::<(Realm, Nonce)>()?;
    let key = Key::ms_turn(&credentials, realm, nonce, version.0);
    let mut out = Vec::new();
    let allocate = MessageWriter::new(&mut out, request)?
        .with(&version)?
        .with(&Username::new(&credentials.username)?)?
        .with(&realm)?
        .with(&nonce)?
        .integrity(&key)?
        .finish()?;

    let allocate = Dialect::MS_TURN.parse(allocate)?.verify(&key)?;
    assert_eq!(allocate.algorithm().tag_len(), 32);
    assert_eq!(allocate.read::<(Realm, Nonce)>()?, (realm, nonce));
    Ok(())
}

// 7. A dissector: the attributes before the first error, the error and the bytes after it are available.

fn dissect(payload: &[u8]) -> Result<Vec<String>, Error> {
    let dialect = Dialect::detect(payload).unwrap_or(Dialect::RFC8489);
    let (header, mut attributes) = dialect.walk(payload)?;
    let mut lines = vec![header.to_string()];
    for attribute in attributes.by_ref() {
        lines.push(match attribute {
            Ok(attribute) => format!("{:>4}  {attribute:#}", attribute.offset()),
            Err(error) => error.to_string(),
        });
    }
    lines.push(format!("{} bytes", attributes.rest().len()));
    Ok(lines)
}

#[test]
fn dissected_up_to_the_error() -> Result<(), Error> {
    let packet = b"\x00\x01\x00\x10\x21\x12\xa4\x42abcdefghijkl\
                   \x00\x24\x00\x04\x6e\x00\x01\xff\x00\x06\x00\x09evtj";
    let lines = dissect(packet)?;
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "Binding Request");
    assert!(lines[1].starts_with("  20  PRIORITY"));
    assert!(lines[2].contains("28"), "the offset: {}", lines[2]);
    assert_eq!(lines[3], "8 bytes");
    Ok(())
}

// 8. A proxy that changes one attribute and signs again.

fn forward<'o>(
    message: &Verified<'_>,
    to_server: &Key,
    out: &'o mut Vec<u8>,
) -> Result<&'o [u8], Error> {
    Ok(message
        .rewrite(out, |attribute, _| {
            Ok(match attribute.ty() {
                AttributeType::SOFTWARE => Rewrite::Drop,
                _ => Rewrite::Keep,
            })
        })?
        .with(&Software::new("gateway")?)?
        .finish_with(message.protection(), to_server)?)
}

#[test]
fn forwarded_with_both_integrity_attributes() -> Result<(), Error> {
    let (from_client, to_server) = (Key::short_term("client"), Key::short_term("server"));
    let (mut buf, mut out) = ([0; 256], Vec::new());
    let packet = MessageWriter::request(&mut buf, Method::BINDING, ID)?
        .with(&Software::new("a client with a long name")?)?
        .with(&Username::new("user")?)?
        .integrity(&from_client)?
        .integrity_sha256(&from_client)?
        .fingerprint()?
        .finish()?;
    let message = Message::parse(packet)?.verify(&from_client)?;
    let packet = forward(&message, &to_server, &mut out)?;

    let forwarded = Message::parse(packet)?;
    assert_eq!(forwarded.protection(), message.protection());
    assert!(forwarded.fingerprint().is_valid());
    let forwarded = forwarded.verify(&to_server)?;
    assert_eq!(forwarded.algorithm().tag_len(), 32);
    assert_eq!(forwarded.get()?, Some(Username::new("user")?));
    assert_eq!(forwarded.get()?, Some(Software::new("gateway")?));
    // Without the second integrity attribute the first one is used, and is valid, too.
    let (without, _) = packet.split_at(packet.len() - 8 - 36);
    let mut without = without.to_vec();
    let length = u16::try_from(without.len() - 20).expect("short");
    without[2..4].copy_from_slice(&length.to_be_bytes());
    assert_eq!(
        Message::parse(&without)?
            .verify(&to_server)?
            .algorithm()
            .tag_len(),
        20
    );
    Ok(())
}

// 9. Integrity by the application's cryptography.

#[test]
fn integrity_with_a_provider() -> Result<(), Error> {
    // The provider: the crate `hmac`, fed segment by segment.
    fn provider(secret: &[u8], algorithm: HmacAlgorithm, segments: &[&[u8]]) -> Vec<u8> {
        use hmac::{Hmac, KeyInit, Mac};
        match algorithm {
            HmacAlgorithm::Sha1 => {
                let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret).expect("any length");
                segments.iter().for_each(|segment| mac.update(segment));
                mac.finalize().into_bytes().to_vec()
            }
            _ => {
                let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).expect("any length");
                segments.iter().for_each(|segment| mac.update(segment));
                mac.finalize().into_bytes().to_vec()
            }
        }
    }

    let secret = b"VOkJxbRl1RmTxUk/WvJxBt";
    let key = HmacFn::new(|algorithm, segments: &[&[u8]]| provider(secret, algorithm, segments));
    let mut buf = [0; 128];
    let packet = MessageWriter::request(&mut buf, Method::BINDING, ID)?
        .with(&Username::new("user")?)?
        .integrity(&key)?
        .fingerprint()?
        .finish()?;
    let message = Message::parse(packet)?;
    assert!(message.verify(&key).is_ok());
    assert!(message.verify(&Key::short_term(secret)).is_ok());
    assert!(message.verify(&Key::short_term("another")).is_err());
    Ok(())
}

// 10. Nonces without a table, and time-limited credentials.

#[test]
fn nonces_and_credentials() -> Result<(), Error> {
    let from = address("198.51.100.7:40000");
    let nonces =
        NonceMint::new(Key::from_bytes(b"secret")).lifetime(std::time::Duration::from_secs(600));
    let nonce = nonces.mint(
        NOW,
        from,
        "example.org",
        SecurityFeatures::PASSWORD_ALGORITHMS,
    )?;
    let status = |now, from| nonces.status(&nonce, now, from, "example.org");
    assert_eq!(status(NOW, from), NonceStatus::Valid);
    let later = UnixTime::from_secs(NOW.as_secs() + 601);
    assert_ne!(status(later, from), NonceStatus::Valid);
    assert_ne!(
        status(NOW, address("198.51.100.7:40001")),
        NonceStatus::Valid
    );

    let shared_secret = Key::from_bytes(b"north");
    let expires = UnixTime::from_secs(1_433_895_918);
    let credentials = rest::credentials(&shared_secret, "ninefingers", expires)?;
    assert_eq!(credentials.username, "1433895918:ninefingers");
    assert_eq!(rest::expires(&credentials.username), Some(expires));
    Ok(())
}
