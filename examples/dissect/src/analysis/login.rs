//! The login to a STUN or TURN server with long-term credentials (RFC 8489 §9.2).

use stunwire::Method;

use super::flow::{Frames, Stamp};
use super::observe::{Facts, Signed};
use super::transaction::Transaction;

/// Maximum length of a name: in characters of text, and in bytes of a binary name.
const MOST_CHARS: usize = 128;
const MOST_BYTES: usize = 12;

/// The challenges, refusals and successes of a login.
#[derive(Debug, Default)]
pub struct Login {
    pub realm: Option<String>,
    /// The user name of the last request that had one.
    pub user: Option<String>,
    pub has_userhash: bool,
    /// 401 to requests without an integrity attribute.
    pub challenges: Frames,
    /// 401 to requests with one.
    pub refusals: Refusals,
    /// 431 of RFC 3489 and MS-TURN: the server found the integrity attribute invalid.
    pub integrity_failures: Frames,
    /// 438: all of them, and the current and longest run without a success in between.
    pub stale: Frames,
    pub stale_run: Frames,
    pub longest_stale_run: Frames,
    /// Success responses to requests with an integrity attribute.
    pub accepted: Frames,
    pub algorithm: Option<Signed>,
    /// The last challenge, if no signed request followed it.
    pub open_challenge: Option<(Stamp, u16, Method)>,
    /// NONCE announces PASSWORD-ALGORITHMS, which are absent.
    pub stripped: Frames,
    /// Success responses without integrity attribute to requests with one.
    pub unsigned_answers: Frames,
}

/// 401 to signed requests.
#[derive(Debug, Default)]
pub struct Refusals {
    pub frames: Frames,
    pub method: Option<Method>,
    /// The number of refusals with a new nonce.
    pub new_nonces: u64,
    /// The realm of the refused requests, if the responses name another.
    pub other_realm: Option<String>,
    last_nonce: Option<u64>,
}

impl Login {
    pub fn request(&mut self, facts: &Facts<'_>) {
        if facts.is_partial {
            // The integrity attribute may be in the rest.
            self.open_challenge = None;
        }
        if facts.signed.is_some() {
            self.open_challenge = None;
            if let Some(user) = facts.username {
                self.user = Some(text(user));
            }
            self.has_userhash |= facts.has_userhash;
            if let Some(realm) = facts.realm {
                self.realm = Some(text(realm));
            }
        }
    }

    /// Adds the first response to a request.
    pub fn response(&mut self, facts: &Facts<'_>, request: &Transaction, at: Stamp) {
        let is_challenge = facts.error.is_some() && !facts.is_partial;
        if is_challenge && facts.nonce_offers_algorithms && !facts.has_password_algorithms {
            self.stripped.note(at);
        }
        let realm = facts.realm.map(text);
        match facts.error {
            None => self.success(facts, request, at),
            // Whether it is a challenge or a refusal is not known.
            Some(401) if request.signed.is_none() && request.is_partial => {}
            Some(401) => {
                self.open_challenge = Some((at, 401, facts.method));
                if request.signed.is_none() {
                    self.challenges.note(at);
                    self.refusals.last_nonce = facts.nonce;
                } else {
                    let is_new = facts.nonce.is_some() && facts.nonce != request.nonce;
                    self.refusals.new_nonces += u64::from(is_new);
                    self.refusals.last_nonce = facts.nonce;
                    self.refusals.frames.note(at);
                    self.refusals.method = Some(facts.method);
                    if realm.is_some() && realm != self.realm {
                        self.refusals.other_realm.clone_from(&self.realm);
                    }
                }
            }
            Some(431) => self.integrity_failures.note(at),
            Some(438) => {
                self.open_challenge = Some((at, 438, facts.method));
                self.stale.note(at);
                self.stale_run.note(at);
                if self.stale_run.count > self.longest_stale_run.count {
                    self.longest_stale_run = self.stale_run.clone();
                }
            }
            Some(_) => {}
        }
        if realm.is_some() {
            self.realm = realm;
        }
    }

    fn success(&mut self, facts: &Facts<'_>, request: &Transaction, at: Stamp) {
        let Some(algorithm) = request.signed else {
            return;
        };
        self.accepted.note(at);
        self.algorithm = Some(algorithm);
        self.stale_run = Frames::default();
        if facts.signed.is_none() && !facts.is_partial {
            self.unsigned_answers.note(at);
        }
    }

    /// Whether any message of the flow used credentials.
    pub fn is_used(&self) -> bool {
        !self.challenges.is_empty()
            || !self.accepted.is_empty()
            || !self.refusals.frames.is_empty()
            || !self.integrity_failures.is_empty()
            || !self.stale.is_empty()
    }

    /// Whether the last refusal was followed by a success.
    pub fn is_accepted_in_the_end(&self) -> bool {
        let refused = self.refusals.frames.last.max(self.integrity_failures.last);
        !self.accepted.is_empty() && self.accepted.last > refused
    }
}

/// The bytes as printable text: without the quotes that some servers put around a realm, and in
/// hexadecimal if they are not text, as in the user names that Microsoft's servers issue.
pub fn text(bytes: &[u8]) -> String {
    let is_text = |text: &&str| !text.chars().any(char::is_control);
    let Some(text) = std::str::from_utf8(bytes).ok().filter(is_text) else {
        let shown = bytes.iter().take(MOST_BYTES);
        let mut digits: String = shown.map(|byte| format!("{byte:02x}")).collect();
        if bytes.len() > MOST_BYTES {
            digits.push('…');
        }
        return digits;
    };
    let quoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let text = quoted.unwrap_or(text);
    let mut shown: String = text.chars().take(MOST_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_be_printed() {
        assert_eq!(text("müller".as_bytes()), "müller");
        assert_eq!(text(b"\"rtcmedia\""), "rtcmedia");
        assert_eq!(text(b"\x02\x00$"), "020024");
        assert_eq!(text(&[0; 40]), format!("{}…", "00".repeat(MOST_BYTES)));
        assert_eq!(
            text("é".repeat(200).as_bytes()),
            format!("{}…", "é".repeat(128))
        );
    }
}
