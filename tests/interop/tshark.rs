//! Compares the output of `dissect --json` and of tshark for a capture: every message and every attribute, with
//! its bytes and its meaning.

use std::collections::HashSet;
use std::fs;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::programs::own;
use crate::support::{Folder, run, text};
use crate::tap::Tap;

const LIMIT: Duration = Duration::from_secs(120);

/// Known differences of tshark 4.0, with the reason. They are applied to the meanings from `dissect`, not to the
/// bytes.
const DIFFERENCES: [Difference; 2] = [
    Difference {
        protocol: "classicstun",
        ty: Some("0x0020"),
        why: "it knows XOR-MAPPED-ADDRESS in messages without the cookie only as 0x8020",
        apply: |ours| ours.meaning = None,
    },
    Difference {
        protocol: "",
        ty: None,
        why: "it ends texts at the first NUL; stund, and turnserver in some, count NULs in the length",
        apply: |ours| {
            if let Some(text) = &mut ours.meaning {
                while let Some(shorter) = text.strip_suffix("\\0") {
                    *text = shorter.to_owned();
                }
            }
        },
    },
];

struct Difference {
    /// One of tshark's two protocols, or empty for both.
    protocol: &'static str,
    /// An attribute type, or `None` for all types.
    ty: Option<&'static str>,
    why: &'static str,
    apply: fn(&mut Attribute),
}

impl Difference {
    fn concerns(&self, unit: &Unit, attribute: &Attribute) -> bool {
        let has_cookie = unit.id.starts_with("2112a442");
        let protocol = if has_cookie { "stun" } else { "classicstun" };
        (self.protocol.is_empty() || self.protocol == protocol)
            && self.ty.is_none_or(|ty| ty == attribute.ty)
    }
}

/// A message or ChannelData, from the output of either program.
#[derive(Debug, PartialEq)]
struct Unit {
    frame: u64,
    /// The type of a message, or the number of a channel.
    kind: String,
    length: u64,
    /// All 16 bytes, in hexadecimal.
    id: String,
    attributes: Vec<Attribute>,
    /// All bytes of the attributes, in hexadecimal.
    body: String,
}

#[derive(Clone, Debug)]
struct Attribute {
    ty: String,
    length: u64,
    /// Type, length, value and padding in hexadecimal, if tshark shows them.
    bytes: Option<String>,
    /// The decoded value, if both programs print it in comparable words.
    meaning: Option<String>,
}

impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        fn same(one: Option<&String>, other: Option<&String>) -> bool {
            one.zip(other).is_none_or(|(one, other)| one == other)
        }
        self.ty == other.ty
            && self.length == other.length
            && same(self.bytes.as_ref(), other.bytes.as_ref())
            && same(self.meaning.as_ref(), other.meaning.as_ref())
    }
}

/// Asserts that a capture has `units` messages and ChannelData, and that both programs agree on them; prints the
/// figures.
#[track_caller]
pub fn agree(what: &str, tap: &Tap, units: usize) {
    compare(what, tap, units..=units, 0, &[]);
}

/// Like [`agree`], with at least `units` messages and ChannelData.
#[track_caller]
pub fn agree_on_at_least(what: &str, tap: &Tap, units: usize) {
    compare(what, tap, units..=usize::MAX, 0, &[]);
}

/// Like [`agree`], for messages without the magic cookie, which `dissect` reads only with `--dialect`.
#[track_caller]
pub fn agree_classic(what: &str, tap: &Tap, units: usize) {
    compare(what, tap, units..=units, 0, &["--dialect", "rfc3489"]);
}

/// Like [`agree`], with `others` datagrams that are neither messages nor ChannelData.
#[track_caller]
pub fn agree_but_for(what: &str, tap: &Tap, units: usize, others: usize) {
    compare(what, tap, units..=units, others, &[]);
}

#[track_caller]
fn compare(what: &str, tap: &Tap, units: RangeInclusive<usize>, others: usize, arguments: &[&str]) {
    let folder = Folder::new();
    let path = folder.file("capture.pcap");
    let (packets, ports) = tap.save(&path);
    let (mut ours, strange) = dissect(&path, arguments);
    // A retransmitted request is counted once.
    let mut seen = HashSet::new();
    let is_new =
        |unit: &Unit| unit.id.is_empty() || seen.insert((unit.kind.clone(), unit.id.clone()));
    let new = ours.iter().map(is_new).filter(|new| *new).count();
    assert!(
        units.contains(&new),
        "{what}: {new} of {units:?}, {ours:#?}"
    );
    assert_eq!(strange, others, "{what}: {ours:#?}");
    let attributes: usize = ours.iter().map(|unit| unit.attributes.len()).sum();
    let again = match ours.len() - new {
        0 => String::new(),
        again => format!(" and {again} sent again"),
    };
    let figures =
        format!("{what}: {new} messages{again} in {packets} packets, {attributes} attributes");

    let mut differences = Vec::new();
    for unit in &mut ours {
        let mut attributes = std::mem::take(&mut unit.attributes);
        for attribute in &mut attributes {
            for difference in &DIFFERENCES {
                let before = attribute.clone();
                if difference.concerns(unit, attribute) {
                    (difference.apply)(attribute);
                }
                if before.meaning != attribute.meaning && !differences.contains(&difference.why) {
                    differences.push(difference.why);
                }
            }
        }
        unit.attributes = attributes;
    }
    let theirs = tshark(&folder, &path, &ports);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{what}: dissect, then tshark");
    }
    assert_eq!(ours.len(), theirs.len(), "{what}: dissect, then tshark");
    let meant = theirs
        .iter()
        .flat_map(|unit| &unit.attributes)
        .filter(|attribute| attribute.meaning.is_some())
        .count();
    let why: String = differences
        .iter()
        .map(|why| format!("\n  tshark: {why}"))
        .collect();
    println!("{figures}; tshark agrees on the bytes of all and on the meaning of {meant}{why}");
}

