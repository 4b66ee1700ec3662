//! Every call of the scenarios as a file of one folder.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::scenarios::calls::{FAULTS, SOUND};
use crate::support::{File, of_kind, run};

/// Each file has the finding of its rule, and files without a fault have none. With `DISSECT_CALLS` the files
/// are kept in that folder, to read what the program says about them.
#[test]
fn a_folder_of_calls() {
    let faults = FAULTS.iter().enumerate().map(|(number, fault)| {
        let name = format!("fault-{number:02}-{}.pcap", fault.rule);
        (name, (fault.call)(), Some(fault.rule))
    });
    let sound = SOUND.iter().enumerate().map(|(number, sound)| {
        let name = format!("sound-{number:02}.pcap");
        (name, (sound.call)(), None)
    });
    let calls: Vec<_> = faults.chain(sound).collect();
    let files: Vec<_> = calls
        .iter()
        .map(|(name, call, _)| (name.as_str(), call.file()))
        .collect();
    if let Some(kept) = std::env::var_os("DISSECT_CALLS") {
        for (name, bytes) in &files {
            std::fs::write(std::path::Path::new(&kept).join(name), bytes).unwrap();
        }
    }
    let folder = File::folder(&files);
    let output = run(&["--json", folder.path()]);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in of_kind(&output, "finding") {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        found.entry(text("file")).or_default().push(text("rule"));
    }
    for (name, _, rule) in &calls {
        let path = format!("{}/{name}", folder.path());
        let rules = found.remove(&path).unwrap_or_default();
        match rule {
            Some(rule) => assert!(rules.iter().any(|found| found == rule), "{name}: {rules:?}"),
            None => assert!(rules.is_empty(), "{name}: {rules:?}"),
        }
    }
    // The records are in the order of the files.
    let flows: Vec<Value> = of_kind(&output, "flow");
    let names: Vec<&str> = flows
        .iter()
        .map(|flow| flow["file"].as_str().unwrap())
        .collect();
    assert!(names.is_sorted());
}
