//! The command line.

use std::path::PathBuf;

use clap::Parser;
use stunwire::Dialect;

use crate::credentials::{self, Credential, Credentials};

const EXAMPLES: &str = "\
Examples:
  dissect call.pcapng                          say what went wrong in a call
  dissect call.pcapng --packets                print every message before that
  dissect call.pcapng --svg call.svg           draw the messages as a ladder diagram
  dissect --json /var/captures > packets.json  decode all captures of a folder, in parallel
  dissect call.pcap.gz --key PASSWORD          check MESSAGE-INTEGRITY of ICE checks
  dissect call.pcap --user alice --password s3cret
  dissect call.pcap --credentials keys.toml
  dissect call.pcap --anonymize public.pcapng  write a copy without addresses, names and tags
  dissect --hex '0001 0000 2112a442 b7e7a701bc34d686fa87dfae'
  tcpdump -w - port 3478 | dissect -

Exit codes: 0 all inputs were read, 1 an input is not readable or not a capture, 2 wrong usage.";

/// Says what went wrong in captures of STUN, TURN and ICE, and decodes them.
///
/// Without arguments it decodes a built-in capture: an ICE check of Skype for Business.
#[derive(Clone, Parser)]
#[command(name = "dissect", version, after_help = EXAMPLES)]
pub struct Args {
    /// Captures (pcap or pcapng), also compressed with gzip; folders of captures; text with a
    /// hexadecimal dump of packets; a binary file of one message. A hyphen reads standard input
    #[arg(value_name = "FILE", conflicts_with = "hex")]
    pub inputs: Vec<PathBuf>,

    /// Decode one message in hexadecimal; white space, colons and 0x are ignored
    #[arg(long, value_name = "TEXT")]
    pub hex: Option<String>,

    /// Check MESSAGE-INTEGRITY with this short-term password, as in ICE
    #[arg(long, value_name = "PASSWORD", conflicts_with_all = ["user", "realm", "password"])]
    key: Option<String>,

    /// The ICE user name fragment of the agent whose password --key is
    #[arg(long, value_name = "UFRAG", requires = "key")]
    ufrag: Option<String>,

    /// Check MESSAGE-INTEGRITY with long-term credentials, as in TURN
    #[arg(long, requires = "password")]
    user: Option<String>,

    /// The realm of --user; by default every realm that a message names
    #[arg(long, requires = "user")]
    realm: Option<String>,

    /// The password of --user
    #[arg(long, requires = "user")]
    password: Option<String>,

    /// --user and --password are base64, as Microsoft's servers issue them
    #[arg(long, requires = "user")]
    base64: bool,

    /// Check MESSAGE-INTEGRITY with the credentials in this file, TOML or JSON; the README describes
    /// it
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,

    /// Decode messages in this dialect instead of the detected one: rfc8489, rfc8489-unpadded,
    /// rfc3489, rfc3489-padded, ms-turn, ms-turn-padded, ms-ice2, ms-ice2-legacy or
    /// ms-ice2-legacy-unpadded
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<Dialect>,

    /// Print one JSON object per line: packets, transactions, flows and findings; the README describes
    /// the records
    #[arg(long)]
    pub json: bool,

    /// Print every packet with all its attributes before the summary
    #[arg(long, conflicts_with = "json")]
    pub packets: bool,

    /// Print a ladder diagram of the messages after the summary
    #[arg(long, conflicts_with_all = ["json", "hex"], requires = "inputs")]
    pub ladder: bool,

    /// Write the ladder diagram to a file, as a picture
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["json", "hex"],
        requires = "inputs"
    )]
    pub svg: Option<PathBuf>,

    /// Print packets, those of other protocols too (--json always does)
    #[arg(long)]
    pub all: bool,

    /// Write a copy of the capture with addresses, user names, realms and tags replaced, and without
    /// application data, instead of decoding it
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "hex", "json", "packets", "ladder", "svg", "all", "dialect", "key", "user", "credentials"
        ]
    )]
    pub anonymize: Option<PathBuf>,

    /// Number of files that are read in parallel; by default the number of processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

impl Args {
    /// # Errors
    /// If a value that must be base64 is not, or the file of credentials is not valid.
    pub fn credentials(&self) -> Result<Credentials, String> {
        let bytes = |name: &str, text: &str| {
            if !self.base64 {
                return Ok(text.as_bytes().to_vec());
            }
            credentials::base64(text).ok_or_else(|| format!("--{name} is not base64"))
        };
        let mut all = match &self.credentials {
            Some(path) => Credentials::from_file(path)
                .map_err(|error| format!("{}: {error}", path.display()))?,
            None => Vec::new(),
        };
        if let Some(key) = &self.key {
            all.push(Credential::ShortTerm {
                ufrag: self.ufrag.clone().map(String::into_bytes),
                password: key.clone().into_bytes(),
            });
        }
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            all.push(Credential::LongTerm {
                user: bytes("user", user)?,
                realm: self.realm.clone().map(String::into_bytes),
                password: bytes("password", password)?,
            });
        }
        Ok(Credentials::new(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
