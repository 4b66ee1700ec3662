//! The operations of the crate as its users would write them. Neither a function here nor one of the crate is
//! inlined into its caller by the benches; [`baseline`](super::baseline) and [`least`](super::least) have the
//! same operations written by hand.

use core::net::SocketAddr;
use core::ops::Range;

use stunwire::attribute::ms::{DestinationAddress, Version};
use stunwire::attribute::{
    AnyAttribute, AttributeType, ChannelNumber, Data, Fingerprint, IceControlling, Lifetime,
    MessageIntegrity, Nonce, Priority, Realm, RequestedTransport, Software, UseCandidate, Username,
    XorPeerAddress,
};
use stunwire::framing::{Frame, Next, StunTcp};
use stunwire::{
    ChannelData, Dialect, Header, Key, Message, MessageWriter, Method, ParseError, RawAttribute,
    TransactionId, relay,
};

use super::messages::SOFTWARE;

/// Type and length of every attribute, so that none can be left out.
#[inline(always)]
pub fn mix(sum: usize, ty: u16, value: &[u8]) -> usize {
    sum.wrapping_add(usize::from(ty)).wrapping_add(value.len())
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_parse(bytes: &[u8]) -> Result<Message<'_>, ParseError> {
    Message::parse(bytes)
}

/// A message that is followed by more bytes: the cost does not depend on their number.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_parse_trailing(bytes: &[u8]) -> bool {
    matches!(Message::parse(bytes), Err(ParseError::Trailing { .. }))
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_parse_iterate(bytes: &[u8]) -> Option<usize> {
    let message = Message::parse(bytes).ok()?;
    let sum = message.attributes().fold(0, |sum, attribute| {
        mix(sum, attribute.ty().as_u16(), attribute.value())
    });
    Some(sum)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_walk(bytes: &[u8]) -> Option<usize> {
    let (_, mut walk) = Dialect::RFC8489.walk(bytes).ok()?;
    walk.try_fold(0, |sum, attribute| {
        let attribute = attribute.ok()?;
        Some(mix(sum, attribute.ty().as_u16(), attribute.value()))
    })
}

/// What an ICE check says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckView<'a> {
    pub username: &'a [u8],
    pub priority: u32,
    pub controlling: u64,
    pub nominated: bool,
    pub integrity: &'a [u8],
    pub fingerprint: u32,
}

#[inline(always)]
fn read_check<'a>(view: &mut CheckView<'a>, attribute: RawAttribute<'a>) -> Option<()> {
    match attribute.ty() {
        AttributeType::USERNAME => {
            view.username = attribute.decode::<Username>().ok()?.as_bytes();
        }
        AttributeType::PRIORITY => view.priority = attribute.decode::<Priority>().ok()?.0,
        AttributeType::ICE_CONTROLLING => {
            view.controlling = attribute.decode::<IceControlling>().ok()?.0;
        }
        AttributeType::USE_CANDIDATE => {
            attribute.decode::<UseCandidate>().ok()?;
            view.nominated = true;
        }
        AttributeType::MESSAGE_INTEGRITY => {
            view.integrity = attribute.decode::<MessageIntegrity>().ok()?.0;
        }
        AttributeType::FINGERPRINT => {
            view.fingerprint = attribute.decode::<Fingerprint>().ok()?.0;
        }
        _ => {}
    }
    Some(())
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_check(bytes: &[u8]) -> Option<CheckView<'_>> {
    let mut view = CheckView::default();
    for attribute in Message::parse(bytes).ok()?.attributes() {
        read_check(&mut view, attribute)?;
    }
    Some(view)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_check_walk(bytes: &[u8]) -> Option<CheckView<'_>> {
    let mut view = CheckView::default();
    for attribute in Dialect::RFC8489.walk(bytes).ok()?.1 {
        read_check(&mut view, attribute.ok()?)?;
    }
    Some(view)
}

