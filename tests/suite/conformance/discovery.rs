//! RFC 5780 §7: NAT behavior discovery.

use stunwire::attribute::{ChangeRequest, OtherAddress, Padding, ResponseOrigin, ResponsePort};

use super::{both_ways, decode};
use crate::support::hex;

/// §7.1: addresses are encoded as MAPPED-ADDRESS; §7.3, §7.4: RESPONSE-ORIGIN and OTHER-ADDRESS.
#[test]
fn response_origin_and_other_address() {
    let v4 = hex("0001 0d96 c0000201");
    let v6 = hex("0002 0d97 20010db8000000000000000000000001");
    both_ways(
        0x802B,
        &v4,
        ResponseOrigin("192.0.2.1:3478".parse().unwrap()),
    );
    both_ways(
        0x802C,
        &v6,
        OtherAddress("[2001:db8::1]:3479".parse().unwrap()),
    );
}

/// §7.2: 32 bits, of which 0x04 changes the address and 0x02 the port.
#[test]
fn change_request() {
    for (value, change_ip, change_port) in [
        ("00000000", false, false),
        ("00000002", false, true),
        ("00000004", true, false),
        ("00000006", true, true),
    ] {
        let request = ChangeRequest {
            change_ip,
            change_port,
        };
        both_ways(0x0003, &hex(value), request);
    }
    let all = ChangeRequest {
        change_ip: true,
        change_port: true,
    };
    assert_eq!(decode(&hex("ffffffff")), Ok(all));
    assert!(decode::<ChangeRequest>(&hex("000006")).is_err());
}

/// §7.5: 16 bits of port and 2 bytes of padding, which some senders include in the length. Every port number is
/// valid (erratum 2844).
#[test]
fn response_port() {
    for port in [0, 1, 3478, 0xFFFF_u16] {
        let [high, low] = port.to_be_bytes();
        both_ways(0x0027, &[high, low, 0, 0], ResponsePort(port));
        assert_eq!(decode(&[high, low]), Ok(ResponsePort(port)));
        assert_eq!(decode(&[high, low, 0xFF, 0xFF]), Ok(ResponsePort(port)));
    }
    assert!(decode::<ResponsePort>(&[1]).is_err());
}

/// §7.6: PADDING holds any bytes, up to an MTU.
#[test]
fn padding() {
    both_ways(0x0026, &[0; 1100], Padding(&[0; 1100]));
    assert_eq!(decode(b"any"), Ok(Padding(b"any")));
}
