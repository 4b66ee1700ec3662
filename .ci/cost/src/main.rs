//! Searches for input that makes an operation expensive: see `.ci/cost/run`.
//!
//!     cost search FOLDER STEPS    hostile inputs and changes of them; the worst of each operation to FOLDER
//!     cost once OPERATION FILE    one call, whose instructions callgrind counts
//!
//! The score is the number of executed edges of the control flow for each byte of input, which the compiler counts
//! (`-sanitizer-coverage-trace-pc-guard`). It is the same in every run.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

mod inputs;
mod operations;

use inputs::{FAMILIES, Numbers};
use operations::{OPERATIONS, Operation};

static EDGES: AtomicU64 = AtomicU64::new(0);

/// Called for each executed edge in the build that counts.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_pc_guard(_: *mut u32) {
    EDGES.fetch_add(1, Ordering::Relaxed);
}

/// Called at the start in the build that counts.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_pc_guard_init(_: *mut u32, _: *mut u32) {}

/// The function that callgrind watches.
#[inline(never)]
fn operation_under_test(operation: &Operation, bytes: &[u8]) {
    (operation.run)(black_box(bytes));
}

fn edges(operation: &Operation, bytes: &[u8]) -> u64 {
    let before = EDGES.load(Ordering::Relaxed);
    operation_under_test(operation, bytes);
    EDGES.load(Ordering::Relaxed) - before
}

/// Edges for each byte. Short inputs would be led by what an operation costs for any input.
fn score(operation: &Operation, bytes: &[u8]) -> f64 {
    edges(operation, bytes) as f64 / bytes.len().max(LENGTH) as f64
}

/// The length of the inputs that are changed.
const LENGTH: usize = 2048;
/// The lengths of which the cost for each byte is compared. A message has at most 65,535 bytes of attributes.
const LENGTHS: [usize; 3] = [4096, 16384, 65532];

/// The worst input of an operation.
struct Worst {
    bytes: Vec<u8>,
    score: f64,
    family: &'static str,
    found: bool,
}

fn search(operation: &Operation, steps: usize) -> Worst {
    let mut worst = Worst {
        bytes: Vec::new(),
        score: 0.0,
        family: "",
        found: false,
    };
    for family in FAMILIES {
        let bytes = (family.make)(LENGTH);
        let score = score(operation, &bytes);
        if score > worst.score {
            worst = Worst {
                bytes,
                score,
                family: family.name,
                found: false,
            };
        }
    }
    let mut numbers = Numbers(0x5354_554E);
    for _ in 0..steps {
        let bytes = inputs::changed(&mut numbers, &worst.bytes);
        let score = score(operation, &bytes);
        if score >= worst.score {
            worst.found |= score > worst.score;
            (worst.bytes, worst.score) = (bytes, score);
        }
    }
    worst
}

/// Whether the cost of each byte does not grow with the length, for every family.
fn is_linear(operation: &Operation) -> bool {
    let mut is_linear = true;
    for family in FAMILIES {
        let scores = LENGTHS.map(|length| score(operation, &(family.make)(length)));
        // What is read once for each input costs less for each byte of a long one.
        if scores[2] > scores[0] * 1.25 + 0.05 && scores[2] > scores[1] * 1.1 {
            println!(
                "not linear: {} of {}: {scores:.2?} edges a byte",
                operation.name, family.name
            );
            is_linear = false;
        }
    }
    is_linear
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["once", name, file] => {
            let bytes = fs::read(file).expect("the file can be read");
            let operation = OPERATIONS.iter().find(|operation| operation.name == name);
            operation_under_test(operation.expect("a known operation"), &bytes);
            ExitCode::SUCCESS
        }
        ["search", folder, steps] => {
            let steps = steps.parse().expect("a number of steps");
            let mut are_linear = true;
            fs::write(Path::new(folder).join("hashed"), inputs::hashed(LENGTH))
                .expect("the folder is writable");
            for operation in OPERATIONS {
                let worst = search(operation, steps);
                assert!(
                    worst.score > 0.0,
                    "no edges are counted: build with the counter"
                );
                fs::write(Path::new(folder).join(operation.name), &worst.bytes)
                    .expect("the folder is writable");
                let change = if worst.found { ", with changes" } else { "" };
                println!(
                    "{}\t{:.2}\t{}{change}",
                    operation.name, worst.score, worst.family
                );
                are_linear &= is_linear(operation);
            }
            if are_linear {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        _ => {
            println!("usage: cost search FOLDER STEPS | cost once OPERATION FILE");
            ExitCode::from(2)
        }
    }
}
