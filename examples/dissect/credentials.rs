//! Whether MESSAGE-INTEGRITY holds, with what the user knows.

use stunwire::attribute::{
    Attribute, AttributeType, MessageIntegrity, MessageIntegritySha256, Nonce, Realm,
};
use stunwire::{Key, Message, Policy};

use crate::classify;

/// Realms to remember. A capture has one or two; a hostile one shall not make us collect more.
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
    user: String,
    password: String,
    realms: Vec<(Vec<u8>, [Key; 2])>,
    learns: bool,
}

impl Credentials {
    pub fn short_term(password: &str) -> Self {
        Self::ShortTerm(Key::short_term(password))
    }

    /// Without a realm, every realm that turns up is taken for the right one.
    pub fn long_term(user: &str, realm: Option<&str>, password: &str) -> Self {
        let mut credentials = LongTerm {
            user: user.to_owned(),
            password: password.to_owned(),
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
        let known = self.realms.iter().flat_map(|(_, keys)| keys).cloned();
        if classify::is_ms_turn(message.dialect()) && has_wide_tag(message) {
            // This key is made with the nonce, and a message without one tells no key.
            let nonce = message.get::<Nonce<'_>>().ok().flatten();
            let key = |realm, nonce| Key::ms_turn(&self.user, &realm, &self.password, &nonce, 3);
            return named
                .zip(nonce)
                .map(|(r, n)| key(r, n))
                .into_iter()
                .collect();
        }
        known.collect()
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
