//! The law of replies.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{DIALECTS, printable, whole};
use crate::attribute::{AttributeType, PasswordAlgorithm};
use crate::{Class, EncodeError, reply};

/// Replies: whatever they are asked with, a message that stands or an error, and no longer than its
/// parts.
///
/// The first byte chooses the dialect, the second how much of the rest is realm, the next 20 are the
/// request's header.
pub fn replies(bytes: &[u8]) {
    let Some(([choice, cut, head @ ..], rest)) = bytes.split_first_chunk::<22>() else {
        return;
    };
    let dialect = DIALECTS[usize::from(choice % 10)];
    let Ok(header) = dialect.header(head) else {
        return;
    };
    let (realm, nonce) = rest.split_at(usize::from(*cut).min(rest.len()));
    let types = nonce
        .chunks_exact(2)
        .map(|pair| AttributeType::new(u16::from_be_bytes([pair[0], pair[1]])));
    let offered = [
        PasswordAlgorithm::SHA256,
        PasswordAlgorithm::new(u16::from(*cut), realm),
    ];
    let challenge = |buffer: &mut Vec<u8>| {
        reply::Challenge::new(realm, nonce)?
            .offer(&offered)?
            .stale_nonce(buffer, header)
    };
    type Write<'w> = &'w dyn Fn(&mut Vec<u8>) -> Result<(), EncodeError>;
    let writes: [Write<'_>; 5] = [
        &|buffer| reply::bad_request(buffer, header),
        &|buffer| reply::unauthenticated(buffer, header, realm, nonce),
        &|buffer| reply::stale_nonce(buffer, header, realm, nonce),
        &|buffer| reply::unknown_attributes(buffer, header, types.clone()),
        &challenge,
    ];
    for write in writes {
        let mut buffer = b"before".to_vec();
        let written = write(&mut buffer);
        let reply = buffer.strip_prefix(b"before").expect("what stood before");
        match written {
            Ok(()) => {
                assert_eq!(header.class(), Class::Request);
                let reply = dialect.parse(reply).expect("our own reply");
                assert_eq!(reply.class(), Class::ErrorResponse);
                assert_eq!(reply.transaction_id(), header.transaction_id());
                assert!(reply.as_bytes().len() <= 128 + rest.len() + realm.len());
                whole(reply, &reply.all_attributes().collect::<Vec<_>>());
            }
            Err(error) => {
                assert!(reply.is_empty(), "a refused reply stayed");
                printable(&error.to_string());
            }
        }
    }
}
