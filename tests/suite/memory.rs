//! Memory that the codecs reserve for frames of which only the header has arrived.

use bytes::BytesMut;
use stunwire::framing::{MsTcp, Rfc4571, StreamError, StunTcp};
use tokio_util::codec::Decoder;

/// 20,000 connections that each send a header of the longest frame and nothing more.
fn reserved<D>(mut codec: D, header: &[u8]) -> usize
where
    D: Decoder<Error = StreamError>,
{
    let mut capacity = 0;
    for _ in 0..20_000 {
        let mut source = BytesMut::from(header);
        assert!(matches!(codec.decode(&mut source), Ok(None)));
        capacity += source.capacity();
    }
    capacity
}

/// 64 KiB for each connection would be 1.3 GB.
#[test]
fn an_announced_frame_takes_no_memory() {
    const LIMIT: usize = 20_000 * 2048;
    assert!(reserved(StunTcp::new(), b"\x40\x00\xff\xff") < LIMIT);
    let message = b"\x00\x01\xff\xfc\x21\x12\xa4\x42abcdefghijkl";
    assert!(reserved(StunTcp::new(), message) < LIMIT);
    assert!(reserved(Rfc4571::new(), b"\xff\xff") < LIMIT);
    assert!(reserved(MsTcp::new(), b"\x03\x00\xff\xff") < LIMIT);
}

/// The longest frame of each framing arrives in steps, and the buffer grows with it. `BytesMut` doubles its
/// capacity when it grows.
#[test]
fn a_long_frame_takes_memory_as_it_arrives() {
    fn arrives<D: Decoder<Error = StreamError>>(mut codec: D, frame: &[u8], max_frame: u32) {
        assert_eq!(frame.len(), max_frame as usize);
        let mut source = BytesMut::new();
        for (index, chunk) in frame.chunks(100).enumerate() {
            source.extend_from_slice(chunk);
            let decoded = codec.decode(&mut source).unwrap();
            assert_eq!(decoded.is_some(), 100 * (index + 1) >= frame.len());
            let arrived = 100 * index + chunk.len();
            assert!(source.capacity() <= 2048 + 4 * arrived, "{arrived}");
        }
        assert!(source.is_empty());
    }
    let frame = |header: &[u8], len| [header, &vec![0; len]].concat();
    let message = b"\x00\x01\xff\xfc\x21\x12\xa4\x42abcdefghijkl";
    arrives(StunTcp::new(), &frame(message, 65_532), StunTcp::MAX_FRAME);
    arrives(
        Rfc4571::new(),
        &frame(b"\xff\xff", 65_535),
        Rfc4571::MAX_FRAME,
    );
    arrives(
        MsTcp::new(),
        &frame(b"\x03\x00\xff\xff", 65_535),
        MsTcp::MAX_FRAME,
    );
}
