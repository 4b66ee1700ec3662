//! Pseudo-TLS, frames and multiplexed frames.

use stunwire::attribute::ms::MultiplexedTurnSessionId;
use stunwire::framing::pseudo_tls::{
    self, CLIENT_HELLO_LEN, PseudoTls, Received, SERVER_HELLO_LEN,
};
use stunwire::framing::{FrameError, Framing, Next, Sniffed, sniff};
use stunwire::framing::{MsFrame, MsFrameKind, MsTcp};
use stunwire::framing::{MsMultiplexed, MultiplexedFrame};
use stunwire_properties as properties;

use crate::support::hex;

/// The client hello of libnice, from its source: the same bytes for every connection.
const LIBNICE: &str = "16 0301 002d 01 000029 0301
    c1fcd5a3 6d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb
    00 0002 0018 01 00";

/// A server hello by the fields of \[MS-TURN\] 2.1.1: ServerHello with a session id of 32 bytes, and
/// ServerHelloDone in the same record.
const SERVER: &str = "16 0301 004e 02 000046 0301
    00000000 00000000000000000000000000000000000000000000000000000000
    20 0000000000000000000000000000000000000000000000000000000000000000
    0018 00 0e000000";

#[test]
fn the_hellos() {
    let libnice = hex(LIBNICE);
    let random: [u8; 32] = libnice[11..43].try_into().unwrap();
    assert_eq!(pseudo_tls::client_hello(&random).to_vec(), libnice);
    let server = pseudo_tls::server_hello(&[0; 32], &[0; 32]);
    assert_eq!(server.to_vec(), hex(SERVER));
    let server = pseudo_tls::server_hello(&[1; 32], &[2; 32]);
    assert_eq!(
        (&server[11..43], &server[44..76]),
        (&[1; 32][..], &[2; 32][..])
    );
}

/// A hello is read when it is complete, and the bytes after it are left unread.
#[test]
fn bytes_after_a_hello_are_left_unread() {
    for rest in [&b""[..], b"\x03\x00\x00\x01x", b"\x16", b"\xff\xff\xff"] {
        for (start, hello) in [
            (PseudoTls::server(), hex(LIBNICE)),
            (PseudoTls::client(), hex(SERVER)),
        ] {
            let stream = [&hello[..], rest].concat();
            for split in 0..hello.len() {
                let mut side = start;
                let expected = Next::Incomplete {
                    needed: hello.len() - split,
                };
                let needed = side.next(&stream[..split]).unwrap();
                // Before the first byte a server cannot know whether a hello or a frame follows.
                assert!(needed == expected || split == 0, "{split}");
                assert!(!side.is_established());
            }
            let mut side = start;
            let Ok(Next::Frame { frame, consumed }) = side.next(&stream) else {
                panic!("the hello is complete");
            };
            assert_eq!(consumed, hello.len());
            assert!(side.is_established());
            match frame {
                Received::ClientHello(read) => assert_eq!(read.random, &hello[11..43]),
                Received::ServerHello(read) => assert_eq!(read.session_id, &[0; 32]),
                Received::Frame(_) => panic!("no frame"),
            }
            if rest.len() == 5 {
                let frame = Received::Frame(MsFrame::Data(&b"x"[..]));
                let next = side.next(&stream[consumed..]);
                assert_eq!(next, Ok(Next::Frame { frame, consumed: 5 }));
            }
            // There is no second hello.
            let error = side.next(&hello).unwrap_err();
            assert_eq!(error, FrameError::NoFrame { first: 0x16 });
        }
    }
}

/// The limit applies to the frames, after the handshake too.
#[test]
fn the_longest_frame() {
    let frame = b"\x02\x00\x00\x05xxxxx";
    for hello in [&b""[..], &hex(LIBNICE)] {
        for (max, is_allowed) in [(9, true), (8, false)] {
            let mut server = PseudoTls::server().max_frame(max);
            let stream = [hello, frame].concat();
            let mut rest = &stream[..];
            if !hello.is_empty() {
                let Ok(Next::Frame { consumed, .. }) = server.next(rest) else {
                    panic!("the hello is complete");
                };
                rest = &rest[consumed..];
            }
            assert_eq!(server.next(rest).is_ok(), is_allowed, "{max}");
        }
    }
}

