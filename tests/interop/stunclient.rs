//! The STUN server with these clients: coturn's `turnutils_stunclient` and `turnutils_natdiscovery` (RFC 8489
//! and RFC 5780; Debian: coturn), and Vovida's `stun` (RFC 3489; Debian: stun-client).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::harness::tests;
use crate::own::stun_server;
use crate::programs::{IPV6, STUN, TURNUTILS_NATDISCOVERY, TURNUTILS_STUNCLIENT, own};
use crate::support::{LOOPBACK, Server, answers, field, free_port, run, text};

tests! {
    [TURNUTILS_STUNCLIENT] => [turnutils_stunclient],
    [TURNUTILS_NATDISCOVERY] => [turnutils_natdiscovery],
    [STUN] => [vovida_stun],
    [] => [stun_server_streams],
    [IPV6] => [ipv4_client_of_a_dual_stack_socket],
}

const LIMIT: Duration = Duration::from_secs(30);

fn turnutils_stunclient() {
    let (_server, [first, second]) = stun_server();
    let mut command = Command::new("turnutils_stunclient");
    command.args([
        "-f",
        "-L",
        "127.0.0.1",
        "-p",
        &first.port().to_string(),
        "127.0.0.1",
    ]);
    let output = run(&mut command, LIMIT);
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    // From the server's address, from its other addresses, and to another port of the client (RESPONSE-PORT).
    assert_eq!(told.matches("RFC 5780 response").count(), 3, "{told}");
    assert!(
        told.contains(&format!("Response origin: : {first}")),
        "{told}"
    );
    assert!(
        told.contains(&format!("Response origin: : {second}")),
        "{told}"
    );
    assert!(told.contains(&format!("Other addr: : {second}")), "{told}");
    assert_eq!(
        told.matches("UDP reflexive addr: 127.0.0.1:").count(),
        3,
        "{told}"
    );
    println!("turnutils_stunclient: 3 requests, 3 responses from {first} and {second}");
}

fn turnutils_natdiscovery() {
    let (_server, [first, second]) = stun_server();
    // Mapping, filtering and collision, each request and response with PADDING.
    let mut command = Command::new("turnutils_natdiscovery");
    command
        .args(["-m", "-f", "-c", "-P", "-L", "127.0.0.1", "-A", "127.0.0.1"])
        .args(["-p", &first.port().to_string(), "127.0.0.1"]);
    let output = run(&mut command, LIMIT);
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    let answers = told.matches("No ALG: Mapped == XOR-Mapped").count();
    assert!(answers >= 5, "{told}");
    assert!(
        told.contains("NAT with Endpoint Independent Filtering!"),
        "{told}"
    );
    assert!(told.contains(&format!("Other addr: : {second}")), "{told}");
    println!("turnutils_natdiscovery: {answers} responses with PADDING, behavior discovered");
}

fn vovida_stun() {
    let (_server, [first, second]) = stun_server();
    let output = run(Command::new("stun").args([&first.to_string(), "-v"]), LIMIT);
    let told = text(&output);
    for expected in [
        "test I = 1",
        "test II = 1",
        "test III = 1",
        "test I(2) = 1",
        "mapped IP same = 1",
        "Primary: Open",
        // Test II requests another IP, and test III another port.
        &format!("SourceAddress = {}:{}", second.ip(), first.port()),
        &format!("SourceAddress = {}:{}", first.ip(), second.port()),
        &format!("ChangedAddress = {second}"),
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    // The exit status means "open".
    let answers = told.matches("Received message of type 257").count();
    println!(
        "vovida_stun: {answers} classic responses, the path is {:?}",
        "Open"
    );
}

/// STUN over TCP, for which Debian has no client: requests as in RFC 8489 and RFC 4571, written by hand, arrive
/// byte by byte, and then two at once.
fn stun_server_streams() {
    const REQUEST: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    let (_server, [first, _]) = stun_server();
    let mut answers = 0;
    for prefix in [&b""[..], &[0, 20]] {
        let mut stream = TcpStream::connect(first).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let SocketAddr::V4(us) = stream.local_addr().unwrap() else {
            panic!("127.0.0.1 is an IPv4 address");
        };
        // XOR-MAPPED-ADDRESS, RFC 8489 §14.2.
        let mut mapped = vec![0x00, 0x20, 0, 8, 0, 1];
        mapped.extend((us.port() ^ 0x2112).to_be_bytes());
        mapped.extend((u32::from(*us.ip()) ^ 0x2112_A442).to_be_bytes());

        let request = [prefix, REQUEST].concat();
        for byte in &request {
            stream.write_all(&[*byte]).unwrap();
        }
        stream.write_all(&request.repeat(2)).unwrap();
        for _ in 0..3 {
            let mut received = vec![0; prefix.len() + 20];
            stream.read_exact(&mut received).unwrap();
            let (length, header) = received.split_at(prefix.len());
            assert_eq!(header[..2], [0x01, 0x01]);
            assert_eq!(header[4..], REQUEST[4..]);
            let body_len = u16::from_be_bytes([header[2], header[3]]);
            if !prefix.is_empty() {
                assert_eq!(length, (body_len + 20).to_be_bytes());
            }
            let mut body = vec![0; body_len.into()];
            stream.read_exact(&mut body).unwrap();
            assert!(
                body.windows(12).any(|window| window == mapped),
                "{body:02x?}"
            );
            answers += 1;
        }
    }
    println!("stun_server_streams: {answers} answers, with and without length prefixes");
}

/// Servers that listen on `[::]` answer an IPv4 client with its IPv4 address: such a socket returns it inside an IPv6
/// address.
fn ipv4_client_of_a_dual_stack_socket() {
    for (server, server_options, client, client_options) in [
        ("stun_server", "", "stun_client", ""),
        (
            "turn_server",
            "--user a:b --allow-any-address --relay 127.0.0.1 --listen",
            "turn_status",
            "--user a --password b",
        ),
    ] {
        let start = |_: &_| {
            let port = free_port(&[LOOPBACK]);
            let mut command = own(server);
            command
                .args(server_options.split_whitespace())
                .arg(format!("[::]:{port}"));
            (command, SocketAddr::new(LOOPBACK, port))
        };
        let (_server, address) = Server::start(start, |address| answers(*address));
        let mut command = own(client);
        command
            .arg(address.to_string())
            .args(client_options.split_whitespace());
        let told = text(&run(&mut command, LIMIT));
        let mapped: SocketAddr = field(&told, "mapped address").parse().expect(&told);
        assert_eq!(mapped.ip(), LOOPBACK, "{told}");
    }
}
