//! Clients against Vovida's `stund`, a server of RFC 3489 (Debian: stun-server).

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use stunwire::attribute::{ChangeRequest, ChangedAddress, MappedAddress, SourceAddress};
use stunwire::{Dialect, Header, MessageWriter, Method, TransactionId};

use crate::harness::tests;
use crate::programs::{STUND, TSHARK, own};
use crate::support::{LOOPBACK, LOOPBACK_2, Server, answers, field, free_port, run, text};
use crate::tap::Tap;
use crate::tshark;

tests! {
    [STUND, TSHARK] => [stun_client],
    [STUND] => [change_request],
}

const LIMIT: Duration = Duration::from_secs(60);

/// A server on 127.0.0.1 and 127.0.0.2, at these two ports.
fn stund() -> (Server, [u16; 2]) {
    Server::start(
        |_| {
            let ips = [LOOPBACK, LOOPBACK_2];
            let ports = [free_port(&ips), free_port(&ips)];
            let mut command = Command::new("stund");
            command
                .args(["-h", "127.0.0.1", "-a", "127.0.0.2"])
                .args(["-p", &ports[0].to_string()])
                .args(["-o", &ports[1].to_string()]);
            (command, ports)
        },
        |ports| answers((LOOPBACK, ports[0]).into()),
    )
}

fn stun_client() {
    let (_server, ports) = stund();
    let address = SocketAddr::new(LOOPBACK, ports[0]);
    // With a transaction id of 16 bytes, and with the magic cookie, which stund takes as part of the id.
    for arguments in [&["--classic"][..], &[]] {
        let tap = Tap::new(address);
        let mut command = own("stun_client");
        let output = run(
            command.arg(tap.address().to_string()).args(arguments),
            LIMIT,
        );
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        // The client's socket has the mapped address; the command line names the server's other address.
        assert_eq!(field(&said, "mapped address"), tap.clients()[0].to_string());
        assert_eq!(field(&said, "source address"), address.to_string());
        let changed = SocketAddr::new(LOOPBACK_2, ports[1]).to_string();
        assert_eq!(field(&said, "changed address"), changed);
        if arguments.is_empty() {
            tshark::agree("stun_client with stund", &tap, 2);
        } else {
            tshark::agree_classic("stun_client --classic with stund", &tap, 2);
        }
    }
}

// RFC 3489 §10.1: tests I, II and III of NAT discovery, and the fourth combination of the flags.
fn change_request() {
    let (_server, ports) = stund();
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let here = socket.local_addr().unwrap();
    let mut asked = 0;
    for (change_ip, change_port) in [(false, false), (true, true), (false, true), (true, false)] {
        let id = TransactionId::random_classic().unwrap();
        let header = Header::request(Method::BINDING, id).in_dialect(Dialect::RFC3489);
        let mut buffer = [0; 512];
        let mut request = MessageWriter::new(&mut buffer, header).unwrap();
        let change = ChangeRequest {
            change_ip,
            change_port,
        };
        request.attribute(&change).unwrap();
        socket
            .send_to(request.finish().unwrap(), (LOOPBACK, ports[0]))
            .unwrap();
        let (n, from) = socket.recv_from(&mut buffer).unwrap();
        let answer = Dialect::RFC3489.parse(&buffer[..n]).unwrap();
        assert_eq!(answer.transaction_id(), id);
        let expected = SocketAddr::new(
            if change_ip { LOOPBACK_2 } else { LOOPBACK },
            ports[usize::from(change_port)],
        );
        // The source address is that of the received packet.
        assert_eq!(from, expected, "{change}");
        assert_eq!(answer.get().unwrap(), Some(SourceAddress(expected)));
        assert_eq!(answer.get().unwrap(), Some(MappedAddress(here)));
        assert!(answer.get::<ChangedAddress>().unwrap().is_some());
        asked += 1;
    }
    println!("CHANGE-REQUEST and stund: {asked} requests, {asked} answers");
}
