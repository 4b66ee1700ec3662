//! URIs of STUN and TURN servers: `stun:`, `stuns:` (RFC 7064), `turn:` and `turns:` (RFC 7065).

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// The URI of a STUN or TURN server, borrowed from the text from which it was parsed
/// ([RFC 7064 §3.1](https://www.rfc-editor.org/rfc/rfc7064#section-3.1),
/// [RFC 7065 §3.1](https://www.rfc-editor.org/rfc/rfc7065#section-3.1)).
///
/// Parsing and printing do not allocate. The scheme, the transport and `transport=` are compared
/// case-insensitively, as in ABNF, and printed in lower case. A host name is kept unchanged; an IPv6 address is printed
/// in its canonical form ([RFC 5952](https://www.rfc-editor.org/rfc/rfc5952)).
///
/// ```
/// use stunwire::uri::{Host, Scheme, Transport, Uri};
///
/// let uri = Uri::parse("turns:[2001:db8::7]:443?transport=tcp")?;
/// assert_eq!(uri.scheme(), Scheme::Turns);
/// assert_eq!(uri.host(), Host::Ipv6("2001:db8::7".parse()?));
/// assert_eq!(uri.port(), 443);
/// assert_eq!(uri.transport(), Some(Transport::Tcp));
///
/// let uri = Uri::parse("stun:stun.example.org")?;
/// assert_eq!((uri.port(), uri.explicit_port()), (3478, None));
/// assert_eq!(uri.to_string(), "stun:stun.example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uri<'a> {
    scheme: Scheme,
    host: Host<'a>,
    port: Option<u16>,
    transport: Option<Transport<'a>>,
}

impl<'a> Uri<'a> {
    /// Parses a URI.
    ///
    /// ```
    /// use stunwire::uri::{Uri, UriError};
    ///
    /// assert!(Uri::parse("turn:example.org?transport=udp").is_ok());
    /// assert_eq!(Uri::parse("https://example.org"), Err(UriError::Scheme));
    /// ```
    ///
    /// # Errors
    /// If the scheme is not one of the four, the host is empty or has a character that the grammar
    /// of [RFC 3986 §3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2) does not allow, the
    /// port is not a number of 16 bits, or anything but `?transport=` follows; `stun:` and `stuns:`
    /// allow nothing after the port.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        let (scheme, rest) = text.split_once(':').ok_or(UriError::Scheme)?;
        let scheme = Scheme::parse(scheme).ok_or(UriError::Scheme)?;
        let (authority, query) = match rest.split_once('?') {
            Some((authority, query)) => (authority, Some(query)),
            None => (rest, None),
        };
        let (host, port) = split_port(authority)?;
        Ok(Self {
            scheme,
            host: Host::parse(host)?,
            port: port.map_or(Ok(None), parse_port)?,
            transport: query.map(|query| scheme.transport(query)).transpose()?,
        })
    }

    /// Creates a URI with the default port and without a transport. IPv6 addresses may be given with or without
    /// brackets.
    ///
    /// ```
    /// use stunwire::uri::{Scheme, Transport, Uri};
    ///
    /// let uri = Uri::new(Scheme::Turn, "turn.example.org")?
    ///     .with_port(8000)
    ///     .with_transport(Transport::Udp)?;
    /// assert_eq!(uri.to_string(), "turn:turn.example.org:8000?transport=udp");
    /// assert_eq!(Uri::new(Scheme::Stun, "::1")?.to_string(), "stun:[::1]");
    /// # Ok::<(), stunwire::uri::UriError>(())
    /// ```
    ///
    /// # Errors
    /// If the host is empty or has a character that the grammar of RFC 3986 does not allow.
    pub fn new(scheme: Scheme, host: &'a str) -> Result<Self, UriError> {
        let host = match Ipv6Addr::from_str(host) {
            Ok(address) => Host::Ipv6(address),
            Err(_) => Host::parse(host)?,
        };
        Ok(Self {
            scheme,
            host,
            port: None,
            transport: None,
        })
    }

    /// Sets the port.
    #[must_use]
    pub const fn with_port(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }

    /// Sets the transport.
    ///
    /// # Errors
    /// If the scheme is `stun:` or `stuns:`, or the name of the transport is empty or has a character
    /// other than letters, digits, `-`, `.`, `_` and `~`.
    pub fn with_transport(self, transport: Transport<'a>) -> Result<Self, UriError> {
        let name = transport.name();
        if !self.scheme.is_turn() || name.is_empty() || !name.bytes().all(is_unreserved) {
            return Err(UriError::Query);
        }
        Ok(Self {
            transport: Some(Transport::of(name)),
            ..self
        })
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The port, or the default port of the scheme if the URI has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// The port in the URI, `None` if the URI has none. A client then looks up SRV records for the host name
    /// first ([RFC 8489 §8](https://www.rfc-editor.org/rfc/rfc8489#section-8),
    /// [RFC 5928 §3](https://www.rfc-editor.org/rfc/rfc5928#section-3)).
    #[must_use]
    pub const fn explicit_port(&self) -> Option<u16> {
        self.port
    }

    /// The transport between client and server. Always `None` in `stun:` and `stuns:`.
    ///
    /// In `turn:` and `turns:`, `None` leaves the choice among the transports that it supports to the client
    /// ([RFC 5928 §3](https://www.rfc-editor.org/rfc/rfc5928#section-3)). Clients usually take UDP for `turn:` and TLS
    /// over TCP for `turns:`.
    #[must_use]
    pub const fn transport(&self) -> Option<Transport<'a>> {
        self.transport
    }
}

