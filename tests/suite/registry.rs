//! Compares the crate's registry with IANA's registries and with the documentation.

use std::collections::HashMap;

use stunwire::attribute::{AttributeType, Support, registered};
use stunwire::{Code, Dialect, Method};
use stunwire_properties::{ATTRIBUTES as TYPES, DIALECTS};

use crate::sources;

const ATTRIBUTES: &str = include_str!("../data/iana/attributes.csv");
const METHODS: &str = include_str!("../data/iana/methods.csv");
const ERRORS: &str = include_str!("../data/iana/errors.csv");

/// A row of one of IANA's tables: a number or a range, a name, a reference.
struct Row {
    first: u16,
    last: u16,
    name: String,
    reference: String,
}

impl Row {
    /// The name that a reserved code once had.
    fn former(&self) -> Option<&str> {
        let was = self
            .name
            .strip_prefix("Reserved; was ")
            .or_else(|| self.name.strip_prefix("Reserved (was "))?;
        Some(was.split(" prior").next().unwrap().trim_end_matches(')'))
    }

    fn is_free(&self) -> bool {
        self.name.starts_with("Reserved") || self.name == "Unassigned"
    }
}

fn number(text: &str) -> u16 {
    match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn rows(table: &str) -> Vec<Row> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("Value"))
        .map(|line| {
            let (range, rest) = line.split_once(',').unwrap();
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            // The last column contains no comma; a name with a comma is in quotes.
            let (name, reference) = rest.rsplit_once(',').unwrap();
            Row {
                first: number(first),
                last: number(last),
                name: name.trim_matches('"').into(),
                reference: reference.into(),
            }
        })
        .collect()
}

/// `RFC 8489`, as the crate's registry writes it, for IANA's `[RFC8489]`.
fn rfc(reference: &str) -> Option<String> {
    let number = reference.strip_prefix("[RFC")?.split(']').next()?;
    number
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| format!("RFC {number}"))
}

#[test]
fn the_tables_have_no_gap() {
    for (table, end) in [(ATTRIBUTES, 0xFFFF), (METHODS, 0xFFF), (ERRORS, 699)] {
        let mut next = 0;
        for row in rows(table) {
            assert_eq!(u32::from(row.first), next, "{}", row.name);
            next = u32::from(row.last) + 1;
        }
        assert_eq!(next, end + 1);
    }
}

#[test]
fn attributes_are_those_of_iana() {
    let mut attributes: HashMap<_, Vec<_>> = HashMap::new();
    for attribute in registered() {
        attributes.entry(attribute.ty).or_default().push(attribute);
    }
    let mut compared = 0;
    for row in rows(ATTRIBUTES) {
        for code in row.first..=row.last {
            let ty = AttributeType::new(code);
            let ours = attributes.get(&ty).map_or(&[][..], Vec::as_slice);
            let name = ty.name();
            if !row.is_free() {
                compared += 1;
                assert_eq!(name, Some(row.name.as_str()), "{code:#06x}");
                let ours = ours.iter().find(|ours| ours.name == row.name).unwrap();
                let source = rfc(&row.reference).unwrap_or("IANA".into());
                assert!(
                    ours.reference.starts_with(&source),
                    "{code:#06x}: {} where IANA has {}",
                    ours.reference,
                    row.reference
                );
            } else if let Some(former) = row.former() {
                compared += 1;
                assert_eq!(name, Some(former), "{code:#06x}");
            } else {
                // For a code that IANA has not assigned, the reference is not a current RFC.
                for ours in ours {
                    assert!(
                        !ours.reference.starts_with("RFC") || ours.name == "RESERVED",
                        "{code:#06x}: {} claims {}",
                        ours.name,
                        ours.reference
                    );
                }
            }
        }
    }
    // The number of IANA's codes that have or had a name.
    assert_eq!(compared, 68);
}

#[test]
fn methods_are_those_of_iana() {
    for row in rows(METHODS) {
        for number in row.first..=row.last {
            let name = Method::new(number).unwrap().name();
            match row.former() {
                Some(former) => {
                    assert_eq!(name.map(|name| name.replace(' ', "")), Some(former.into()))
                }
                None if row.is_free() => assert_eq!(name, None, "{number:#05x}"),
                None => assert_eq!(name, Some(row.name.as_str())),
            }
        }
    }
}

