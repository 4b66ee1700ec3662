//! Replies of a server.

use crate::{Depth, chosen_format, printable, valid};
use stunwire::attribute::{AlternateServer, Nonce, PasswordAlgorithm, Username};
use stunwire::reply::{self, Challenge, ReplyTo};
use stunwire::{
    Class, Code, Dialect, EncodeError, Header, IntegrityAlgorithm, Key, Message, MessageWriter,
    Policy, SecurityFeatures, Verified,
};

/// A reply to any header, with any realm and nonce, is a valid message of bounded length or an error; the
/// reply to a signed request is signed as RFC 8489 prescribes.
///
/// The first byte selects the dialect, the second is the length of the realm, the third selects the reply, and
/// the next 20 are the header of the request. The rest is the realm and the nonce.
pub fn replies(bytes: &[u8]) {
    let Some(([choice, realm_len, way, request @ ..], rest)) = bytes.split_first_chunk::<23>()
    else {
        return;
    };
    let dialect = chosen_format(*choice).dialect;
    let Ok(header) = dialect.header(request) else {
        return;
    };
    let (realm, nonce) = rest.split_at(usize::from(*realm_len).min(rest.len()));
    let reply = Input {
        header,
        realm,
        nonce,
        way: *way,
    };
    reply.unsigned();
    reply.signed();
}

struct Input<'a> {
    header: Header,
    realm: &'a [u8],
    nonce: &'a [u8],
    way: u8,
}

