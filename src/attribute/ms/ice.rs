//! The attributes of \[MS-ICE2\], and the USERNAME of \[MS-ICE\].

use core::fmt;

use crate::attribute::Username;
use crate::attribute::shape::{Encode, put_slice};
use crate::dialect::Context;
use crate::wire;

text! {
    /// CANDIDATE-IDENTIFIER: the foundation of the candidate from which the check is sent (\[MS-ICE2\]
    /// 2.2.2.1).
    ///
    /// Type 0x8054. Value: text; in the old format padded with NULs to a multiple of 4 bytes inside the
    /// length, which [`trimmed`](Self::trimmed) removes.
    ///
    /// ```
    /// use stunwire::attribute::ms::CandidateIdentifier;
    ///
    /// let foundation = CandidateIdentifier::new("1")?;
    /// assert_eq!(foundation.as_bytes(), b"1");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct CandidateIdentifier<'a>;
    limits: 65535 bytes, 65535 characters;
}

encode_text!(CandidateIdentifier);

number! {
    /// IMPLEMENTATION-VERSION: the message format of \[MS-ICE2\] that the sender uses (\[MS-ICE2\]
    /// 2.2.2.2).
    ///
    /// Type 0x8070. Value: an unsigned integer of 4 bytes, big-endian. Up to 2 it is the old format,
    /// [`Dialect::MS_ICE2_LEGACY`](crate::Dialect::MS_ICE2_LEGACY), from 3 on that of RFC 5389.
    ///
    /// ```
    /// use stunwire::attribute::ms::ImplementationVersion;
    ///
    /// assert!(ImplementationVersion(2).is_legacy());
    /// assert!(!ImplementationVersion(3).is_legacy());
    /// ```
    pub struct ImplementationVersion(
        /// The version.
        pub u32,
    );
}

impl ImplementationVersion {
    /// Whether the sender uses the old format: versions 0 to 2.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        self.0 <= 2
    }
}

/// Prints the number.
impl fmt::Display for ImplementationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The USERNAME of a check in \[MS-ICE\], the protocol of Office Communications Server 2007 and MSN that
/// preceded \[MS-ICE2\].
///
/// It has the form `receiver:component:sender:component`, followed by one to four NULs up to a multiple
/// of 4 bytes, as libnice writes it. In \[MS-ICE2\] the USERNAME is that of ICE: [`Username::joined`].
///
/// The fragments, and the password that [`Key::short_term`](crate::Key::short_term) takes, are the
/// decoded bytes of the base64 texts in the signaling.
///
/// ```
/// use stunwire::attribute::Username;
/// use stunwire::attribute::ms::IceUsername;
/// use stunwire::{Dialect, Header, MessageWriter, Method, TransactionId};
///
/// let id = TransactionId::classic(*b"unpredictable id");
/// let mut buffer = [0; 64];
/// let header = Header::request(Method::BINDING, id).in_dialect(Dialect::RFC3489);
/// let check = MessageWriter::new(&mut buffer, header)?
///     .with(&IceUsername::new(b"theirs", b"ours", 1))?
///     .finish()?;
///
/// let (username,) = Dialect::RFC3489.parse(check)?.read::<(Username,)>()?;
/// assert_eq!(username.as_bytes(), b"theirs:1:ours:1\0");
/// // The receiver knows the fragment of its own side.
/// let read = IceUsername::parse(username, b"theirs").expect("for us");
/// assert_eq!((read.sender(), read.component()), (&b"ours"[..], 1));
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IceUsername<'a> {
    receiver: &'a [u8],
    sender: &'a [u8],
    component: u8,
}

impl<'a> IceUsername<'a> {
    /// Creates the USERNAME of a check for a component from the fragments of both sides.
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

    /// Reads a USERNAME of this form whose first fragment is `receiver`. Returns `None` for every other.
    ///
    /// The fragments are binary and may contain colons, so that one of them must be known to find where
    /// it ends.
    #[must_use]
    pub fn parse<R>(username: Username<'a>, receiver: &R) -> Option<Self>
    where
        R: AsRef<[u8]> + ?Sized,
    {
        let text = username.trimmed();
        let (receiver, rest) = text
            .split_at_checked(receiver.as_ref().len())
            .filter(|(start, _)| *start == receiver.as_ref())?;
        let rest = rest.strip_prefix(b":")?;
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let (digits, rest) = rest.split_at_checked(colon)?;
        let component = core::str::from_utf8(digits).ok()?.parse().ok()?;
        let sender = rest
            .strip_prefix(b":")?
            .strip_suffix(digits)?
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

    /// The fragment of the side that sends the check.
    #[must_use]
    pub const fn sender(&self) -> &'a [u8] {
        self.sender
    }

    /// The component.
    #[must_use]
    pub const fn component(&self) -> u8 {
        self.component
    }

    /// The component in decimal digits: three, with leading zeros, and how many of these to skip.
    #[allow(clippy::arithmetic_side_effects, reason = "b'0' + 9 at most")]
    fn digits(&self) -> ([u8; 3], usize) {
        let c = self.component;
        let skipped = match c {
            100.. => 0,
            10..=99 => 1,
            0..=9 => 2,
        };
        ([b'0' + c / 100, b'0' + c / 10 % 10, b'0' + c % 10], skipped)
    }

    /// Length in bytes without the NULs. Saturates like a value's length.
    fn len(&self) -> usize {
        let (digits, skipped) = self.digits();
        let component = digits.len().saturating_sub(skipped);
        self.receiver
            .len()
            .saturating_add(self.sender.len())
            .saturating_add(component.saturating_mul(2))
            .saturating_add(3)
    }
}

encode_attribute!(IceUsername<'_>, as Username<'_>);

impl Encode for IceUsername<'_> {
    // If the length without NULs is a multiple of 4, four NULs follow: the peers of libnice expect that.
    fn value_len(&self, _: Context) -> usize {
        let with_one = self.len().saturating_add(1);
        with_one.saturating_add(wire::padding_len(with_one))
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let (digits, skipped) = self.digits();
        let component = digits.get(skipped..)?;
        let parts = [
            self.receiver,
            b":",
            component,
            b":",
            self.sender,
            b":",
            component,
        ];
        parts.into_iter().try_fold(out, put_slice)?.fill(0);
        Some(())
    }
}