impl<'a> TryFrom<&'a str> for Uri<'a> {
    type Error = UriError;

    fn try_from(text: &'a str) -> Result<Self, UriError> {
        Self::parse(text)
    }
}

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme.name(), self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        match self.transport {
            Some(transport) => write!(f, "?transport={transport}"),
            None => Ok(()),
        }
    }
}

/// The scheme of a [`Uri`].
///
/// ```
/// use stunwire::uri::{Scheme, Uri};
///
/// let uri = Uri::parse("turns:turn.example.org")?;
/// assert_eq!(uri.scheme(), Scheme::Turns);
/// assert!(uri.scheme().is_secure() && uri.scheme().is_turn());
/// # Ok::<(), stunwire::uri::UriError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `stun:`, STUN over UDP or TCP.
    Stun,
    /// `stuns:`, STUN over TLS or DTLS.
    Stuns,
    /// `turn:`, TURN over UDP or TCP.
    Turn,
    /// `turns:`, TURN over TLS or DTLS.
    Turns,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        [Self::Stun, Self::Stuns, Self::Turn, Self::Turns]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.name()))
    }

    /// The scheme in lower case, without the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stun => "stun",
            Self::Stuns => "stuns",
            Self::Turn => "turn",
            Self::Turns => "turns",
        }
    }

    /// Whether the connection is protected by TLS or DTLS.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Stuns | Self::Turns)
    }

    /// Whether the URI is that of a TURN server.
    #[must_use]
    pub const fn is_turn(self) -> bool {
        matches!(self, Self::Turn | Self::Turns)
    }

    /// The default port: 5349 for `stuns:` and `turns:`, otherwise 3478.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        if self.is_secure() { 5349 } else { 3478 }
    }

    /// The transport in the query of a URI.
    fn transport(self, query: &str) -> Result<Transport<'_>, UriError> {
        let name = match query.split_once('=') {
            Some((key, name)) if key.eq_ignore_ascii_case("transport") => name,
            _ => return Err(UriError::Query),
        };
        if self.is_turn() && !name.is_empty() && name.bytes().all(is_unreserved) {
            Ok(Transport::of(name))
        } else {
            Err(UriError::Query)
        }
    }
}

