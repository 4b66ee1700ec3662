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

    /// Read messages in this dialect instead of the one that they show: rfc8489, rfc8489-unpadded,
    /// rfc3489, ms-turn, ms-turn-padded, ms-ice2 or ms-ice2-legacy
    #[arg(long, value_name = "NAME", value_parser = dialect)]
    pub dialect: Option<Dialect>,

    /// Print one JSON object per line and unit
    #[arg(long)]
    pub json: bool,

    /// Print packets of other protocols too (--json always does)
    #[arg(long)]
    pub all: bool,
}

impl Args {
    pub fn credentials(&self) -> Credentials {
        match (&self.key, &self.user, &self.password) {
            (Some(key), ..) => Credentials::short_term(key),
            (None, Some(user), Some(password)) => {
                Credentials::long_term(user, self.realm.as_deref(), password)
            }
            _ => Credentials::None,
        }
    }
}

fn dialect(name: &str) -> Result<Dialect, String> {
    [
        Dialect::RFC8489,
        Dialect::RFC8489.unpadded(),
        Dialect::RFC3489,
        Dialect::MS_TURN,
        Dialect::MS_TURN.padded(),
        Dialect::MS_ICE2,
        Dialect::MS_ICE2_LEGACY,
    ]
    .into_iter()
    .find(|dialect| dialect.to_string() == name)
    .ok_or_else(|| "no dialect has this name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_dialect_has_its_name() {
        assert_eq!(dialect("ms-turn-padded"), Ok(Dialect::MS_TURN.padded()));
        assert!(dialect("MS-TURN").is_err());
    }
}