/// \[MS-TURN\] 2.2.3: FF 10, the length of the rest of the frame, and the session's id.
#[test]
fn the_header_of_a_multiplexed_frame() {
    let session = MultiplexedTurnSessionId(*b"session!");
    let header = |len| MsMultiplexed::header(session, len);
    assert_eq!(header(0), Ok(*b"\xff\x10\x00\x08session!"));
    assert_eq!(header(65_527), Ok(*b"\xff\x10\xff\xffsession!"));
    for len in [65_528, usize::MAX] {
        assert!(header(len).is_err(), "{len}");
    }
}

#[test]
fn a_client_without_a_hello() {
    let mut server = PseudoTls::server();
    let frame = Received::Frame(MsFrame::Control(&b"x"[..]));
    let next = server.next(b"\x02\x00\x00\x01x");
    assert_eq!(next, Ok(Next::Frame { frame, consumed: 5 }));
    assert!(server.is_established());
    // A client that has sent its hello waits for the server's hello.
    let error = PseudoTls::client().next(b"\x02").unwrap_err();
    let expected = FrameError::Unexpected {
        offset: 0,
        found: 2,
        expected: 0x16,
    };
    assert_eq!(error, expected);
}

/// A change in any fixed byte of a hello is refused with its offset, as soon as the byte has arrived.
#[test]
fn a_wrong_byte_of_a_hello() {
    for (start, hello, free) in [
        (PseudoTls::server(), hex(LIBNICE), [11..43, 0..0]),
        (PseudoTls::client(), hex(SERVER), [11..43, 44..76]),
    ] {
        for at in 0..hello.len() {
            let mut bytes = hello.clone();
            bytes[at] ^= 0x40;
            let mut side = start;
            if free.iter().any(|free| free.contains(&at)) {
                assert!(matches!(side.next(&bytes), Ok(Next::Frame { .. })));
                continue;
            }
            for end in at + 1..=bytes.len() {
                let result = side.next(&bytes[..end]);
                if matches!(at, 3 | 4) {
                    if end < 5 {
                        assert!(matches!(result, Ok(Next::Incomplete { .. })));
                        continue;
                    }
                    let error = result.unwrap_err();
                    let expected = if hello.len() == CLIENT_HELLO_LEN {
                        45
                    } else {
                        78
                    };
                    let found = u16::from_be_bytes([bytes[3], bytes[4]]);
                    assert_eq!(
                        error,
                        FrameError::Length {
                            offset: 3,
                            found,
                            min: expected,
                            max: expected,
                        }
                    );
                } else {
                    let error = result.unwrap_err();
                    assert_eq!(error.offset(), at);
                    assert!(matches!(error, FrameError::Unexpected { .. }));
                }
                assert_eq!(side, start);
            }
        }
    }
}

/// The hello of a TLS client is refused, because its record has another length.
#[test]
fn a_real_tls_hello() {
    let error = PseudoTls::server()
        .next(&hex("16030100c8 010000c40303"))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the length at offset 3 of the frame is 200 bytes, outside 45 to 45 bytes"
    );
    let error = PseudoTls::client()
        .next(&hex("160303007a 02000076"))
        .unwrap_err();
    assert_eq!(error.offset(), 2);
}

/// Google's hellos, as in the library of libnice: 72 bytes in SSLv2 format, answered by 79 bytes.
const GOOGLE_CLIENT: &str = "8046 01 0301 002d 0000 0010
    010080 030080 0700c0 060040 020080 040080 000004 00feff 00000a 00fefe 000009 000064 000062 000003
    000006 1f170ca6 2f0078fc 46552eb1 8339f1ea";
