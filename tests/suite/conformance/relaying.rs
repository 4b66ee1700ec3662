//! RFC 8656 §11: Send and Data indications.

use stunwire::attribute::{Data, DontFragment, Icmp, XorPeerAddress};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{Class, Dialect, Header, Message, MessageWriter, Method, TransactionId};

use super::{ID, message};
use crate::support::hex;

const PEER: &str = "1.2.3.4:4660";
/// The value of XOR-PEER-ADDRESS for [`PEER`], XORed by hand with 0x2112 and 0x2112A442.
const PEER_VALUE: &[u8] = &[0, 1, 0x33, 0x26, 0x20, 0x10, 0xA7, 0x46];

/// The packet that `write` builds in place around a payload.
fn in_place(
    write: impl FnOnce(&mut [u8], core::ops::Range<usize>) -> core::ops::Range<usize>,
    payload: &[u8],
) -> Vec<u8> {
    let mut buffer = vec![0xAA; HEADROOM + payload.len() + TAILROOM];
    let range = HEADROOM..HEADROOM + payload.len();
    buffer[range.clone()].copy_from_slice(payload);
    let packet = write(&mut buffer, range);
    buffer[packet].to_vec()
}

/// §11.1: a Send indication carries the peer address and the data.
#[test]
fn a_send_indication_is_written() {
    let written = in_place(
        |buffer, payload| {
            relay::send_indication_in_place(buffer, payload, PEER.parse().unwrap(), ID).unwrap()
        },
        b"hello",
    );
    let expected = message(0x0016, &[(0x0012, PEER_VALUE), (0x0013, b"hello")]);
    assert_eq!(written, expected);
}

/// §11.1: a Send indication may carry DONT-FRAGMENT.
#[test]
fn a_send_indication_with_dont_fragment() {
    let mut buffer = [0; 64];
    let written = MessageWriter::indication(&mut buffer, Method::SEND, ID)
        .unwrap()
        .with(&XorPeerAddress(PEER.parse().unwrap()))
        .unwrap()
        .with(&DontFragment)
        .unwrap()
        .with(&Data(b"hello"))
        .unwrap()
        .finish()
        .unwrap();
    let expected = message(
        0x0016,
        &[(0x0012, PEER_VALUE), (0x001A, b""), (0x0013, b"hello")],
    );
    assert_eq!(written, expected);
}

/// §11.2: an indication without peer address or without data is discarded; DATA may be empty.
#[test]
fn an_indication_without_peer_or_data() {
    for bits in [0x0016, 0x0017] {
        let read = |attributes: &[(u16, &[u8])]| {
            let bytes = message(bits, attributes);
            let read = relay::read(&Message::parse(&bytes).unwrap());
            read.map(|data| data.map(|data| (data.peer, bytes[data.payload].to_vec())))
        };
        let peer = PEER.parse().unwrap();
        assert_eq!(read(&[(0x0012, PEER_VALUE)]), Ok(None));
        assert_eq!(read(&[(0x0013, b"hello")]), Ok(None));
        assert_eq!(read(&[]), Ok(None));
        assert!(read(&[(0x0012, &[0, 1]), (0x0013, b"hello")]).is_err());
        assert_eq!(
            read(&[(0x0012, PEER_VALUE), (0x0013, b"")]),
            Ok(Some((peer, vec![])))
        );
        assert_eq!(
            read(&[(0x0013, b"hello"), (0x0012, PEER_VALUE)]),
            Ok(Some((peer, b"hello".to_vec())))
        );
    }
}

/// §11.3: a Data indication carries the peer address and the data.
#[test]
fn a_data_indication_is_written() {
    for (payload, padded) in [(&b"hello"[..], 8), (b"", 0), (b"four", 4)] {
        let written = in_place(
            |buffer, payload| {
                relay::data_indication_in_place(buffer, payload, PEER.parse().unwrap(), ID).unwrap()
            },
            payload,
        );
        let expected = message(0x0017, &[(0x0012, PEER_VALUE), (0x0013, payload)]);
        assert_eq!(written, expected);
        assert_eq!(written.len(), 36 + padded);
    }
}

/// §11.4: the peer address and the data of a Data indication are read.
#[test]
fn a_data_indication_is_read() {
    let bytes = message(0x0017, &[(0x0012, PEER_VALUE), (0x0013, b"hello")]);
    let data = relay::read(&Message::parse(&bytes).unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(data.peer, PEER.parse().unwrap());
    assert_eq!(&bytes[data.payload], b"hello");
}

/// §11.5, §11.6: a Data indication with ICMP carries a peer address and no data.
#[test]
fn a_data_indication_with_icmp() {
    // Destination unreachable, fragmentation needed, next-hop MTU 1280.
    let icmp = Icmp::new(3, 4, 1280);
    let mut buffer = [0; 64];
    let written = MessageWriter::indication(&mut buffer, Method::DATA, ID)
        .unwrap()
        .with(&XorPeerAddress(PEER.parse().unwrap()))
        .unwrap()
        .with(&icmp)
        .unwrap()
        .finish()
        .unwrap();
    let expected = message(
        0x0017,
        &[(0x0012, PEER_VALUE), (0x8004, &hex("0000 0304 00000500"))],
    );
    assert_eq!(written, expected);
    let indication = Message::parse(written).unwrap();
    assert_eq!(indication.get().unwrap(), Some(icmp));
    assert_eq!(relay::read(&indication), Ok(None));
}

/// \[MS-TURN\] 2.2.1: Send is the request 0x0004 with DESTINATION-ADDRESS, Data Indication 0x0115 with
/// REMOTE-ADDRESS. Neither address is XORed, and nothing is padded.
#[test]
fn ms_turn_messages_are_relayed_both_ways() {
    let id = TransactionId::classic(*b"0123456789abcdef");
    for (class, method, bits, address) in [
        (Class::Request, Method::SEND, "0004", "0011"),
        (Class::Indication, Method::DATA, "0115", "0012"),
    ] {
        let expected = hex(&format!(
            "{bits} 001d 30313233343536373839616263646566
             000f0004 72c64bc6 {address}0008 0001123401020304 00130005 68656c6c6f"
        ));
        let header = Header::new(class, method, id).in_dialect(Dialect::MS_TURN);
        let written = in_place(
            |buffer, payload| {
                relay::message_in_place(buffer, payload, PEER.parse().unwrap(), header).unwrap()
            },
            b"hello",
        );
        assert_eq!(written, expected);
        assert_eq!(Dialect::detect(&expected), Some(Dialect::MS_TURN));
        let message = Dialect::MS_TURN.parse(&expected).unwrap();
        let data = relay::read(&message).unwrap().unwrap();
        assert_eq!(data.peer, PEER.parse().unwrap());
        assert_eq!(&expected[data.payload], b"hello");
    }
}

/// \[MS-TURN\] 2.2.1 does not define 0x0016 and 0x0017, the indications of RFC 8656, so they carry no relayed
/// data, whatever their attributes.
#[test]
fn rfc8656_indications_are_not_relayed_in_ms_turn() {
    for bits in ["0016", "0017"] {
        for address in ["0011", "0012"] {
            let bytes = hex(&format!(
                "{bits} 001d 30313233343536373839616263646566
                 000f0004 72c64bc6 {address}0008 0001123401020304 00130005 68656c6c6f"
            ));
            let message = Dialect::MS_TURN.parse(&bytes).unwrap();
            assert_eq!(relay::read(&message), Ok(None), "{bits} {address}");
        }
    }
}
