//! What the fuzz targets once found stays found: every `.bin` of `fuzz/regressions` and `fuzz/seeds`
//! is run again, under every law.

use std::fs;
use std::path::Path;

#[test]
fn findings_and_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut files = Vec::new();
    for folder in ["regressions", "seeds"] {
        collect(&root.join(folder), &mut files);
    }
    // The folder is not in the package.
    if root.join("seeds").exists() {
        assert!(!files.is_empty(), "no seeds in {}", root.display());
    }
    for file in files {
        let bytes = fs::read(&file).unwrap();
        stunwire::laws::message(&bytes);
        stunwire::laws::roundtrip(&bytes);
        stunwire::laws::verify(&bytes);
        stunwire::laws::attributes(&bytes);
        stunwire::laws::replies(&bytes);
        stunwire::laws::stream::stream(&bytes);
        stunwire::laws::microsoft(&bytes);
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "bin") {
            files.push(path);
        }
    }
}
