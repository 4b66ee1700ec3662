//! The pseudo-TLS handshake before MS-TURN over TCP (\[MS-TURN\] 2.1.1).
//!
//! The client sends a ClientHello of 50 bytes, and nothing more until the server's ServerHello and
//! ServerHelloDone have arrived, 83 bytes in one TLS record. After that both sides send the frames of
//! [`MsTcp`], unencrypted. The handshake exists to pass firewalls that allow only TLS on port 443. A client
//! may omit it and send frames at once.
//!
//! The lengths never vary, so a real TLS client is refused as soon as the length of its first record has
//! arrived. The fixed bytes are those that libnice sends, which agree with the specification. The fields that
//! \[MS-TURN\] leaves open (time, random bytes, session id) may have any value.
//!
//! Google has another handshake for the same purpose. It is recognized and refused, as
//! [`FrameError::GoogleHello`].
//!
//! ```
//! use stunwire::framing::pseudo_tls::{self, PseudoTls, Received};
//! use stunwire::framing::{MsFrame, Next};
//!
//! // The client has sent its hello and waits for the answer.
//! let hello = pseudo_tls::client_hello(&[7; 32]);
//! let mut client = PseudoTls::client();
//!
//! // The server reads the hello and answers.
//! let mut server = PseudoTls::server();
//! let Next::Frame { frame: Received::ClientHello(read), consumed: 50 } = server.next(&hello)? else {
//!     unreachable!("the hello is complete")
//! };
//! assert_eq!(read.random, &[7; 32]);
//! let mut answer = pseudo_tls::server_hello(&[8; 32], &[9; 32]).to_vec();
//! answer.extend_from_slice(b"\x03\x00\x00\x02hi");
//!
//! // The frame that follows the handshake is read from the same bytes.
//! assert_eq!(client.next(&answer[..80])?, Next::Incomplete { needed: 3 });
//! let Next::Frame { consumed, .. } = client.next(&answer)? else {
//!     unreachable!("the hello is complete")
//! };
//! let frame = Received::Frame(MsFrame::Data(&b"hi"[..]));
//! assert_eq!(client.next(&answer[consumed..])?, Next::Frame { frame, consumed: 6 });
//! # Ok::<(), stunwire::framing::FrameError>(())
//! ```

use core::ops::Range;

use super::{FrameError, MsFrame, MsTcp, Next};

/// Length of a ClientHello in bytes.
pub const CLIENT_HELLO_LEN: usize = 50;

/// Length of a ServerHello with its ServerHelloDone in bytes.
pub const SERVER_HELLO_LEN: usize = 83;

/// Google's ClientHello: a record of SSLv2 with 15 ciphers and fixed random bytes, 72 bytes long.
///
/// libnice and libwebrtc's SSL-TCP transport send it before TURN over TCP on port 443. This crate recognizes
/// it, as [`Framing::GoogleHello`](super::Framing::GoogleHello), and does not read what follows it.
pub const GOOGLE_CLIENT_HELLO: [u8; 72] = *b"\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10\
    \x01\x00\x80\x03\x00\x80\x07\x00\xc0\x06\x00\x40\x02\x00\x80\x04\x00\x80\
    \x00\x00\x04\x00\xfe\xff\x00\x00\x0a\x00\xfe\xfe\x00\x00\x09\x00\x00\x64\
    \x00\x00\x62\x00\x00\x03\x00\x00\x06\
    \x1f\x17\x0c\xa6\x2f\x00\x78\xfc\x46\x55\x2e\xb1\x83\x39\xf1\xea";

/// Google's ServerHello, which answers [`GOOGLE_CLIENT_HELLO`]: fixed as well, 79 bytes long, without
/// ServerHelloDone.
pub const GOOGLE_SERVER_HELLO: [u8; 79] = *b"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01\
    \x42\x85\x45\xa7\x27\xa9\x5d\xa0\xb3\xc5\xe7\x53\xda\x48\x2b\x3f\
    \xc6\x5a\xca\x89\xc1\x58\x52\xa1\x78\x3c\x5b\x17\x46\x00\x85\x3f\
    \x20\
    \x0e\xd3\x06\x72\x5b\x5b\x1b\x5f\x15\xac\x13\xf9\x88\x53\x9d\x9b\
    \xe8\x3d\x7b\x0c\x30\x32\x6e\x38\x4d\xa2\x75\x57\x41\x6c\x34\x5c\
    \x00\x04\x00";

