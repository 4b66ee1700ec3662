//! The inputs: captures, folders, hexadecimal dumps, single messages, and the built-in sample.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use stunwire::Dialect;
use stunwire::framing::{MsFrame, MsTcp, Next};

use crate::args::Args;
use crate::dissector::Dissector;
use crate::progress::Progress;
use crate::unit::{Framing, Origin, Transport};
use crate::{anonymize, capture, classify, dump, hex, pcap, sample};

/// Maximum number of bytes that are read of an input that is not a capture: a hexadecimal dump of some
/// hundred packets.
const MAX_TEXT: u64 = 4 * 1024 * 1024;

/// Maximum depth of nested folders.
const MAX_FOLDERS: usize = 16;

/// One input, and how errors and records name it.
pub struct Input {
    pub name: Option<String>,
    source: Source,
}

enum Source {
    Sample,
    Message(Vec<u8>),
    StandardInput,
    /// A folder without files, which is no error: others may be read.
    EmptyFolder,
    File {
        path: PathBuf,
        from_folder: bool,
    },
}

/// The format of a file, by its first bytes.
enum Kind {
    Capture,
    Gzip,
    /// A format that this program does not read, and what to do.
    Foreign(&'static str),
    Unknown,
}

#[derive(Debug)]
pub enum Error {
    /// The command line is wrong.
    Usage(String),
    Empty {
        name: String,
    },
    Read {
        name: String,
        error: io::Error,
    },
    /// The file is in a known format that is not supported.
    Foreign {
        name: String,
        hint: &'static str,
    },
    NotACapture {
        name: String,
    },
    Hex {
        name: String,
        error: hex::Error,
    },
    Capture {
        name: String,
        error: pcap::Error,
    },
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => f.write_str(error),
            Self::Empty { name } => write!(f, "{name}: there is nothing to decode"),
            Self::Read { name, error } => write!(f, "{name}: {error}"),
            Self::Foreign { name, hint } => write!(f, "{name}: {hint}"),
            Self::NotACapture { name } => write!(
                f,
                "{name}: not a capture (pcap, pcapng, gzip of either), not a hexadecimal dump and \
                 not a STUN message"
            ),
            Self::Hex { name, error } => write!(f, "{name}: not a capture, and {error}"),
            Self::Capture { name, error } => write!(f, "{name}: {error}"),
            Self::Output(error) => write!(f, "writing failed: {error}"),
        }
    }
}

/// Lists the inputs of the command line. A folder means all captures in it, ordered by name.
///
/// # Errors
/// If the hexadecimal text of `--hex` is not valid, or a folder cannot be listed.
pub fn list(args: &Args) -> Result<Vec<Input>, Error> {
    if let Some(text) = &args.hex
        && text != "-"
    {
        let bytes = hex::decode(text).map_err(|error| Error::Usage(format!("--hex: {error}")))?;
        if bytes.is_empty() {
            return Err(Error::Usage("--hex: there is nothing to decode".to_owned()));
        }
        return Ok(vec![Input {
            name: None,
            source: Source::Message(bytes),
        }]);
    }
    if args.hex.is_some() {
        return Ok(vec![Input::standard_input()]);
    }
    if args.inputs.is_empty() {
        return Ok(vec![Input {
            name: None,
            source: Source::Sample,
        }]);
    }
    let mut inputs = Vec::new();
    for path in &args.inputs {
        if path.as_os_str() == "-" {
            inputs.push(Input::standard_input());
        } else if path.is_dir() {
            let before = inputs.len();
            folder(path, MAX_FOLDERS, &mut inputs)?;
            if inputs.len() == before {
                inputs.push(Input {
                    name: Some(path.display().to_string()),
                    source: Source::EmptyFolder,
                });
            }
        } else {
            inputs.push(Input::file(path.clone(), false));
        }
    }
    Ok(inputs)
}

