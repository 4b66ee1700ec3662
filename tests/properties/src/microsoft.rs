//! Microsoft's framings and messages.

use std::fmt::Debug;

use stunwire::attribute::Username;
use stunwire::attribute::ms::{IceUsername, MultiplexedTurnSessionId};
use stunwire::framing::pseudo_tls::{self, PseudoTls, Received};
use stunwire::framing::{FrameError, Next};
use stunwire::framing::{MsFrame, MsFrameKind, MsTcp};
use stunwire::framing::{MsMultiplexed, MultiplexedFrame};
use stunwire::{Dialect, FingerprintStatus, Header, Key, MessageWriter, Method, TransactionId};

/// Reads the bytes as a stream in each of Microsoft's framings, as a message with its copy for the alternate CRC,
/// and as ICE user names.
///
/// The first byte is the length of the chunks of the stream, less one.
pub fn microsoft(bytes: &[u8]) {
    for way in 0..WAYS {
        one_way(way, bytes);
    }
}

/// [`microsoft`] in one way, which the first byte selects.
pub fn microsoft_one_way(bytes: &[u8]) {
    if let Some((way, bytes)) = bytes.split_first() {
        one_way(way % WAYS, bytes);
    }
}

/// The checks of [`microsoft`].
const WAYS: u8 = 8;

fn one_way(way: u8, bytes: &[u8]) {
    let Some((chunk, bytes)) = bytes.split_first() else {
        return;
    };
    match way {
        0 => frames(bytes, *chunk),
        1 => handshakes(bytes, *chunk),
        2 => multiplexed(bytes),
        3 => alternate_crc(bytes, Dialect::MS_ICE2),
        4 => alternate_crc(bytes, Dialect::MS_ICE2_LEGACY),
        5 => alternate_crc(bytes, Dialect::MS_ICE2_LEGACY.unpadded()),
        6 => names(bytes, *chunk),
        _ => {
            let format = crate::format_of(Dialect::MS_TURN);
            crate::message_in(bytes, format, crate::Depth::Sample(*chunk));
        }
    }
}

/// Reads a stream that arrives `step` bytes at a time. Returns the frames with their lengths, the
/// offset of the first unread byte, and the error that ended the stream.
fn receive<'a, F: Copy + PartialEq + Debug>(
    bytes: &'a [u8],
    step: usize,
    mut next: impl FnMut(&'a [u8]) -> Result<Next<F>, FrameError>,
) -> (Vec<(F, usize)>, usize, Option<FrameError>) {
    let mut frames = Vec::new();
    let (mut start, mut end) = (0, step.min(bytes.len()));
    loop {
        match next(&bytes[start..end]) {
            Ok(Next::Frame { frame, consumed }) => {
                assert!(consumed > 0 && start + consumed <= end);
                frames.push((frame, consumed));
                start += consumed;
            }
            Ok(Next::Incomplete { needed }) => {
                assert!(needed > 0);
                // With fewer bytes the frame is incomplete.
                let fewer = (end + needed - 1).min(bytes.len());
                if fewer > end {
                    assert!(!matches!(
                        next(&bytes[start..fewer]),
                        Ok(Next::Frame { .. })
                    ));
                }
                if end == bytes.len() {
                    return (frames, start, None);
                }
                end = (end + step).min(bytes.len());
            }
            Err(error) => {
                assert!(error.offset() < end - start);
                return (frames, start, Some(error));
            }
        }
    }
}

/// The lengths of the chunks in which a stream arrives. Single bytes only of a short stream, for the cost
/// of a stream is its length times the number of chunks.
fn steps(bytes: &[u8], chunk: u8) -> [usize; 3] {
    let shortest = bytes.len() / 4096 + 1;
    [
        bytes.len().max(1),
        (usize::from(chunk) + 1).max(shortest),
        shortest,
    ]
}

/// The frames do not depend on the chunks, and each frame is written as it was read.
fn frames(bytes: &[u8], chunk: u8) {
    let steps = steps(bytes, chunk);
    let all = steps.map(|step| receive(bytes, step, |bytes| MsTcp::new().next(bytes)));
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    let mut at = 0;
    for (frame, consumed) in &all[0].0 {
        again(*frame, &bytes[at..at + consumed]);
        at += consumed;
    }
}

/// Reads the frames with the handshake of either side before them.
fn handshakes(bytes: &[u8], chunk: u8) {
    let steps = steps(bytes, chunk);
    for side in [PseudoTls::server(), PseudoTls::client()] {
        let all = steps.map(|step| {
            let mut side = side;
            receive(bytes, step, move |bytes| {
                let (before, result) = (side, side.next(bytes));
                assert!(matches!(result, Ok(Next::Frame { .. })) || side == before);
                result
            })
        });
        assert_eq!(all[0], all[1]);
        assert_eq!(all[0], all[2]);
        let mut at = 0;
        for (index, (received, consumed)) in all[0].0.iter().enumerate() {
            let bytes = &bytes[at..at + consumed];
            match received {
                Received::ClientHello(hello) => {
                    assert_eq!((index, side), (0, PseudoTls::server()));
                    assert_eq!(pseudo_tls::client_hello(hello.random), bytes);
                }
                Received::ServerHello(hello) => {
                    assert_eq!((index, side), (0, PseudoTls::client()));
                    let copy = pseudo_tls::server_hello(hello.random, hello.session_id);
                    assert_eq!(copy, bytes);
                }
                Received::Frame(frame) => again(*frame, bytes),
            }
            at += consumed;
        }
    }
}

