#![doc = include_str!("docs/crate.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

// Lengths and offsets of messages and frames are up to 65,555 and must fit into `usize`.
const _: () = assert!(usize::BITS >= 32, "stunwire needs a usize of 32 bits");

#[macro_use]
pub mod attribute;
mod buffer;
mod channel;
pub mod demux;
mod dialect;
pub mod display;
pub mod docs;
mod error;
mod error_code;
mod fingerprint;
pub mod framing;
mod header;
mod hmac;
mod integrity;
mod key;
#[cfg(feature = "laws")]
#[doc(hidden)]
pub mod laws;
mod message;
pub mod nonce;
#[cfg(feature = "bytes")]
mod owned;
#[cfg(feature = "precis")]
pub mod prepare;
mod registry;
pub mod relay;
pub mod reply;
mod wire;
pub mod writer;

pub use self::buffer::Buffer;
pub use self::channel::{ChannelData, ChannelNumber};
pub use self::dialect::{Context, Dialect};
pub use self::error::{
    AttributeError, EncodeError, HeaderError, IntegrityError, ParseError, UnknownDialect,
    ValueError,
};
pub use self::error_code::ErrorCode;
pub use self::fingerprint::FingerprintStatus;
pub use self::header::{Class, Header, MAGIC_COOKIE, MessageType, Method, TransactionId};
pub use self::integrity::{IntegrityAlgorithm, Policy, Verified};
pub use self::key::Key;
pub use self::message::{
    AllAttributes, Attributes, GetAll, Message, RawAttribute, UnknownRequired, Walk,
};
pub use self::nonce::SecurityFeatures;
#[cfg(feature = "bytes")]
pub use self::owned::OwnedMessage;
pub use self::writer::MessageWriter;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
