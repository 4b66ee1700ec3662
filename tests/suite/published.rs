//! The messages that documents and other implementations publish, each with its source.
//!
//! Messages that no document publishes are computed by `conformance/dialects.py` and `microsoft/vectors.py`.

use stunwire::attribute::{Nonce, Realm};
use stunwire::{Credentials, Dialect, Key};

use crate::support::hex;

/// A published message with its key.
pub struct Vector {
    pub name: &'static str,
    pub dialect: Dialect,
    pub bytes: Vec<u8>,
    pub key: Option<Key>,
}

/// RFC 5769's password of §2.1 to §2.3.
pub const ICE_PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// The user of RFC 5769 §2.4 and RFC 8489 B.1: six katakana.
pub const USER: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";

/// The password of RFC 5769 §2.4 and RFC 8489 B.1 after preparation.
pub const PASSWORD: &str = "TheMatrIX";

/// RFC 5769 §2.1: an ICE check.
pub fn rfc5769_request() -> Vec<u8> {
    hex("00010058 2112a442 b7e7a701bc34d686fa87dfae
         80220010 5354554e207465737420636c69656e74
         00240004 6e0001ff
         80290008 932ff9b151263b36
         00060009 6576746a3a68367659 202020
         00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
         80280004 e57a3bcf")
}

/// RFC 5769 §2.2: the response to the check over IPv4.
pub fn rfc5769_ipv4() -> Vec<u8> {
    hex("0101003c 2112a442 b7e7a701bc34d686fa87dfae
         8022000b 7465737420766563746f72 20
         00200008 0001a147e112a643
         00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
         80280004 c07d4c96")
}

/// RFC 5769 §2.3: the response to the check over IPv6.
pub fn rfc5769_ipv6() -> Vec<u8> {
    hex("01010048 2112a442 b7e7a701bc34d686fa87dfae
         8022000b 7465737420766563746f72 20
         00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
         00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
         80280004 c8fb0b4c")
}

/// RFC 5769 §2.4: a request with long-term credentials.
pub fn rfc5769_long_term() -> Vec<u8> {
    hex("00010060 2112a442 78ad3433c6ad72c029da412e
         00060012 e3839ee38388e383aae38383e382afe382b9 0000
         0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341
         0014000b 6578616d706c652e6f7267 00
         00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666")
}

/// RFC 8489 B.1 with erratum 6268: USERHASH and SHA-256.
pub fn rfc8489_b1() -> Vec<u8> {
    hex("00010090 2112a442 78ad3433c6ad72c029da412e
         001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704
         00150029 6f624d61744a6f7332414141 43662f2f3439396b39353464364f4c33346f4c39465354767936347341 000000
         0014000b 6578616d706c652e6f7267 00
         001d0004 00020000
         001c0020 b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65")
}

/// An ICE check of Skype for Business from a published capture, without its length prefix. Its
/// password is not public.
pub fn skype() -> Vec<u8> {
    hex("00010058 2112a442 a7d42d519e4d78c593819521
         00250000
         00240004 6effffff
         80290008 08b2674a8beecd68
         0006000c 6c304d523a416f5679000000
         80540004 33000000
         80700004 00000002
         00080014 1da4842529575b38e06b72ef458c3e172b65c76c
         80280004 ff2fa718")
}

/// MS-TURN with SHA-1 and no attribute but the tag, from the tests of the library turner.
pub fn ms_turn_a() -> Vec<u8> {
    hex("00030020 000102030405060708090a0b0c0d0e0f
         000f0004 72c64bc6
         00080014 f4af03c6216f1976659f8721187cffc59eb7322a")
}

/// MS-TURN with SHA-1 and a LIFETIME, from the tests of the library turner.
pub fn ms_turn_b() -> Vec<u8> {
    hex("00030028 59cd65237c05eafa94de757fc70a37cb
         000f0004 72c64bc6
         000d0004 00000258
         00080014 aabe880e8d71977a563a2770c3da3acfb81ebe14")
}

/// MS-TURN with SHA-256 and the nonce in the key, from the tests of the library turner.
pub fn ms_turn_c() -> Vec<u8> {
    hex("0003002c 000102030405060708090a0b0c0d0e0f
         000f0004 72c64bc6
         00080020 890e90e0fee6ed6fa33ac97ea00476162795e25a607386cc9817fa6ed8d2cd14")
}

/// MS-ICE2, legacy format: the sample of Microsoft's Open Specifications blog of 2016-02-23. The
/// FINGERPRINT, which the blog leaves out, was computed with Python's zlib.
pub fn ms_ice2() -> Vec<u8> {
    hex("00010054 2112a442 beebd6f17710b6a1b6a92cbd
         0006000c 764f614d3a6676417300 0000
         00240004 6efffeff
         80290008 000000000001e6e4
         80540004 31000000
         80700004 00000002
         00080014 b87d4d8d56fc76794667aacae3593e58e1dbfe97
         80280004 79b31586")
}

/// libwebrtc, `stun_unittest.cc`: three messages of RFC 5769 with GOOG-MESSAGE-INTEGRITY-32 under the password
/// [`ICE_PASSWORD`], recomputed with Python's hmac. The first has FINGERPRINT after its tag and is padded with
/// spaces, the others have neither.
pub fn libwebrtc_goog_32() -> [Vec<u8>; 3] {
    [
        hex("00010048 2112a442 b7e7a701bc34d686fa87dfae
         80220010 5354554e207465737420636c69656e74 00240004 6e0001ff
         80290008 932ff9b151263b36 00060009 6576746a3a68367659 202020
         c0600004 4545ce7c 80280004 e57a3bcf"),
        hex("00010040 2112a442 b7e7a701bc34d686fa87dfae
         80220010 5354554e207465737420636c69656e74 00240004 6e0001ff
         80290008 932ff9b151263b36 00060009 6576746a3a68367659 000000
         c0600004 da39de5d"),
        hex("01010024 2112a442 b7e7a701bc34d686fa87dfae
         8022000b 7465737420766563746f72 00 00200008 0001a147e112a643
         c0600004 e75cd316"),
    ]
}

/// Every published message.
pub fn vectors() -> Vec<Vector> {
    let vector = |name, dialect, bytes, key| Vector {
        name,
        dialect,
        bytes,
        key,
    };
    let ice = || Some(Key::short_term(ICE_PASSWORD));
    let ms_turn = |version| {
        Some(Key::ms_turn(
            &Credentials {
                username: "user",
                password: "pass",
            },
            Realm::new("realm").unwrap(),
            Nonce::new("nonce").unwrap(),
            version,
        ))
    };
    vec![
        vector("RFC 5769 §2.1", Dialect::RFC8489, rfc5769_request(), ice()),
        vector("RFC 5769 §2.2", Dialect::RFC8489, rfc5769_ipv4(), ice()),
        vector("RFC 5769 §2.3", Dialect::RFC8489, rfc5769_ipv6(), ice()),
        vector(
            "RFC 5769 §2.4",
            Dialect::RFC8489,
            rfc5769_long_term(),
            Some(Key::long_term(
                &Credentials {
                    username: USER,
                    password: PASSWORD,
                },
                "example.org",
            )),
        ),
        vector(
            "RFC 8489 B.1, erratum 6268",
            Dialect::RFC8489,
            rfc8489_b1(),
            Some(Key::long_term_sha256(
                &Credentials {
                    username: USER,
                    password: PASSWORD,
                },
                "example.org",
            )),
        ),
        vector("Skype for Business", Dialect::MS_ICE2_LEGACY, skype(), None),
        vector("MS-TURN A", Dialect::MS_TURN, ms_turn_a(), ms_turn(2)),
        vector("MS-TURN B", Dialect::MS_TURN, ms_turn_b(), ms_turn(2)),
        vector("MS-TURN C", Dialect::MS_TURN, ms_turn_c(), ms_turn(3)),
        vector(
            "MS-ICE2, Microsoft's blog",
            Dialect::MS_ICE2_LEGACY,
            ms_ice2(),
            Some(Key::short_term("ydYldnHIRgbOUr1MYUGy4t0g")),
        ),
    ]
}
