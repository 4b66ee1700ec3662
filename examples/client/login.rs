//! A login with long-term credentials, for the examples that are TURN clients. `LongTermClient` implements RFC 8489
//! §9.2; this module adds the loop that sends and receives.
#![allow(dead_code, reason = "each example uses a part of it")]

use std::error::Error;
use std::net::SocketAddr;

use stunwire::attribute::{AlternateServer, EncodeAttribute};
use stunwire::auth::{LongTermClient, Response};
use stunwire::{Credentials, ErrorCode, Message, MessageWriter, Method, TransactionId, Verified};

use super::link::{Answer, Link};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The credentials for one server, and its last challenge.
pub struct Login<'a> {
    client: LongTermClient<Credentials<&'a str, &'a str>>,
}

impl<'a> Login<'a> {
    pub const fn new(user: &'a str, password: &'a str) -> Self {
        Self {
            client: LongTermClient::new(user, password),
        }
    }

    /// For a server whose responses do not follow RFC 8489: ignores what that RFC adds to RFC 5389.
    pub fn rfc5389(self) -> Self {
        Self {
            client: self.client.rfc5389(),
        }
    }

    /// Sends a first request without credentials, and stores the challenge in its response. Returns this response,
    /// which is not authenticated.
    pub fn challenge(
        &mut self,
        link: &mut Link,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
    ) -> Result<Answer> {
        let mut packet = Vec::new();
        let request = MessageWriter::request(&mut packet, method, TransactionId::random()?)?;
        let (_, sent) = self.client.sign(request.with_all(attributes)?)?;
        let (answer, took) = link.ask_until(&packet, |received| {
            let message = Message::parse(received).ok()?;
            match self.client.response(&sent, &message) {
                Response::Violation | Response::Ignore => None,
                _ => Some(received.to_vec()),
            }
        })?;
        Ok(Answer {
            packet: answer,
            took,
        })
    }

    /// Sends a request and returns the result of `read`, which gets the verified success response. If the server has
    /// a new nonce, the request is signed and sent again.
    pub fn ask<T>(
        &mut self,
        link: &mut Link,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
        read: impl Fn(Verified<'_>) -> Result<T>,
    ) -> Result<T> {
        loop {
            let mut packet = Vec::new();
            let request = MessageWriter::request(&mut packet, method, TransactionId::random()?)?;
            let (_, sent) = self.client.sign(request.with_all(attributes)?)?;
            let (outcome, _) = link.ask_until(&packet, |received| {
                let message = Message::parse(received).ok()?;
                match self.client.response(&sent, &message) {
                    Response::Verified(response) => Some(Some(read(response))),
                    Response::Retry => Some(None),
                    Response::Refused(error, response) => {
                        Some(Some(Err(Refused::new(error, response).into())))
                    }
                    Response::Failed(failure) => Some(Some(Err(failure.into()))),
                    Response::Unauthenticated => {
                        Some(Some(Err("the server requires no credentials".into())))
                    }
                    // Forged, or the response to another request: the right one may still arrive.
                    Response::Violation | Response::Ignore => None,
                }
            })?;
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }
}

/// An authenticated error response.
#[derive(Debug)]
pub struct Refused {
    pub code: u16,
    /// The server to use instead, if the code is 300.
    pub alternate: Option<SocketAddr>,
    text: String,
}

impl Refused {
    fn new(error: ErrorCode<'_>, response: Option<Verified<'_>>) -> Self {
        let alternate = response.and_then(|response| response.get::<AlternateServer>().ok()?);
        Self {
            code: error.code().as_u16(),
            alternate: alternate.map(|server| server.0),
            text: error.to_string(),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Refused {}
