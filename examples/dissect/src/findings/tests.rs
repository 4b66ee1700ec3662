//! Every rule with a call in which it must find a fault, and calls without findings.

use std::collections::BTreeSet;
use std::io;

use super::{Finding, RULES, check};
use crate::analysis::Analysis;
use crate::capture;
use crate::credentials::{Credential, Credentials};
use crate::dissector::Dissector;
use crate::scenarios::calls::{COMPANIONS, FAULTS, MENDED, SOUND, WITH_CREDENTIALS, turn_udp};
use crate::scenarios::{Call, PASSWORD, USER};
use crate::unit::{Origin, Output, Summary, TcpEvent, Unit};

/// An output that keeps its findings for the test.
struct Check<'f> {
    analysis: Analysis,
    found: &'f mut Vec<Finding>,
    units: u64,
}

impl Output for Check<'_> {
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        self.analysis.note(unit);
        self.units += 1;
        Ok(self.units)
    }

    fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> io::Result<()> {
        self.analysis.tcp(origin, event);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.analysis.finish(summary);
        *self.found = check(&self.analysis);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn findings_with(call: &Call, credentials: Vec<Credential>) -> Vec<Finding> {
    let mut found = Vec::new();
    let output = Box::new(Check {
        analysis: Analysis::default(),
        found: &mut found,
        units: 0,
    });
    let mut dissector = Dissector::new(output, Credentials::new(credentials), None);
    assert!(capture::read(0, call.file(), &mut dissector).is_ok());
    drop(dissector);
    found
}

fn findings(call: &Call) -> Vec<Finding> {
    findings_with(call, Vec::new())
}

fn shown(findings: &[Finding]) -> String {
    let lines = findings
        .iter()
        .map(|finding| format!("{}: {}\n", finding.rule.id, finding.text));
    lines.collect()
}

#[test]
fn sound_calls_have_no_findings() {
    for sound in SOUND {
        let found = findings(&(sound.call)());
        assert!(found.is_empty(), "{}:\n{}", sound.name, shown(&found));
    }
}

#[test]
fn each_fault_is_found_by_its_rule_alone() {
    for fault in FAULTS {
        let found = findings(&(fault.call)());
        let expected: BTreeSet<&str> = COMPANIONS
            .iter()
            .filter(|(rule, _)| *rule == fault.rule)
            .map(|(_, companion)| *companion)
            .chain([fault.rule])
            .collect();
        let rules: BTreeSet<&str> = found.iter().map(|finding| finding.rule.id).collect();
        assert_eq!(rules, expected, "{}:\n{}", fault.rule, shown(&found));
        let finding = found
            .iter()
            .find(|finding| finding.rule.id == fault.rule)
            .unwrap();
        for words in fault.words {
            assert!(
                finding.text.contains(words),
                "{}: {words:?} is not in\n{}",
                fault.rule,
                finding.text
            );
        }
        assert!(!finding.frames.numbers.is_empty(), "{}", fault.rule);
        assert!(!finding.flows.is_empty(), "{}", fault.rule);
    }
}

#[test]
fn every_rule_has_a_fault() {
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(rules.len(), RULES.len(), "names are not repeated");
    let tested: BTreeSet<&str> = FAULTS
        .iter()
        .map(|fault| fault.rule)
        .chain(WITH_CREDENTIALS.iter().copied())
        .collect();
    assert_eq!(rules, tested);
    assert!(rules.len() >= 20);
    for rule in RULES {
        assert!(rule.reference.contains('§'), "{}", rule.id);
    }
}

/// The table of the README has a row for each rule.
#[test]
fn every_rule_is_documented() {
    let readme = include_str!("../../README.md");
    for rule in RULES {
        let (id, severity) = (rule.id, rule.severity.name());
        let row = format!(
            "| `{id}` | {severity} | {} | {} |",
            rule.title, rule.reference
        );
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn given_credentials_that_do_not_fit() {
    let long_term = |password: &str| Credential::LongTerm {
        user: USER.into(),
        realm: None,
        password: password.into(),
    };
    let call = turn_udp();
    assert_eq!(shown(&findings_with(&call, vec![long_term(PASSWORD)])), "");
    let found = findings_with(&call, vec![long_term("guess")]);
    let rules: Vec<&str> = found.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(rules, ["integrity-mismatch"], "{}", shown(&found));
}

/// What is missing after the end of a capture is no proof of a fault.
#[test]
fn sound_calls_that_are_truncated_have_no_findings() {
    for sound in SOUND.iter().filter(|sound| !MENDED.contains(&sound.name)) {
        let whole = (sound.call)();
        for percent in [20, 45, 70, 90] {
            let file = whole.file();
            let part = &file[..24 + (file.len() - 24) * percent / 100];
            let mut found = Vec::new();
            let output = Box::new(Check {
                analysis: Analysis::default(),
                found: &mut found,
                units: 0,
            });
            let mut dissector = Dissector::new(output, Credentials::new(Vec::new()), None);
            let _ = capture::read(0, part, &mut dissector);
            drop(dissector);
            assert!(
                found.is_empty(),
                "{} up to {percent} %:\n{}",
                sound.name,
                shown(&found)
            );
        }
    }
}
