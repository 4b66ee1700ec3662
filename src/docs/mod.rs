//! Guides: conformance, the design, hostile input, interoperability, Microsoft's protocols and performance.

#[doc = include_str!("conformance.md")]
pub mod conformance {
    #[doc = include_str!("conformance/stun.md")]
    pub mod stun {}

    #[doc = include_str!("conformance/authentication.md")]
    pub mod authentication {}

    #[doc = include_str!("conformance/turn.md")]
    pub mod turn {}

    #[doc = include_str!("conformance/ice.md")]
    pub mod ice {}

    #[doc = include_str!("conformance/framing.md")]
    pub mod framing {}

    #[doc = include_str!("conformance/microsoft.md")]
    pub mod microsoft {}
}

#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("hostile.md")]
pub mod hostile {}

#[doc = include_str!("interop.md")]
pub mod interop {}

#[doc = include_str!("microsoft.md")]
pub mod microsoft {}

#[doc = include_str!("performance.md")]
pub mod performance {}
