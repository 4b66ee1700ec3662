//! What the handlers of requests return, and how it becomes a reply.

use std::net::SocketAddr;
use std::time::Duration;

use stunwire::attribute::{
    Attribute, Code, ConnectionId, Lifetime, ReservationToken, XorMappedAddress, XorRelayedAddress,
};
use stunwire::{EncodeError, MessageWriter};

use super::Then;
use crate::gate::{Admitted, seal};

/// What a success response has in it.
#[derive(Default)]
pub struct Granted {
    pub relayed: Option<SocketAddr>,
    pub mapped: Option<SocketAddr>,
    pub lifetime: Option<Duration>,
    pub token: Option<[u8; 8]>,
    pub connection: Option<u32>,
    pub then: Option<Then>,
}

pub type Answer = Result<Granted, Code>;

/// An attribute of a request; 400 if it is malformed.
pub fn get<'a, T: Attribute<'a>>(admitted: &Admitted<'a>) -> Result<Option<T>, Code> {
    admitted.request.get().map_err(|_| Code::BAD_REQUEST)
}

/// The same of one that must be there.
pub fn require<'a, T: Attribute<'a>>(admitted: &Admitted<'a>) -> Result<T, Code> {
    get(admitted)?.ok_or(Code::BAD_REQUEST)
}

/// Writes the reply.
pub fn respond(
    admitted: &Admitted<'_>,
    answer: Answer,
    out: &mut Vec<u8>,
) -> Result<Then, EncodeError> {
    let granted = match answer {
        Ok(granted) => granted,
        Err(code) => {
            seal(
                MessageWriter::error_to(out, &admitted.request, code)?,
                admitted,
            )?;
            return Ok(Then::Done);
        }
    };
    // The reply to a Connect waits for the peer.
    if !matches!(granted.then, Some(Then::Connect { .. })) {
        let mut reply = MessageWriter::success_to(out, &admitted.request)?;
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
        seal(reply, admitted)?;
    }
    Ok(granted.then.unwrap_or(Then::Done))
}
