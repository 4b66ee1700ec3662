//! A TURN client with long-term credentials that sends any request, also invalid ones, and returns any response
//! (RFC 8489 §9.2). The library's `LongTermClient` would refuse some of them.

use std::net::SocketAddr;

use stunwire::attribute::{EncodeAttribute, Nonce, Realm, RequestedTransport, Username};
use stunwire::{
    Credentials, Dialect, ErrorCode, Key, Message, MessageWriter, Method, TransactionId, Verified,
};

use crate::client::link::{Answer, Link};

pub struct Login {
    user: &'static str,
    password: &'static str,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    key: Key,
}

impl Login {
    /// Takes realm and nonce from the challenge of a server that offers only MD5.
    pub fn new(user: &'static str, password: &'static str, challenge: &[u8]) -> Self {
        let challenge = Message::parse(challenge).unwrap();
        let realm = challenge.get::<Realm>().unwrap().unwrap();
        let nonce = challenge.get::<Nonce>().unwrap().unwrap();
        let credentials = Credentials {
            username: user,
            password,
        };
        Self {
            user,
            password,
            realm: realm.as_bytes().to_vec(),
            nonce: nonce.as_bytes().to_vec(),
            key: Key::long_term(&credentials, realm),
        }
    }

    /// A connection to the server, and a login with the realm and the nonce of its challenge.
    pub fn open(
        server: SocketAddr,
        tcp: bool,
        user: &'static str,
        password: &'static str,
    ) -> (Link, Self) {
        let mut link = Link::open(server, tcp).unwrap();
        let challenge = challenge(&mut link);
        (link, Self::new(user, password, &challenge.packet))
    }

    /// A request with these attributes, signed.
    pub fn request(&self, method: Method, attributes: &[&dyn EncodeAttribute]) -> Vec<u8> {
        let mut packet = Vec::new();
        let id = TransactionId::random().unwrap();
        MessageWriter::request(&mut packet, method, id)
            .unwrap()
            .with_all(attributes)
            .unwrap()
            .with(&Username::new(self.user).unwrap())
            .unwrap()
            .with(&Realm::new(&self.realm).unwrap())
            .unwrap()
            .with(&Nonce::new(&self.nonce).unwrap())
            .unwrap()
            .integrity(&self.key)
            .unwrap()
            .finish()
            .unwrap();
        packet
    }

    /// Sends a request and returns the response; after a 438, the response to a second request with the
    /// new nonce.
    pub fn ask(
        &mut self,
        link: &mut Link,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
    ) -> Answer {
        let answer = self.ask_once(link, method, attributes);
        if code(&answer) != 438 {
            return answer;
        }
        *self = Self::new(self.user, self.password, &answer.packet);
        self.ask_once(link, method, attributes)
    }

    fn ask_once(
        &self,
        link: &mut Link,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
    ) -> Answer {
        let request = self.request(method, attributes);
        link.ask(Dialect::RFC8489, &request).unwrap()
    }

    /// Asserts that the answer is a success response with a valid MESSAGE-INTEGRITY, and returns it.
    pub fn granted<'p>(&self, answer: &'p Answer) -> Verified<'p> {
        assert_eq!(code(answer), 0);
        let message = Message::parse(&answer.packet).unwrap();
        message.verify(&self.key).unwrap()
    }
}

/// The 401 to an Allocate without credentials.
pub fn challenge(link: &mut Link) -> Answer {
    let mut packet = Vec::new();
    let id = TransactionId::random().unwrap();
    MessageWriter::request(&mut packet, Method::ALLOCATE, id)
        .unwrap()
        .with(&RequestedTransport::UDP)
        .unwrap()
        .finish()
        .unwrap();
    let answer = link.ask(Dialect::RFC8489, &packet).unwrap();
    assert_eq!(code(&answer), 401);
    answer
}

/// The error code of an answer; 0 for a success response.
pub fn code(answer: &Answer) -> u16 {
    code_of(&answer.packet)
}

/// The error code of a response; 0 for a success response.
pub fn code_of(packet: &[u8]) -> u16 {
    let message = Message::parse(packet).unwrap();
    let error = message.get::<ErrorCode>().unwrap();
    error.map_or(0, |error| error.code().as_u16())
}