/// The same through the enum of all attributes.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_check_any(bytes: &[u8]) -> Option<CheckView<'_>> {
    let mut view = CheckView::default();
    for attribute in Message::parse(bytes).ok()?.attributes() {
        match attribute.to_any().ok()? {
            AnyAttribute::Username(username) => view.username = username.as_bytes(),
            AnyAttribute::Priority(priority) => view.priority = priority.0,
            AnyAttribute::IceControlling(controlling) => view.controlling = controlling.0,
            AnyAttribute::UseCandidate(_) => view.nominated = true,
            AnyAttribute::MessageIntegrity(integrity) => view.integrity = integrity.0,
            AnyAttribute::Fingerprint(fingerprint) => view.fingerprint = fingerprint.0,
            _ => {}
        }
    }
    Some(view)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_check_read(bytes: &[u8]) -> Option<CheckView<'_>> {
    let (username, priority, controlling, nominated, integrity, fingerprint) =
        Message::parse(bytes)
            .ok()?
            .read::<(
                Username,
                Priority,
                IceControlling,
                Option<UseCandidate>,
                Option<MessageIntegrity>,
                Option<Fingerprint>,
            )>()
            .ok()?;
    Some(CheckView {
        username: username.as_bytes(),
        priority: priority.0,
        controlling: controlling.0,
        nominated: nominated.is_some(),
        integrity: integrity.map_or(&[], |integrity| integrity.0),
        fingerprint: fingerprint.map_or(0, |fingerprint| fingerprint.0),
    })
}

/// One `get` for each attribute.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_check_get(bytes: &[u8]) -> Option<CheckView<'_>> {
    let message = Message::parse(bytes).ok()?;
    Some(CheckView {
        username: message.get::<Username>().ok()??.as_bytes(),
        priority: message.get::<Priority>().ok()??.0,
        controlling: message.get::<IceControlling>().ok()??.0,
        nominated: message.get::<UseCandidate>().ok()?.is_some(),
        integrity: message
            .get::<MessageIntegrity>()
            .ok()?
            .map_or(&[], |integrity| integrity.0),
        fingerprint: message
            .get::<Fingerprint>()
            .ok()?
            .map_or(0, |fingerprint| fingerprint.0),
    })
}

/// What an authenticated Allocate request says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllocateView<'a> {
    pub username: &'a [u8],
    pub realm: &'a [u8],
    pub nonce: &'a [u8],
    pub software: &'a [u8],
    pub transport: u8,
    pub lifetime: u32,
    pub integrity: &'a [u8],
    pub fingerprint: u32,
}

#[inline(always)]
fn read_allocate<'a>(view: &mut AllocateView<'a>, attribute: RawAttribute<'a>) -> Option<()> {
    match attribute.ty() {
        AttributeType::USERNAME => {
            view.username = attribute.decode::<Username>().ok()?.as_bytes();
        }
        AttributeType::REALM => view.realm = attribute.decode::<Realm>().ok()?.as_bytes(),
        AttributeType::NONCE => view.nonce = attribute.decode::<Nonce>().ok()?.as_bytes(),
        AttributeType::SOFTWARE => {
            view.software = attribute.decode::<Software>().ok()?.as_bytes();
        }
        AttributeType::REQUESTED_TRANSPORT => {
            view.transport = attribute.decode::<RequestedTransport>().ok()?.0.0;
        }
        AttributeType::LIFETIME => view.lifetime = attribute.decode::<Lifetime>().ok()?.0,
        AttributeType::MESSAGE_INTEGRITY => {
            view.integrity = attribute.decode::<MessageIntegrity>().ok()?.0;
        }
        AttributeType::FINGERPRINT => {
            view.fingerprint = attribute.decode::<Fingerprint>().ok()?.0;
        }
        _ => {}
    }
    Some(())
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_allocate(bytes: &[u8]) -> Option<AllocateView<'_>> {
    let mut view = AllocateView::default();
    for attribute in Message::parse(bytes).ok()?.attributes() {
        read_allocate(&mut view, attribute)?;
    }
    Some(view)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_allocate_walk(bytes: &[u8]) -> Option<AllocateView<'_>> {
    let mut view = AllocateView::default();
    for attribute in Dialect::RFC8489.walk(bytes).ok()?.1 {
        read_allocate(&mut view, attribute.ok()?)?;
    }
    Some(view)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_allocate_read(bytes: &[u8]) -> Option<AllocateView<'_>> {
    let (username, realm, nonce, software, transport, lifetime, integrity, fingerprint) =
        Message::parse(bytes)
            .ok()?
            .read::<(
                Username,
                Realm,
                Nonce,
                Software,
                RequestedTransport,
                Lifetime,
                Option<MessageIntegrity>,
                Option<Fingerprint>,
            )>()
            .ok()?;
    Some(AllocateView {
        username: username.as_bytes(),
        realm: realm.as_bytes(),
        nonce: nonce.as_bytes(),
        software: software.as_bytes(),
        transport: transport.0.0,
        lifetime: lifetime.0,
        integrity: integrity.map_or(&[], |integrity| integrity.0),
        fingerprint: fingerprint.map_or(0, |fingerprint| fingerprint.0),
    })
}

