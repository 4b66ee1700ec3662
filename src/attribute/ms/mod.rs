//! Microsoft's attributes: \[MS-TURN\] and \[MS-ICE2\].

mod ice;
mod turn;

pub use self::ice::{CandidateIdentifier, ImplementationVersion};
pub use self::turn::{MagicCookie, Version};
