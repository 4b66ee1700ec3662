//! Whether the integrity of a message is valid under the credentials of the user.
//!
//! A credential applies to a message if the message names it: its user and realm, its ICE user name
//! fragment, its key identifier. Only then can a message be called invalid. A response names nothing;
//! what applied to its request applies to it.

mod file;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stunwire::attribute::{
    AccessToken, AttributeType, Nonce, Realm, TokenBlock, UserHash, Username,
};
use stunwire::auth::oauth::{TokenError, TokenKey};
use stunwire::auth::{UnixTime, rest};
use stunwire::{
    Class, Credentials as UserPassword, IntegrityError, Key, Message, Method, Policy, TransactionId,
};

use crate::classify;
use crate::unit::Origin;
pub use file::{Error, base64};

/// Maximum number of realms, of nonces and of users that are remembered, so that a hostile capture
/// cannot exhaust memory.
const MAX_REMEMBERED: usize = 64;

/// Greatest number of requests whose keys are remembered for their responses.
const MAX_REQUESTS: usize = 4096;

/// The result of checking MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 or
/// GOOG-MESSAGE-INTEGRITY-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// The message has no integrity attribute.
    Absent,
    /// No credential applies to the message.
    NoKey,
    Valid,
    /// A credential applies, and the integrity is not valid under it.
    Invalid,
}

impl Integrity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::NoKey => "no-key",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
}

/// One credential.
#[derive(Clone)]
pub enum Credential {
    /// An ICE password and the user name fragment of its agent. Without a fragment, the first message
    /// that verifies with the password supplies it.
    ShortTerm {
        ufrag: Option<Vec<u8>>,
        password: Vec<u8>,
    },
    /// User and password of TURN, in one realm or in any.
    LongTerm {
        user: Vec<u8>,
        realm: Option<Vec<u8>>,
        password: Vec<u8>,
    },
    /// A derived key, of a user, a realm, both or neither.
    Raw {
        user: Option<Vec<u8>>,
        realm: Option<Vec<u8>>,
        key: Vec<u8>,
    },
    /// The key that a TURN server shares with an authorization server (RFC 7635).
    OAuth {
        kid: Vec<u8>,
        key: Vec<u8>,
        server: Vec<u8>,
    },
    /// The secret of time-limited credentials: the user name is a time, and the password its HMAC.
    Rest { secret: Vec<u8> },
}

/// The given credentials, and what earlier messages revealed about them.
#[derive(Clone, Default)]
pub struct Credentials {
    entries: Vec<Credential>,
    /// The user name fragments that passwords without one turned out to belong to, by entry.
    ufrags: HashMap<usize, Vec<u8>>,
    /// The realms that messages named: success responses are signed and name none.
    realms: Vec<Vec<u8>>,
    /// The nonces of MS-TURN, which are part of the key of its SHA-256 tag.
    nonces: Vec<(Vec<u8>, Vec<u8>)>,
    keys: HashMap<(usize, Vec<u8>), Arc<[Key]>>,
    requests: HashMap<([SocketAddr; 2], TransactionId), Arc<[Candidate]>>,
    earlier: HashMap<([SocketAddr; 2], TransactionId), Arc<[Candidate]>>,
    expect_match: bool,
}

/// The keys of an entry for one message.
#[derive(Clone)]
struct Candidate {
    entry: usize,
    keys: Arc<[Key]>,
    /// The message names the credential.
    applies: bool,
}

impl Credentials {
    pub fn new(entries: Vec<Credential>) -> Self {
        Self {
            entries,
            ..Self::default()
        }
    }

    /// Reads the credentials in a file of TOML or JSON.
    ///
    /// # Errors
    /// If the file cannot be read, or is not of the documented form.
    pub fn from_file(path: &std::path::Path) -> Result<Vec<Credential>, Error> {
        file::read(path)
    }

    /// The credentials belong to the next message, so a failure is `Invalid`.
    pub fn expect_match(&mut self) {
        self.expect_match = true;
    }

    pub fn check(&mut self, message: &Message<'_>, origin: &Origin) -> Integrity {
        // The minimum length of a SHA-256 tag depends on the usage, which the capture does not show.
        let policy = Policy::default().sha256_min_len(16);
        let candidates = if self.entries.is_empty() {
            Arc::default()
        } else {
            self.candidates(message, origin)
        };
        let is_signed = message
            .all_attributes()
            .any(|attribute| is_tag(attribute.ty()));
        if !is_signed {
            return Integrity::Absent;
        }
        let mut applies = self.expect_match && !candidates.is_empty();
        for candidate in candidates.iter() {
            for key in candidate.keys.iter() {
                let verified = match message.method() {
                    Method::GOOG_PING => message.verify_goog_ping(key).map(drop),
                    _ => message.verify_with(key, &policy).map(drop),
                };
                match verified {
                    Ok(()) => {
                        self.learn(candidate.entry, message);
                        return Integrity::Valid;
                    }
                    Err(IntegrityError::Missing) => return Integrity::Absent,
                    Err(_) => applies |= candidate.applies,
                }
            }
        }
        if applies {
            Integrity::Invalid
        } else {
            Integrity::NoKey
        }
    }

