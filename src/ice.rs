//! ICE (RFC 8445): resolves role conflicts and computes priorities.

use crate::attribute::{
    Attribute, AttributeType, EncodeAttribute, IceControlled, IceControlling, Priority,
};
use crate::dialect::{Context, Dialect};
use crate::error::{AttributeError, EncodeError};
use crate::integrity::Verified;

/// The role of an ICE agent: controlling or controlled
/// ([RFC 8445 §6.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The agent nominates the pair that is used. Its checks carry ICE-CONTROLLING.
    Controlling,
    /// The agent waits for the nomination. Its checks carry ICE-CONTROLLED.
    Controlled,
}

impl Role {
    /// The other role, which the peer has. An agent switches to it if a check that it sent with this role is
    /// answered with 487, and then also changes its tie-breaker
    /// ([RFC 8445 §7.2.5.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.2.5.1)).
    ///
    /// ```
    /// use stunwire::ice::Role;
    ///
    /// // A check that was sent with ICE-CONTROLLING got a 487.
    /// let sent_as = Role::Controlling;
    /// assert_eq!(sent_as.opposite(), Role::Controlled);
    /// ```
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Controlling => Self::Controlled,
            Self::Controlled => Self::Controlling,
        }
    }

    /// The attribute that a check of an agent with this role carries: ICE-CONTROLLING or ICE-CONTROLLED with the
    /// agent's tie-breaker, a random number of 64 bits
    /// ([RFC 8445 §7.1.3](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.3)).
    ///
    /// ```
    /// use stunwire::attribute::{IceControlled, Priority};
    /// use stunwire::ice::Role;
    /// use stunwire::{EncodeError, Key, MessageWriter, Message, Method, TransactionId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (role, tie_breaker) = (Role::Controlled, 0x932F_F9B1_5126_3B36);
    /// let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
    /// let mut buffer = [0; 128];
    /// let check = MessageWriter::request(&mut buffer, Method::BINDING, TransactionId::new(*b"not a secret"))?
    ///     .with(&Priority(0x6E00_1EFF))?
    ///     .with(&role.attribute(tie_breaker))?
    ///     .integrity(&key)?
    ///     .fingerprint()?
    ///     .finish()?;
    /// assert_eq!(Message::parse(check)?.get()?, Some(IceControlled(tie_breaker)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn attribute(self, tie_breaker: u64) -> RoleAttribute {
        RoleAttribute {
            role: self,
            tie_breaker,
        }
    }
}

/// ICE-CONTROLLING or ICE-CONTROLLED, created by [`Role::attribute`]: the tie-breaker, 8 bytes, big-endian
/// ([RFC 8445 §16.1](https://www.rfc-editor.org/rfc/rfc8445#section-16.1)).
///
/// ```
/// use stunwire::ice::{Role, RoleAttribute};
///
/// /// The role attribute of the checks of an agent.
/// fn role_attribute(role: Role, tie_breaker: u64) -> RoleAttribute {
///     role.attribute(tie_breaker)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoleAttribute {
    role: Role,
    tie_breaker: u64,
}

impl EncodeAttribute for RoleAttribute {
    fn wire_type(&self, dialect: Dialect) -> Option<AttributeType> {
        match self.role {
            Role::Controlling => IceControlling::type_in(dialect),
            Role::Controlled => IceControlled::type_in(dialect),
        }
    }

    fn value_len(&self, context: Context) -> usize {
        IceControlling(self.tie_breaker).value_len(context)
    }

    fn encode(&self, out: &mut [u8], context: Context) {
        IceControlling(self.tie_breaker).encode(out, context);
    }
}

