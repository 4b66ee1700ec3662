//! Writes source files in which every mutant of a list can be switched on at run time.
//!
//!     stunwire-mutants MUTANTS.json DISABLED.json FROM TO
//!
//! MUTANTS.json is the list of `cargo mutants --list --json`; a mutant's number is its position in the list, from 1.
//! DISABLED.json is an array of numbers that are not built. Each file of the list is read in the folder FROM and
//! written in the folder TO, where it calls `mutant_switch::on(NUMBER)`. Prints one line of JSON for each file: the
//! bytes of the written file that each mutant has, to which errors of the compiler are assigned, and the mutants that
//! are not built because they change tests or expressions that are evaluated at compile time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use proc_macro2::{LineColumn, Span};
use serde_json::{Value, json};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What is replaced at a position in the file.
enum Change {
    /// An operator, between two operands.
    Binary {
        left: Range,
        right: Range,
        mutants: Vec<(usize, String)>,
    },
    /// An operator before its operand, which is deleted.
    Unary { operand: Range, number: usize },
    /// Values that a function returns before it does anything.
    Return { mutants: Vec<(usize, String)> },
    /// The end of a pattern without a guard: the arm is deleted.
    Arm { number: usize },
    /// A guard: the arm is deleted, or the guard is always true or always false.
    Guard { mutants: Vec<(usize, Guard)> },
    /// A field's value, which is taken from the base of the expression instead. The text is the base with the
    /// field's name.
    Field {
        number: usize,
        base: String,
        shorthand: Option<String>,
    },
}

#[derive(Clone, Copy)]
enum Guard {
    Delete,
    True,
    False,
}

type Range = (usize, usize);

struct Node {
    range: Range,
    change: Change,
}

struct Mutant {
    number: usize,
    genre: String,
    replacement: String,
    start: usize,
    end: usize,
}

/// A source file and the offsets of its lines.
struct Source {
    text: String,
    lines: Vec<usize>,
}

impl Source {
    fn new(text: String) -> Self {
        let ends = text.match_indices('\n').map(|(offset, _)| offset + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { text, lines }
    }

    /// The offset in bytes of a line, from 1, and a column in characters, from 0.
    fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines[line - 1];
        let mut chars = self.text[start..].char_indices();
        chars
            .nth(column)
            .map_or(self.text.len(), |(at, _)| start + at)
    }

    fn at(&self, position: LineColumn) -> usize {
        self.offset(position.line, position.column)
    }

    fn range(&self, span: Span) -> Range {
        (self.at(span.start()), self.at(span.end()))
    }

    fn raw(&self, range: Range) -> &str {
        &self.text[range.0..range.1]
    }
}

/// Finds the syntax that each mutant changes.
struct Finder<'a> {
    source: &'a Source,
    /// By genre and the offset at which the changed syntax starts.
    mutants: HashMap<(&'a str, usize), Vec<&'a Mutant>>,
    nodes: Vec<Node>,
    blocks: Vec<Range>,
    /// Modules of tests.
    tests: Vec<Range>,
    /// Mutants of expressions that are evaluated at compile time.
    compile_time: Vec<usize>,
    /// In an expression that is evaluated at compile time.
    is_const: bool,
}

impl<'a> Finder<'a> {
    fn take(&mut self, genre: &'a str, start: usize) -> Vec<&'a Mutant> {
        let found = self.mutants.remove(&(genre, start)).unwrap_or_default();
        if self.is_const {
            self.compile_time
                .extend(found.iter().map(|mutant| mutant.number));
            return Vec::new();
        }
        found
    }

    fn in_const(&mut self, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.is_const, true);
        visit(self);
        self.is_const = outer;
    }

    fn add(&mut self, range: Range, change: Change) {
        self.nodes.push(Node { range, change });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, node: &'ast syn::ItemMod) {
        match node.attrs.iter().any(is_test) {
            true => self.tests.push(self.source.range(node.span())),
            false => visit::visit_item_mod(self, node),
        }
    }