/// Adds the files of a folder and of those in it, in the order of their names.
fn folder(path: &Path, depth: usize, inputs: &mut Vec<Input>) -> Result<(), Error> {
    let failed = |error| Error::Read {
        name: path.display().to_string(),
        error,
    };
    let entries = std::fs::read_dir(path).map_err(failed)?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth > 0 {
                folder(&path, depth - 1, inputs)?;
            }
        } else {
            inputs.push(Input::file(path, true));
        }
    }
    Ok(())
}

impl Input {
    fn standard_input() -> Self {
        Self {
            name: Some("standard input".to_owned()),
            source: Source::StandardInput,
        }
    }

    fn file(path: PathBuf, from_folder: bool) -> Self {
        Self {
            name: Some(path.display().to_string()),
            source: Source::File { path, from_folder },
        }
    }

    /// Length of the file in bytes, 0 if it is not known.
    pub fn len(&self) -> u64 {
        match &self.source {
            Source::File { path, .. } => std::fs::metadata(path).map_or(0, |file| file.len()),
            _ => 0,
        }
    }

    fn label(&self) -> String {
        self.name.clone().unwrap_or_default()
    }

    /// Decodes the input. Returns a remark about it that is not an error.
    pub fn read(
        &self,
        file: usize,
        dissector: &mut Dissector<'_>,
        progress: &Progress,
    ) -> Result<Option<String>, Error> {
        match &self.source {
            Source::Sample => self.single(file, &sample::CHECK, dissector),
            Source::Message(bytes) => self.single(file, bytes, dissector),
            Source::StandardInput => self.bytes(file, Box::new(io::stdin()), dissector),
            Source::EmptyFolder => Ok(Some("there are no files in this folder".to_owned())),
            Source::File { path, from_folder } => {
                let input = self.open(path)?;
                match self.bytes(file, Box::new(progress.count(input)), dissector) {
                    // A folder may contain files that are not captures.
                    Err(
                        Error::NotACapture { .. }
                        | Error::Foreign { .. }
                        | Error::Hex { .. }
                        | Error::Empty { .. },
                    ) if *from_folder => Ok(Some("not a capture, ignored".to_owned())),
                    result => result,
                }
            }
        }
    }

    /// Writes a copy of the capture without what identifies people and networks.
    ///
    /// # Errors
    /// If the input is not the path of a capture, or the copy cannot be written. Then there is no copy.
    pub fn anonymize(&self, target: &Path) -> Result<(), Error> {
        let Source::File { path, .. } = &self.source else {
            let error = "--anonymize needs the path of a capture".to_owned();
            return Err(Error::Usage(error));
        };
        let same = std::fs::canonicalize(target)
            .is_ok_and(|target| std::fs::canonicalize(path).is_ok_and(|path| path == target));
        if same {
            let error = "--anonymize: the copy must not replace the capture".to_owned();
            return Err(Error::Usage(error));
        }
        // The check comes before the target is created.
        let input = self.capture()?;
        let failed = |error| Error::Read {
            name: target.display().to_string(),
            error,
        };
        let file = File::create(target).map_err(failed)?;
        anonymize::copy(input, file).map_err(|error| {
            // An incomplete copy could be mistaken for a complete one. A device or a pipe is no copy.
            if std::fs::metadata(target).is_ok_and(|target| target.is_file()) {
                let _ = std::fs::remove_file(target);
            }
            match error {
                capture::Error::Capture(error) => Error::Capture {
                    name: self.label(),
                    error,
                },
                capture::Error::Output(error) => failed(error),
            }
        })
    }

    /// Opens the input as a capture, without compression.
    ///
    /// # Errors
    /// If it cannot be read or is not a capture.
    fn capture(&self) -> Result<Box<dyn Read + Send>, Error> {
        let name = self.label();
        let input: Box<dyn Read + Send> = match &self.source {
            Source::File { path, .. } => Box::new(self.open(path)?),
            Source::StandardInput => Box::new(io::stdin()),
            Source::Sample | Source::Message(_) => {
                let name = "the built-in sample".to_owned();
                return Err(Error::NotACapture { name });
            }
            Source::EmptyFolder => return Err(Error::NotACapture { name }),
        };
        let (kind, input) = self.inflated(input)?;
        match kind {
            Kind::Capture => Ok(input),
            Kind::Foreign(hint) => Err(Error::Foreign { name, hint }),
            Kind::Gzip | Kind::Unknown => Err(Error::NotACapture { name }),
        }
    }

