#!/usr/bin/env python3
"""Writes the messages of this folder and their index, index.json.

Every verdict is written down here next to the sentence of the RFC that it follows from; no STUN library is
asked. Run this after a change, and commit what it writes.
"""

import hashlib
import hmac
import json
import pathlib
import shutil
import zlib

HERE = pathlib.Path(__file__).resolve().parent
COOKIE = bytes.fromhex("2112a442")
ID = bytes.fromhex("b7e7a701bc34d686fa87dfae")
PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt"

ENTRIES = []


def header(length, kind=0x0001, cookie=COOKIE, id=ID):
    return kind.to_bytes(2, "big") + length.to_bytes(2, "big") + cookie + id


def message(attributes=b"", kind=0x0001, cookie=COOKIE, id=ID):
    return header(len(attributes), kind, cookie, id) + attributes


def tlv(code, value, length=None, padding=b"\0"):
    length = len(value) if length is None else length
    return code.to_bytes(2, "big") + length.to_bytes(2, "big") + value + padding * (-len(value) % 4)


def with_length(packet, length):
    return packet[:2] + length.to_bytes(2, "big") + packet[4:]


def signed(packet, digest="sha1", code=0x0008, truncated=None, key=PASSWORD, adjust=0):
    """The message with an integrity attribute at its end; `adjust` falsifies the length that is covered."""
    size = truncated or hashlib.new(digest).digest_size
    length = len(packet) - 20 + 4 + size
    covered = with_length(packet, length + adjust)
    tag = hmac.new(key.encode(), covered, digest).digest()[:size]
    return with_length(packet, length) + tlv(code, tag)


def fingerprinted(packet, xor=0x5354554E, adjust=8, length=4):
    covered = with_length(packet, len(packet) - 20 + adjust)
    crc = zlib.crc32(covered) ^ xor
    value = (crc.to_bytes(4, "big") + bytes(4))[:length]
    attribute = tlv(0x8028, value)
    return with_length(packet, len(packet) - 20 + len(attribute)) + attribute


def classic_signed(packet, pad=True):
    """RFC 3489 §11.2.8: the text is padded with zeros to a multiple of 64 bytes."""
    covered = with_length(packet, len(packet) - 20 + 24)
    text = covered + bytes(-len(covered) % 64) if pad else covered
    return covered + tlv(0x0008, hmac.new(PASSWORD.encode(), text, "sha1").digest())


def entry(name, packet, verdict, error, reason, section, check="message", format="rfc8489", **more):
    ENTRIES.append({
        "file": f"{name}.bin", "format": format, "check": check, **more, "verdict": verdict,
        "error": error, "reason": reason, "section": section,
    })
    (HERE / "messages" / f"{name}.bin").write_bytes(packet)


def accept(name, packet, reason, section, **more):
    entry(name, packet, "accept", None, reason, section, **more)


def reject(name, packet, error, reason, section, **more):
    entry(name, packet, "reject", error, reason, section, **more)


SOFTWARE = tlv(0x8022, b"test")
USERNAME = tlv(0x0006, b"evtj:h6vY")


