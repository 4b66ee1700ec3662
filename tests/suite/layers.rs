//! The modules of the library form layers: a module imports from its own layer and from lower ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::sources;

/// The layers from bottom to top. A module belongs to the longest entry that is a prefix of its path.
const LAYERS: &[&[&str]] = &[
    &["num", "format", "random", "reference"],
    &["wire"],
    &["code_point", "transaction_id"],
    &["dialect"],
    &["error"],
    &["header"],
    &["attribute", "buffer"],
    &["message"],
    &["fingerprint"],
    &["integrity"],
    &["writer"],
    &["reply"],
    &["relay", "framing", "demux", "auth", "ice", "turn"],
    &["any_error", "serialize", "uri"],
    &["docs"],
];

/// A module of the library, as the segments of its path.
type Module = Vec<String>;

/// The source text of each module.
struct Library {
    modules: BTreeMap<Module, String>,
}

impl Library {
    /// The modules of files, given as their paths inside `src` and their texts.
    fn new<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let modules = files.into_iter().map(|(path, text)| {
            let mut module: Module = path
                .with_extension("")
                .iter()
                .map(|segment| segment.to_str().unwrap().to_owned())
                .collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            if module == ["lib"] {
                module.pop();
            }
            (module, code(text))
        });
        Self {
            modules: modules.collect(),
        }
    }

    /// Every import that points upwards, as `from imports to`.
    fn upward_imports(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (module, text) in &self.modules {
            // The root re-exports every layer, and unit tests may import any module.
            if module.last().is_none_or(|last| last == "tests") {
                continue;
            }
            for target in self.imports(module, text) {
                if layer(&target) > layer(module) {
                    found.insert(format!(
                        "{} imports {}",
                        module.join("::"),
                        target.join("::")
                    ));
                }
            }
        }
        found
    }

    /// The modules that the paths in a text point to.
    fn imports(&self, module: &Module, text: &str) -> BTreeSet<Module> {
        let mut targets = BTreeSet::new();
        for path in paths(text) {
            let (first, rest) = path.split_first().unwrap();
            let base = match first.as_str() {
                "crate" => Module::new(),
                "super" => module[..module.len() - 1].to_vec(),
                _ => module.clone(),
            };
            let supers = rest
                .iter()
                .take_while(|segment| *segment == "super")
                .count();
            let base = base[..base.len().saturating_sub(supers)].to_vec();
            targets.extend(self.resolve(base, &rest[supers..]));
        }
        targets
    }

    /// The module that defines the item of a path, following re-exports. `None` for the root itself, whose only
    /// items are macros.
    fn resolve(&self, base: Module, rest: &[String]) -> Option<Module> {
        let mut module = base;
        let mut rest = rest;
        while let Some((name, after)) = rest.split_first() {
            let inner = [&module[..], core::slice::from_ref(name)].concat();
            if self.modules.contains_key(&inner) {
                module = inner;
            } else if let Some(target) = self.reexport(&module, name) {
                module = target;
            } else {
                break;
            }
            rest = after;
        }
        (!module.is_empty()).then_some(module)
    }

    /// The module from which a parent module re-exports a name, with `pub use self::module::{…}`.
    fn reexport(&self, module: &Module, name: &str) -> Option<Module> {
        let text = self.modules.get(module)?;
        let path = paths(text)
            .into_iter()
            .find(|path| path[0] == "self" && path.len() > 2 && path.last().unwrap() == name)?;
        self.resolve(module.clone(), &path[1..path.len() - 1])
    }
}

/// The index of a module's layer.
fn layer(module: &[String]) -> usize {
    let path = module.join("::");
    let belongs = |entry: &&str| path == **entry || path.starts_with(&format!("{entry}::"));
    let length = |layer: &[&str]| {
        layer
            .iter()
            .filter(|entry| belongs(entry))
            .map(|e| e.len())
            .max()
    };
    (0..LAYERS.len())
        .filter(|index| length(LAYERS[*index]).is_some())
        .max_by_key(|index| length(LAYERS[*index]))
        .unwrap_or_else(|| panic!("{path} has no layer: add it to LAYERS"))
}

