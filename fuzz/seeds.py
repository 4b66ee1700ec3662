#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets.

    python3 fuzz/seeds.py                  published messages, under seeds/<target>/
    python3 fuzz/seeds.py --long FOLDER    messages and streams of 64 KiB, under FOLDER/<target>/

The published messages are committed: run this after a change of the tables, and commit what it writes. The
long ones are written before each run.
"""

import pathlib
import shutil
import sys

TARGETS = [
    "parse", "roundtrip", "verify", "attributes", "replies", "stream", "microsoft", "relay", "auth",
    "writer", "keys", "agents",
]

# Name, source, bytes. Blanks separate the attributes.
MESSAGES = [
    ("rfc5769-2.1-request", "RFC 5769 §2.1", """
        00010058 2112a442 b7e7a701bc34d686fa87dfae
        80220010 5354554e207465737420636c69656e74
        00240004 6e0001ff
        80290008 932ff9b151263b36
        00060009 6576746a3a68367659 202020
        00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
        80280004 e57a3bcf"""),
    ("rfc5769-2.2-response-ipv4", "RFC 5769 §2.2", """
        0101003c 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f72 20
        00200008 0001a147e112a643
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
        80280004 c07d4c96"""),
    ("rfc5769-2.3-response-ipv6", "RFC 5769 §2.3", """
        01010048 2112a442 b7e7a701bc34d686fa87dfae
        8022000b 7465737420766563746f72 20
        00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
        80280004 c8fb0b4c"""),
    ("rfc5769-2.4-long-term", "RFC 5769 §2.4", """
        00010060 2112a442 78ad3433c6ad72c029da412e
        00060012 e3839ee38388e383aae38383e382afe382b9 0000
        0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341
        0014000b 6578616d706c652e6f7267 00
        00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666"""),
    ("rfc8489-b.1-sha256", "RFC 8489 B.1, as its erratum 6268 corrects it", """
        00010090 2112a442 78ad3433c6ad72c029da412e
        001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704
        00150029 6f624d61744a6f7332414141 43662f2f3439396b39353464364f4c33346f4c39465354767936347341 000000
        0014000b 6578616d706c652e6f7267 00
        001d0004 00020000
        001c0020 b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65"""),
    ("skype-check", "An ICE check of Skype for Business, MS-ICE2 with IMPLEMENTATION-VERSION 2", """
        00010058 2112a442 a7d42d519e4d78c593819521
        00250000
        00240004 6effffff
        80290008 08b2674a8beecd68
        0006000c 6c304d523a416f5679000000
        80540004 33000000
        80700004 00000002
        00080014 1da4842529575b38e06b72ef458c3e172b65c76c
        80280004 ff2fa718"""),
    ("ms-turn-sha1", "MS-TURN 2.2.2.17, SHA-1, without attributes", """
        00030020 000102030405060708090a0b0c0d0e0f
        000f0004 72c64bc6
        00080014 f4af03c6216f1976659f8721187cffc59eb7322a"""),
    ("ms-turn-sha1-lifetime", "MS-TURN 2.2.2.17, SHA-1, with LIFETIME", """
        00030028 59cd65237c05eafa94de757fc70a37cb
        000f0004 72c64bc6
        000d0004 00000258
        00080014 aabe880e8d71977a563a2770c3da3acfb81ebe14"""),
    ("ms-turn-sha256", "MS-TURN 2.2.2.17, SHA-256", """
        0003002c 000102030405060708090a0b0c0d0e0f
        000f0004 72c64bc6
        00080020 890e90e0fee6ed6fa33ac97ea00476162795e25a607386cc9817fa6ed8d2cd14"""),
    ("ms-ice2-legacy", "MS-ICE2 3.1.4.8.2: Microsoft's worked sample of 2016, with its FINGERPRINT", """
        00010054 2112a442 beebd6f17710b6a1b6a92cbd
        0006000c 764f614d3a66764173000000
        00240004 6efffeff
        80290008 000000000001e6e4
        80540004 31000000
        80700004 00000002
        00080014 b87d4d8d56fc76794667aacae3593e58e1dbfe97
        80280004 79b31586"""),
]

# The bytes of an MS-TURN connection: name, source, bytes.
STREAMS = [
    ("client", "[MS-TURN] 2.1.1, 2.1.4: libnice's handshake, an Allocate, data", """
        160301002d 01000029 0301
        c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb 00 0002 0018 01 00
        02000024 00030010 000102030405060708090a0b0c0d0e0f 000f0004 72c64bc6 000d0004 00000258
        03000005 68656c6c6f"""),
    ("server", "[MS-TURN] 2.1.1: ServerHello with ServerHelloDone, and an empty frame", """
        160301004e 02000046 0301
        0000000000000000000000000000000000000000000000000000000000000000
        20 0000000000000000000000000000000000000000000000000000000000000000 0018 00 0e000000
        03000000"""),
    ("google", "Google's handshake, as seen in libnice", "80460103 01002d00 00001001 0080"),
    ("multiplexed", "[MS-TURN] 2.2.3", "ff10000b 0102030405060708 aabbcc ff100008 0102030405060708"),
]


# Messages of a relay: name, source, bytes.
RELAYED = [
    ("send-indication", "RFC 8656 §11.1", """
        00160018 2112a442 b7e7a701bc34d686fa87dfae
        00120008 0001a147e112a643
        00130005 68656c6c6f 000000"""),
    ("data-indication-ipv6", "RFC 8656 §11.3, the data before the peer", """
        00170020 2112a442 b7e7a701bc34d686fa87dfae
        00130004 64617461
        00120014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"""),
    ("ms-turn-send", "[MS-TURN] 2.2.1, with a tag of zeros", """
        0004003d 30313233343536373839616263646566
        000f0004 72c64bc6
        80080004 00000002
        00110008 00013fcc5db8d822
        00130005 68656c6c6f
        00080014 0000000000000000000000000000000000000000"""),
    ("ms-turn-data", "[MS-TURN] 2.2.1", """
        0115001d 30313233343536373839616263646566
        000f0004 72c64bc6
        00120008 00013fcc5db8d822
        00130005 68656c6c6f"""),
]


# Texts of the target `keys`: name, source, which property, and its texts.
TEXTS = [
    ("hmac", "RFC 2202 §3", 0, ["Jefe", "", "", "what do ya want for nothing?"]),
    ("long-term", "RFC 5769 §2.4", 1, ["\u30de\u30c8\u30ea\u30c3\u30af\u30b9", "example.org", "TheMatrIX", ""]),
    ("long-term-quoted", "RFC 8489 §18.5.1.1", 1, ['"user"', '"realm"\0\0', "pass\0", ""]),
    ("ms-turn-3", "[MS-TURN] 3.1.11.1", 2, ["user", "realm", "password", "nonce"]),
    ("nonce", "RFC 8489 §9.2", 3, ["example.org", "\x7f\0\0\1", "\0\x6e\x70\0\x6e", ""]),
    ("nonce-of-another", "RFC 8489 §9.2", 4, ["example.org", "", "", "obMatJos2wAAAAGVT8QDDUDMNCz05vGAsNlKRYXuo"]),
    ("rest", "draft-uberti-behave-turn-rest-00", 5, ["north", "1433895918:ninefingers", "", ""]),
    ("userhash", "RFC 8489 §14.4", 6, ["user", "realm", "", "user"]),
    ("token", "RFC 7635 §4.1.1", 7, ["ZksjpweoixXmvn67534m", "blackdow.carleon.gov", "", "h4j3k2l2n4b5"]),
    ("precis", "RFC 8265 §4.3", 8, ["", "", "", "fo\xb3\u2008bar\u1fbf"]),
]

# Inputs of the target `agents`: name, source, and its bytes after the byte that selects a property.
AGENTS = [
    ("uri-stun", "RFC 7064 appendix A", 0, b"stun:example.org:8000"),
    ("uri-turns", "RFC 7065 appendix A", 0, b"turns:example.org?transport=tcp"),
    ("uri-ipv6", "RFC 3986 §3.2.2", 0, b"TURN:[2001:db8::192.0.2.1]:443?Transport=UDP"),
    ("uri-future", "RFC 3986 §3.2.2", 0, b"stuns:[v1f.a:b!]:"),
    ("uri-escaped", "RFC 3986 §2.1", 0, b"turn:%C3%A4.example?transport=sctp-2"),
    # Support, allocation, method, then an attribute and its value each: REQUESTED-TRANSPORT, RESERVATION-TOKEN,
    # EVEN-PORT; XOR-PEER-ADDRESS; CHANNEL-NUMBER.
    ("turn-allocate", "RFC 8656 §7.2", 2, bytes([3, 0, 0, 6, 17, 8, 1, 5, 128])),
    ("turn-allocate-tcp", "RFC 6062 §5.1", 2, bytes([11, 0, 0, 6, 6, 7, 0])),
    ("turn-families", "RFC 8656 §7.2", 2, bytes([3, 0, 0, 6, 17, 5, 128, 10, 2])),
    ("turn-permission", "RFC 8656 §10.2", 2, bytes([3, 5, 2, 2, 1, 34, 1])),
    ("turn-channel", "RFC 8656 §12.2", 2, bytes([3, 7, 3, 0, 0x40, 2, 1])),
    ("turn-connection-bind", "RFC 6062 §5.4", 2, bytes([11, 7, 5, 9, 1])),
    ("turn-message", "RFC 8656 §11.2", 2, bytes([3, 13]) + bytes.fromhex("""
        00160018 2112a442 b7e7a701bc34d686fa87dfae 00120008 0001a147e112a643 00130005 68656c6c6f 000000""")),
    ("role-conflict", "RFC 8445 §7.3.1.1", 4, bytes([2]) + b"tiebreakTIEBREAK"),
    ("both-roles", "RFC 8445 §7.3.1.1", 4, bytes([7]) + b"tiebreakTIEBREAK"),
    ("redirects", "RFC 8489 §10", 5, bytes([0x41, 1, 0, 0, 1, 2, 2, 9, 2, 3, 0x83, 1, 0x0A, 200, 9, 2])),
    ("demux-stun", "RFC 7983 §7", 6, bytes.fromhex("01 00010000 2112a442 b7e7a701bc34d686fa87dfae")),
    ("demux-quic", "RFC 9443 §3", 6, bytes.fromhex("05 c300000001 7effffff 64ffffff")),
    ("name-dialect", "", 7, b"\x10\x06ms-turn-padded"),
    ("name-class", "", 7, b"\x01\xb6success_response"),
]

# The dialects in the order of `FORMATS` of stunwire-properties; each but the last two is followed by the one
# with the other rule for padding.
DIALECTS = {"rfc": 0, "sky": 6, "ms-turn": 4, "ms-ice2-legacy": 8, "send": 0, "data": 0}


def dialect_of(name):
    return next(index for prefix, index in DIALECTS.items() if name.startswith(prefix))


def attributes_of(message):
    """Type and value of each attribute. Only the unpadded dialect has odd lengths, at the end."""
    at = 20
    while at < len(message):
        length = int.from_bytes(message[at + 2:at + 4], "big")
        yield message[at:at + 2], message[at + 4:at + 4 + length]
        at += 4 + (length + 3 & ~3)


def counted(value):
    """A value after its length, of one byte or of two after 255."""
    if len(value) < 255:
        return bytes([len(value)]) + value
    return b"\xff" + len(value).to_bytes(2, "big") + value


def around(target, index, dialect, message):
    """The message in the form that the target expects."""
    if target == "parse":
        # Dialect and attribute type.
        return bytes([dialect, index]) + message
    if target == "roundtrip":
        # Dialect, type, transaction ID, value.
        code, value = next(attributes_of(message), (b"\0\x06", b""))
        return bytes([dialect]) + code + message[4:20] + value
    if target == "verify":
        # Dialect, key, algorithm, and two edits: insertion that keeps the length, and a splice.
        return bytes([dialect, index, index, 2, 1, 0, 0, index, 0, 4, 4, 0, 0, 6, 0, 6]) + message
    if target == "auth":
        # Way, settings, packet and the bit to flip in it.
        return bytes([index, 37 * index % 256, index, 0, 1, 40 * index % 256]) + message
    if target == "attributes":
        # Dialect and class, transaction ID, then an index, a length and a value.
        values = [code[1:] + counted(value) for code, value in attributes_of(message)]
        return bytes([dialect]) + message[4:20] + b"".join(values)
    if target == "writer":
        # Dialect, class and method, buffer, its size, end, key, transaction ID, then calls.
        calls = [bytes([n % 256]) + code + counted(value) for n, (code, value) in enumerate(attributes_of(message))]
        start = bytes([dialect, 4 * message[1] % 128, index, 1, 0, index, index])
        return start + message[4:20] + b"".join(calls)
    if target == "microsoft":
        # Way and chunk length.
        return bytes([index, 7 * index % 256 + 3]) + message
    if target == "replies":
        # Dialect, length of the realm, reply, the request's header, realm and nonce.
        start = bytes([dialect, 11, index]) + message[:20]
        return start + b"example.orgobMatJos2gAAAf//499k954d6OL34oL9F"
    if target == "stream":
        # Way, number of chunk lengths, these, then frames: of RFC 4571, or bare after ChannelData.
        start = bytes([index, 2, 2, 40])
        if index % 2:
            return start + b"".join(len(packet).to_bytes(2, "big") + packet for packet in (message, b"", message))
        return start + bytes([0x40, index, 0, 5]) + b"hello" + bytes(3) + message + bytes([0x7F, 0, 0, 0]) + message
    # Way and dialect.
    assert target == "relay"
    return bytes([dialect]) + message


def text_seed(way, texts):
    texts = [text.encode() for text in texts]
    return bytes([way, *map(len, texts[:3]), 0]) + b"".join(texts)


def published(folder):
    for target in TARGETS:
        shutil.rmtree(folder / target, ignore_errors=True)
        (folder / target).mkdir(parents=True)
        if target == "keys":
            for name, _, way, texts in TEXTS:
                (folder / target / f"{name}.bin").write_bytes(text_seed(way, texts))
            continue
        if target == "agents":
            for name, _, way, rest in AGENTS:
                (folder / target / f"{name}.bin").write_bytes(bytes([way]) + rest)
            continue
        messages = RELAYED if target == "relay" else MESSAGES
        for index, (name, source, text) in enumerate(messages):
            message = bytes.fromhex(text)
            length = int.from_bytes(message[2:4], "big")
            assert length == len(message) - 20, f"{name} ({source}): length {length}"
            seed = around(target, index, dialect_of(name), message)
            (folder / target / f"{name}.bin").write_bytes(seed)
        if target == "microsoft":
            for index, (name, source, text) in enumerate(STREAMS):
                (folder / target / f"{name}.bin").write_bytes(around(target, index, 4, bytes.fromhex(text)))


def long_messages():
    """Name, dialect, message: as many attributes as there can be, and values as long as they can be."""
    start, id = "0001", "2112a442b7e7a701bc34d686fa87dfae"
    for name, dialect, attributes in [
        ("empty-attributes", 0, "00250000" * 16383),
        ("unknown-attributes", 2, "7fff0000" * 16383),
        ("one-value", 0, "0013fff8" + "5a" * 65528),
        ("signed", 0, "8022ffc0" + "61" * 65472 + "00080014" + "00" * 20 + "80280004" + "00" * 4),
        ("ms-turn", 4, "000f000472c64bc6" + "0013ffd8" + "5a" * 65496 + "00080014" + "00" * 20),
        ("texts", 0, "00060004616c6963" * 8191),
    ]:
        attributes = bytes.fromhex(attributes)
        assert len(attributes) < 65536, name
        yield name, dialect, bytes.fromhex(start) + len(attributes).to_bytes(2, "big") + bytes.fromhex(id) + attributes


def long(folder):
    for target in TARGETS:
        (folder / target).mkdir(parents=True, exist_ok=True)
        if target == "keys":
            for way in range(8):
                seed = text_seed(way, ["a" * 255, "b" * 127, "c" * 40, "d" * 64000])
                (folder / target / f"long-{way}.bin").write_bytes(seed)
            continue
        if target == "agents":
            # A host, a message with as many peers as there can be, and a tie-breaker.
            peers = bytes.fromhex("00080000 2112a442 b7e7a701bc34d686fa87dfae" + "00120008 0001a147e112a643" * 5461)
            peers = peers[:2] + (len(peers) - 20).to_bytes(2, "big") + peers[4:]
            for name, seed in [("host", b"\0turn:" + b"a" * 65000), ("peers", b"\2\3\x0d" + peers), ("role", b"\4" + b"9" * 65000)]:
                (folder / target / f"long-{name}.bin").write_bytes(seed)
            continue
        for index, (name, dialect, message) in enumerate(long_messages()):
            if target == "relay":
                # The message as a payload, and as one that is read.
                seed = bytes([10 * (index % 4) + dialect]) + message
            elif target == "stream":
                # In the ways of STUN over TCP and of RFC 4571, with chunks of 256 bytes.
                packet = message[:65535]
                packet = message if index % 2 else len(packet).to_bytes(2, "big") + packet
                seed = bytes([2 if index % 2 else 4, 1, 255]) + packet
            elif target == "microsoft":
                # In frames of MS-TURN over TCP, and multiplexed.
                kind = [b"\x02\0", b"\x03\0", b"\xff\x10"][index % 3]
                payload = message[:65535]
                seed = bytes([2 * (index % 3 == 2), 255]) + kind + len(payload).to_bytes(2, "big") + payload
            else:
                seed = around(target, index, dialect, message)
            (folder / target / f"{name}.bin").write_bytes(seed)


def main():
    here = pathlib.Path(__file__).resolve().parent
    match sys.argv[1:]:
        case []:
            published(here / "seeds")
        case ["--long", folder]:
            long(pathlib.Path(folder))
        case _:
            sys.exit(__doc__)


main()