def headers():
    section = "RFC 8489 §5"
    accept("header-only", message(), "A header is followed by zero or more attributes.", section)
    accept("header-indication", message(kind=0x0011), "An indication.", section)
    accept("header-unknown-method", message(kind=0x3EEF), "Any value of the 12 bits of the method is a method.", section)
    for size in (0, 1, 2, 3, 4, 8, 19):
        reject(f"header-{size}-bytes", message()[:size], "short-header",
               f"All messages start with a header of 20 bytes; there are {size}.", section)
    for first in (0x40, 0x80, 0xC0):
        packet = message(SOFTWARE)
        reject(f"header-first-byte-{first:02x}", bytes([first]) + packet[1:], "first-two-bits",
               "The most significant 2 bits of every message must be zeros.", section)
    for name, cookie in (("zero", bytes(4)), ("one-bit", bytes.fromhex("2112a443")), ("swapped", COOKIE[::-1]),
                         ("shifted", bytes.fromhex("002112a4"))):
        reject(f"header-cookie-{name}", message(SOFTWARE, cookie=cookie), "magic-cookie",
               "The Magic Cookie field must contain the fixed value 0x2112A442.", section)
    for more, name in ((4, "one-word"), (8, "two-words"), (0xFFE0, "longest")):
        reject(f"length-more-by-{name}", with_length(message(SOFTWARE), 8 + more), "truncated",
               "The message length must contain the size of the message; the datagram ends before.", section)
    for length in (0, 4):
        reject(f"length-{length}-of-8", with_length(message(SOFTWARE), length),
               "trailing" if length == 0 else "attribute-overrun",
               "The message length must contain the size of the message; the datagram is longer.", section)
    reject("length-trailing-word", message(SOFTWARE) + bytes(4), "trailing",
           "The message length must contain the size of the message; the datagram is longer.", section)
    reject("length-trailing-byte", message(SOFTWARE) + b"\0", "trailing",
           "The message length must contain the size of the message; the datagram is longer.", section)
    for size in (1, 2, 3, 5, 6, 7, 9, 13):
        packet = header(size) + (SOFTWARE + USERNAME)[:size]
        reject(f"length-not-multiple-of-4-{size}", packet, "not-multiple-of-4",
               "The last 2 bits of the message length are always zero.", section)
    whole = message(USERNAME + SOFTWARE)
    for size in (21, 23, 24, 27, 33, 36, 40, 43):
        reject(f"prefix-{size}-of-{len(whole)}", whole[:size], "truncated",
               "The message length must contain the size of the message; the datagram ends before.", section)


def framing_of_attributes():
    section = "RFC 8489 §14"
    accept("padding-not-zero", message(tlv(0x0006, b"alice", padding=b"\xaa")), "Padding must be ignored by the receiver.", section)
    accept("attribute-empty", message(tlv(0x8022, b"")), "A length of 0 is a length.", section)
    accept("attribute-unknown-optional", message(tlv(0xFFFF, b"value")),
           "A comprehension-optional attribute that is not understood can be ignored.", section)
    accept("attribute-unknown-required", message(tlv(0x7FFF, b"value")),
           "The message is well-formed; an agent that does not understand it answers 420 (§6.3.1).", section)
    accept("attribute-duplicate", message(SOFTWARE + tlv(0x8022, b"other")), "Any attribute type may appear more than once.", section)
    accept("attribute-duplicate-invalid", message(tlv(0x0020, bytes.fromhex("0001a147e112a643")) + tlv(0x0020, b"")),
           "Only the first occurrence needs to be processed.", section, check="attribute", attribute=0x0020)
    for value in (0, 1, 2, 3):
        accept(f"attribute-padded-after-{value}", message(tlv(0x0013, b"abc"[:value]) + SOFTWARE),
               "Attributes are padded to a multiple of 4 bytes, which the length does not count.", section)
    for length, name in ((5, "one-byte"), (8, "a-word"), (0xFFFC, "nearly-64-kib"), (0xFFFD, "more-than-the-message-can-have"), (0xFFFF, "longest")):
        reject(f"attribute-overruns-by-{name}", message(tlv(0x8022, b"test", length=length)), "attribute-overrun",
               "The value is longer than what is left of the message.", section)
    reject("attribute-overruns-after-another", message(USERNAME + tlv(0x8022, b"test", length=5)), "attribute-overrun",
           "The value is longer than what is left of the message.", section)
    reject("attribute-overruns-empty", message(tlv(0x8022, b"", length=1)), "attribute-overrun",
           "The value is longer than what is left of the message.", section)
    reject("attribute-overruns-into-trailing-bytes", message(tlv(0x8022, b"test", length=8)) + b"more", "attribute-overrun",
           "The value is longer than what is left of the message, although the datagram is longer.", section)
    for size in (1, 2, 3):
        packet = message(SOFTWARE + tlv(0x0006, b"abc"[:size])[:4 + size])
        reject(f"attribute-last-unpadded-{size}", packet, "not-multiple-of-4",
               "Attributes whose content is not a multiple of 4 bytes are padded, the last one too.", section)


