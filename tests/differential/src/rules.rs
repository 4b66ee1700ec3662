//! The intended differences.

use stunwire::attribute::AttributeType;
use stunwire::{Dialect, FingerprintStatus, Message, ParseError};

use crate::Aspect;

/// An intended difference: the rule of an RFC and how stunwire reads it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// A name for the report.
    pub name: &'static str,
    /// What differs.
    pub aspect: Aspect,
    /// The crates to which it may apply.
    pub peers: &'static [&'static str],
    /// Whether it explains a difference about these bytes.
    pub applies: fn(&[u8]) -> bool,
    /// The sentence that decides, or the one that leaves it open.
    pub sentence: &'static str,
    /// How stunwire reads it.
    pub reading: &'static str,
}

const ALL: &[&str] = &["stun-types", "stun", "stun_codec", "is"];

/// The intended differences.
pub const RULES: &[Rule] = &[
    Rule {
        name: "datagram longer than its message",
        aspect: Aspect::WeRefuse,
        peers: ALL,
        applies: |bytes| {
            let length = bytes
                .get(2..4)
                .map(|length| u16::from_be_bytes([length[0], length[1]]));
            length.is_some_and(|length| bytes.len() > 20 + usize::from(length))
        },
        sentence: "RFC 8489 §5: \"The message length MUST contain the size of the message in bytes, not including \
                   the 20-byte STUN header.\"",
        reading: "`parse` refuses bytes after the message, and attributes that reach into them; `parse_prefix` \
                  is for buffers with more than a message.",
    },
    Rule {
        name: "first two bits",
        aspect: Aspect::WeRefuse,
        peers: ALL,
        applies: |bytes| bytes.first().is_some_and(|first| first & 0xC0 != 0),
        sentence: "RFC 8489 §6.3: the agent \"checks that the first two bits are 0\".",
        reading: "Refused.",
    },
    Rule {
        name: "MAGIC-COOKIE of MS-TURN",
        aspect: Aspect::WeRefuse,
        peers: ALL,
        applies: |bytes| Message::parse(bytes).err() == Some(ParseError::MsTurn),
        sentence: "[MS-TURN] 2.2.2.8: the first attribute is MAGIC-COOKIE; RFC 8489 §18.3 leaves 0x000F unassigned.",
        reading: "A message whose padding and integrity follow other rules is not parsed by those of RFC 8489.",
    },
    Rule {
        name: "invalid FINGERPRINT",
        aspect: Aspect::TheyRefuse,
        peers: ALL,
        applies: |bytes| {
            let message = Message::parse(bytes);
            // Also one that is not last, or ignored.
            message.is_ok_and(|message| {
                let has_fingerprint = message
                    .all_attributes()
                    .any(|raw| raw.ty().as_u16() == 0x8028);
                has_fingerprint && message.fingerprint() != FingerprintStatus::Valid
            })
        },
        sentence: "RFC 8489 §6.3: \"If the FINGERPRINT extension is being used, the agent checks that the FINGERPRINT \
                   attribute is present and contains the correct value.\"",
        reading: "Whether it is used is known to the application, which calls `fingerprint`.",
    },
    Rule {
        name: "malformed value",
        aspect: Aspect::TheyRefuse,
        peers: &["stun_codec", "is"],
        applies: |bytes| !all_well_formed(bytes),
        sentence: "RFC 8489 §14: comprehension-optional attributes \"can be ignored by the STUN agent if it does not \
                   understand them\", and duplicates may be ignored.",
        reading: "A value is read when it is asked for, so a malformed one that is not needed does not cost the message.",
    },
    Rule {
        name: "usages with requirements of their own",
        aspect: Aspect::TheyRefuse,
        peers: &["is"],
        applies: |bytes| !is_complete_check(bytes),
        sentence: "RFC 8445 §7.1: a check has USERNAME, PRIORITY and MESSAGE-INTEGRITY.",
        reading: "What a usage requires is the application's to check; `read` requires attributes by their types.",
    },
    Rule {
        name: "MESSAGE-INTEGRITY after FINGERPRINT",
        aspect: Aspect::Integrity,
        peers: ALL,
        applies: |bytes| {
            Message::parse(bytes).is_ok_and(|message| {
                let mut all = message.all_attributes().map(|raw| raw.ty().as_u16());
                all.by_ref().any(|ty| ty == 0x8028) && all.any(|ty| ty == 0x0008)
            })
        },
        sentence: "RFC 8489 §14.7: \"the FINGERPRINT attribute MUST be the last attribute in the message\".",
        reading: "What follows it is ignored, also an integrity attribute.",
    },
    Rule {
        name: "malformed after an ignored attribute",
        aspect: Aspect::WeRefuse,
        peers: &["stun-types"],
        applies: |bytes| {
            let Ok((_, walk)) = Dialect::RFC8489.walk(bytes) else {
                return false;
            };
            let types: Vec<_> = walk
                .map_while(Result::ok)
                .map(|raw| raw.ty().as_u16())
                .collect();
            let end = types.iter().position(|ty| TRAILER.contains(ty));
            matches!(Message::parse(bytes), Err(ParseError::Attribute { .. })) && end.is_some()
        },
        sentence: "RFC 8489 §6.3: the agent \"first checks that the message obeys the rules of Section 5\".",
        reading: "Lengths are checked to the end of the message, also of attributes that are ignored.",
    },
    Rule {
        name: "FINGERPRINT after an ignored attribute",
        aspect: Aspect::Attributes,
        peers: &["stun-types"],
        applies: |bytes| {
            let message = Message::parse(bytes);
            message.is_ok_and(|message| {
                message.attributes().count() < message.all_attributes().count()
            })
        },
        sentence: "RFC 8489 §9.1.2: agents \"MUST ignore all attributes that follow MESSAGE-INTEGRITY, with the \
                   exception of the MESSAGE-INTEGRITY-SHA256 and FINGERPRINT attributes\".",
        reading: "The exceptions hold wherever they follow, also after an attribute that is ignored.",
    },
    Rule {
        name: "error codes from 600 to 699",
        aspect: Aspect::TheyRefuse,
        peers: &["stun_codec"],
        applies: |bytes| any_error_code(bytes, |value| value[2] & 7 == 6),
        sentence: "RFC 8489 §14.8: the value of the class \"MUST be between 3 and 6\".",
        reading: "6 is a class.",
    },
    Rule {
        name: "reserved bits of ERROR-CODE",
        aspect: Aspect::TheyRefuse,
        peers: &["stun_codec", "is"],
        applies: |bytes| any_error_code(bytes, has_reserved),
        sentence: "RFC 8489 §14.8: \"Receivers MUST ignore these bits.\"",
        reading: "Ignored.",
    },
    Rule {
        name: "all 12 bits of the method",
        aspect: Aspect::TheyRefuse,
        peers: &["stun_codec"],
        applies: has_high_method,
        sentence: "RFC 8489 §5: bits M11 to M0 \"represent a 12-bit encoding of the method\".",
        reading: "Each of the 4,096 values is a method; whether it is supported is known to the application.",
    },
    Rule {
        name: "first byte of an address",
        aspect: Aspect::TheyRefuse,
        peers: &["stun_codec"],
        applies: has_first_byte,
        sentence: "RFC 8489 §14.1: the first 8 bits \"MUST be ignored by receivers\".",
        reading: "Ignored.",
    },
    Rule {
        name: "texts of 508 to 763 bytes",
        aspect: Aspect::TheyRefuse,
        peers: &["stun_codec"],
        applies: |bytes| {
            any_attribute(bytes, |ty, value| {
                [0x0006, 0x0014, 0x0015, 0x8022].contains(&ty) && value.len() >= 508
            })
        },
        sentence: "RFC 8489 §14.3: \"A compliant implementation MUST be able to parse a UTF-8-encoded sequence of \
                   763 or fewer octets\".",
        reading: "The limits of senders are checked when a text is written.",
    },
    Rule {
        name: "0x8020 of older drafts",
        aspect: Aspect::Attributes,
        peers: &["stun"],
        applies: |bytes| any_attribute(bytes, |ty, _| ty == 0x8020),
        sentence: "RFC 8489 §18.3: XOR-MAPPED-ADDRESS is 0x0020.",
        reading: "Types are returned as they were received; `get` finds XOR-MAPPED-ADDRESS under its old type too.",
    },
    Rule {
        name: "covered as it was received",
        aspect: Aspect::Integrity,
        peers: &["stun_codec"],
        // Bits that are not kept when the message is written again: of the method, ERROR-CODE and addresses.
        applies: |bytes| {
            has_high_method(bytes) || any_error_code(bytes, has_reserved) || has_first_byte(bytes)
        },
        sentence: "RFC 8489 §14.5: \"The text used as input to HMAC is the STUN message\".",
        reading: "The bytes of the packet are covered, with bits that receivers ignore.",
    },
    Rule {
        name: "unknown address family",
        aspect: Aspect::Value,
        peers: &["turn-types"],
        applies: |bytes| {
            let differing = Message::parse(bytes).map(|message| crate::differing_value(&message));
            matches!(differing, Ok(Some((0x0017 | 0x8000, Some(_), None))))
        },
        sentence: "RFC 8656 §7.2, step 7: \"If the server does not support the address family requested by the \
                   client in REQUESTED-ADDRESS-FAMILY, [...] it MUST include an ERROR-CODE attribute with the 440 \
                   (Address Family not Supported) response code\".",
        reading: "Any family is read, so that a server can answer 440.",
    },
    Rule {
        name: "datagram longer than its ChannelData",
        aspect: Aspect::ChannelData,
        peers: &["turn-types"],
        applies: |bytes| match *bytes {
            [0x40..=0x7F, _, high, low, ref rest @ ..] => {
                rest.len() > 3 + usize::from(u16::from_be_bytes([high, low]))
            }
            _ => false,
        },
        sentence: "RFC 8656 §12.5: \"the actual size of a ChannelData message (including padding) is (4 + Length) \
                   rounded up to the nearest multiple of 4\", and \"Over UDP, the padding is not required but MAY be \
                   included.\"",
        reading: "Up to 3 bytes may follow the data in a datagram, with any content.",
    },
    Rule {
        name: "channel numbers above 0x7FFF",
        aspect: Aspect::ChannelData,
        peers: &["turn-types"],
        applies: |bytes| {
            bytes.first().is_some_and(|first| *first >= 0x80)
                && stunwire::ChannelData::parse_datagram(bytes).is_err()
        },
        sentence: "RFC 8656 §12.6: \"If the message uses a value in the reserved range (0x5000 through 0xFFFF), \
                   then the message is silently discarded.\"",
        reading: "Refused: RFC 7983 §7 gives these first bytes to other protocols. Numbers up to 0x7FFF are read, because \
                  clients of RFC 5766 are still in use.",
    },
];

