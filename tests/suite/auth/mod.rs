//! Authentication: servers and clients of RFC 8489 §9 and §10. The table of requirements with their tests is
//! `src/docs/conformance/authentication.md`.

mod client;
mod matrix;
mod redirect;
mod server;
mod short_term;

use std::net::SocketAddr;

use stunwire::attribute::{
    Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm, UserHash, Username,
};
use stunwire::auth::{LongTermServer, NonceMint, UnixTime};
use stunwire::{
    Credentials, IntegrityAlgorithm, Key, Message, MessageWriter, Method, Protection, TransactionId,
};

pub const REALM: &str = "example.org";
pub const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
pub const MD5: PasswordAlgorithm<'static> = PasswordAlgorithm::MD5;
pub const SHA256: PasswordAlgorithm<'static> = PasswordAlgorithm::SHA256;

pub type Server = LongTermServer<&'static str, Key>;

pub fn client_address() -> SocketAddr {
    "192.0.2.1:50000".parse().unwrap()
}

pub fn id() -> TransactionId {
    TransactionId::new(*b"not a secret")
}

pub fn server() -> Server {
    LongTermServer::new(REALM, NonceMint::new(Key::from_bytes(b"server secret"))).unwrap()
}

pub fn key_of(username: &str, algorithm: PasswordAlgorithm<'_>) -> Option<Key> {
    let password = match username {
        "alice" => "password of alice",
        "bob" => "password of bob",
        _ => return None,
    };
    Key::long_term_by(algorithm, &Credentials { username, password }, REALM)
}

/// A request with the attributes that a test needs, in the order of the RFC's examples.
#[derive(Clone, Default)]
pub struct Request<'r> {
    pub username: Option<&'r str>,
    pub user_hash: Option<UserHash>,
    pub realm: Option<&'r str>,
    pub nonce: Option<&'r [u8]>,
    pub offered: Option<&'r [PasswordAlgorithm<'r>]>,
    pub chosen: Option<PasswordAlgorithm<'r>>,
    pub tags: &'r [IntegrityAlgorithm],
    pub fingerprint: bool,
}

impl Request<'_> {
    pub fn write(&self, key: &Key) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = MessageWriter::request(&mut bytes, Method::ALLOCATE, id()).unwrap();
        if let Some(username) = self.username {
            writer.attribute(&Username::new(username).unwrap()).unwrap();
        }
        if let Some(hash) = self.user_hash {
            writer.attribute(&hash).unwrap();
        }
        if let Some(realm) = self.realm {
            writer.attribute(&Realm::new(realm).unwrap()).unwrap();
        }
        if let Some(nonce) = self.nonce {
            writer.attribute(&Nonce::new(nonce).unwrap()).unwrap();
        }
        if let Some(offered) = self.offered {
            writer.attribute(&PasswordAlgorithms::of(offered)).unwrap();
        }
        if let Some(chosen) = self.chosen {
            writer.attribute(&chosen).unwrap();
        }
        let protection = self
            .tags
            .iter()
            .fold(Protection::NONE, |all, tag| all.with_integrity(*tag))
            .with_fingerprint(self.fingerprint);
        writer.finish_with(protection, key).unwrap();
        bytes
    }
}

/// The types of a message's attributes, in wire order.
pub fn types(packet: &[u8]) -> Vec<&'static str> {
    let message = Message::parse(packet).unwrap();
    message
        .all_attributes()
        .map(|raw| raw.ty().name().unwrap())
        .collect()
}