    fn open(&self, path: &Path) -> Result<File, Error> {
        File::open(path).map_err(|error| Error::Read {
            name: self.label(),
            error,
        })
    }

    /// Tells the kind of the content, without compression if it has one.
    fn inflated(&self, input: Box<dyn Read + Send>) -> Result<(Kind, Box<dyn Read + Send>), Error> {
        let failed = |error| Error::Read {
            name: self.label(),
            error,
        };
        let (kind, input) = peek(input).map_err(failed)?;
        match kind {
            Kind::Gzip => peek(Box::new(MultiGzDecoder::new(input))).map_err(failed),
            kind => Ok((kind, input)),
        }
    }

    fn bytes(
        &self,
        file: usize,
        input: Box<dyn Read + Send>,
        dissector: &mut Dissector<'_>,
    ) -> Result<Option<String>, Error> {
        let name = self.label();
        let (kind, input) = self.inflated(input)?;
        match kind {
            Kind::Capture => self.decode_capture(file, input, dissector),
            Kind::Foreign(hint) => Err(Error::Foreign { name, hint }),
            Kind::Gzip => Err(Error::NotACapture { name }),
            Kind::Unknown => {
                let mut bytes = Vec::new();
                if let Err(error) = input.take(MAX_TEXT + 1).read_to_end(&mut bytes) {
                    return Err(Error::Read { name, error });
                }
                self.text_or_message(file, &bytes, dissector)
            }
        }
    }

    fn text_or_message(
        &self,
        file: usize,
        bytes: &[u8],
        dissector: &mut Dissector<'_>,
    ) -> Result<Option<String>, Error> {
        let name = self.label();
        if bytes.is_empty() {
            return Err(Error::Empty { name });
        }
        if bytes.len() as u64 > MAX_TEXT {
            return Err(Error::NotACapture { name });
        }
        if is_message(bytes) {
            return self.single(file, bytes, dissector);
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Error::NotACapture { name });
        };
        if let Some(packets) = dump::parse(text) {
            return match dump::capture(&packets) {
                Some(capture) => {
                    self.decode_capture(file, Box::new(Cursor::new(capture)), dissector)
                }
                None => {
                    self.begin(file, dissector)?;
                    for packet in &packets {
                        message(file, packet, dissector).map_err(Error::Output)?;
                    }
                    Ok(None)
                }
            };
        }
        match hex::decode(text) {
            Ok(bytes) if bytes.is_empty() => Err(Error::Empty { name }),
            Ok(bytes) => self.single(file, &bytes, dissector),
            Err(_) if !looks_hexadecimal(text) => Err(Error::NotACapture { name }),
            Err(error) => Err(Error::Hex { name, error }),
        }
    }

    fn decode_capture(
        &self,
        file: usize,
        input: Box<dyn Read + Send>,
        dissector: &mut Dissector<'_>,
    ) -> Result<Option<String>, Error> {
        self.begin(file, dissector)?;
        match capture::read(file, input, dissector) {
            Ok(summary) if summary.file_is_truncated => Ok(Some(
                "the capture ends in the middle of a packet".to_owned(),
            )),
            Ok(_) => Ok(None),
            Err(capture::Error::Capture(error)) => Err(Error::Capture {
                name: self.label(),
                error,
            }),
            Err(capture::Error::Output(error)) => Err(Error::Output(error)),
        }
    }

    fn single(
        &self,
        file: usize,
        bytes: &[u8],
        dissector: &mut Dissector<'_>,
    ) -> Result<Option<String>, Error> {
        self.begin(file, dissector)?;
        message(file, bytes, dissector).map_err(Error::Output)?;
        Ok(None)
    }

    fn begin(&self, file: usize, dissector: &mut Dissector<'_>) -> Result<(), Error> {
        dissector
            .start(file, self.name.as_deref())
            .map_err(Error::Output)
    }
}

