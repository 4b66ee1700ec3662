//! The beginning of a stream: which framing its first bytes show.

use stunwire::framing::pseudo_tls::{
    GOOGLE_CLIENT_HELLO, GOOGLE_SERVER_HELLO, read_client_hello, read_server_hello,
};
use stunwire::framing::{Framing as Sniffed, Next, Sniffed as Sniff, sniff};

use super::{Framer, Part, PartContent, State};
use crate::unit::{Framing, PseudoTls};

/// Number of bytes that may wait for the start of a stream to become clear.
const MAX_START: usize = 16 * 1024;

impl Framer {
    /// Tells the framing of a stream from its first bytes. `None` if more bytes are needed.
    pub fn begin(&mut self, is_final: bool) -> Option<Option<Part>> {
        let bytes = self.rest();
        let framing = match sniff(bytes) {
            Sniff::Is(Sniffed::StunTcp | Sniffed::MsMultiplexed) => Framing::None,
            Sniff::Is(Sniffed::Rfc4571) => Framing::Rfc4571,
            Sniff::Is(Sniffed::MsTcp) => Framing::MsControl,
            Sniff::Is(Sniffed::PseudoTls) => return self.pseudo_tls(is_final),
            Sniff::Is(Sniffed::GoogleHello) => {
                let (length, content) = match bytes.first() {
                    Some(0x16) => (GOOGLE_SERVER_HELLO.len(), PseudoTls::GoogleServer),
                    _ => (GOOGLE_CLIENT_HELLO.len(), PseudoTls::GoogleClient),
                };
                // The framing after it is whatever both sides agreed on.
                return Some(Some(self.handshake(length, content)));
            }
            Sniff::Is(Sniffed::Tls) => {
                self.state = State::Tls;
                return Some(None);
            }
            Sniff::NeedsMore { .. } if !is_final && bytes.len() < MAX_START => {
                // A capture that starts in the middle of a message looks like a long frame.
                let found = self.search(None, false)?;
                if found.score.strong < 2 {
                    return None;
                }
                self.state = State::Lost { previous: None };
                self.searched = 0;
                return Some(None);
            }
            _ => {
                self.state = State::Lost { previous: None };
                return Some(None);
            }
        };
        self.state = State::Framed { framing, proven: 0 };
        Some(None)
    }

    /// The pseudo-TLS handshake of MS-TURN.
    fn pseudo_tls(&mut self, is_final: bool) -> Option<Option<Part>> {
        let bytes = self.rest();
        let client = read_client_hello(bytes).map(consumed);
        let server = read_server_hello(bytes).map(consumed);
        let (length, content) = match (client, server) {
            (Ok(Some(length)), _) => (length, PseudoTls::Client),
            (_, Ok(Some(length))) => (length, PseudoTls::Server),
            (Ok(None), _) | (_, Ok(None)) if !is_final => return None,
            _ => {
                self.state = State::Tls;
                return Some(None);
            }
        };
        self.state = State::Framed {
            framing: Framing::MsControl,
            proven: 1,
        };
        Some(Some(self.handshake(length, content)))
    }

    fn handshake(&mut self, length: usize, content: PseudoTls) -> Part {
        let offset = self.offset;
        self.advance(length);
        self.framed = true;
        Part {
            offset,
            stamp: self.stamp,
            content: PartContent::PseudoTls(content),
        }
    }
}

fn consumed<F>(next: Next<F>) -> Option<usize> {
    match next {
        Next::Frame { consumed, .. } => Some(consumed),
        Next::Incomplete { .. } => None,
    }
}
