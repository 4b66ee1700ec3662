//! Constructors, accessors and the functions of optional features.

use core::hint::black_box;

use stunwire::attribute::{self, *};
use stunwire::auth::*;
use stunwire::framing::{pseudo_tls, *};
use stunwire::uri::{Scheme, Uri};
use stunwire::{ice, reply, turn, *};

use crate::Input;

pub(crate) fn headers(input: Input<'_>) {
    let method = input.header().method();
    for header in [
        Header::request(method, input.id()),
        Header::indication(method, input.id()),
        Header::success(method, input.id()),
        Header::error(method, input.id()),
    ] {
        black_box((header.is_request(), header.type_bits(), header.class()));
        black_box(turn::is_defined(header.method(), header.class()));
    }
    let id = TransactionId::from_rng(|bytes| {
        for (to, from) in bytes.iter_mut().zip(input.bytes) {
            *to = *from;
        }
    });
    black_box((id.has_cookie(), id.id(), input.dialect().is_padded()));
    if let Some(message) = input.message() {
        black_box((
            message.is_indication(),
            message.is_success_response(),
            message.is_error_response(),
            message.is_request(),
        ));
        black_box((
            message.fingerprint().is_valid(),
            message.protection().has_fingerprint(),
        ));
        let protection = message.protection();
        for algorithm in protection.integrity() {
            black_box((algorithm.tag_len(), algorithm.hmac().tag_len()));
            black_box(
                protection
                    .without_integrity()
                    .with_integrity(algorithm)
                    .with_fingerprint(true),
            );
        }
    }
    let ty = AttributeType::new(input.number as u16);
    let value = ValueError::length(input.bytes.len(), input.number as u16, 7);
    black_box(AttributeError::malformed(ty, input.number as u32, value, input.dialect()).offset());
    black_box(AttributeError::missing(ty, input.dialect()).attribute());
}

pub(crate) fn values(input: Input<'_>) {
    let context = Context::new(input.id(), input.dialect());
    macro_rules! types {
        ($($ty:ty),* $(,)?) => { $(
            black_box((<$ty>::type_in(context.dialect), <$ty>::alias_in(context.dialect)));
        )* };
    }
    types!(Username, XorMappedAddress, Lifetime, ms::AppId, Data);
    if let Ok(quality) = ms::ServiceQuality::decode(input.bytes, context) {
        black_box((
            ms::ServiceQuality::best_effort(quality.stream),
            ms::ServiceQuality::reliable(quality.stream),
        ));
    }
    if let Ok(version) = ms::Version::decode(input.bytes, context) {
        black_box((
            version.has_ipv6(),
            version.has_multiplexed_tcp(),
            version.has_multiplexed_udp(),
        ));
    }
    if let Ok(version) = ms::ImplementationVersion::decode(input.bytes, context) {
        black_box(version.is_legacy());
    }
    black_box(input.key().ms_turn_sha256());
    black_box((
        ice::Role::Controlled.opposite(),
        UnixTime::from_secs(input.number).as_secs(),
    ));
    for text in [Scheme::Stun, Scheme::Turns] {
        if let Ok(uri) = Uri::new(text, input.text()) {
            let scheme = uri.scheme();
            black_box((
                scheme.default_port(),
                scheme.is_secure(),
                scheme.is_turn(),
                scheme.name(),
            ));
        }
    }
    let credentials = Credentials {
        username: input.bytes,
        password: input.bytes,
    };
    black_box(ClientCredentials::user_hash(&credentials, input.bytes));
    black_box(ClientCredentials::username(&credentials));
    black_box(
        ClientCredentials::key(&credentials, attribute::PasswordAlgorithm::MD5, input.bytes)
            .is_some(),
    );
    let foreign = HmacFn::new(|_, segments: &[&[u8]]| {
        segments
            .first()
            .map_or(HmacTag::from(&[][..]), |text| HmacTag::from(*text))
    });
    black_box(foreign.hmac(HmacAlgorithm::Sha1, &[input.bytes]).as_bytes());
}

pub(crate) fn claims(input: Input<'_>) {
    let Some(message) = input.message() else {
        return;
    };
    let support = turn::Capabilities::udp(turn::Families::IPV4)
        .with_tcp(input.number & 1 == 0)
        .with_channels(ChannelRange::RFC5766);
    black_box(turn::check(&message, support, Some(turn::Families::BOTH)).is_ok());
    let server = ShortTermServer::with_policy(Policy::default().sha1_only());
    if let Ok(claim) = server.claim(&message) {
        black_box(claim.user());
        black_box(claim.verify(Some(input.key())).is_ok());
    }
    let Ok(server) = LongTermServer::new(input.bytes, NonceMint::new(input.key())) else {
        return;
    };
    let server = server.offer(&[PasswordAlgorithm::SHA256]);
    let Ok(mut server) = server.third_party_authorization(input.bytes) else {
        return;
    };
    server.nonces_mut().rotate(input.key());
    if let Ok(claim) = server.claim(&message, input.address(), input.now()) {
        black_box((claim.user(), claim.realm(), claim.algorithm()));
        let _ = black_box(claim.nonce_status());
        black_box(claim.access_token());
        let key = claim.derive_key(&input.bytes, &input.bytes);
        if let Ok(request) = claim.verify(key) {
            black_box(request.into_key());
        }
    }
    if let Ok(claim) = server.claim(&message, input.address(), input.now()) {
        let _ = black_box(claim.stale());
    }
    let credentials = Credentials {
        username: input.bytes,
        password: input.bytes,
    };
    let client: LongTermClient<_> = LongTermClient::with_credentials(credentials).require_sha256();
    black_box(client.realm());
}

