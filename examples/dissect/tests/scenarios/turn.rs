//! What a TURN client and its server send each other.

use std::net::SocketAddr;

use stunwire::attribute::{
    ChannelNumber, ConnectionId, Data, EncodeAttribute, Lifetime, Nonce, Realm, RequestedTransport,
    Username, XorMappedAddress, XorPeerAddress, XorRelayedAddress,
};
use stunwire::{Header, Key, Method, TransactionId};

use super::{
    Attributes, Call, PASSWORD, REALM, USER, channel_data, client, error_code, key, message,
    relayed, rtp, server,
};

/// A client of a TURN server, and the server.
pub struct Turn {
    pub client: SocketAddr,
    pub server: SocketAddr,
    pub is_tcp: bool,
    pub user: String,
    pub nonce: String,
    pub key: Key,
}

impl Turn {
    pub fn udp() -> Self {
        Self {
            client: client(),
            server: server(),
            is_tcp: false,
            user: USER.to_owned(),
            nonce: "nonce 1".to_owned(),
            key: key(PASSWORD),
        }
    }

    pub fn tcp() -> Self {
        Self {
            is_tcp: true,
            ..Self::udp()
        }
    }

    pub fn from(self, client: SocketAddr) -> Self {
        Self { client, ..self }
    }

    pub fn to(self, server: SocketAddr) -> Self {
        Self { server, ..self }
    }

    pub fn to_server(&self, call: &mut Call, packet: &[u8]) {
        if self.is_tcp {
            call.tcp(self.client, self.server, packet);
        } else {
            call.udp(self.client, self.server, packet);
        }
    }

    pub fn to_client(&self, call: &mut Call, packet: &[u8]) {
        if self.is_tcp {
            call.tcp(self.server, self.client, packet);
        } else {
            call.udp(self.server, self.client, packet);
        }
    }

    fn signed(&self, header: Header, attributes: Attributes<'_>) -> Vec<u8> {
        let user = Username::new(&self.user).unwrap();
        let realm = Realm::new(REALM).unwrap();
        let nonce = Nonce::new(&self.nonce).unwrap();
        let login: [&dyn EncodeAttribute; 3] = [&user, &realm, &nonce];
        message(header, &[attributes, &login].concat(), Some(&self.key))
    }

    /// A request without credentials.
    pub fn ask(
        &self,
        call: &mut Call,
        method: Method,
        attributes: Attributes<'_>,
    ) -> TransactionId {
        let id = call.id();
        let packet = message(Header::request(method, id), attributes, None);
        self.to_server(call, &packet);
        call.wait(20);
        id
    }

    /// A signed request.
    pub fn request(
        &self,
        call: &mut Call,
        method: Method,
        attributes: Attributes<'_>,
    ) -> TransactionId {
        let id = call.id();
        self.repeat(call, method, id, attributes);
        id
    }

    /// The same request again.
    pub fn repeat(
        &self,
        call: &mut Call,
        method: Method,
        id: TransactionId,
        attributes: Attributes<'_>,
    ) {
        let packet = self.signed(Header::request(method, id), attributes);
        self.to_server(call, &packet);
        call.wait(20);
    }

    pub fn success(
        &self,
        call: &mut Call,
        method: Method,
        id: TransactionId,
        attributes: Attributes<'_>,
    ) {
        let packet = message(Header::success(method, id), attributes, Some(&self.key));
        self.to_client(call, &packet);
        call.wait(10);
    }

    /// An error response, with the challenge if the code asks for one.
    pub fn error(&self, call: &mut Call, method: Method, id: TransactionId, code: u16) {
        let error = error_code(code);
        let realm = Realm::new(REALM).unwrap();
        let nonce = Nonce::new(&self.nonce).unwrap();
        let all: [&dyn EncodeAttribute; 3] = [&error, &realm, &nonce];
        let attributes = if matches!(code, 401 | 438) {
            &all[..]
        } else {
            &all[..1]
        };
        let packet = message(Header::error(method, id), attributes, None);
        self.to_client(call, &packet);
        call.wait(10);
    }