/// Returns a random tie-breaker, which an agent uses in all its checks
/// ([RFC 8445 §16.1](https://www.rfc-editor.org/rfc/rfc8445#section-16.1)). Needs the feature `getrandom`.
///
/// ```
/// use stunwire::ice::{self, Role};
///
/// let tie_breaker = ice::random_tie_breaker()?;
/// let attribute = Role::Controlling.attribute(tie_breaker);
/// # let _ = attribute;
/// # Ok::<(), stunwire::Error>(())
/// ```
///
/// # Errors
/// If the operating system's random number generator fails.
#[cfg(feature = "getrandom")]
pub fn random_tie_breaker() -> Result<u64, crate::RandomError> {
    crate::random::bytes().map(u64::from_ne_bytes)
}

/// The reaction of an agent to the role attribute in a check, returned by [`role_conflict`].
///
/// ```
/// use stunwire::ice::{Role, RoleConflict};
/// use stunwire::{EncodeError, Key, Verified, reply};
///
/// /// Whether to answer the check with success.
/// fn settle(
///     conflict: RoleConflict,
///     role: &mut Role,
///     (check, key): (&Verified<'_>, &Key),
///     out: &mut Vec<u8>,
/// ) -> Result<bool, EncodeError> {
///     match conflict {
///         RoleConflict::None => return Ok(true),
///         RoleConflict::Switch(new) => {
///             *role = new;
///             return Ok(true);
///         }
///         RoleConflict::Reply487 => reply::role_conflict((check, key)).write(out)?,
///         RoleConflict::BothRoles => reply::bad_request((check, key)).write(out)?,
///     };
///     Ok(false)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum RoleConflict {
    /// No conflict: the roles differ, or the check has no role attribute.
    None,
    /// The agent switches to this role, computes its pair priorities again and answers the check with
    /// success.
    Switch(Role),
    /// The agent keeps its role and answers 487 (Role Conflict).
    Reply487,
    /// The check is malformed, because it carries both ICE-CONTROLLING and ICE-CONTROLLED. The agent keeps
    /// its role and answers 400 (Bad Request).
    BothRoles,
}

/// Detects a role conflict in a check, and returns how to resolve it
/// ([RFC 8445 §7.3.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.3.1.1)).
///
/// `role` and `tie_breaker` are those of the agent that received the check. The check must be verified:
/// otherwise an attacker could make the agent switch.
///
/// ```
/// use stunwire::attribute::IceControlling;
/// use stunwire::ice::{Role, RoleConflict, role_conflict};
/// use stunwire::{Key, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let key = Key::short_term("our password");
/// let mut buffer = [0; 128];
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .with(&IceControlling(2000))?
///     .integrity(&key)?
///     .finish()?;
///
/// let message = Message::parse(packet)?;
/// let check = message.verify(&key)?;
/// let conflict = role_conflict(&check, Role::Controlling, 1000)?;
/// assert_eq!(conflict, RoleConflict::Switch(Role::Controlled));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If ICE-CONTROLLING or ICE-CONTROLLED is malformed: the check is then answered with 400 (Bad
/// Request).
pub fn role_conflict(
    check: &Verified<'_>,
    role: Role,
    tie_breaker: u64,
) -> Result<RoleConflict, AttributeError> {
    let controlling = check.get::<IceControlling>()?;
    let controlled = check.get::<IceControlled>()?;
    Ok(match (role, controlling, controlled) {
        (_, Some(_), Some(_)) => RoleConflict::BothRoles,
        (Role::Controlling, Some(IceControlling(theirs)), None) if tie_breaker < theirs => {
            RoleConflict::Switch(Role::Controlled)
        }
        (Role::Controlled, None, Some(IceControlled(theirs))) if tie_breaker >= theirs => {
            RoleConflict::Switch(Role::Controlling)
        }
        (Role::Controlling, Some(_), None) | (Role::Controlled, None, Some(_)) => {
            RoleConflict::Reply487
        }
        (Role::Controlling, None, _) | (Role::Controlled, _, None) => RoleConflict::None,
    })
}