/// The host of a [`Uri`].
///
/// ```
/// use stunwire::uri::{Host, Uri};
///
/// let uri = Uri::parse("stun:stun.example.org")?;
/// match uri.host() {
///     Host::Name(name) => assert_eq!(name, "stun.example.org"), // resolve it
///     host => println!("connect to {:?}", host.ip()),
/// }
/// # Ok::<(), stunwire::uri::UriError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host<'a> {
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address, in brackets in the URI.
    Ipv6(Ipv6Addr),
    /// An address of a later version of IP, without its brackets: `v` and digits, a dot, and
    /// characters whose meaning the version defines.
    IpvFuture(&'a str),
    /// A name, usually a DNS name. Percent-encoded bytes are not decoded.
    Name(&'a str),
}

impl<'a> Host<'a> {
    /// The alternatives are tried in the order of RFC 3986 §3.2.2: a host that is not an IPv4 address, such as
    /// 256.0.0.1, is a name.
    fn parse(text: &'a str) -> Result<Self, UriError> {
        if let Some(rest) = text.strip_prefix('[') {
            let literal = rest.strip_suffix(']').ok_or(UriError::Host)?;
            return match Ipv6Addr::from_str(literal) {
                Ok(address) => Ok(Self::Ipv6(address)),
                Err(_) if is_ipv_future(literal) => Ok(Self::IpvFuture(literal)),
                Err(_) => Err(UriError::Host),
            };
        }
        if let Ok(address) = Ipv4Addr::from_str(text) {
            Ok(Self::Ipv4(address))
        } else if !text.is_empty() && is_reg_name(text.as_bytes()) {
            Ok(Self::Name(text))
        } else {
            Err(UriError::Host)
        }
    }

    /// The address, if the host is an address and need not be resolved.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match *self {
            Self::Ipv4(address) => Some(IpAddr::V4(address)),
            Self::Ipv6(address) => Some(IpAddr::V6(address)),
            Self::IpvFuture(_) | Self::Name(_) => None,
        }
    }
}

/// Prints the host as in a URI: IPv6 addresses and those of later versions are in brackets.
impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(address) => write!(f, "{address}"),
            Self::Ipv6(address) => write!(f, "[{address}]"),
            Self::IpvFuture(literal) => write!(f, "[{literal}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The transport between client and server in a `turn:` or `turns:` URI.
///
/// ```
/// use stunwire::uri::{Transport, Uri};
///
/// let uri = Uri::parse("turn:turn.example.org?transport=tcp")?;
/// assert_eq!(uri.transport(), Some(Transport::Tcp));
/// # Ok::<(), stunwire::uri::UriError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport<'a> {
    /// UDP; with `turns:`, DTLS over UDP.
    Udp,
    /// TCP; with `turns:`, TLS over TCP.
    Tcp,
    /// Another transport, kept as it was written.
    Other(&'a str),
}

impl<'a> Transport<'a> {
    fn of(name: &'a str) -> Self {
        if name.eq_ignore_ascii_case("udp") {
            Self::Udp
        } else if name.eq_ignore_ascii_case("tcp") {
            Self::Tcp
        } else {
            Self::Other(name)
        }
    }

    /// The text that follows `transport=` in the URI.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        match *self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Transport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a text that is not the [`Uri`] of a STUN or TURN server.
///
/// ```
/// use stunwire::uri::{Uri, UriError};
///
/// assert_eq!(Uri::parse("https://example.org"), Err(UriError::Scheme));
/// assert_eq!(Uri::parse("stun:example.org:65536"), Err(UriError::Port));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// The scheme is not `stun`, `stuns`, `turn` or `turns`.
    #[error("the URI does not begin with stun:, stuns:, turn: or turns:")]
    Scheme,
    /// The host is empty or has a character that is not allowed. An IPv6 address must be in brackets.
    #[error("the host is empty or invalid; an IPv6 address is written in brackets")]
    Host,
    /// The port is not a number from 0 to 65,535.
    #[error("the port is not a number from 0 to 65535")]
    Port,
    /// The port is followed by something other than `?transport=` and a name; `stun:` and `stuns:` end with the
    /// port.
    #[error("only ?transport=NAME may follow, and only in turn: and turns:")]
    Query,
}

/// The host, and the text after the colon that follows it.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), UriError> {
    if authority.starts_with('[') {
        let (literal, after) = authority.split_once(']').ok_or(UriError::Host)?;
        let host = authority
            .get(..literal.len().saturating_add(1))
            .ok_or(UriError::Host)?;
        match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(UriError::Host),
        }
    } else {
        // A name has no colon: of an IPv6 address without brackets the rest is not a port.
        match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => Err(UriError::Host),
            Some((host, port)) => Ok((host, Some(port))),
            None => Ok((authority, None)),
        }
    }
}

