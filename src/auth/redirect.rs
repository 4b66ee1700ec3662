//! Redirection by 300 (Try Alternate) (RFC 8489 §10).

use core::net::SocketAddr;
use core::time::Duration;

use super::time::UnixTime;
use crate::attribute::{AlternateDomain, AlternateServer, Code, ErrorCode};
use crate::code_point::Class;
use crate::integrity::Verified;

/// The time for which a server is not asked again (RFC 8489 §10).
const LOOP_GUARD: Duration = Duration::from_secs(300);

/// A list of the servers that a client has asked, which detects redirection loops
/// ([RFC 8489 §10](https://www.rfc-editor.org/rfc/rfc8489#section-10)).
///
/// Keep one for each request that may be redirected, such as an Allocate. It remembers the `N` servers that were
/// asked last. If the list is full of servers that were asked in the last five minutes,
/// [`follow`](Self::follow) returns `None`. An IPv4-mapped IPv6 address, as dual-stack sockets return it, is the same
/// server as the IPv4 address.
///
/// ```
/// use stunwire::attribute::AlternateServer;
/// use stunwire::auth::{Redirects, UnixTime};
/// use stunwire::{Code, Header, Key, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let key = Key::from_bytes(b"the key of the user");
/// let request = Header::request(Method::ALLOCATE, id);
/// let mut buffer = [0; 128];
/// let packet = MessageWriter::error_to(&mut buffer, request, Code::TRY_ALTERNATE)?
///     .with(&AlternateServer("192.0.2.2:3478".parse()?))?
///     .integrity(&key)?
///     .finish()?;
/// let (first, now) = ("192.0.2.1:3478".parse()?, UnixTime::from_secs(1_700_000_000));
/// let mut redirects = Redirects::<4>::new();
/// redirects.asked(first, now);
/// // The response to the request, from `Response::Refused`.
/// let response = Message::parse(packet)?.verify(&key)?;
/// let next = redirects.follow(&response, first, now).expect("a new server");
/// assert_eq!(next.server, "192.0.2.2:3478".parse()?);
/// // A redirection to a server that has been asked is a loop.
/// assert!(redirects.follow(&response, next.server, now).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Redirects<const N: usize = 8> {
    asked: [Option<(SocketAddr, UnixTime)>; N],
}

impl<const N: usize> Default for Redirects<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Redirects<N> {
    /// Creates an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { asked: [None; N] }
    }

    /// Adds a server that has been asked.
    pub fn asked(&mut self, server: SocketAddr, now: UnixTime) {
        let oldest = self.asked.iter_mut().min_by_key(|entry| match entry {
            // A server that is asked again keeps one entry.
            Some((other, _)) if is_same(*other, server) => None,
            entry => entry.map(|(_, time)| time),
        });
        if let Some(entry) = oldest {
            *entry = Some((server, now));
        }
    }

    /// Returns the server to ask instead, with the same transport and the same credentials, and adds it to
    /// the list.
    ///
    /// Of several servers it is the first of the same address family as `from`, the server that sent the
    /// response. Returns `None` if the response is not a 300 (Try Alternate) with ALTERNATE-SERVER, or if that
    /// server or `N` others were asked within the last five minutes: the request has then failed.
    pub fn follow<'a>(
        &mut self,
        response: &Verified<'a>,
        from: SocketAddr,
        now: UnixTime,
    ) -> Option<Redirect<'a>> {
        let error = response.get::<ErrorCode<'_>>().ok().flatten()?;
        if response.class() != Class::ErrorResponse || error.code() != Code::TRY_ALTERNATE {
            return None;
        }
        let mut servers = response
            .get_all::<AlternateServer>()
            .filter_map(|server| Some(server.ok()?.0));
        let from_ipv4 = from.ip().to_canonical().is_ipv4();
        let same_family = |server: &SocketAddr| server.ip().to_canonical().is_ipv4() == from_ipv4;
        let server = servers
            .clone()
            .find(same_family)
            .or_else(|| servers.next())?;
        let mut recent = 0_usize;
        for (other, time) in self.asked.iter().flatten() {
            if now.saturating_since(*time) < LOOP_GUARD {
                if is_same(*other, server) {
                    return None;
                }
                recent = recent.saturating_add(1);
            }
        }
        if recent == N {
            return None;
        }
        self.asked(server, now);
        Some(Redirect {
            server,
            domain: response.get().ok().flatten(),
        })
    }
}

/// Whether both are the address of one server. A dual-stack socket reports IPv4 servers as IPv4-mapped addresses, and
/// ALTERNATE-SERVER has neither the scope nor the flow label of an IPv6 address.
fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

/// The server to which a client is redirected.
///
/// ```
/// use std::net::SocketAddr;
/// use stunwire::auth::Redirect;
///
/// /// Where to connect, and the name that the certificate must have.
/// fn target<'a>(redirect: &Redirect<'a>, first_name: &'a str) -> (SocketAddr, &'a str) {
///     let name = redirect.domain.and_then(|domain| domain.as_str().ok());
///     (redirect.server, name.unwrap_or(first_name))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect<'a> {
    /// The IP address and port of the server.
    pub server: SocketAddr,
    /// The name that the certificate must have, with TLS or DTLS. If it is `None`, the certificate must
    /// have the name that was used for the first server.
    pub domain: Option<AlternateDomain<'a>>,
}
