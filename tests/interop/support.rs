//! Helpers of several tests: processes with a time limit, servers, free ports, folders.
//!
//! Every wait has a time limit, and only the start of a server is retried.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use stunwire::{Class, Header, Message, MessageWriter, Method, TransactionId};

/// The time within which a server must answer.
const START: Duration = Duration::from_secs(30);
/// The number of attempts to start a server, each on another port.
const STARTS: usize = 3;

/// Runs a program to its end, or panics after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Output {
    let program = command.get_program().to_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program:?}: {error}"));
    // The pipes are read while the program runs, because a full pipe would block it.
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = thread::spawn(move || {
        let mut text = Vec::new();
        out.read_to_end(&mut text).map(|_| text)
    });
    let err = thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).map(|_| text)
    });
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            panic!(
                "{program:?} still runs after {limit:?}\n{}{}",
                String::from_utf8_lossy(&out.join().unwrap().unwrap()),
                String::from_utf8_lossy(&err.join().unwrap().unwrap())
            );
        }
        thread::sleep(Duration::from_millis(5));
    };
    Output {
        status,
        stdout: out.join().unwrap().unwrap(),
        stderr: err.join().unwrap().unwrap(),
    }
}

/// The text that a program printed on both outputs.
pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A temporary folder, which is removed on drop.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stunwire-{}-{count}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port that is free for UDP and TCP on all of these addresses.
///
/// No two calls return the same port, and no system assigns these ports to a client: a server that is
/// about to bind the port does not lose it to another test.
pub fn free_port(on: &[IpAddr]) -> u16 {
    const FIRST: u32 = 10_240;
    const COUNT: u32 = 6_144;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        let index = NEXT.fetch_add(1, Ordering::Relaxed);
        // Concurrent runs begin at different ports.
        let offset = std::process::id().wrapping_mul(64).wrapping_add(index) % COUNT;
        let port = (FIRST + offset) as u16;
        let is_free = |ip: &IpAddr| {
            UdpSocket::bind((*ip, port)).is_ok() && TcpListener::bind((*ip, port)).is_ok()
        };
        if on.iter().all(is_free) {
            return port;
        }
    }
    panic!("no port is free on {on:?}");
}

/// 127.0.0.1 and 127.0.0.2.
pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const LOOPBACK_2: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A program that serves until this is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    _folder: Folder,
}

impl Server {
    /// Starts the program of `command`, which gets a temporary folder, and waits until `is_ready`. `command` is
    /// called for each attempt, so that it can choose other ports; it returns them beside the command.
    pub fn start<T>(
        mut command: impl FnMut(&Folder) -> (Command, T),
        is_ready: impl Fn(&T) -> bool,
    ) -> (Self, T) {
        let mut told = String::new();
        for _ in 0..STARTS {
            let folder = Folder::new();
            let log = folder.file("log");
            let file = File::create(&log).unwrap();
            let (mut command, details) = command(&folder);
            let child = command
                .stdin(Stdio::null())
                .stdout(file.try_clone().unwrap())
                .stderr(file)
                .spawn()
                .unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program()));
            let mut server = Self {
                child,
                log,
                _folder: folder,
            };
            let begin = Instant::now();
            while begin.elapsed() < START && server.child.try_wait().unwrap().is_none() {
                if is_ready(&details) {
                    return (server, details);
                }
                thread::sleep(Duration::from_millis(20));
            }
            told = server.log();
        }
        panic!("the server does not come up:\n{told}");
    }

    /// The output of the server so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// Whether a STUN server answers at this address over UDP.
pub fn answers(server: SocketAddr) -> bool {
    let ask = || -> io::Result<bool> {
        let socket = UdpSocket::bind((loopback_of(server.ip()), 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        let mut buffer = [0; 512];
        let header = Header::request(Method::BINDING, TransactionId::new(*b"are you up? "));
        let request = MessageWriter::new(&mut buffer, header).unwrap();
        socket.send(request.finish().unwrap())?;
        let n = socket.recv(&mut buffer)?;
        Ok(Message::parse(&buffer[..n]).is_ok_and(|m| m.class() == Class::SuccessResponse))
    };
    ask().unwrap_or(false)
}

/// The loopback address of the same family, for a client's socket.
pub fn loopback_of(of: IpAddr) -> IpAddr {
    match of {
        IpAddr::V4(_) => LOOPBACK,
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
    }
}

/// The value that an example prints after this name, or an empty text.
pub fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find(|line| line.starts_with(name));
    line.map_or("", |line| line[name.len()..].trim())
}

/// The example `turn_udp` has got every packet of both peers back, and released its allocation.
#[track_caller]
pub fn assert_turn_udp(output: &Output) {
    let said = text(output);
    assert!(output.status.success(), "{said}");
    let carried = "60 packets, 36001 bytes each way, all equal";
    assert_eq!(field(&said, "Send and Data"), carried, "{said}");
    assert_eq!(field(&said, "ChannelData"), carried, "{said}");
    assert_eq!(field(&said, "released"), "yes", "{said}");
}

/// Waits until a condition is true; panics after `limit`.
#[track_caller]
pub fn within(limit: Duration, mut is_true: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_true() {
        assert!(begin.elapsed() < limit, "not within {limit:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
