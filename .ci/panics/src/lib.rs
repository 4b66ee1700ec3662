//! Calls every public function of stunwire with input that the compiler does not know, so that what can panic
//! in a release build is in this library. `check.py` looks for it. Formatting is not called: `core::fmt` can
//! panic on paths that no caller reaches.
#![cfg_attr(not(feature = "std"), no_std)]

use core::hint::black_box;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use stunwire::attribute::*;
use stunwire::auth::{self, *};
use stunwire::demux::Demux;
use stunwire::framing::{self, pseudo_tls, *};
use stunwire::reply::{self, Challenge, Request as _};
use stunwire::uri::{Scheme, Transport, Uri};
use stunwire::{writer, *};

mod others;

#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The input of a function: any bytes, any number, and room to write to.
struct Input<'a> {
    bytes: &'a [u8],
    out: &'a mut [u8],
    number: u64,
}

impl<'a> Input<'a> {
    /// Separates the output, so that the input can be used while something is written.
    fn split_out(self) -> (Self, &'a mut [u8]) {
        let input = Self {
            out: &mut [],
            ..self
        };
        (input, self.out)
    }

    fn dialect(&self) -> Dialect {
        let dialect = match self.number % 5 {
            0 => Dialect::RFC8489,
            1 => Dialect::RFC3489,
            2 => Dialect::MS_TURN,
            3 => Dialect::MS_ICE2,
            _ => Dialect::MS_ICE2_LEGACY,
        };
        if self.number & 0x100 == 0 {
            dialect
        } else {
            dialect.unpadded().padded()
        }
    }

    fn text(&self) -> &str {
        core::str::from_utf8(self.bytes).unwrap_or("")
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::new(
            IpAddr::V4(Ipv4Addr::from(self.number as u32)),
            self.number as u16,
        )
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.number)
    }

    fn id(&self) -> TransactionId {
        TransactionId::new(black_box([7; 12]))
    }

    fn header(&self) -> Header {
        let method = Method::new(self.number as u16).unwrap_or(Method::BINDING);
        let class = match self.number >> 16 & 3 {
            0 => Class::Request,
            1 => Class::Indication,
            2 => Class::SuccessResponse,
            _ => Class::ErrorResponse,
        };
        Header::new(class, method, self.id()).in_dialect(self.dialect())
    }

    fn key(&self) -> Key {
        Key::from_bytes(self.bytes)
    }

    fn message(&self) -> Option<Message<'_>> {
        self.dialect().parse(self.bytes).ok()
    }
}

/// Exports functions under their names.
macro_rules! entries {
    ($($name:ident => $body:expr;)*) => { $(
        /// # Safety
        /// The pointers are to memory of these lengths.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(bytes: *const u8, len: usize, out: *mut u8, room: usize, number: u64) {
            // SAFETY: the caller's promise.
            let (bytes, out) = unsafe {
                (core::slice::from_raw_parts(bytes, len), core::slice::from_raw_parts_mut(out, room))
            };
            let run: fn(Input<'_>) = $body;
            run(Input { bytes, out, number });
        }
    )* };
}

/// Reads the type from the input and from a message, and writes it in each way.
fn read_and_write<'a, T>(input: &'a Input<'a>, out: &mut [u8])
where
    T: Attribute<'a> + EncodeAttribute,
{
    read::<T>(input);
    let context = Context::new(input.id(), input.dialect());
    if let Ok(value) = T::decode(input.bytes, context) {
        black_box(value.wire_type(context.dialect));
        black_box(value.value_len(context));
        black_box(value.validate(context).is_ok());
        value.encode(out, context);
        black_box(writer::encode_attribute(out, &value, context).is_ok());
        if let Ok(mut writer) = MessageWriter::new(out, input.header()) {
            black_box(writer.attribute(&value).is_ok());
            black_box(writer.finish().is_ok());
        }
    }
}

fn read<'a, T: Attribute<'a>>(input: &'a Input<'a>) {
    let context = Context::new(input.id(), input.dialect());
    black_box(T::is_type(
        AttributeType::new(input.number as u16),
        context.dialect,
    ));
    black_box(T::decode(input.bytes, context).is_ok());
    if let Some(message) = input.message() {
        black_box(message.get::<T>().is_ok());
        black_box(message.get_all::<T>().filter(Result::is_ok).count());
        black_box(message.read::<(T,)>().is_ok());
        for raw in message.all_attributes() {
            black_box(raw.decode::<T>().is_ok());
        }
    }
}

