//! URIs of servers, by the grammar of RFC 7064, RFC 7065 and RFC 3986.

use std::net::Ipv6Addr;

use stunwire::uri::{Host, Scheme, Transport, Uri};

use crate::printable;

/// A text is parsed if it follows the grammar, into the parts that the grammar gives; printed and parsed again, it
/// is the same URI.
pub(crate) fn uri(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match (Uri::parse(text), parts(text)) {
        (Ok(uri), Some(parts)) => parsed(&uri, &parts),
        (Err(error), None) => printable(&error.to_string()),
        (parsed, parts) => panic!("{text:?}: {parsed:?} and {parts:?}"),
    }
}

fn parsed(uri: &Uri<'_>, parts: &Parts<'_>) {
    let secure = parts.scheme.ends_with(['s', 'S']);
    assert!(parts.scheme.eq_ignore_ascii_case(uri.scheme().name()));
    assert_eq!(uri.scheme().is_secure(), secure);
    assert_eq!(uri.scheme().is_turn(), parts.is_turn());
    // RFC 7064 §3.2, RFC 7065 §3.2.
    let default = if secure { 5349 } else { 3478 };
    assert_eq!(uri.explicit_port(), parts.port);
    assert_eq!(uri.port(), parts.port.unwrap_or(default));
    let name = uri.transport().map(|transport| transport.name());
    assert_eq!(name.is_some(), parts.transport.is_some());
    if let (Some(name), Some(text)) = (name, parts.transport) {
        assert!(name.eq_ignore_ascii_case(text));
    }
    let host = uri.host().to_string();
    match uri.host() {
        Host::Ipv6(address) => assert_eq!(ipv6(parts.host), Some(address)),
        Host::Ipv4(_) | Host::IpvFuture(_) | Host::Name(_) => assert_eq!(host, parts.host),
        host => panic!("{host:?}"),
    }
    assert_eq!(
        uri.host().ip().is_some_and(|ip| ip.is_ipv4()),
        is_ipv4(parts.host)
    );

    let text = uri.to_string();
    assert_eq!(Uri::parse(&text).as_ref(), Ok(uri));
    assert_eq!(
        Uri::try_from(&*text).map(|uri| uri.to_string()),
        Ok(text.clone())
    );
    let mut built = Uri::new(uri.scheme(), &host).expect("the host was parsed");
    if let Some(port) = parts.port {
        built = built.with_port(port);
    }
    if let Some(transport) = parts.transport {
        let built = built.with_transport(Transport::Other(transport));
        assert_eq!(built.as_ref(), Ok(uri));
    } else {
        assert_eq!(&built, uri);
    }
    let other = built.with_transport(Transport::Udp);
    assert_eq!(other.is_ok(), parts.is_turn());
    assert!(built.with_transport(Transport::Other("a b")).is_err());
    if let Host::Ipv6(address) = uri.host() {
        let bare = address.to_string();
        assert_eq!(
            Uri::new(Scheme::Stun, &bare).map(|uri| uri.host()),
            Ok(uri.host())
        );
    }
}

/// The parts of a URI as they are written.
#[derive(Debug)]
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    transport: Option<&'a str>,
}

impl Parts<'_> {
    fn is_turn(&self) -> bool {
        self.scheme.starts_with(['t', 'T'])
    }
}

/// A text that is read from left to right, rule after rule.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// Consumes a literal, in any case.
    fn literal(&mut self, literal: &str) -> bool {
        match self.0.split_at_checked(literal.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(literal) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Consumes the longest start of these characters.
    fn many(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !allowed(c)).unwrap_or(self.0.len());
        let (start, rest) = self.0.split_at(end);
        self.0 = rest;
        start
    }
}

const SUB_DELIMS: &str = "!$&'()*+,;=";

fn unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

/// `scheme ":" host [ ":" port ] [ "?transport=" transport ]`; the host is not empty.
fn parts(text: &str) -> Option<Parts<'_>> {
    let mut reader = Reader(text);
    let scheme = reader.many(|c| c != ':');
    if !["stun", "stuns", "turn", "turns"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return None;
    }
    reader.literal(":").then_some(())?;
    let start = reader.0;
    if reader.literal("[") {
        let literal = reader.many(|c| c != ']');
        reader.literal("]").then_some(())?;
        (is_ipv6(literal) || is_future(literal)).then_some(())?;
    } else {
        let name = reader.many(|c| unreserved(c) || SUB_DELIMS.contains(c) || c == '%');
        let mut escapes = name.split('%');
        escapes.next();
        let mut escapes = escapes.map(|after| after.get(..2));
        let hex = |two: &str| two.chars().all(|c| c.is_ascii_hexdigit());
        escapes.all(|two| two.is_some_and(hex)).then_some(())?;
    }
    let host = &start[..start.len() - reader.0.len()];
    let mut port = None;
    if reader.literal(":") {
        let digits = reader.many(|c| c.is_ascii_digit());
        let number = digits.trim_start_matches('0');
        // Six digits are too many, whatever they are.
        (number.len() <= 5).then_some(())?;
        let number = number
            .bytes()
            .fold(0_u32, |number, digit| 10 * number + u32::from(digit - b'0'));
        if !digits.is_empty() {
            port = Some(u16::try_from(number).ok()?);
        }
    }
    let mut parts = Parts {
        scheme,
        host,
        port,
        transport: None,
    };
    if parts.is_turn() && reader.literal("?transport=") {
        parts.transport = Some(reader.many(unreserved)).filter(|name| !name.is_empty());
        parts.transport?;
    }
    (reader.0.is_empty() && !host.is_empty()).then_some(parts)
}

/// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_future(literal: &str) -> bool {
    let mut reader = Reader(literal);
    reader.literal("v")
        && !reader.many(|c| c.is_ascii_hexdigit()).is_empty()
        && reader.literal(".")
        && !reader
            .many(|c| unreserved(c) || SUB_DELIMS.contains(c) || c == ':')
            .is_empty()
        && reader.0.is_empty()
}

/// Four numbers up to 255 without leading zeros.
fn is_ipv4(text: &str) -> bool {
    let is_octet = |digits: &str| {
        (1..=3).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && (digits.len() == 1 || !digits.starts_with('0'))
            && (digits.len() < 3 || digits <= "255")
    };
    text.split('.').count() == 4 && text.split('.').all(is_octet)
}

/// Eight groups of one to four digits, of which an IPv4 address may be the last two and `::` replaces one or
/// more (RFC 3986 §3.2.2).
fn is_ipv6(text: &str) -> bool {
    let groups = |text: &str, is_last: bool| -> Option<usize> {
        if text.is_empty() {
            return Some(0);
        }
        let mut count = 0;
        let mut groups = text.split(':').peekable();
        while let Some(group) = groups.next() {
            if is_last && groups.peek().is_none() && is_ipv4(group) {
                count += 2;
            } else if (1..=4).contains(&group.len()) && group.bytes().all(|c| c.is_ascii_hexdigit())
            {
                count += 1;
            } else {
                return None;
            }
        }
        Some(count)
    };
    match text.split_once("::") {
        Some((start, end)) => groups(start, false)
            .zip(groups(end, true))
            .is_some_and(|(start, end)| start + end <= 7),
        None => groups(text, true) == Some(8),
    }
}

/// The address in brackets.
fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}
