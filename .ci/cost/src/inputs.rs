//! Hostile inputs of any length, and changes of them.

/// Inputs of one kind.
pub struct Family {
    pub name: &'static str,
    /// An input of about this length.
    pub make: fn(usize) -> Vec<u8>,
}

/// Every kind of input.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "empty attributes that are not known",
        make: |length| request(0x0001, length, &repeated(&tlv(0xC123, b""), length)),
    },
    Family {
        name: "unknown required attributes",
        make: |length| request(0x0001, length, &repeated(&tlv(0x7FFF, b""), length)),
    },
    Family {
        name: "attributes of 1 byte",
        make: |length| request(0x0001, length, &repeated(&tlv(0x8022, b"a"), length)),
    },
    Family {
        name: "one attribute",
        make: |length| {
            request(
                0x0001,
                length,
                &tlv(0x0013, &vec![0x5A; length.saturating_sub(24).min(65_528)]),
            )
        },
    },
    Family {
        name: "empty MESSAGE-INTEGRITY",
        make: |length| request(0x0001, length, &repeated(&tlv(0x0008, b""), length)),
    },
    Family {
        name: "MESSAGE-INTEGRITY of 20 bytes",
        make: |length| request(0x0001, length, &repeated(&tlv(0x0008, &[7; 20]), length)),
    },
    Family {
        name: "MESSAGE-INTEGRITY-SHA256 after the longest message",
        make: |length| {
            let mut attributes = repeated(&tlv(0x8000, b""), length.saturating_sub(100));
            attributes.extend(tlv(0x0008, &[7; 20]));
            attributes.extend(tlv(0x001C, &[7; 32]));
            request(0x0001, length, &attributes)
        },
    },
    Family {
        name: "FINGERPRINT again and again",
        make: |length| request(0x0001, length, &repeated(&tlv(0x8028, &[7; 4]), length)),
    },
    Family {
        name: "XOR-PEER-ADDRESS",
        make: |length| {
            request(
                0x0008,
                length,
                &repeated(&tlv(0x0012, b"\0\x01\xa1\x47\xe1\x12\xa6\x43"), length),
            )
        },
    },
    Family {
        name: "IPv6 in XOR-PEER-ADDRESS",
        make: |length| {
            let mut value = vec![0, 2, 0xA1, 0x47];
            value.extend([0xA5; 16]);
            request(0x0008, length, &repeated(&tlv(0x0012, &value), length))
        },
    },
    Family {
        name: "ALTERNATE-SERVER",
        make: |length| {
            request(
                0x0113,
                length,
                &repeated(&tlv(0x8023, b"\0\x01\x0d\x96\xc0\0\x02\x01"), length),
            )
        },
    },
    Family {
        name: "one PASSWORD-ALGORITHMS",
        make: |length| {
            let list = repeated(&[0, 7, 0, 0], length.saturating_sub(120));
            let mut attributes = tlv(0x8002, &list);
            attributes.extend(login());
            request(0x0003, length, &attributes)
        },
    },
    Family {
        name: "PASSWORD-ALGORITHMS with parameters",
        make: |length| {
            let list = repeated(b"\0\x02\0\x03abc\0", length.saturating_sub(120));
            let mut attributes = login();
            attributes.extend(tlv(0x8002, &list));
            request(0x0113, length, &attributes)
        },
    },
    Family {
        name: "one UNKNOWN-ATTRIBUTES",
        make: |length| {
            request(
                0x0111,
                length,
                &tlv(0x000A, &vec![0x7F; length.saturating_sub(24)]),
            )
        },
    },
    Family {
        name: "ERROR-CODE of one long reason",
        make: |length| {
            let mut value = b"\0\0\x04\x01".to_vec();
            value.extend(
                "\u{1}\u{202e}"
                    .bytes()
                    .cycle()
                    .take(length.saturating_sub(28)),
            );
            request(0x0111, length, &tlv(0x0009, &value))
        },
    },
    Family {
        name: "text of control characters",
        make: |length| {
            request(
                0x0001,
                length,
                &tlv(0x8022, &vec![0x1B; length.saturating_sub(24)]),
            )
        },
    },
    Family {
        name: "text that is not UTF-8",
        make: |length| {
            request(
                0x0001,
                length,
                &tlv(0x0006, &vec![0xFF; length.saturating_sub(24)]),
            )
        },
    },
    Family {
        name: "GOOG-MISC-INFO",
        make: |length| {
            request(
                0x0001,
                length,
                &tlv(0xC059, &vec![0; length.saturating_sub(24)]),
            )
        },
    },
    Family {
        name: "login with a long realm and nonce",
        make: |length| {
            let half = length.saturating_sub(80) / 2;
            let mut attributes = tlv(0x0006, b"user");
            attributes.extend(tlv(0x0014, &vec![b'r'; half]));
            attributes.extend(tlv(0x0015, &vec![b'n'; half]));
            attributes.extend(tlv(0x0008, &[7; 20]));
            request(0x0003, length, &attributes)
        },
    },
    Family {
        name: "attributes before a login",
        make: |length| {
            let mut attributes = repeated(&tlv(0x8000, b""), length.saturating_sub(120));
            attributes.extend(login());
            request(0x0003, length, &attributes)
        },
    },
    Family {
        name: "MS-TURN with empty attributes",
        make: |length| {
            let mut attributes = tlv(0x000F, &[0x72, 0xC6, 0x4B, 0xC6]);
            attributes.extend(repeated(&tlv(0x8008, b""), length));
            request(0x0003, length, &attributes)
        },
    },
    Family {
        name: "an attribute that ends one byte after the message, without padding",
        make: |length| {
            let mut attributes = repeated(&tlv(0x8000, b""), length.saturating_sub(28));
            attributes.extend([0x80, 0x22, 0, 9, 1, 2, 3, 4]);
            request(0x0001, length, &attributes)
        },
    },
    Family {
        name: "magic cookies",
        make: |length| repeated(b"\0\0\xff\xff\x21\x12\xa4\x42", length),
    },
    Family {
        name: "messages of many attributes, each in the next one",
        make: |length| {
            // The attributes of each are 8 bytes that begin 4 bytes before the next header, and the last is truncated.
            let mut bytes = Vec::new();
            while bytes.len() + 12 < length {
                let rest = (length - bytes.len()).saturating_sub(48) / 12 * 12 + 4;
                bytes.extend([0, 1]);
                bytes.extend((rest as u16).to_be_bytes());
                bytes.extend(b"\x21\x12\xa4\x42\x80\0\0\x08");
            }
            bytes
        },
    },
    Family {
        name: "ChannelData without data",
        make: |length| repeated(b"\x40\x01\0\0", length),
    },
    Family {
        name: "empty packets of RFC 4571",
        make: |length| repeated(b"\0\0", length),
    },
    Family {
        name: "empty frames of MS-TURN",
        make: |length| repeated(b"\x03\0\0\0", length),
    },
    Family {
        name: "messages without attributes",
        make: |length| repeated(b"\0\x01\0\0\x21\x12\xa4\x42abcdefghijkl", length),
    },
    Family {
        name: "URI of escaped bytes",
        make: |length| [b"turn:", &repeated(b"%41", length)[..]].concat(),
    },
    Family {
        name: "URI with a long transport",
        make: |length| [b"turn:a?transport=", &repeated(b"u", length)[..]].concat(),
    },
    Family {
        name: "URI with a long port",
        make: |length| [b"stun:a:", &repeated(b"0", length)[..]].concat(),
    },
];