# Code, name, the length that the value has, section.
FIXED = [
    (0x001E, "userhash", 32, "RFC 8489 §14.4"),
    (0x000C, "channel-number", 4, "RFC 8656 §18.1"),
    (0x000D, "lifetime", 4, "RFC 8656 §18.2"),
    (0x0017, "requested-address-family", 4, "RFC 8656 §18.6"),
    (0x0018, "even-port", 1, "RFC 8656 §18.7"),
    (0x0019, "requested-transport", 4, "RFC 8656 §18.8"),
    (0x001A, "dont-fragment", 0, "RFC 8656 §18.9"),
    (0x0022, "reservation-token", 8, "RFC 8656 §18.10"),
    (0x8000, "additional-address-family", 4, "RFC 8656 §18.11"),
    (0x8004, "icmp", 8, "RFC 8656 §18.13"),
    (0x0024, "priority", 4, "RFC 8445 §16.1"),
    (0x0025, "use-candidate", 0, "RFC 8445 §16.1"),
    (0x8029, "ice-controlled", 8, "RFC 8445 §16.1"),
    (0x802A, "ice-controlling", 8, "RFC 8445 §16.1"),
    (0x002A, "connection-id", 4, "RFC 6062 §6.2.1"),
    (0x0003, "change-request", 4, "RFC 5780 §7.2"),
]


def fixed_lengths():
    for code, name, length, section in FIXED:
        def value(size):
            # A family, a protocol and a channel number that are valid where the value begins with one.
            start = {0x0017: b"\x01", 0x8000: b"\x02", 0x0019: b"\x11", 0x000C: b"\x40\x01"}.get(code, b"")
            return (start + bytes(size))[:size]
        accept(f"{name}-{length}-bytes", message(tlv(code, value(length))), f"The value is {length} bytes long.", section,
               check="attribute", attribute=code)
        for size in sorted({0, 1, length - 1, length + 1, 2 * length} - {length, -1}):
            reject(f"{name}-{size}-bytes", message(tlv(code, value(size))), "value-length",
                   f"The value is {length} bytes long, not {size}.", section, check="attribute", attribute=code)


def addresses():
    v4, v6 = bytes.fromhex("0001a147e112a643"), bytes.fromhex("0002a1470113a9faa5d3f179bc25f4b5bed2b9d9")
    for code, name, section in (
        (0x0001, "mapped-address", "RFC 8489 §14.1"), (0x0020, "xor-mapped-address", "RFC 8489 §14.2"),
        (0x8023, "alternate-server", "RFC 8489 §14.15"), (0x0012, "xor-peer-address", "RFC 8656 §18.3"),
        (0x0016, "xor-relayed-address", "RFC 8656 §18.5"),
    ):
        def put(verdict, suffix, value, *more):
            verdict(f"{name}-{suffix}", message(tlv(code, value), kind=0x0101), *more, section, check="attribute", attribute=code)
        put(accept, "ipv4", v4, "An IPv4 address has 32 bits.")
        put(accept, "ipv6", v6, "An IPv6 address has 128 bits.")
        put(accept, "first-byte-not-zero", b"\xff" + v4[1:], "The first 8 bits must be ignored by receivers.")
        put(reject, "empty", b"", "value-length", "The value has a family, a port and an address.")
        put(reject, "without-address", v4[:4], "value-length", "The value has a family, a port and an address.")
        put(reject, "ipv4-too-short", v4[:7], "value-length", "If the family is IPv4, the address must be 32 bits.")
        put(reject, "ipv4-too-long", v4 + bytes(12), "value-length", "If the family is IPv4, the address must be 32 bits.")
        put(reject, "ipv6-too-short", v6[:8], "value-length", "If the family is IPv6, the address must be 128 bits.")
        put(reject, "ipv6-too-long", v6 + bytes(4), "value-length", "If the family is IPv6, the address must be 128 bits.")
        put(reject, "family-0", b"\0\0" + v4[2:], "value-field", "The family is 0x01 for IPv4 or 0x02 for IPv6.")
        put(reject, "family-3", b"\0\3" + v4[2:], "value-field", "The family is 0x01 for IPv4 or 0x02 for IPv6.")


