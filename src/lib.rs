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
const _: () = assert!(
    usize::BITS >= 32,
    "stunwire needs a usize of at least 32 bits"
);

// The layers from bottom to top. A type's `impl` blocks are documented in this order too.
mod format;
mod num;
#[cfg(feature = "getrandom")]
mod random;
#[macro_use]
mod reference;

mod wire;

mod code_point;
mod transaction_id;

mod dialect;

mod error;

mod header;

#[macro_use]
pub mod attribute;
mod buffer;

mod message;

mod fingerprint;

mod integrity;

pub mod writer;

pub mod reply;

pub mod auth;
pub mod demux;
pub mod framing;
pub mod ice;
pub mod relay;
pub mod turn;

mod any_error;
#[cfg(feature = "serde")]
mod serialize;
pub mod uri;

pub mod docs;

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
#[cfg(feature = "getrandom")]
pub use self::random::RandomError;
pub use self::transaction_id::{MAGIC_COOKIE, TransactionId};
#[doc(inline)]
pub use self::writer::{MessageWriter, Rewrite};

#[cfg(all(doctest, feature = "getrandom"))]
#[doc = include_str!("../README.md")]
struct Readme;
