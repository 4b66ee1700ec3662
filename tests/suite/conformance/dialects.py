"""Computes the messages of dialects.rs with Python's struct, hmac, hashlib and zlib:

    python3 tests/suite/conformance/dialects.py
"""
import hashlib
import hmac
import struct
import zlib

KEY = b"secret"
CLASSIC_ID = b"0123456789abcdef"
ICE_ID = b"\x21\x12\xa4\x42abcdefghijko"
XOR = 0x5354554E


def tlv(ty, value, pad=False):
    padding = b"\0" * (-len(value) % 4 if pad else 0)
    return struct.pack(">HH", ty, len(value)) + value + padding


def header(bits, length, identifier):
    return struct.pack(">HH", bits, length) + identifier


def zero_padded(bits, identifier, body, after):
    """RFC 3489 section 11.2.8: the tag over the bytes before it, zero-padded to a multiple of 64, with the
    length as it is sent."""
    text = header(bits, len(body) + 24 + after, identifier) + body
    text += b"\0" * (-len(text) % 64)
    return hmac.new(KEY, text, hashlib.sha1).digest()


def ms_table():
    """The CRC table of [MS-ICE2] 3.1.4.8.2, in which a digit of entry 0x5A is missing."""
    table = []
    for index in range(256):
        entry = index
        for _ in range(8):
            entry = (entry >> 1) ^ (0xEDB88320 if entry & 1 else 0)
        table.append(entry)
    assert table[0x5A] == 0x8BBEB8EA
    table[0x5A] = 0x08BBE8EA
    return table


def ms_crc(text):
    crc, table = 0xFFFFFFFF, ms_table()
    for byte in text:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def signed(name, bits, first, extra):
    body = first + extra + tlv(0x0006, b"user")
    tag = zero_padded(bits, CLASSIC_ID, body, 0)
    message = header(bits, len(body) + 24, CLASSIC_ID) + body + tlv(0x0008, tag)
    print(name, message.hex())


def main():
    cookie = tlv(0x000F, bytes.fromhex("72c64bc6"))
    sha256, crc = tlv(0x001C, b"\x55" * 32), tlv(0x8028, b"\x66" * 4)
    signed("CLASSIC_AFTER_SHA256", 0x0001, b"", sha256)
    signed("CLASSIC_AFTER_FINGERPRINT", 0x0001, b"", crc)
    signed("MS_TURN_AFTER_SHA256", 0x0003, cookie, sha256)
    signed("MS_TURN_AFTER_FINGERPRINT", 0x0003, cookie, crc)

    body = tlv(0x0006, b"user")
    text = header(0x0001, len(body) + 8, CLASSIC_ID) + body
    print("CLASSIC_FINGERPRINT", (text + tlv(0x8028, struct.pack(">I", zlib.crc32(text) ^ XOR))).hex())

    # Teams and Lync write USERNAME, PRIORITY and CANDIDATE-IDENTIFIER like this (a published capture has
    # them with IMPLEMENTATION-VERSION).
    body = tlv(0x0006, b"l0MR:AoVy\0\0\0") + tlv(0x0024, bytes.fromhex("6effffff"))
    body += tlv(0x8054, b"3\0\0\0")
    tag = tlv(0x0008, zero_padded(0x0001, ICE_ID, body, 8))
    text = header(0x0001, len(body) + 24 + 8, ICE_ID) + body + tag
    for name, value in (("IDENTIFIER", zlib.crc32(text)), ("IDENTIFIER_COPY", ms_crc(text))):
        print(name, (text + tlv(0x8028, struct.pack(">I", value ^ XOR))).hex())


main()
