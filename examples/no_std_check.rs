//! A connectivity check on a device without an operating system. The request is written and signed in a static
//! buffer; the response is received into the same buffer, verified and read. Nothing is allocated.
//!
//! The module `device` uses only `core` and stunwire. The rest of the program uses std so that it can run: it plays
//! the network, with the messages of RFC 5769, and counts allocations.
#![allow(
    unreachable_pub,
    clippy::std_instead_of_core,
    reason = "items of a program are not public, and the program uses std"
)]

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

mod device {
    use core::net::SocketAddr;

    use stunwire::attribute::{Priority, Username, XorMappedAddress};
    use stunwire::{Header, Key, Message, MessageWriter, Method, TransactionId};

    /// A buffer for a check or its response.
    pub type Buffer = [u8; 128];

    /// The error of a check.
    #[derive(Debug)]
    #[expect(dead_code, reason = "the contents are only printed with `Debug`")]
    pub enum Error {
        Write(stunwire::EncodeError),
        Read(stunwire::ParseError),
        Forged(stunwire::IntegrityError),
        Value(stunwire::AttributeError),
        NoAddress,
        OtherMessage,
    }

    /// Sends a check and returns the mapped address that the peer reports. `exchange(buffer, len)` sends the first
    /// `len` bytes of the buffer, receives the response into it and returns the response's length in bytes.
    pub fn check(
        buffer: &mut Buffer,
        id: TransactionId,
        key: &Key,
        mut exchange: impl FnMut(&mut Buffer, usize) -> usize,
    ) -> Result<SocketAddr, Error> {
        let header = Header::request(Method::BINDING, id);
        let mut check = MessageWriter::new(&mut buffer[..], header).map_err(Error::Write)?;
        check
            .attribute(&Username::joined("evtj", "h6vY").map_err(Error::Write)?)
            .and_then(|check| check.attribute(&Priority(0x6E00_FFFF)))
            .map_err(Error::Write)?;
        let sent = check
            .integrity(key)
            .and_then(|check| check.fingerprint())
            .and_then(|check| check.finish())
            .map_err(Error::Write)?
            .len();

        let received = exchange(buffer, sent);
        let packet = buffer.get(..received).unwrap_or_default();
        let response = Message::parse(packet).map_err(Error::Read)?;
        if response.transaction_id() != id || !response.fingerprint().is_valid() {
            return Err(Error::OtherMessage);
        }
        let response = response.verify(key).map_err(Error::Forged)?;
        let mapped = response.get::<XorMappedAddress>().map_err(Error::Value)?;
        mapped.map(|mapped| mapped.0).ok_or(Error::NoAddress)
    }
}

/// The static buffer of the device.
static BUFFER: Mutex<device::Buffer> = Mutex::new([0; 128]);

/// The transaction id of RFC 5769 §2.1 and §2.2. A real device calls `TransactionId::from_rng` with its random
/// number generator.
const ID: [u8; 12] = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

/// The password of both messages.
const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// The response of RFC 5769 §2.2: 192.0.2.1, port 32853.
const RESPONSE: &[u8; 80] = b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\
    \xfa\x87\xdf\xae\x80\x22\x00\x0btest vector \x00\x20\x00\x08\x00\x01\xa1\x47\
    \xe1\x12\xa6\x43\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\
    \x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96";

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("Sends an ICE check from a static buffer, and counts allocations. No arguments.");
        return ExitCode::SUCCESS;
    }
    let mut result = Err(device::Error::NoAddress);
    let mut sent = 0;
    let counted = allocation_counter::measure(|| {
        let mut buffer = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
        let id = stunwire::TransactionId::new(ID);
        let key = stunwire::Key::short_term(PASSWORD);
        result = device::check(&mut buffer, id, &key, |buffer, length| {
            sent = length;
            if let Some(received) = buffer.first_chunk_mut() {
                *received = *RESPONSE;
            }
            RESPONSE.len()
        });
    });
    println!("sent            {sent} bytes");
    match result {
        Ok(mapped) => println!("mapped address  {mapped}"),
        Err(error) => {
            println!("failed          {error:?}");
            return ExitCode::FAILURE;
        }
    }
    println!("allocations     {}", counted.count_total);
    match counted.count_total {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