/// The messages and ChannelData of a capture, and the number of datagrams that are neither.
fn dissect(path: &Path, arguments: &[&str]) -> (Vec<Unit>, usize) {
    let mut command = own("dissect");
    let output = run(command.arg("--json").args(arguments).arg(path), LIMIT);
    assert!(output.status.success(), "{}", text(&output));
    let (mut units, mut others) = (Vec::new(), 0);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        // The contents of ChannelData and DATA are not compared.
        if line.get("in").is_some() || line["kind"] != "packet" {
            continue;
        }
        match line["content"].as_str() {
            Some("other") => others += 1,
            _ => units.push(our_unit(&line)),
        }
    }
    (units, others)
}

fn our_unit(line: &Value) -> Unit {
    let said = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let (kind, attributes): (_, Vec<Attribute>) = match line["content"].as_str() {
        Some("stun") => {
            assert_ne!(line["fingerprint"], "invalid", "{line}");
            let list = line["attributes"].as_array().unwrap();
            (said("type"), list.iter().map(our_attribute).collect())
        }
        Some("channel-data") => (said("channel"), Vec::new()),
        _ => panic!("neither a message nor ChannelData: {line}"),
    };
    Unit {
        frame: line["frame"].as_u64().unwrap(),
        kind,
        length: line["length"].as_u64().unwrap(),
        id: said("transaction_id"),
        body: attributes
            .iter()
            .filter_map(|one| one.bytes.as_deref())
            .collect(),
        attributes,
    }
}

fn our_attribute(attribute: &Value) -> Attribute {
    let said = |key: &str| attribute[key].as_str().unwrap_or_default();
    let ty = said("type").to_owned();
    let length = attribute["length"].as_u64().unwrap();
    let padding = match attribute.get("padding") {
        Some(padding) => padding.as_str().unwrap().to_owned(),
        None => "00".repeat(length.wrapping_neg() as usize % 4),
    };
    let bytes = format!("{}{length:04x}{}{padding}", &ty[2..], said("value"));
    let meaning = said("text").replace('"', "");
    Attribute {
        ty,
        length,
        bytes: Some(bytes),
        meaning: Some(meaning),
    }
}

/// The protocols that tshark may find in a capture.
const PROTOCOLS: [&str; 9] = [
    "classicstun",
    "data",
    "frame",
    "ip",
    "ipv6",
    "raw",
    "stun",
    "tcp",
    "udp",
];

/// The names of all other protocols, one per line.
fn other_protocols() -> &'static str {
    static NAMES: OnceLock<String> = OnceLock::new();
    NAMES.get_or_init(|| {
        let output = run(Command::new("tshark").args(["-G", "protocols"]), LIMIT);
        let text = String::from_utf8(output.stdout).unwrap();
        // Long name, short name, filter name.
        let names = text.lines().filter_map(|line| line.split('\t').nth(2));
        let others = names.filter(|name| !PROTOCOLS.contains(name) && !name.starts_with("_ws"));
        others.map(|name| format!("{name}\n")).collect()
    })
}

/// The command line of tshark for `capture`, with all its ports declared as STUN.
///
/// tshark assigns a packet to a protocol by its ports, and by heuristics for each protocol it knows: an
/// ephemeral port that is registered for another protocol would make it miss a message. So the ports are
/// declared, every other protocol is switched off, and the user's preferences are not read.
pub fn command(folder: &Folder, capture: &Path, ports: &[String]) -> Command {
    let preferences = folder.file("wireshark");
    fs::create_dir_all(&preferences).unwrap();
    fs::write(preferences.join("disabled_protos"), other_protocols()).unwrap();
    let mut command = Command::new("tshark");
    command.env("WIRESHARK_CONFIG_DIR", preferences);
    // -n: no names for addresses.
    command.arg("-n").arg("-r").arg(capture);
    for port in ports {
        command.args(["-d", &format!("{port},stun")]);
    }
    command
}