#[test]
fn error_codes_are_those_of_iana() {
    let ours: HashMap<u16, &Code> = Code::REGISTERED
        .iter()
        .map(|code| (code.as_u16(), code))
        .collect();
    assert_eq!(ours.len(), Code::REGISTERED.len());
    for row in rows(ERRORS) {
        for code in row.first..=row.last {
            let ours = ours.get(&code).map(|ours| ours.name().unwrap());
            if !row.is_free() {
                assert_eq!(ours, Some(row.name.as_str()), "{code}");
            }
        }
    }
    // Codes that IANA does not list, from RFC 3489, the drafts of TURN, MS-TURN and MS-ICE2BWM.
    let mut others: Vec<u16> = ours.keys().copied().collect();
    let iana = rows(ERRORS);
    others.retain(|code| {
        let row = iana
            .iter()
            .find(|row| (row.first..=row.last).contains(code));
        row.unwrap().is_free()
    });
    others.sort_unstable();
    assert_eq!(
        others,
        [
            274, 275, 430, 431, 432, 433, 434, 435, 436, 439, 444, 445, 481, 503, 507, 600
        ]
    );
}

/// Every row's name is a name of its type.
#[test]
fn rows_are_consistent() {
    for row in registered() {
        if row.support == Support::Bytes {
            assert_eq!(row.ty.name(), Some(row.name));
            continue;
        }
        let named = row.ty.name() == Some(row.name)
            || row.ty.second_name() == Some(row.name)
            || Dialect::MS_TURN.name_of(row.ty) == Some(row.name);
        assert!(named, "{} does not name {}", row.ty, row.name);
    }
}

/// Every attribute's type has documentation that begins with its name and cites its source.
#[test]
fn rows_are_documented() {
    // Each block of documentation as one line.
    let mut blocks = Vec::new();
    for source in sources::read("attribute") {
        let mut block = String::new();
        for line in source.text.lines() {
            match line.trim().strip_prefix("///") {
                Some(text) => block.push_str(text),
                None if !block.is_empty() => blocks.push(std::mem::take(&mut block)),
                None => {}
            }
        }
    }
    let is_typed = |support| matches!(support, Support::ReadWrite | Support::Read);
    for row in registered().filter(|row| is_typed(row.support)) {
        let name = row.name.trim_start_matches("MS-");
        // The document; the section too, where the reference has one.
        let document = row.reference.split([',', '§']).next().unwrap().trim();
        let document = document.split("] ").next().unwrap().trim_end_matches(']');
        let section = row.reference.split_once('§').map(|(_, section)| {
            let section = section.split(',').next().unwrap();
            format!("§{section}")
        });
        let is_documentation = |block: &&String| {
            let start = block.trim_start().trim_start_matches("MS-");
            start.starts_with(&format!("{name}:")) || start.starts_with(&format!("{name},"))
        };
        let cites = |block: &String| {
            block.replace('\\', "").contains(document)
                && section.as_ref().is_none_or(|section| {
                    block.contains(section) || block.contains("reserved since")
                })
        };
        let found: Vec<_> = blocks.iter().filter(is_documentation).collect();
        assert!(!found.is_empty(), "{} has no documentation", row.name);
        assert!(
            found.into_iter().any(cites),
            "the documentation of {} does not cite {}",
            row.name,
            row.reference
        );
    }
}

/// Each typed attribute of the registry has exactly one entry among the properties, with its name, its code
/// and its direction, and each entry has an attribute of the registry.
#[test]
fn the_properties_know_every_typed_attribute() {
    let mut typed: Vec<_> = registered()
        .filter(|row| matches!(row.support, Support::ReadWrite | Support::Read))
        .map(|row| (row.name, row.ty.as_u16(), row.support))
        .collect();
    let mut listed: Vec<_> = TYPES
        .iter()
        .map(|entry| (entry.name, entry.code.as_u16(), entry.support))
        .collect();
    typed.sort_by_key(|row| (row.1, row.0));
    listed.sort_by_key(|row| (row.1, row.0));
    assert_eq!(listed, typed);
}

/// If the type of an entry owns its code, the library's name of the code is the entry's name.
#[test]
fn entries_have_the_type_of_their_name() {
    for entry in TYPES {
        let named = DIALECTS.iter().any(|dialect| {
            (entry.is_type)(entry.code, *dialect) && dialect.name_of(entry.code) == Some(entry.name)
        });
        let second = (entry.is_type)(entry.code, Dialect::RFC8489)
            && entry.code.second_name() == Some(entry.name);
        assert!(named || second, "{}: {}", entry.name, entry.code);
    }
}
