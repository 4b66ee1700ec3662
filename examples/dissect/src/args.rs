//! The command line.

use std::path::PathBuf;

use clap::Parser;
use stunwire::Dialect;

use crate::credentials::Credentials;

/// Shows what STUN, TURN and ICE say in a capture or a single message.
///
/// Without arguments it decodes a built-in capture: an ICE check of Skype for Business.
#[derive(Parser)]
#[command(name = "dissect", version)]
pub struct Args {
    /// A .pcap or .pcapng file, or a binary file of one message, alone or behind an RFC 4571
    /// length; - reads hexadecimal text, or a capture, from standard input
    #[arg(conflicts_with = "hex")]
    pub input: Option<PathBuf>,

    /// One message in hexadecimal; white space, colons and 0x are ignored
    #[arg(long, value_name = "TEXT")]
    pub hex: Option<String>,

    /// Check MESSAGE-INTEGRITY with this short-term password, as ICE has it
    #[arg(long, value_name = "PASSWORD", conflicts_with_all = ["user", "realm", "password"])]
    key: Option<String>,

    /// Check MESSAGE-INTEGRITY with long-term credentials, as TURN has them
    #[arg(long, requires = "password")]
    user: Option<String>,

    /// The realm of the credentials; without it, the realms that the messages name
    #[arg(long, requires = "user")]
    realm: Option<String>,

    /// The password of --user
    #[arg(long, requires = "user")]
    password: Option<String>,

    /// User and password are base64, as Microsoft's servers hand them out
    #[arg(long, requires = "user")]
    base64: bool,

    /// Read messages in this dialect instead of the one that they show: rfc8489, rfc8489-unpadded,
    /// rfc3489, rfc3489-padded, ms-turn, ms-turn-padded, ms-ice2, ms-ice2-legacy or
    /// ms-ice2-legacy-unpadded
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<Dialect>,

    /// Print one JSON object per line and unit
    #[arg(long)]
    pub json: bool,

    /// Print packets of other protocols too (--json always does)
    #[arg(long)]
    pub all: bool,
}

impl Args {
    /// # Errors
    /// When what should be base64 is not.
    pub fn credentials(&self) -> Result<Credentials, String> {
        let bytes = |name: &str, text: &str| {
            if !self.base64 {
                return Ok(text.as_bytes().to_vec());
            }
            base64(text).ok_or_else(|| format!("--{name} is not base64"))
        };
        match (&self.key, &self.user, &self.password) {
            (Some(key), ..) => Ok(Credentials::short_term(key)),
            (None, Some(user), Some(password)) => Ok(Credentials::long_term(
                bytes("user", user)?,
                self.realm.as_deref(),
                bytes("password", password)?,
            )),
            _ => Ok(Credentials::None),
        }
    }
}

/// The bytes of base64 with or without its padding (RFC 4648 §4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    // A digit alone says nothing.
    (count < 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }

    // RFC 4648 §10.
    #[test]
    fn base64_vectors() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm8", b"fo"),
            ("Zm9vYmFy", b"foobar"),
            ("AXVzOmVy", b"\x01us:er"),
            ("gCBwYXNz", b"\x80 pass"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["Z", "Zm9vY", "Zm 8", "Zm-_"] {
            assert_eq!(base64(text), None, "{text}");
        }
    }
}