macro_rules! each_type {
    ($function:ident $arguments:tt { $($ty:ty),* $(,)? }) => {
        $( $function::<$ty> $arguments; )*
    };
}

fn attributes(input: Input<'_>) {
    let (input, out) = input.split_out();
    each_type!(read_and_write (&input, out) {
    MappedAddress, ResponseAddress, ChangeRequest, SourceAddress, ChangedAddress, Username,
    Password, ErrorCode, UnknownAttributes, ReflectedFrom, ChannelNumber, Lifetime, ms::Bandwidth,
    ms::DestinationAddress, ms::RemoteAddress, XorPeerAddress, Data, Realm, Nonce,
    XorRelayedAddress, RequestedAddressFamily, EvenPort, RequestedTransport, DontFragment,
    AccessToken, PasswordAlgorithm, UserHash, XorMappedAddress, TimerVal, ReservationToken,
    Priority, UseCandidate, Padding, ResponsePort, XorReflectedFrom, ConnectionId,
    AdditionalAddressFamily, AddressErrorCode, PasswordAlgorithms, AlternateDomain, Icmp,
    ms::Version, XorOnly, Software, AlternateServer, TransactionTransmitCounter, CacheTimeout,
    IceControlled, IceControlling, ResponseOrigin, OtherAddress, EcnCheck, ThirdPartyAuthorization,
    Origin, MobilityTicket, ms::AlternateHostName, ms::AppId, ms::SecureTag, SecondaryAddress,
    ms::SequenceNumber, ms::CandidateIdentifier, ms::ServiceQuality,
    ms::BandwidthAdmissionControlMessage, ms::BandwidthReservationIdentifier,
    ms::BandwidthReservationAmount, ms::RemoteSiteAddress, ms::RemoteRelaySiteAddress,
    ms::LocalSiteAddress, ms::LocalRelaySiteAddress, ms::RemoteSiteAddressResponse,
    ms::RemoteRelaySiteAddressResponse, ms::LocalSiteAddressResponse,
    ms::LocalRelaySiteAddressResponse, ms::SipDialogIdentifier, ms::SipCallIdentifier,
    ms::LocationProfile, ms::ImplementationVersion, ms::AlternateMappedAddress,
    ms::MultiplexedTurnSessionId, GoogNetworkInfo, GoogLastIceCheckReceived, GoogMiscInfo,
    MetaDtlsInStun, MetaDtlsInStunAcknowledgement, RetransmitCount, TurnLoggingId,
    MsnMappedAddress, GoogOptions, Nomination,
    });
    each_type!(read (&input) {
    MessageIntegrity, ms::MagicCookie, MessageIntegritySha256, Fingerprint, GoogMessageIntegrity32,
    });
}