/// Computes the priority of a candidate by the recommended formula
/// ([RFC 8445 §5.1.2.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.1)).
///
/// - `type_preference` is 0 to 126: [`HOST`], [`PEER_REFLEXIVE`], [`SERVER_REFLEXIVE`] and [`RELAYED`]
///   are the recommended values.
/// - `local_preference` is 65,535 if there is only one address of the type.
/// - `component` is 1 to 256.
///
/// ```
/// use stunwire::ice;
///
/// let priority = ice::candidate_priority(ice::HOST, 65_535, 1)?;
/// assert_eq!(priority.0, 2_130_706_431);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// If the type preference or the component is outside its range, or the result is 0, which is not a valid
/// priority.
pub const fn candidate_priority(
    type_preference: u8,
    local_preference: u16,
    component: u16,
) -> Result<Priority, EncodeError> {
    Priority::from_parts(type_preference, local_preference, component)
}

/// The recommended type preference of host candidates
/// ([RFC 8445 §5.1.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.2)).
pub const HOST: u8 = 126;
/// The recommended type preference of peer-reflexive candidates.
pub const PEER_REFLEXIVE: u8 = 110;
/// The recommended type preference of server-reflexive candidates.
pub const SERVER_REFLEXIVE: u8 = 100;
/// The recommended type preference of relayed candidates.
pub const RELAYED: u8 = 0;

/// Computes the priority of a candidate pair
/// ([RFC 8445 §6.1.2.3](https://www.rfc-editor.org/rfc/rfc8445#section-6.1.2.3)).
///
/// The formula is `2^32 * min(G, D) + 2 * max(G, D) + (1 if G > D)`, where G is the priority of the
/// controlling agent's candidate and D that of the controlled agent's candidate.
///
/// Returns `None` if a candidate's priority is outside 1 to 2^31 - 1
/// ([§5.1.2](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2)), which only a faulty or hostile peer
/// sends.
///
/// ```
/// use stunwire::attribute::Priority;
/// use stunwire::ice;
///
/// let (controlling, controlled) = (Priority(0x7EFF_FFFF), Priority(0x64FF_FFFF));
/// assert_eq!(ice::pair_priority(controlling, controlled), Some(0x64FF_FFFF_FDFF_FFFF));
/// ```
#[must_use]
pub const fn pair_priority(controlling: Priority, controlled: Priority) -> Option<u64> {
    const MAX: u32 = 0x7FFF_FFFF;
    let (g, d) = (controlling.0, controlled.0);
    if g == 0 || g > MAX || d == 0 || d > MAX {
        return None;
    }
    let (min, max) = if g < d { (g, d) } else { (d, g) };
    // Twice the larger one and 1 fit into 32 bits, so the parts do not overlap.
    Some((min as u64) << 32 | (max as u64) << 1 | (g > d) as u64)
}

#[cfg(all(test, feature = "crypto"))]
mod tests {
    use super::*;
    use crate::{Key, Message, MessageWriter, Method, TransactionId};

    fn conflict(
        controlling: Option<u64>,
        controlled: Option<u64>,
        role: Role,
        tie_breaker: u64,
    ) -> RoleConflict {
        let key = Key::short_term("password");
        let mut buffer = [0; 128];
        let id = TransactionId::new(*b"not a secret");
        let mut writer = MessageWriter::request(&mut buffer, Method::BINDING, id).unwrap();
        if let Some(tie_breaker) = controlling {
            writer.attribute(&IceControlling(tie_breaker)).unwrap();
        }
        if let Some(tie_breaker) = controlled {
            writer.attribute(&IceControlled(tie_breaker)).unwrap();
        }
        let packet = writer.integrity(&key).unwrap().finish().unwrap();
        let check = Message::parse(packet).unwrap().verify(&key).unwrap();
        role_conflict(&check, role, tie_breaker).unwrap()
    }

