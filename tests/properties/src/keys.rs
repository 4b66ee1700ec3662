//! Keys, nonces and credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use stunwire::attribute::{Nonce, PasswordAlgorithm, Realm, UserHash};
use stunwire::auth::{NonceMint, NonceStatus, UnixTime, rest};
use stunwire::{Credentials, HmacAlgorithm, HmacKey, Key, SecurityFeatures};

/// Keys are derived as specified, a nonce is recognized only by the mint that created it, and a token or password is
/// accepted only if it was created with the secret.
///
/// The first byte selects one of these properties, the next three are the lengths of three texts, and the fourth is a
/// parameter. The three texts and a fourth follow.
pub fn keys(bytes: &[u8]) {
    let Some(([way, one, two, three, extra], rest)) = bytes.split_first_chunk::<5>() else {
        return;
    };
    let (first, rest) = rest.split_at(usize::from(*one).min(rest.len()));
    let (second, rest) = rest.split_at(usize::from(*two).min(rest.len()));
    let (third, rest) = rest.split_at(usize::from(*three).min(rest.len()));
    match way % 8 {
        0 => hmacs(first, rest, *extra),
        1 => long_term(first, second, third),
        2 => ms_turn(first, second, third, rest, *extra),
        3 => minted(first, second, third, *extra),
        4 => foreign(first, rest, *extra),
        5 => time_limited(first, second),
        6 => user_hash(first, second, rest),
        #[cfg(feature = "oauth")]
        _ => token(first, second, rest, *extra),
        #[cfg(not(feature = "oauth"))]
        _ => {}
    }
    #[cfg(feature = "precis")]
    if way / 8 % 4 == 1 {
        prepared(rest);
    }
}

fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut hmac = Hmac::<Sha1>::new_from_slice(key).expect("any length");
    hmac.update(text);
    hmac.finalize().into_bytes().to_vec()
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    hmac.update(text);
    hmac.finalize().into_bytes().to_vec()
}

/// The key computes the HMAC of these bytes, of a text in any segments.
fn is_key_of(key: &Key, bytes: &[u8], text: &[u8], split: u8) {
    assert_eq!(format!("{key:?}"), "Key(..)");
    let (start, end) = text.split_at(usize::from(split).min(text.len()));
    let mut prepared = key.clone();
    prepared.prepare_all();
    for key in [key, &prepared] {
        for (algorithm, expected) in [
            (HmacAlgorithm::Sha1, hmac_sha1(bytes, text)),
            (HmacAlgorithm::Sha256, hmac_sha256(bytes, text)),
        ] {
            let tag = key.hmac(algorithm, &[start, end]);
            // An empty key authenticates nothing.
            let expected = (!bytes.is_empty()).then_some(&expected[..]);
            assert_eq!(tag.as_bytes(), expected);
        }
    }
}

fn hmacs(key: &[u8], text: &[u8], split: u8) {
    is_key_of(&Key::from_bytes(key), key, text, split);
    is_key_of(&Key::short_term(key), key, text, split);
}

/// RFC 8489 §9.2.2 and §18.5.1: the hash of user, realm and password with colons between them.
fn long_term(user: &[u8], realm: &[u8], password: &[u8]) {
    let credentials = Credentials {
        username: user,
        password,
    };
    let text =
        |user: &[u8], realm: &[u8], password: &[u8]| [user, b":", realm, b":", password].concat();
    let md5 = Md5::digest(text(user, realm, password));
    let verbatim = Key::long_term_verbatim(&credentials, realm);
    is_key_of(&verbatim, &md5, b"text", 2);

    let sha256 = Sha256::digest(text(user, realm, password));
    let key = Key::long_term_by(PasswordAlgorithm::SHA256, &credentials, realm);
    is_key_of(&key.expect("it is known"), &sha256, b"text", 2);
    let bytes = credentials.key_bytes(realm, PasswordAlgorithm::SHA256);
    assert_eq!(bytes.expect("it is known").as_bytes(), &sha256[..]);

    // "username and realm without any quotes and trailing nulls"; the password without trailing nulls.
    let md5 = Md5::digest(text(
        unquoted(user),
        unquoted(realm),
        without_nuls(password),
    ));
    is_key_of(&Key::long_term(&credentials, realm), &md5, b"text", 2);
    let bytes = credentials.key_bytes(realm, PasswordAlgorithm::MD5);
    assert_eq!(bytes.expect("it is known").as_bytes(), &md5[..]);
    let unknown = PasswordAlgorithm::new(3, b"");
    assert!(Key::long_term_by(unknown, &credentials, realm).is_none());
    // The password is not printed.
    assert_eq!(
        format!("{credentials:?}"),
        format!("Credentials {{ username: {user:?}, .. }}")
    );
}

