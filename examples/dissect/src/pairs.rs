//! ICE over TCP, pair by pair: whether each side's check was answered, so that the pair is valid.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::net::SocketAddr;

use stunwire::{Class, Method, TransactionId};

use crate::unit::{Content, Framing, Unit};

/// As many unanswered checks are remembered of one side of a pair, at most.
const MOST_CHECKS: usize = 1024;

/// The pairs between which checks went in frames of RFC 4571.
#[derive(Default)]
pub struct Pairs(BTreeMap<[SocketAddr; 2], Pair>);

/// The checks of the first address of a pair, and those of the second.
#[derive(Default)]
struct Pair {
    checks: [Checks; 2],
}

#[derive(Default)]
struct Checks {
    asked: HashSet<TransactionId>,
    answered: bool,
}

impl Pairs {
    /// Takes note of a unit, if it is a check or the answer to one.
    pub fn note(&mut self, unit: &Unit<'_>) {
        let (Content::Stun { message, .. }, Framing::Rfc4571, Some(endpoints)) =
            (&unit.content, unit.origin.framing, unit.origin.endpoints)
        else {
            return;
        };
        if message.method() != Method::BINDING {
            return;
        }
        let (from, to) = (endpoints.source, endpoints.destination);
        let id = message.transaction_id();
        match message.class() {
            Class::Request => {
                let asked = &mut self.of(from, to).asked;
                if asked.len() < MOST_CHECKS {
                    asked.insert(id);
                }
            }
            // Who answers is whom the request went to.
            Class::SuccessResponse => {
                let checks = self.of(to, from);
                checks.answered |= checks.asked.remove(&id);
            }
            _ => {}
        }
    }

    /// The checks that `asking` sends to `asked`.
    fn of(&mut self, asking: SocketAddr, asked: SocketAddr) -> &mut Checks {
        let key = [asking.min(asked), asking.max(asked)];
        let [first, second] = &mut self.0.entry(key).or_default().checks;
        if asking <= asked { first } else { second }
    }

    /// A line for each pair.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.0.iter().map(|(ends, pair)| Line { ends, pair })
    }
}

/// What became of one pair.
pub struct Line<'p> {
    ends: &'p [SocketAddr; 2],
    pair: &'p Pair,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = self.ends;
        write!(f, "pair {one} ↔ {other}: ")?;
        let sides = self.ends.iter().zip(&self.pair.checks);
        let missing: Vec<String> = sides
            .filter(|(_, checks)| !checks.answered)
            .map(|(end, checks)| {
                if checks.asked.is_empty() {
                    format!("no Binding request from {end}")
                } else {
                    format!("no success response to the Binding request of {end}")
                }
            })
            .collect();
        if missing.is_empty() {
            f.write_str("valid, a Binding request was answered in each direction")
        } else {
            write!(f, "not valid: {}", missing.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use stunwire::{Header, Message, MessageWriter};

    use super::*;
    use crate::credentials::Integrity;
    use crate::unit::{Endpoints, Origin, Transport};

    fn said(messages: &[(u16, u16, Class, u8)]) -> Vec<String> {
        let mut pairs = Pairs::default();
        for (from, to, class, id) in messages {
            let id = TransactionId::new([*id; 12]);
            let header = match class {
                Class::Request => Header::request(Method::BINDING, id),
                _ => Header::success(Method::BINDING, id),
            };
            let mut buffer = [0; 20];
            let writer = MessageWriter::new(&mut buffer, header).unwrap();
            let message = Message::parse(writer.finish().unwrap()).unwrap();
            let end = |port: &u16| SocketAddr::from(([192, 0, 2, 1], *port));
            let origin = Origin {
                file: 0,
                frame: 1,
                time: None,
                elapsed: None,
                endpoints: Some(Endpoints {
                    source: end(from),
                    destination: end(to),
                }),
                transport: Transport::Tcp,
                framing: Framing::Rfc4571,
                stream_offset: Some(0),
                carrier: None,
                icmp: None,
                truncated: false,
            };
            let content = Content::Stun {
                message,
                integrity: Integrity::Absent,
                trailing: 0,
            };
            pairs.note(&Unit { origin, content });
        }
        pairs.lines().map(|line| line.to_string()).collect()
    }

    const ASK: Class = Class::Request;
    const YES: Class = Class::SuccessResponse;

    #[test]
    fn a_valid_pair() {
        let lines = said(&[
            (1, 2, ASK, 1),
            (2, 1, YES, 1),
            (2, 1, ASK, 2),
            (1, 2, YES, 2),
        ]);
        assert_eq!(
            lines,
            [
                "pair 192.0.2.1:1 ↔ 192.0.2.1:2: valid, a Binding request was answered in each direction"
            ]
        );
    }

    #[test]
    fn what_is_missing() {
        for (messages, missing) in [
            (
                &[(1, 2, ASK, 1)][..],
                "no success response to the Binding request of 192.0.2.1:1, \
                 no Binding request from 192.0.2.1:2",
            ),
            (
                &[(1, 2, ASK, 1), (2, 1, YES, 1)],
                "no Binding request from 192.0.2.1:2",
            ),
            // The answer to another question is none.
            (
                &[
                    (1, 2, ASK, 1),
                    (2, 1, YES, 1),
                    (2, 1, ASK, 2),
                    (1, 2, YES, 3),
                ],
                "no success response to the Binding request of 192.0.2.1:2",
            ),
        ] {
            let lines = said(messages);
            assert_eq!(
                lines,
                [format!(
                    "pair 192.0.2.1:1 ↔ 192.0.2.1:2: not valid: {missing}"
                )]
            );
        }
    }
}
