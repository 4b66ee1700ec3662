//! The attributes of ICE (RFC 8445).

use core::fmt;

number! {
    /// PRIORITY: the priority that a peer-reflexive candidate of this check would have
    /// ([RFC 8445 §7.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.1)).
    Priority(
        /// The priority, 32 bits.
        u32
    )
}

impl Priority {
    /// The priority of these parts
    /// ([RFC 8445 §5.1.2.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.1)). Components
    /// count from 1 and end at 256.
    ///
    /// ```
    /// use stunwire::attribute::Priority;
    ///
    /// let priority = Priority::from_parts(126, 0xFFFF, 1);
    /// assert_eq!(priority.0, 0x7EFF_FFFF);
    /// ```
    #[must_use]
    pub const fn from_parts(type_preference: u8, local_preference: u16, component: u16) -> Self {
        Self(
            (type_preference as u32) << 24
                | (local_preference as u32) << 8
                | (256_u16.saturating_sub(component) & 0xFF) as u32,
        )
    }

    /// The preference of the candidate's type, 0 to 126: 126 for host, 110 for peer-reflexive, 100
    /// for server-reflexive and 0 for relayed, as RFC 8445 §5.1.2.2 recommends.
    #[must_use]
    pub const fn type_preference(self) -> u8 {
        let [preference, ..] = self.0.to_be_bytes();
        preference
    }

    /// The preference among addresses of the same type, 0 to 65,535.
    #[must_use]
    pub const fn local_preference(self) -> u16 {
        let [_, high, low, _] = self.0.to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// The component, 1 to 256: 256 less the last byte.
    #[must_use]
    pub const fn component(self) -> u16 {
        let [.., last] = self.0.to_be_bytes();
        256_u16.saturating_sub(last as u16)
    }
}

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
    UseCandidate
}

number! {
    /// ICE-CONTROLLED: the sender takes itself for controlled
    /// ([RFC 8445 §7.1.3](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.3)).
    IceControlled(
        /// The tie-breaker, 64 random bits.
        u64
    )
}

number! {
    /// ICE-CONTROLLING: the sender takes itself for controlling
    /// ([RFC 8445 §7.1.3](https://www.rfc-editor.org/rfc/rfc8445#section-7.1.3)).
    IceControlling(
        /// The tie-breaker, 64 random bits.
        u64
    )
}

impl fmt::Display for IceControlled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tie-breaker {:#018x}", self.0)
    }
}

impl fmt::Display for IceControlling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tie-breaker {:#018x}", self.0)
    }
}
