//! Changes of messages that keep most of their structure.

use fastrand::Rng;
use stunwire_properties::{ATTRIBUTES, FORMATS, MS_TURN_MAGIC_COOKIE, crc32};

/// A message and the index of a dialect in which it may be valid.
pub struct Sample {
    pub dialect: u8,
    pub message: Vec<u8>,
}

impl Sample {
    pub fn new(dialect: u8, message: &[u8]) -> Self {
        Self {
            dialect,
            message: message.to_vec(),
        }
    }
}

/// Makes inputs from samples and a seed.
pub struct Mutator<'s> {
    rng: Rng,
    samples: &'s [Sample],
    chosen: usize,
}

/// The offset and the length with padding of an attribute.
type Part = (usize, usize);

/// The longest message that is made.
const MAX_LEN: usize = 2048;

/// Class and method of common messages; 0x0004 and 0x0115 relay data in MS-TURN.
const TYPES: [u16; 10] = [
    0x0001, 0x0101, 0x0111, 0x0011, 0x0003, 0x0004, 0x0115, 0x0016, 0x0017, 0x0200,
];

/// Lengths of values; most are those of an attribute.
const LENGTHS: [usize; 12] = [0, 1, 3, 4, 4, 8, 8, 16, 20, 20, 32, 77];

impl<'s> Mutator<'s> {
    pub fn new(samples: &'s [Sample], seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            samples,
            chosen: 0,
        }
    }

    pub fn byte(&mut self) -> u8 {
        self.rng.u8(..)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.rng.usize(..limit)
    }

    /// Chooses the next sample.
    pub fn sample(&mut self) {
        self.chosen = self.below(self.samples.len());
    }

    /// The dialect of the sample, or sometimes another one.
    pub fn dialect(&mut self) -> u8 {
        match self.below(8) {
            0 => self.below(FORMATS.len()) as u8,
            _ => self.samples[self.chosen].dialect,
        }
    }

    /// Edits of the property `verify`: a kind, a byte and two offsets each.
    pub fn edits(&mut self, count: u8, input: &mut Vec<u8>) {
        for _ in 0..count {
            let [at, to] = [self.rng.u16(..), self.rng.u16(..)].map(u16::to_be_bytes);
            // Small offsets are as probable as any.
            let to = if self.rng.bool() { [0, to[1]] } else { to };
            input.extend([self.byte(), self.byte(), at[0], at[1], to[0], to[1]]);
        }
    }

    /// Appends the sample with some changes. Most keep the message valid.
    pub fn message(&mut self, dialect: u8, input: &mut Vec<u8>) {
        let mut message = self.samples[self.chosen].message.clone();
        let padded = FORMATS[usize::from(dialect)].padded;
        for _ in 0..1 + self.below(4) {
            self.change(&mut message, padded);
            message.truncate(MAX_LEN);
            set_length(&mut message);
        }
        if self.rng.bool() {
            set_fingerprint(&mut message);
        }
        if self.below(4) == 0 {
            self.damage(&mut message, padded);
        }
        input.extend(message);
    }

    /// Changes the attributes or the header, and keeps a valid message valid.
    fn change(&mut self, message: &mut Vec<u8>, padded: bool) {
        let parts = parts(message, padded);
        if message.len() < 20 || parts.is_empty() {
            message.resize(message.len().max(20), 0);
            message.extend(self.other(padded));
            return;
        }
        let (at, len) = parts[self.below(parts.len())];
        let end = at + len;
        match self.below(10) {
            // Another byte of the value.
            0 | 1 if len > 4 => self.byte_of(&mut message[at + 4..end]),
            // A value of another length, with its padding.
            2 => {
                let ty = [message[at], message[at + 1]];
                let value = self.value();
                message.splice(at..end, attribute(ty, &value, padded));
            }
            // Another type.
            3 => {
                let ty = self.ty();
                message[at..at + 2].copy_from_slice(&ty);
            }
            // One attribute less.
            4 => drop(message.drain(at..end)),
            // An attribute twice.
            5 => {
                let copy = message[at..end].to_vec();
                let (to, _) = parts[self.below(parts.len())];
                message.splice(to..to, copy);
            }
            // An attribute is moved to the end.
            6 => message[at..].rotate_left(len),
            // An attribute of another message.
            7 => {
                let other = self.other(padded);
                message.splice(at..at, other);
            }
            // A type with any value.
            8 => {
                let (ty, value) = (self.ty(), self.value());
                message.splice(end..end, attribute(ty, &value, padded));
            }
            // Another header, or the first attribute of MS-TURN.
            _ => match self.below(8) {
                0 => message[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]),
                1 => drop(message.splice(20..20, MS_TURN_MAGIC_COOKIE)),
                2 => self.byte_of(&mut message[8..20]),
                3 => {
                    let bits = self.rng.u16(..0x4000);
                    message[..2].copy_from_slice(&bits.to_be_bytes());
                }
                _ => {
                    let bits = TYPES[self.below(TYPES.len())];
                    message[..2].copy_from_slice(&bits.to_be_bytes());
                }
            },
        }
    }

    /// Changes bytes without regard to what they are.
    fn damage(&mut self, message: &mut Vec<u8>, padded: bool) {
        let parts = parts(message, padded);
        let at = match parts.len() {
            0 => self.below(message.len()),
            count => parts[self.below(count)].0,
        };
        match self.below(6) {
            0 => self.byte_of(message),
            1 => message.truncate(self.below(message.len() + 1)),
            // Bytes that the length does not count.
            2 => {
                let value = self.value();
                message.splice(at..at, value);
            }
            // Bytes that the length counts.
            3 => drop(message.drain(at..message.len().min(at + 4))),
            // The length of an attribute, or of the message.
            kind => {
                let field = if kind == 4 {
                    2
                } else {
                    (at + 2).min(message.len() - 2)
                };
                let length = u16::from_be_bytes([message[field], message[field + 1]]);
                let length = match self.below(4) {
                    0 => self.rng.u16(..),
                    1 => length.wrapping_add(1),
                    2 => length.wrapping_sub(1),
                    _ => length ^ 1 << self.below(16),
                };
                message[field..field + 2].copy_from_slice(&length.to_be_bytes());
            }
        }
    }

    /// A registered type, often one of the trailer, or any type.
    fn ty(&mut self) -> [u8; 2] {
        match self.below(8) {
            0 => [self.byte(), self.byte()],
            1 => [0x00, 0x08],
            2 => [0x00, 0x1C],
            3 => [0x80, 0x28],
            _ => {
                let at = self.below(ATTRIBUTES.len());
                ATTRIBUTES[at].code.as_u16().to_be_bytes()
            }
        }
    }

    /// An attribute of another sample.
    fn other(&mut self, padded: bool) -> Vec<u8> {
        let other = &self.samples[self.rng.usize(..self.samples.len())].message;
        let parts = parts(other, padded);
        if parts.is_empty() {
            return Vec::new();
        }
        let (at, len) = parts[self.rng.usize(..parts.len())];
        other[at..at + len].to_vec()
    }

    fn value(&mut self) -> Vec<u8> {
        let length = LENGTHS[self.below(LENGTHS.len())];
        let fill = self.byte();
        match self.below(3) {
            0 => vec![fill; length],
            _ => (0..length).map(|_| self.byte()).collect(),
        }
    }

    /// Changes a bit or a byte.
    fn byte_of(&mut self, bytes: &mut [u8]) {
        let at = self.below(bytes.len());
        bytes[at] = match self.below(4) {
            0 => self.byte(),
            1 => [0, 1, 2, 4, 8, 0x20, 0x7F, 0x80, 0xFF][self.below(9)],
            _ => bytes[at] ^ 1 << self.below(8),
        };
    }
}

fn attribute(ty: [u8; 2], value: &[u8], padded: bool) -> Vec<u8> {
    let mut bytes = ty.to_vec();
    bytes.extend((value.len() as u16).to_be_bytes());
    bytes.extend(value);
    if padded {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// The attributes that lie in the message, also after its length.
fn parts(message: &[u8], padded: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 20;
    while let Some([_, _, l0, l1]) = message.get(at..at + 4) {
        let len = 4 + usize::from(u16::from_be_bytes([*l0, *l1]));
        let len = if padded { len.next_multiple_of(4) } else { len };
        if at + len > message.len() {
            break;
        }
        parts.push((at, len));
        at += len;
    }
    parts
}

fn set_length(message: &mut [u8]) {
    let length = message.len().saturating_sub(20) as u16;
    if let Some(field) = message.get_mut(2..4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Makes the FINGERPRINT at the end right, if there is one.
fn set_fingerprint(message: &mut [u8]) {
    let Some((before, last)) = message.split_last_chunk_mut::<8>() else {
        return;
    };
    if last[..4] == [0x80, 0x28, 0, 4] {
        let crc = crc32(before, None) ^ 0x5354_554E;
        last[4..].copy_from_slice(&crc.to_be_bytes());
    }
}
