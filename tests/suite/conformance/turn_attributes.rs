//! RFC 8656 §18: the attributes of TURN.

use stunwire::attribute::{
    AdditionalAddressFamily, AddressErrorCode, AddressFamily, ChannelNumber, Data, DontFragment,
    EvenPort, Icmp, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    XorPeerAddress, XorRelayedAddress,
};
use stunwire::{Code, ErrorCode};

use super::{both_ways, decode, written};
use crate::support::hex;

/// §18.1: 16 bits of number, 16 reserved bits, zero when sent and ignored when received.
#[test]
fn channel_number() {
    let number = ChannelNumber::new(0x4ABC).unwrap();
    both_ways(0x000C, &hex("4abc 0000"), number);
    assert_eq!(decode(&hex("4abc ffff")), Ok(number));
    assert!(decode::<ChannelNumber>(&hex("4abc")).is_err());
}

/// §18.2: 32 bits of seconds.
#[test]
fn lifetime() {
    both_ways(0x000D, &hex("00000258"), Lifetime::from_secs(600));
    both_ways(0x000D, &hex("ffffffff"), Lifetime::from_secs(u32::MAX));
    assert!(decode::<Lifetime>(&hex("000258")).is_err());
}

/// §18.3, §18.5: encoded as XOR-MAPPED-ADDRESS. The values were XORed by hand with 0x2112, 0x2112A442 and the
/// bytes `abcdefghijkl`.
#[test]
fn xor_peer_and_relayed_address() {
    let v4 = hex("0001 3326 2010a746");
    both_ways(0x0012, &v4, XorPeerAddress("1.2.3.4:4660".parse().unwrap()));
    both_ways(
        0x0016,
        &v4,
        XorRelayedAddress("1.2.3.4:4660".parse().unwrap()),
    );
    let v6 = hex("0002 3326 0113a9fa6162636465666768696a6b6d");
    both_ways(
        0x0012,
        &v6,
        XorPeerAddress("[2001:db8::1]:4660".parse().unwrap()),
    );
    both_ways(
        0x0016,
        &v6,
        XorRelayedAddress("[2001:db8::1]:4660".parse().unwrap()),
    );
}

/// §18.4: the data, of any length, without padding in its length.
#[test]
fn data() {
    both_ways(0x0013, b"", Data(b""));
    both_ways(0x0013, b"hello", Data(b"hello"));
}

/// §18.6, §18.11: the family and 24 reserved bits, zero when sent and ignored when received.
#[test]
fn address_families() {
    both_ways(
        0x0017,
        &hex("01000000"),
        RequestedAddressFamily(AddressFamily::IPV4),
    );
    both_ways(
        0x0017,
        &hex("02000000"),
        RequestedAddressFamily(AddressFamily::IPV6),
    );
    both_ways(
        0x8000,
        &hex("02000000"),
        AdditionalAddressFamily(AddressFamily::IPV6),
    );
    assert_eq!(
        decode(&hex("01abcdef")),
        Ok(RequestedAddressFamily(AddressFamily::IPV4))
    );
    assert_eq!(
        decode(&hex("02abcdef")),
        Ok(AdditionalAddressFamily(AddressFamily::IPV6))
    );
}

/// §18.7: one byte, of which the top bit is R; the other bits are zero when sent and ignored when received.
#[test]
fn even_port() {
    let port = |reserve_next| EvenPort { reserve_next };
    both_ways(0x0018, &[0x00], port(false));
    both_ways(0x0018, &[0x80], port(true));
    assert_eq!(decode(&[0x7F]), Ok(port(false)));
    assert_eq!(decode(&[0xFF]), Ok(port(true)));
    assert_eq!(written(&port(true)).unwrap(), hex("00180001 80000000"));
}

/// §18.8: the protocol number and 24 reserved bits, zero when sent and ignored when received.
#[test]
fn requested_transport() {
    both_ways(0x0019, &hex("11000000"), RequestedTransport::UDP);
    assert_eq!(decode(&hex("11ffffff")), Ok(RequestedTransport::UDP));
}

/// §18.9: no value.
#[test]
fn dont_fragment() {
    both_ways(0x001A, b"", DontFragment);
}

/// §18.10: 8 bytes.
#[test]
fn reservation_token() {
    both_ways(0x0022, b"12345678", ReservationToken(*b"12345678"));
    assert!(decode::<ReservationToken>(b"1234567").is_err());
    assert!(decode::<ReservationToken>(b"123456789").is_err());
}

/// §18.12: family, 13 reserved bits, zero when sent and ignored when received, then as ERROR-CODE.
#[test]
fn address_error_code() {
    let error = ErrorCode::new(Code::INSUFFICIENT_CAPACITY, "Insufficient Capacity").unwrap();
    let family = AddressFamily::IPV6;
    both_ways(
        0x8001,
        b"\x02\x00\x05\x08Insufficient Capacity",
        AddressErrorCode { family, error },
    );
    assert_eq!(
        decode(b"\x02\xff\xfd\x08Insufficient Capacity"),
        Ok(AddressErrorCode { family, error })
    );
    assert!(decode::<AddressErrorCode>(b"\x02\x00\x05\x64").is_err());
}

/// §18.13: 16 reserved bits, zero when sent and ignored when received, type and code, 32 bits of error data.
/// The API offers both interpretations of the figure: 8 and 8 bits, and 7 and 9 bits, as it is drawn.
#[test]
fn icmp() {
    // ICMPv6 Packet Too Big with a next-hop MTU of 1280.
    let icmp = Icmp::new(2, 0, 1280);
    both_ways(0x8004, &hex("0000 0200 00000500"), icmp);
    assert_eq!(decode(&hex("ffff 0200 00000500")), Ok(icmp));
    assert_eq!(icmp.type_code(), (2, 0));
    assert_eq!(icmp.type_code_as_drawn(), (1, 0));
    assert!(decode::<Icmp>(&hex("0000 0200 000005")).is_err());
}
