//! What the tests share: processes with a time limit, servers, free ports, folders.
//!
//! Everything is bounded in time, and only the start of a server is ever tried again.

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

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(30);
/// How often another port is tried, where a server does not come up on the first.
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
    // Its pipes are read while it runs: a full one would stop it.
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

/// What a program printed on both outputs.
pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A folder of the test's own, gone when it ends.
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
        // Two runs at a time begin at different ports.
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
    /// Starts what `command` makes, given a folder of its own, until `is_ready`. It is made anew for
    /// each try, so that it can take other ports; what it gives beside the command says which.
    pub fn start<T>(
        mut command: impl FnMut(&Folder) -> (Command, T),
        is_ready: impl Fn(&T) -> bool,
    ) -> (Self, T) {
        let mut told = String::new();
        for _ in 0..STARTS {
            let folder = Folder::new();
            let log = folder.file("log");
            let file = File::create(&log).unwrap();
            let (mut command, place) = command(&folder);
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
                if is_ready(&place) {
                    return (server, place);
                }
                thread::sleep(Duration::from_millis(20));
            }
            told = server.log();
        }
        panic!("the server does not come up:\n{told}");
    }

    /// What it has printed.
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

/// What the examples print behind this name, or nothing.
pub fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let line = text.lines().find(|line| line.starts_with(name));
    line.map_or("", |line| line[name.len()..].trim())
}

/// Waits until something is true, which happens a moment after what the caller has seen.
#[track_caller]
pub fn within(limit: Duration, mut is_true: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_true() {
        assert!(begin.elapsed() < limit, "not within {limit:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
