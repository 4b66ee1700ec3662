//! Long-term credentials (RFC 8489 §9.2), for the examples that are TURN clients.

use std::error::Error;

use stunwire::attribute::{
    ErrorCode, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm, Username,
};
use stunwire::writer::state::Open;
use stunwire::{
    Credentials, Dialect, Header, Key, Message, MessageWriter, Method, TransactionId, Verified,
    nonce,
};

use super::link::{Answer, Link};

pub type Request<'b> = MessageWriter<'b, Vec<u8>, Open>;
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The user, and the server's last 401 or 438: realm and nonce are written back from its bytes.
pub struct Login<'a> {
    user: &'a str,
    password: &'a str,
    challenge: Vec<u8>,
    algorithm: Option<PasswordAlgorithm<'static>>,
    key: Key,
}

impl<'a> Login<'a> {
    pub fn new(user: &'a str, password: &'a str, challenge: Vec<u8>) -> Result<Self> {
        let message = Message::parse(&challenge)?;
        let realm = message.get::<Realm>()?.ok_or("a challenge without REALM")?;
        // A server of RFC 8489 may offer more than MD5, and its nonce tells if somebody took that out.
        let ours = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
        let algorithm = nonce::choose_algorithm(&message, &ours)?
            .map(|theirs| PasswordAlgorithm::new(theirs.number(), &[]));
        let by = algorithm.unwrap_or(PasswordAlgorithm::MD5);
        let key = Key::long_term_by(
            by,
            &Credentials {
                username: user,
                password,
            },
            &realm,
        )
        .ok_or("unknown algorithm")?;
        Ok(Self {
            user,
            password,
            challenge,
            algorithm,
            key,
        })
    }

    /// Asks, and once more if the server's nonce has changed meanwhile.
    pub fn ask(
        &mut self,
        link: &mut Link,
        method: Method,
        attributes: impl Fn(&mut Request<'_>) -> Result<()>,
    ) -> Result<Answer> {
        let mut answer = link.ask(Dialect::RFC8489, &self.request(method, &attributes)?)?;
        if code_of(&answer)? == Some(438) {
            *self = Self::new(self.user, self.password, answer.packet)?;
            answer = link.ask(Dialect::RFC8489, &self.request(method, &attributes)?)?;
        }
        Ok(answer)
    }

    /// What the server grants: a success, signed with our key. Only what the tag covers can be seen.
    pub fn granted<'p>(&self, answer: &'p Answer) -> Result<Verified<'p>> {
        let message = Message::parse(&answer.packet)?;
        if let Some(code) = message.get::<ErrorCode>()? {
            return Err(code.to_string().into());
        }
        let verified = message.verify(&self.key);
        verified.map_err(|error| format!("the answer cannot be believed: {error}").into())
    }

    /// A request with these credentials, signed.
    pub fn request(
        &self,
        method: Method,
        attributes: impl Fn(&mut Request<'_>) -> Result<()>,
    ) -> Result<Vec<u8>> {
        let challenge = Message::parse(&self.challenge)?;
        let mut bytes = Vec::new();
        let header = Header::request(method, TransactionId::random()?);
        let mut request = MessageWriter::new(&mut bytes, header)?;
        attributes(&mut request)?;
        request
            .attribute(&Username::new(self.user)?)?
            .attribute(
                &challenge
                    .get::<Realm>()?
                    .ok_or("a challenge without REALM")?,
            )?
            .attribute(
                &challenge
                    .get::<Nonce>()?
                    .ok_or("a challenge without NONCE")?,
            )?;
        if let Some(algorithm) = self.algorithm {
            // The list goes back as it came, so that the server notices if somebody shortened it.
            if let Some(offered) = challenge.get::<PasswordAlgorithms>()? {
                request.attribute(&offered)?.attribute(&algorithm)?;
            }
            request.integrity_sha256(&self.key)?.finish()?;
        } else {
            request.integrity(&self.key)?.finish()?;
        }
        Ok(bytes)
    }
}

fn code_of(answer: &Answer) -> Result<Option<u16>> {
    let code = Message::parse(&answer.packet)?.get::<ErrorCode>()?;
    Ok(code.map(|code| code.code().as_u16()))
}