/// Reads the first bytes and puts them back.
fn peek(mut input: Box<dyn Read + Send>) -> io::Result<(Kind, Box<dyn Read + Send>)> {
    let mut start = Vec::new();
    input.by_ref().take(8).read_to_end(&mut start)?;
    let kind = kind(&start);
    Ok((kind, Box::new(Cursor::new(start).chain(input))))
}

/// The formats of files by their first bytes.
fn kind(start: &[u8]) -> Kind {
    match start {
        // pcap in both byte orders, with microseconds or nanoseconds; pcapng.
        [0xA1, 0xB2, 0xC3, 0xD4, ..]
        | [0xD4, 0xC3, 0xB2, 0xA1, ..]
        | [0xA1, 0xB2, 0x3C, 0x4D, ..]
        | [0x4D, 0x3C, 0xB2, 0xA1, ..]
        | [0x0A, 0x0D, 0x0D, 0x0A, ..] => Kind::Capture,
        [0x1F, 0x8B, ..] => Kind::Gzip,
        [b's', b'n', b'o', b'o', b'p', 0, ..] => {
            Kind::Foreign("a snoop capture; convert it with `editcap -F pcapng`")
        }
        // The variant of pcap with more fields in each record.
        [0xA1, 0xB2, 0xCD, 0x34, ..] | [0x34, 0xCD, 0xB2, 0xA1, ..] => {
            Kind::Foreign("a modified pcap capture; convert it with `editcap -F pcapng`")
        }
        [b'G', b'M', b'B', b'U', ..] => {
            Kind::Foreign("a Network Monitor capture; convert it with `editcap -F pcapng`")
        }
        [b'R', b'T', b'S', b'S', ..] => {
            Kind::Foreign("a Network Monitor capture; convert it with `editcap -F pcapng`")
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Kind::Foreign("compressed with zstd; decompress it first"),
        [0xFD, b'7', b'z', b'X', b'Z', ..] => {
            Kind::Foreign("compressed with xz; decompress it first")
        }
        [b'B', b'Z', b'h', ..] => Kind::Foreign("compressed with bzip2; decompress it first"),
        [b'P', b'K', 3, 4, ..] => Kind::Foreign("a zip archive; unpack it first"),
        _ => Kind::Unknown,
    }
}

/// Whether the text is hexadecimal, apart from a few mistakes.
fn looks_hexadecimal(text: &str) -> bool {
    let (mut digits, mut others) = (0_usize, 0);
    for character in text.chars().filter(|c| !c.is_whitespace()) {
        if character.is_ascii_hexdigit() || matches!(character, ':' | 'x') {
            digits += 1;
        } else {
            others += 1;
        }
    }
    digits > 4 * others
}

/// Whether the bytes start with a message, with or without the framing that [`message`] removes.
pub fn is_message(bytes: &[u8]) -> bool {
    let at = |start: usize| {
        let bytes = bytes.get(start..).unwrap_or_default();
        classify::claims_stun(bytes) || Dialect::detect(bytes).is_some()
    };
    let classic = || {
        Dialect::RFC3489
            .parse(bytes)
            .is_ok_and(|message| message.method().name().is_some())
    };
    [0, 2, 4, 12].into_iter().any(at) || classic()
}

/// Decodes one message, alone or after an RFC 4571 length or the header of MS-TURN's frames.
fn message(file: usize, bytes: &[u8], dissector: &mut Dissector<'_>) -> io::Result<()> {
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
    let origin = Origin {
        file,
        frame: 1,
        time: None,
        elapsed: None,
        endpoints: None,
        // Framing exists on streams only; without one the transport is not known.
        transport: if framing == Framing::None {
            Transport::Udp
        } else {
            Transport::Tcp
        },
        framing,
        stream_offset: None,
        carrier: None,
        icmp: None,
        truncated: false,
    };
    dissector.message(origin, packet)
}
