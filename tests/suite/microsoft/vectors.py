#!/usr/bin/env python3
"""The messages of microsoft.rs, computed independently of stunwire with struct, hmac, hashlib and zlib.

    python3 tests/suite/microsoft/vectors.py > tests/suite/microsoft/vectors.rs
"""

import hashlib
import hmac
import ipaddress
import struct
import zlib

COOKIE = bytes.fromhex("2112a442")
CLASSIC_ID = bytes(range(0xC0, 0xD0))
ID = COOKIE + b"abcdefghijkl"


def tlv(ty, value, step=1):
    return struct.pack(">HH", ty, len(value)) + value + bytes(-len(value) % step)


def address(text, port, mask=None):
    ip = ipaddress.ip_address(text).packed
    port = struct.pack(">H", port)
    if mask:
        ip = bytes(a ^ b for a, b in zip(ip, mask))
        port = bytes(a ^ b for a, b in zip(port, mask))
    return bytes([0, 1 if len(ip) == 4 else 2]) + port + ip


def header(ty, length, transaction):
    return struct.pack(">HH", ty, length) + transaction


def block(text):
    """Zeros up to a multiple of 64 (RFC 3489 11.2.8)."""
    return text + bytes(-len(text) % 64)


def last(ty, transaction, body, key, digest="sha1"):
    """The tag is the last attribute; the hashed header has the length on the wire."""
    size = hashlib.new(digest).digest_size
    text = header(ty, len(body) + 4 + size, transaction) + body
    return text + tlv(0x0008, hmac.new(key, block(text), digest).digest())


MS_TABLE = []
for entry in range(256):
    for _ in range(8):
        entry = (entry >> 1) ^ (0xEDB88320 if entry & 1 else 0)
    MS_TABLE.append(entry)
assert MS_TABLE[90] == 0x8BBEB8EA
MS_TABLE[90] = 0x08BBE8EA


def ms_crc(text):
    crc = 0xFFFFFFFF
    for byte in text:
        crc = MS_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def fingerprint(text, crc=zlib.crc32):
    return tlv(0x8028, struct.pack(">I", crc(text) ^ 0x5354554E))


def ms_ice2_legacy(body, key, crc=zlib.crc32):
    """The hashed header has the length on the wire, which includes tag and FINGERPRINT."""
    text = header(0x0001, len(body) + 24 + 8, ID) + body
    text += tlv(0x0008, hmac.new(key, block(text), "sha1").digest())
    return text + fingerprint(text, crc)


def ms_ice2(body, key):
    """As RFC 5389: the length ends at the tag."""
    tag = hmac.new(key, header(0x0001, len(body) + 24, ID) + body, "sha1").digest()
    text = header(0x0001, len(body) + 24 + 8, ID) + body + tlv(0x0008, tag)
    return text + fingerprint(text)


def ms_turn_key(user, realm, password, nonce):
    """SP 800-108, counter mode, one block; the nonce salts the extraction."""
    extracted = hmac.new(nonce, password, "sha256").digest()
    text = b"\x01TURN\0" + user + realm + struct.pack(">I", 256)
    return hmac.new(extracted, text, "sha256").digest()


def show(name, message, step=1):
    print(f'pub const {name}: &str = "')
    print(f"    {message[:4].hex()} {message[4:20].hex()}")
    at = 20
    while at < len(message):
        ty, length = struct.unpack_from(">HH", message, at)
        end = at + 4 + length + -length % step
        print(f"    {message[at:at + 4].hex()} {message[at + 4:end].hex()}".rstrip())
        at = end
    print('";')


print("//! Messages computed independently of stunwire; written by vectors.py.\n")

# Classic STUN, RFC 3489.
show("CLASSIC_REQUEST", last(0x0001, CLASSIC_ID,
    tlv(0x0002, address("192.0.2.7", 7))
    + tlv(0x0003, struct.pack(">I", 6))
    + tlv(0x0006, b"someone\0"),
    b"password"))
show("CLASSIC_RESPONSE", last(0x0101, CLASSIC_ID,
    tlv(0x0001, address("192.0.2.1", 1024))
    + tlv(0x0004, address("192.0.2.2", 3478))
    + tlv(0x0005, address("192.0.2.3", 3479))
    + tlv(0x000B, address("192.0.2.4", 4)),
    b"password"))
secret = tlv(0x0006, b"user") + tlv(0x0007, b"secret\0\0")
show("CLASSIC_SHARED_SECRET", header(0x0102, len(secret), CLASSIC_ID) + secret)
refusal = (tlv(0x0009, bytes([0, 0, 4, 20]) + b"Unknown Attribute   ")
    + tlv(0x000A, struct.pack(">4H", 0x7001, 0x7002, 0x7003, 0x7003)))