const GOOGLE_SERVER: &str = "16 0301 004a 02 000046 0301
    428545a7 27a95da0 b3c5e753 da482b3f c65aca89 c15852a1 783c5b17 4600853f
    20 0ed306725b5b1b5f15ac13f988539d9b e83d7b0c30326e384da27557416c345c 0004 00";

#[test]
fn the_google_hello_is_recognized() {
    let hello = hex(GOOGLE_CLIENT);
    assert_eq!(hello.len(), 72);
    for end in 1..72 {
        let next = PseudoTls::server().next(&hello[..end]);
        assert_eq!(next, Ok(Next::Incomplete { needed: 72 - end }));
    }
    let next = PseudoTls::server().next(&hello);
    assert_eq!(next, Err(FrameError::GoogleHello));
    let answer = hex(GOOGLE_SERVER);
    assert_eq!(answer.len(), 79);
    for end in 1..79 {
        let next = PseudoTls::client().next(&answer[..end]);
        // Up to the length of the record it could be the hello of MS-TURN.
        let needed = if end < 5 { 83 - end } else { 79 - end };
        assert_eq!(next, Ok(Next::Incomplete { needed }));
    }
    let next = PseudoTls::client().next(&answer);
    assert_eq!(next, Err(FrameError::GoogleHello));
    for bytes in [hello, answer] {
        assert_eq!(sniff(&bytes), Sniffed::Is(Framing::GoogleHello));
        properties::stream::sniffed(&bytes);
    }
    assert_eq!(sniff(&hex(LIBNICE)), Sniffed::Is(Framing::PseudoTls));
    assert_eq!(sniff(&hex(SERVER)), Sniffed::Is(Framing::PseudoTls));
    assert_eq!(FrameError::GoogleHello.offset(), 0);
}

/// The ClientHello of SSLv2 with 15 ciphers (RFC 5246, appendix E.2) begins with the same 11 bytes, and a
/// ServerHello without extensions has the same length.
#[test]
fn tls_hellos_of_the_same_length_are_not_google_hellos() {
    let mut client = hex(GOOGLE_CLIENT);
    // OpenSSL 0.9.8 lists the ciphers of TLS first.
    client[11..14].copy_from_slice(&[0, 0, 0x39]);
    let mut server = hex(GOOGLE_SERVER);
    server[11..15].copy_from_slice(&0x6592_0080_u32.to_be_bytes());
    let mut random = hex(GOOGLE_SERVER);
    random[20] ^= 1;
    for hello in [client, server, random] {
        assert_eq!(sniff(&hello), Sniffed::Is(Framing::Tls), "{hello:02x?}");
        properties::stream::sniffed(&hello);
        for mut reader in [PseudoTls::server(), PseudoTls::client()] {
            let error = reader.next(&hello).unwrap_err();
            assert_ne!(error, FrameError::GoogleHello);
        }
    }
}

#[test]
fn frames() {
    let framing = MsTcp::new();
    for (kind, first) in [(MsFrameKind::Control, 2), (MsFrameKind::Data, 3)] {
        for length in [0_usize, 1, 4, 5, 65_535] {
            let payload = vec![7; length];
            let mut out = b"before".to_vec();
            let mut frame = MsTcp::begin(&mut out, kind).unwrap();
            frame.put(&payload).unwrap();
            frame.end().unwrap();
            let bytes = out.strip_prefix(b"before").unwrap();
            let [high, low] = (length as u16).to_be_bytes();
            assert_eq!(bytes[..4], [first, 0, high, low]);
            assert_eq!(MsTcp::header(kind, length).unwrap(), bytes[..4]);
            let expected = match kind {
                MsFrameKind::Control => MsFrame::Control(&payload[..]),
                MsFrameKind::Data => MsFrame::Data(&payload[..]),
            };
            let consumed = bytes.len();
            let next = framing.next(bytes);
            assert_eq!(
                next,
                Ok(Next::Frame {
                    frame: expected,
                    consumed
                })
            );
            for end in (0..consumed).step_by(997).chain(0..consumed.min(9)) {
                let needed = match end {
                    0..4 => 4 - end,
                    _ => consumed - end,
                };
                assert_eq!(
                    framing.next(&bytes[..end]),
                    Ok(Next::Incomplete { needed }),
                    "{end}"
                );
            }
            let limited = framing.max_frame(100).next(&bytes[..4]);
            assert_eq!(limited.is_err(), consumed > 100);
        }
        assert!(MsTcp::header(kind, 65_536).is_err());
    }
    for first in 0..=u8::MAX {
        let right = matches!(first, 2 | 3);
        let bytes = [2, first];
        let next = framing.next(&bytes[1..]);
        assert_eq!(
            next,
            if right {
                Ok(Next::Incomplete { needed: 3 })
            } else {
                Err(FrameError::NoFrame { first })
            }
        );
        let error = framing.next(&bytes);
        let wrong = FrameError::Unexpected {
            offset: 1,
            found: first,
            expected: 0,
        };
        assert_eq!(error.err(), (first != 0).then_some(wrong));
    }
}

