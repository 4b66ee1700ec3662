//! Relays from a client to a peer without a copy: the packet was read into `Bytes`, and the payload to send shares
//! its memory.
//!
//! ```text
//! cargo run --example slice_ref
//! ```
#![allow(
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "the program uses std, and indexes its own buffer"
)]

use std::error::Error;

use bytes::Bytes;
use stunwire::attribute::ChannelNumber;
use stunwire::attribute::{Data, XorPeerAddress};
use stunwire::relay::{self, HEADROOM, TAILROOM};
use stunwire::{ChannelData, Message, TransactionId};

/// The payload of a Send indication, with its destination.
fn from_indication(packet: &Bytes) -> Result<(XorPeerAddress, Bytes), Box<dyn Error>> {
    let message = Message::parse(packet)?;
    let peer = message.get()?.ok_or("no peer")?;
    let Data(payload) = message.get()?.ok_or("no data")?;
    // The value borrows from the packet, so `slice_ref` can share the packet's memory.
    Ok((peer, packet.slice_ref(payload)))
}

/// The payload of ChannelData, by its range in the packet.
fn from_channel(packet: &Bytes) -> Result<(ChannelNumber, Bytes), Box<dyn Error>> {
    let data = ChannelData::parse_datagram(packet)?;
    Ok((data.number, packet.slice(data.range())))
}

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--help") {
        println!(
            "Relays a payload without a copy: it shares the memory of its packet. No arguments."
        );
        return Ok(());
    }
    let mut buf = [0; HEADROOM + 5 + TAILROOM];
    let range = HEADROOM..HEADROOM + 5;
    buf[range.clone()].copy_from_slice(b"hello");
    let id = TransactionId::new(*b"not a secret");
    let sent =
        relay::send_indication_in_place(&mut buf, range.clone(), "192.0.2.1:7".parse()?, id)?;
    let packet = Bytes::copy_from_slice(&buf[sent]);
    let (peer, payload) = from_indication(&packet)?;
    assert_eq!(payload, "hello");
    assert!(packet.as_ptr_range().contains(&payload.as_ptr()));
    println!(
        "to {peer}: {} of the packet's {} bytes",
        payload.len(),
        packet.len()
    );

    let sent = relay::channel_data_in_place(&mut buf, range, ChannelNumber::MIN)?;
    let packet = Bytes::copy_from_slice(&buf[sent]);
    let (number, payload) = from_channel(&packet)?;
    assert_eq!(payload, "hello");
    assert!(packet.as_ptr_range().contains(&payload.as_ptr()));
    println!(
        "to {number}: {} of the packet's {} bytes",
        payload.len(),
        packet.len()
    );
    Ok(())
}
