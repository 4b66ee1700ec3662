//! RFC 8445 §7 and §16: connectivity checks.

use stunwire::attribute::{
    AttributeType, EncodeAttribute as _, IceControlled, IceControlling, Priority, UseCandidate,
    Username,
};
use stunwire::ice::{Role, RoleConflict, role_conflict};
use stunwire::{
    Code, Dialect, EncodeError, ErrorCode, FingerprintStatus, Header, Key, Message, MessageWriter,
    Method, TransactionId, reply,
};

use super::{ID, both_ways, message, visible};
use crate::support::{self, ICE_PASSWORD, hex};

/// §7.1.1, §16.1: 32 bits, the priority of a peer-reflexive candidate.
#[test]
fn priority() {
    both_ways(0x0024, &hex("6e0001ff"), Priority(0x6E00_01FF));
    // §5.1.2.1: 2^24 * 110 + 2^8 * 65535 + (256 - 1).
    let prflx = Priority::from_parts(110, 65_535, 1).unwrap();
    assert_eq!(prflx.0, 110 * (1 << 24) + 65_535 * (1 << 8) + 255);
}

/// §5.1.2.1: a type preference of 0 to 126, a component of 1 to 256.
#[test]
fn priority_parts() {
    for (preference, component, valid) in [
        (126, 1, true),
        (126, 256, true),
        (127, 1, false),
        (255, 1, false),
        (126, 0, false),
        (126, 257, false),
    ] {
        let priority = Priority::from_parts(preference, 1, component);
        assert_eq!(priority.is_ok(), valid, "{preference} {component}");
    }
}

/// §7.1.2, §16.1: no value.
#[test]
fn use_candidate() {
    both_ways(0x0025, b"", UseCandidate);
}

/// §7.1.3, §16.1: a tie-breaker of 64 bits.
#[test]
fn ice_controlled_and_controlling() {
    let value = hex("932ff9b151263b36");
    both_ways(0x8029, &value, IceControlled(0x932F_F9B1_5126_3B36));
    both_ways(0x802A, &value, IceControlling(0x932F_F9B1_5126_3B36));
    for (role, ty) in [(Role::Controlled, 0x29), (Role::Controlling, 0x2A)] {
        let mut out = Vec::new();
        let check = MessageWriter::request(&mut out, Method::BINDING, ID)
            .unwrap()
            .with(&role.attribute(0x932F_F9B1_5126_3B36))
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(check[20..24], [0x80, ty, 0, 8]);
        assert_eq!(check[24..], value);
    }
    // The dialects of MS-ICE2 have the same codes; MS-TURN has none.
    let attribute = Role::Controlled.attribute(1);
    for dialect in [Dialect::RFC3489, Dialect::MS_ICE2, Dialect::MS_ICE2_LEGACY] {
        let ty = attribute.wire_type(dialect);
        assert_eq!(ty, Some(AttributeType::ICE_CONTROLLED), "{dialect:?}");
    }
    let id = TransactionId::classic([0; 16]);
    let header = Header::request(Method::BINDING, id).in_dialect(Dialect::MS_TURN);
    let mut out = Vec::new();
    let writer = MessageWriter::new(&mut out, header).unwrap();
    assert_eq!(
        writer.with(&attribute).err(),
        Some(EncodeError::NotInDialect)
    );
}

/// §16.1: the tie-breakers of two agents differ.
#[test]
#[cfg(feature = "getrandom")]
fn random_tie_breakers() {
    let first = stunwire::ice::random_tie_breaker().unwrap();
    assert_ne!(first, stunwire::ice::random_tie_breaker().unwrap());
}

/// §7.2.2: the user name is the peer's fragment, a colon and the agent's own fragment; the key is the peer's
/// password. The writer reproduces RFC 5769 §2.1.
#[test]
fn a_check_with_short_term_credentials() {
    let bytes = support::rfc5769_request();
    let published = Message::parse(&bytes).unwrap();
    let key = Key::short_term(ICE_PASSWORD);
    let mut out = Vec::new();
    let check = MessageWriter::request(&mut out, Method::BINDING, published.transaction_id())
        .unwrap()
        .with(&Priority(0x6E00_01FF))
        .unwrap()
        .with(&IceControlled(0x932F_F9B1_5126_3B36))
        .unwrap()
        .with(&Username::joined("evtj", "h6vY").unwrap())
        .unwrap()
        .integrity(&key)
        .unwrap()
        .fingerprint()
        .unwrap()
        .finish()
        .unwrap();
    // From PRIORITY to the name: as published, except that the padding is zero.
    let mut expected = bytes[40..76].to_vec();
    expected[33..].fill(0);
    assert_eq!(check[20..56], expected);
    let check = Message::parse(check).unwrap();
    assert_eq!(visible(&check), [0x0024, 0x8029, 0x0006, 0x0008, 0x8028]);
    assert!(check.verify(&key).is_ok());
}

/// §7.2.4, §7.3: FINGERPRINT is used in checks and in responses.
#[test]
fn checks_have_fingerprint() {
    for bytes in [
        support::rfc5769_request(),
        support::rfc5769_ipv4(),
        support::rfc5769_ipv6(),
    ] {
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.fingerprint(), FingerprintStatus::Valid);
    }
}

