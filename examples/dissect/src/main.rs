//! Shows what STUN, TURN and ICE say in a capture, a file of one message, or hexadecimal text.
//!
//! ```text
//! dissect                                   a built-in capture
//! dissect call.pcapng --key PASSWORD
//! dissect --hex '0001 0000 2112a442 …' --json
//! ```
//!
//! From the file to the output: `pcap` gives packets; `stream` and `framer` make frames of TCP;
//! `classify` reads each as what it is, with stunwire; `dissector` hands units to `print` or `json`.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "sums of lengths of things that are in memory, and counters of 64 bits"
)]
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "a program has no outside, so `pub` is what other modules may use; and it has std"
)]

mod args;
mod capture;
mod classify;
mod credentials;
mod dissector;
mod framer;
mod hex;
mod input;
mod json;
mod pairs;
mod pcap;
mod print;
mod sample;
mod stream;
mod unit;

use std::io::{self, BufWriter};
use std::process::ExitCode;

use clap::Parser;

use args::Args;
use dissector::Dissector;
use input::{Error, Input};
use json::Json;
use print::Print;
use unit::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dissect: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Error> {
    let input = Input::open(args)?;
    let out = BufWriter::new(io::stdout().lock());
    let output: Box<dyn Output> = if args.json {
        Box::new(Json::new(out))
    } else {
        Box::new(Print::new(out, args.all))
    };
    let credentials = args.credentials().map_err(Error::Argument)?;
    let mut dissector = Dissector::new(output, credentials, args.dialect);
    let read = input.read(&mut dissector);
    // What was read before an error is shown before it is reported.
    dissector.flush().map_err(Error::Output)?;
    read
}
