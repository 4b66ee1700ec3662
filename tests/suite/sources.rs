//! The source files of the library.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file.
pub struct Source {
    /// The path inside `src`, such as `message/mod.rs`.
    pub path: PathBuf,
    pub text: String,
}

/// The Rust files in a folder of `src` and its subfolders, in the order of their paths.
pub fn read(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src");
    let mut sources = Vec::new();
    collect(&root, &root.join(folder), &mut sources);
    assert!(!sources.is_empty(), "no sources in {}", root.display());
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source {
                text: fs::read_to_string(&path).unwrap(),
                path: path.strip_prefix(root).unwrap().to_owned(),
            });
        }
    }
}