/// Writing a frame that was read reproduces its bytes.
fn again(frame: MsFrame<&[u8]>, bytes: &[u8]) {
    let (kind, payload) = match frame {
        MsFrame::Control(payload) => (MsFrameKind::Control, payload),
        MsFrame::Data(payload) => (MsFrameKind::Data, payload),
    };
    let mut copy = vec![0xAA; bytes.len()];
    let mut writer = MsTcp::begin(&mut copy[..], kind).expect("it fits");
    writer.put(payload).expect("it fits");
    assert_eq!(writer.end().expect("it fits"), bytes);
    assert_eq!(
        MsTcp::header(kind, payload.len()),
        Ok(copy[..4].try_into().expect("4"))
    );
}

/// Multiplexed frames, read and written, and one frame around all of the bytes.
fn multiplexed(bytes: &[u8]) {
    let step = steps(bytes, 0)[2];
    let one = receive(bytes, step, |bytes| MsMultiplexed::new().next(bytes));
    let all = receive(bytes, bytes.len().max(1), |bytes| {
        MsMultiplexed::new().next(bytes)
    });
    assert_eq!(one, all);
    let mut at = 0;
    for (frame, consumed) in all.0 {
        let bytes = &bytes[at..at + consumed];
        let mut copy = Vec::new();
        let mut writer = MsMultiplexed::begin(&mut copy, frame.session).expect("it grows");
        writer.put(frame.payload).expect("it grows");
        assert_eq!(writer.end().expect("it fits"), bytes);
        assert_eq!(MultiplexedFrame::parse_datagram(bytes), Ok(frame));
        at += consumed;
    }
    // A frame takes any payload of up to 65,527 bytes.
    let payload = &bytes[..bytes.len().min(65_527)];
    let session = MultiplexedTurnSessionId(*b"session!");
    let mut frame = Vec::new();
    let mut writer = MsMultiplexed::begin(&mut frame, session).expect("it grows");
    writer.put(payload).expect("it grows");
    writer.end().expect("it fits");
    let expected = MultiplexedFrame { session, payload };
    assert_eq!(MultiplexedFrame::parse_datagram(&frame), Ok(expected));
}

/// Checks the copy with the alternate CRC: of the message, if its FINGERPRINT is valid, and of the message with a
/// new tag and FINGERPRINT.
fn alternate_crc(bytes: &[u8], dialect: Dialect) {
    let Ok((message, _)) = dialect.parse_prefix(bytes) else {
        return;
    };
    let mut copy = Vec::new();
    let made = message.copy_with_alternate_crc(&mut copy).is_ok();
    assert_eq!(made, message.fingerprint() == FingerprintStatus::Valid);
    assert_eq!(made, !copy.is_empty());
    let key = Key::short_term("of the properties");
    let mut buffer = Vec::new();
    let mut writer =
        MessageWriter::new(&mut buffer, message.header()).expect("the header of a valid message");
    for raw in message.attributes() {
        let _ = writer.raw(&raw);
    }
    let Ok(writer) = writer
        .integrity(&key)
        .and_then(|writer| writer.fingerprint())
    else {
        return;
    };
    writer.finish().expect("the message is complete");
    let message = dialect.parse(&buffer).expect("the library wrote it");
    let mut copy = Vec::new();
    message
        .copy_with_alternate_crc(&mut copy)
        .expect("FINGERPRINT is valid");
    let (text, crc) = buffer.split_at(buffer.len() - 4);
    let alternate = dialect.parse(&copy).expect("the copy is valid");
    assert!(copy.starts_with(text));
    let expected = if copy.ends_with(crc) {
        FingerprintStatus::Valid
    } else {
        FingerprintStatus::ValidAlternateCrc
    };
    assert_eq!(alternate.fingerprint(), expected);
    assert!(alternate.verify(&key).is_ok());
}

/// A user name that is joined from two fragments is split into the same fragments.
fn names(bytes: &[u8], foundation: u8) {
    let (receiver, sender) = bytes.split_at(usize::from(foundation).min(bytes.len()));
    let sender = &sender[..sender.len().min(500)];
    let name = IceUsername::new(receiver, sender, foundation);
    for dialect in crate::DIALECTS {
        let header = Header::request(Method::BINDING, TransactionId::new(*b"abcdefghijkl"));
        let mut buffer = Vec::new();
        let mut writer =
            MessageWriter::new(&mut buffer, header.in_dialect(dialect)).expect("it fits");
        writer.attribute(&name).expect("short enough");
        writer.finish().expect("the message is complete");
        let message = dialect.parse(&buffer).expect("the library wrote it");
        let read = message
            .get::<Username>()
            .expect("USERNAME takes any bytes")
            .expect("just written");
        assert_eq!(read.as_bytes().len() % 4, 0);
        assert_eq!(IceUsername::parse(read, receiver), Some(name));
    }
    if let Ok(read) = Username::new(sender) {
        if let Some(read) = IceUsername::parse(read, b"own") {
            assert_eq!(read.receiver(), b"own");
        }
        let _ = read.fragments();
    }
}
