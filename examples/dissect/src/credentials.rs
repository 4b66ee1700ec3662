//! Whether MESSAGE-INTEGRITY holds, with what the user knows.

use stunwire::attribute::{
    Attribute, AttributeType, MessageIntegrity, MessageIntegritySha256, Nonce, Realm,
};
use stunwire::{Key, Message, Policy};

use crate::classify;

/// Realms, and nonces of MS-TURN, to remember. A capture has one or two; a hostile one shall not make us collect more.
const MOST_REALMS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    Absent,
    /// Nothing to check it with.
    Unchecked,
    Valid,
    Invalid,
}

impl Integrity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unchecked => "unchecked",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
}

/// What the user knows.
pub enum Credentials {
    None,
    /// A password alone, as in ICE.
    ShortTerm(Key),
    LongTerm(LongTerm),
}

/// User and password, and the realms that they are for: one that was given, or those that the
/// messages name. Success responses are signed and name none, so realms are remembered.
pub struct LongTerm {
    user: Vec<u8>,
    password: Vec<u8>,
    realms: Vec<(Vec<u8>, [Key; 2])>,
    learns: bool,
    /// The nonces of MS-TURN's servers, which are part of the key of its longer tag.
    nonces: Vec<(Vec<u8>, Key)>,
}

impl Credentials {
    pub fn short_term(password: &str) -> Self {
        Self::ShortTerm(Key::short_term(password))
    }

    /// Without a realm, every realm that turns up is taken for the right one.
    pub fn long_term(user: Vec<u8>, realm: Option<&str>, password: Vec<u8>) -> Self {
        let mut credentials = LongTerm {
            user,
            password,
            nonces: Vec::new(),
            realms: Vec::new(),
            learns: realm.is_none(),
        };
        if let Some(realm) = realm {
            credentials.add(realm.as_bytes());
        }
        Self::LongTerm(credentials)
    }

    pub fn check(&mut self, message: &Message<'_>) -> Integrity {
        let found = match self {
            Self::None => Vec::new(),
            Self::ShortTerm(key) => vec![key.clone()],
            Self::LongTerm(credentials) => credentials.keys(message),
        };
        let dialect = message.dialect();
        let signed = message.all_attributes().any(|attribute| {
            MessageIntegrity::is_type(attribute.ty(), dialect)
                || MessageIntegritySha256::is_type(attribute.ty(), dialect)
        });
        // A shorter tag is a matter of the usage, which a dissector does not know.
        let policy = Policy::default().sha256_min_len(16);
        let holds = |key: &Key| message.verify_with(key, &policy).is_ok();
        match (signed, found.as_slice()) {
            (false, _) => Integrity::Absent,
            (true, []) => Integrity::Unchecked,
            (true, keys) if keys.iter().any(holds) => Integrity::Valid,
            (true, _) => Integrity::Invalid,
        }
    }
}

impl LongTerm {
    /// The keys that the message may have been signed with.
    fn keys(&mut self, message: &Message<'_>) -> Vec<Key> {
        let named = message.get::<Realm<'_>>().ok().flatten();
        if let Some(realm) = named.filter(|_| self.learns) {
            self.add(realm.trimmed());
        }
        if classify::is_ms_turn(message.dialect()) {
            if let (Some(realm), Some(nonce)) = (named, message.get::<Nonce<'_>>().ok().flatten()) {
                self.add_nonce(realm.as_bytes(), nonce.as_bytes());
            }
            if has_wide_tag(message) {
                // Success responses name neither, so all are tried.
                return self.nonces.iter().map(|(_, key)| key.clone()).collect();
            }
        }
        let known = self.realms.iter().flat_map(|(_, keys)| keys).cloned();
        known.collect()
    }

    /// The newest last, and the oldest forgotten: a server gives many nonces.
    fn add_nonce(&mut self, realm: &[u8], nonce: &[u8]) {
        let name = [realm, b"\0", nonce].concat();
        if self.nonces.iter().any(|(known, _)| *known == name) {
            return;
        }
        if self.nonces.len() == MOST_REALMS {
            self.nonces.remove(0);
        }
        let key = Key::ms_turn(&self.user, realm, &self.password, nonce, 3);
        self.nonces.push((name, key));
    }

    /// By both algorithms: which one the server chose need not be in the capture.
    fn add(&mut self, realm: &[u8]) {
        if self.realms.len() < MOST_REALMS && self.realms.iter().all(|(known, _)| known != realm) {
            let keys = [
                Key::long_term(&self.user, realm, &self.password),
                Key::long_term_sha256(&self.user, realm, &self.password),
            ];
            self.realms.push((realm.to_vec(), keys));
        }
    }
}

/// Whether MS-TURN's tag is an HMAC-SHA256.
fn has_wide_tag(message: &Message<'_>) -> bool {
    message.all_attributes().any(|attribute| {
        attribute.ty() == AttributeType::MESSAGE_INTEGRITY && attribute.value().len() == 32
    })
}
