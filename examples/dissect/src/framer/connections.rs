//! The framers of all connections.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::{Channels, Framer, Part};
use crate::unit::Endpoints;

/// The framers of the streams that are open. Both directions of a connection share its channels.
#[derive(Default)]
pub struct Framers {
    framers: HashMap<usize, Framer>,
    /// By the sorted addresses of the connection.
    channels: HashMap<[SocketAddr; 2], Channels>,
}

impl Framers {
    /// The framer of a stream.
    pub fn open(&mut self, stream: usize, endpoints: Endpoints) -> &mut Framer {
        self.framers.entry(stream).or_insert_with(|| {
            let channels = self.channels.entry(endpoints.sorted()).or_default();
            Framer::new(channels.clone())
        })
    }

    /// Offset up to which an open stream was split.
    pub fn settled(&self, stream: usize) -> Option<u64> {
        Some(self.framers.get(&stream)?.settled())
    }

    /// The next part of a stream.
    pub fn next(&mut self, stream: usize) -> Option<Part> {
        self.framers.get_mut(&stream)?.next()
    }

    /// Ends a stream, and returns what is left of it.
    pub fn end(&mut self, stream: usize, endpoints: Endpoints) -> Vec<Part> {
        let Some(mut framer) = self.framers.remove(&stream) else {
            return Vec::new();
        };
        let parts = framer.close();
        drop(framer);
        let connection = endpoints.sorted();
        let is_unused = |channels: &Channels| !channels.is_shared();
        if self.channels.get(&connection).is_some_and(is_unused) {
            self.channels.remove(&connection);
        }
        parts
    }
}
