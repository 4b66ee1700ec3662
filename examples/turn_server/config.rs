//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stunwire::attribute::{AddressFamily, ChannelRange};

/// A small TURN server.
#[derive(clap::Parser)]
pub struct Config {
    /// An address for clients, over UDP and TCP; may be given several times
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3478")]
    pub listen: Vec<SocketAddr>,
    /// The addresses for relays, at most one of each family; by default those of --listen
    #[arg(long, value_name = "ADDRESS")]
    pub relay: Vec<IpAddr>,
    /// A user with the right to allocate; may be given several times
    #[arg(long, value_name = "NAME:PASSWORD", required = true, value_parser = credentials)]
    pub user: Vec<(String, String)>,
    /// The realm of the passwords
    #[arg(long, default_value = "example.org")]
    pub realm: String,
    /// Offers SHA-256 in addition to MD5 for the key, and USERHASH (RFC 8489)
    #[arg(long)]
    pub sha256: bool,
    /// The number of allocations that a user may have
    #[arg(long, default_value_t = 10)]
    pub quota: usize,
    /// The number of seconds for which a nonce is valid
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub nonce_lifetime: Duration,
    /// Allows clients to bind channels 0x5000 to 0x7FFE, as in RFC 5766
    #[arg(long)]
    pub rfc5766_channels: bool,
    /// Listens and relays on addresses that are not loopback
    #[arg(long)]
    pub allow_any_address: bool,
    /// Relays to peers that are not on loopback
    #[arg(long)]
    pub allow_any_peer: bool,
    /// Prints every STUN message in hexadecimal
    #[arg(long)]
    pub trace: bool,
}

fn credentials(text: &str) -> Result<(String, String), String> {
    let (name, password) = text.split_once(':').ok_or("a colon is missing")?;
    Ok((name.into(), password.into()))
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

impl Config {
    /// Refuses addresses outside loopback without --allow-any-address, so that the example does not become an open
    /// relay by accident.
    pub fn check(&self) -> Result<(), String> {
        let listen = self.listen.iter().map(SocketAddr::ip);
        let outside = listen
            .chain(self.relay.iter().copied())
            .find(|ip| !ip.is_loopback());
        match outside {
            Some(ip) if !self.allow_any_address => Err(format!(
                "{ip} is not loopback: if you mean it, add --allow-any-address"
            )),
            _ => Ok(()),
        }
    }

    /// The channels that clients may bind.
    pub fn channels(&self) -> ChannelRange {
        if self.rfc5766_channels {
            ChannelRange::RFC5766
        } else {
            ChannelRange::RFC8656
        }
    }

    /// The address for relays of this family.
    pub fn relay_ip(&self, family: AddressFamily) -> Option<IpAddr> {
        let listen = self.listen.iter().map(SocketAddr::ip);
        let of_family = |ip: &IpAddr| match family {
            AddressFamily::IPV4 => ip.is_ipv4(),
            AddressFamily::IPV6 => ip.is_ipv6(),
            _ => false,
        };
        if self.relay.is_empty() {
            listen.into_iter().find(of_family)
        } else {
            self.relay.iter().copied().find(of_family)
        }
    }

    /// Whether relays may send to this peer. A real server needs a table here that excludes at least its own network,
    /// link-local addresses, and IPv4 addresses inside IPv6.
    pub fn allows_peer(&self, ip: IpAddr) -> bool {
        self.allow_any_peer || ip.is_loopback()
    }
}
