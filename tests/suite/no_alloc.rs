//! Parsing, typed reading, verification, writing, signing, framing and relaying do not allocate.

use stunwire::attribute::{
    AnyAttribute, Lifetime, Software, Username, XorMappedAddress, XorPeerAddress,
};
use stunwire::auth::{Check, LongTermClient, LongTermServer, NonceMint, Response, UnixTime};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{Frame, Framing, Next, Rfc4571, Sniffed, StunTcp, sniff};
use stunwire::relay;
use stunwire::reply::Challenge;
use stunwire::{
    ChannelData, Code, Credentials, Dialect, ErrorCode, Header, Key, Message, MessageWriter,
    Method, TransactionId,
};

use crate::support::{Vector, vectors};

/// The number of allocations on this thread during `run`.
fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[test]
fn the_allocation_counter_works() {
    assert_eq!(allocations(|| drop(vec![1])), 1);
}

#[test]
fn reading() {
    for Vector {
        name,
        dialect,
        bytes,
        key,
    } in vectors()
    {
        let count = allocations(|| {
            assert_eq!(Dialect::detect(&bytes), Some(dialect));
            let message = dialect.parse(&bytes).unwrap();
            for raw in message.all_attributes() {
                assert!(!matches!(
                    raw.to_any(),
                    Ok(AnyAttribute::Unknown(_)) | Err(_)
                ));
            }
            stunwire_properties::get_every_type(message);
            assert!(message.unknown_required(|_| true).next().is_none());
            let _ = message.fingerprint();
            if let Some(key) = &key {
                assert!(message.verify(key).is_ok());
            }
        });
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn writing() {
    let mut buffer = [0; 512];
    for Vector {
        name,
        dialect,
        bytes,
        key,
    } in vectors()
    {
        let Some(key) = key else { continue };
        let message = dialect.parse(&bytes).unwrap();
        let count = allocations(|| {
            let mut writer = MessageWriter::new(&mut buffer[..], message.header()).unwrap();
            for raw in message.all_attributes() {
                // Integrity attributes, FINGERPRINT and MAGIC-COOKIE are refused.
                let _ = writer.raw(&raw);
            }
            writer
                .attribute(&Software::new("stunwire").unwrap())
                .unwrap()
                .attribute(&Lifetime::from_secs(600))
                .unwrap()
                .attribute(&Username::joined("one", "other").unwrap())
                .unwrap()
                .attribute(&ErrorCode::with_default_reason(Code::ROLE_CONFLICT))
                .unwrap();
            let signed = writer.integrity(&key).unwrap();
            if let Ok(closed) = signed.fingerprint() {
                closed.finish().unwrap();
            }
            let header = Header::request(Method::BINDING, message.transaction_id());
            let header = header.in_dialect(dialect);
            let challenge = Challenge::new("realm", "nonce").unwrap();
            let reply = challenge.unauthenticated(header);
            reply.write(&mut buffer[..]).unwrap();
        });
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn a_whole_exchange() {
    let bytes = crate::support::rfc5769_request();
    let key = stunwire::Key::short_term(crate::support::ICE_PASSWORD);
    let mut out = [0; 128];
    let count = allocations(|| {
        let request = Message::parse(&bytes).unwrap();
        let request = request.verify(&key).unwrap();
        let mut reply = MessageWriter::success_to(&mut out, &request).unwrap();
        let from = std::net::SocketAddr::from(([192, 0, 2, 1], 32_853));
        reply.attribute(&XorMappedAddress(from)).unwrap();
        let reply = reply.integrity_like(&request, &key).unwrap();
        reply.fingerprint().unwrap().finish().unwrap();
    });
    assert_eq!(count, 0);
}

/// Frames are read and written, packets are demultiplexed, and payloads are relayed with every combination of
/// integrity and FINGERPRINT.
#[test]
fn streams_and_relay() {
    let peer = std::net::SocketAddr::from(([192, 0, 2, 1], 32_853));
    let id = TransactionId::new(*b"abcdefghijkl");
    let key = stunwire::Key::short_term("secret");
    let mut stream = crate::support::rfc5769_request();
    stream.extend_from_slice(b"\x40\x00\x00\x05hello\0\0\0");
    let mut buf = vec![7; relay::HEADROOM + 60_000 + relay::TAILROOM];
    let payload = vec![7; 60_000];
    let mut buffer = [0; 128];
    let count = allocations(|| {
        let mut left = &stream[..];
        while let Ok(Next::Frame { frame, consumed }) = StunTcp::new().next(left) {
            if let Frame::Stun(message) = frame {
                assert_eq!(Demux::new().protocol(message), Some(Protocol::Stun));
            }
            left = &left[consumed..];
        }
        assert_eq!(left, b"");
        assert_eq!(sniff(&stream), Sniffed::Is(Framing::StunTcp));
        let range = relay::HEADROOM..relay::HEADROOM + 60_000;
        let packet = relay::data_indication_in_place(&mut buf, range.clone(), peer, id).unwrap();
        let message = Message::parse(&buf[packet]).unwrap();
        assert_eq!(relay::read(&message).unwrap().unwrap().peer, peer);
        relay::send_indication_in_place(&mut buf, range.clone(), peer, id).unwrap();
        let mut leading = [0; relay::HEADROOM];
        relay::data_indication_vectored(&mut leading, &buf, peer, id).unwrap();
        let number = stunwire::attribute::ChannelNumber::MIN;
        let packet = relay::channel_data_in_place(&mut buf, range, number).unwrap();
        let data = ChannelData::parse_datagram(&buf[packet]).unwrap();
        assert_eq!(data.range(), 4..60_004);
        let mut frame = StunTcp::begin(&mut buffer, number).unwrap();
        frame.put(b"hello").unwrap();
        frame.end().unwrap();
        let mut frame = Rfc4571::begin(&mut buffer).unwrap();
        let header = Header::indication(Method::DATA, id);
        MessageWriter::new(&mut frame, header)
            .unwrap()
            .finish()
            .unwrap();
        frame.end().unwrap();
        let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
        writer.attribute(&XorPeerAddress(peer)).unwrap();
        let writer = writer.payload(&payload).unwrap().integrity(&key).unwrap();
        let parts = writer.fingerprint().unwrap().finish().unwrap();
        assert_eq!(parts.len(), 36 + 60_000 + 24 + 8);
    });
    assert_eq!(count, 0);
}

#[test]
fn ms_frames_and_copies_with_the_alternate_crc() {
    use stunwire::framing::MsFrameKind;
    use stunwire::framing::{MsMultiplexed, MsTcp, MultiplexedFrame, Next, pseudo_tls};

    let check = crate::support::ms_ice2();
    let (mut out, mut copy) = ([0; 256], [0; 256]);
    let session = stunwire::attribute::ms::MultiplexedTurnSessionId([7; 8]);
    let count = allocations(|| {
        let hello = pseudo_tls::client_hello(&[7; 32]);
        assert!(pseudo_tls::read_client_hello(&hello).is_ok());
        let mut frame = MsTcp::begin(&mut out, MsFrameKind::Control).unwrap();
        frame.put(&check).unwrap();
        let next = MsTcp::new().next(frame.end().unwrap());
        assert!(matches!(next, Ok(Next::Frame { .. })));
        let mut frame = MsMultiplexed::begin(&mut out, session).unwrap();
        frame.put(&check).unwrap();
        let frame = MultiplexedFrame::parse_datagram(frame.end().unwrap()).unwrap();
        let message = Dialect::MS_ICE2_LEGACY.parse(frame.payload).unwrap();
        message.copy_with_alternate_crc(&mut copy).unwrap();
    });
    assert_eq!(count, 0);
}

/// A login with SHA-256: the server's challenge and check, the client's requests and its handling of the
/// responses.
#[test]
fn authentication() {
    let mut requests = [[0; 512]; 2];
    let mut replies = [[0; 512]; 2];
    let credentials = Credentials {
        username: "user",
        password: "password",
    };
    let key = Key::long_term_sha256(&credentials, "example.org");
    let nonces = NonceMint::new(Key::from_bytes(b"a secret"));
    let server = LongTermServer::new("example.org", nonces).unwrap();
    let (from, now) = (
        "192.0.2.1:5000".parse().unwrap(),
        UnixTime::from_secs(1_700_000_000),
    );
    let mut verified = false;
    let count = allocations(|| {
        let mut client = LongTermClient::new("user", "password");
        for (request, reply) in requests.iter_mut().zip(&mut replies) {
            let id = TransactionId::new(*b"not a secret");
            let writer = MessageWriter::request(&mut request[..], Method::ALLOCATE, id).unwrap();
            let (packet, sent) = client.sign(writer).unwrap();
            let message = Message::parse(packet).unwrap();
            let answer = match server.check(&message, from, now, |_| Some(&key)) {
                Check::Verified(request) => {
                    let reply = MessageWriter::success_to(&mut reply[..], &request).unwrap();
                    reply.finish_like(&request).unwrap()
                }
                Check::Reply(challenge) => challenge.write(&mut reply[..]).unwrap(),
                Check::Ignore => panic!("ignored"),
            };
            let answer = Message::parse(answer).unwrap();
            verified = matches!(client.response(&sent, &answer), Response::Verified(_));
        }
    });
    assert!(verified);
    assert_eq!(count, 0);
}
