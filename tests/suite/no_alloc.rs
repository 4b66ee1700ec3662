//! Nothing is allocated in parse, typed read, verify, fingerprint, write, sign and reply.

use stunwire::attribute::{AnyAttribute, Lifetime, Software, Username, XorMappedAddress};
use stunwire::{Dialect, ErrorCode, Header, Message, MessageWriter, Method, reply};

use crate::support::{Vector, vectors};

/// Allocations that this thread makes in `run`.
fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[test]
fn the_counter_counts() {
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
            stunwire::laws::get_all_types(message);
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
                // The tag, the fingerprint and the cookie are refused.
                let _ = writer.raw(&raw);
            }
            writer
                .attribute(&Software::new("stunwire").unwrap())
                .unwrap()
                .attribute(&Lifetime::from_secs(600))
                .unwrap()
                .attribute(&Username::joined("one", "other"))
                .unwrap()
                .attribute(&ErrorCode::ROLE_CONFLICT)
                .unwrap();
            let signed = writer.integrity(&key).unwrap();
            if let Ok(closed) = signed.fingerprint() {
                closed.finish().unwrap();
            }
            let header = Header::request(Method::BINDING, message.transaction_id());
            let header = header.in_dialect(dialect);
            reply::unauthenticated(&mut buffer[..], header, "realm", "nonce").unwrap();
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