show("CLASSIC_REFUSAL", header(0x0111, len(refusal), CLASSIC_ID) + refusal)

# MS-TURN: every attribute, unpadded. Values of odd lengths show the difference.
MAGIC = tlv(0x000F, bytes.fromhex("72c64bc6"))
USER, REALM, PASSWORD, NONCE = b"\x01\x02us:er", b'"rtcmedia"', b"\x80pass", bytes(range(0x30, 0x44))
MD5 = hashlib.md5(USER + b":" + REALM.strip(b'"') + b":" + PASSWORD).digest()


def ms_turn(step):
    mapped = b"\x44\x55\x66\x77" + CLASSIC_ID[4:]
    attributes = [
        (0x8008, struct.pack(">I", 6)),
        (0x000D, struct.pack(">I", 600)),
        (0x0010, struct.pack(">I", 1500)),
        (0x0001, address("192.0.2.15", 50000)),
        (0x8090, address("2001:db8::15", 50001)),
        (0x8020, address("192.0.2.1", 0x1122, mapped)),
        (0x000E, address("192.0.2.3", 3478)),
        (0x0011, address("192.0.2.5", 5)),
        (0x0012, address("192.0.2.6", 6)),
        (0x0017, bytes([2, 0, 0, 0])),
        (0x8032, b"sip.example.org"),
        (0x8037, bytes.fromhex("00c0ffee")),
        (0x8039, bytes(range(40))),
        (0x8050, bytes(range(20)) + struct.pack(">I", 7)),
        (0x8055, struct.pack(">HH", 2, 1)),
        (0x8095, b"session!"),
        (0x0015, REALM),
        (0x0014, NONCE),
        (0x0006, USER),
        (0x0013, b"\xff\x00\xfe"),
    ]
    body = MAGIC + b"".join(tlv(ty, value, step) for ty, value in attributes)
    return mapped, body


mapped, body = ms_turn(1)
show("MS_TURN_SHA1", last(0x0103, mapped, body, MD5))
key = ms_turn_key(USER, REALM, PASSWORD, NONCE)
show("MS_TURN_SHA256", last(0x0103, mapped, body, key, "sha256"))
mapped, body = ms_turn(4)
show("MS_TURN_PADDED", last(0x0103, mapped, body, MD5), 4)

# MS-ICE2, and the bandwidth attributes.
check = (tlv(0x0006, b"their:ours\0\0")
    + tlv(0x0024, bytes.fromhex("6e7fffff"))
    + tlv(0x8054, b"12345\0\0\0")
    + tlv(0x8070, struct.pack(">I", 2)))
show("MS_ICE2_LEGACY", ms_ice2_legacy(check, b"a password of ICE"))
show("MS_ICE2_COPY", ms_ice2_legacy(check, b"a password of ICE", ms_crc))
# The response, which may lack IMPLEMENTATION-VERSION, with the FINGERPRINT of either table.
answer = tlv(0x0020, address("192.0.2.1", 2, ID)) + tlv(0x0024, bytes.fromhex("6e7fffff"))
show("MS_ICE2_SILENT", ms_ice2_legacy(answer, b"a password of ICE"))
show("MS_ICE2_SILENT_COPY", ms_ice2_legacy(answer, b"a password of ICE", ms_crc))
site = lambda ty, text, port: tlv(ty, address(text, port, ID))
rates = lambda ty, flags: tlv(ty, struct.pack(">III", flags, 2000 + ty % 16, 3000))
bandwidth = (tlv(0x0006, b"their:ours", 4)
    + tlv(0x8054, b"12345", 4)
    + tlv(0x8070, struct.pack(">I", 3))
    + tlv(0x8056, struct.pack(">HH", 0, 1))
    + tlv(0x8057, bytes(range(16)))
    + tlv(0x8058, struct.pack(">4I", 45, 100, 50, 110))
    + site(0x8059, "192.0.2.1", 1) + site(0x805A, "192.0.2.2", 2)
    + site(0x805B, "2001:db8::3", 3) + site(0x805C, "192.0.2.4", 4)
    + rates(0x805D, 0xC0000000) + rates(0x805E, 0x80000000)
    + rates(0x805F, 0x40000000) + rates(0x8060, 0)
    + tlv(0x8061, b"dialog", 4) + tlv(0x8062, b"call-id", 4)
    + tlv(0x8068, bytes([1, 2, 2, 0])))
show("MS_ICE2_BANDWIDTH", ms_ice2(bandwidth, b"a password of ICE"), 4)
