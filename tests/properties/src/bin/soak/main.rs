//! Calls the properties with changed messages many times, in a program that is not instrumented.
//!
//!     soak LIMIT SEED [PROPERTY...]
//!
//! LIMIT is the number of executions of each property, or their time in seconds with an `s` after it. An execution is
//! one call of a property with an input that differs from the previous one.
//!
//! The inputs are made from the seeds and the regressions of the fuzz targets and from `tests/malformed`; the same SEED
//! with the same files gives the same inputs. An input that fails is written to `fuzz/artifacts`, and is an input of the
//! fuzz target of the same name.

use std::panic::{self, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use stunwire::Message;
use stunwire_properties::{self as properties, FORMATS};

use self::mutate::{Mutator, Sample};

mod mutate;

/// A property that reads a message after some bytes that select what is done with it.
struct Property {
    name: &'static str,
    /// Calls it, and returns whether it got further than to find that there is no message.
    call: fn(&[u8]) -> bool,
    /// Appends the bytes before the message. They are random, except for the dialect.
    start: fn(&mut Mutator, dialect: u8, input: &mut Vec<u8>),
    /// What `call` counts.
    counted: &'static str,
}

const PROPERTIES: [Property; 4] = [
    Property {
        name: "parse",
        call: |input| {
            properties::parse(input);
            format(input[0]).parse(&input[2..]).is_ok()
        },
        start: |mutator, dialect, input| input.extend([dialect, mutator.byte()]),
        counted: "valid messages",
    },
    Property {
        name: "verify",
        call: properties::verify,
        start: |mutator, dialect, input| {
            let edits = mutator.below(5) as u8;
            input.extend([dialect, mutator.byte(), mutator.byte(), edits]);
            mutator.edits(edits, input);
        },
        counted: "signed and verified",
    },
    Property {
        name: "auth",
        call: |input| {
            properties::login_one_way(input);
            input[0] % 4 > 1 || Message::parse(&input[6..]).is_ok()
        },
        start: |mutator, _, input| {
            // Ways 2 and 3 read the edits and not the message.
            let (way, edits) = (mutator.below(4) as u8, mutator.below(3) as u8);
            input.extend([way, edits << 6 | mutator.byte() & 0x3F]);
            for _ in 0..4 {
                input.push(mutator.byte());
            }
            if way > 1 {
                mutator.edits(edits, input);
            }
        },
        counted: "valid messages or logins",
    },
    Property {
        name: "relay",
        call: |input| {
            properties::relay_one_way(input);
            format(input[0]).parse(&input[1..]).is_ok()
        },
        start: |mutator, dialect, input| {
            let way = mutator.below(25) as u8;
            input.push(10 * way + dialect);
        },
        counted: "valid messages",
    },
];

fn format(choice: u8) -> stunwire::Dialect {
    FORMATS[usize::from(choice) % FORMATS.len()].dialect
}

/// When a run ends.
enum Limit {
    Executions(u64),
    Time(Duration),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [limit, seed, names @ ..] = &arguments[..] else {
        eprintln!("soak LIMIT SEED [PROPERTY...]");
        return ExitCode::from(2);
    };
    for name in names {
        let is_known = PROPERTIES.iter().any(|property| property.name == name);
        assert!(is_known, "no property is named {name}");
    }
    let limit = match limit.strip_suffix('s') {
        Some(seconds) => Limit::Time(Duration::from_secs(seconds.parse().expect("a number"))),
        None => Limit::Executions(limit.parse().expect("a number")),
    };
    let seed = seed.parse().expect("a number");
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let checks_are_on = properties::checks_are_on();
    panic::set_hook(hook);
    assert!(
        checks_are_on,
        "built without overflow checks or debug assertions"
    );
    let samples = samples();
    println!("seed {seed}, {} messages", samples.len());
    for property in PROPERTIES {
        if names.is_empty() || names.iter().any(|name| name == property.name) {
            if let Err(file) = run(&property, &samples, seed, &limit) {
                println!("{}: {} failed", property.name, file.display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Prints the figures, or writes the input that fails.
fn run(property: &Property, samples: &[Sample], seed: u64, limit: &Limit) -> Result<(), PathBuf> {
    let mut mutator = Mutator::new(samples, seed);
    let (mut executions, mut counted, mut bytes) = (0_u64, 0_u64, 0_u64);
    let (mut input, mut before) = (Vec::new(), Vec::new());
    let begin = Instant::now();
    while match *limit {
        Limit::Executions(count) => executions < count,
        Limit::Time(time) => executions % 1024 != 0 || begin.elapsed() < time,
    } {
        std::mem::swap(&mut input, &mut before);
        input.clear();
        mutator.sample();
        let dialect = mutator.dialect();
        (property.start)(&mut mutator, dialect, &mut input);
        mutator.message(dialect, &mut input);
        if input == before {
            continue;
        }
        let Ok(is_counted) = catch_unwind(|| (property.call)(&input)) else {
            let folder = root().join("fuzz/artifacts").join(property.name);
            let file = folder.join(format!("soak-{seed}-{executions}"));
            fs::create_dir_all(folder).expect("the folder can be made");
            fs::write(&file, input).expect("the file can be written");
            return Err(file);
        };
        executions += 1;
        bytes += input.len() as u64;
        counted += u64::from(is_counted);
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{:8} {executions:>12} executions, {:>7.0} a second, {} bytes on average; {counted:>12} {}",
        property.name,
        executions as f64 / seconds,
        bytes / executions.max(1),
        property.counted,
    );
    Ok(())
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The longest message from which inputs are made, so that executions are fast.
const MAX_SAMPLE: usize = 1024;

/// The seeds of the fuzz targets in every dialect in which they are valid, and the messages of `tests/malformed` in
/// one.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    // A byte selects the dialect, and a second one an attribute.
    for (folder, start, dialects) in [
        ("fuzz/seeds/parse", 2, FORMATS.len()),
        ("fuzz/regressions/parse", 2, FORMATS.len()),
        ("fuzz/seeds/relay", 1, FORMATS.len()),
        ("fuzz/regressions/relay", 1, FORMATS.len()),
        ("tests/malformed/messages", 0, 1),
    ] {
        for bytes in files(folder) {
            let message = bytes.get(start..).unwrap_or_default();
            if message.len() > MAX_SAMPLE {
                continue;
            }
            let valid = (0..FORMATS.len() as u8).filter(|at| format(*at).parse(message).is_ok());
            samples.extend(valid.take(dialects).map(|at| Sample::new(at, message)));
        }
    }
    assert!(!samples.is_empty(), "no seeds");
    samples
}

/// The contents of the files of a folder, in the order of their names.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is readable");
    let path = |entry: io::Result<fs::DirEntry>| entry.expect("the folder is readable").path();
    let mut paths: Vec<PathBuf> = entries.map(path).collect();
    paths.sort();
    let read = |path: PathBuf| fs::read(path).expect("the file is readable");
    paths.into_iter().map(read).collect()
}
