//! The hello of a TLS connection in front of MS-TURN over TCP, and no TLS behind it
//! (\[MS-TURN\] 2.1.1): firewalls that let only TLS out on port 443 let it pass.
//!
//! The client sends a ClientHello, 50 bytes, and nothing more until the server's ServerHello and
//! ServerHelloDone have arrived, 83 bytes in one record. From then on both send
//! [frames](super::ms_frame), in the clear. A client may do without and send frames at once.
//!
//! The sizes never vary, so a real TLS client is refused from the length of its first record. The
//! bytes that are fixed here are those seen in libnice, which follow the fields of the specification;
//! what \[MS-TURN\] leaves open (time, random bytes, the session id) is read as it is.
//!
//! Google's hello of the same purpose, which begins like SSLv2, is [`FrameError::GoogleHello`].
//!
//! ```
//! use stunwire::framing::pseudo_tls::{self, PseudoTls, Received};
//! use stunwire::framing::{MsFrame, Next};
//!
//! // A client: it has sent this, and waits.
//! let hello = pseudo_tls::client_hello(&[7; 32]);
//! let mut client = PseudoTls::client();
//!
//! // The server's side of the same connection.
//! let mut server = PseudoTls::server();
//! let Next::Frame { frame: Received::ClientHello(read), consumed: 50 } = server.next(&hello)? else {
//!     panic!("it is there");
//! };
//! assert_eq!(read.random, &[7; 32]);
//! let mut answer = pseudo_tls::server_hello(&[8; 32], &[9; 32]).to_vec();
//! answer.extend_from_slice(b"\x03\x00\x00\x02hi");
//!
//! // What follows the hello is not swallowed, however it arrives.
//! assert_eq!(client.next(&answer[..80])?, Next::Incomplete { needed: 3 });
//! let Next::Frame { consumed, .. } = client.next(&answer)? else { panic!("it is there") };
//! let frame = Received::Frame(MsFrame::Data(&b"hi"[..]));
//! assert_eq!(client.next(&answer[consumed..])?, Next::Frame { frame, consumed: 6 });
//! # Ok::<(), stunwire::framing::FrameError>(())
//! ```

use super::ms_frame::{MsFrame, MsTcp};
use super::{FrameError, Next};

/// Length of a ClientHello in bytes.
pub const CLIENT_HELLO_LEN: usize = 50;

/// Length of a ServerHello with its ServerHelloDone in bytes.
pub const SERVER_HELLO_LEN: usize = 83;

/// Record, handshake, version; time and random bytes; no session id, one cipher suite
/// (TLS_DH_anon_WITH_RC4_128_MD5), no compression.
const CLIENT_HELLO: [u8; CLIENT_HELLO_LEN] = *b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x00\x00\x02\x00\x18\x01\x00";

/// The same with a session id of 32 bytes and the suite chosen, then ServerHelloDone.
const SERVER_HELLO: [u8; SERVER_HELLO_LEN] = *b"\x16\x03\x01\x00\x4e\x02\x00\x00\x46\x03\x01\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x20\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x00\x18\x00\x0e\x00\x00\x00";

/// How Google's ClientHello begins: a record of SSLv2, 72 bytes long.
pub(super) const GOOGLE_CLIENT: [u8; 7] = *b"\x80\x46\x01\x03\x01\x00\x2d";

/// How Google's ServerHello begins, 79 bytes long, always the same, without ServerHelloDone: record,
/// handshake, version, and a time that has stood since 2004, which a real server's would not.
pub(super) const GOOGLE_SERVER: [u8; 15] =
    *b"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01\x42\x85\x45\xa7";

/// Where the time and random bytes stand in both.
const RANDOM: usize = 11;

/// Where the session id stands in the answer.
const SESSION: usize = 44;

/// A ClientHello that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// 4 bytes of time, 28 of random, none of which means anything.
    pub random: &'a [u8; 32],
}

/// A ServerHello with its ServerHelloDone that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// 4 bytes of time, 28 of random, none of which means anything.
    pub random: &'a [u8; 32],
    /// The session id, which nobody takes up again.
    pub session_id: &'a [u8; 32],
}

/// The ClientHello around these bytes: 4 of time, 28 of random.
#[must_use]
pub fn client_hello(random: &[u8; 32]) -> [u8; CLIENT_HELLO_LEN] {
    let mut hello = CLIENT_HELLO;
    put(&mut hello, RANDOM, random);
    hello
}

/// The ServerHello and ServerHelloDone around these bytes: 4 of time, 28 of random, and a session id.
#[must_use]
pub fn server_hello(random: &[u8; 32], session_id: &[u8; 32]) -> [u8; SERVER_HELLO_LEN] {
    let mut hello = SERVER_HELLO;
    put(&mut hello, RANDOM, random);
    put(&mut hello, SESSION, session_id);
    hello
}

fn put(hello: &mut [u8], at: usize, bytes: &[u8; 32]) {
    if let Some(place) = hello.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = *bytes;
    }
}

/// Reads the ClientHello at the front, and nothing behind it.
///
/// # Errors
/// When a byte that is fixed is another, from that byte on.
pub fn read_client_hello(bytes: &[u8]) -> Result<Next<ClientHello<'_>>, FrameError> {
    if let Some(needed) = google(bytes, &GOOGLE_CLIENT, 1)? {
        return Ok(Next::Incomplete { needed });
    }
    let next = read(bytes, &CLIENT_HELLO, |at| (RANDOM..43).contains(&at))?;
    Ok(next.map(|()| {
        let random = bytes.get(RANDOM..)?.first_chunk()?;
        Some(ClientHello { random })
    }))
}

