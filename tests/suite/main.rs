//! The integration tests, in one binary: linking is most of their cost.

mod accessors;
mod arbiter;
mod auth;
mod authentication;
mod channels;
#[cfg(feature = "codec")]
mod codec;
mod conformance;
mod demux;
mod edges;
mod hostile;
mod layers;
mod malformed;
#[cfg(feature = "codec")]
mod memory;
mod microsoft;
mod ms_relay;
mod no_alloc;
mod printed;
mod programs;
mod properties;
mod published;
mod registry;
mod regressions;
mod relay;
mod resync;
mod sniffing;
mod sources;
mod streams;
mod support;
#[cfg(feature = "getrandom")]
mod transaction_id;
mod turn_server_options;
#[cfg(feature = "codec")]
mod usage;
mod vectors;