    /// The keys that may have signed the message.
    fn candidates(&mut self, message: &Message<'_>, origin: &Origin) -> Arc<[Candidate]> {
        let realm = message.get::<Realm<'_>>().ok().flatten();
        let realm = realm.map(|realm| realm.trimmed().to_vec());
        let nonce = message.get::<Nonce<'_>>().ok().flatten();
        if let Some(realm) = &realm {
            remember(&mut self.realms, realm.clone());
            if let Some(nonce) = nonce.filter(|_| classify::is_ms_turn(message.dialect())) {
                remember(&mut self.nonces, (realm.clone(), nonce.as_bytes().to_vec()));
            }
        }
        let transaction = origin
            .endpoints
            .map(|endpoints| (endpoints.sorted(), message.transaction_id()));
        let is_response = matches!(
            message.class(),
            Class::SuccessResponse | Class::ErrorResponse
        );
        if is_response && let Some(key) = transaction {
            let known = self.requests.get(&key).or_else(|| self.earlier.get(&key));
            if let Some(known) = known {
                return Arc::clone(known);
            }
        }
        let mut candidates = Vec::new();
        for (index, entry) in self.entries.clone().iter().enumerate() {
            if let Some((keys, applies)) =
                self.keys_of(index, entry, message, realm.as_deref(), origin)
            {
                candidates.push(Candidate {
                    entry: index,
                    keys,
                    applies,
                });
            }
        }
        let candidates: Arc<[Candidate]> = candidates.into();
        if message.class() == Class::Request
            && let Some(key) = transaction
        {
            if self.requests.len() >= MAX_REQUESTS {
                self.earlier = std::mem::take(&mut self.requests);
            }
            self.requests.insert(key, Arc::clone(&candidates));
        }
        candidates
    }

    /// The keys of an entry for a message, and whether the message names the entry. `None` if it
    /// names another one.
    fn keys_of(
        &mut self,
        index: usize,
        entry: &Credential,
        message: &Message<'_>,
        realm: Option<&[u8]>,
        origin: &Origin,
    ) -> Option<(Arc<[Key]>, bool)> {
        let user = message.get::<Username<'_>>().ok().flatten();
        let user = user.map(|user| user.trimmed());
        let hash = message.get::<UserHash>().ok().flatten();
        let is_named = user.is_some() || hash.is_some();
        match entry {
            Credential::ShortTerm { ufrag, password } => {
                // The long-term mechanism has a realm.
                if realm.is_some() || hash.is_some() {
                    return None;
                }
                let ufrag = ufrag.as_ref().or_else(|| self.ufrags.get(&index));
                let applies = match (user, ufrag) {
                    (Some(user), Some(ufrag)) if !is_of(user, ufrag) => return None,
                    (Some(_), Some(_)) => true,
                    _ => false,
                };
                let keys = self.cached(index, &[], || vec![Key::short_term(password)]);
                Some((keys, applies))
            }
            Credential::LongTerm {
                user: name,
                realm: wanted,
                password,
            } => {
                let realms = self.realms_for(realm, wanted.as_deref());
                if let Some(user) = user
                    && !is_same(user, name)
                {
                    return None;
                }
                if let Some(hash) = hash
                    && !realms.iter().any(|realm| UserHash::of(name, realm) == hash)
                {
                    return None;
                }
                let mut keys = Vec::new();
                if has_ms_turn_sha256_tag(message) {
                    for (realm, nonce) in &self.nonces {
                        let credentials = UserPassword {
                            username: name,
                            password,
                        };
                        if let (Ok(realm), Ok(nonce)) = (Realm::new(realm), Nonce::new(nonce)) {
                            keys.push(Key::ms_turn(&credentials, realm, nonce, 3));
                        }
                    }
                    return (!keys.is_empty()).then(|| (keys.into(), is_named));
                }
                for realm in realms {
                    let derived = self.cached(index, &realm, || both(name, &realm, password));
                    keys.extend(derived.iter().cloned());
                }
                (!keys.is_empty()).then(|| (keys.into(), is_named))
            }
            Credential::Raw {
                user: name,
                realm: wanted,
                key,
            } => {
                let user_fits = match (user, name) {
                    (Some(user), Some(name)) => is_same(user, name) || is_of(user, name),
                    _ => true,
                };
                let realm_fits = match (realm, wanted) {
                    (Some(realm), Some(wanted)) => is_same(realm, wanted),
                    _ => true,
                };
                if !user_fits || !realm_fits {
                    return None;
                }
                let applies = name.is_some() && user.is_some();
                let keys = self.cached(index, &[], || vec![Key::from_bytes(key)]);
                Some((keys, applies))
            }
            Credential::OAuth { kid, key, server } => {
                if user.is_some_and(|user| !is_same(user, kid)) {
                    return None;
                }
                let token = message.get::<AccessToken<'_>>().ok().flatten()?;
                let time = origin.time.unwrap_or_default();
                let keys = open_token(&token, key, server, time)
                    .unwrap_or_else(|| vec![Key::from_bytes(b"")]);
                Some((keys.into(), true))
            }
            Credential::Rest { secret } => {
                let user = user?;
                // "expires" or "expires:name"; the order of the two is the server's choice.
                let is_time = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
                if !user.split(|&byte| byte == b':').any(is_time) {
                    return None;
                }
                let password = rest::password(&Key::from_bytes(secret), user).ok()?;
                let realms = self.realms_for(realm, None);
                let keys: Vec<Key> = realms
                    .iter()
                    .flat_map(|realm| both(user, realm, password.as_str().as_bytes()))
                    .collect();
                (!keys.is_empty()).then(|| (keys.into(), true))
            }
        }
    }

