//! Consistent replacements for names and for opaque values.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The kind of a name, which its replacement starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    User,
    Realm,
    Nonce,
    Text,
}

impl Kind {
    fn letter(self) -> u8 {
        match self {
            Self::User => b'u',
            Self::Realm => b'r',
            Self::Nonce => b'n',
            Self::Text => b't',
        }
    }
}

/// The digits of a hash, in names that have one more character at least.
const HASHED: usize = 11;
const NUMBERS: u64 = 36_u64.pow(11);

/// The replacements of one copy. The same value has the same replacement everywhere in the copy, and
/// another one in the next copy.
#[derive(Default)]
pub struct Names {
    numbers: HashMap<(Kind, Vec<u8>), u64>,
    key: RandomState,
}

impl Names {
    /// A name of the same length: the letter of its kind and a number.
    pub fn text(&mut self, kind: Kind, value: &[u8]) -> Vec<u8> {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        // A table of all nonces would grow with the capture. A long name has room for a hash.
        let mut number = if value.len() > HASHED {
            self.key.hash_one((kind, value)) % NUMBERS
        } else {
            let count = self.numbers.len() as u64;
            *self.numbers.entry((kind, value.to_vec())).or_insert(count)
        };
        let mut name = vec![b'0'; value.len()];
        for digit in name.iter_mut().rev() {
            *digit = usize::try_from(number % 36)
                .ok()
                .and_then(|digit| DIGITS.get(digit))
                .copied()
                .unwrap_or(b'0');
            number /= 36;
        }
        // A short name needs all its characters for the number.
        if let [letter, _, _, ..] = name.as_mut_slice() {
            *letter = kind.letter();
        }
        name
    }

    /// A user name. ICE fragments are replaced separately, because the other side sends them in
    /// the opposite order. Quotes, trailing NULs and the time of time-limited credentials stay.
    pub fn user(&mut self, value: &[u8]) -> Vec<u8> {
        // Microsoft's servers issue binary names.
        if value.iter().any(|byte| !matches!(byte, 0 | b' '..=b'~')) {
            return self.bytes(value);
        }
        let parts: Vec<Vec<u8>> = value
            .split(|&byte| byte == b':')
            .map(|part| {
                let is_time = part.len() == 10 && part.iter().all(u8::is_ascii_digit);
                if is_time {
                    part.to_vec()
                } else {
                    self.trimmed(Kind::User, part)
                }
            })
            .collect();
        parts.join(&b':')
    }

    /// A name whose quotes and trailing NULs stay.
    pub fn trimmed(&mut self, kind: Kind, value: &[u8]) -> Vec<u8> {
        let end = value
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |at| at + 1);
        let (name, nuls) = value.split_at_checked(end).unwrap_or((value, &[]));
        let mut replaced = match name {
            [b'"', inner @ .., b'"'] => [b"\"", self.text(kind, inner).as_slice(), b"\""].concat(),
            _ => self.text(kind, name),
        };
        replaced.extend(nuls);
        replaced
    }

    /// A nonce; the cookie of RFC 8489 §9.2 at its start, which tells security features, stays.
    pub fn nonce(&mut self, value: &[u8]) -> Vec<u8> {
        const COOKIE: &[u8] = b"obMatJos2";
        let kept = if value.starts_with(COOKIE) {
            value.len().min(COOKIE.len() + 4)
        } else {
            0
        };
        let (cookie, rest) = value.split_at_checked(kept).unwrap_or((&[], value));
        [cookie, &self.text(Kind::Nonce, rest)].concat()
    }

    /// An opaque value of the same length that tells nothing about the original.
    pub fn bytes(&self, value: &[u8]) -> Vec<u8> {
        let blocks = value.len().div_ceil(8);
        let mut bytes: Vec<u8> = (0..blocks)
            .flat_map(|block| self.key.hash_one((block, value)).to_be_bytes())
            .collect();
        bytes.truncate(value.len());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_are_consistent_and_as_long() {
        let mut names = Names::default();
        let user = names.user(b"evtj:h6vY");
        let (ours, theirs) = (user[..4].to_vec(), user[5..].to_vec());
        assert_eq!(
            names.user(b"h6vY:evtj"),
            [&theirs[..], b":", &ours].concat()
        );
        assert_ne!(ours, theirs);
        assert_eq!(names.trimmed(Kind::Realm, b"\"realm\"\0")[6..], *b"\"\0");
        assert_eq!(names.user(b"1700000000:alice")[..11], *b"1700000000:");
        assert_eq!(names.user(b"\x02\0:\xFF"), names.bytes(b"\x02\0:\xFF"));
        let nonce = names.nonce(b"obMatJos2AAAAsecret");
        assert!(nonce.starts_with(b"obMatJos2AAAA") && !nonce.ends_with(b"secret"));
        assert_eq!(names.bytes(&[1; 20]), names.bytes(&[1; 20]));
        assert_ne!(names.bytes(&[1; 20]), names.bytes(&[2; 20]));
        assert_ne!(names.bytes(&[1; 20]), Names::default().bytes(&[1; 20]));
    }
}