const TRAILER: [u16; 3] = [0x0008, 0x001C, 0x8028];

/// Whether one of the bits M11 to M4 of the method is set.
fn has_high_method(bytes: &[u8]) -> bool {
    bytes[0] & 0x3E != 0 || bytes[1] & 0xE0 != 0
}

/// Whether there is such an ERROR-CODE, by its first 4 bytes.
fn any_error_code(bytes: &[u8], is_such: fn([u8; 4]) -> bool) -> bool {
    Message::parse(bytes).is_ok_and(|message| {
        let mut all = message
            .all_attributes()
            .filter(|raw| raw.ty().as_u16() == 0x0009);
        all.any(|raw| raw.value().first_chunk().copied().is_some_and(is_such))
    })
}

fn has_reserved(value: [u8; 4]) -> bool {
    (value[0], value[1], value[2] & 0xF8) != (0, 0, 0)
}

/// Whether the first byte of an address is not zero.
fn has_first_byte(bytes: &[u8]) -> bool {
    any_attribute(bytes, |ty, value| {
        [0x0001, 0x0020, 0x8020, 0x8023].contains(&ty)
            && value.first().is_some_and(|first| *first != 0)
    })
}

/// Whether there is such an attribute, by its type and value.
fn any_attribute(bytes: &[u8], is_such: fn(u16, &[u8]) -> bool) -> bool {
    Message::parse(bytes).is_ok_and(|message| {
        let mut all = message.all_attributes();
        all.any(|raw| is_such(raw.ty().as_u16(), raw.value()))
    })
}

