//! Checks every property for the inputs on which a fuzz target once failed, and for the seeds: each `.bin` in
//! `fuzz/regressions` and `fuzz/seeds`.

use std::fs;
use std::path::Path;

use stunwire_properties as properties;

type Property = fn(&[u8]);

/// The fuzz targets and what they run.
const TARGETS: &[(&str, Property)] = &[
    ("agents", properties::agents),
    ("attributes", properties::attributes),
    ("auth", properties::login_one_way),
    ("keys", properties::keys),
    ("microsoft", properties::microsoft_one_way),
    ("parse", properties::parse),
    ("relay", properties::relay_one_way),
    ("replies", properties::replies),
    ("roundtrip", properties::value),
    ("stream", properties::stream::stream_one_way),
    ("verify", |bytes| _ = properties::verify(bytes)),
    ("writer", properties::writer),
];

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
        let target = file.parent().unwrap().file_name().unwrap();
        assert!(
            TARGETS.iter().any(|(name, _)| target == *name),
            "{} belongs to no target",
            file.display()
        );
        // An input of another target is any bytes to a property.
        for (_, run) in TARGETS {
            run(&bytes);
        }
        // In every dialect, with and without what the target reads first.
        properties::message(&bytes);
        properties::message(bytes.get(2..).unwrap_or(&[]));
        properties::roundtrip(&bytes);
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "bin") {
            files.push(path);
        } else {
            // The test and the build for OSS-Fuzz would leave out a file with another ending.
            assert!(
                path.ends_with("README.md"),
                "{} does not end in .bin",
                path.display()
            );
        }
    }
}
