//! `stun` of webrtc-rs, with `turn` and `webrtc-ice`.

use super::*;
use webrtc_ice as ice;
use webrtc_stun as stun;
use webrtc_stun::agent::TransactionId;
use webrtc_stun::integrity::MessageIntegrity;
use webrtc_stun::message::{Message, Setter};
use webrtc_turn as turn;

const NAME: &str = "stun";

struct Key(MessageIntegrity);

impl Key {
    fn short_term() -> Self {
        Self(MessageIntegrity::new_short_term_integrity(PASSWORD.into()))
    }

    fn long_term() -> Self {
        let [user, realm, password] = [USER, REALM, PASSWORD].map(String::from);
        let integrity = MessageIntegrity::new_long_term_integrity(user, realm, password);
        Self(integrity)
    }

    fn setter(&self) -> Box<dyn Setter> {
        Box::new(self.0.clone())
    }

    fn verifies(&self, message: &mut Message) -> bool {
        self.0.check(message).is_ok()
    }
}

// Included by both crates' modules, whose types have the same names but are distinct.
#[allow(clippy::duplicate_mod)]
#[path = "webrtc_rs.rs"]
mod webrtc_rs;
pub use webrtc_rs::*;