/// Every attribute that stunwire knows has a value of its type, and texts are UTF-8.
fn all_well_formed(bytes: &[u8]) -> bool {
    use stunwire::attribute::AnyAttribute;

    let Ok(message) = Message::parse(bytes) else {
        return false;
    };
    message.all_attributes().all(|raw| match raw.to_any() {
        Ok(AnyAttribute::Username(text)) => text.as_str().is_ok(),
        Ok(AnyAttribute::Realm(text)) => text.as_str().is_ok(),
        Ok(AnyAttribute::Nonce(text)) => text.as_str().is_ok(),
        Ok(AnyAttribute::Software(text)) => text.as_str().is_ok(),
        Ok(AnyAttribute::ErrorCode(error)) => error.reason_str().is_ok(),
        Ok(_) => true,
        Err(_) => false,
    })
}

/// A check of ICE, signed, with the attributes that it requires, each once.
fn is_complete_check(bytes: &[u8]) -> bool {
    let Ok(message) = Message::parse(bytes) else {
        return false;
    };
    let count = |code| {
        let all = message.all_attributes();
        let count = all.filter(|raw| raw.ty().as_u16() == code).count();
        count * usize::from(message.contains(AttributeType::new(code)))
    };
    let names_two = message
        .get::<stunwire::attribute::Username<'_>>()
        .ok()
        .flatten()
        .and_then(|name| name.fragments())
        .is_some_and(|(first, second)| !first.is_empty() && !second.is_empty());
    bytes[..2] == [0, 1]
        && count(0x0008) == 1
        && count(0x0024) == 1
        && count(0x0006) == 1
        && names_two
        && all_well_formed(bytes)
}