    fn visit_item_const(&mut self, node: &'ast syn::ItemConst) {
        self.in_const(|this| visit::visit_item_const(this, node));
    }

    fn visit_impl_item_const(&mut self, node: &'ast syn::ImplItemConst) {
        self.in_const(|this| visit::visit_impl_item_const(this, node));
    }

    fn visit_trait_item_const(&mut self, node: &'ast syn::TraitItemConst) {
        self.in_const(|this| visit::visit_trait_item_const(this, node));
    }

    fn visit_item_static(&mut self, node: &'ast syn::ItemStatic) {
        self.in_const(|this| visit::visit_item_static(this, node));
    }

    fn visit_expr_const(&mut self, node: &'ast syn::ExprConst) {
        self.in_const(|this| visit::visit_expr_const(this, node));
    }

    fn visit_type_array(&mut self, node: &'ast syn::TypeArray) {
        self.in_const(|this| visit::visit_type_array(this, node));
    }

    fn visit_expr_repeat(&mut self, node: &'ast syn::ExprRepeat) {
        self.visit_expr(&node.expr);
        self.in_const(|this| this.visit_expr(&node.len));
    }

    fn visit_block(&mut self, node: &'ast syn::Block) {
        self.blocks.push(self.source.range(node.span()));
        visit::visit_block(self, node);
    }

    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        let source = self.source;
        let found = self.take("BinaryOperator", source.at(node.op.span().start()));
        if !found.is_empty() {
            let change = Change::Binary {
                left: source.range(node.left.span()),
                right: source.range(node.right.span()),
                mutants: texts(&found),
            };
            self.add(source.range(node.span()), change);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        let source = self.source;
        let found = self.take("UnaryOperator", source.at(node.op.span().start()));
        if let [mutant] = found[..] {
            let change = Change::Unary {
                operand: source.range(node.expr.span()),
                number: mutant.number,
            };
            self.add(source.range(node.span()), change);
        }
        visit::visit_expr_unary(self, node);
    }

    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        let source = self.source;
        let deleted = self.take("MatchArm", source.at(node.span().start()));
        let mut mutants: Vec<_> = deleted.iter().map(|m| (m.number, Guard::Delete)).collect();
        match &node.guard {
            Some((_, guard)) => {
                let range = source.range(guard.span());
                for mutant in self.take("MatchArmGuard", range.0) {
                    let guard = match mutant.replacement.as_str() {
                        "true" => Guard::True,
                        _ => Guard::False,
                    };
                    mutants.push((mutant.number, guard));
                }
                if !mutants.is_empty() {
                    self.add(range, Change::Guard { mutants });
                }
            }
            None => {
                let end = source.at(node.pat.span().end());
                for (number, _) in mutants {
                    self.add((end, end), Change::Arm { number });
                }
            }
        }
        visit::visit_arm(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        let source = self.source;
        if let Some(rest) = &node.rest {
            for field in &node.fields {
                let range = source.range(field.span());
                let found = self.take("StructField", range.0);
                if let [mutant] = found[..] {
                    let name = source.raw(source.range(field.member.span()));
                    let shorthand = field.colon_token.is_none().then(|| name.to_string());
                    let change = Change::Field {
                        number: mutant.number,
                        base: format!("({}).{name}", source.raw(source.range(rest.span()))),
                        shorthand,
                    };
                    self.add(source.range(field.expr.span()), change);
                }
            }
        }
        visit::visit_expr_struct(self, node);
    }
}

/// `#[cfg(test)]` or `#[cfg(all(test, ..))]`.
fn is_test(attribute: &syn::Attribute) -> bool {
    let tokens = match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string(),
        _ => return false,
    };
    tokens == "test" || tokens.replace(' ', "").starts_with("all(test,")
}

