#![doc = include_str!("docs/crate.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The library itself is linted without `test` as well.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::std_instead_of_core,
        clippy::unwrap_used
    )
)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

// Lengths and offsets of messages and frames are up to 65,555 and must fit into `usize`.
const _: () = assert!(usize::BITS >= 32, "stunwire needs a usize of 32 bits");

mod any_error;
#[macro_use]
pub mod attribute;
pub mod auth;
mod buffer;
mod code_point;
pub mod demux;
mod dialect;
pub mod docs;
mod error;
mod fingerprint;
mod format;
pub mod framing;
mod header;
pub mod ice;
mod integrity;
mod message;
mod num;
pub mod relay;
pub mod reply;
#[cfg(feature = "serde")]
mod serialize;
mod transaction_id;
pub mod turn;
pub mod uri;
mod wire;
pub mod writer;

pub use self::any_error::Error;
pub use self::attribute::code::Code;
pub use self::attribute::error_code::ErrorCode;
pub use self::attribute::raw::RawAttribute;
pub use self::attribute::security_features::SecurityFeatures;
pub use self::buffer::Buffer;
pub use self::code_point::{Class, MessageType, Method};
pub use self::dialect::{Context, Dialect, UnknownDialect};
pub use self::error::{
    AttributeError, EncodeError, HeaderError, IntegrityError, ParseError, Quantity, TextError,
    Unit, ValueError,
};
pub use self::fingerprint::FingerprintStatus;
pub use self::framing::channel_data::ChannelData;
pub use self::header::Header;
pub use self::integrity::{
    Credentials, HmacAlgorithm, HmacFn, HmacKey, HmacTag, IntegrityAlgorithm, IntegrityCheck,
    Policy, Protection, Verified, VerifiedGoogPing,
};
#[cfg(feature = "crypto")]
pub use self::integrity::{Key, KeyBytes};
#[cfg(feature = "bytes")]
pub use self::message::OwnedMessage;
pub use self::message::{
    AllAttributes, Attributes, Message, ReadAttributes, ReadField, TryAttributes,
};
pub use self::transaction_id::{MAGIC_COOKIE, TransactionId};
pub use self::writer::{MessageWriter, Rewrite};

#[cfg(all(doctest, feature = "getrandom"))]
#[doc = include_str!("../README.md")]
struct Readme;