/// One `get` for each attribute.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_allocate_get(bytes: &[u8]) -> Option<AllocateView<'_>> {
    let message = Message::parse(bytes).ok()?;
    Some(AllocateView {
        username: message.get::<Username>().ok()??.as_bytes(),
        realm: message.get::<Realm>().ok()??.as_bytes(),
        nonce: message.get::<Nonce>().ok()??.as_bytes(),
        software: message.get::<Software>().ok()??.as_bytes(),
        transport: message.get::<RequestedTransport>().ok()??.0.0,
        lifetime: message.get::<Lifetime>().ok()??.0,
        integrity: message
            .get::<MessageIntegrity>()
            .ok()?
            .map_or(&[], |integrity| integrity.0),
        fingerprint: message
            .get::<Fingerprint>()
            .ok()?
            .map_or(0, |fingerprint| fingerprint.0),
    })
}

/// What a Send request of MS-TURN says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MsSendView<'a> {
    pub version: u32,
    pub destination: Option<SocketAddr>,
    pub data: &'a [u8],
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_ms_send(bytes: &[u8]) -> Option<MsSendView<'_>> {
    let mut view = MsSendView::default();
    for attribute in Dialect::MS_TURN.parse(bytes).ok()?.attributes() {
        match attribute.ty() {
            AttributeType::MS_VERSION => view.version = attribute.decode::<Version>().ok()?.0,
            AttributeType::DESTINATION_ADDRESS => {
                view.destination = Some(attribute.decode::<DestinationAddress>().ok()?.0);
            }
            AttributeType::DATA => view.data = attribute.decode::<Data>().ok()?.0,
            _ => {}
        }
    }
    Some(view)
}

/// Parse and check FINGERPRINT.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_fingerprint(bytes: &[u8]) -> bool {
    Message::parse(bytes).is_ok_and(|message| message.fingerprint().is_valid())
}

/// Parse and verify MESSAGE-INTEGRITY.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_verify(bytes: &[u8], key: &Key) -> bool {
    Message::parse(bytes).is_ok_and(|message| message.verify(key).is_ok())
}

/// Parse, make a key of the password and verify MESSAGE-INTEGRITY.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_key_and_verify(bytes: &[u8], password: &str) -> bool {
    op_verify(bytes, &Key::short_term(password))
}

/// What an ICE check is made of.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    pub id: [u8; 12],
    pub remote: &'a str,
    pub local: &'a str,
    pub priority: u32,
    pub tie_breaker: u64,
}

#[inline(always)]
fn write_check<'b>(out: &'b mut [u8], check: &Check<'_>) -> Option<MessageWriter<'b, [u8]>> {
    let header = Header::request(Method::BINDING, TransactionId::new(check.id));
    let mut writer = MessageWriter::new(out, header).ok()?;
    writer
        .attribute(&Username::joined(check.remote, check.local).ok()?)
        .ok()?
        .attribute(&Priority(check.priority))
        .ok()?
        .attribute(&IceControlling(check.tie_breaker))
        .ok()?
        .attribute(&UseCandidate)
        .ok()?;
    Some(writer)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_encode<'b>(out: &'b mut [u8], check: &Check<'_>) -> Option<&'b [u8]> {
    Some(write_check(out, check)?.finish().ok()?)
}

/// Encode and sign.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_encode_signed<'b>(out: &'b mut [u8], check: &Check<'_>, key: &Key) -> Option<&'b [u8]> {
    let signed = write_check(out, check)?.integrity(key).ok()?;
    Some(signed.fingerprint().ok()?.finish().ok()?)
}

/// What an Allocate request is made of.
#[derive(Clone, Copy)]
pub struct Allocate<'a> {
    pub id: [u8; 12],
    pub user: &'a str,
    pub realm: &'a str,
    pub nonce: &'a str,
    pub lifetime: u32,
}