fn tshark(folder: &Folder, path: &Path, ports: &[String]) -> Vec<Unit> {
    let mut command = command(folder, path, ports);
    // -x: with the bytes of every field.
    command.args(["-T", "json", "-x", "--no-duplicate-keys"]);
    let output = run(&mut command, LIMIT);
    assert!(output.status.success(), "{}", text(&output));
    let packets: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut units = Vec::new();
    for packet in packets.as_array().unwrap() {
        let layers = &packet["_source"]["layers"];
        let frame = number(&layers["frame"]["frame.number"]);
        for protocol in ["stun", "classicstun"] {
            for unit in all(&layers[protocol]) {
                units.push(their_unit(frame, protocol, unit));
            }
        }
    }
    units
}

fn their_unit(frame: u64, protocol: &str, unit: &Value) -> Unit {
    let field = |name: &str| &unit[format!("{protocol}.{name}")];
    let hex = |name: &str| field(name).as_str().unwrap_or_default().replace(':', "");
    let kind = field("type").as_str().or(field("channel").as_str());
    let body = field("attributes_raw")[0]
        .as_str()
        .or(field("att_raw")[0].as_str());
    let body = body.unwrap_or_default();
    let attributes = if protocol == "stun" {
        let list = &unit["stun.attributes"];
        // For a single attribute the list of its bytes is not nested.
        let bytes = &list["stun.attribute_raw"];
        let bytes = match bytes[0] {
            Value::String(_) => vec![bytes],
            _ => all(bytes),
        };
        let trees = all(&list["stun.attribute_tree"]);
        assert_eq!(bytes.len(), trees.len(), "{unit}");
        let known = trees.into_iter().zip(bytes).map(|(tree, bytes)| {
            let ty = tree["stun.att.type"].as_str().unwrap();
            let attribute = their_attribute(protocol, ty, tree, Some(&bytes[0]));
            (bytes[1].as_u64(), attribute)
        });
        // Attributes that it does not know are outside the list, each under a separate title.
        let unknown = list.as_object().into_iter().flatten();
        let unknown = unknown.filter_map(|(title, trees)| {
            let ty = title.strip_prefix("Unknown attribute ")?;
            Some(all(trees).into_iter().map(move |tree| {
                let offset = tree["stun.att.length_raw"][1]
                    .as_u64()
                    .map(|offset| offset - 2);
                (offset, their_attribute(protocol, ty, tree, None))
            }))
        });
        let mut placed: Vec<_> = known.chain(unknown.flatten()).collect();
        placed.sort_by_key(|(offset, _)| *offset);
        placed.into_iter().map(|(_, attribute)| attribute).collect()
    } else {
        let list = unit["classicstun.att"].as_object();
        let trees = list.into_iter().flat_map(|list| list.values());
        let each = trees.map(|tree| {
            let ty = tree["classicstun.att.type"].as_str().unwrap();
            their_attribute(protocol, ty, tree, None)
        });
        each.collect()
    };
    Unit {
        frame,
        kind: kind.unwrap().to_owned(),
        length: number(field("length")),
        id: format!("{}{}", hex("cookie"), hex("id")),
        attributes,
        body: body.to_owned(),
    }
}

fn their_attribute(protocol: &str, ty: &str, tree: &Value, bytes: Option<&Value>) -> Attribute {
    let field = |name: &str| &tree[format!("{protocol}.att.{name}")];
    let text = ["username", "realm", "nonce", "software", "server"]
        .into_iter()
        .find_map(|name| field(name).as_str().map(str::to_owned));
    let ip = field("ipv4").as_str().or(field("ipv6").as_str());
    let meaning = if let Some(ip) = ip {
        let port = number(field("port")) as u16;
        Some(SocketAddr::new(ip.parse().unwrap(), port).to_string())
    } else if let Some(class) = field("error.class").as_str() {
        let code = class.parse::<u64>().unwrap() * 100 + number(field("error"));
        let reason = field("error.reason").as_str().unwrap_or_default();
        Some(format!("{code} {reason}").trim_end().to_owned())
    } else if let Some(seconds) = field("lifetime").as_str() {
        Some(format!("{seconds} s"))
    } else if let Some(channel) = field("channelnum").as_str() {
        Some(channel.to_owned())
    } else if let (None, Some(value)) = (bytes, tree["stun.value"].as_str()) {
        Some(value.replace(':', ""))
    } else {
        text
    };
    Attribute {
        ty: ty.to_owned(),
        length: number(field("length")),
        bytes: bytes.and_then(Value::as_str).map(str::to_owned),
        meaning,
    }
}

/// The values of a key that occurs once, several times or not at all.
fn all(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(many) => many.iter().collect(),
        one => vec![one],
    }
}

/// A number, which tshark writes as text, decimal or hexadecimal.
fn number(value: &Value) -> u64 {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a number"));
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}