impl Input<'_> {
    /// Writes the reply that the input selects.
    fn write<'k>(
        &'k self,
        to: impl Into<ReplyTo<'k>>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let (realm, nonce, to) = (self.realm, self.nonce, to.into());
        let offered = [
            PasswordAlgorithm::SHA256,
            PasswordAlgorithm::new(u16::from(self.way), realm),
        ];
        let reply = match self.way % 6 {
            0 => reply::bad_request(to),
            1 => reply::role_conflict(to),
            2 => Challenge::new(realm, nonce)?.unauthenticated(to),
            3 => Challenge::new(realm, nonce)?.stale_nonce(to),
            4 => {
                let challenge = Challenge::with_algorithms(realm, nonce, &offered)?;
                return challenge.stale_nonce(to).write(buffer).map(|_| ());
            }
            _ => reply::Reply::new(to, Code::FORBIDDEN),
        };
        reply.write(buffer).map(|_| ())
    }

    fn unsigned(&self) {
        let mut buffer = b"before".to_vec();
        let written = self.write(self.header, &mut buffer);
        let reply = buffer
            .strip_prefix(b"before")
            .expect("the bytes before the reply stay");
        match written {
            Ok(()) => {
                let reply = self.reply_of(reply);
                assert!(!reply.has_integrity());
                valid(
                    reply,
                    &reply.all_attributes().collect::<Vec<_>>(),
                    Depth::All,
                );
            }
            Err(error) => {
                assert!(reply.is_empty(), "a refused reply left bytes in the buffer");
                printable(&error.to_string());
            }
        }
    }

    fn reply_of<'r>(&self, reply: &'r [u8]) -> Message<'r> {
        assert_eq!(self.header.class(), Class::Request);
        let reply = self.dialect().parse(reply).expect("the library wrote it");
        assert_eq!(reply.class(), Class::ErrorResponse);
        assert_eq!(reply.method(), self.header.method());
        assert_eq!(reply.transaction_id(), self.header.transaction_id());
        assert!(reply.as_bytes().len() <= 160 + self.nonce.len() + 2 * self.realm.len());
        reply
    }

    fn dialect(&self) -> Dialect {
        self.header.dialect()
    }

    /// The request signed with a key, then the reply to it.
    fn signed(&self) {
        let key = Key::from_bytes(b"a key of the properties");
        let mut request = Vec::new();
        if self.request(&key, &mut request).is_err() {
            return;
        }
        let message = self.dialect().parse(&request).expect("written");
        let policy = Policy::default().sha256_min_len(16);
        let verified = message.verify_with(&key, &policy).expect("signed");
        let expected = self.reply_algorithm(&verified);
        assert_eq!(verified.reply_algorithm(), expected, "{message:?}");
        let mut buffer = Vec::new();
        if self.write((&verified, &key), &mut buffer).is_ok() {
            // RFC 8489 §9.2.4: a challenge has no integrity attribute.
            match self.way % 6 {
                2..=4 => assert!(!self.reply_of(&buffer).has_integrity()),
                _ => self.is_signed(&buffer, &key, expected, &message),
            }
        }
        let server = AlternateServer(([192, 0, 2, 1], self.way.into()).into());
        let alternate = reply::try_alternate(&verified, &key, server, None);
        assert_eq!(alternate.is_some(), verified.attributes().any(names_user));
        let mut buffer = Vec::new();
        if alternate.is_some_and(|reply| reply.write(&mut buffer).is_ok()) {
            self.is_signed(&buffer, &key, expected, &message);
        }
    }

    fn request<'b>(&self, key: &Key, buffer: &'b mut Vec<u8>) -> Result<&'b mut [u8], EncodeError> {
        if self.header.class() != Class::Request {
            return Err(EncodeError::NotARequest);
        }
        let mut writer = MessageWriter::new(buffer, self.header)?;
        if self.way & 0x80 == 0 {
            writer.attribute(&Username::new(&self.realm[..self.realm.len().min(64)])?)?;
        }
        if self.way & 0x40 == 0 {
            writer.attribute(&Nonce::new(self.nonce)?)?;
        }
        if self.way & 0x20 == 0 {
            writer.attribute(&PasswordAlgorithm::SHA256)?;
        }
        match self.way / 6 % 4 {
            0 => writer.integrity(key)?.finish(),
            1 => writer.integrity_sha256(key)?.fingerprint()?.finish(),
            2 => writer.integrity_sha256_truncated(key, 20)?.finish(),
            _ => writer.integrity(key)?.fingerprint()?.finish(),
        }
    }

    /// RFC 8489 §9.1.3 and §9.2.4: with short-term credentials the algorithm of the request; with long-term
    /// credentials SHA-256 if the two have negotiated password algorithms, and SHA-1 if not.
    fn reply_algorithm(&self, verified: &Verified<'_>) -> IntegrityAlgorithm {
        let has = |code| verified.attributes().any(|raw| raw.ty().as_u16() == code);
        // Only the RFCs' own dialect and MS-ICE2 have MESSAGE-INTEGRITY-SHA256.
        let has_sha256 = crate::format_of(self.dialect()).trailer.contains(&0x001C);
        if !has_sha256 || !has(0x0015) {
            return verified.algorithm();
        }
        // §9.2: "obMatJos2", then 24 bits in base64, of which the first means password algorithms. Their
        // order within the octets is that of this library, or the reverse.
        let nonce = Nonce::new(self.nonce).expect("written");
        let announced = SecurityFeatures::of(&nonce)
            .is_some_and(|features| features.contains(SecurityFeatures::PASSWORD_ALGORITHMS));
        match verified.algorithm() {
            _ if !announced || !has(0x001D) => IntegrityAlgorithm::Sha1,
            IntegrityAlgorithm::Sha1 => IntegrityAlgorithm::SHA256,
            sha256 => sha256,
        }
    }

    fn is_signed(
        &self,
        reply: &[u8],
        key: &Key,
        algorithm: IntegrityAlgorithm,
        request: &Message<'_>,
    ) {
        let reply = self.reply_of(reply);
        let policy = Policy::default().sha256_min_len(16);
        let verified = reply.verify_with(key, &policy).expect("a signed reply");
        assert_eq!(verified.algorithm(), algorithm);
        let fingerprint = |message: &Message<'_>| message.fingerprint().is_valid();
        assert_eq!(fingerprint(&reply), fingerprint(request));
    }
}

/// USERNAME or USERHASH (RFC 8489 §10 redirects only users).
fn names_user(raw: stunwire::RawAttribute<'_>) -> bool {
    raw.ty().as_u16() == 0x0006
}