    /// A signed request and its success response.
    pub fn exchange(
        &self,
        call: &mut Call,
        method: Method,
        asked: Attributes<'_>,
        granted: Attributes<'_>,
    ) {
        let id = self.request(call, method, asked);
        self.success(call, method, id, granted);
    }

    /// A signed request that is refused.
    pub fn refused(&self, call: &mut Call, method: Method, asked: Attributes<'_>, code: u16) {
        let id = self.request(call, method, asked);
        self.error(call, method, id, code);
    }

    /// Allocate without credentials, and 401.
    pub fn challenge(&self, call: &mut Call) {
        let id = self.ask(call, Method::ALLOCATE, &[&self.transport()]);
        self.error(call, Method::ALLOCATE, id, 401);
    }

    pub fn transport(&self) -> RequestedTransport {
        RequestedTransport::UDP
    }

    /// The whole login, up to an allocation for UDP.
    pub fn allocate(&self, call: &mut Call) {
        self.challenge(call);
        self.allocate_again(call, &self.transport(), relayed());
    }

    /// The second Allocate.
    pub fn allocate_again(
        &self,
        call: &mut Call,
        transport: &RequestedTransport,
        relayed: SocketAddr,
    ) {
        self.exchange(
            call,
            Method::ALLOCATE,
            &[transport],
            &[
                &XorRelayedAddress(relayed),
                &XorMappedAddress(self.client),
                &Lifetime::from_secs(600),
            ],
        );
    }

    pub fn refresh(&self, call: &mut Call, lifetime: u32) {
        let lifetime = Lifetime::from_secs(lifetime);
        self.exchange(call, Method::REFRESH, &[&lifetime], &[&lifetime]);
    }

    pub fn permit(&self, call: &mut Call, peer: SocketAddr) {
        let peer = XorPeerAddress(peer);
        self.exchange(call, Method::CREATE_PERMISSION, &[&peer], &[]);
    }

    pub fn bind(&self, call: &mut Call, number: u16, peer: SocketAddr) {
        let number = ChannelNumber::new(number).unwrap();
        let peer = XorPeerAddress(peer);
        self.exchange(call, Method::CHANNEL_BIND, &[&number, &peer], &[]);
    }

    /// A Send indication.
    pub fn send(&self, call: &mut Call, peer: SocketAddr, data: &[u8]) {
        let attributes: Attributes<'_> = &[&XorPeerAddress(peer), &Data(data)];
        let packet = indication(call, Method::SEND, attributes);
        self.to_server(call, &packet);
    }

    /// A Data indication.
    pub fn data(&self, call: &mut Call, peer: SocketAddr, data: &[u8]) {
        let attributes: Attributes<'_> = &[&XorPeerAddress(peer), &Data(data)];
        let packet = indication(call, Method::DATA, attributes);
        self.to_client(call, &packet);
    }

    /// RTP in both directions over a channel, `count` packets each way every 20 ms.
    pub fn media(&self, call: &mut Call, channel: u16, count: usize) {
        for number in 0..count {
            let packet = channel_data(channel, &rtp(number));
            self.to_server(call, &packet);
            self.to_client(call, &packet);
            call.wait(20);
        }
    }

    /// RTP in both directions in indications, `count` packets each way every 20 ms.
    pub fn indications(&self, call: &mut Call, peer: SocketAddr, count: usize) {
        for number in 0..count {
            self.send(call, peer, &rtp(number));
            self.data(call, peer, &rtp(number));
            call.wait(20);
        }
    }

    pub fn connection_attempt(&self, call: &mut Call, id: u32, peer: SocketAddr) {
        let attributes: Attributes<'_> = &[&ConnectionId(id), &XorPeerAddress(peer)];
        let packet = indication(call, Method::CONNECTION_ATTEMPT, attributes);
        self.to_client(call, &packet);
        call.wait(10);
    }
}

fn indication(call: &mut Call, method: Method, attributes: Attributes<'_>) -> Vec<u8> {
    message(Header::indication(method, call.id()), attributes, None)
}