/// A message that is hashed as a whole. Hashing executes few edges for each byte, so the score does not show it.
pub fn hashed(length: usize) -> Vec<u8> {
    let text = length.saturating_sub(20 + 4 + 108 + 24 + 36 + 8);
    let mut attributes = tlv(0x8022, &vec![b'a'; text]);
    attributes.extend(login());
    attributes.extend(tlv(0x001C, &[7; 32]));
    attributes.extend(tlv(0x8028, &[7; 4]));
    request(0x0003, length, &attributes)
}

fn tlv(ty: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = ty.to_be_bytes().to_vec();
    bytes.extend((value.len() as u16).to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// USERNAME, REALM, NONCE and a tag.
fn login() -> Vec<u8> {
    let mut attributes = tlv(0x0006, b"user");
    attributes.extend(tlv(0x0014, b"example.org"));
    attributes.extend(tlv(0x0015, b"obMatJos2gAAA0123456789abcdefghijklmnopqrs"));
    attributes.extend(tlv(0x0008, &[7; 20]));
    attributes
}

/// As many copies as fit.
fn repeated(part: &[u8], length: usize) -> Vec<u8> {
    part.repeat(length.saturating_sub(20) / part.len())
}

/// A message with these attributes, or with as many of them as fit.
fn request(ty: u16, length: usize, attributes: &[u8]) -> Vec<u8> {
    let end = attributes.len().min(length.min(65_535));
    let mut bytes = ty.to_be_bytes().to_vec();
    bytes.extend((end as u16).to_be_bytes());
    bytes.extend(b"\x21\x12\xa4\x42abcdefghijkl");
    bytes.extend(&attributes[..end]);
    bytes
}

/// Numbers that are the same in each run.
pub struct Numbers(pub u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }
}

/// An input of the same length with one or two changes: a byte, a type, a length, a part that is repeated.
pub fn changed(numbers: &mut Numbers, bytes: &[u8]) -> Vec<u8> {
    const TYPES: [u16; 20] = [
        0x0006, 0x0008, 0x0009, 0x000A, 0x000C, 0x000D, 0x000F, 0x0012, 0x0014, 0x0015, 0x001C,
        0x001D, 0x001E, 0x0020, 0x8002, 0x8020, 0x8022, 0x8023, 0x8028, 0xC059,
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(2) {
        let at = numbers.below(bytes.len());
        let word = at & !3;
        match numbers.below(7) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes[at] = numbers.below(256) as u8,
            2 if bytes.len() >= word + 2 => {
                bytes[word..word + 2]
                    .copy_from_slice(&TYPES[numbers.below(TYPES.len())].to_be_bytes());
            }
            3 if bytes.len() >= word + 4 => {
                let length = numbers.below(24) as u16;
                bytes[word + 2..word + 4].copy_from_slice(&length.to_be_bytes());
            }
            4 => {
                // A part is repeated up to some end.
                let part = 4 * (1 + numbers.below(8));
                let end = (word + part * (1 + numbers.below(64))).min(bytes.len());
                for index in word + part..end {
                    bytes[index] = bytes[index - part];
                }
            }
            5 => {
                // A part is copied.
                let length = 4 * (1 + numbers.below(16));
                let from = numbers.below(bytes.len()) & !3;
                for index in 0..length.min(bytes.len() - from.max(word)) {
                    bytes[word + index] = bytes[from + index];
                }
            }
            _ if bytes.len() >= 4 => {
                let ty =
                    [0x0001_u16, 0x0003, 0x0008, 0x0016, 0x0101, 0x0111, 0x0113][numbers.below(7)];
                bytes[..2].copy_from_slice(&ty.to_be_bytes());
            }
            _ => {}
        }
    }
    bytes
}
