//! Writes and reads the packets that a TURN server relays, without copying their payload: Send and Data
//! indications and ChannelData.
//!
//! The functions `*_in_place` write a packet around a payload that is already in a buffer, with [`HEADROOM`]
//! bytes free before it and [`TAILROOM`] bytes free after it. The packet is then sent from the same buffer.
//! The functions `*_vectored` write it for a payload in another buffer, to be sent with a vectored write, as
//! [`ChannelData::header`](crate::ChannelData::header) does for ChannelData. Their cost does not depend on the
//! length of the payload. To copy the payload, write a [`Data`](crate::attribute::Data) attribute or use
//! [`ChannelData::write`](crate::ChannelData::write).
//!
//! Example programs: [`turn_udp`](https://docs.rs/crate/stunwire/latest/source/examples/turn_udp.rs),
//! [`slice_ref`](https://docs.rs/crate/stunwire/latest/source/examples/slice_ref.rs).
//!
//! ```
//! use std::net::UdpSocket;
//!
//! use stunwire::relay::{self, HEADROOM, TAILROOM};
//! use stunwire::{Message, TransactionId};
//!
//! let socket = UdpSocket::bind("127.0.0.1:0")?;
//! socket.send_to(b"from a peer", socket.local_addr()?)?;
//! let id = TransactionId::new(*b"not a secret");
//! let mut buf = [0; HEADROOM + 1500 + TAILROOM];
//! let (n, peer) = socket.recv_from(&mut buf[HEADROOM..HEADROOM + 1500])?;
//! let packet = relay::data_indication_in_place(&mut buf, HEADROOM..HEADROOM + n, peer, id)?;
//! let packet = &buf[packet]; // to the client
//!
//! let data = relay::read(&Message::parse(packet)?)?.ok_or("no data")?;
//! assert_eq!(data.peer, peer);
//! assert_eq!(&packet[data.payload], b"from a peer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # MS-TURN
//!
//! In MS-TURN (\[MS-TURN\] 2.2.1) a client sends data in a Send *request* with DESTINATION-ADDRESS, and the
//! server does not answer it. A server sends data in a Data indication with REMOTE-ADDRESS. [`read`] reads
//! both, and [`message_in_place`] and [`message_vectored`] write both: the header selects the dialect.

mod in_place;
mod leading;
mod read;
mod vectored;

pub use self::in_place::{
    channel_data_in_place, data_indication_in_place, message_in_place,
    padded_channel_data_in_place, send_indication_in_place,
};
pub use self::read::{PeerData, read};
pub use self::vectored::{data_indication_vectored, message_vectored, send_indication_vectored};

/// The number of free bytes before the payload that is enough for every packet: 56, the length of an MS-TURN
/// message up to its payload, with an IPv6 address.
///
/// ChannelData needs 4 bytes, an indication 36 bytes with an IPv4 peer and 48 with an IPv6 peer; in MS-TURN 8
/// bytes more.
pub const HEADROOM: usize = 56;

/// The number of free bytes after the payload that is enough for every packet: 3, the longest padding.
pub const TAILROOM: usize = 3;
