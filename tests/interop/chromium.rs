//! The TURN server with Chromium as client (Debian: chromium): two peer connections of one page that may use
//! only their relayed candidates exchange 1 MB in each direction over a data channel.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stunwire::attribute::AnyAttribute;
use stunwire::{Class, FingerprintStatus, Message, Method};

use crate::harness::tests;
use crate::own::{PASSWORD, Turn, USER};
use crate::programs::{CHROMIUM, IPV6, TSHARK};
use crate::support::Folder;
use crate::tap::Tap;
use crate::tshark;

tests! {
    [CHROMIUM, TSHARK, IPV6] => [
        udp,
        tcp,
    ],
}

/// The time within which the browser must request the page, and the number of attempts to start it.
const START: Duration = Duration::from_secs(30);
const STARTS: usize = 3;
/// The time within which the page must report its result.
const LIMIT: Duration = Duration::from_secs(60);

struct Browser {
    child: Child,
    _profile: Folder,
}

impl Browser {
    fn start(url: &str) -> Self {
        let profile = Folder::new();
        let mut folder = std::ffi::OsString::from("--user-data-dir=");
        folder.push(profile.file("profile"));
        let child = Command::new("chromium")
            .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--no-first-run"])
            .arg("--allow-loopback-in-peer-connection")
            // The browser must not send requests to other hosts.
            .args(["--no-proxy-server", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync"])
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(folder)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            _profile: profile,
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves the page, and returns the result that it posts. Only a browser that never requests the page is started
/// again.
fn result_of_page(query: &str) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/?{query}", listener.local_addr().unwrap());
    for _ in 0..STARTS {
        let _browser = Browser::start(&url);
        let mut wait_until = Instant::now() + START;
        let mut is_served = false;
        while Instant::now() < wait_until {
            let Ok((stream, _)) = listener.accept() else {
                thread::sleep(Duration::from_millis(10));
                continue;
            };
            match answer(stream) {
                Asked::Page if !is_served => {
                    is_served = true;
                    wait_until = Instant::now() + LIMIT;
                }
                Asked::Result(result) => return result,
                _ => {}
            }
        }
        assert!(!is_served, "the page did not report within {LIMIT:?}");
    }
    panic!("{STARTS} browsers did not ask for the page");
}

enum Asked {
    Page,
    Result(Value),
    Other,
}

/// Answers one request of HTTP/1.1 and closes.
fn answer(stream: TcpStream) -> Asked {
    let ask = || -> std::io::Result<Asked> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut reader = BufReader::new(&stream);
        let mut request = String::new();
        reader.read_line(&mut request)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let (status, body, asked) = if request.starts_with("GET /?") {
            ("200 OK", include_str!("chromium.html"), Asked::Page)
        } else if request.starts_with("POST /result ") {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let result = serde_json::from_slice(&body).unwrap();
            ("200 OK", "", Asked::Result(result))
        } else {
            ("404 Not Found", "", Asked::Other)
        };
        let header = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        (&stream).write_all(header.as_bytes())?;
        (&stream).write_all(body.as_bytes())?;
        Ok(asked)
    };
    // A connection that the browser opens and does not use is not a request.
    ask().unwrap_or(Asked::Other)
}

/// The messages that Chromium has sent, from the server's trace.
#[derive(Default)]
struct Said {
    /// The number of messages of each type, to the server and through it.
    messages: BTreeMap<String, usize>,
    /// The number of attributes of each type.
    attributes: BTreeMap<String, usize>,
    /// The number of attributes without a type in this crate, with the first value of each.
    unknown: BTreeMap<u16, (usize, String)>,
}

impl Said {
    /// Reads each traced message of a client and each relayed one. A message that cannot be read fails the test.
    fn read(log: &str) -> Self {
        let mut said = Self::default();
        for line in log.lines().filter(|line| line.contains(" > ")) {
            let (way, hex) = line.rsplit_once(' ').unwrap();
            let packet: Vec<u8> = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            let message = Message::parse(&packet).unwrap_or_else(|error| panic!("{error}: {hex}"));
            let receiver = if way.starts_with("client ") {
                "server"
            } else {
                "peer"
            };
            let count = said
                .messages
                .entry(format!("{} to the {receiver}", message.message_type()))
                .or_default();
            *count += 1;
            if receiver == "peer" {
                assert_eq!(message.fingerprint(), FingerprintStatus::Valid, "{hex}");
            }
            for attribute in message.all_attributes() {
                *said
                    .attributes
                    .entry(attribute.ty().to_string())
                    .or_default() += 1;
                match attribute.to_any() {
                    Ok(AnyAttribute::Unknown(raw)) => {
                        let value = format!("{raw:#}");
                        let entry = said.unknown.entry(raw.ty().as_u16()).or_insert((0, value));
                        entry.0 += 1;
                    }
                    Ok(_) => {}
                    Err(error) => panic!("{error}: {hex}"),
                }
            }
            // A Send indication carries another message, or a record of DTLS.
            if message.class() == Class::Indication {
                assert_eq!(message.method(), Method::SEND);
            }
        }
        said
    }
}

fn exchange_data(name: &str, transport: &str) {
    let server = Turn::start(&["--trace"]);
    let password = PASSWORD.replace(' ', "+");
    let tap = Tap::new(server.at("127.0.0.1"));
    let port = tap.address().port();
    let result = result_of_page(&format!(
        "port={port}&transport={transport}&user={USER}&password={password}"
    ));
    let mega = 1024 * 1024;
    assert_eq!(result.get("error"), None, "{}", server.log());
    assert_eq!(result["received"], json!([mega, mega]));
    let way = format!("relay over {transport} to relay");
    assert_eq!(result["pairs"], json!([way, way]));

    let figures = server.figures(2);
    assert!(figures.to_peers.1 > 2 * mega, "{figures}");
    let said = Said::read(&server.log());
    println!("{name}: 1 MB each way, {way}; {figures}");
    for (message, count) in &said.messages {
        println!("{name}: {count:>4} {message}");
    }
    let attributes: Vec<_> = said
        .attributes
        .iter()
        .map(|(ty, count)| format!("{ty} {count}"))
        .collect();
    println!("{name}: {}", attributes.join(", "));
    println!(
        "{name}: {} types of attributes without a type here",
        said.unknown.len()
    );
    for (count, value) in said.unknown.values() {
        println!("{name}: {count:>4} {value}");
    }
    tshark::agree_on_at_least(name, &tap, 1000);
    for expected in [
        "Allocate Request to the server",
        "CreatePermission Request to the server",
        "ChannelBind Request to the server",
        "Binding Request to the peer",
        "Binding Success Response to the peer",
    ] {
        assert!(said.messages.contains_key(expected), "{expected}");
    }
}

fn udp() {
    exchange_data("chromium_udp", "udp");
}

fn tcp() {
    exchange_data("chromium_tcp", "tcp");
}
