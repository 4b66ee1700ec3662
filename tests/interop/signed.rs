//! Requests that `LongTermClient` signs, for servers whose success responses it does not accept: a test verifies them.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use stunwire::attribute::{
    ChannelNumber, EncodeAttribute, Lifetime, RequestedTransport, XorMappedAddress, XorPeerAddress,
    XorRelayedAddress,
};
use stunwire::auth::{LongTermClient, Response, Sent};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{
    ChannelData, Credentials, Dialect, Message, MessageWriter, Method, TransactionId, Verified,
};

use crate::client::link::Link;
use crate::own::{PASSWORD, USER};
use crate::support::LOOPBACK;

const LIMIT: Duration = Duration::from_secs(60);
const PACKETS: usize = 20;

pub type Client = LongTermClient<Credentials<&'static str, &'static str>>;

/// How a test verifies a success response.
type Verify = for<'a> fn(&Client, &Message<'a>) -> Verified<'a>;

struct Login {
    link: Link,
    client: Client,
    verify: Verify,
}

impl Login {
    /// Gets realm and nonce.
    fn new(server: SocketAddr, tcp: bool, verify: Verify) -> Self {
        let link = Link::open(server, tcp).unwrap();
        let client = Client::new(USER, PASSWORD);
        let mut login = Self {
            link,
            client,
            verify,
        };
        let (answer, sent) = login.send(Method::ALLOCATE, &[&RequestedTransport::UDP]);
        let answer = Message::parse(&answer).unwrap();
        let response = login.client.response(&sent, &answer);
        assert!(matches!(response, Response::Retry), "{response:?}");
        login
    }

    fn send(&mut self, method: Method, attributes: &[&dyn EncodeAttribute]) -> (Vec<u8>, Sent) {
        let mut packet = Vec::new();
        let id = TransactionId::random().unwrap();
        let request = MessageWriter::request(&mut packet, method, id).unwrap();
        let (_, sent) = self
            .client
            .sign(request.with_all(attributes).unwrap())
            .unwrap();
        let answer = self.link.ask(Dialect::RFC8489, &packet).unwrap();
        (answer.packet, sent)
    }

    /// Sends a request, whose response must be a success. Returns the result of `read`.
    fn ask<T>(
        &mut self,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
        read: impl FnOnce(Verified<'_>) -> T,
    ) -> T {
        let (answer, _) = self.send(method, attributes);
        let answer = Message::parse(&answer).unwrap();
        assert!(answer.is_success_response(), "{answer}");
        read((self.verify)(&self.client, &answer))
    }
}

/// Allocates, sends indications and ChannelData to a peer, which sends them back, and deletes the allocation.
pub fn converse(server: SocketAddr, tcp: bool, verify: Verify) {
    let mut login = Login::new(server, tcp, verify);
    let (mapped, relayed) = login.ask(Method::ALLOCATE, &[&RequestedTransport::UDP], |success| {
        let (mapped, relayed) = success
            .read::<(XorMappedAddress, XorRelayedAddress)>()
            .unwrap();
        (mapped.0, relayed.0)
    });
    assert_eq!(mapped.port(), login.link.local_addr().unwrap().port());
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let peer = socket.local_addr().unwrap();
    login.ask(Method::CREATE_PERMISSION, &[&XorPeerAddress(peer)], |_| ());
    let channel = ChannelNumber::MIN;
    login.ask(
        Method::CHANNEL_BIND,
        &[&channel, &XorPeerAddress(peer)],
        |_| (),
    );

    for number in 0..2 * PACKETS {
        // Lengths of whole words, so that ChannelData has no padding over TCP.
        let data: Vec<u8> = (0..=250)
            .cycle()
            .skip(number)
            .take(4 + number * 28)
            .collect();
        let mut buffer = vec![0; HEADROOM];
        buffer.extend(&data);
        buffer.extend([0; TAILROOM]);
        let range = HEADROOM..HEADROOM + data.len();
        let packet = if number % 2 == 0 {
            let id = TransactionId::random().unwrap();
            relay::send_indication_in_place(&mut buffer, range, peer, id).unwrap()
        } else {
            relay::channel_data_in_place(&mut buffer, range, channel).unwrap()
        };
        login.link.send(&buffer[packet]).unwrap();
        let mut buffer = [0; 2048];
        let (n, from) = socket.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..n], from), (&data[..], relayed));
        socket.send_to(&data, relayed).unwrap();
        // The server may use the channel, which is bound, or a Data indication.
        let packet = login.link.receive(LIMIT).unwrap();
        let back = match ChannelData::parse_datagram(&packet) {
            Ok(received) => {
                assert_eq!(received.number, channel);
                received.payload
            }
            Err(_) => {
                let message = Message::parse(&packet).unwrap();
                let received = relay::read(&message).unwrap().unwrap();
                assert_eq!(received.peer, peer);
                &packet[received.payload]
            }
        };
        assert_eq!(back, data);
    }
    let end = Lifetime::from_secs(0);
    login.ask(Method::REFRESH, &[&end], |_| ());
}