fn without_nuls(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != 0);
    &text[..end.map_or(0, |end| end + 1)]
}

fn unquoted(text: &[u8]) -> &[u8] {
    let text = without_nuls(text);
    let start = usize::from(text.first() == Some(&b'"'));
    let text = &text[start..];
    match text {
        [text @ .., b'"'] => text,
        text => text,
    }
}

/// \[MS-TURN\] 3.1.11.1: before version 3 the hash by MD5, from then on two HMAC-SHA256.
fn ms_turn(user: &[u8], realm: &[u8], password: &[u8], nonce: &[u8], version: u8) {
    let (Ok(realm), Ok(nonce)) = (Realm::new(realm), Nonce::new(nonce)) else {
        return;
    };
    let credentials = Credentials {
        username: user,
        password,
    };
    let key = Key::ms_turn(&credentials, realm, nonce, version.into());
    assert_eq!(key.ms_turn_sha256(), version >= 3);
    if version < 3 {
        let md5 = Key::long_term(&credentials, realm);
        let tag = |key: &Key| key.hmac(HmacAlgorithm::Sha1, &[b"text"]);
        assert_eq!(tag(&key).as_bytes(), tag(&md5).as_bytes());
        return;
    }
    let extracted = hmac_sha256(nonce.as_bytes(), password);
    let text = [b"\x01TURN\0", user, realm.as_bytes(), &[0, 0, 1, 0]].concat();
    is_key_of(&key, &hmac_sha256(&extracted, &text), b"text", 2);
}

fn address(bytes: &[u8], port: u16) -> SocketAddr {
    let ip = match bytes.first_chunk::<16>() {
        Some(octets) => IpAddr::V6(Ipv6Addr::from(*octets)),
        None => {
            let mut octets = [0; 4];
            octets
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
            IpAddr::V4(Ipv4Addr::from(octets))
        }
    };
    SocketAddr::new(ip, port)
}

fn time(bytes: &[u8]) -> UnixTime {
    let mut octets = [0; 8];
    octets
        .iter_mut()
        .rev()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    UnixTime::from_secs(u64::from_be_bytes(octets))
}

/// A nonce is recognized by its mint for its client and realm until its lifetime ends, and by no other; a
/// changed one is not.
fn minted(realm: &[u8], client: &[u8], times: &[u8], extra: u8) {
    let mut mint = NonceMint::new(Key::from_bytes(b"a secret that no input knows"));
    let client = address(client, 256 + u16::from(extra));
    let (issued, now) = times.split_at(times.len() / 2);
    // Of the time of issue 40 bits are kept.
    let issued = UnixTime::from_secs(time(issued).as_secs() & 0xFF_FFFF_FFFF);
    let now = time(now);
    let features = match extra & 3 {
        0 => SecurityFeatures::NONE,
        1 => SecurityFeatures::PASSWORD_ALGORITHMS,
        2 => SecurityFeatures::USERNAME_ANONYMITY,
        _ => SecurityFeatures::PASSWORD_ALGORITHMS.union(SecurityFeatures::USERNAME_ANONYMITY),
    };
    let nonce = mint
        .mint(issued, client, realm, features)
        .expect("a key with both hashes");
    let text = Nonce::new(&nonce).expect("short");
    assert_eq!(text.as_str().map(str::len), Ok(nonce.as_ref().len()));
    assert_eq!(SecurityFeatures::of(&text), Some(features));

    let is_fresh = now.as_secs().abs_diff(issued.as_secs()) < 600;
    let expected = |fresh| {
        if is_fresh {
            fresh
        } else {
            NonceStatus::Expired
        }
    };
    let status = |mint: &NonceMint<Key>, nonce: &[u8], client, realm: &[u8]| {
        mint.status(nonce, now, client, realm)
    };
    let whole = nonce.as_ref();
    assert_eq!(
        status(&mint, whole, client, realm),
        expected(NonceStatus::Valid)
    );
    let other_port = SocketAddr::new(client.ip(), 1);
    assert_eq!(
        status(&mint, whole, other_port, realm),
        expected(NonceStatus::OtherPort)
    );
    let other = SocketAddr::new(Ipv4Addr::new(198, 51, 100, 1).into(), client.port());
    if other != client {
        assert_eq!(status(&mint, whole, other, realm), NonceStatus::Unknown);
    }
    let longer = [realm, b"x"].concat();
    assert_eq!(status(&mint, whole, client, &longer), NonceStatus::Unknown);
    let mut changed = whole.to_vec();
    let at = usize::from(extra) % changed.len();
    changed[at] ^= 1 << (now.as_secs() % 8);
    assert_eq!(status(&mint, &changed, client, realm), NonceStatus::Unknown);
    for shorter in [&whole[..at], &whole[at + 1..]] {
        assert_eq!(status(&mint, shorter, client, realm), NonceStatus::Unknown);
    }

    mint.rotate(Key::from_bytes(b"another secret"));
    assert_eq!(
        status(&mint, whole, client, realm),
        expected(NonceStatus::Valid)
    );
    mint.rotate(Key::from_bytes(b"a third secret"));
    assert_eq!(status(&mint, whole, client, realm), NonceStatus::Unknown);
    let none =
        NonceMint::new(Key::from_bytes(b"a secret that no input knows")).lifetime(Duration::ZERO);
    assert_eq!(status(&none, whole, client, realm), NonceStatus::Expired);
}

