//! How messages stand in a stream.

pub mod rfc4571;