fn accessors(input: Input<'_>) {
    let (bytes, number) = (input.bytes, input.number);
    macro_rules! text {
        ($($ty:ident),*) => { $(
            if let Ok(text) = $ty::new(bytes) {
                black_box(text.as_bytes());
                black_box(text.trimmed());
                black_box(text.as_str().is_ok());
            }
        )* };
    }
    text!(
        Username,
        Realm,
        Nonce,
        Software,
        Origin,
        ThirdPartyAuthorization
    );
    black_box(AlternateDomain::new(bytes).is_ok());
    if let Ok(name) = Username::new(bytes) {
        black_box(name.fragments());
        if let Some(name) = ms::IceUsername::parse(name, &bytes) {
            black_box((name.receiver(), name.sender(), name.component()));
        }
    }
    black_box(Username::joined(bytes, bytes).is_ok());
    black_box(Username::concatenated(bytes, bytes).is_ok());
    black_box(ms::IceUsername::new(bytes, bytes, number as u8));
    if let Ok(nonce) = Nonce::new(bytes) {
        black_box(SecurityFeatures::of(&nonce));
    }
    let features =
        SecurityFeatures::PASSWORD_ALGORITHMS.union(SecurityFeatures::USERNAME_ANONYMITY);
    black_box(features.contains(SecurityFeatures::NONE));
    black_box((features.cookie(), features.cookie_least_significant_first()));
    if let Ok(nonce) = Nonce::with_features(features, bytes) {
        black_box(nonce.value_len(Context::new(input.id(), input.dialect())));
    }
    if let Some(code) = Code::new(number as u16) {
        black_box((code.class(), code.number(), code.name(), code.as_u16()));
        if let Ok(error) = ErrorCode::new(code, input.text()) {
            black_box((
                error.code(),
                error.reason(),
                error.reason_trimmed(),
                error.reason_str().is_ok(),
            ));
        }
        black_box(ErrorCode::with_default_reason(code));
    }
    black_box(ChannelNumber::new(number as u16).is_ok());
    for range in [ChannelRange::RFC8656, ChannelRange::default()] {
        if let Ok(channel) = ChannelNumber::new_in(range, number as u16) {
            black_box((
                range.last(),
                range.contains(channel),
                range.is_bindable(channel),
                channel.as_u16(),
            ));
        }
    }
    let ty = AttributeType::new(number as u16);
    black_box((
        ty.name(),
        ty.second_name(),
        ty.is_comprehension_required(),
        input.dialect().name_of(ty),
    ));
    black_box(
        registered()
            .map(|row| row.other_types().count())
            .sum::<usize>(),
    );
    black_box(Method::new(number as u16).map(Method::name));
    black_box(input.dialect().message_type(number as u16).to_bits());
    black_box(MessageType::from_bits(number as u16));
    black_box(input.text().parse::<Dialect>().is_ok());
    let icmp = Icmp::new(number as u8, number as u8, number as u32);
    black_box((icmp.type_code(), icmp.type_code_as_drawn()));
    black_box(UserHash::of(bytes, bytes).is(bytes, bytes));
    let algorithm = PasswordAlgorithm::new(number as u16, bytes);
    black_box((algorithm.number(), algorithm.parameters()));
    let context = Context::new(input.id(), input.dialect());
    if let Ok(list) = PasswordAlgorithms::decode(bytes, context) {
        black_box((list.iter().count(), list.as_bytes()));
    }
    if let Ok(list) = UnknownAttributes::decode(bytes, context) {
        black_box(list.iter().count());
    }
    if let Ok(list) = GoogMiscInfo::decode(bytes, context) {
        black_box((list.iter().count(), list.ping_version()));
    }
    if let Ok(list) = MetaDtlsInStunAcknowledgement::decode(bytes, context) {
        black_box(list.iter().count());
    }
    if let Ok(dtls) = MetaDtlsInStun::decode(bytes, context) {
        black_box(dtls.crc32());
    }
    if let Ok(token) = AccessToken::new(bytes, bytes) {
        black_box((token.nonce(), token.encrypted()));
    }
    if let Ok(block) = TokenBlock::parse(bytes) {
        black_box((block.mac_key(), block.timestamp(), block.lifetime()));
    }
    if let Ok(version) = ms::Version::decode(bytes, context) {
        black_box((
            version.common(None),
            version.has_sha256(),
            version.has_ms_ice2(),
        ));
    }
    if let Ok(sequence) = ms::SequenceNumber::decode(bytes, context) {
        black_box(sequence.next());
    }
    let priority = Priority(number as u32);
    black_box((
        priority.type_preference(),
        priority.local_preference(),
        priority.component(),
    ));
    black_box(Priority::from_parts(number as u8, number as u16, number as u16).is_ok());
    black_box(ice::candidate_priority(number as u8, number as u16, number as u16).is_ok());
    black_box(ice::pair_priority(priority, Priority(7)));
    black_box(Lifetime::from_secs(number as u32).duration());
}

fn messages(input: Input<'_>) {
    black_box(Dialect::detect(input.bytes));
    black_box(Header::parse(input.bytes).is_ok());
    black_box(Message::parse(input.bytes).is_ok());
    black_box(Message::parse_prefix(input.bytes).is_ok());
    let dialect = input.dialect();
    black_box(dialect.header(input.bytes).is_ok());
    if let Ok((_, mut walk)) = dialect.walk(input.bytes) {
        black_box(walk.by_ref().filter(Result::is_ok).count());
        black_box(walk.rest());
    }
    if let Err(error) = dialect.parse(input.bytes) {
        black_box(error.offset());
    }
    let Ok((message, rest)) = dialect.parse_prefix(input.bytes) else {
        return;
    };
    black_box(rest);
    black_box((
        message.header(),
        message.class(),
        message.method(),
        message.message_type(),
    ));
    black_box((
        message.transaction_id(),
        message.as_bytes(),
        message.has_integrity(),
    ));
    black_box((message.protection(), message.fingerprint()));
    black_box(message.with_dialect(Dialect::RFC3489).is_some());
    black_box(message.contains(AttributeType::new(input.number as u16)));
    black_box(
        message
            .unknown_required(|ty| ty.as_u16() == input.number as u16)
            .count(),
    );
    for raw in message.attributes() {
        black_box((
            raw.ty(),
            raw.value(),
            raw.padding(),
            raw.offset(),
            raw.range(),
            raw.name(),
        ));
        if let Err(error) = raw.to_any() {
            black_box((error.attribute(), error.offset(), error.value_error()));
        }
    }
    black_box(
        message
            .read::<(Username, Realm, Option<Nonce>, Option<Lifetime>)>()
            .is_ok(),
    );
    black_box(relay::read(&message).is_ok());
    black_box(message.copy_with_alternate_crc(input.out).is_ok());
}

