//! Published messages, and messages that a separate program computed, as the tests need them.

/// The bytes of a text of hexadecimal digits; white space is skipped.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// RFC 5769's password of §2.1 to §2.3.
pub const ICE_PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// The user of RFC 5769 §2.4 and RFC 8489 B.1: six katakana.
pub const USER: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";

/// The password of the same after preparation.
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

/// RFC 5769 §2.2: its answer over IPv4.
pub fn rfc5769_ipv4() -> Vec<u8> {
    hex("0101003c 2112a442 b7e7a701bc34d686fa87dfae
         8022000b 7465737420766563746f72 20
         00200008 0001a147e112a643
         00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
         80280004 c07d4c96")
}

/// RFC 5769 §2.3: its answer over IPv6.
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

/// MS-TURN: SHA-1 and a LIFETIME. From the same.
pub fn ms_turn_b() -> Vec<u8> {
    hex("00030028 59cd65237c05eafa94de757fc70a37cb
         000f0004 72c64bc6
         000d0004 00000258
         00080014 aabe880e8d71977a563a2770c3da3acfb81ebe14")
}

/// MS-TURN: SHA-256 with the nonce in the key. From the same.
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

/// Computed by a separate program, as the two after it.
pub const MS_TURN_SHA256: &str = "
    0103014f 44556677c4c5c6c7c8c9cacbcccdcecf
    000f0004 72c64bc6
    80080004 00000006
    000d0004 00000258
    00100004 000005dc
    00010008 0001c350c000020f
    80900014 0002c35120010db8000000000000000000000015
    80200008 0001557784556476
    000e0008 00010d96c0000203
    00110008 00010005c0000205
    00120008 00010006c0000206
    00170004 02000000
    8032000f 7369702e6578616d706c652e6f7267
    80370004 00c0ffee
    80390028 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627
    80500018 000102030405060708090a0b0c0d0e0f1011121300000007
    80550004 00020001
    80950008 73657373696f6e21
    0015000a 227274636d6564696122
    00140014 303132333435363738393a3b3c3d3e3f40414243
    00060007 010275733a6572
    00130003 ff00fe
    00080020 b13ddedfa127f2eecf69c4b0c2ce7630cea9346ff0f74c521957a25812aab224
";

pub const MS_ICE2_UNDECLARED: &str = "
    00010034 2112a4426162636465666768696a6b6c
    00200008 00012110e112a643
    00240004 6e7fffff
    00080014 0fa82839eda7feca9ce9495524ae6359d789584d
    80280004 83b857bc
";

pub const MS_ICE2_UNDECLARED_MS_TABLE: &str = "
    00010034 2112a4426162636465666768696a6b6c
    00200008 00012110e112a643
    00240004 6e7fffff
    00080014 0fa82839eda7feca9ce9495524ae6359d789584d
    80280004 5ac794d7
";
