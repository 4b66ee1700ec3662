//! Guides: the design, hostile input, interoperability, Microsoft's protocols and performance.

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
