//! The attributes of ICE (RFC 8445).

use core::fmt;

use crate::error::{EncodeError, Quantity};

number! {
    /// PRIORITY: the priority that a peer-reflexive candidate learned from this check would have
    /// ([RFC 8445 §7.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.1)).
    ///
    /// Type 0x0024. Value: an unsigned integer of 4 bytes, big-endian. Any value is read, also 0, which is not a
    /// valid priority.
    ///
    /// ```
    /// use stunwire::attribute::Priority;
    ///
    /// let priority = Priority::from_parts(110, 65_535, 1)?;
    /// assert_eq!(priority.type_preference(), 110);
    /// assert_eq!(priority.component(), 1);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct Priority(
        /// The priority, 1 to 2^31 - 1.
        pub u32,
    );
}

impl Priority {
    /// Computes the priority of a candidate by the recommended formula
    /// ([RFC 8445 §5.1.2.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.1)):
    /// `2^24 * type_preference + 2^8 * local_preference + (256 - component)`.
    ///
    /// - `type_preference` is 0 to 126. [`ice::HOST`](crate::ice::HOST),
    ///   [`PEER_REFLEXIVE`](crate::ice::PEER_REFLEXIVE), [`SERVER_REFLEXIVE`](crate::ice::SERVER_REFLEXIVE)
    ///   and [`RELAYED`](crate::ice::RELAYED) are the recommended values.
    /// - `local_preference` is 65,535 if there is only one address of the type.
    /// - `component` is 1 to 256.
    ///
    /// ```
    /// use stunwire::attribute::Priority;
    ///
    /// let priority = Priority::from_parts(126, 0xFFFF, 1)?;
    /// assert_eq!(priority.0, 0x7EFF_FFFF);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the type preference or the component is outside its range, or the result is 0, which is not a valid
    /// priority.
    pub const fn from_parts(
        type_preference: u8,
        local_preference: u16,
        component: u16,
    ) -> Result<Self, EncodeError> {
        const fn out_of_range(quantity: Quantity, value: u32, min: u32, max: u32) -> EncodeError {
            EncodeError::OutOfRange {
                quantity,
                value,
                min,
                max,
            }
        }
        if type_preference > 126 {
            return Err(out_of_range(
                Quantity::TypePreference,
                type_preference as u32,
                0,
                126,
            ));
        }
        if component < 1 || component > 256 {
            return Err(out_of_range(Quantity::Component, component as u32, 1, 256));
        }
        // 0 to 255: the component is at least 1 and at most 256.
        let component = 256_u16.saturating_sub(component);
        let priority =
            (type_preference as u32) << 24 | (local_preference as u32) << 8 | component as u32;
        if priority == 0 {
            // §5.1.2: a priority is 1 to 2^31 - 1.
            return Err(out_of_range(Quantity::Priority, 0, 1, 0x7FFF_FFFF));
        }
        Ok(Self(priority))
    }

    /// The type preference, 0 to 126. [RFC 8445 §5.1.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.2)
    /// recommends 126 for host, 110 for peer-reflexive, 100 for server-reflexive and 0 for relayed candidates.
    #[must_use]
    pub const fn type_preference(self) -> u8 {
        let [preference, ..] = self.0.to_be_bytes();
        preference
    }

    /// The local preference, 0 to 65,535: the preference among addresses of the same type.
    #[must_use]
    pub const fn local_preference(self) -> u16 {
        let [_, high, low, _] = self.0.to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// The component, 1 to 256.
    #[must_use]
    #[allow(clippy::arithmetic_side_effects, reason = "256 less a byte")]
    pub const fn component(self) -> u16 {
        let [.., last] = self.0.to_be_bytes();
        256 - last as u16
    }
}

/// Prints the number and its parts.
impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({:#010x}: type preference {}, local preference {}, component {})",
            self.0,
            self.0,
            self.type_preference(),
            self.local_preference(),
            self.component()
        )
    }
}

flag! {
    /// USE-CANDIDATE: the controlling agent nominates the pair of this check
    /// ([RFC 8445 §7.1.2](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.2)).
    ///
    /// Type 0x0025. No value.
    ///
    /// ```
    /// use stunwire::Message;
    /// use stunwire::attribute::UseCandidate;
    ///
    /// let check = b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x00\x25\x00\x00";
    /// assert!(Message::parse(check)?.get::<UseCandidate>()?.is_some());
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct UseCandidate;
}

number! {
    /// ICE-CONTROLLED: the sender of the check has the controlled role
    /// ([RFC 8445 §7.1.3](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.3)).
    ///
    /// Type 0x8029. Value: the tie-breaker, an unsigned integer of 8 bytes, big-endian. Any value is read,
    /// also 0. [`ice::role_conflict`](crate::ice::role_conflict) evaluates it.
    ///
    /// ```
    /// use stunwire::attribute::IceControlled;
    ///
    /// let tie_breaker = 0x932f_f9b1_5126_3b36; // 64 random bits
    /// assert_eq!(IceControlled(tie_breaker).to_string(), "tie-breaker 0x932ff9b151263b36");
    /// ```
    pub struct IceControlled(
        /// The tie-breaker, 64 random bits.
        pub u64,
    );
}

number! {
    /// ICE-CONTROLLING: the sender of the check has the controlling role
    /// ([RFC 8445 §7.1.3](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.3)).
    ///
    /// Type 0x802A. Value: the tie-breaker, an unsigned integer of 8 bytes, big-endian. Any value is read,
    /// also 0. [`ice::role_conflict`](crate::ice::role_conflict) evaluates it.
    ///
    /// ```
    /// use stunwire::attribute::IceControlling;
    ///
    /// let tie_breaker = 0x932f_f9b1_5126_3b36; // 64 random bits
    /// assert_eq!(IceControlling(tie_breaker).to_string(), "tie-breaker 0x932ff9b151263b36");
    /// ```
    pub struct IceControlling(
        /// The tie-breaker, 64 random bits.
        pub u64,
    );
}

/// Prints for example `tie-breaker 0x0123456789abcdef`.
impl fmt::Display for IceControlled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tie-breaker {:#018x}", self.0)
    }
}

/// Prints for example `tie-breaker 0x0123456789abcdef`.
impl fmt::Display for IceControlling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tie-breaker {:#018x}", self.0)
    }
}