/// A text without comments, literals and unit tests.
fn code(text: &str) -> String {
    let mut out = String::new();
    // Unit tests are at the end of a file.
    let end = text.find("\n#[cfg(test)]\nmod tests").unwrap_or(text.len());
    for line in text[..end].lines() {
        let line = line.split("//").next().unwrap();
        let mut in_literal = false;
        for part in line.split('"') {
            if !in_literal {
                out.push_str(part);
            }
            in_literal = !in_literal;
        }
        out.push('\n');
    }
    out
}

/// The paths that begin with `crate`, `super` or `self`, one for each name of a `{…}` list.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in ["crate", "super", "self"] {
        let start = format!("{root}::");
        for (at, _) in text.match_indices(&start) {
            let before = text[..at].chars().next_back();
            // `super::super` is one path, and `is_self::` is not a path.
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            tree(
                &text[at + start.len()..],
                &mut vec![root.to_owned()],
                &mut found,
            );
        }
    }
    found
}

/// Adds the paths of the use tree at the start of a text; returns the rest of the text.
fn tree<'a>(text: &'a str, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut list) = text.strip_prefix('{') {
        loop {
            list = list.trim_start();
            if let Some(rest) = list.strip_prefix('}') {
                return rest;
            }
            if list.is_empty() {
                return list;
            }
            let length = path.len();
            let before = list.len();
            list = tree(list, path, found);
            path.truncate(length);
            list = list.trim_start();
            // ` as name`, and the comma.
            let skip = list.find([',', '}']).unwrap_or(list.len());
            list = list[skip..].strip_prefix(',').unwrap_or(&list[skip..]);
            assert!(list.len() < before, "not a use tree: {list}");
        }
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() {
        // A glob.
        found.push(path.clone());
        return rest.strip_prefix('*').unwrap_or(rest);
    }
    path.push(name.to_owned());
    match rest.strip_prefix("::") {
        Some(rest) if !rest.starts_with('<') => tree(rest, path, found),
        _ => {
            // `{self}` names the module itself.
            let mut named = path.clone();
            if name == "self" {
                named.pop();
            }
            found.push(named);
            rest
        }
    }
}

#[test]
fn the_library_has_no_upward_import() {
    let sources = sources::read("");
    let library = Library::new(
        sources
            .iter()
            .map(|source| (source.path.as_path(), source.text.as_str())),
    );
    assert!(library.modules.len() > 30, "{}", library.modules.len());
    let upward = library.upward_imports();
    assert!(upward.is_empty(), "upward imports: {upward:#?}");
}

/// The check finds upward imports of each kind.
#[test]
fn upward_imports_are_found() {
    let library = |wire: &str| {
        let files = [
            (
                "lib.rs",
                "pub mod message;\nmod wire;\npub use self::message::{Message, Other as Name};",
            ),
            ("wire.rs", wire),
            (
                "message/mod.rs",
                "mod parse;\npub use self::parse::Parsed;\nuse crate::wire::{self, Tlv};",
            ),
            (
                "message/parse.rs",
                "use super::Message;\nuse crate::wire::Tlv;",
            ),
        ];
        Library::new(files.map(|(path, text)| (Path::new(path), text))).upward_imports()
    };
    let found = |text: &str, module: &str| {
        let expected = BTreeSet::from([format!("wire imports {module}")]);
        assert_eq!(library(text), expected, "{text}");
    };
    found("use crate::message::Message;", "message");
    found("use crate::Message;", "message");
    found("use crate::{message::Parsed};", "message::parse");
    found(
        "use crate::{\n    num,\n    message::parse::{self, Parsed},\n};",
        "message::parse",
    );
    found("use super::message;", "message");
    found(
        "fn f() { crate::message::parse::parse(); }",
        "message::parse",
    );
    found(
        "macro_rules! m { () => { $crate::message::f() }; }",
        "message",
    );
    for text in [
        "use core::fmt;\nuse crate::num::to_u16;",
        "// use crate::message::Message;",
        "/// [`Message`](crate::message::Message)",
        "const A: &str = \"crate::message\";",
        "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::message::Message;\n}",
    ] {
        assert_eq!(library(text), BTreeSet::new(), "{text}");
    }
}