fn integrity(input: Input<'_>) {
    let Some(message) = input.message() else {
        return;
    };
    let mut key = input.key();
    key.prepare_all();
    let policy = Policy::default().sha256_min_len(input.number as u8);
    for policy in [policy, policy.sha1_only(), policy.sha256_only()] {
        if let Ok(verified) = message.verify_with(&key, &policy) {
            black_box((
                verified.algorithm(),
                verified.reply_algorithm(),
                verified.reply_protection(),
            ));
            black_box(verified.attributes().all(|raw| verified.covers(&raw)));
        }
        if let Ok(check) = message.integrity_check(&policy) {
            let tag = key.hmac(check.hmac_algorithm(), &check.segments());
            black_box(check.verify(tag).is_ok());
            black_box(check.verify(HmacTag::from(input.bytes)).is_ok());
        }
    }
    if let Ok(ping) = message.verify_goog_ping(&key) {
        black_box((ping.header(), ping.reply_protection()));
    }
}

fn keys(input: Input<'_>) {
    let (bytes, number) = (input.bytes, input.number);
    let credentials = Credentials {
        username: bytes,
        password: bytes,
    };
    black_box(Key::long_term(&credentials, bytes));
    black_box(Key::long_term_verbatim(&credentials, bytes));
    black_box(Key::long_term_sha256(&credentials, bytes));
    black_box(Key::short_term(bytes));
    let algorithm = PasswordAlgorithm::new(number as u16, bytes);
    black_box(Key::long_term_by(algorithm, &credentials, bytes).is_some());
    black_box(
        credentials
            .key_bytes(bytes, algorithm)
            .map(|key| key.as_bytes().len()),
    );
    if let (Ok(realm), Ok(nonce)) = (Realm::new(bytes), Nonce::new(bytes)) {
        black_box(Key::ms_turn(&credentials, realm, nonce, number as u32));
    }
    let mut mint = NonceMint::new(input.key()).lifetime(Duration::from_secs(number));
    black_box(
        mint.mint(input.now(), input.address(), bytes, SecurityFeatures::NONE)
            .is_ok(),
    );
    mint.rotate(input.key());
    let _ = black_box(mint.status(bytes, input.now(), input.address(), bytes));
    black_box(auth::rest::expires(bytes));
    black_box(
        auth::rest::password(&input.key(), bytes)
            .map(|password| password.as_str().len())
            .is_ok(),
    );
    black_box(auth::rest::key(&input.key(), bytes, bytes, algorithm, input.now()).is_some());
    black_box(UserId::Name(bytes).is(bytes, bytes));
    black_box(input.now() + Duration::from_secs(1));
    black_box(input.now().saturating_since(UnixTime::from_secs(7)));
}

