#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: published messages, one file each, under seeds/<target>/.

The seeds are committed. Run this after a change of the table, and commit what it writes.
"""

import pathlib
import shutil

TARGETS = [
    "parse", "roundtrip", "verify", "attributes", "replies", "stream", "microsoft", "relay", "auth",
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
    ("client", "[MS-TURN] 2.1.1, 2.1.4: libnice's hello, an Allocate, data", """
        160301002d 01000029 0301
        c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb 00 0002 0018 01 00
        02000024 00030010 000102030405060708090a0b0c0d0e0f 000f0004 72c64bc6 000d0004 00000258
        03000005 68656c6c6f"""),
    ("server", "[MS-TURN] 2.1.1: ServerHello with ServerHelloDone, and an empty frame", """
        160301004e 02000046 0301
        0000000000000000000000000000000000000000000000000000000000000000
        20 0000000000000000000000000000000000000000000000000000000000000000 0018 00 0e000000
        03000000"""),
    ("google", "Google's hello, as seen in libnice", "80460103 01002d00 00001001 0080"),
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


def around(target, index, message):
    """The message in the input format of the target's property."""
    if target == "verify":
        # Key, algorithm and the bit to flip, then the message.
        return bytes([index, index, 0, 16 * index]) + message
    if target == "auth":
        # Settings, packet and the bit to flip in it, then the message.
        return bytes([37 * index % 256, index, 0, 1, 40 * index % 256]) + message
    if target == "attributes":
        # Dialect and class, transaction id, then for each value an index, a length and the value.
        seed, offset = bytes([index]) + message[4:20], 20
        while offset < len(message):
            length = int.from_bytes(message[offset + 2:offset + 4], "big")
            value = message[offset + 4:offset + 4 + length]
            seed += bytes([message[offset + 1], length]) + value
            # The seeds of unpadded dialects have no odd lengths.
            offset += 4 + (length + 3 & ~3)
        return seed
    if target == "microsoft":
        # The length of the chunks, then the stream.
        return bytes([7 * index + 3]) + message
    if target == "replies":
        # Dialect, length of the realm, the request's header, realm and nonce.
        return bytes([index % 10, 11]) + message[:20] + b"example.orgobMatJos2gAAAf//499k954d6OL34oL9F"
    if target == "stream":
        # The number of chunk lengths, these lengths, then frames: of RFC 4571, or STUN after ChannelData.
        chunks = bytes([2, 2, 40])
        if index % 2:
            return chunks + b"".join(len(packet).to_bytes(2, "big") + packet for packet in (message, b"", message))
        return chunks + bytes([0x40, index, 0, 5]) + b"hello" + bytes(3) + message + bytes([0x7F, 0, 0, 0]) + message
    return message


def main():
    here = pathlib.Path(__file__).resolve().parent
    for target in TARGETS:
        folder = here / "seeds" / target
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        messages = RELAYED if target == "relay" else MESSAGES
        for index, (name, source, text) in enumerate(messages):
            message = bytes.fromhex(text)
            length = int.from_bytes(message[2:4], "big")
            assert length == len(message) - 20, f"{name} ({source}): length {length}"
            (folder / f"{name}.bin").write_bytes(around(target, index, message))
        if target == "microsoft":
            for index, (name, source, text) in enumerate(STREAMS):
                (folder / f"{name}.bin").write_bytes(around(target, index, bytes.fromhex(text)))


main()
