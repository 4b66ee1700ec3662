//! Decodes STUN, TURN and ICE in packet captures, hexadecimal dumps and single messages.
//!
//! From a file to the output: [`input`] opens it, [`pcap`] reads packets, [`stream`] and [`framer`]
//! split TCP into frames, [`classify`] decodes each packet with stunwire, and [`dissector`] hands
//! [`mod@unit`]s to an output, [`diagnose`]. It keeps what they say together ([`analysis`]), looks for
//! what went wrong ([`findings`]), and writes the [`report`] and the [`ladder`] diagram at the end.
//! [`print`](mod@print) and [`json`] write each unit.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "sums of lengths of things that are in memory, and 64-bit counters"
)]
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "in a program `pub` means use by other modules, and std is there"
)]

mod analysis;
mod anonymize;
mod args;
mod capture;
mod classify;
mod credentials;
mod diagnose;
mod dissector;
mod dump;
mod findings;
mod framer;
mod hex;
mod input;
mod json;
mod ladder;
mod ordered;
mod pcap;
mod pcapng;
mod print;
mod progress;
mod records;
mod report;
mod sample;
mod stream;
mod style;
#[allow(dead_code, reason = "the interface for outputs is whole, used or not")]
mod unit;
mod words;

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its packets are small"
)]
#[path = "../tests/scenarios/mod.rs"]
mod scenarios;

use std::fmt::Display;
use std::io::{self, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser;

use args::Args;
use credentials::Credentials;
use diagnose::{Options, Records, Text};
use dissector::Dissector;
use input::{Error, Input};
use json::Json;
use ordered::{Ordered, Turns};
use print::Print;
use progress::Progress;
use style::Style;
use unit::Output;

/// An input was not readable. The codes are documented in `--help`.
const UNREADABLE: u8 = 1;
/// The command line was wrong; clap exits with the same code.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            match error {
                Error::Usage(_) => ExitCode::from(USAGE),
                _ => ExitCode::from(UNREADABLE),
            }
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, Error> {
    let credentials = args.credentials().map_err(Error::Usage)?;
    let inputs = input::list(args)?;
    if let Some(path) = &args.anonymize {
        let [input] = inputs.as_slice() else {
            let error = "--anonymize takes one capture".to_owned();
            return Err(Error::Usage(error));
        };
        return input.anonymize(path).map(|()| ExitCode::SUCCESS);
    }
    if args.svg.is_some() && inputs.len() != 1 {
        return Err(Error::Usage("--svg takes one capture".to_owned()));
    }
    let results = read_all(args, &inputs, &credentials);
    let mut code = ExitCode::SUCCESS;
    for (input, result) in inputs.iter().zip(results) {
        match result {
            Ok(None) => {}
            Ok(Some(remark)) => {
                let name = input.name.as_deref().unwrap_or_default();
                complain(format_args!("{name}: {remark}"));
            }
            // The reader of the output closed it.
            Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => {
                complain(error);
                code = ExitCode::from(UNREADABLE);
            }
        }
    }
    Ok(code)
}

/// Writes a line to standard error. If its reader is gone, the exit code still tells that there was an
/// error.
fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "dissect: {what}");
}

type ReadResult = Result<Option<String>, Error>;

/// Reads the inputs in parallel. The results are in the order of the inputs, as is the output.
fn read_all(args: &Args, inputs: &[Input], credentials: &Credentials) -> Vec<ReadResult> {
    let progress = Progress::new(inputs.iter().map(Input::len).sum());
    let turns = Arc::new(Turns::default());
    let next = AtomicUsize::new(0);
    let results: Vec<_> = inputs.iter().map(|_| Mutex::new(Ok(None))).collect();
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let jobs = args.jobs.map_or(processors, usize::from);
    let wants_ladder = args.ladder || args.svg.is_some();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(inputs.len()) {
            scope.spawn(|| {
                // The inputs are taken in order, so that the input whose turn it is to write is always
                // being read.
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(input), Some(slot)) = (inputs.get(index), results.get(index)) else {
                        break;
                    };
                    let out = Ordered::new(io::stdout(), index, Arc::clone(&turns));
                    let output = output(args, out, inputs.len() > 1);
                    let mut dissector = Dissector::new(output, credentials.clone(), args.dialect);
                    let result = input.read(index, &mut dissector, &progress);
                    // What was read before an error is printed before the error.
                    let result = match (dissector.flush(), result) {
                        (Err(error), Ok(_)) => Err(Error::Output(error)),
                        (Ok(()), Ok(None)) if wants_ladder && !dissector.is_capture() => {
                            Ok(Some("a single message has no ladder diagram".to_owned()))
                        }
                        (_, result) => result,
                    };
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = result;
                }
            });
        }
    });
    progress.finish();
    results
        .into_iter()
        .map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

/// The output of one input.
fn output<'o>(args: &Args, out: impl Write + Send + 'o, named: bool) -> Box<dyn Output + 'o> {
    if args.json {
        return Box::new(Records::new(Json::new(out)));
    }
    let style = Style::of_stdout();
    Box::new(Text::new(
        Print::new(out, args.all, style),
        Options {
            packets: args.packets || args.all,
            style,
            ladder: args.ladder,
            svg: args.svg.clone(),
            named,
        },
    ))
}
