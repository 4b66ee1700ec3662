//! Packets built by hand, for the tests here and of the file formats.
#![allow(
    clippy::cast_possible_truncation,
    reason = "the packets of tests are small"
)]

pub const SOURCE: &str = "192.0.2.1:40000";
pub const DESTINATION: &str = "198.51.100.2:3478";
pub const SOURCE_6: &str = "[2001:db8::1]:40000";
pub const DESTINATION_6: &str = "[2001:db8::2]:3478";

pub fn udp(payload: &[u8]) -> Vec<u8> {
    let mut bytes = [40000u16.to_be_bytes(), 3478u16.to_be_bytes()].concat();
    bytes.extend((payload.len() as u16 + 8).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

pub fn tcp(sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = [40000u16.to_be_bytes(), 3478u16.to_be_bytes()].concat();
    bytes.extend(sequence.to_be_bytes());
    bytes.extend([0, 0, 0, 0, 0x60, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
    bytes.extend([1, 1, 1, 0]);
    bytes.extend(payload);
    bytes
}

/// `fragment` is the field as in the header: three flags, then the offset in eights.
pub fn ipv4_fragment(protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend((payload.len() as u16 + 20).to_be_bytes());
    bytes.extend([0x12, 0x34]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    bytes.extend(payload);
    bytes
}

pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_fragment(protocol, 0, payload)
}

pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend((payload.len() as u16).to_be_bytes());
    bytes.extend([next_header, 64]);
    for host in [1, 2] {
        bytes.extend([
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host,
        ]);
    }
    bytes.extend(payload);
    bytes
}

/// An Ethernet frame with the given type, which may be a series of VLAN tags and a type.
pub fn ethernet(types: &[u8], packet: &[u8]) -> Vec<u8> {
    [&[0xEE; 12], types, packet].concat()
}