/// Reads one direction of an MS-TURN connection over TCP: first the handshake of the other side, then
/// frames.
///
/// It stores only whether the handshake has been read. The bytes that [`next`](Self::next) has not consumed
/// still belong to the caller.
///
/// Example program: [`ms_turn_session`](https://docs.rs/crate/stunwire/latest/source/examples/ms_turn_session.rs).
///
/// ```
/// use stunwire::framing::pseudo_tls::{PseudoTls, Received, client_hello, server_hello};
/// use stunwire::framing::{MsFrame, Next};
///
/// // A server. The frame follows the ClientHello at once.
/// let mut reader = PseudoTls::server().max_frame(2048);
/// let mut received = [&client_hello(&[7; 32])[..], b"\x03\x00\x00\x05hello"].concat();
/// let mut answer = Vec::new();
/// while let Next::Frame { frame, consumed } = reader.next(&received)? {
///     match frame {
///         Received::ClientHello(_) => answer.extend(server_hello(&[8; 32], &[9; 32])),
///         Received::Frame(MsFrame::Data(payload)) => assert_eq!(payload, b"hello"),
///         Received::Frame(MsFrame::Control(_)) | Received::ServerHello(_) => {}
///     }
///     received.drain(..consumed);
/// }
/// assert!(reader.is_established() && received.is_empty());
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PseudoTls {
    state: State,
    frames: MsTcp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A ClientHello, or a frame of a client that omits it.
    ClientHello,
    /// A ServerHello and nothing else.
    ServerHello,
    /// Only frames from here on.
    Frames,
}

impl PseudoTls {
    /// Creates the reader of a server, which expects a ClientHello and then frames, or frames at once.
    #[must_use]
    pub const fn server() -> Self {
        Self::new(State::ClientHello)
    }

    /// Creates the reader of a client that has sent its ClientHello, which expects the ServerHello and then
    /// frames.
    #[must_use]
    pub const fn client() -> Self {
        Self::new(State::ServerHello)
    }

    const fn new(state: State) -> Self {
        Self {
            state,
            frames: MsTcp::new(),
        }
    }

    /// Refuses frames longer than `bytes`, header included. The default is [`MsTcp::MAX_FRAME`].
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self {
            frames: self.frames.max_frame(bytes),
            ..self
        }
    }

    /// Whether the handshake has been read and only frames can follow.
    #[must_use]
    pub const fn is_established(&self) -> bool {
        matches!(self.state, State::Frames)
    }

    /// Reads the handshake or the frame at the start of `bytes`.
    ///
    /// # Errors
    /// If the bytes begin with neither the expected handshake nor a frame. The state does not change then.
    pub fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<Next<Received<'a>>, FrameError> {
        let next = match (self.state, bytes.first()) {
            // The first byte of a frame differs from that of the handshake. Errors in other bytes are reported by the
            // reader of the handshake.
            (State::Frames, _) | (State::ClientHello, Some(0x02 | 0x03)) => {
                self.frames.next(bytes)?.map(Received::Frame)
            }
            (State::ClientHello, _) => read_client_hello(bytes)?.map(Received::ClientHello),
            (State::ServerHello, _) => read_server_hello(bytes)?.map(Received::ServerHello),
        };
        if let Next::Frame { .. } = next {
            self.state = State::Frames;
        }
        Ok(next)
    }
}

