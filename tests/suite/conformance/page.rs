//! The pages `docs::conformance`: every row of their tables names an existing test, or says that the clause is
//! left to the application.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The last cell of a row without a test.
const APPLICATION: &str = "application";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files in a folder of the repository, and in its subfolders, with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// The tests of the repository as `module::name`, the module being the file's name.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        for path in files(&root().join(folder), "rs") {
            let file = path.file_stem().unwrap().to_str().unwrap();
            let folder = path.parent().unwrap().file_name().unwrap();
            let module = match file {
                "mod" | "lib" => folder.to_str().unwrap(),
                _ => file,
            };
            let text = fs::read_to_string(&path).unwrap();
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                if line.starts_with("#[test]") {
                    is_test = true;
                } else if let (true, Some(rest)) = (is_test, line.strip_prefix("fn ")) {
                    let name = rest.split('(').next().unwrap();
                    tests.insert(format!("{module}::{name}"));
                    is_test = false;
                }
            }
        }
    }
    tests
}

/// The rows of the tables of clauses on a page, in cells: tables whose last column is called `test`.
fn rows(page: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut of_clauses = false;
    for line in page.lines() {
        let Some(cells) = line
            .strip_prefix('|')
            .and_then(|line| line.strip_suffix('|'))
        else {
            of_clauses = false;
            continue;
        };
        let cells: Vec<String> = cells.split('|').map(|cell| cell.trim().into()).collect();
        if cells.last().is_some_and(|last| last == "test") {
            of_clauses = true;
        } else if of_clauses && !cells[0].starts_with("--") {
            rows.push(cells);
        }
    }
    rows
}

/// The pages with their tables.
fn pages() -> Vec<(PathBuf, Vec<Vec<String>>)> {
    let pages = files(&root().join("src/docs/conformance"), "md");
    let with_rows = |path: PathBuf| {
        let rows = rows(&fs::read_to_string(&path).unwrap());
        (path, rows)
    };
    pages.into_iter().map(with_rows).collect()
}

/// The names in backticks.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_row_names_a_test_or_the_application() {
    let tests = tests();
    let mut count = 0;
    for (path, rows) in pages() {
        assert!(!rows.is_empty(), "{}", path.display());
        for row in rows {
            let row_text = format!("{}: {}", path.display(), row.join(" | "));
            assert_eq!(row.len(), 5, "{row_text}");
            assert!(row.iter().all(|cell| !cell.is_empty()), "{row_text}");
            let level = row[2].as_str();
            let levels = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "text"];
            assert!(levels.contains(&level), "{row_text}");
            let last = row[4].as_str();
            count += 1;
            if last == APPLICATION {
                continue;
            }
            assert!(named(last).count() > 0, "no test: {row_text}");
            for name in named(last) {
                assert!(tests.contains(name), "no such test: {name}: {row_text}");
            }
        }
    }
    assert!(count > 200, "{count} rows");
}

/// Every test of these modules is cited on a page, so that each tested clause is listed.
#[test]
fn every_test_of_a_clause_is_on_a_page() {
    let named: BTreeSet<String> = pages()
        .into_iter()
        .flat_map(|(_, rows)| rows)
        .flat_map(|row| named(&row[4]).map(String::from).collect::<Vec<_>>())
        .collect();
    let folder = root().join("tests/suite/conformance");
    let modules: BTreeSet<String> = files(&folder, "rs")
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_string())
        .filter(|module| module != "page")
        .collect();
    let missing: Vec<String> = tests()
        .into_iter()
        .filter(|test| {
            let (module, _) = test.split_once("::").unwrap();
            modules.contains(module) && in_conformance(&folder, test) && !named.contains(test)
        })
        .collect();
    assert!(missing.is_empty(), "on no page: {missing:?}");
}

/// Whether the test is in one of these modules and not in another of the same name.
fn in_conformance(folder: &Path, test: &str) -> bool {
    let (module, name) = test.split_once("::").unwrap();
    fs::read_to_string(folder.join(module).with_extension("rs"))
        .is_ok_and(|text| text.contains(&format!("fn {name}()")))
}
