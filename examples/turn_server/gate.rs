//! Authentication: the accounts, and the check of RFC 8489 §9.2.4 with the crate's `LongTermServer`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use stunwire::attribute::{PasswordAlgorithm, UserHash};
use stunwire::auth::{Authenticated, Check, Claim, LongTermServer, NonceMint, UnixTime, UserId};
use stunwire::{Credentials, HmacAlgorithm, HmacKey, HmacTag, Key, Message};

use crate::config::Config;

/// A user. The keys are derived once, so the password is not stored.
pub struct Account {
    pub name: String,
    hash: UserHash,
    md5: Key,
    sha256: Key,
}

/// The key with which a request was authenticated, and the account of its user.
#[derive(Clone)]
pub struct Login {
    pub account: Arc<Account>,
    sha256: bool,
}

impl HmacKey for Login {
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        let key = if self.sha256 {
            &self.account.sha256
        } else {
            &self.account.md5
        };
        key.hmac(algorithm, segments)
    }
}

/// An authenticated request.
pub type Admitted<'a> = Authenticated<'a, Login>;

pub struct Gate {
    server: LongTermServer<String, Key>,
    accounts: HashMap<Vec<u8>, Arc<Account>>,
    start: Instant,
}

impl Gate {
    /// # Errors
    /// If the system has no random numbers, or the realm is too long.
    pub fn new(config: &Config, now: Instant) -> Result<Self, stunwire::Error> {
        let realm = &config.realm;
        let account = |(name, password): &(String, String)| {
            let credentials = Credentials {
                username: name,
                password,
            };
            let account = Account {
                name: name.clone(),
                hash: UserHash::of(name, realm),
                md5: Key::long_term(&credentials, realm),
                sha256: Key::long_term_sha256(&credentials, realm),
            };
            (name.clone().into_bytes(), Arc::new(account))
        };
        // Only this process checks its nonces, so their secret need not outlive it.
        let nonces = NonceMint::random()?.lifetime(config.nonce_lifetime);
        let server = LongTermServer::new(realm.clone(), nonces)?;
        Ok(Self {
            server: if config.sha256 {
                server.username_anonymity()
            } else {
                server.offer(&[])
            },
            accounts: config.users.iter().map(account).collect(),
            start: now,
        })
    }

    /// Checks a request. Returns the request with its key, or the reply to send.
    pub fn check<'a>(
        &self,
        now: Instant,
        from: SocketAddr,
        message: &Message<'a>,
    ) -> Check<'a, '_, Login> {
        // Only this process reads its nonces, so their time can start with it.
        let now = UnixTime::from_secs((now - self.start).as_secs());
        self.server
            .check(message, from, now, |claim| self.login(claim))
    }

    fn login(&self, claim: &Claim<'_, '_>) -> Option<Login> {
        let account = match claim.user() {
            UserId::Name(name) => self.accounts.get(name)?,
            UserId::Hash(hash) => self
                .accounts
                .values()
                .find(|account| account.hash == hash)?,
        };
        Some(Login {
            account: Arc::clone(account),
            sha256: claim.algorithm() == PasswordAlgorithm::SHA256,
        })
    }
}