/// The part of an MS-TURN connection that was read: a hello of the handshake, or a frame.
///
/// ```
/// use stunwire::framing::Next;
/// use stunwire::framing::pseudo_tls::{PseudoTls, Received, server_hello};
///
/// let answer = server_hello(&[8; 32], &[9; 32]);
/// let next = PseudoTls::client().next(&answer)?;
/// assert!(matches!(next, Next::Frame { frame: Received::ServerHello(_), .. }));
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// The ClientHello: answer it with [`server_hello`].
    ClientHello(ClientHello<'a>),
    /// The ServerHello with its ServerHelloDone: the client may now send frames.
    ServerHello(ServerHello<'a>),
    /// A frame.
    Frame(MsFrame<&'a [u8]>),
}

/// A valid ClientHello.
///
/// ```
/// use stunwire::framing::Next;
/// use stunwire::framing::pseudo_tls::{ClientHello, client_hello, read_client_hello};
///
/// let hello = client_hello(&[7; 32]);
/// let Next::Frame { frame: ClientHello { random }, .. } = read_client_hello(&hello)? else {
///     unreachable!("the hello is complete")
/// };
/// assert_eq!(*random, [7; 32]);
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// 4 bytes of time and 28 random bytes, without meaning.
    pub random: &'a [u8; 32],
}

/// A valid ServerHello with its ServerHelloDone.
///
/// ```
/// use stunwire::framing::Next;
/// use stunwire::framing::pseudo_tls::{ServerHello, read_server_hello, server_hello};
///
/// let hello = server_hello(&[8; 32], &[9; 32]);
/// let Next::Frame { frame: ServerHello { random, session_id }, .. } = read_server_hello(&hello)? else {
///     unreachable!("the hello is complete")
/// };
/// assert_eq!((*random, *session_id), ([8; 32], [9; 32]));
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// 4 bytes of time and 28 random bytes, without meaning.
    pub random: &'a [u8; 32],
    /// The session id, without meaning: sessions are not resumed.
    pub session_id: &'a [u8; 32],
}

/// Creates a ClientHello. `random` is the value of its field `random`: 4 bytes of time and 28 random bytes.
///
/// ```
/// use stunwire::framing::pseudo_tls::{CLIENT_HELLO_LEN, client_hello};
///
/// // Time and random bytes have no meaning: all may be random.
/// let hello = client_hello(&[7; 32]);
/// assert_eq!(hello.len(), CLIENT_HELLO_LEN);
/// ```
#[must_use]
pub fn client_hello(random: &[u8; 32]) -> [u8; CLIENT_HELLO_LEN] {
    let mut hello = CLIENT_HELLO;
    put(&mut hello, RANDOM, random);
    hello
}

/// Creates a ServerHello with its ServerHelloDone. `random` is the value of the field `random`: 4 bytes of
/// time and 28 random bytes.
///
/// ```
/// use stunwire::framing::pseudo_tls::{SERVER_HELLO_LEN, server_hello};
///
/// let hello = server_hello(&[8; 32], &[9; 32]);
/// assert_eq!(hello.len(), SERVER_HELLO_LEN);
/// ```
#[must_use]
pub fn server_hello(random: &[u8; 32], session_id: &[u8; 32]) -> [u8; SERVER_HELLO_LEN] {
    let mut hello = SERVER_HELLO;
    put(&mut hello, RANDOM, random);
    put(&mut hello, SESSION_ID, session_id);
    hello
}

/// Reads the ClientHello at the start of `bytes`. The bytes that follow it are not read.
///
/// ```
/// use stunwire::framing::Next;
/// use stunwire::framing::pseudo_tls::{client_hello, read_client_hello};
///
/// let hello = client_hello(&[7; 32]);
/// assert!(matches!(read_client_hello(&hello)?, Next::Frame { consumed: 50, .. }));
/// assert_eq!(read_client_hello(&hello[..49])?, Next::Incomplete { needed: 1 });
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
///
/// # Errors
/// If a byte whose value is fixed has another value, as soon as that byte has arrived; for the length of the record, as
/// soon as both of its bytes have.
pub fn read_client_hello(bytes: &[u8]) -> Result<Next<ClientHello<'_>>, FrameError> {
    if let Some(needed) = google(bytes, &GOOGLE_CLIENT_HELLO, 1)? {
        return Ok(Next::Incomplete { needed });
    }
    if let Some(needed) = compare(bytes, &CLIENT_HELLO, &[RANDOM])? {
        return Ok(Next::Incomplete { needed });
    }
    match field(bytes, RANDOM) {
        Some(random) if bytes.len() >= CLIENT_HELLO_LEN => Ok(Next::Frame {
            frame: ClientHello { random },
            consumed: CLIENT_HELLO_LEN,
        }),
        _ => Ok(Next::missing(CLIENT_HELLO_LEN, bytes.len())),
    }
}

