//! The results of the request handlers, and their replies.

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

/// The contents of a success response.
#[derive(Default)]
pub struct Granted {
    pub relayed: Option<SocketAddr>,
    pub mapped: Option<SocketAddr>,
    pub lifetime: Option<Duration>,
    pub token: Option<[u8; 8]>,
    pub connection: Option<u32>,
    /// The additional address family that was requested and refused.
    pub refused: Option<AddressFamily>,
    pub then: Option<Then>,
}

/// The error code for a refused request.
pub struct Refused(pub Code);

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self(code)
    }
}

/// A missing or malformed attribute is answered with 400.
impl From<AttributeError> for Refused {
    fn from(_: AttributeError) -> Self {
        Self(Code::BAD_REQUEST)
    }
}

pub type Answer = Result<Granted, Refused>;

/// Writes the reply, with the integrity attribute that the request requires.
pub fn respond(to: ReplyTo<'_>, answer: Answer, out: &mut Vec<u8>) -> Result<Then, EncodeError> {
    let granted = match answer {
        Ok(granted) => granted,
        Err(Refused(code)) => {
            Reply::new(to, code).write(out)?;
            return Ok(Then::Done);
        }
    };
    // The reply to a Connect is written after the peer has answered.
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
