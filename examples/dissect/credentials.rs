//! Whether MESSAGE-INTEGRITY holds, with what the user knows.

use stunwire::attribute::{Attribute, MessageIntegrity, MessageIntegritySha256, Realm};
use stunwire::{Key, Message, Policy};

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

/// The credentials that were given, as keys.
#[derive(Default)]
pub struct Credentials {
    keys: Vec<Key>,
    /// User and password to be joined with the realms that turn up.
    open: Option<(String, String)>,
    realms: Vec<Vec<u8>>,
}

impl Credentials {
    pub fn short_term(password: &str) -> Self {
        Self {
            keys: vec![Key::short_term(password)],
            ..Self::default()
        }
    }

    pub fn long_term(user: &str, realm: &str, password: &str) -> Self {
        Self {
            keys: long_term_keys(user, realm.as_bytes(), password).into(),
            ..Self::default()
        }
    }

    /// Long-term credentials for whatever realm the messages name.
    pub fn any_realm(user: &str, password: &str) -> Self {
        Self {
            open: Some((user.to_owned(), password.to_owned())),
            ..Self::default()
        }
    }

    /// Checks a message, and takes note of its realm for those that name none: success responses
    /// are signed and do not repeat it.
    pub fn check(&mut self, message: &Message<'_>) -> Integrity {
        if let Ok(Some(realm)) = message.get::<Realm<'_>>() {
            self.learn(realm.trimmed());
        }
        let dialect = message.dialect();
        let signed = message.all_attributes().any(|attribute| {
            MessageIntegrity::is_type(attribute.ty(), dialect)
                || MessageIntegritySha256::is_type(attribute.ty(), dialect)
        });
        // A shorter tag is a matter of the usage, which a dissector does not know.
        let policy = Policy::default().sha256_min_len(16);
        let holds = |key: &Key| message.verify_with(key, &policy).is_ok();
        match (signed, self.keys.as_slice()) {
            (false, _) => Integrity::Absent,
            (true, []) => Integrity::Unchecked,
            (true, keys) if keys.iter().any(holds) => Integrity::Valid,
            (true, _) => Integrity::Invalid,
        }
    }

    fn learn(&mut self, realm: &[u8]) {
        let Some((user, password)) = &self.open else {
            return;
        };
        if self.realms.len() < MOST_REALMS && !self.realms.iter().any(|known| known == realm) {
            self.realms.push(realm.to_vec());
            self.keys.extend(long_term_keys(user, realm, password));
        }
    }
}

/// By both algorithms: which one the server chose need not be in the capture.
fn long_term_keys(user: &str, realm: &[u8], password: &str) -> [Key; 2] {
    [
        Key::long_term(user, realm, password),
        Key::long_term_sha256(user, realm, password),
    ]
}