def error_codes():
    section = "RFC 8489 §14.8"

    def put(verdict, suffix, value, *more, code=0x0009, name="error-code", section=section):
        verdict(f"{name}-{suffix}", message(tlv(code, value), kind=0x0111), *more, section, check="attribute", attribute=code)
    for code in (300, 400, 499, 699):
        put(accept, str(code), bytes([0, 0, code // 100, code % 100]) + b"reason", "The code is from 300 to 699.")
    put(accept, "reserved-bits", bytes([0xFF, 0xFF, 0xFC, 1]), "Receivers must ignore the reserved bits.")
    put(accept, "without-reason", bytes([0, 0, 4, 1]), "The reason phrase is of variable length.")
    for size in (0, 1, 2, 3):
        put(reject, f"{size}-bytes", bytes([0, 0, 4, 1])[:size], "value-length", "The class and the number precede the reason phrase.")
    for error_class in (0, 1, 2, 7):
        put(reject, f"class-{error_class}", bytes([0, 0, error_class, 0]), "value-field", "The value of the class must be between 3 and 6.")
    for number in (100, 255):
        put(reject, f"number-{number}", bytes([0, 0, 4, number]), "value-field", "The value of the number must be between 0 and 99.")
    put(reject, "reason-not-utf-8", bytes([0, 0, 4, 0]) + b"\xff\xfe", "not-utf-8", "The reason phrase must be UTF-8.")
    address = {"code": 0x8001, "name": "address-error-code", "section": "RFC 8656 §18.12"}
    put(accept, "440", bytes([2, 0, 4, 40]), "A family, 440 and no reason phrase.", **address)
    put(accept, "reserved-bits", bytes([1, 0xFF, 0xFC, 40]), "The reserved bits must be ignored.", **address)
    for size in (0, 3):
        put(reject, f"{size}-bytes", bytes([2, 0, 4, 40])[:size], "value-length", "The class and the number precede the reason phrase.", **address)
    put(reject, "class-7", bytes([2, 0, 7, 0]), "value-field", "The class is that of RFC 8489 §14.8: between 3 and 6.", **address)


def texts():
    for code, name, section in ((0x0006, "username", "RFC 8489 §14.3"), (0x0014, "realm", "RFC 8489 §14.9"), (0x8022, "software", "RFC 8489 §14.14")):
        def put(verdict, suffix, value, *more):
            verdict(f"{name}-{suffix}", message(tlv(code, value)), *more, section, check="attribute", attribute=code)
        put(accept, "utf-8", "\u30de\u30c8\u30ea\u30c3\u30af\u30b9".encode(), "The value is UTF-8.")
        if name == "username":
            put(accept, "763-bytes", b"a" * 763, "A UTF-8-encoded sequence of 763 or fewer bytes must be parsed.")
        else:
            put(accept, "127-characters-in-508-bytes", "\U0001f600".encode() * 127, "Fewer than 128 characters, of up to 4 bytes.")
        put(reject, "continuation-byte", b"user\x80", "not-utf-8", "The value must be UTF-8 (RFC 3629 §3): a continuation byte is first.")
        put(reject, "incomplete-character", b"user\xe3\x83", "not-utf-8", "The value must be UTF-8 (RFC 3629 §3): a character is not complete.")
        put(reject, "overlong", b"\xc0\xaf", "not-utf-8", "The value must be UTF-8 (RFC 3629 §3): an overlong form.")
        put(reject, "surrogate", b"\xed\xa0\x80", "not-utf-8", "The value must be UTF-8 (RFC 3629 §3): a surrogate.")
        put(reject, "latin-1", "stra\xdfe".encode("latin-1"), "not-utf-8", "The value must be UTF-8 (RFC 3629 §3): Latin-1.")


def lists():
    section = "RFC 8489 §14.12"

    def put(verdict, suffix, value, *more, code=0x001D, name="password-algorithm", section=section):
        verdict(f"{name}-{suffix}", message(tlv(code, value)), *more, section, check="attribute", attribute=code)
    put(accept, "sha-256", bytes.fromhex("00020000"), "An algorithm without parameters.")
    put(accept, "with-parameters", bytes.fromhex("00630003aabbcc00"), "Parameters are padded to a 32-bit boundary.")
    put(reject, "empty", b"", "value-length", "The value has an algorithm number and the length of its parameters.")
    put(reject, "without-length", bytes.fromhex("0002"), "value-length", "The value has an algorithm number and the length of its parameters.")
    put(reject, "parameters-overrun", bytes.fromhex("00020004"), "value-length", "The parameters are longer than the value.")
    put(reject, "parameters-overrun-by-a-byte", bytes.fromhex("0063000500000000"), "value-length", "The parameters are longer than the value.")
    put(reject, "two", bytes.fromhex("0002000000010000"), "value-length", "The attribute contains one algorithm.")
    several = {"code": 0x8002, "name": "password-algorithms", "section": "RFC 8489 §14.11"}
    put(accept, "two", bytes.fromhex("0002000000010000"), "A list of algorithms.", **several)
    put(reject, "second-truncated", bytes.fromhex("000200000001"), "value-length", "The second algorithm has no length.", **several)
    put(reject, "second-overruns", bytes.fromhex("0002000000010001"), "value-length", "The parameters of the second algorithm are longer than the value.", **several)
    put(reject, "length-65535", bytes.fromhex("0002ffff"), "value-length", "The parameters are longer than the value.", **several)
    unknown = {"code": 0x000A, "name": "unknown-attributes", "section": "RFC 8489 §14.13"}
    put(accept, "two", bytes.fromhex("7ffe7fff"), "A list of 16-bit values.", **unknown)
    put(accept, "three", bytes.fromhex("7ffd7ffe7fff"), "A list of 16-bit values, with the normal padding.", **unknown)
    for size in (1, 3):
        put(reject, f"{size}-bytes", bytes.fromhex("7ffe7fff")[:size], "value-length", "A list of 16-bit values has an even length.", **unknown)


def fingerprints():
    section, more = "RFC 8489 §14.7", {"check": "fingerprint"}
    base = message(USERNAME)
    accept("fingerprint-valid", fingerprinted(base), "The CRC of the message before the attribute, XORed.", section, **more)
    accept("fingerprint-alone", fingerprinted(message()), "The CRC of the header, XORed.", section, **more)
    accept("fingerprint-after-integrity", fingerprinted(signed(base)), "It appears after MESSAGE-INTEGRITY.", section, **more)
    for bit in (0, 31):
        valid = fingerprinted(base)
        packet = valid[:-4] + (int.from_bytes(valid[-4:], "big") ^ 1 << bit).to_bytes(4, "big")
        reject(f"fingerprint-bit-{bit}", packet, "fingerprint", "The value is another one.", section, **more)
    reject("fingerprint-without-xor", fingerprinted(base, xor=0), "fingerprint", "The CRC is XORed with 0x5354554e.", section, **more)
    reject("fingerprint-length-before", fingerprinted(base, adjust=0), "fingerprint",
           "The CRC covers the length of the header, which includes the attribute.", section, **more)
    changed = bytearray(fingerprinted(base))
    changed[25] ^= 1
    reject("fingerprint-changed-attribute", bytes(changed), "fingerprint", "The CRC covers the message up to the attribute.", section, **more)
    changed = bytearray(fingerprinted(base))
    changed[1] ^= 0x10
    reject("fingerprint-changed-type", bytes(changed), "fingerprint", "The CRC covers the message up to the attribute.", section, **more)
    changed = bytearray(fingerprinted(message(tlv(0x0006, b"alice"))))
    changed[31] = 1
    reject("fingerprint-changed-padding", bytes(changed), "fingerprint", "The CRC covers the message, padding included.", section, **more)
    for length in (0, 3, 5, 8):
        reject(f"fingerprint-{length}-bytes", fingerprinted(base, length=length), "fingerprint", "The value is a 32-bit CRC.", section, **more)
    first = fingerprinted(base)
    reject("fingerprint-not-last", with_length(first, len(first) - 20 + 8) + SOFTWARE, "fingerprint-not-last",
           "FINGERPRINT must be the last attribute.", section, **more)


def integrity():
    section, more = "RFC 8489 §14.5", {"check": "integrity", "password": PASSWORD}
    base = message(tlv(0x0024, bytes.fromhex("6e0001ff")) + USERNAME)
    accept("integrity-valid", signed(base), "The HMAC-SHA1 of the message before the attribute.", section, **more)
    accept("integrity-first-attribute", signed(message()), "The HMAC-SHA1 of the header.", section, **more)
    accept("integrity-with-fingerprint", fingerprinted(signed(base)), "The length is adjusted to the end of MESSAGE-INTEGRITY.", section, **more)
    after = signed(base)
    accept("integrity-before-another-attribute", with_length(after, len(after) - 20 + 8) + SOFTWARE,
           "Attributes that follow MESSAGE-INTEGRITY must be ignored; the length is adjusted.", "RFC 8489 §9.1.2, §14.5", **more)
    reject("integrity-missing", base, "integrity-missing", "There is no integrity attribute.", "RFC 8489 §9.1.3", **more)
    reject("integrity-after-fingerprint", signed(fingerprinted(base)), "fingerprint-not-last",
           "FINGERPRINT must be the last attribute and appears after MESSAGE-INTEGRITY.", "RFC 8489 §14.7", **more)
    reject("integrity-of-another-password", signed(base, key="another password"), "integrity", "The key is another one.", section, **more)
    reject("integrity-length-not-adjusted", fingerprinted(signed(base, adjust=8)), "integrity",
           "The length must be adjusted to the end of MESSAGE-INTEGRITY.", section, **more)
    reject("integrity-length-before", signed(base, adjust=-24), "integrity", "The length must point to the end of MESSAGE-INTEGRITY.", section, **more)
    reject("integrity-padded-to-64-bytes", classic_signed(base), "integrity", "The text is not padded with zeros as it was in RFC 3489.", section, **more)
    for name, offset, bit in (("method", 1, 1), ("class", 1, 0x10), ("transaction-id", 19, 1), ("attribute-type", 21, 1),
                              ("attribute-value", 24, 0x80), ("last-byte-of-a-value", 40, 1), ("padding", 43, 1), ("tag-first-bit", 48, 0x80), ("tag-last-bit", 67, 1)):
        changed = bytearray(signed(base))
        changed[offset] ^= bit
        reject(f"integrity-changed-{name}", bytes(changed), "integrity", "A bit that the HMAC covers has changed.", section, **more)
    tagged = signed(base)
    inserted = tagged[:-24] + SOFTWARE + tagged[-24:]
    reject("integrity-inserted-attribute", with_length(inserted, len(inserted) - 20), "integrity", "An attribute that is not covered precedes the tag.", section, **more)
    removed = tagged[:20] + tagged[28:]
    reject("integrity-removed-attribute", with_length(removed, len(removed) - 20), "integrity", "A covered attribute is missing.", section, **more)
    swapped = tagged[:20] + tagged[28:44] + tagged[20:28] + tagged[44:]
    reject("integrity-swapped-attributes", swapped, "integrity", "Two covered attributes have changed places.", section, **more)
    wrong = with_length(base, len(base) - 20 + 24) + tlv(0x0008, bytes(20))
    second = signed(wrong)
    reject("integrity-second-of-two", second, "integrity", "Only the first occurrence is processed, and it is invalid.", "RFC 8489 §14", **more)
    for size in (0, 4, 16, 19, 21, 24):
        tag = (signed(base)[-20:] + bytes(4))[:size]
        packet = base + tlv(0x0008, tag)
        reject(f"integrity-{size}-bytes", with_length(packet, len(packet) - 20), "tag-length", "The HMAC is 20 bytes.", section, **more)

    section = "RFC 8489 §14.6"
    sha256 = {"digest": "sha256", "code": 0x001C}
    accept("sha256-valid", signed(base, **sha256), "The HMAC-SHA256 of the message before the attribute.", section, **more)
    accept("sha256-with-fingerprint", fingerprinted(signed(base, **sha256)), "The length is adjusted to the end of the attribute.", section, **more)
    accept("sha256-after-sha1", signed(signed(base), **sha256), "It follows MESSAGE-INTEGRITY and covers it.", section, **more)
    after = signed(base, **sha256)
    accept("sha256-before-another-attribute", with_length(after, len(after) - 20 + 8) + SOFTWARE,
           "Attributes that follow it must be ignored; the length is adjusted.", "RFC 8489 §9.1.2, §14.6", **more)
    for size in (16, 20, 24, 28):
        reject(f"sha256-{size}-bytes", signed(base, truncated=size, **sha256), "tag-length",
               "The value must be the full 32 bytes unless the usage allows truncation, and this one does not.", section, **more)
    for size in (0, 4, 8, 12, 15, 17, 31, 33, 36):
        value = (signed(base, **sha256)[-32:] + bytes(4))[:size]
        packet = base + tlv(0x001C, value)
        reject(f"sha256-{size}-bytes", with_length(packet, len(packet) - 20), "tag-length",
               "The value is from 16 to 32 bytes long, in multiples of 4.", section, **more)
    reject("sha256-of-sha1", signed(base, digest="sha1", code=0x001C), "tag-length",
           "The value must be the full 32 bytes unless the usage allows truncation.", section, **more)
    changed = bytearray(signed(base, **sha256))
    changed[-1] ^= 1
    reject("sha256-changed-tag-last-bit", bytes(changed), "integrity", "The last byte of the HMAC counts.", section, **more)
    changed = bytearray(signed(base, **sha256))
    changed[24] ^= 1
    reject("sha256-changed-attribute", bytes(changed), "integrity", "A bit that the HMAC covers has changed.", section, **more)
    reject("sha256-length-not-adjusted", fingerprinted(signed(base, adjust=8, **sha256)), "integrity",
           "The length must be adjusted to the end of the attribute.", section, **more)


def ignored_attributes():
    section, more = "RFC 8489 §9.1.2", {"check": "visible", "attribute": 0x8022}
    base = message(USERNAME)
    accept("visible-before-integrity", signed(message(SOFTWARE)), "An attribute before MESSAGE-INTEGRITY is read.", section, **more)
    for name, packet in (("integrity", signed(base)), ("sha256", signed(base, digest="sha256", code=0x001C)),
                         ("both", signed(signed(base), digest="sha256", code=0x001C))):
        packet = with_length(packet, len(packet) - 20 + 8) + SOFTWARE
        reject(f"visible-after-{name}", packet, "ignored", "Attributes that follow the integrity attributes must be ignored.", section, **more)
    packet = signed(base)
    packet = fingerprinted(with_length(packet, len(packet) - 20 + 8) + SOFTWARE)
    reject("visible-between-integrity-and-fingerprint", packet, "ignored", "Of what follows MESSAGE-INTEGRITY, only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT count.", section, **more)


def classic():
    more = {"format": "rfc3489"}
    id = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
    start = {"cookie": id[:4], "id": id[4:]}
    accept("classic-without-cookie", message(tlv(0x0006, b"user"), **start), "The transaction ID is a 128-bit identifier.", "RFC 3489 §11.1", **more)
    accept("classic-header-only", message(**start), "After the header are 0 or more attributes.", "RFC 3489 §11.2", **more)
    address = bytes.fromhex("000113880a000001")
    accept("classic-mapped-address", message(tlv(0x0001, address), kind=0x0101, **start), "The family of IPv4.", "RFC 3489 §11.2.1",
           check="attribute", attribute=0x0001, **more)
    reject("classic-header-19-bytes", message(**start)[:19], "short-header", "All messages consist of a 20 byte header.", "RFC 3489 §11.1", **more)
    reject("classic-truncated", with_length(message(tlv(0x0006, b"user"), **start), 12), "truncated",
           "The message length is the size of the message; the datagram ends before.", "RFC 3489 §11.1", **more)
    reject("classic-attribute-overrun", message(tlv(0x0006, b"user", length=8), **start), "attribute-overrun",
           "The value is longer than what is left of the message.", "RFC 3489 §11.2", **more)
    for error_class in (0, 7):
        reject(f"classic-error-class-{error_class}", message(tlv(0x0009, bytes([0, 0, error_class, 0])), kind=0x0111, **start), "value-field",
               "The value of the class must be between 1 and 6.", "RFC 3489 §11.2.9", check="attribute", attribute=0x0009, **more)
    accept("classic-error-class-1", message(tlv(0x0009, bytes([0, 0, 1, 0])), kind=0x0111, **start),
           "The value of the class must be between 1 and 6.", "RFC 3489 §11.2.9", check="attribute", attribute=0x0009, **more)
    base = message(tlv(0x0006, b"user"), **start)
    key = {"check": "integrity", "password": PASSWORD, **more}
    accept("classic-integrity", classic_signed(base), "The text is padded with zeros to a multiple of 64 bytes.", "RFC 3489 §11.2.8", **key)
    reject("classic-integrity-not-padded", classic_signed(base, pad=False), "integrity",
           "The text is padded with zeros to a multiple of 64 bytes.", "RFC 3489 §11.2.8", **key)
    tagged = classic_signed(base)
    reject("classic-integrity-not-last", with_length(tagged, len(tagged) - 20 + 8) + SOFTWARE, "integrity",
           "MESSAGE-INTEGRITY must be the last attribute in any message.", "RFC 3489 §11.2.8", **key)


def channel_data():
    section, more = "RFC 8656 §12.6", {"format": "channel-data"}

    def frame(number, length, data):
        return number.to_bytes(2, "big") + length.to_bytes(2, "big") + data
    accept("channel-data", frame(0x4000, 5, b"hello"), "A channel number, a length and data.", "RFC 8656 §12.4", **more)
    accept("channel-data-empty", frame(0x4FFF, 0, b""), "0 is a valid length.", "RFC 8656 §12.4", **more)
    accept("channel-data-padded", frame(0x4001, 5, b"hello\0\0\0"), "Over UDP the padding is not required, but may be included.", "RFC 8656 §12.5", **more)
    for size in (0, 1, 3):
        reject(f"channel-data-{size}-bytes", frame(0x4000, 0, b"")[:size], "short-header", "The header is 4 bytes long.", "RFC 8656 §12.4", **more)
    for length in (6, 0xFFFF):
        reject(f"channel-data-length-{length}", frame(0x4000, length, b"hello"), "truncated",
               "The datagram is too short to contain the claimed length.", section, **more)
    for number in (0x0000, 0x3FFF):
        reject(f"channel-data-number-{number:04x}", frame(number, 5, b"hello"), "channel-number", "Channel numbers start at 0x4000.", "RFC 8656 §12", **more)
    for number in (0x5000, 0x7FFF, 0x8000, 0xFFFF):
        reject(f"channel-data-number-{number:04x}", frame(number, 5, b"hello"), "channel-number",
               "A message with a number in the reserved range (0x5000 to 0xFFFF) is discarded.", section, **more)


def main():
    shutil.rmtree(HERE / "messages", ignore_errors=True)
    (HERE / "messages").mkdir()
    for part in (headers, framing_of_attributes, fixed_lengths, addresses, error_codes, texts, lists, fingerprints,
                 integrity, ignored_attributes, classic, channel_data):
        part()
    names = [entry["file"] for entry in ENTRIES]
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    lines = ",\n".join("  " + json.dumps(entry) for entry in ENTRIES)
    (HERE / "index.json").write_text(f"[\n{lines}\n]\n")


main()