fn server(input: Input<'_>) {
    let (input, out) = input.split_out();
    let Some(message) = input.message() else {
        return;
    };
    let Ok(server) = LongTermServer::new(input.bytes, NonceMint::new(input.key())) else {
        return;
    };
    let server = server.username_anonymity();
    let (client, now) = (input.address(), input.now());
    let check = server.check(&message, client, now, |claim| {
        claim.derive_key(&input.bytes, &input.bytes)
    });
    match check {
        Check::Verified(request) => {
            if let Ok(reply) = MessageWriter::success_to(out, &request) {
                black_box(reply.finish_like(&request).is_ok());
            }
        }
        Check::Reply(reply) => {
            black_box(reply.write(out).is_ok());
        }
        Check::Ignore => {}
    }
    let key = Key::short_term("password");
    let check = ShortTermServer::new().check(&message, |_| Some(&key));
    black_box(matches!(check, Check::Verified(_)));
    black_box(
        choose_algorithm(&message, |algorithm| {
            *algorithm == PasswordAlgorithm::SHA256
        })
        .is_ok(),
    );
    black_box(password_algorithm(&message, &[PasswordAlgorithm::SHA256]).is_ok());
    let support = turn::Capabilities::udp(turn::Families::BOTH);
    black_box(turn::check(&message, support, None).is_ok());
    if let Ok(verified) = message.verify(&key) {
        black_box(ice::role_conflict(&verified, ice::Role::Controlled, input.number).is_ok());
        let role = ice::Role::Controlled.attribute(input.number);
        black_box(
            MessageWriter::request(&mut [0; 64], Method::BINDING, input.id())
                .and_then(|writer| writer.with(&role)?.finish().map(|_| ()))
                .is_ok(),
        );
    }
}

fn client(input: Input<'_>) {
    let (input, out) = input.split_out();
    let Input { bytes, number, .. } = input;
    let Some(message) = input.message() else {
        return;
    };
    let mut client = LongTermClient::new(bytes, bytes).fingerprint();
    if number % 2 == 0 {
        client = client.rfc5389();
    }
    for _ in 0..3 {
        let Ok(request) = MessageWriter::request(out, Method::ALLOCATE, input.id()) else {
            return;
        };
        let Ok((_, sent)) = client.sign(request) else {
            return;
        };
        black_box(matches!(
            client.response(&sent, &message),
            Response::Verified(_)
        ));
        black_box((
            client.realm(),
            client.key().is_some(),
            sent.is_answered_by(&message),
        ));
    }
    let mut client = ShortTermClient::new(bytes, input.key()).fingerprint();
    if let Ok(request) = MessageWriter::request(out, Method::BINDING, input.id()) {
        if let Ok((_, sent)) = client.sign(request) {
            black_box(matches!(
                client.response(&sent, &message),
                Response::Verified(_)
            ));
        }
    }
    let mut redirects = Redirects::<8>::new();
    redirects.asked(input.address(), input.now());
    if let Ok(verified) = message.verify(&input.key()) {
        black_box(
            redirects
                .follow(&verified, input.address(), input.now())
                .is_some(),
        );
    }
}

fn writers(input: Input<'_>) {
    let (input, out) = input.split_out();
    let Input { bytes, number, .. } = input;
    let key = input.key();
    macro_rules! written {
        ($(|$writer:ident| $body:expr;)*) => { $( {
            let done = MessageWriter::new(&mut *out, input.header()).and_then(|mut $writer| {
                let attribute = UntypedAttribute::new(AttributeType::new(number as u16), bytes);
                let _ = $writer.attribute(&attribute);
                black_box(($writer.len(), $writer.header()));
                $body
            });
            black_box(done.is_ok());
        } )* };
    }
    written! {
        |writer| writer.finish();
        |writer| writer.integrity(&key)?.integrity_sha256(&key)?.fingerprint()?.finish();
        |writer| writer.integrity_sha256_truncated(&key, number as u8)?.fingerprint()?.finish();
        |writer| writer.goog_integrity_32(&key)?.finish();
        |writer| writer.integrity_with(IntegrityAlgorithm::MsTurnSha256, &key)?.finish();
        |writer| writer.payload(bytes)?.integrity(&key)?.fingerprint()?.finish().map(|segments| segments.len());
        |writer| writer.payload(bytes)?.integrity_sha256(&key)?.finish().map(|segments| segments.len());
        |writer| writer.with_all(&[&Lifetime(7), &Software::new(bytes)?])?.fingerprint()?.finish();
    }
    let Some(message) = input.message() else {
        return;
    };
    let rewritten = message
        .rewrite(out, |raw, _| {
            Ok(if raw.offset() as u64 == number {
                Rewrite::Drop
            } else {
                Rewrite::Keep
            })
        })
        .and_then(|writer| writer.finish_with(message.protection(), &key));
    black_box(rewritten.is_ok());
    if let Ok(mut copy) = MessageWriter::verbatim(out, &message) {
        for raw in message.all_attributes() {
            black_box(copy.raw(&raw).is_ok());
        }
        black_box(copy.finish().is_ok());
    }
    black_box(writer::sign_in_place(out, input.dialect(), &key).is_ok());
}

