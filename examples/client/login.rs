//! A login with long-term credentials, for the examples that are TURN clients. `LongTermClient` implements RFC 8489
//! §9.2; this module adds the loop that sends and receives.
#![allow(dead_code, reason = "each example uses a part of it")]

use std::error::Error;
use std::net::SocketAddr;

use stunwire::attribute::{AlternateServer, EncodeAttribute, Lifetime};
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
    /// which is not authenticated. If it is a success, the allocation is released.
    pub fn challenge(
        &mut self,
        link: &mut Link,
        method: Method,
        attributes: &[&dyn EncodeAttribute],
    ) -> Result<Answer> {
        let mut packet = Vec::new();
        let request = MessageWriter::request(&mut packet, method, TransactionId::random()?)?;
        let (_, sent) = self.client.sign(request.with_all(attributes)?)?;
        let mut violation = None;
        let answer = link.ask_until(&packet, |received| {
            let message = Message::parse(received).ok()?;
            match self.client.response(&sent, &message) {
                // Such as a 300, which must be authenticated (RFC 8489 §14.8).
                Response::Violation => {
                    violation = Some(Violated::new(&message));
                    None
                }
                Response::Ignore => None,
                Response::Unauthenticated => Some((received.to_vec(), true)),
                _ => Some((received.to_vec(), false)),
            }
        });
        let ((answer, is_success), took) = match (answer, violation) {
            (Err(_), Some(violated)) => return Err(violated.into()),
            (answer, _) => answer?,
        };
        if is_success && method == Method::ALLOCATE {
            self.release(link)?;
        }
        Ok(Answer {
            packet: answer,
            took,
        })
    }

    /// Sends a Refresh that deletes the allocation of a server that requires no credentials, and waits for no
    /// response: if the packet is lost, the allocation ends by itself.
    fn release(&self, link: &mut Link) -> Result<()> {
        let mut packet = Vec::new();
        let request =
            MessageWriter::request(&mut packet, Method::REFRESH, TransactionId::random()?)?;
        self.client.sign(request.with(&Lifetime::from_secs(0))?)?;
        Ok(link.send(&packet)?)
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
            let is_reliable = matches!(link, Link::Tcp(_));
            let mut violation = None;
            let outcome = link.ask_until(&packet, |received| {
                let message = Message::parse(received).ok()?;
                match self.client.response(&sent, &message) {
                    Response::Verified(response) => Some(Outcome::Done(read(response))),
                    Response::Retry => Some(Outcome::Retry),
                    Response::Refused(error, response) => {
                        Some(Outcome::Done(Err(Refused::new(error, response).into())))
                    }
                    Response::Failed(failure) => Some(Outcome::Done(Err(failure.into()))),
                    Response::Unauthenticated => Some(Outcome::Unauthenticated),
                    // RFC 8489 §9.2.5: over UDP the right response may still arrive.
                    Response::Violation => {
                        let violated = Violated::new(&message);
                        violation = Some(violated.clone());
                        is_reliable.then(|| Outcome::Done(Err(violated.into())))
                    }
                    // The response to another request.
                    Response::Ignore => None,
                }
            });
            let outcome = match (outcome, violation) {
                (Err(_), Some(violated)) => return Err(violated.into()),
                (outcome, _) => outcome?.0,
            };
            match outcome {
                Outcome::Done(result) => return result,
                Outcome::Retry => {}
                Outcome::Unauthenticated => {
                    if method == Method::ALLOCATE {
                        self.release(link)?;
                    }
                    return Err("the server requires no credentials".into());
                }
            }
        }
    }
}

/// What a response means for its request.
enum Outcome<T> {
    Done(Result<T>),
    Retry,
    Unauthenticated,
}

/// A response without a valid integrity attribute, when no other one has arrived. Its error code, which anyone may
/// have written, shows the probable reason.
#[derive(Clone, Debug)]
pub struct Violated(String);

impl Violated {
    fn new(message: &Message<'_>) -> Self {
        Self(match message.get::<ErrorCode<'_>>() {
            Ok(Some(error)) => format!("{error}, in a response that is not authenticated"),
            _ => "the response is not authenticated".into(),
        })
    }
}

impl std::fmt::Display for Violated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Violated {}

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
