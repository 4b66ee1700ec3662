//! Running the program, and captures built by hand.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program with arguments.
pub fn dissect(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissect"));
    command.args(arguments);
    command
}

pub fn run(arguments: &[&str]) -> Output {
    dissect(arguments).output().unwrap()
}

pub fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = dissect(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The output of a run that succeeded without a remark.
pub fn text(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The JSON records of the packets, of a run that succeeded.
pub fn lines(output: &Output) -> Vec<Value> {
    text(output);
    of_kind(output, "packet")
}

/// The JSON records of one kind, whatever else the run said.
pub fn of_kind(output: &Output, kind: &str) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
    records
        .filter(|record: &Value| record["kind"] == kind)
        .collect()
}

/// The records of a capture.
pub fn records(capture: &Capture) -> Vec<Value> {
    records_with(capture, &[])
}

/// The records of a capture, with more arguments.
pub fn records_with(capture: &Capture, arguments: &[&str]) -> Vec<Value> {
    let file = capture.file();
    lines(&run(&[&["--json", file.path()], arguments].concat()))
}

/// The error message of a run that failed with this code.
pub fn complaint(output: &Output, code: i32) -> String {
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    errors
}

/// The bytes of a text of hexadecimal digits; white space is skipped.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The named keys of each record.
pub fn table(records: &[Value], keys: &[&str]) -> Vec<Value> {
    records
        .iter()
        .map(|record| keys.iter().map(|&key| record[key].clone()).collect())
        .collect()
}

/// A file or folder in the temporary directory that is removed at the end of a test.
pub struct File(PathBuf);

impl File {
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let file = Self(Self::unique(name));
        std::fs::write(&file.0, bytes).unwrap();
        file
    }

    /// A folder with these files.
    pub fn folder(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(Self::unique("folder"));
        for (name, bytes) in files {
            let path = folder.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder
    }

    /// A path at which there is no file yet.
    pub fn missing(name: &str) -> Self {
        Self(Self::unique(name))
    }

    fn unique(name: &str) -> PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("dissect-{}-{number}-{name}", std::process::id());
        std::env::temp_dir().join(name)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Port of the client, whose address is 192.0.2.1.
pub const CLIENT: u16 = 40_000;
/// Port of the server, whose address is 192.0.2.2.
pub const SERVER: u16 = 3478;

/// When captures begin: seconds since the Unix epoch.
pub const START: u32 = 1_700_000_000;

/// A classic pcap file, big-endian, with one packet per second.
#[derive(Clone)]
pub struct Capture {
    pub bytes: Vec<u8>,
    seconds: u32,
    snap: usize,
}

impl Capture {
    /// Packets that start with IPv4.
    pub fn new() -> Self {
        Self::of_link(101)
    }

    pub fn of_link(link: u32) -> Self {
        let header = [0xA1B2_C3D4, 0x0002_0004, 0, 0, 65_535, link];
        Self {
            bytes: header.into_iter().flat_map(u32::to_be_bytes).collect(),
            seconds: START,
            snap: usize::MAX,
        }
    }

    /// Keeps as many bytes of each packet, of raw IP.
    pub fn snap(&mut self, length: usize) -> &mut Self {
        self.snap = length;
        self
    }

    /// Appends a packet of the link type.
    pub fn raw(&mut self, packet: &[u8]) -> &mut Self {
        let captured = &packet[..packet.len().min(self.snap)];
        for number in [self.seconds, 0, captured.len() as u32, packet.len() as u32] {
            self.bytes.extend(number.to_be_bytes());
        }
        self.bytes.extend(captured);
        self.seconds += 1;
        self
    }

    /// Appends a datagram; the client has every port but the server's.
    pub fn udp(&mut self, from: u16, to: u16, payload: &[u8]) -> &mut Self {
        self.raw(&udp(from, to, payload))
    }

    /// Appends a segment from the client to port 9 of the server.
    pub fn tcp(&mut self, sequence: u32, payload: &[u8]) -> &mut Self {
        self.segment(CLIENT, 9, sequence, payload)
    }

    pub fn segment(&mut self, from: u16, to: u16, sequence: u32, payload: &[u8]) -> &mut Self {
        self.raw(&tcp(from, to, sequence, 0x18, payload))
    }

    pub fn file(&self) -> File {
        File::new("capture", &self.bytes)
    }
}

/// An IPv4 packet between client and server.
pub fn ipv4(protocol: u8, from_client: bool, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = if from_client { (1, 2) } else { (2, 1) };
    let [high, low] = ((20 + payload.len()) as u16).to_be_bytes();
    let header = [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
    let addresses = [192, 0, 2, source, 192, 0, 2, destination];
    [&header[..], &addresses, payload].concat()
}

pub fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let numbers = [from, to, 8 + payload.len() as u16, 0];
    let header: Vec<u8> = numbers.into_iter().flat_map(u16::to_be_bytes).collect();
    ipv4(17, from != SERVER, &[&header[..], payload].concat())
}

pub fn tcp(from: u16, to: u16, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let ports = [from.to_be_bytes(), to.to_be_bytes()].concat();
    let rest = [0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0];
    let header = [&ports[..], &sequence.to_be_bytes(), &rest].concat();
    ipv4(6, from != SERVER, &[&header[..], payload].concat())
}