fn replies(input: Input<'_>) {
    let Ok(message) = input.dialect().parse(input.bytes) else {
        return;
    };
    let key = input.key();
    let (bytes, out) = (input.bytes, input.out);
    black_box(reply::bad_request(&message).write(out).is_ok());
    black_box(reply::role_conflict(&message).write(out).is_ok());
    black_box(reply::unauthenticated(&message).write(out).is_ok());
    if let Some(reply) = reply::unknown_attributes(&message, &[AttributeType::SOFTWARE]) {
        black_box(reply.write(out).is_ok());
    }
    let check = ShortTermServer::new().check(&message, |_| Some(&key));
    if let Check::Verified(request) = check {
        black_box((&request).is_processed(AttributeType::SOFTWARE));
        black_box(reply::unknown_attributes(&request, &[]).is_some());
    }
    if let Ok(challenge) = Challenge::new(bytes, bytes) {
        black_box(challenge.unauthenticated(&message).write(out).is_ok());
    }
    let algorithms = [PasswordAlgorithm::SHA256, PasswordAlgorithm::new(7, bytes)];
    if let Ok(challenge) = Challenge::with_algorithms(bytes, bytes, &algorithms) {
        black_box(challenge.stale_nonce(&message).write(out).is_ok());
    }
    let key = Key::from_bytes(bytes);
    if let Ok(verified) = message.verify(&key) {
        let server = AlternateServer(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7));
        if let Some(reply) =
            reply::try_alternate(&verified, &key, server, AlternateDomain::new(bytes).ok())
        {
            black_box(reply.write(out).is_ok());
        }
    }
}

fn streams(input: Input<'_>) {
    let Input { bytes, out, number } = input;
    macro_rules! next {
        ($($framing:expr),*) => { $(
            if let Err(error) = $framing.next(bytes) {
                black_box(error.offset());
            }
        )* };
    }
    let max = number as u32;
    next!(
        StunTcp::new().max_frame(max),
        StunTcp::new().classic(),
        StunTcp::new().channels(ChannelRange::RFC8656)
    );
    next!(
        Rfc4571::new().max_frame(max),
        MsTcp::new().max_frame(max),
        MsMultiplexed::new().max_frame(max)
    );
    let (mut server, mut client) = (
        pseudo_tls::PseudoTls::server(),
        pseudo_tls::PseudoTls::client(),
    );
    next!(server, client);
    black_box((framing::sniff(bytes), framing::resync(bytes)));
    black_box(Sniffer::new().expect_channels().sniff(bytes));
    let demux = Demux::new();
    black_box((
        demux.protocol(bytes),
        demux.classic().protocol(bytes),
        demux.quic().protocol(bytes),
    ));
    black_box((
        demux.no_channels().protocol(bytes),
        demux.channels(ChannelRange::RFC8656).protocol(bytes),
    ));
    black_box(MultiplexedFrame::parse_datagram(bytes).is_ok());
    black_box(pseudo_tls::client_hello(&[number as u8; 32]));
    black_box(pseudo_tls::server_hello(&[number as u8; 32], &[7; 32]));
    if let Ok(data) = ChannelData::parse_datagram(bytes) {
        black_box((data.range(), data.padding(), data.header().is_ok()));
        black_box(data.write(out).is_ok());
        black_box(data.write_padded(out).is_ok());
    }
    black_box(ChannelData::parse_datagram_in(ChannelRange::RFC8656, bytes).is_ok());
    let context = Context::new(TransactionId::new([7; 12]), Dialect::RFC8489);
    let session = ms::MultiplexedTurnSessionId([7; 8]);
    macro_rules! framed {
        ($($begin:expr),*) => { $(
            if let Ok(mut frame) = $begin {
                black_box(frame.put(bytes).is_ok());
                if let Ok(writer) = MessageWriter::request(&mut frame, Method::BINDING, TransactionId::new([7; 12])) {
                    black_box(writer.finish().is_ok());
                }
                black_box(frame.end().is_ok());
            }
        )* };
    }
    framed!(
        Rfc4571::begin(&mut *out),
        MsTcp::begin(&mut *out, MsFrameKind::Data),
        MsMultiplexed::begin(&mut *out, session)
    );
    if let Ok(number) = ChannelNumber::decode(bytes, context) {
        framed!(StunTcp::begin(&mut *out, number));
    }
    black_box(Rfc4571::header(number as usize).is_ok());
    black_box(MsTcp::header(MsFrameKind::Control, number as usize).is_ok());
    black_box(MsMultiplexed::header(session, number as usize).is_ok());
}