fn texts(mutants: &[&Mutant]) -> Vec<(usize, String)> {
    let texts = mutants.iter();
    texts.map(|m| (m.number, m.replacement.clone())).collect()
}

/// The changed text, with marks around what belongs to one mutant.
fn render(source: &Source, range: Range, nodes: &[Node], out: &mut String) {
    let (mut position, end) = range;
    let mut rest = nodes;
    while let [node, following @ ..] = rest {
        let inner = following
            .iter()
            .take_while(|other| other.range.1 <= node.range.1 && other.range.0 < node.range.1)
            .count();
        let (inner, following) = following.split_at(inner);
        out.push_str(&source.text[position..node.range.0]);
        render_node(source, node, inner, out);
        position = node.range.1;
        rest = following;
    }
    out.push_str(&source.text[position..end]);
}

fn render_node(source: &Source, node: &Node, inner: &[Node], out: &mut String) {
    let mark = |number: usize, text: &str| format!("/*<{number}*/{text}/*>{number}*/");
    match &node.change {
        Change::Binary {
            left,
            right,
            mutants,
        } => {
            out.push('(');
            for (number, operator) in mutants {
                let changed = format!("{} {operator} {}", source.raw(*left), source.raw(*right));
                let changed = mark(*number, &changed);
                *out += &format!("if mutant_switch::on({number}) {{ {changed} }} else ");
            }
            out.push_str("{ ");
            render(source, node.range, inner, out);
            out.push_str(" })");
        }
        Change::Unary { operand, number } => {
            let changed = mark(*number, source.raw(*operand));
            *out += &format!("(if mutant_switch::on({number}) {{ {changed} }} else {{ ");
            render(source, node.range, inner, out);
            out.push_str(" })");
        }
        Change::Return { mutants } => {
            for (number, value) in mutants {
                let changed = mark(*number, &format!("return {value};"));
                *out += &format!(" if mutant_switch::on({number}) {{ {changed} }}");
            }
        }
        Change::Arm { number } => {
            *out += &mark(*number, &format!(" if !mutant_switch::on({number})"));
        }
        Change::Guard { mutants } => {
            for (number, guard) in mutants {
                let test = format!("mutant_switch::on({number})");
                *out += &match guard {
                    Guard::Delete | Guard::False => mark(*number, &format!("!{test} && (")),
                    Guard::True => mark(*number, &format!("{test} || (")),
                };
            }
            render(source, node.range, inner, out);
            out.push_str(&")".repeat(mutants.len()));
        }
        Change::Field {
            number,
            base,
            shorthand,
        } => {
            if let Some(name) = shorthand {
                *out += &format!("{name}: ");
            }
            let changed = mark(*number, base);
            *out += &format!("if mutant_switch::on({number}) {{ {changed} }} else {{ ");
            render(source, node.range, inner, out);
            out.push_str(" }");
        }
    }
}

/// The ranges of the marked text, by mutant.
fn marked(text: &str) -> BTreeMap<usize, Range> {
    let mut ranges = BTreeMap::new();
    for (start, _) in text.match_indices("/*<") {
        let Some((number, _)) = text[start + 3..].split_once("*/") else {
            continue;
        };
        let Ok(number) = number.parse::<usize>() else {
            continue;
        };
        if let Some(len) = text[start..].find(&format!("/*>{number}*/")) {
            ranges.insert(number, (start, start + len));
        }
    }
    ranges
}

struct Changed {
    text: String,
    tests: Vec<usize>,
    compile_time: Vec<usize>,
}