/// The functions of the writer and of replies that other functions do not contain.
pub(crate) fn written(input: Input<'_>) {
    let (input, out) = input.split_out();
    let bytes = input.bytes;
    let Some(message) = input.message() else {
        return;
    };
    let key = input.key();
    let types = bytes.iter().map(|byte| AttributeType::new((*byte).into()));
    let list = UnknownAttributes::from_types(types);
    let written = MessageWriter::error_to(&mut *out, &message, Code::UNKNOWN_ATTRIBUTE)
        .and_then(|writer| writer.with(&list)?.with_some(Some(Data(bytes)))?.finish());
    black_box(written.is_ok());
    let foreign = |algorithm: HmacAlgorithm, segments: &[&[u8]]| key.hmac(algorithm, segments);
    for algorithm in message.protection().integrity() {
        let written = MessageWriter::new(&mut *out, input.header())
            .and_then(|writer| writer.integrity_by(algorithm, foreign)?.finish());
        black_box(written.is_ok());
    }
    if let Ok(verified) = message.verify(&key) {
        let written = MessageWriter::success_to(&mut *out, &verified)
            .and_then(|writer| writer.integrity_like(&verified, &key)?.finish());
        black_box(written.is_ok());
    }
    let bad_request = reply::bad_request(&message);
    black_box(bad_request.write_with(out, &[&Data(bytes)]).is_ok());
    let server = ShortTermServer::new();
    if let Err(Rejected::Reply(reply)) = server.claim(&message) {
        black_box(reply.write_with(out, &[&Data(bytes)]).is_ok());
    }
}

pub(crate) fn handshakes(input: Input<'_>) {
    let bytes = input.bytes;
    if let Ok(Next::Frame { consumed, .. }) = pseudo_tls::read_client_hello(bytes) {
        black_box(consumed);
    }
    if let Ok(Next::Frame { consumed, .. }) = pseudo_tls::read_server_hello(bytes) {
        black_box(consumed);
    }
    black_box(pseudo_tls::PseudoTls::server().is_established());
    if let Ok(next) = MsTcp::new().next(bytes) {
        black_box(next.map(|frame| (frame.kind().as_u8(), frame.into_payload())));
    }
}

pub(crate) fn segments(input: Input<'_>) {
    let key = Key::from_bytes(input.bytes);
    let header = input.header();
    let segments = MessageWriter::new(input.out, header)
        .and_then(|writer| writer.payload(input.bytes)?.integrity(&key)?.finish());
    if let Ok(segments) = segments {
        black_box((segments.as_slices(), segments.len()));
    }
}

/// RFC 7635's tokens.
#[cfg(feature = "oauth")]
pub(crate) fn tokens(input: Input<'_>) {
    use stunwire::auth::oauth::{Token, TokenKey};

    let now = input.now();
    let Input { bytes, out, .. } = input;
    let Some(key) = TokenKey::new(bytes) else {
        return;
    };
    let token = Token {
        mac_key: bytes,
        issued: now,
        lifetime: core::time::Duration::from_secs(input.number),
    };
    if let Ok(access) = key.seal(bytes, &[7; 12], &token, out) {
        black_box(access.encrypted());
    }
    if let Ok(access) = AccessToken::new(bytes, bytes) {
        if let Ok(token) = key.open(bytes, &access, now, out) {
            black_box((token.mac_key, token.lifetime));
        }
    }
}

/// Serialization formats, so only what reads is called.
#[cfg(feature = "serde")]
pub(crate) fn serialized(input: Input<'_>) {
    use serde_core::de::value::{Error, SeqDeserializer};
    use serde_core::de::{Deserialize, IntoDeserializer};

    macro_rules! numbers {
        ($($ty:ty),*) => { $(
            let read: Result<$ty, Error> = <$ty>::deserialize((input.number as u16).into_deserializer());
            if let Ok(value) = read {
                black_box(value);
            }
        )* };
    }
    macro_rules! names {
        ($($ty:ty),*) => { $(
            let text: serde_core::de::value::StrDeserializer<'_, Error> = input.text().into_deserializer();
            if let Ok(value) = <$ty>::deserialize(text) {
                black_box(value);
            }
        )* };
    }
    numbers!(AttributeType, Code, Method);
    names!(Class, Dialect);
    let bytes = SeqDeserializer::<_, Error>::new(input.bytes.iter().copied());
    black_box(TransactionId::deserialize(bytes).is_ok());
}
