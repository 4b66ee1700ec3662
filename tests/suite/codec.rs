//! The framings as tokio-util's codecs, over sockets and over pipes.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use stunwire::attribute::{ChannelNumber, ChannelRange, ConnectionId, Software};
use stunwire::framing::{Frame, FrameError, MsFrame, MsTcp, Rfc4571, StreamError, StunTcp};
use stunwire::{ChannelData, EncodeError, Header, Message, MessageWriter, Method, TransactionId};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Decoder, Encoder, Framed};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let limit = std::time::Duration::from_secs(60);
    runtime.block_on(async {
        tokio::time::timeout(limit, future)
            .await
            .expect("the codec has stalled")
    })
}

/// A channel number as it is read, whether or not it is in the range of RFC 8656.
fn channel_of(number: u16) -> ChannelNumber {
    let bytes = number.to_be_bytes();
    let datagram = [bytes[0], bytes[1], 0, 0];
    ChannelData::parse_datagram(&datagram).unwrap().number
}

fn number(at: usize) -> ChannelNumber {
    ChannelNumber::new(0x4000 + (at % 0x1000) as u16).unwrap()
}

/// Writes the frame with this index into the buffer: a message, or 0 to 1,471 bytes of data.
fn put(at: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
    if at % 3 == 0 {
        let mut message = MessageWriter::new(out, Header::indication(Method::BINDING, ID))?;
        message.attribute(&Software::new(&"stunwire"[..at % 9])?)?;
        message.fingerprint()?.finish()?;
    } else {
        let mut data = StunTcp::begin(out, number(at))?;
        data.put(&PAYLOAD[..at * 7 % PAYLOAD.len()])?;
        data.end()?;
    }
    Ok(())
}

const PAYLOAD: &[u8; 1472] = &[0x5A; 1472];

fn check(at: usize, frame: &Frame<Bytes>) {
    match frame {
        Frame::Stun(bytes) => {
            let message = Message::parse(bytes).unwrap();
            assert!(at % 3 == 0 && message.fingerprint().is_valid());
            let software = message.get::<Software>().unwrap().unwrap();
            assert_eq!(software.as_bytes(), &b"stunwire"[..at % 9]);
        }
        Frame::ChannelData { number, payload } => {
            assert!(at % 3 != 0 && *number == self::number(at), "{at}");
            assert_eq!(payload, &PAYLOAD[..at * 7 % PAYLOAD.len()]);
        }
    }
}

const FRAMES: usize = 100_000;

/// The most bytes that both ends may hold together, with all buffers of the runtime. The limit does not
/// depend on the number of frames, which are 49 MB in total.
const MOST_HELD: u64 = 1 << 20;

#[test]
fn an_echo_of_100_000_mixed_frames() {
    let exchange = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let echo = async {
            let (socket, _) = listener.accept().await.unwrap();
            let mut server = Framed::new(socket, StunTcp::default());
            while let Some(frame) = server.next().await {
                server.feed(frame.unwrap()).await.unwrap();
                if server.read_buffer().len() < 4 {
                    server.flush().await.unwrap();
                }
                assert!(server.read_buffer().capacity() <= 1 << 17);
                assert!(server.write_buffer().capacity() <= 1 << 17);
            }
        };
        let client = async {
            let socket = TcpStream::connect(address).await.unwrap();
            let mut turn = Framed::new(socket, StunTcp::default());
            let (mut sent, mut back) = (0, 0);
            while back < FRAMES {
                // Several at once, so that frames arrive coalesced and split.
                while sent < FRAMES && sent < back + 64 {
                    put(sent, turn.write_buffer_mut()).unwrap();
                    sent += 1;
                }
                turn.flush().await.unwrap();
                check(back, &turn.next().await.unwrap().unwrap());
                back += 1;
                assert!(turn.read_buffer().capacity() <= 1 << 17);
            }
            assert!(turn.read_buffer().is_empty());
        };
        tokio::join!(echo, client);
    };
    let memory = allocation_counter::measure(|| run(exchange));
    assert!(
        memory.bytes_max < MOST_HELD,
        "{} bytes at most",
        memory.bytes_max
    );
}

/// Sends bytes one by one, so that the reader sees every partial frame.
async fn dribble(bytes: Vec<u8>, mut to: impl AsyncWrite + Unpin) {
    for byte in bytes {
        to.write_all(&[byte]).await.unwrap();
        to.flush().await.unwrap();
    }
}

async fn decode_all<C: Decoder>(
    framed: &mut Framed<impl AsyncRead + AsyncWrite + Unpin, C>,
) -> Vec<C::Item> {
    let mut frames = Vec::new();
    while let Some(Ok(frame)) = framed.next().await {
        frames.push(frame);
    }
    frames
}

