//! Writes messages into a buffer.

mod alone;
mod message_writer;
mod payload;
mod raw;
mod rewrite;
pub mod state;

pub use self::alone::encode_attribute;
pub use self::message_writer::MessageWriter;
pub use self::payload::{PayloadWriter, Segments};
pub use self::rewrite::{Rewrite, sign_in_place};