/// `*DIGIT` (RFC 3986 §3.2.3): an empty port is the default one.
fn parse_port(digits: &str) -> Result<Option<u16>, UriError> {
    if digits.is_empty() {
        Ok(None)
    } else if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().map(Some).map_err(|_| UriError::Port)
    } else {
        Err(UriError::Port)
    }
}

/// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_ipv_future(literal: &str) -> bool {
    let Some((version, address)) = literal.split_once('.') else {
        return false;
    };
    let Some(digits) = version.strip_prefix(['v', 'V']) else {
        return false;
    };
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && address
            .bytes()
            .all(|byte| is_unreserved(byte) || is_sub_delim(byte) || byte == b':')
}

/// `*( unreserved / pct-encoded / sub-delims )`.
fn is_reg_name(mut name: &[u8]) -> bool {
    loop {
        name = match name {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest
            }
            [byte, rest @ ..] if is_unreserved(*byte) || is_sub_delim(*byte) => rest,
            _ => return false,
        }
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delim(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    // The tables of RFC 7064 appendix A and RFC 7065 appendix A.
    #[test]
    fn examples_of_the_rfcs() {
        for (text, scheme, secure, port, transport) in [
            ("stun:example.org", Scheme::Stun, false, None, None),
            ("stuns:example.org", Scheme::Stuns, true, None, None),
            (
                "stun:example.org:8000",
                Scheme::Stun,
                false,
                Some(8000),
                None,
            ),
            ("turn:example.org", Scheme::Turn, false, None, None),
            ("turns:example.org", Scheme::Turns, true, None, None),
            (
                "turn:example.org:8000",
                Scheme::Turn,
                false,
                Some(8000),
                None,
            ),
            (
                "turn:example.org?transport=udp",
                Scheme::Turn,
                false,
                None,
                Some(Transport::Udp),
            ),
            (
                "turn:example.org?transport=tcp",
                Scheme::Turn,
                false,
                None,
                Some(Transport::Tcp),
            ),
            (
                "turns:example.org?transport=tcp",
                Scheme::Turns,
                true,
                None,
                Some(Transport::Tcp),
            ),
        ] {
            let uri = Uri::parse(text).unwrap();
            assert_eq!(uri.scheme(), scheme, "{text}");
            assert_eq!(uri.scheme().is_secure(), secure, "{text}");
            assert_eq!(uri.host(), Host::Name("example.org"), "{text}");
            assert_eq!(uri.explicit_port(), port, "{text}");
            assert_eq!(uri.transport(), transport, "{text}");
            assert_eq!(uri.to_string(), text);
        }
    }

    // RFC 7064 §3.2 and RFC 7065 §3.2: 3478, and 5349 over TLS.
    #[test]
    fn default_ports() {
        for (text, port) in [
            ("stun:h", 3478),
            ("turn:h", 3478),
            ("stuns:h", 5349),
            ("turns:h", 5349),
            // RFC 3986 §3.2.3: the digits may be missing.
            ("turn:h:", 3478),
            ("turn:h:0", 0),
            ("turn:h:65535", 65535),
            ("turn:h:0003478", 3478),
        ] {
            assert_eq!(Uri::parse(text).unwrap().port(), port, "{text}");
        }
    }

    // The addresses of RFC 3986 §1.1.2 and RFC 4291 §2.2, and a literal of a version to come.
    #[test]
    fn hosts() {
        let v6 = |text: &str| Host::Ipv6(text.parse().unwrap());
        for (text, host) in [
            ("stun:192.0.2.16", Host::Ipv4(Ipv4Addr::new(192, 0, 2, 16))),
            ("stun:[2001:db8::7]", v6("2001:db8::7")),
            ("stun:[2001:DB8::7]", v6("2001:db8::7")),
            ("stun:[::]", v6("::")),
            ("stun:[::FFFF:129.144.52.38]", v6("::ffff:129.144.52.38")),
            ("stun:[1:2:3:4:5:6:7::]", v6("1:2:3:4:5:6:7:0")),
            ("stun:[v1.fe80::a+en1]", Host::IpvFuture("v1.fe80::a+en1")),
            // Not an IPv4 address, so a name.
            ("stun:256.0.0.1", Host::Name("256.0.0.1")),
            ("stun:01.2.3.4", Host::Name("01.2.3.4")),
            (
                "stun:b%C3%BCcher.example",
                Host::Name("b%C3%BCcher.example"),
            ),
            ("stun:a!$&'()*+,;=-._~", Host::Name("a!$&'()*+,;=-._~")),
        ] {
            let uri = Uri::parse(text).unwrap();
            assert_eq!(uri.host(), host, "{text}");
            assert_eq!(Uri::parse(&uri.to_string()), Ok(uri), "{text}");
        }
    }

    #[test]
    fn case_is_ignored() {
        let uri = Uri::parse("TURNS:Example.ORG?Transport=TCP").unwrap();
        assert_eq!(uri.to_string(), "turns:Example.ORG?transport=tcp");
        let uri = Uri::parse("turn:h?transport=Sctp").unwrap();
        assert_eq!(uri.transport(), Some(Transport::Other("Sctp")));
    }

    #[test]
    fn invalid() {
        for (text, error) in [
            ("", UriError::Scheme),
            ("stun", UriError::Scheme),
            ("http:example.org", UriError::Scheme),
            (" stun:example.org", UriError::Scheme),
            ("stun:", UriError::Host),
            ("stun::3478", UriError::Host),
            ("stun://example.org", UriError::Host),
            ("stun:user@example.org", UriError::Host),
            ("stun:exa mple.org", UriError::Host),
            ("stun:b\u{FC}cher.example", UriError::Host),
            ("stun:%", UriError::Host),
            ("stun:%4", UriError::Host),
            ("stun:%4g", UriError::Host),
            ("stun:2001:db8::7", UriError::Host),
            ("stun:[2001:db8::7", UriError::Host),
            ("stun:[2001:db8::7]x", UriError::Host),
            ("stun:[192.0.2.1]", UriError::Host),
            // A zone is not part of RFC 3986's grammar.
            ("stun:[fe80::1%25en0]", UriError::Host),
            ("stun:[v.x]", UriError::Host),
            ("stun:[v1.]", UriError::Host),
            ("stun:[vg.x]", UriError::Host),
            ("stun:[]", UriError::Host),
            ("stun:h:65536", UriError::Port),
            ("stun:h:+1", UriError::Port),
            ("stun:h:-1", UriError::Port),
            ("stun:h:x", UriError::Port),
            ("stun:h/", UriError::Host),
            ("stun:h#f", UriError::Host),
            ("stun:h?transport=udp", UriError::Query),
            ("stuns:h?transport=tcp", UriError::Query),
            ("turn:h?", UriError::Query),
            ("turn:h?transport", UriError::Query),
            ("turn:h?transport=", UriError::Query),
            ("turn:h?transport=u/p", UriError::Query),
            ("turn:h?transport=udp&x=y", UriError::Query),
            ("turn:h?x=udp", UriError::Query),
        ] {
            assert_eq!(Uri::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn made() {
        assert_eq!(
            Uri::new(Scheme::Stun, "a")
                .unwrap()
                .with_transport(Transport::Udp),
            Err(UriError::Query)
        );
        let turn = Uri::new(Scheme::Turn, "[::1]").unwrap();
        assert_eq!(turn.to_string(), "turn:[::1]");
        for name in ["", "a b", "a&b"] {
            assert_eq!(
                turn.with_transport(Transport::Other(name)),
                Err(UriError::Query)
            );
        }
        let named = turn.with_transport(Transport::Other("TCP")).unwrap();
        assert_eq!(named.transport(), Some(Transport::Tcp));
        assert_eq!(Uri::new(Scheme::Stun, "a:1"), Err(UriError::Host));
    }
}
