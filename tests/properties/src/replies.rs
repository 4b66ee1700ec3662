//! Replies of a server.

use crate::{DIALECTS, printable, valid};
use stunwire::attribute::PasswordAlgorithm;
use stunwire::reply::{self, Challenge};
use stunwire::{Class, EncodeError};

/// A reply to any header, with any realm and nonce, is a valid message of bounded length or an error.
///
/// The first byte selects the dialect, the second is the length of the realm, the next 20 are the
/// header of the request. The rest is the realm and the nonce.
pub fn replies(bytes: &[u8]) {
    let Some(([choice, realm_len, request @ ..], rest)) = bytes.split_first_chunk::<22>() else {
        return;
    };
    let dialect = DIALECTS[usize::from(*choice) % DIALECTS.len()];
    let Ok(header) = dialect.header(request) else {
        return;
    };
    let (realm, nonce) = rest.split_at(usize::from(*realm_len).min(rest.len()));
    let offered = [
        PasswordAlgorithm::SHA256,
        PasswordAlgorithm::new(u16::from(*realm_len), realm),
    ];
    let plain = Challenge::new(realm, nonce);
    let with_algorithms = Challenge::with_algorithms(realm, nonce, &offered);
    type Write<'w> = &'w dyn Fn(&mut Vec<u8>) -> Result<(), EncodeError>;
    let writes: [Write<'_>; 5] = [
        &|buffer| reply::bad_request(header).write(buffer).map(|_| ()),
        &|buffer| reply::role_conflict(header).write(buffer).map(|_| ()),
        &|buffer| plain?.unauthenticated(header).write(buffer).map(|_| ()),
        &|buffer| plain?.stale_nonce(header).write(buffer).map(|_| ()),
        &|buffer| {
            with_algorithms?
                .stale_nonce(header)
                .write(buffer)
                .map(|_| ())
        },
    ];
    for write in writes {
        let mut buffer = b"before".to_vec();
        let written = write(&mut buffer);
        let reply = buffer
            .strip_prefix(b"before")
            .expect("the bytes before the reply stay");
        match written {
            Ok(()) => {
                assert_eq!(header.class(), Class::Request);
                let reply = dialect.parse(reply).expect("the library wrote it");
                assert_eq!(reply.class(), Class::ErrorResponse);
                assert_eq!(reply.transaction_id(), header.transaction_id());
                assert!(reply.as_bytes().len() <= 128 + rest.len() + realm.len());
                valid(reply, &reply.all_attributes().collect::<Vec<_>>());
            }
            Err(error) => {
                assert!(reply.is_empty(), "a refused reply left bytes in the buffer");
                printable(&error.to_string());
            }
        }
    }
}
