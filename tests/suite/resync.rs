//! Finding the next message in a stream of which a part is missing.

use stunwire::framing::{Framing, Resync, resync};

use crate::support::{hex, rfc5769_request};

/// A message in a frame of each framing, by hand: RFC 4571 §2, [MS-TURN] 2.1.4 and 2.2.3.
fn frames(message: &[u8]) -> [(Framing, Vec<u8>); 5] {
    let [high, low] = (message.len() as u16).to_be_bytes();
    let [session_high, session_low] = (message.len() as u16 + 8).to_be_bytes();
    let framed = |header: &[u8]| [header, message].concat();
    [
        (Framing::StunTcp, message.to_vec()),
        (Framing::Rfc4571, framed(&[high, low])),
        (Framing::MsTcp, framed(&[2, 0, high, low])),
        (Framing::MsTcp, framed(&[3, 0, high, low])),
        (
            Framing::MsMultiplexed,
            framed(&[
                0xFF,
                0x10,
                session_high,
                session_low,
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
            ]),
        ),
    ]
}

/// An Allocate of MS-TURN by hand, as [MS-TURN] 2.2 has it: no cookie in the header, MAGIC-COOKIE first.
fn ms_turn() -> Vec<u8> {
    hex("0003 0010 30313233343536373839616263646566 000f0004 72c64bc6 000d0004 00000258")
}

#[test]
fn finds_the_next_message_in_every_framing() {
    for message in [rfc5769_request(), ms_turn()] {
        for (framing, frame) in frames(&message) {
            // At the start, after half a frame, and after a cookie that does not belong to a message.
            for lost in [
                &b""[..],
                &frame[frame.len() / 2..],
                b"\xff\xff\xff\xff\x21\x12\xa4\x42",
            ] {
                let stream = [lost, &frame, b"and what follows"].concat();
                let offset = lost.len();
                assert_eq!(resync(&stream), Resync::Found { offset, framing });
            }
        }
    }
}

/// No byte of a message is skipped while it arrives, and the message is found as soon as it is complete.
#[test]
fn skips_no_part_of_a_message_that_arrives() {
    for message in [rfc5769_request(), ms_turn()] {
        for (framing, frame) in frames(&message) {
            for lost in [0, 1, 40, 100] {
                let stream = [&vec![0x2E; lost], &frame[..]].concat();
                for end in 0..stream.len() {
                    let Resync::NotFound { skip } = resync(&stream[..end]) else {
                        panic!("{framing:?} found in {end} of {} bytes", stream.len());
                    };
                    assert!(skip <= lost, "{framing:?}: {skip} of {lost} bytes skipped");
                }
                let offset = lost;
                assert_eq!(resync(&stream), Resync::Found { offset, framing });
            }
        }
    }
}

/// The bytes of a frame before its cookie look like the start of a message with an earlier cookie. None of them is skipped
/// while that message is incomplete, and when it proves invalid the frame is found.
#[test]
fn a_cookie_before_that_of_the_frame() {
    const FALSE_START: &str = "0001 0100 2112a442";
    let in_transaction_id = ms_turn();
    let in_transaction_id = [
        &in_transaction_id[..4],
        &hex(FALSE_START),
        &in_transaction_id[12..],
    ]
    .concat();
    let mut in_session_id = frames(&rfc5769_request())[4].clone();
    in_session_id.1[4..12].copy_from_slice(&hex(FALSE_START));
    let frames = frames(&in_transaction_id).into_iter();
    for (framing, frame) in frames.chain([in_session_id]) {
        for lost in [0, 1, 40] {
            let stream = [&vec![0x2E; lost], &frame[..], &[0xEE; 300]].concat();
            let found = (0..stream.len()).find_map(|end| match resync(&stream[..end]) {
                Resync::Found { offset, framing } => Some((offset, framing)),
                Resync::NotFound { skip } => {
                    assert!(
                        skip <= lost,
                        "{framing:?}: {skip} of {lost} bytes skipped at {end}"
                    );
                    None
                }
            });
            assert_eq!(found, Some((lost, framing)));
        }
    }
}

/// What precedes an incomplete message is skipped, unless it can be the start of a message of MS-TURN whose MAGIC-COOKIE,
/// 20 bytes after its start, has not arrived.
#[test]
fn bytes_to_skip() {
    let message = hex("0001 03e8 2112a442 6162636465666768696a6b6c");
    let stream = [&[0x2E; 40][..], &message, &[0x2E; 60]].concat();
    for (end, expected) in [(48, 28), (50, 30), (59, 39), (60, 40), (61, 40), (120, 40)] {
        let skip = expected;
        assert_eq!(resync(&stream[..end]), Resync::NotFound { skip }, "{end}");
    }
    // The last bytes are the first ones of MAGIC-COOKIE.
    let stream = [&stream[..52], &hex("000f0004")].concat();
    assert_eq!(resync(&stream), Resync::NotFound { skip: 32 });
    // The session id of a frame looks like the start of the message.
    let mut session = frames(&rfc5769_request())[4].1.clone();
    session[4..12].copy_from_slice(&message[..8]);
    let stream = [&[0x2E; 40][..], &session[..60]].concat();
    assert_eq!(resync(&stream), Resync::NotFound { skip: 40 });
}