    // RFC 8445 §7.3.1.1, one row for each of its clauses, with the larger, the same and the smaller
    // tie-breaker.
    #[test]
    fn role_conflicts() {
        use Role::{Controlled, Controlling};
        use RoleConflict::{BothRoles, Reply487, Switch};
        for (controlling, controlled, role, expected) in [
            (Some(9), None, Controlling, Reply487),
            (Some(10), None, Controlling, Reply487),
            (Some(11), None, Controlling, Switch(Controlled)),
            (None, Some(9), Controlled, Switch(Controlling)),
            (None, Some(10), Controlled, Switch(Controlling)),
            (None, Some(11), Controlled, Reply487),
            (None, Some(11), Controlling, RoleConflict::None),
            (None, Some(9), Controlling, RoleConflict::None),
            (Some(11), None, Controlled, RoleConflict::None),
            (Some(9), None, Controlled, RoleConflict::None),
            (None, None, Controlling, RoleConflict::None),
            (None, None, Controlled, RoleConflict::None),
            (Some(1), Some(1), Controlling, BothRoles),
            (Some(1), Some(1), Controlled, BothRoles),
        ] {
            let found = conflict(controlling, controlled, role, 10);
            assert_eq!(found, expected, "{controlling:?} {controlled:?} {role:?}");
        }
    }

    // Two agents with the same role never both switch and never both answer 487, whatever the order
    // in which their checks arrive.
    #[test]
    fn one_of_two_yields() {
        for (ours, theirs) in [(1, 2), (2, 1), (u64::MAX, 0), (0, u64::MAX)] {
            for role in [Role::Controlling, Role::Controlled] {
                let claim = |tie_breaker| match role {
                    Role::Controlling => (Some(tie_breaker), None),
                    Role::Controlled => (None, Some(tie_breaker)),
                };
                let (controlling, controlled) = claim(theirs);
                let here = conflict(controlling, controlled, role, ours);
                let (controlling, controlled) = claim(ours);
                let there = conflict(controlling, controlled, role, theirs);
                let switch = RoleConflict::Switch(role.opposite());
                assert!(
                    [here, there] == [switch, RoleConflict::Reply487]
                        || [here, there] == [RoleConflict::Reply487, switch]
                );
            }
        }
    }

    // The formula of RFC 8445 §5.1.2.1 computed as it is written, at the ends of each range.
    #[test]
    fn candidate_priorities() {
        for type_preference in [0_u8, 1, 100, 110, 126] {
            for local_preference in [0_u16, 1, 255, 256, 65_535] {
                for component in [1_u16, 2, 255, 256] {
                    let formula = 2_u64.pow(24) * u64::from(type_preference)
                        + 2_u64.pow(8) * u64::from(local_preference)
                        + (256 - u64::from(component));
                    let found = candidate_priority(type_preference, local_preference, component);
                    if formula == 0 {
                        assert!(found.is_err());
                        continue;
                    }
                    let found = found.unwrap();
                    assert_eq!(u64::from(found.0), formula);
                    assert_eq!(found.type_preference(), type_preference);
                    assert_eq!(found.local_preference(), local_preference);
                    assert_eq!(found.component(), component);
                }
            }
        }
        for (type_preference, component, value) in
            [(127, 1, 127), (255, 1, 255), (0, 0, 0), (0, 257, 257)]
        {
            let error = candidate_priority(type_preference, 1, component).unwrap_err();
            assert!(
                matches!(error, EncodeError::OutOfRange { value: found, .. } if found == value),
                "{error}"
            );
        }
    }

    // The formula of RFC 8445 §6.1.2.3 in 128 bits.
    #[test]
    fn pair_priorities() {
        let values = [1_u32, 2, 0x64FF_FFFF, 0x7EFF_FFFF, 0x7FFF_FFFF];
        for g in values {
            for d in values {
                let formula = 2_u128.pow(32) * u128::from(g.min(d))
                    + 2 * u128::from(g.max(d))
                    + u128::from(g > d);
                let found = pair_priority(Priority(g), Priority(d)).unwrap();
                assert_eq!(u128::from(found), formula, "{g} {d}");
            }
        }
        for bad in [0, 0x8000_0000, u32::MAX] {
            assert_eq!(pair_priority(Priority(bad), Priority(1)), None);
            assert_eq!(pair_priority(Priority(1), Priority(bad)), None);
        }
    }
}