    /// The realms in which a user of `wanted`, or of any realm, may have signed.
    fn realms_for(&self, named: Option<&[u8]>, wanted: Option<&[u8]>) -> Vec<Vec<u8>> {
        match (named, wanted) {
            (Some(named), Some(wanted)) if !is_same(named, wanted) => Vec::new(),
            (Some(named), _) => vec![named.to_vec()],
            (None, Some(wanted)) => vec![wanted.to_vec()],
            (None, None) => self.realms.clone(),
        }
    }

    fn cached(
        &mut self,
        index: usize,
        realm: &[u8],
        make: impl FnOnce() -> Vec<Key>,
    ) -> Arc<[Key]> {
        if self.keys.len() > MAX_REMEMBERED * self.entries.len() {
            self.keys.clear();
        }
        let keys = self
            .keys
            .entry((index, realm.to_vec()))
            .or_insert_with(|| make().into());
        Arc::clone(keys)
    }

    /// A password without a user name fragment belongs to the agent that the first message it
    /// verifies was sent to.
    fn learn(&mut self, index: usize, message: &Message<'_>) {
        if let Some(Credential::ShortTerm { ufrag: None, .. }) = self.entries.get(index)
            && let Ok(Some(user)) = message.get::<Username<'_>>()
            && let Some(ufrag) = user.trimmed().split(|&byte| byte == b':').next()
        {
            self.ufrags.entry(index).or_insert_with(|| ufrag.to_vec());
        }
    }
}

fn remember<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        if list.len() == MAX_REMEMBERED {
            list.remove(0);
        }
        list.push(value);
    }
}

/// By both algorithms: which one the server chose need not be in the capture.
fn both(username: &[u8], realm: &[u8], password: &[u8]) -> Vec<Key> {
    let credentials = UserPassword { username, password };
    vec![
        Key::long_term(&credentials, realm),
        Key::long_term_sha256(&credentials, realm),
    ]
}

/// Whether an ICE user name is that of a message to the agent with this fragment: `ufrag:other`
/// (RFC 8445 §7.2.2), or without the colon, as before RFC 5245.
fn is_of(user: &[u8], ufrag: &[u8]) -> bool {
    let first = user.split(|&byte| byte == b':').next().unwrap_or_default();
    first == ufrag || !user.contains(&b':') && user.starts_with(ufrag)
}

/// Whether two values are the same without quotes and NULs at their ends, as the keys are derived.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let bare = |value: &[u8]| {
        let end = value
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |at| at + 1);
        let value = value.get(..end).unwrap_or_default().to_vec();
        match value.as_slice() {
            [b'"', inner @ .., b'"'] => inner.to_vec(),
            _ => value,
        }
    };
    bare(one) == bare(other)
}

fn is_tag(ty: AttributeType) -> bool {
    matches!(
        ty,
        AttributeType::MESSAGE_INTEGRITY
            | AttributeType::MESSAGE_INTEGRITY_SHA256
            | AttributeType::GOOG_MESSAGE_INTEGRITY_32
    )
}

/// Whether MS-TURN's tag is an HMAC-SHA256.
fn has_ms_turn_sha256_tag(message: &Message<'_>) -> bool {
    classify::is_ms_turn(message.dialect())
        && message.all_attributes().any(|attribute| {
            attribute.ty() == AttributeType::MESSAGE_INTEGRITY && attribute.value().len() == 32
        })
}

/// The session key of a token, and its first 16 bytes, which coturn uses.
fn open_token(
    token: &AccessToken<'_>,
    key: &[u8],
    server: &[u8],
    time: Duration,
) -> Option<Vec<Key>> {
    let mut buffer = vec![0; token.encrypted().len()];
    let now = UnixTime::from_secs(time.as_secs());
    let opened = TokenKey::new(key)?.open(server, token, now, &mut buffer);
    let session = match opened {
        Ok(token) => token.mac_key.to_vec(),
        // The message was signed with the key of the expired token.
        Err(TokenError::Expired) => TokenBlock::parse(&buffer).ok()?.mac_key().to_vec(),
        Err(_) => return None,
    };
    let short = session.get(..16).unwrap_or(&session);
    Some(vec![Key::from_bytes(&session), Key::from_bytes(short)])
}

#[cfg(test)]
mod tests;
