//! The laws of Microsoft's framings and messages.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

use crate::attribute::Username;
use crate::attribute::ms::{IceUsername, MultiplexedTurnSessionId};
use crate::framing::ms_frame::{self, Kind, MsFrame, MsTcp};
use crate::framing::ms_multiplexed::{self, MultiplexedFrame};
use crate::framing::pseudo_tls::{self, PseudoTls, Received};
use crate::framing::{FrameError, Next};
use crate::{Dialect, FingerprintStatus, Header, Key, MessageWriter, Method, TransactionId};

/// Whatever the bytes: as a stream of each framing, as a message and as its twin, as names.
///
/// The first byte cuts the others into pieces.
pub fn microsoft(bytes: &[u8]) {
    let Some((cut, bytes)) = bytes.split_first() else {
        return;
    };
    super::message(bytes);
    frames(bytes, *cut);
    multiplexed(bytes);
    for dialect in [
        Dialect::MS_ICE2,
        Dialect::MS_ICE2_LEGACY,
        Dialect::MS_ICE2_LEGACY.unpadded(),
    ] {
        twin(bytes, dialect);
    }
    names(bytes, *cut);
}

/// Everything that a reader gives for a stream of which more and more arrives, `step` bytes at a
/// time: the frames and the error that ended it.
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
                // Fewer than that make no frame.
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

/// How a stream is cut changes nothing, and what was read is written as it was.
fn frames(bytes: &[u8], cut: u8) {
    let steps = [bytes.len().max(1), usize::from(cut) + 1, 1];
    let all = steps.map(|step| receive(bytes, step, |bytes| MsTcp::new().next(bytes)));
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    let mut at = 0;
    for (frame, consumed) in &all[0].0 {
        again(*frame, &bytes[at..at + consumed]);
        at += consumed;
    }
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

fn again(frame: MsFrame<&[u8]>, bytes: &[u8]) {
    let (kind, payload) = match frame {
        MsFrame::Control(payload) => (Kind::Control, payload),
        MsFrame::Data(payload) => (Kind::Data, payload),
    };
    let mut copy = vec![0xAA; bytes.len()];
    let mut writer = ms_frame::begin(&mut copy[..], kind).expect("room");
    writer.put(payload).expect("room");
    assert_eq!(writer.end().expect("as before"), bytes);
    assert_eq!(
        ms_frame::head(kind, payload.len()),
        Ok(copy[..4].try_into().expect("4"))
    );
}

fn multiplexed(bytes: &[u8]) {
    let one = receive(bytes, 1, ms_multiplexed::next);
    let all = receive(bytes, bytes.len().max(1), ms_multiplexed::next);
    assert_eq!(one, all);
    let mut at = 0;
    for (frame, consumed) in all.0 {
        let bytes = &bytes[at..at + consumed];
        let mut copy = Vec::new();
        let mut writer = ms_multiplexed::begin(&mut copy, frame.session).expect("it grows");
        writer.put(frame.payload).expect("it grows");
        assert_eq!(writer.end().expect("as before"), bytes);
        assert_eq!(MultiplexedFrame::parse(bytes), Ok(frame));
        at += consumed;
    }
    // Any packet travels in a frame.
    let payload = &bytes[..bytes.len().min(65_527)];
    let session = MultiplexedTurnSessionId(*b"session!");
    let mut frame = Vec::new();
    let mut writer = ms_multiplexed::begin(&mut frame, session).expect("it grows");
    writer.put(payload).expect("it grows");
    writer.end().expect("it fits");
    let expected = MultiplexedFrame { session, payload };
    assert_eq!(MultiplexedFrame::parse(&frame), Ok(expected));
}

/// The twin of what is read, if it has one, and of the same message signed by the writer, which has
/// one always.
fn twin(bytes: &[u8], dialect: Dialect) {
    let Ok((message, _)) = dialect.parse_prefix(bytes) else {
        return;
    };
    let mut copy = Vec::new();
    let made = message.twin(&mut copy).is_ok();
    assert_eq!(made, message.fingerprint() == FingerprintStatus::Valid);
    assert_eq!(made, !copy.is_empty());
    let key = Key::short_term("of the laws");
    let mut buffer = Vec::new();
    let mut writer = MessageWriter::new(&mut buffer, message.header()).expect("its own header");
    for raw in message.attributes() {
        let _ = writer.raw(&raw);
    }
    let Ok(writer) = writer
        .integrity(&key)
        .and_then(|writer| writer.fingerprint())
    else {
        return;
    };
    writer.finish().expect("whole");
    let message = dialect.parse(&buffer).expect("our own message");
    let mut copy = Vec::new();
    message.twin(&mut copy).expect("it has a fingerprint");
    let (text, crc) = buffer.split_at(buffer.len() - 4);
    let twin = dialect.parse(&copy).expect("as the first");
    assert!(copy.starts_with(text));
    let expected = if copy.ends_with(crc) {
        FingerprintStatus::Valid
    } else {
        FingerprintStatus::ValidMsTable
    };
    assert_eq!(twin.fingerprint(), expected);
    assert!(twin.verify(&key).is_ok());
}

/// A name of fragments is read as these fragments.
fn names(bytes: &[u8], cut: u8) {
    let (receiver, sender) = bytes.split_at(usize::from(cut).min(bytes.len()));
    let sender = &sender[..sender.len().min(500)];
    let name = IceUsername::new(receiver, sender, cut);
    for dialect in super::DIALECTS {
        let header = Header::request(Method::BINDING, TransactionId::new(*b"abcdefghijkl"));
        let mut buffer = Vec::new();
        let mut writer = MessageWriter::new(&mut buffer, header.in_dialect(dialect)).expect("room");
        writer.attribute(&name).expect("short enough");
        writer.finish().expect("whole");
        let message = dialect.parse(&buffer).expect("our own message");
        let read = message
            .get::<Username>()
            .expect("any bytes")
            .expect("there");
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
