//! No secret remains on the stack after a key was derived, used and dropped.
//!
//! The test reads the stack below its own frame through `/proc/self/mem`, so it runs on Linux. It is meaningful
//! in optimized code only: without optimization each move leaves a copy that cannot be wiped.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt as _;
use std::thread;

use md5::Md5;
use sha2::{Digest, Sha256};
use stunwire::attribute::{Nonce, PasswordAlgorithm, Realm, Username};
use stunwire::auth::{NonceMint, NonceStatus, UnixTime, rest};
use stunwire::{
    Credentials, Header, HmacAlgorithm, HmacKey, HmacTag, Key, Message, MessageWriter, Method,
    SecurityFeatures, TransactionId,
};

const PASSWORD: &str = "correct horse battery staple";
const USER: &str = "alice";
const REALM: &str = "example.org";
const NONCE: &str = "a nonce of the server";

/// Bytes between the frame of the test and the frames of the tested code, so that the code that reads the
/// stack does not overwrite them.
const DISTANCE: usize = 16 * 1024;

/// Bytes of the stack that are searched.
const DEPTH: usize = 128 * 1024;

/// The name of a secret, and the bytes that are searched for.
type Secret = (&'static str, Vec<u8>);

/// The password, a key, and all values that HMAC derives from the key.
fn secrets(key: &[u8]) -> Vec<Secret> {
    let pad = |with: u8| {
        let mut block = [with; 64];
        block
            .iter_mut()
            .zip(key)
            .for_each(|(byte, key)| *byte ^= key);
        block
    };
    let mut found: Vec<Secret> = vec![
        ("password", PASSWORD.as_bytes()[..12].to_vec()),
        ("key", key[..12].to_vec()),
        ("key, inner pad", pad(0x36)[..12].to_vec()),
        ("key, outer pad", pad(0x5C)[..12].to_vec()),
    ];
    for (name, with) in [("inner", 0x36), ("outer", 0x5C)] {
        let mut state = [
            0x6745_2301,
            0xEFCD_AB89,
            0x98BA_DCFE,
            0x1032_5476,
            0xC3D2_E1F0,
        ];
        sha1::block_api::compress(&mut state, &[pad(with)]);
        let name = if name == "inner" {
            "SHA-1 inner state"
        } else {
            "SHA-1 outer state"
        };
        found.extend(state.map(|word: u32| (name, word.to_ne_bytes().to_vec())));
        let mut state = [
            0x6A09_E667,
            0xBB67_AE85,
            0x3C6E_F372,
            0xA54F_F53A,
            0x510E_527F,
            0x9B05_688C,
            0x1F83_D9AB,
            0x5BE0_CD19,
        ];
        sha2::block_api::compress256(&mut state, &[pad(with)]);
        let name = if with == 0x36 {
            "SHA-256 inner state"
        } else {
            "SHA-256 outer state"
        };
        found.extend(state.map(|word: u32| (name, word.to_ne_bytes().to_vec())));
    }
    found
}

/// Runs `action` deep on the stack of a new thread; returns the names of the secrets that it leaves there.
fn left_by(
    secrets: Vec<Secret>,
    action: impl FnOnce(&mut Vec<u8>) + Send + 'static,
) -> Vec<&'static str> {
    #[inline(never)]
    fn deeper(action: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        let distance = [0_u8; DISTANCE];
        black_box(&distance);
        action(out);
        black_box(&distance);
    }
    let search = move || {
        let memory = File::open("/proc/self/mem").unwrap();
        let mut stack = vec![0; DEPTH];
        let mut out = Vec::with_capacity(1024);
        let here = 0_u8;
        let address = black_box(&here) as *const u8 as usize as u64;
        deeper(action, &mut out);
        memory
            .read_exact_at(&mut stack, address - DEPTH as u64)
            .unwrap();
        let mut left: Vec<_> = secrets
            .iter()
            .filter(|(_, secret)| {
                stack
                    .windows(secret.len())
                    .any(|bytes| bytes == &secret[..])
            })
            .map(|(name, _)| *name)
            .collect();
        left.dedup();
        left
    };
    let stack = thread::Builder::new().stack_size(4 * DEPTH);
    stack.spawn(search).unwrap().join().unwrap()
}

/// Signs with a key and verifies with it.
#[inline(always)]
fn sign_and_verify(key: &Key, out: &mut Vec<u8>) {
    let id = TransactionId::new(*b"not a secret");
    for sha256 in [false, true] {
        out.clear();
        let mut writer = MessageWriter::new(out, Header::request(Method::BINDING, id)).unwrap();
        writer.attribute(&Username::new(USER).unwrap()).unwrap();
        if sha256 {
            writer.integrity_sha256(key).unwrap().finish().unwrap();
        } else {
            writer.integrity(key).unwrap().finish().unwrap();
        }
        assert!(Message::parse(out).unwrap().verify(key).is_ok());
    }
}

fn credentials() -> Credentials<&'static str, &'static str> {
    Credentials {
        username: USER,
        password: PASSWORD,
    }
}

