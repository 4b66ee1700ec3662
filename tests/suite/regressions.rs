//! Checks every property for the inputs on which a fuzz target once failed, and for the seeds: each `.bin` in
//! `fuzz/regressions` and `fuzz/seeds`.

use std::fs;
use std::path::Path;

use stunwire_properties as properties;

#[test]
fn findings_and_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut files = Vec::new();
    for folder in ["regressions", "seeds"] {
        collect(&root.join(folder), &mut files);
    }
    assert!(
        files.len() > 50,
        "only {} files in {}",
        files.len(),
        root.display()
    );
    for file in files {
        let bytes = fs::read(&file).unwrap();
        properties::message(&bytes);
        properties::roundtrip(&bytes);
        properties::verify(&bytes);
        properties::login(&bytes);
        properties::attributes(&bytes);
        properties::replies(&bytes);
        properties::stream::stream(&bytes);
        properties::microsoft(&bytes);
        properties::relay(&bytes);
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "bin") {
            files.push(path);
        }
    }
}
