//! The command line.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use stunwire::attribute::{AddressFamily, ChannelRange};

/// The text of --help.
pub const HELP: &str = "\
A small TURN server: UDP and TCP clients, UDP and TCP relays.

usage: turn_server --user NAME:PASSWORD [OPTIONS]

  --user NAME:PASSWORD      a user with the right to allocate; may be given several times
  --listen ADDRESS:PORT     an address for clients, over UDP and TCP; may be given several times
                            [default: 127.0.0.1:3478]
  --relay ADDRESS           an address for relays, at most one of each family; by default those of --listen;
                            required if one of these is 0.0.0.0 or ::
  --realm REALM             the realm of the passwords [default: example.org]
  --sha256                  offers SHA-256 in addition to MD5 for the key, and USERHASH (RFC 8489)
  --quota NUMBER            the number of allocations that a user may have [default: 10]
  --nonce-lifetime SECONDS  the time for which a nonce is valid [default: 600]
  --rfc5766-channels        allows clients to bind channels 0x5000 to 0x7FFE, as in RFC 5766
  --allow-any-address       listens and relays on addresses that are not loopback
  --allow-any-peer          relays to peers that are not on loopback
  --trace                   prints every STUN message in hexadecimal";

const USAGE: &str = "usage: turn_server --user NAME:PASSWORD [OPTIONS]; --help lists them";

/// The options; see [`HELP`].
pub struct Config {
    pub listen: Vec<SocketAddr>,
    pub relay: Vec<IpAddr>,
    /// Names and passwords.
    pub users: Vec<(String, String)>,
    pub realm: String,
    pub sha256: bool,
    pub quota: usize,
    pub nonce_lifetime: Duration,
    pub rfc5766_channels: bool,
    pub allow_any_address: bool,
    pub allow_any_peer: bool,
    pub trace: bool,
}

/// The value after an option.
fn value<T: FromStr<Err: Display>>(
    option: &str,
    arguments: &mut impl Iterator<Item = String>,
) -> Result<T, String> {
    // Without the check, a forgotten value would take the next option.
    let text = arguments
        .next()
        .filter(|text| !text.starts_with("--"))
        .ok_or(format!("{option} needs a value"))?;
    text.parse()
        .map_err(|error| format!("{option} {text}: {error}"))
}

impl Config {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut config = Self {
            listen: Vec::new(),
            relay: Vec::new(),
            users: Vec::new(),
            realm: "example.org".to_owned(),
            sha256: false,
            quota: 10,
            nonce_lifetime: Duration::from_secs(600),
            rfc5766_channels: false,
            allow_any_address: false,
            allow_any_peer: false,
            trace: false,
        };
        while let Some(argument) = arguments.next() {
            let option = argument.as_str();
            match option {
                "--user" => {
                    let user: String = value(option, &mut arguments)?;
                    let (name, password) = user
                        .split_once(':')
                        .filter(|(name, password)| !name.is_empty() && !password.is_empty())
                        .ok_or("--user needs NAME:PASSWORD")?;
                    if config.users.iter().any(|(known, _)| known == name) {
                        return Err("each --user needs a NAME of its own".into());
                    }
                    config.users.push((name.to_owned(), password.to_owned()));
                }
                "--listen" => config.listen.push(value(option, &mut arguments)?),
                "--relay" => {
                    let relay: IpAddr = value(option, &mut arguments)?;
                    let same_family = |other: &IpAddr| other.is_ipv4() == relay.is_ipv4();
                    if config.relay.iter().any(same_family) {
                        return Err(format!(
                            "--relay {relay}: the family has an address already"
                        ));
                    }
                    config.relay.push(relay);
                }
                "--realm" => config.realm = value(option, &mut arguments)?,
                "--sha256" => config.sha256 = true,
                "--quota" => config.quota = value(option, &mut arguments)?,
                "--nonce-lifetime" => {
                    let seconds: NonZeroU64 = value(option, &mut arguments)?;
                    config.nonce_lifetime = Duration::from_secs(seconds.get());
                }
                "--rfc5766-channels" => config.rfc5766_channels = true,
                "--allow-any-address" => config.allow_any_address = true,
                "--allow-any-peer" => config.allow_any_peer = true,
                "--trace" => config.trace = true,
                _ => return Err(format!("unknown option {option}; {USAGE}")),
            }
        }
        if config.users.is_empty() {
            return Err(USAGE.to_owned());
        }
        if config.listen.is_empty() {
            config.listen.push(([127, 0, 0, 1], 3478).into());
        }
        config.check_addresses()?;
        Ok(config)
    }

    /// Refuses addresses outside loopback without --allow-any-address, so that the example does not become an open
    /// relay by accident. Refuses to relay on every address: the client learns the relayed address and passes it on to
    /// its peers, which cannot send to 0.0.0.0.
    fn check_addresses(&self) -> Result<(), String> {
        let listen: Vec<IpAddr> = self.listen.iter().map(SocketAddr::ip).collect();
        let mut all = listen.iter().chain(&self.relay);
        if let Some(ip) = all.find(|ip| !ip.is_loopback() && !self.allow_any_address) {
            return Err(format!(
                "{ip} is not loopback: if you mean it, add --allow-any-address"
            ));
        }
        let relays = if self.relay.is_empty() {
            &listen
        } else {
            &self.relay
        };
        match relays.iter().find(|ip| ip.is_unspecified()) {
            Some(ip) => Err(format!(
                "{ip} is not an address of a relay: add --relay ADDRESS"
            )),
            None => Ok(()),
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