/// Reads the ServerHello and ServerHelloDone at the front, and nothing behind them.
///
/// # Errors
/// When a byte that is fixed is another, from that byte on.
pub fn read_server_hello(bytes: &[u8]) -> Result<Next<ServerHello<'_>>, FrameError> {
    // Up to the record's length both begin alike.
    if let Some(needed) = google(bytes, &GOOGLE_SERVER, 5)? {
        return Ok(Next::Incomplete { needed });
    }
    let free = |at| (RANDOM..43).contains(&at) || (SESSION..76).contains(&at);
    let next = read(bytes, &SERVER_HELLO, free)?;
    Ok(next.map(|()| {
        Some(ServerHello {
            random: bytes.get(RANDOM..)?.first_chunk()?,
            session_id: bytes.get(SESSION..)?.first_chunk()?,
        })
    }))
}

/// Names Google's hello, once all of `front` is there. From `least` bytes on it is not ours any more,
/// and the others are waited for.
fn google(bytes: &[u8], front: &[u8], least: usize) -> Result<Option<usize>, FrameError> {
    if bytes.starts_with(front) {
        Err(FrameError::GoogleHello)
    } else if bytes.len() >= least && front.starts_with(bytes) {
        Ok(Some(front.len().saturating_sub(bytes.len())))
    } else {
        Ok(None)
    }
}

/// Compares what is there with the hello, apart from the places that are free.
fn read(bytes: &[u8], hello: &[u8], free: impl Fn(usize) -> bool) -> Result<Next<()>, FrameError> {
    let wrong = (0_u8..)
        .zip(bytes.iter().zip(hello))
        .find(|(at, (found, expected))| found != expected && !free(usize::from(*at)));
    match (wrong, bytes.first_chunk(), hello.first_chunk()) {
        (None, ..) => Ok(Next::whole(bytes, hello.len(), ())),
        // The length of the record: another hello, a real one most likely.
        (Some((3 | 4, _)), Some(&[_, _, _, f0, f1]), Some(&[_, _, _, e0, e1])) => {
            Err(FrameError::Length {
                offset: 3,
                found: u16::from_be_bytes([f0, f1]),
                expected: u16::from_be_bytes([e0, e1]),
            })
        }
        // Half a length tells none.
        (Some((3, _)), ..) => Ok(Next::Incomplete {
            needed: hello.len().saturating_sub(bytes.len()),
        }),
        (Some((offset, (&found, &expected))), ..) => Err(FrameError::Unexpected {
            offset,
            found,
            expected,
        }),
    }
}

/// What arrives on an MS-TURN connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// The client's hello: answer it with [`server_hello`].
    ClientHello(ClientHello<'a>),
    /// The server's hello: frames may be sent.
    ServerHello(ServerHello<'a>),
    /// A frame.
    Frame(MsFrame<&'a [u8]>),
}

/// One direction of an MS-TURN connection over TCP: the other side's hello, once, then frames.
///
/// It keeps where it is, and no bytes: those behind what [`next`](Self::next) has given are the
/// caller's still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PseudoTls {
    state: State,
    frames: MsTcp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A ClientHello, or a frame of a client that does without.
    ClientHello,
    /// A ServerHello and nothing else.
    ServerHello,
    /// Frames for ever.
    Frames,
}

impl PseudoTls {
    /// What a server reads: a ClientHello and frames, or frames at once.
    #[must_use]
    pub const fn server() -> Self {
        Self::of(State::ClientHello)
    }

    /// What a client reads that has sent its ClientHello: the ServerHello, then frames.
    #[must_use]
    pub const fn client() -> Self {
        Self::of(State::ServerHello)
    }

    const fn of(state: State) -> Self {
        Self {
            state,
            frames: MsTcp::new(),
        }
    }

    /// Refuses frames longer than `bytes`, head included.
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self {
            frames: self.frames.max_frame(bytes),
            ..self
        }
    }

    /// Whether the hellos are over and only frames can come.
    #[must_use]
    pub const fn is_established(&self) -> bool {
        matches!(self.state, State::Frames)
    }

    /// Reads what stands at the front.
    ///
    /// # Errors
    /// When it is no hello of this protocol and no frame. The state stays as it is.
    pub fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<Next<Received<'a>>, FrameError> {
        let next = match (self.state, bytes.first()) {
            // The only first bytes of a frame: what is wrong with others, the hello tells.
            (State::Frames, _) | (State::ClientHello, Some(0x02 | 0x03)) => {
                let next = self.frames.next(bytes)?;
                next.map(|frame| Some(Received::Frame(frame)))
            }
            (State::ClientHello, _) => {
                let next = read_client_hello(bytes)?;
                next.map(|hello| Some(Received::ClientHello(hello)))
            }
            (State::ServerHello, _) => {
                let next = read_server_hello(bytes)?;
                next.map(|hello| Some(Received::ServerHello(hello)))
            }
        };
        if let Next::Frame { .. } = next {
            self.state = State::Frames;
        }
        Ok(next)
    }
}