/// No input is a nonce of a mint whose secret it does not know.
fn foreign(realm: &[u8], nonce: &[u8], extra: u8) {
    let mint = NonceMint::new(Key::from_bytes(b"a secret that no input knows"));
    let client = address(realm, extra.into());
    let status = mint.status(nonce, time(realm), client, realm);
    assert_eq!(status, NonceStatus::Unknown);
    let Ok(nonce) = Nonce::new(nonce) else {
        return;
    };
    // RFC 8489 §9.2: "obMatJos2" and 24 bits in base64.
    let has_cookie = nonce.as_bytes().get(..13).is_some_and(|start| {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
        start.starts_with(b"obMatJos2") && start[9..].iter().all(is_base64)
    });
    assert_eq!(SecurityFeatures::of(&nonce).is_some(), has_cookie);
}

/// The password is the HMAC of the name in base64, and the name begins with the time.
fn time_limited(secret: &[u8], name: &[u8]) {
    let key = Key::from_bytes(secret);
    let expected = (!secret.is_empty()).then(|| base64(&hmac_sha1(secret, name)));
    let password = rest::password(&key, name).ok();
    assert_eq!(
        password.as_ref().map(|password| password.as_str()),
        expected.as_deref()
    );
    let digits: Vec<u8> = name
        .iter()
        .copied()
        .take_while(|byte| *byte != b':')
        .collect();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let secs = String::from_utf8(digits).ok().filter(|_| is_number);
    let expires = secs
        .and_then(|text| text.parse().ok())
        .map(UnixTime::from_secs);
    assert_eq!(rest::expires(name), expires);
    let realm = "example.org";
    let Some(expires) = expires else {
        assert!(
            rest::key(
                &key,
                name,
                realm,
                PasswordAlgorithm::MD5,
                UnixTime::from_secs(0)
            )
            .is_none()
        );
        return;
    };
    let made = |now| rest::key(&key, name, realm, PasswordAlgorithm::SHA256, now);
    assert!(made(expires).is_none(), "expired");
    let Some(before) = expires.as_secs().checked_sub(1) else {
        return;
    };
    let made = made(UnixTime::from_secs(before));
    assert_eq!(made.is_some(), password.is_some());
    if let (Some(made), Some(password)) = (made, password) {
        let text = [name, b":example.org:", password.as_ref()].concat();
        is_key_of(&made, &Sha256::digest(text), b"text", 1);
    }
}

/// Base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        for at in 0..4 {
            let index = word >> (18 - 6 * at) & 0x3F;
            let is_padding = at as usize > chunk.len();
            text.push(if is_padding {
                '='
            } else {
                ALPHABET[index as usize].into()
            });
        }
    }
    text
}