#[test]
fn multiplexed_frames() {
    // By hand from \[MS-TURN\] 2.2.3: the length counts the session id.
    let bytes = hex("ff10 000b 0102030405060708 aabbcc");
    let frame = MultiplexedFrame {
        session: MultiplexedTurnSessionId([1, 2, 3, 4, 5, 6, 7, 8]),
        payload: &[0xaa, 0xbb, 0xcc],
    };
    assert_eq!(MultiplexedFrame::parse_datagram(&bytes), Ok(frame));
    let mut out = [0xAA; 15];
    let mut writer = MsMultiplexed::begin(&mut out, frame.session).unwrap();
    writer.put(frame.payload).unwrap();
    assert_eq!(writer.end().unwrap(), bytes);
    for end in 0..bytes.len() {
        let error = MultiplexedFrame::parse_datagram(&bytes[..end]).unwrap_err();
        assert!(
            matches!(error, FrameError::Truncated { available, .. } if available as usize == end)
        );
        assert!(MsMultiplexed::begin(&mut [0; 11], frame.session).is_err());
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(
        MultiplexedFrame::parse_datagram(&longer),
        Err(FrameError::Trailing {
            offset: 15,
            available: 16
        })
    );
    assert!(matches!(
        MsMultiplexed::new().next(&longer),
        Ok(Next::Frame { consumed: 15, .. })
    ));
    for length in 0..8 {
        let error = MsMultiplexed::new()
            .next(&[0xff, 0x10, 0, length])
            .unwrap_err();
        let expected = FrameError::Length {
            offset: 2,
            found: u16::from(length),
            min: 8,
            max: u16::MAX,
        };
        assert_eq!(error, expected);
    }
    let error = MsMultiplexed::new().next(&[0x40]).unwrap_err();
    assert_eq!(error, FrameError::NoFrame { first: 0x40 });
    let error = MsMultiplexed::new().next(&[0xff, 0x11]).unwrap_err();
    assert_eq!(error.offset(), 1);
    let mut all = Vec::new();
    let mut writer = MsMultiplexed::begin(&mut all, frame.session).unwrap();
    writer.put(&[0; 65_528]).unwrap();
    assert!(writer.end().is_err());
    assert!(all.is_empty());
}

/// A whole connection has the properties of streams, at every split into two segments.
#[test]
fn a_connection() {
    let server = [&hex(SERVER)[..], b"\x02\x00\x00\x03abc\x03\x00\x00\x00"].concat();
    let client = [&hex(LIBNICE)[..], b"\x02\x00\x00\x03abc\x03\x00\x00\x05"].concat();
    assert_eq!(server.len(), SERVER_HELLO_LEN + 11);
    for stream in [server, client] {
        for split in 0..=u8::MAX {
            let mut bytes = vec![split];
            bytes.extend_from_slice(&stream);
            properties::microsoft(&bytes);
        }
        for end in 0..stream.len() {
            let mut bytes = vec![0];
            bytes.extend_from_slice(&stream[..end]);
            properties::microsoft(&bytes);
        }
    }
}