fn change_file(source: &Source, mutants: &[Mutant]) -> Changed {
    let file = syn::parse_file(&source.text).expect("the file is valid Rust");
    let mut by_start: HashMap<(&str, usize), Vec<&Mutant>> = HashMap::new();
    for mutant in mutants.iter().filter(|mutant| mutant.genre != "FnValue") {
        let key = (mutant.genre.as_str(), mutant.start);
        by_start.entry(key).or_default().push(mutant);
    }
    let mut finder = Finder {
        source,
        mutants: by_start,
        nodes: Vec::new(),
        blocks: Vec::new(),
        tests: Vec::new(),
        compile_time: Vec::new(),
        is_const: false,
    };
    finder.visit_file(&file);
    let Finder {
        mut nodes,
        blocks,
        tests,
        compile_time,
        ..
    } = finder;
    // A function's value belongs to the smallest block around it.
    let mut returns: BTreeMap<usize, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants.iter().filter(|mutant| mutant.genre == "FnValue") {
        let around = blocks
            .iter()
            .filter(|block| block.0 < mutant.start && mutant.end < block.1)
            .min_by_key(|block| block.1 - block.0);
        if let Some(block) = around {
            returns.entry(block.0 + 1).or_default().push(mutant);
        }
    }
    for (start, mutants) in returns {
        nodes.push(Node {
            range: (start, start),
            change: Change::Return {
                mutants: texts(&mutants),
            },
        });
    }
    // The sort is stable, and the visitor meets what encloses before what is enclosed.
    nodes.sort_by_key(|node| (node.range.0, usize::MAX - node.range.1));
    let mut text = String::new();
    render(source, (0, source.text.len()), &nodes, &mut text);
    let in_tests = |mutant: &&Mutant| {
        let mut around = tests.iter();
        around.any(|module| module.0 <= mutant.start && mutant.end <= module.1)
    };
    Changed {
        text,
        tests: mutants.iter().filter(in_tests).map(|m| m.number).collect(),
        compile_time,
    }
}

fn read_json(path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the list can be read");
    let value: Value = serde_json::from_str(&text).expect("the list is JSON");
    value.as_array().expect("the list is an array").clone()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, disabled, from, to] = &arguments[..] else {
        eprintln!("usage: stunwire-mutants MUTANTS.json DISABLED.json FROM TO");
        std::process::exit(2);
    };
    let disabled: BTreeSet<u64> = read_json(disabled)
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    let mut files: BTreeMap<String, Vec<(usize, Value)>> = BTreeMap::new();
    for (index, mutant) in read_json(list).into_iter().enumerate() {
        let file = mutant["file"].as_str().expect("a file").to_string();
        files.entry(file).or_default().push((index + 1, mutant));
    }
    for (file, listed) in files {
        let text =
            std::fs::read_to_string(Path::new(from).join(&file)).expect("the file can be read");
        // Inlined, the switches would be compiled many times. Of the same length, for the offsets.
        let text = text.replace("#[inline(always)]", "                 ");
        let text = text.replace("#[inline]", "         ");
        let source = Source::new(text);
        let offset = |position: &Value| {
            let number = |key: &str| position[key].as_u64().expect("a number") as usize;
            source.offset(number("line"), number("column") - 1)
        };
        let mutants: Vec<Mutant> = listed
            .iter()
            .filter(|(number, _)| !disabled.contains(&(*number as u64)))
            .map(|(number, value)| Mutant {
                number: *number,
                genre: value["genre"].as_str().expect("a genre").to_string(),
                replacement: value["replacement"].as_str().expect("a text").to_string(),
                start: offset(&value["span"]["start"]),
                end: offset(&value["span"]["end"]),
            })
            .collect();
        let changed = change_file(&source, &mutants);
        let ranges: BTreeMap<String, Value> = marked(&changed.text)
            .into_iter()
            .map(|(number, (start, end))| (number.to_string(), json!([start, end])))
            .collect();
        let path = Path::new(to).join(&file);
        // An unchanged file keeps its time, for which cargo looks.
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&changed.text) {
            std::fs::write(&path, &changed.text).expect("the file can be written");
        }
        let line = json!({
            "file": file,
            "ranges": ranges,
            "tests": changed.tests,
            "compile_time": changed.compile_time,
        });
        println!("{line}");
    }
}