#[test]
fn byte_by_byte() {
    run(async {
        let mut bytes = BytesMut::new();
        for at in 0..12 {
            put(at, &mut bytes).unwrap();
        }
        let (near, far) = tokio::io::duplex(1);
        let mut framed = Framed::new(near, StunTcp::default());
        let (frames, ()) = tokio::join!(decode_all(&mut framed), dribble(bytes.to_vec(), far));
        assert_eq!(frames.len(), 12);
        for (at, frame) in frames.iter().enumerate() {
            check(at, frame);
        }
    });
}

/// After an error the decoder yields no more frames, whatever bytes follow.
#[test]
fn an_error_closes() {
    run(async {
        let mut bytes = BytesMut::new();
        put(1, &mut bytes).unwrap();
        bytes.extend_from_slice(b"\xEE");
        put(2, &mut bytes).unwrap();
        let mut framed = Framed::new(std::io::Cursor::new(bytes.to_vec()), StunTcp::default());
        check(1, &framed.next().await.unwrap().unwrap());
        let expected = FrameError::NoFrame { first: 0xEE };
        let mut errors = 0;
        for _ in 0..6 {
            match framed.next().await {
                Some(Err(StreamError::Frame(error))) => {
                    assert_eq!(error, expected);
                    errors += 1;
                }
                None => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(errors >= 1);
    });
}

#[test]
fn the_stream_ends_inside_a_frame() {
    let mut bytes = BytesMut::from(&b"\x40\x00\x00\x05hel"[..]);
    let mut framing = StunTcp::default();
    assert!(matches!(framing.decode(&mut bytes), Ok(None)));
    assert!(matches!(
        framing.decode_eof(&mut bytes),
        Err(StreamError::Truncated {
            available: 7,
            needed: 5
        })
    ));
    let mut bytes = BytesMut::from(&b"\x03\x00\x00\x05hel"[..]);
    assert!(matches!(
        MsTcp::default().decode_eof(&mut bytes),
        Err(StreamError::Truncated {
            available: 7,
            needed: 2
        })
    ));
    let mut bytes = BytesMut::from(&b"\x00\x02a"[..]);
    assert!(matches!(
        Rfc4571::default().decode_eof(&mut bytes),
        Err(StreamError::Truncated {
            available: 3,
            needed: 1
        })
    ));
}

/// A frame longer than the limit is refused when its header has arrived. For a shorter one the buffer
/// grows with the bytes that arrive, not with the length that the header announces.
#[test]
fn the_limit() {
    let mut framing = StunTcp::default().max_frame(2048);
    let mut bytes = BytesMut::from(&b"\x40\x00\x08\x00"[..]);
    assert!(matches!(
        framing.decode(&mut bytes),
        Err(StreamError::Frame(FrameError::TooLong {
            length: 2052,
            max: 2048
        }))
    ));
    assert!(bytes.capacity() < 2048);
    let mut bytes = BytesMut::from(&b"\x40\x00\x07\xfc"[..]);
    assert!(matches!(framing.decode(&mut bytes), Ok(None)));
    assert!(bytes.capacity() < 2048);
    // What a server relays may be longer than what it accepts.
    let mut long = vec![0; 4096];
    long[..20].copy_from_slice(b"\x00\x17\x0f\xec\x21\x12\xa4\x42abcdefghijkl");
    let payload = Bytes::from(vec![0; 4092]);
    let number = ChannelNumber::MIN;
    for frame in [
        Frame::Stun(Bytes::from(long)),
        Frame::ChannelData { number, payload },
    ] {
        let mut out = BytesMut::new();
        framing.encode(frame, &mut out).unwrap();
        assert_eq!(out.len(), 4096);
    }
}

/// Decoded frames point into the buffer from which they were decoded.
#[test]
fn nothing_is_copied() {
    let mut bytes = BytesMut::new();
    for at in 0..6 {
        put(at, &mut bytes).unwrap();
    }
    let buffer = bytes.as_ptr() as usize..bytes.as_ptr() as usize + bytes.len();
    let mut framing = StunTcp::default();
    for _ in 0..6 {
        let (Frame::Stun(part) | Frame::ChannelData { payload: part, .. }) =
            framing.decode(&mut bytes).unwrap().unwrap();
        assert!(buffer.contains(&(part.as_ptr() as usize)) || part.is_empty());
    }
    let mut bytes = BytesMut::from(&b"\x00\x05hello"[..]);
    let start = bytes.as_ptr() as usize + 2;
    let packet = Rfc4571::default().decode(&mut bytes).unwrap().unwrap();
    assert_eq!(
        (&packet[..], packet.as_ptr() as usize),
        (&b"hello"[..], start)
    );
}

/// Frames as in the figure of [MS-TURN] 2.1.4, received byte by byte, are encoded to the same bytes again.
#[test]
fn ms_turn() {
    let stream = b"\x02\x00\x00\x04ctrl\x03\x00\x00\x00\x03\x00\x00\x05hello";
    run(async {
        let (near, far) = tokio::io::duplex(1);
        let mut framed = Framed::new(near, MsTcp::default());
        let (frames, ()) = tokio::join!(decode_all(&mut framed), dribble(stream.to_vec(), far));
        let expected = [
            MsFrame::Control(Bytes::from_static(b"ctrl")),
            MsFrame::Data(Bytes::new()),
            MsFrame::Data(Bytes::from_static(b"hello")),
        ];
        assert_eq!(frames, expected);

        let mut out = BytesMut::new();
        for frame in frames {
            MsTcp::default().encode(frame, &mut out).unwrap();
        }
        assert_eq!(out, stream[..]);
    });
    let mut out = BytesMut::from(&b"before"[..]);
    let long = MsFrame::Data(Bytes::from(vec![0; 65_536]));
    let refused = MsTcp::default().encode(long, &mut out);
    assert!(matches!(refused, Err(StreamError::Encode(_))));
    assert_eq!(out, b"before"[..]);
}

/// A frame that the receiver would not read back as the same frame is not encoded.
#[test]
fn invalid_frames_are_not_sent() {
    let mut out = BytesMut::from(&b"before"[..]);
    let mut framing = StunTcp::default();
    let good = b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x00\x25\x00\x00";
    let unread = |bytes: &[u8]| Frame::Stun(Bytes::copy_from_slice(bytes));
    for bad in [
        &good[..23],
        &good[..19],
        &[&good[..], b"\0"].concat(),
        b"\x40\x00\x00\x00",
        b"\x80",
        b"",
    ] {
        let refused = framing.encode(unread(bad), &mut out);
        assert!(matches!(refused, Err(StreamError::Encode(_))), "{bad:02x?}");
    }
    // A number that a lenient reader accepts is refused by an encoder that is set to RFC 8656.
    let lenient = Frame::ChannelData {
        number: channel_of(0x5000),
        payload: Bytes::new(),
    };
    let refused = framing
        .channels(ChannelRange::RFC8656)
        .encode(lenient, &mut out);
    assert!(matches!(refused, Err(StreamError::Encode(_))));
    let payload = Bytes::from(vec![0; 65_536]);
    let number = ChannelNumber::MIN;
    let data = Frame::ChannelData { number, payload };
    assert!(framing.encode(data, &mut out).is_err());
    assert!(
        Rfc4571::default()
            .encode(Bytes::from(vec![0; 65_536]), &mut out)
            .is_err()
    );
    assert_eq!(out, &b"before"[..]);
    framing.encode(unread(good), &mut out).unwrap();
    assert_eq!(out[6..], good[..]);
}

/// RFC 6062 §4.3: the peer's bytes follow the success response to a ConnectionBind. None is lost, wherever
/// the segment boundaries are.
#[test]
fn raw_after_a_connection_bind() {
    let mut bytes = Vec::new();
    let header = Header::success(Method::CONNECTION_BIND, ID);
    MessageWriter::new(&mut bytes, header)
        .unwrap()
        .finish()
        .unwrap();
    let bound = bytes.len();
    bytes.extend_from_slice(b"\xEE\xEEwhat the peer sent\x40\x00\x00\x00");
    for split in 0..=bytes.len() {
        run(async {
            let (near, mut far) = tokio::io::duplex(256);
            let mut data = Framed::new(near, StunTcp::default());
            let header = Header::request(Method::CONNECTION_BIND, ID);
            let mut bind = MessageWriter::new(data.write_buffer_mut(), header).unwrap();
            bind.attribute(&ConnectionId(7)).unwrap();
            bind.finish().unwrap();
            data.flush().await.unwrap();
            let send = async {
                far.write_all(&bytes[..split]).await.unwrap();
                tokio::task::yield_now().await;
                far.write_all(&bytes[split..]).await.unwrap();
                drop(far);
            };
            let receive = async {
                let Frame::Stun(success) = data.next().await.unwrap().unwrap() else {
                    panic!()
                };
                assert_eq!(success, bytes[..bound]);
                let parts = data.into_parts();
                let (mut socket, mut raw) = (parts.io, parts.read_buf);
                while socket.read_buf(&mut raw).await.unwrap() != 0 {}
                assert_eq!(raw, bytes[bound..], "split at {split}");
            };
            tokio::join!(receive, send);
        });
    }
}