fn relayed(input: Input<'_>) {
    let (header, peer, id) = (input.header(), input.address(), input.id());
    let payload = input.bytes;
    let (out, start, end) = (
        input.out,
        input.number as usize,
        (input.number >> 32) as usize,
    );
    black_box(relay::message_in_place(out, start..end, peer, header).is_ok());
    black_box(relay::data_indication_in_place(out, start..end, peer, id).is_ok());
    black_box(relay::send_indication_in_place(out, start..end, peer, id).is_ok());
    black_box(relay::message_vectored(out, payload, peer, header).is_ok());
    black_box(relay::data_indication_vectored(out, payload, peer, id).is_ok());
    black_box(relay::send_indication_vectored(out, payload, peer, id).is_ok());
    if let Ok(number) = ChannelNumber::new(start as u16) {
        black_box(relay::channel_data_in_place(out, start..end, number).is_ok());
        black_box(relay::padded_channel_data_in_place(out, start..end, number).is_ok());
    }
}

fn uris(input: Input<'_>) {
    if let Ok(uri) = Uri::parse(input.text()) {
        black_box((
            uri.scheme(),
            uri.host(),
            uri.port(),
            uri.explicit_port(),
            uri.transport(),
            uri.host().ip(),
        ));
    }
    if let Ok(uri) = Uri::new(Scheme::Turns, input.text()) {
        black_box(
            uri.with_port(input.number as u16)
                .with_transport(Transport::Udp)
                .is_ok(),
        );
    }
}

#[cfg(feature = "codec")]
fn codecs(input: Input<'_>) {
    use bytes::{Bytes, BytesMut};
    use tokio_util::codec::{Decoder, Encoder};

    let mut source = BytesMut::from(input.bytes);
    macro_rules! codec {
        ($($framing:expr),*) => { $( {
            let mut codec = $framing;
            if let Ok(Some(frame)) = codec.decode(&mut source) {
                black_box(codec.encode(frame, &mut BytesMut::new()).is_ok());
            }
            black_box(codec.decode_eof(&mut source).is_ok());
        } )* };
    }
    codec!(StunTcp::new(), Rfc4571::new(), MsTcp::new());
    if let Ok(message) = OwnedMessage::parse(Bytes::copy_from_slice(input.bytes)) {
        black_box((
            message.header(),
            message.attributes().count(),
            message.as_message().class(),
        ));
        black_box(message.into_bytes());
    }
    if let Ok(message) =
        OwnedMessage::parse_in(Bytes::copy_from_slice(input.bytes), input.dialect())
    {
        black_box((message.as_bytes(), message.class(), message.method()));
        black_box((
            message.get::<Username>().is_ok(),
            message.read::<(Lifetime,)>().is_ok(),
        ));
        black_box(message.transaction_id());
    }
    let mut out = Vec::new();
    if let Ok(writer) = MessageWriter::new(&mut out, input.header()) {
        black_box(
            writer
                .with(&Data(input.bytes))
                .and_then(MessageWriter::finish)
                .is_ok(),
        );
    }
    let mut out = BytesMut::new();
    if let Ok(writer) = MessageWriter::new(&mut out, input.header()) {
        black_box(
            writer
                .with(&Data(input.bytes))
                .and_then(MessageWriter::finish)
                .is_ok(),
        );
    }
}

#[cfg(feature = "planted")]
fn planted(input: Input<'_>) {
    black_box(input.bytes[input.number as usize]);
}

entries! {
    entry_attributes => attributes;
    entry_accessors => accessors;
    entry_messages => messages;
    entry_integrity => integrity;
    entry_keys => keys;
    entry_server => server;
    entry_client => client;
    entry_writers => writers;
    entry_replies => replies;
    entry_streams => streams;
    entry_relayed => relayed;
    entry_uris => uris;
    entry_headers => others::headers;
    entry_values => others::values;
    entry_claims => others::claims;
    entry_handshakes => others::handshakes;
    entry_segments => others::segments;
    entry_written => others::written;
}

#[cfg(feature = "codec")]
entries! { entry_codecs => codecs; }
#[cfg(feature = "oauth")]
entries! { entry_tokens => others::tokens; }
#[cfg(feature = "serde")]
entries! { entry_serialized => others::serialized; }
#[cfg(feature = "planted")]
entries! { entry_planted => planted; }
