//! `rtc-stun` of webrtc-rs, with `rtc-turn` and `rtc-ice`.

use super::*;
use rtc_ice::attributes as ice;
use rtc_stun as stun;
use rtc_stun::crypto::{RTCCrypto, RTCCryptoProvider, default_provider};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{Message, Setter, TransactionId};
use rtc_turn as turn;
use std::sync::{Arc, LazyLock};

const NAME: &str = "rtc-stun";

static PROVIDER: LazyLock<Arc<dyn RTCCryptoProvider>> =
    LazyLock::new(|| default_provider().unwrap());

fn crypto() -> &'static dyn RTCCrypto {
    PROVIDER.crypto()
}

/// Signing takes a typed key, verifying takes bytes.
struct Key {
    integrity: MessageIntegrity<'static>,
    bytes: Vec<u8>,
}

impl Key {
    fn new(bytes: Vec<u8>) -> Self {
        let key = bytes.clone();
        let integrity = MessageIntegrity::new_raw_integrity_with_provider(key, crypto());
        Self { integrity, bytes }
    }

    fn short_term() -> Self {
        Self::new(PASSWORD.into())
    }

    fn long_term() -> Self {
        let [user, realm, password] = [USER, REALM, PASSWORD].map(String::from);
        let key = MessageIntegrity::long_term_integrity_key(user, realm, password, crypto());
        Self::new(key.unwrap())
    }

    fn setter(&self) -> Box<dyn Setter> {
        Box::new(self.integrity.clone())
    }

    fn verifies(&self, message: &mut Message) -> bool {
        MessageIntegrity::check(message, &self.bytes, crypto()).is_ok()
    }
}

#[allow(clippy::duplicate_mod)]
#[path = "webrtc_rs.rs"]
mod webrtc_rs;
pub use webrtc_rs::*;
