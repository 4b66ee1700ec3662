//! Who may come in: the long-term credentials of RFC 8489 §9.2.4.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stunwire::attribute::{
    MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm, Realm, UserHash, Username,
};
use stunwire::auth::nonce::password_algorithm;
use stunwire::reply::{self, Challenge};
use stunwire::{
    AttributeError, Credentials, EncodeError, Key, Message, MessageWriter, SecurityFeatures,
    Verified,
};

use crate::config::Config;

/// What PASSWORD-ALGORITHMS lists when it is sent, the preferred one first.
const OFFERED: [PasswordAlgorithm<'_>; 2] = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];

/// A user. The keys are derived once: the password itself is not needed any more.
pub struct Account {
    pub name: String,
    hash: UserHash,
    md5: Key,
    sha256: Key,
}

/// A request whose sender has shown credentials, with the key for the reply.
pub struct Admitted<'a> {
    pub request: Verified<'a>,
    pub account: Arc<Account>,
    algorithm: PasswordAlgorithm<'a>,
}

impl Admitted<'_> {
    pub fn key(&self) -> &Key {
        self.account.key(self.algorithm)
    }
}

impl Account {
    fn key(&self, algorithm: PasswordAlgorithm<'_>) -> &Key {
        if algorithm == PasswordAlgorithm::SHA256 {
            &self.sha256
        } else {
            &self.md5
        }
    }
}

/// Why a request is not let in.
enum Refusal {
    /// 400: it could never be right.
    Malformed,
    /// 401: no credentials, or wrong ones.
    Unknown,
    /// 438: it was right, and its nonce has grown old.
    Stale,
}

impl From<AttributeError> for Refusal {
    fn from(_: AttributeError) -> Self {
        Self::Malformed
    }
}

pub struct Gate {
    realm: String,
    accounts: HashMap<Vec<u8>, Arc<Account>>,
    offers_sha256: bool,
    nonce_lifetime: Duration,
    start: Instant,
    secret: RandomState,
}

impl Gate {
    pub fn new(config: &Config, now: Instant) -> Self {
        let realm = config.realm.clone();
        let account = |(name, password): &(String, String)| {
            let credentials = Credentials {
                username: name,
                password,
            };
            let account = Account {
                name: name.clone(),
                hash: UserHash::of(name, &realm),
                md5: Key::long_term(&credentials, &realm),
                sha256: Key::long_term_sha256(&credentials, &realm),
            };
            (name.clone().into_bytes(), Arc::new(account))
        };
        Self {
            accounts: config.user.iter().map(account).collect(),
            realm,
            offers_sha256: config.sha256,
            nonce_lifetime: config.nonce_lifetime,
            start: now,
            secret: RandomState::new(),
        }
    }

    /// Lets a request in, or writes the reply that says why not.
    pub fn admit<'a>(
        &self,
        now: Instant,
        from: IpAddr,
        request: &Message<'a>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Admitted<'a>>, EncodeError> {
        let refusal = match self.check(now, from, request) {
            Ok(admitted) => return Ok(Some(admitted)),
            Err(refusal) => refusal,
        };
        let nonce = self.nonce(now, from);
        let mut challenge = Challenge::new(&self.realm, &nonce)?;
        if self.offers_sha256 {
            challenge = challenge.offer(&OFFERED)?;
        }
        match refusal {
            Refusal::Malformed => reply::bad_request(out, request)?,
            Refusal::Unknown => challenge.unauthenticated(out, request)?,
            Refusal::Stale => challenge.stale_nonce(out, request)?,
        }
        Ok(None)
    }

    fn check<'a>(
        &self,
        now: Instant,
        from: IpAddr,
        message: &Message<'a>,
    ) -> Result<Admitted<'a>, Refusal> {
        if message.get::<MessageIntegrity<'_>>()?.is_none()
            && message.get::<MessageIntegritySha256<'_>>()?.is_none()
        {
            return Err(Refusal::Unknown);
        }
        message.get::<Realm<'_>>()?.ok_or(Refusal::Malformed)?;
        let nonce = message.get::<Nonce<'_>>()?.ok_or(Refusal::Malformed)?;
        let algorithm = password_algorithm(message, &OFFERED).map_err(|_| Refusal::Malformed)?;
        if !self.is_fresh(&nonce, now, from) {
            return Err(Refusal::Stale);
        }
        let account = match (message.get::<Username<'_>>()?, message.get::<UserHash>()?) {
            (Some(name), _) => self.accounts.get(name.as_bytes()),
            (None, Some(hash)) => self.accounts.values().find(|account| account.hash == hash),
            (None, None) => return Err(Refusal::Malformed),
        };
        let account = account.ok_or(Refusal::Unknown)?;
        match message.verify(account.key(algorithm)) {
            Ok(request) => Ok(Admitted {
                request,
                account: Arc::clone(account),
                algorithm,
            }),
            Err(_) => Err(Refusal::Unknown),
        }
    }

    /// What the nonce begins with: what this server can do.
    fn cookie(&self) -> String {
        if !self.offers_sha256 {
            return String::new();
        }
        let features =
            SecurityFeatures::PASSWORD_ALGORITHMS.and(SecurityFeatures::USERNAME_ANONYMITY);
        String::from_utf8_lossy(&features.cookie()).into_owned()
    }

    /// A nonce that needs no memory: when it ends, and a tag that only this process can make. It
    /// belongs to the client's address and not to its port, because a ConnectionBind comes from
    /// another port than the allocation that it belongs to.
    fn nonce(&self, now: Instant, from: IpAddr) -> String {
        let end = (now - self.start + self.nonce_lifetime).as_millis();
        self.nonce_until(end, from)
    }

    fn nonce_until(&self, end: u128, from: IpAddr) -> String {
        // SipHash under a key of this process: forging a nonce lets nobody in without a password.
        let tag = self.secret.hash_one((end, from));
        format!("{}{end:x}-{tag:016x}", self.cookie())
    }

    fn is_fresh(&self, nonce: &Nonce<'_>, now: Instant, from: IpAddr) -> bool {
        let end = nonce
            .as_str()
            .ok()
            .and_then(|text| text.strip_prefix(&self.cookie()))
            .and_then(|text| text.split_once('-'))
            .and_then(|(end, _)| u128::from_str_radix(end, 16).ok());
        match end {
            Some(end) => {
                nonce.as_bytes() == self.nonce_until(end, from).as_bytes()
                    && (now - self.start).as_millis() < end
            }
            None => false,
        }
    }
}

/// Signs a reply as its request was signed.
pub fn seal(reply: MessageWriter<'_, Vec<u8>>, admitted: &Admitted<'_>) -> Result<(), EncodeError> {
    reply
        .integrity_like(&admitted.request, admitted.key())?
        .fingerprint()?
        .finish()?;
    Ok(())
}
