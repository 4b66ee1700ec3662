//! How messages stand in a stream.

pub mod ms_multiplexed;
pub mod rfc4571;
