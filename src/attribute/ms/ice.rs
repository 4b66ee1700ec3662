//! The attributes of \[MS-ICE2\], and the USERNAME of \[MS-ICE\].

use core::fmt;

use crate::attribute::Username;
use crate::attribute::shape::put_slice;
use crate::format::trim_nuls;
use crate::wire;

label! {
    /// CANDIDATE-IDENTIFIER: the foundation of the sender's candidate (\[MS-ICE2\] 2.2.2.1). In the
    /// legacy format NULs are counted in its length; [`trimmed`](Self::trimmed) is without.
    CandidateIdentifier(
        /// The foundation as it stands on the wire.
    )
}

number! {
    /// IMPLEMENTATION-VERSION: which format of \[MS-ICE2\] the sender speaks (2.2.2.2). Up to 2 it is
    /// that of the old draft, [`Dialect::MS_ICE2_LEGACY`](crate::Dialect::MS_ICE2_LEGACY), from 3 on
    /// that of RFC 5389.
    ImplementationVersion(
        /// The version.
        u32
    )
}

impl ImplementationVersion {
    /// Whether the sender speaks the old draft's format: versions 0 to 2.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        self.0 <= 2
    }
}

impl fmt::Display for ImplementationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The USERNAME of a check in \[MS-ICE\], the protocol before \[MS-ICE2\] (Office Communications Server
/// 2007, MSN): `receiver:component:sender:component`, then one to four NULs up to a multiple of 4,
/// as seen in libnice. \[MS-ICE2\] itself has ICE's: [`Username::joined`].
///
/// The fragments are the bytes that the base64 of the candidates decodes to, and so is the password
/// that [`Key::short_term`](crate::Key::short_term) takes. Decoding is the caller's: signalling
/// carries base64, the wire never does.
///
/// ```
/// use stunwire::attribute::ms::IceUsername;
/// use stunwire::attribute::Username;
/// use stunwire::{Dialect, Header, MessageWriter, Method, TransactionId};
///
/// # let id = TransactionId::classic(*b"not a secret id.");
/// let mut buffer = [0; 64];
/// let header = Header::request(Method::BINDING, id).in_dialect(Dialect::RFC3489);
/// let mut check = MessageWriter::new(&mut buffer, header)?;
/// check.attribute(&IceUsername::new(b"theirs", b"ours", 1))?;
/// let check = Dialect::RFC3489.parse(check.finish()?)?;
///
/// let username = check.get::<Username>()?.expect("just written");
/// assert_eq!(username.as_bytes(), b"theirs:1:ours:1\0");
/// // The other side knows its own fragment.
/// let read = IceUsername::parse(username, b"theirs").expect("for us");
/// assert_eq!((read.sender(), read.component()), (&b"ours"[..], 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IceUsername<'a> {
    receiver: &'a [u8],
    sender: &'a [u8],
    component: u8,
}

impl<'a> IceUsername<'a> {
    /// The USERNAME of a check to the owner of the fragment `receiver`, for this component.
    #[must_use]
    pub fn new<R, S>(receiver: &'a R, sender: &'a S, component: u8) -> Self
    where
        R: AsRef<[u8]> + ?Sized,
        S: AsRef<[u8]> + ?Sized,
    {
        Self {
            receiver: receiver.as_ref(),
            sender: sender.as_ref(),
            component,
        }
    }

    /// Reads a USERNAME of this form that is addressed to the owner of the fragment `receiver`, and
    /// is `None` for every other. The fragments are binary and may hold colons, so only who knows
    /// one of them can tell where it ends.
    #[must_use]
    pub fn parse<R>(username: Username<'a>, receiver: &R) -> Option<Self>
    where
        R: AsRef<[u8]> + ?Sized,
    {
        let text = trim_nuls(username.as_bytes());
        let (receiver, rest) = text
            .split_at_checked(receiver.as_ref().len())
            .filter(|(front, _)| *front == receiver.as_ref())?;
        let rest = rest.strip_prefix(b":")?;
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let (first, rest) = rest.split_at_checked(colon)?;
        let component = core::str::from_utf8(first).ok()?.parse().ok()?;
        let sender = rest
            .strip_prefix(b":")?
            .strip_suffix(first)?
            .strip_suffix(b":")?;
        Some(Self {
            receiver,
            sender,
            component,
        })
    }

    /// The fragment of the side that receives the check.
    #[must_use]
    pub const fn receiver(&self) -> &'a [u8] {
        self.receiver
    }

    /// The fragment of the side that sends it.
    #[must_use]
    pub const fn sender(&self) -> &'a [u8] {
        self.sender
    }

    /// The component.
    #[must_use]
    pub const fn component(&self) -> u8 {
        self.component
    }

    /// The component in decimal digits.
    fn digits<'d>(&self, digits: &'d mut [u8; 3]) -> &'d [u8] {
        let figure = |value: u8| b'0'.wrapping_add(value % 10);
        let c = self.component;
        *digits = [figure(c / 100), figure(c / 10), figure(c)];
        let skipped = if c >= 100 {
            0
        } else if c >= 10 {
            1
        } else {
            2
        };
        digits.get(skipped..).unwrap_or_default()
    }

    /// Length without the NULs in bytes.
    fn len(&self) -> usize {
        let component = self.digits(&mut [0; 3]).len();
        self.receiver
            .len()
            .saturating_add(self.sender.len())
            .saturating_add(component.saturating_mul(2))
            .saturating_add(3)
    }
}

// Where the length is a multiple of 4 already, four NULs stand: libnice's peers know no other form.
writes!(IceUsername<'_>, as Username<'_>,
    |this, context| {
        let next = this.len().saturating_add(1);
        next.saturating_add(wire::padding_len(next))
    },
    |out| {
        let mut digits = [0; 3];
        let component = this.digits(&mut digits);
        let mut out = out;
        for part in [this.receiver, b":", component, b":", this.sender, b":", component] {
            out = put_slice(out, part);
        }
        out.fill(0);
    }
);
