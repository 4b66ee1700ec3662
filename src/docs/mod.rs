//! Guides, migration from other crates, conformance, the design, hostile input, interoperability, Microsoft's
//! protocols and performance.

#[doc = include_str!("guide.md")]
pub mod guide {
    #[doc = include_str!("guide/turn_server.md")]
    pub mod turn_server {}

    #[doc = include_str!("guide/turn_client.md")]
    pub mod turn_client {}

    #[doc = include_str!("guide/ice_agent.md")]
    pub mod ice_agent {}

    #[doc = include_str!("guide/tools.md")]
    pub mod tools {}

    #[doc = include_str!("guide/crypto.md")]
    pub mod crypto {}

    #[doc = include_str!("guide/no_std.md")]
    pub mod no_std {}
}

#[doc = include_str!("migrate.md")]
pub mod migrate {
    #[doc = include_str!("migrate/stun_types.md")]
    pub mod stun_types {}

    #[doc = include_str!("migrate/webrtc.md")]
    pub mod webrtc {}

    #[doc = include_str!("migrate/stun_codec.md")]
    pub mod stun_codec {}

    #[doc = include_str!("migrate/str0m.md")]
    pub mod str0m {}

    #[doc = include_str!("migrate/turn_rs.md")]
    pub mod turn_rs {}

    #[doc = include_str!("migrate/pion.md")]
    pub mod pion {}
}

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