/// §7.2.4: a message of RFC 3489, without the magic cookie, is not a connectivity check.
#[test]
fn classic_stun_is_refused() {
    let mut bytes = message(0x0001, &[]);
    bytes[4..8].copy_from_slice(&[1, 2, 3, 4]);
    assert!(Message::parse(&bytes).is_err());
}

/// §7.2.5.1: a 487 makes an agent take the other role.
#[test]
fn the_role_after_a_487() {
    assert_eq!(Role::Controlling.opposite(), Role::Controlled);
    assert_eq!(Role::Controlled.opposite(), Role::Controlling);
    assert_eq!(Code::ROLE_CONFLICT.as_u16(), 487);
    assert_eq!(Code::ROLE_CONFLICT.name(), Some("Role Conflict"));
}

/// §7.3: a user name is valid if it is two values separated by a colon, the first of which is the agent's own
/// fragment.
#[test]
fn the_user_name_of_a_check() {
    let fragments = |name: &'static str| Username::new(name).unwrap().fragments();
    assert_eq!(fragments("evtj:h6vY"), Some((&b"evtj"[..], &b"h6vY"[..])));
    assert_eq!(fragments("evtjh6vY"), None);
    let bytes = support::rfc5769_request();
    let check = Message::parse(&bytes).unwrap();
    let verified = check.verify(&Key::short_term(ICE_PASSWORD)).unwrap();
    let name = verified.get::<Username>().unwrap().unwrap();
    assert_eq!(name.fragments().map(|(ours, _)| ours), Some(&b"evtj"[..]));
}

/// §7.3: the response is authenticated with the credentials of the request.
#[test]
fn the_response_to_a_check() {
    let bytes = support::rfc5769_request();
    let key = Key::short_term(ICE_PASSWORD);
    let check = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let published = support::rfc5769_ipv4();
    let published = Message::parse(&published).unwrap();
    let mut out = Vec::new();
    let mut response = MessageWriter::success_to(&mut out, &check).unwrap();
    for raw in published.attributes().take(2) {
        response.raw(&raw).unwrap();
    }
    let response = response
        .integrity_like(&check, &key)
        .unwrap()
        .fingerprint()
        .unwrap();
    assert_eq!(response.finish().unwrap(), published.as_bytes());
}

/// §7.3.1.1: the agent with the larger tie-breaker controls. A controlling agent with the larger tie-breaker,
/// and a controlled agent with the smaller one, answer 487.
#[test]
fn role_conflicts() {
    const OURS: u64 = 1000;
    let key = Key::short_term(ICE_PASSWORD);
    let decide = |attributes: &[(u16, u64)], role| {
        let mut out = Vec::new();
        let mut check = MessageWriter::request(&mut out, Method::BINDING, ID).unwrap();
        for (ty, tie_breaker) in attributes {
            match ty {
                0x8029 => check.attribute(&IceControlled(*tie_breaker)).unwrap(),
                _ => check.attribute(&IceControlling(*tie_breaker)).unwrap(),
            };
        }
        let check = check.integrity(&key).unwrap().finish().unwrap();
        let check = Message::parse(check).unwrap().verify(&key).unwrap();
        role_conflict(&check, role, OURS).unwrap()
    };
    let (controlled, controlling) = (0x8029, 0x802A);
    for (attributes, role, expected) in [
        (
            &[(controlling, 999)][..],
            Role::Controlling,
            RoleConflict::Reply487,
        ),
        (
            &[(controlling, 1000)],
            Role::Controlling,
            RoleConflict::Reply487,
        ),
        (
            &[(controlling, 1001)],
            Role::Controlling,
            RoleConflict::Switch(Role::Controlled),
        ),
        (
            &[(controlled, 999)],
            Role::Controlled,
            RoleConflict::Switch(Role::Controlling),
        ),
        (
            &[(controlled, 1000)],
            Role::Controlled,
            RoleConflict::Switch(Role::Controlling),
        ),
        (
            &[(controlled, 1001)],
            Role::Controlled,
            RoleConflict::Reply487,
        ),
        (&[(controlled, 999)], Role::Controlling, RoleConflict::None),
        (&[(controlling, 1001)], Role::Controlled, RoleConflict::None),
        (&[], Role::Controlling, RoleConflict::None),
        (
            &[(controlled, 1), (controlling, 1)],
            Role::Controlling,
            RoleConflict::BothRoles,
        ),
    ] {
        assert_eq!(
            decide(attributes, role),
            expected,
            "{attributes:?} {role:?}"
        );
    }
}

/// §7.3.1.1: the 487 is authenticated as the check was.
#[test]
fn a_487_is_signed() {
    let bytes = support::rfc5769_request();
    let key = Key::short_term(ICE_PASSWORD);
    let check = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let mut out = Vec::new();
    let reply = reply::role_conflict((&check, &key))
        .write(&mut out)
        .unwrap();
    let reply = Message::parse(reply).unwrap();
    let verified = reply.verify(&key).unwrap();
    let error = verified.get::<ErrorCode>().unwrap().unwrap();
    assert_eq!(error.code(), Code::ROLE_CONFLICT);
    assert_eq!(reply.fingerprint(), FingerprintStatus::Valid);
    assert_eq!(reply.transaction_id(), check.transaction_id());
}
