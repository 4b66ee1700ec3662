//! Captures of real programs, each with one fault: the folder `captures`, whose README says how they were made.

use serde_json::Value;

use crate::support::{of_kind, run, text};

/// A capture with its findings: rules, and words of the texts.
struct Recorded {
    name: &'static str,
    findings: &'static [(&'static str, &'static [&'static str])],
}

const fn recorded(
    name: &'static str,
    findings: &'static [(&'static str, &'static [&'static str])],
) -> Recorded {
    Recorded { name, findings }
}

#[rustfmt::skip]
const RECORDED: &[Recorded] = &[
    recorded("chromium-wrong-password", &[
        ("credentials-refused", &["the password is wrong for user \"alice\" in realm \"example.org\""]),
        ("credentials-refused", &["the password is wrong for user \"alice\" in realm \"example.org\""]),
    ]),
    recorded("chromium-forbidden-peer", &[
        ("peer-forbidden", &["203.0.113.1:3478", "403 (Forbidden)", "dropped 1 packet to 203.0.113.1"]),
        ("peer-forbidden", &["203.0.113.1:3478", "403 (Forbidden)", "dropped 1 packet to 203.0.113.1"]),
    ]),
    recorded("chromium-lost-allocation", &[
        ("allocation-lost", &["CreatePermission", "400", "nothing has come back", "restarted"]),
    ]),
    recorded("chromium-blocked-direction", &[
        ("ice-one-way", &["Checks from 127.0.0.1:", "to 198.51.100.20:", "are never answered"]),
    ]),
    recorded("chromium-role-conflict", &[]),
    recorded("libnice-wrong-password", &[
        ("credentials-refused", &["the password is wrong for user \"alice\" in realm \"example.org\""]),
    ]),
    recorded("libnice-wrong-ice-password", &[
        ("ice-credentials", &["answers checks of 192.0.2.10:", "with 401"]),
        ("ice-credentials", &["answers checks of 198.51.100.20:", "with 401"]),
    ]),
    recorded("libnice-forbidden-peer", &[
        ("peer-forbidden", &["203.0.113.1:3478", "403 (Forbidden)", "dropped 3 packets to 198.51.100.20"]),
    ]),
    recorded("libnice-blocked-direction", &[
        ("ice-one-way", &["Checks from 192.0.2.10:", "to 198.51.100.20:", "are never answered"]),
    ]),
    recorded("libnice-expired-allocation", &[
        ("lifetime-expired", &["of 192.0.2.10:", "lifetime 5 s", "it sent no Refresh"]),
    ]),
    recorded("libnice-role-conflict", &[]),
    recorded("aioice-role-conflict", &[
        ("ice-role-conflict", &["both send ICE-CONTROLLING", "in spite of 487"]),
    ]),
];

fn path(name: &str) -> String {
    format!(
        "{}/tests/captures/{name}.pcap.gz",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// The findings name the cause, and nothing else is reported.
#[test]
fn faults_of_real_programs() {
    for Recorded { name, findings } in RECORDED {
        let found = of_kind(&run(&["--json", &path(name)]), "finding");
        let rules: Vec<&Value> = found.iter().map(|finding| &finding["rule"]).collect();
        let expected: Vec<&str> = findings.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(rules, expected, "{name}: {found:#?}");
        for (finding, (_, words)) in found.iter().zip(*findings) {
            let text = finding["text"].as_str().unwrap();
            for word in *words {
                assert!(text.contains(word), "{name}: {word:?} is not in {text}");
            }
        }
    }
}

/// Every file of the folder is in the table.
#[test]
fn all_captures_are_in_the_table() {
    let folder = format!("{}/tests/captures", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut captures: Vec<String> = names
        .filter_map(|name| Some(name.strip_suffix(".pcap.gz")?.to_owned()))
        .collect();
    captures.sort();
    let mut expected: Vec<&str> = RECORDED.iter().map(|recorded| recorded.name).collect();
    expected.sort_unstable();
    assert_eq!(captures, expected);
}

/// The agents begin with the same role and agree after one 487: nothing is wrong, and the summary shows it.
#[test]
fn role_conflicts_that_the_agents_resolve() {
    for name in ["chromium-role-conflict", "libnice-role-conflict"] {
        let summary = text(&run(&[&path(name)]));
        assert!(summary.contains("1 with 487"), "{summary}");
        assert!(summary.contains("(controlled since "), "{summary}");
        assert!(summary.contains("nominated at"), "{summary}");
    }
}

/// After the server was restarted, no check is answered any more: an arrow of many checks says so, also
/// where it is short.
#[test]
fn unanswered_checks_in_the_ladder() {
    let text = text(&run(&[&path("chromium-lost-allocation"), "--ladder"]));
    let line = text
        .lines()
        .find(|line| line.contains("frame 70,"))
        .unwrap();
    assert!(
        line.contains(": Binding again ×81, 79 unanswered"),
        "{line}"
    );
    let line = text
        .lines()
        .find(|line| line.contains("frame 71,"))
        .unwrap();
    assert!(line.contains(": Binding again, with answer ×2"), "{line}");
}
