//! Compares what stunwire reads from a message of RFC 8489 with what other crates read from it.
//!
//! A difference is a bug of stunwire, or intended: then it is a [`Rule`] with the sentence of the RFC that
//! decides. `README.md` has the rules as a table.

use stunwire::{Message, ParseError};

mod peers;
mod rules;
mod turn;

pub use self::peers::{PEERS, Peer};
pub use self::rules::{RULES, Rule};
pub use self::turn::differing_value;

/// The short-term password of the signed messages.
pub const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// What a parser reads from a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The first 2 bytes of the header.
    pub type_bits: u16,
    /// The transaction ID without the cookie.
    pub id: [u8; 12],
    /// Type and value of the attributes, if the parser returns them as bytes.
    pub attributes: Option<Vec<(u16, Vec<u8>)>>,
    /// Whether MESSAGE-INTEGRITY is valid under [`PASSWORD`], if there is one and the parser can tell.
    pub is_authentic: Option<bool>,
}

/// What stunwire reads.
///
/// # Errors
/// If the message is invalid.
pub fn ours(bytes: &[u8]) -> Result<Reading, ParseError> {
    let message = Message::parse(bytes)?;
    let key = stunwire::Key::short_term(PASSWORD);
    let policy = stunwire::Policy::default().sha1_only();
    let verified = message.verify_with(&key, &policy);
    let attributes = message.all_attributes();
    Ok(Reading {
        type_bits: message.header().type_bits(),
        id: message.transaction_id().id(),
        attributes: Some(
            attributes
                .map(|raw| (raw.ty().as_u16(), raw.value().to_vec()))
                .collect(),
        ),
        is_authentic: message.has_integrity().then_some(verified.is_ok()),
    })
}

/// A valid message with its attributes and signed with [`PASSWORD`]. `None` if it has no room for that.
#[must_use]
pub fn sign(bytes: &[u8]) -> Option<Vec<u8>> {
    let message = Message::parse(bytes).ok()?;
    let mut out = Vec::new();
    let writer = message
        .rewrite(&mut out, |_, _| Ok(stunwire::Rewrite::Keep))
        .ok()?;
    let key = stunwire::Key::short_term(PASSWORD);
    let writer = writer.integrity(&key).ok()?.fingerprint().ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// The differences between what stunwire and the other crates read from these bytes.
#[must_use]
pub fn differences(bytes: &[u8]) -> Vec<Difference> {
    stunwire_properties::arbiter(bytes);
    let ours = ours(bytes);
    let mut differences = Vec::new();
    for peer in PEERS {
        let theirs = (peer.read)(bytes);
        let aspect = match (&ours, &theirs) {
            (Err(_), None) => continue,
            (Ok(_), None) => Aspect::TheyRefuse,
            (Err(_), Some(_)) => Aspect::WeRefuse,
            (Ok(ours), Some(theirs)) => {
                if (ours.type_bits, ours.id) != (theirs.type_bits, theirs.id) {
                    Aspect::Header
                } else if !attributes_agree(bytes, ours, theirs) {
                    Aspect::Attributes
                } else if theirs
                    .is_authentic
                    .is_some_and(|theirs| ours.is_authentic != Some(theirs))
                {
                    Aspect::Integrity
                } else {
                    continue;
                }
            }
        };
        differences.push(Difference::new(peer.name, aspect, bytes));
    }
    let aspects = turn::aspects(bytes).into_iter();
    differences.extend(aspects.map(|aspect| Difference::new("turn-types", aspect, bytes)));
    differences
}

/// The other parser returns all attributes, or those that an agent does not ignore.
fn attributes_agree(bytes: &[u8], ours: &Reading, theirs: &Reading) -> bool {
    let visible = || {
        let message = Message::parse(bytes).ok()?;
        let attributes = message.attributes();
        Some(
            attributes
                .map(|raw| (raw.ty().as_u16(), raw.value().to_vec()))
                .collect::<Vec<_>>(),
        )
    };
    theirs.attributes.is_none()
        || theirs.attributes == ours.attributes
        || theirs.attributes == visible()
}

/// A difference between what stunwire and another crate read.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The other crate.
    pub peer: &'static str,
    /// What differs.
    pub aspect: Aspect,
    /// Why it is intended. `None` if it is not.
    pub rule: Option<&'static Rule>,
}

impl Difference {
    fn new(peer: &'static str, aspect: Aspect, bytes: &[u8]) -> Self {
        let rule = RULES.iter().find(|rule| {
            rule.aspect == aspect && rule.peers.contains(&peer) && (rule.applies)(bytes)
        });
        Self { peer, aspect, rule }
    }
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// stunwire refuses the message.
    WeRefuse,
    /// The other crate refuses the message.
    TheyRefuse,
    /// Type or transaction ID.
    Header,
    /// Types or values of the attributes.
    Attributes,
    /// Whether MESSAGE-INTEGRITY is valid.
    Integrity,
    /// The value of an attribute of TURN, or whether it is malformed.
    Value,
    /// ChannelData: the channel number, the payload, or whether it is malformed.
    ChannelData,
}
