//! Proof that the crate needs neither `std` nor `alloc`, on any host.
//!
//! A static library is linked in full: with `std` anywhere below, its panic handler would be the
//! second one, and with `alloc`, a global allocator would be missing. Both are compile errors.
#![no_std]

use stunwire::Message;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Keeps the readers in the library.
#[must_use]
pub fn count(bytes: &[u8]) -> usize {
    Message::parse(bytes).map_or(0, |message| message.attributes().count())
}