/// RFC 8489 §14.4: the hash of user and realm.
fn user_hash(user: &[u8], realm: &[u8], found: &[u8]) {
    let expected = Sha256::digest([user, b":", realm].concat());
    let hash = UserHash::of(user, realm);
    assert_eq!(hash.0[..], expected[..]);
    let id = stunwire::auth::UserId::Hash(hash);
    assert!(id.is(user, realm));
    assert_eq!(id.is(found, realm), found == user);
    let named = stunwire::auth::UserId::Name(user);
    assert_eq!(named.is(found, realm), found == user);
}

/// A sealed token is opened with its key, for its server and in its time, and not after a change; no other
/// bytes are.
#[cfg(feature = "oauth")]
fn token(mac_key: &[u8], server: &[u8], input: &[u8], extra: u8) {
    use stunwire::attribute::AccessToken;
    use stunwire::auth::oauth::{NONCE_LEN, Token, TokenError, TokenKey};

    let shared = match extra & 1 {
        0 => TokenKey::new(b"carleon carleon!"),
        _ => TokenKey::new(b"the 32 bytes of a long-term key!"),
    };
    let shared = shared.expect("16 or 32 bytes");
    assert!(TokenKey::new(mac_key).is_some() == [16, 32].contains(&mac_key.len()));
    let token = Token {
        mac_key,
        // 48 bits of the time are sealed.
        issued: UnixTime::from_secs(time(input).as_secs() >> 16),
        lifetime: Duration::from_secs(extra.into()),
    };
    let mut sealed = vec![0xAA; mac_key.len() + 30];
    let nonce = [extra; NONCE_LEN];
    let mut short = vec![0; mac_key.len() + 29];
    assert!(shared.seal(server, &nonce, &token, &mut short).is_err());
    let access = shared
        .seal(server, &nonce, &token, &mut sealed)
        .expect("the length is right");
    let mut room = vec![0; mac_key.len() + 14];
    let opened = shared.open(server, &access, token.issued, &mut room);
    assert_eq!(opened, Ok(token));
    let end = UnixTime::from_secs(token.issued.as_secs() + u64::from(extra) + 5);
    assert_eq!(
        shared.open(server, &access, end, &mut room),
        Err(TokenError::Expired)
    );
    assert!(matches!(
        shared.open(server, &access, token.issued, &mut room[1..]),
        Err(TokenError::Buffer { .. })
    ));
    let other = [server, b"x"].concat();
    assert_eq!(
        shared.open(&other, &access, token.issued, &mut room),
        Err(TokenError::Invalid)
    );
    let mut changed = access.encrypted().to_vec();
    let at = input.len() % (8 * changed.len());
    changed[at / 8] ^= 1 << (at % 8);
    let changed = AccessToken::new(&nonce, &changed).expect("the same length");
    assert_eq!(
        shared.open(server, &changed, token.issued, &mut room),
        Err(TokenError::Invalid)
    );
    // The input itself as a token.
    if let Some((nonce, block)) = input.split_at_checked(usize::from(extra % 20)) {
        if let Ok(access) = AccessToken::new(nonce, block) {
            let mut room = vec![0; block.len()];
            let opened = shared.open(server, &access, token.issued, &mut room);
            assert!(opened.is_err(), "{opened:?} was not sealed");
        }
    }
}

/// A text that is prepared is not changed by a second preparation (RFC 8265 §4.2, RFC 4013).
#[cfg(feature = "precis")]
fn prepared(text: &[u8]) {
    use stunwire::auth::prepare::{opaque_string, saslprep};

    // Unicode's tables are searched for each character.
    let Ok(text) = std::str::from_utf8(&text[..text.len().min(256)]) else {
        return;
    };
    if let Ok(once) = opaque_string(text) {
        // The second preparation may refuse what normalization made: U+0387 becomes U+00B7, which is allowed only
        // between two "l" (RFC 5892 §A.3).
        if let Ok(twice) = opaque_string(&once) {
            assert_eq!(twice, once);
        }
        assert!(!once.is_empty());
    }
    if let Ok(once) = saslprep(text) {
        assert!(!once.chars().any(char::is_control));
    }
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.is_empty() {
        assert_eq!(opaque_string(text).as_deref(), Ok(text));
        assert_eq!(saslprep(text).as_deref(), Ok(text));
    }
}