/// Reads the ServerHello and ServerHelloDone at the start of `bytes`. The bytes that follow them are not
/// read.
///
/// ```
/// use stunwire::framing::Next;
/// use stunwire::framing::pseudo_tls::{read_server_hello, server_hello};
///
/// let hello = server_hello(&[8; 32], &[9; 32]);
/// assert!(matches!(read_server_hello(&hello)?, Next::Frame { consumed: 83, .. }));
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
///
/// # Errors
/// If a byte whose value is fixed has another value, as soon as that byte has arrived; for the length of the record, as
/// soon as both of its bytes have.
pub fn read_server_hello(bytes: &[u8]) -> Result<Next<ServerHello<'_>>, FrameError> {
    // Up to the length of the record both handshakes are equal.
    if let Some(needed) = google(bytes, &GOOGLE_SERVER_HELLO, 5)? {
        return Ok(Next::Incomplete { needed });
    }
    if let Some(needed) = compare(bytes, &SERVER_HELLO, &[RANDOM, SESSION_ID])? {
        return Ok(Next::Incomplete { needed });
    }
    match (field(bytes, RANDOM), field(bytes, SESSION_ID)) {
        (Some(random), Some(session_id)) if bytes.len() >= SERVER_HELLO_LEN => Ok(Next::Frame {
            frame: ServerHello { random, session_id },
            consumed: SERVER_HELLO_LEN,
        }),
        _ => Ok(Next::missing(SERVER_HELLO_LEN, bytes.len())),
    }
}

/// Offset of the time and the random bytes in both hellos.
const RANDOM: usize = 11;

/// Offset of the session id in the ServerHello.
const SESSION_ID: usize = 44;

/// Length of the fields that may have any value.
const FIELD_LEN: usize = 32;

/// Record, handshake, version; time and random bytes; no session id, one cipher suite
/// (TLS_DH_anon_WITH_RC4_128_MD5), no compression.
const CLIENT_HELLO: [u8; CLIENT_HELLO_LEN] = *b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x00\x00\x02\x00\x18\x01\x00";

/// Record, handshake, version; time and random bytes; session id; the cipher suite, no compression; then
/// ServerHelloDone.
const SERVER_HELLO: [u8; SERVER_HELLO_LEN] = *b"\x16\x03\x01\x00\x4e\x02\x00\x00\x46\x03\x01\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x20\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x00\x18\x00\x0e\x00\x00\x00";

/// The bytes of the field at `offset`, once all of them have arrived.
fn field(bytes: &[u8], offset: usize) -> Option<&[u8; FIELD_LEN]> {
    bytes.get(offset..)?.first_chunk()
}

/// Writes the field at `offset`.
fn put(hello: &mut [u8], offset: usize, value: &[u8; FIELD_LEN]) {
    for (to, from) in hello.iter_mut().skip(offset).zip(value) {
        *to = *from;
    }
}

/// Recognizes Google's hello by all of its bytes. Once `least` of them have arrived it cannot be the
/// handshake of MS-TURN any more: returns how many are missing.
fn google(bytes: &[u8], hello: &[u8], least: usize) -> Result<Option<usize>, FrameError> {
    if bytes.starts_with(hello) {
        return Err(FrameError::GoogleHello);
    }
    let waiting = bytes.len() >= least && hello.starts_with(bytes);
    Ok(hello.len().checked_sub(bytes.len()).filter(|_| waiting))
}

/// Compares the bytes that have arrived with the hello, except the fields at `free`. Returns how many bytes
/// are missing if the first half of the record's length differs, because only both halves say what it is.
fn compare(bytes: &[u8], hello: &[u8], free: &[usize]) -> Result<Option<usize>, FrameError> {
    let is_free = |offset| {
        free.iter()
            .any(|start| offsets_of_field(*start).contains(&offset))
    };
    let difference = (0_u8..)
        .zip(bytes.iter().zip(hello))
        .find(|(offset, (found, expected))| found != expected && !is_free(usize::from(*offset)));
    match (difference, bytes, hello) {
        (None, ..) => Ok(None),
        // Another record, probably of real TLS.
        (Some((3 | 4, _)), &[_, _, _, f0, f1, ..], &[_, _, _, e0, e1, ..]) => {
            let expected = u16::from_be_bytes([e0, e1]);
            Err(FrameError::Length {
                offset: 3,
                found: u16::from_be_bytes([f0, f1]),
                min: expected,
                max: expected,
            })
        }
        (Some((3, _)), ..) => Ok(hello.len().checked_sub(bytes.len())),
        (Some((offset, (&found, &expected))), ..) => Err(FrameError::Unexpected {
            offset,
            found,
            expected,
        }),
    }
}

/// The offsets of the field that begins at `start`.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "called with the offsets of the two fields"
)]
const fn offsets_of_field(start: usize) -> Range<usize> {
    start..start + FIELD_LEN
}
