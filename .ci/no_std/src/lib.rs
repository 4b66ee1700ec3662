//! Shows on any host that the crate needs neither `std` nor `alloc`.
//!
//! A static library is linked with all dependencies. If one of them used `std`, there would be a second panic
//! handler; if one used `alloc`, a global allocator would be missing. Both are compile errors.
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