#[inline(always)]
fn write_allocate<'b>(
    out: &'b mut [u8],
    allocate: &Allocate<'_>,
) -> Option<MessageWriter<'b, [u8]>> {
    let header = Header::request(Method::ALLOCATE, TransactionId::new(allocate.id));
    let mut writer = MessageWriter::new(out, header).ok()?;
    writer
        .attribute(&Username::new(allocate.user).ok()?)
        .ok()?
        .attribute(&Realm::new(allocate.realm).ok()?)
        .ok()?
        .attribute(&Nonce::new(allocate.nonce).ok()?)
        .ok()?
        .attribute(&RequestedTransport::UDP)
        .ok()?
        .attribute(&Lifetime::from_secs(allocate.lifetime))
        .ok()?
        .attribute(&Software::new(SOFTWARE).ok()?)
        .ok()?;
    Some(writer)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_encode_allocate<'b>(out: &'b mut [u8], allocate: &Allocate<'_>) -> Option<&'b [u8]> {
    Some(write_allocate(out, allocate)?.finish().ok()?)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_encode_allocate_signed<'b>(
    out: &'b mut [u8],
    allocate: &Allocate<'_>,
    key: &Key,
) -> Option<&'b [u8]> {
    let signed = write_allocate(out, allocate)?.integrity(key).ok()?;
    Some(signed.fingerprint().ok()?.finish().ok()?)
}

/// A Send indication, to its peer and the range of its payload.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_send_decode(bytes: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    let message = Message::parse(bytes).ok()?;
    let indication = relay::read(&message).ok()??;
    Some((indication.peer, indication.payload))
}

/// A Data indication with a copy of the payload.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_data_copy<'b>(
    out: &'b mut [u8],
    peer: SocketAddr,
    id: [u8; 12],
    payload: &[u8],
) -> Option<&'b [u8]> {
    let header = Header::indication(Method::DATA, TransactionId::new(id));
    let mut writer = MessageWriter::new(out, header).ok()?;
    writer.attribute(&XorPeerAddress(peer)).ok()?;
    writer.attribute(&Data(payload)).ok()?;
    Some(writer.finish().ok()?)
}

/// A Data indication around a payload in the buffer.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    id: [u8; 12],
) -> Option<Range<usize>> {
    relay::data_indication_in_place(buf, payload, peer, TransactionId::new(id)).ok()
}

/// A Data indication around a payload in another buffer.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_data_vectored<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    id: [u8; 12],
) -> Option<[&'b [u8]; 3]> {
    let segments = relay::data_indication_vectored(out, payload, peer, TransactionId::new(id));
    Some(segments.ok()?.as_slices())
}

/// The same packet, from the writer of any message.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_data_payload<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    id: [u8; 12],
) -> Option<[&'b [u8]; 3]> {
    let header = Header::indication(Method::DATA, TransactionId::new(id));
    let mut writer = MessageWriter::new(out, header).ok()?;
    writer.attribute(&XorPeerAddress(peer)).ok()?;
    Some(writer.payload(payload).ok()?.finish().ok()?.as_slices())
}

/// ChannelData around a payload in the buffer.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_channel_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
) -> Option<Range<usize>> {
    relay::channel_data_in_place(buf, payload, number).ok()
}

/// A datagram of ChannelData.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_channel_decode(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let data = ChannelData::parse_datagram(bytes).ok()?;
    Some((data.number.as_u16(), data.payload))
}

/// A datagram of ChannelData with a copy of the data.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_channel_copy<'b>(
    out: &'b mut [u8],
    number: ChannelNumber,
    payload: &[u8],
) -> Option<&'b [u8]> {
    let data = ChannelData { number, payload };
    Some(data.write(out).ok()?)
}

/// The frames of a stream, and how many bytes they take.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn op_frames(stream: &[u8]) -> Option<(usize, usize)> {
    let framing = StunTcp::new();
    let (mut at, mut sum) = (0, 0_usize);
    while let Next::Frame { frame, consumed } = framing.next(stream.get(at..)?).ok()? {
        sum = sum.wrapping_add(match frame {
            Frame::Stun(message) => message.len(),
            Frame::ChannelData { number, payload } => {
                usize::from(number.as_u16()).wrapping_add(payload.len())
            }
        });
        at = at.wrapping_add(consumed);
    }
    Some((at, sum))
}