/// Bytes before a message are the header of its frame only if their length is that of the message.
#[test]
fn bytes_that_look_like_a_header() {
    for lost in [
        &b"\xff\x10\x00\x1csession!"[..],
        b"\x02\x00\x00\x1c",
        b"\x03\x00\x00\x1c",
        b"\x00\x1c",
    ] {
        // Of a message without attributes: the lengths before it are those of others.
        let message = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
        let stream = [&b"before"[..], lost, message].concat();
        let offset = stream.len() - message.len();
        let is_session = lost.len() == 12;
        let expected = match is_session {
            // 28 bytes are the message and the session's id.
            true => Resync::Found {
                offset: 6,
                framing: Framing::MsMultiplexed,
            },
            false => Resync::Found {
                offset,
                framing: Framing::StunTcp,
            },
        };
        assert_eq!(resync(&stream), expected, "{lost:x?}");
        let mut other = stream.clone();
        // One more than any of them needs.
        other[offset - lost.len() + if is_session { 3 } else { lost.len() - 1 }] = 0x1D;
        let framing = Framing::StunTcp;
        assert_eq!(resync(&other), Resync::Found { offset, framing });
    }
}

/// A message with an invalid attribute is not found, and the search continues after its cookie.
#[test]
fn continues_after_an_invalid_message() {
    let mut invalid = rfc5769_request();
    invalid[22..24].copy_from_slice(&[0xFF, 0xFF]);
    let next = rfc5769_request();
    let stream = [&invalid[..], &next].concat();
    let offset = invalid.len();
    let framing = Framing::StunTcp;
    assert_eq!(resync(&stream), Resync::Found { offset, framing });
    let Resync::NotFound { skip } = resync(&invalid) else {
        panic!("an invalid message was found");
    };
    assert!(skip > 0 && skip < invalid.len());
}

#[test]
fn bytes_without_a_cookie_are_skipped() {
    for len in [0, 1, 38, 39, 40, 1000] {
        let skip = len.max(39) - 39;
        assert_eq!(resync(&vec![0; len]), Resync::NotFound { skip });
    }
}

/// A message has at most 100 attributes, so that the search reads a limited number of them after each cookie.
#[test]
fn messages_of_many_attributes_are_not_found() {
    let of = |count: usize| {
        let mut message = hex("0001 0000 2112a442 b7e7a701bc34d686fa87dfae");
        message[2..4].copy_from_slice(&(4 * count as u16).to_be_bytes());
        message.extend_from_slice(&hex("00250000").repeat(count));
        message
    };
    let framing = Framing::StunTcp;
    assert_eq!(resync(&of(100)), Resync::Found { offset: 0, framing });
    let (many, next) = (of(101), rfc5769_request());
    let offset = many.len();
    assert_eq!(
        resync(&[many, next].concat()),
        Resync::Found { offset, framing }
    );
    // The same for MS-TURN, whose MAGIC-COOKIE is one of them.
    let ms_turn = |count: usize| {
        let mut message = ms_turn();
        message[2..4].copy_from_slice(&(16 + 4 * count as u16).to_be_bytes());
        message.extend_from_slice(&hex("80000000").repeat(count));
        message
    };
    assert_eq!(resync(&ms_turn(98)), Resync::Found { offset: 0, framing });
    assert!(matches!(resync(&ms_turn(99)), Resync::NotFound { .. }));
}

/// After what looks like the start of a long message the next frame is not found before the end of that message, unless its
/// start is skipped.
#[test]
fn an_incomplete_message_delays_the_next_one() {
    let message = rfc5769_request();
    let chance = b"\x00\x01\xff\xf0\x21\x12\xa4\x42abcdefghijkl";
    for (framing, frame) in frames(&message) {
        let stream = [&chance[..], &frame].concat();
        assert_eq!(resync(&stream), Resync::NotFound { skip: 0 });
        let offset = chance.len() - 1;
        assert_eq!(resync(&stream[1..]), Resync::Found { offset, framing });
        // The message is not valid.
        let long = [&stream[..], &vec![0xEE; 0x1_0000]].concat();
        let offset = chance.len();
        assert_eq!(resync(&long), Resync::Found { offset, framing });
    }
}
