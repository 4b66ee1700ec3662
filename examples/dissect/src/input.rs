//! What there is to read: a capture, one message as bytes or as text, or the built-in sample.

use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressStyle};
use stunwire::Dialect;
use stunwire::framing::{MsFrame, MsTcp, Next};

use crate::args::Args;
use crate::dissector::Dissector;
use crate::unit::{Framing, Place, Transport};
use crate::{capture, classify, hex, pcap, sample};

/// The most that is read of what is not a capture. A message is at most 65,555 bytes long, and one
/// in hexadecimal with a separator after each digit some three times as much.
const MOST_BYTES: u64 = 1024 * 1024;

/// From this size on a file takes long enough to show how far it is read.
const LARGE: u64 = 64 * 1024 * 1024;

/// The first bytes of a pcap file in either byte order, with microseconds and nanoseconds, and of a
/// pcapng file.
const CAPTURES: [[u8; 4]; 5] = [
    [0xA1, 0xB2, 0xC3, 0xD4],
    [0xD4, 0xC3, 0xB2, 0xA1],
    [0xA1, 0xB2, 0x3C, 0x4D],
    [0x4D, 0x3C, 0xB2, 0xA1],
    [0x0A, 0x0D, 0x0D, 0x0A],
];

pub enum Input {
    Message(Vec<u8>),
    Capture {
        name: String,
        input: Box<dyn Read + Send>,
    },
}

#[derive(Debug)]
pub enum Error {
    Argument(String),
    Hex(hex::Error),
    Empty,
    Read { name: String, error: io::Error },
    TooLong { name: String },
    Capture { name: String, error: pcap::Error },
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(error) => f.write_str(error),
            Self::Hex(error) => write!(f, "bad hexadecimal text: {error}"),
            Self::Empty => f.write_str("there is nothing to decode"),
            Self::Read { name, error } => write!(f, "{name}: {error}"),
            Self::TooLong { name } => write!(
                f,
                "{name}: neither a pcap nor a pcapng capture, and too long for one message"
            ),
            Self::Capture { name, error } => write!(f, "{name}: {error}"),
            Self::Output(error) => write!(f, "writing failed: {error}"),
        }
    }
}

/// A bar on standard error for a large file. It is hidden where nobody sees it, and where it would
/// stand among the output.
fn progress(file: &File) -> ProgressBar {
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    if len < LARGE || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(len);
    match ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Input {
    pub fn open(args: &Args) -> Result<Self, Error> {
        match (&args.hex, &args.input) {
            (Some(text), _) if text != "-" => Self::text(text),
            (None, None) => Ok(Self::Message(sample::CHECK.to_vec())),
            (None, Some(path)) if path.as_os_str() != "-" => {
                let name = path.display().to_string();
                match File::open(path) {
                    Ok(file) => {
                        let progress = progress(&file);
                        Self::bytes(name, progress.wrap_read(file))
                    }
                    Err(error) => Err(Error::Read { name, error }),
                }
            }
            _ => Self::standard_input(),
        }
    }

    pub fn read(self, dissector: &mut Dissector<'_>) -> Result<(), Error> {
        match self {
            Self::Message(bytes) => message(&bytes, dissector).map_err(Error::Output),
            Self::Capture { name, input } => match capture::read(input, dissector) {
                Ok(summary) => {
                    if summary.cut_short {
                        eprintln!("dissect: {name}: the capture ends in the middle of a packet");
                    }
                    Ok(())
                }
                Err(capture::Error::Capture(error)) => Err(Error::Capture { name, error }),
                Err(capture::Error::Output(error)) => Err(Error::Output(error)),
            },
        }
    }

    fn text(text: &str) -> Result<Self, Error> {
        match hex::decode(text) {
            Ok(bytes) if bytes.is_empty() => Err(Error::Empty),
            Ok(bytes) => Ok(Self::Message(bytes)),
            Err(error) => Err(Error::Hex(error)),
        }
    }

    fn standard_input() -> Result<Self, Error> {
        match Self::bytes("standard input".to_owned(), io::stdin())? {
            Self::Message(text) => Self::text(&String::from_utf8_lossy(&text)),
            capture => Ok(capture),
        }
    }

    /// A capture if the first bytes say so, and a message if not.
    fn bytes(name: String, mut input: impl Read + Send + 'static) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        if let Err(error) = input.by_ref().take(4).read_to_end(&mut bytes) {
            return Err(Error::Read { name, error });
        }
        if CAPTURES.iter().any(|magic| magic == bytes.as_slice()) {
            let input = Box::new(io::Cursor::new(bytes).chain(input));
            return Ok(Self::Capture { name, input });
        }
        match input.take(MOST_BYTES).read_to_end(&mut bytes) {
            Ok(_) if bytes.is_empty() => Err(Error::Empty),
            Ok(_) if bytes.len() as u64 > MOST_BYTES => Err(Error::TooLong { name }),
            Ok(_) => Ok(Self::Message(bytes)),
            Err(error) => Err(Error::Read { name, error }),
        }
    }
}

/// Shows one message, alone or behind an RFC 4571 length or the head of MS-TURN's frames.
fn message(bytes: &[u8], dissector: &mut Dissector<'_>) -> io::Result<()> {
    let packet = bytes.get(2..).unwrap_or_default();
    let framed = !classify::claims_stun(bytes) && classify::claims_stun(packet);
    let (framing, packet) = match MsTcp::new().next(bytes) {
        Ok(Next::Frame {
            frame: MsFrame::Control(packet),
            consumed,
        }) if consumed == bytes.len()
            && Dialect::detect(packet).is_some_and(classify::is_ms_turn) =>
        {
            (Framing::MsControl, packet)
        }
        _ if framed => (Framing::Rfc4571, packet),
        _ => (Framing::None, bytes),
    };
    let place = Place {
        frame: 1,
        time: None,
        path: None,
        // The prefix exists on streams alone; without one, nothing tells.
        transport: if framed {
            Transport::Tcp
        } else {
            Transport::Udp
        },
        framing,
        stream_offset: None,
        inside: None,
    };
    dissector.message(place, packet)
}
