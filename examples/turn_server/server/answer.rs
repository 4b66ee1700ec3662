//! What the handlers of requests return, and how it becomes a reply.

use std::net::SocketAddr;
use std::time::Duration;

use stunwire::Code;
use stunwire::attribute::{
    AddressErrorCode, AddressFamily, ConnectionId, Lifetime, ReservationToken, XorMappedAddress,
    XorRelayedAddress,
};
use stunwire::reply::{Reply, ReplyTo};
use stunwire::{AttributeError, EncodeError, MessageWriter};

use super::Then;

/// What a success response has in it.
#[derive(Default)]
pub struct Granted {
    pub relayed: Option<SocketAddr>,
    pub mapped: Option<SocketAddr>,
    pub lifetime: Option<Duration>,
    pub token: Option<[u8; 8]>,
    pub connection: Option<u32>,
    /// A second family that was asked for and is not relayed.
    pub refused: Option<AddressFamily>,
    pub then: Option<Then>,
}

/// Why a request is refused.
pub struct Refused(pub Code);

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self(code)
    }
}

/// An attribute that is missing or malformed.
impl From<AttributeError> for Refused {
    fn from(_: AttributeError) -> Self {
        Self(Code::BAD_REQUEST)
    }
}

pub type Answer = Result<Granted, Refused>;

/// Writes the reply, signed as the request was.
pub fn respond(to: ReplyTo<'_>, answer: Answer, out: &mut Vec<u8>) -> Result<Then, EncodeError> {
    let granted = match answer {
        Ok(granted) => granted,
        Err(Refused(code)) => {
            Reply::new(to, code).write(out)?;
            return Ok(Then::Done);
        }
    };
    // The reply to a Connect waits for the peer.
    if !matches!(granted.then, Some(Then::Connect { .. })) {
        let mut reply = MessageWriter::success_to(out, to)?;
        if let Some(address) = granted.relayed {
            reply.attribute(&XorRelayedAddress(address))?;
        }
        if let Some(address) = granted.mapped {
            reply.attribute(&XorMappedAddress(address))?;
        }
        if let Some(lifetime) = granted.lifetime {
            let secs = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
            reply.attribute(&Lifetime::from_secs(secs))?;
        }
        if let Some(token) = granted.token {
            reply.attribute(&ReservationToken(token))?;
        }
        if let Some(id) = granted.connection {
            reply.attribute(&ConnectionId(id))?;
        }
        if let Some(family) = granted.refused {
            let error = Code::ADDRESS_FAMILY_NOT_SUPPORTED.into();
            reply.attribute(&AddressErrorCode { family, error })?;
        }
        reply.finish_like(to)?;
    }
    Ok(granted.then.unwrap_or(Then::Done))
}