/// The search finds secrets that are not wiped.
#[test]
fn the_search_finds_secrets() {
    let left = left_by(secrets(PASSWORD.as_bytes()), |_| {
        let mut copy = [0_u8; 28];
        copy.copy_from_slice(PASSWORD.as_bytes());
        black_box(&copy);
        let mut state = [
            0x6745_2301,
            0xEFCD_AB89,
            0x98BA_DCFE,
            0x1032_5476,
            0xC3D2_E1F0,
        ];
        let mut block = [0x36; 64];
        block
            .iter_mut()
            .zip(&copy)
            .for_each(|(byte, key)| *byte ^= key);
        sha1::block_api::compress(&mut state, core::slice::from_ref(&block));
        black_box((&block, &state));
    });
    for name in ["password", "key", "SHA-1 inner state"] {
        assert!(left.contains(&name), "{name} is not in {left:?}");
    }
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "optimized code only: cargo test --release --test secrets"
)]
fn keys_leave_nothing() {
    let text = format!("{USER}:{REALM}:{PASSWORD}");
    let ms_turn = ms_turn_key();
    let none: [&str; 0] = [];
    let short_term = left_by(secrets(PASSWORD.as_bytes()), |out| {
        let key = Key::short_term(black_box(PASSWORD));
        sign_and_verify(&key, out);
    });
    assert_eq!(short_term, none, "short term");
    let prepared = left_by(secrets(PASSWORD.as_bytes()), |out| {
        let mut key = Key::short_term(black_box(PASSWORD));
        key.prepare_all();
        sign_and_verify(&key, out);
    });
    assert_eq!(prepared, none, "short term, prepared");
    let long_term = left_by(secrets(&Md5::digest(&text)), |out| {
        let key = Key::long_term(black_box(&credentials()), REALM);
        sign_and_verify(&key, out);
    });
    assert_eq!(long_term, none, "long term");
    let sha256 = left_by(secrets(&Sha256::digest(&text)), |out| {
        let key = Key::long_term_sha256(black_box(&credentials()), REALM);
        sign_and_verify(&key, out);
    });
    assert_eq!(sha256, none, "long term, SHA-256");
    // The bytes of a key, for a server that stores them.
    for (algorithm, key) in [
        (PasswordAlgorithm::MD5, Md5::digest(&text).to_vec()),
        (PasswordAlgorithm::SHA256, Sha256::digest(&text).to_vec()),
    ] {
        let len = key.len();
        let stored = left_by(secrets(&key), move |_| {
            let bytes = black_box(&credentials()).key_bytes(REALM, algorithm);
            assert_eq!(black_box(&bytes).as_ref().unwrap().as_bytes().len(), len);
        });
        assert_eq!(stored, none, "stored keys");
    }
    let ms_turn = left_by(secrets(&ms_turn), |out| {
        let (realm, nonce) = (Realm::new(REALM).unwrap(), Nonce::new(NONCE).unwrap());
        let key = Key::ms_turn(black_box(&credentials()), realm, nonce, 3);
        sign_and_verify(&key, out);
    });
    assert_eq!(ms_turn, none, "MS-TURN");
    // The secret of a server's nonces: made, used and replaced.
    let nonces = left_by(secrets(PASSWORD.as_bytes()), |_| {
        let mut mint = NonceMint::new(Key::from_bytes(black_box(PASSWORD).as_bytes()));
        let client = (Ipv4Addr::LOCALHOST, 50000).into();
        let now = UnixTime::from_secs(1_700_000_000);
        let nonce = mint
            .mint(now, client, REALM, SecurityFeatures::NONE)
            .unwrap();
        mint.rotate(Key::from_bytes(b"the next secret"));
        assert_eq!(mint.status(&nonce, now, client, REALM), NonceStatus::Valid);
    });
    assert_eq!(nonces, none, "nonces");
    // The secret of time-limited credentials, and the password that is made with it.
    let username = format!("1700000000:{USER}");
    let password = rest::password(&Key::from_bytes(PASSWORD.as_bytes()), &username).unwrap();
    let mut sought = secrets(PASSWORD.as_bytes());
    sought.push(("time-limited password", password.as_ref()[..12].to_vec()));
    let hmac =
        Key::from_bytes(PASSWORD.as_bytes()).hmac(HmacAlgorithm::Sha1, &[username.as_bytes()]);
    sought.push(("HMAC", hmac.as_bytes().unwrap()[..12].to_vec()));
    let time_limited = left_by(sought, move |_| {
        let secret = Key::from_bytes(black_box(PASSWORD).as_bytes());
        let now = UnixTime::from_secs(1_600_000_000);
        let key = rest::key(&secret, &username, REALM, PasswordAlgorithm::SHA256, now);
        assert!(key.is_some());
    });
    assert_eq!(time_limited, none, "time-limited credentials");
}

/// The HMAC of a provider, which is returned as a slice.
#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "optimized code only: cargo test --release --test secrets"
)]
fn tags_are_wiped() {
    for len in [20, 32] {
        let left = left_by(vec![("HMAC", vec![0x5A; 12])], move |_| {
            let hmac = vec![0x5A; len];
            let tag = HmacTag::from(black_box(hmac.as_slice()));
            black_box(&tag);
        });
        assert_eq!(left, [""; 0], "{len} bytes");
    }
}

/// The key derivation of [MS-TURN] from version 3 on, computed with the `hmac` crate.
fn ms_turn_key() -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let hmac = |key: &[u8], text: &[u8]| {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        hmac.update(text);
        hmac.finalize().into_bytes().to_vec()
    };
    let extracted = hmac(NONCE.as_bytes(), PASSWORD.as_bytes());
    let text = [
        b"\x01TURN\0",
        USER.as_bytes(),
        REALM.as_bytes(),
        &256_u32.to_be_bytes(),
    ]
    .concat();
    hmac(&extracted, &text)
}
