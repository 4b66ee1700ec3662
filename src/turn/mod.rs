//! The checks that a TURN server performs before it acts on a message (RFC 8656, RFC 6062).

mod capabilities;
#[cfg(all(test, feature = "alloc"))]
mod tests;

pub use self::capabilities::{Capabilities, Families};

use self::capabilities::Tcp;
use crate::attribute::{
    AdditionalAddressFamily, AddressFamily, ChannelNumber, Code, ConnectionId, Data, DontFragment,
    EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    XorPeerAddress,
};
use crate::code_point::{Class, Method};
use crate::error::AttributeError;
use crate::message::Message;

/// The reaction of a server to a message that [`check`] refuses.
///
/// ```
/// use stunwire::reply::Reply;
/// use stunwire::turn::Refusal;
/// use stunwire::{EncodeError, Key, Verified};
///
/// fn refuse(
///     refusal: Refusal,
///     (request, key): (&Verified<'_>, &Key),
///     out: &mut Vec<u8>,
/// ) -> Result<(), EncodeError> {
///     match refusal {
///         Refusal::Reply(code) => Reply::new((request, key), code).write(out).map(drop),
///         Refusal::Discard => Ok(()),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Answer with this error code, and sign the response if the request was authenticated.
    Reply(Code),
    /// Discard the message without an answer: an indication, a response, a method that the server does not
    /// support, or a class that is not defined for the method
    /// ([RFC 8489 §6.3](https://www.rfc-editor.org/rfc/rfc8489#section-6.3)).
    Discard,
}

/// Checks a message from a client to a TURN server: its class, the required attributes and their values, and
/// combinations of attributes that are not allowed. `Ok` means that the server may act on the message.
///
/// `allocation` is the set of families of this client's allocation, or `None` if it has no allocation.
///
/// | method | checks |
/// |---|---|
/// | Allocate ([RFC 8656 §7.2](https://www.rfc-editor.org/rfc/rfc8656#section-7.2)) | 437 with an allocation; 400 without a valid REQUESTED-TRANSPORT, 442 for another transport; 400 for RESERVATION-TOKEN with EVEN-PORT or a family, for both family attributes, for EVEN-PORT with R set and ADDITIONAL-ADDRESS-FAMILY, for ADDITIONAL-ADDRESS-FAMILY that is not IPv6; 440 if the server lacks the requested family, which is IPv4 without REQUESTED-ADDRESS-FAMILY |
/// | Allocate of TCP ([RFC 6062 §5.1](https://www.rfc-editor.org/rfc/rfc6062#section-5.1)) | also 400 over UDP, and with DONT-FRAGMENT, EVEN-PORT or RESERVATION-TOKEN |
/// | Refresh ([§8.2](https://www.rfc-editor.org/rfc/rfc8656#section-8.2)) | 437 without an allocation; 443 for a family that it does not have |
/// | CreatePermission ([§10.2](https://www.rfc-editor.org/rfc/rfc8656#section-10.2)) | 437 without an allocation; 400 without XOR-PEER-ADDRESS, or if one of them is invalid; 443 for a peer of another family |
/// | ChannelBind ([§12.2](https://www.rfc-editor.org/rfc/rfc8656#section-12.2)) | 437 without an allocation; 400 without CHANNEL-NUMBER of 0x4000 to 0x4FFF or XOR-PEER-ADDRESS; 443 for a peer of another family |
/// | Send ([§11.2](https://www.rfc-editor.org/rfc/rfc8656#section-11.2)) | discarded without an allocation, XOR-PEER-ADDRESS or DATA |
/// | Binding | none |
/// | Connect ([RFC 6062 §5.2](https://www.rfc-editor.org/rfc/rfc6062#section-5.2)) | discarded by a server without TCP relays; 437 without an allocation; 400 without XOR-PEER-ADDRESS; 443 for a peer of another family |
/// | ConnectionBind ([RFC 6062 §5.4](https://www.rfc-editor.org/rfc/rfc6062#section-5.4)) | discarded by a server without TCP relays; 400 without CONNECTION-ID, or over UDP |
///
/// A malformed value of one of these attributes, or of LIFETIME, RESERVATION-TOKEN or EVEN-PORT where the method
/// uses them, is 400 in a request and discarded in an indication. After `Ok` reading them does not fail.
///
/// If the server lacks the family in ADDITIONAL-ADDRESS-FAMILY, the result is `Ok`: it allocates the other address
/// and says so with [`AddressErrorCode`](crate::attribute::AddressErrorCode) in the success response.
///
/// Call it for a request after authentication, and for an indication, which is not authenticated, at once; for
/// both after the check for unknown attributes
/// ([`reply::unknown_attributes`](crate::reply::unknown_attributes),
/// [`Message::unknown_required`](crate::Message::unknown_required)), in which a server that cannot set the DF bit
/// omits DONT-FRAGMENT from the known types. Of a request that was authenticated pass
/// [`Verified::message`](crate::Verified::message): the check does not read attributes that the tag does not
/// cover.
///
/// The application performs the checks that need the server's tables: before this check it recognizes a
/// retransmitted Allocate; after it, it checks whether a token is valid, whether a channel or a peer is already
/// bound, and whether a peer is allowed.
///
/// Example program: [`turn_server`](https://docs.rs/crate/stunwire/latest/source/examples/turn_server/main.rs).
///
/// ```
/// use stunwire::attribute::{
///     AdditionalAddressFamily, AddressFamily, RequestedAddressFamily, RequestedTransport,
/// };
/// use stunwire::turn::{self, Capabilities, Families, Refusal};
/// use stunwire::{Code, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let mut buffer = [0; 64];
/// let packet = MessageWriter::request(&mut buffer, Method::ALLOCATE, id)?
///     .with(&RequestedTransport::UDP)?
///     .with(&RequestedAddressFamily(AddressFamily::IPV4))?
///     .with(&AdditionalAddressFamily(AddressFamily::IPV6))?
///     .finish()?;
/// let request = Message::parse(packet)?;
/// let refusal = turn::check(&request, Capabilities::udp(Families::BOTH), None);
/// assert_eq!(refusal, Err(Refusal::Reply(Code::BAD_REQUEST)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If a check fails. The [`Refusal`] says how the server reacts.
pub fn check(
    message: &Message<'_>,
    capabilities: Capabilities,
    allocation: Option<Families>,
) -> Result<(), Refusal> {
    let is_supported = match message.method() {
        Method::CONNECT | Method::CONNECTION_BIND => capabilities.tcp != Tcp::Unsupported,
        _ => true,
    };
    if !is_supported || !is_defined(message.method(), message.class()) {
        return Err(Refusal::Discard);
    }
    match message.class() {
        Class::Request => match request(message, capabilities, allocation) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(code)) => Err(Refusal::Reply(code)),
            Err(_) => Err(Refusal::Reply(Code::BAD_REQUEST)),
        },
        Class::Indication => {
            let valid = match message.method() {
                Method::BINDING => true,
                Method::SEND => {
                    allocation.is_some() && message.read::<(XorPeerAddress, Data<'_>)>().is_ok()
                }
                // Data and ConnectionAttempt go from the server to the client.
                _ => false,
            };
            if valid { Ok(()) } else { Err(Refusal::Discard) }
        }
        Class::SuccessResponse | Class::ErrorResponse => Err(Refusal::Discard),
    }
}

/// Whether a method has messages of this class
/// ([RFC 8656 §17](https://www.rfc-editor.org/rfc/rfc8656#section-17),
/// [RFC 6062 §6.1](https://www.rfc-editor.org/rfc/rfc6062#section-6.1)).
///
/// Send, Data and ConnectionAttempt are indications. Binding has all classes. The other methods have requests
/// and responses. Returns `false` for methods that STUN and TURN do not define.
///
/// ```
/// use stunwire::{Class, Method, turn};
///
/// assert!(turn::is_defined(Method::SEND, Class::Indication));
/// assert!(!turn::is_defined(Method::SEND, Class::Request));
/// assert!(!turn::is_defined(Method::ALLOCATE, Class::Indication));
/// ```
#[must_use]
pub const fn is_defined(method: Method, class: Class) -> bool {
    match method {
        Method::BINDING => true,
        Method::SEND | Method::DATA | Method::CONNECTION_ATTEMPT => {
            matches!(class, Class::Indication)
        }
        Method::ALLOCATE
        | Method::REFRESH
        | Method::CREATE_PERMISSION
        | Method::CHANNEL_BIND
        | Method::CONNECT
        | Method::CONNECTION_BIND => !matches!(class, Class::Indication),
        _ => false,
    }
}

/// The outer error is that of an attribute that is missing or malformed, which means 400.
fn request(
    message: &Message<'_>,
    capabilities: Capabilities,
    allocation: Option<Families>,
) -> Result<Result<(), Code>, AttributeError> {
    let mismatch = || Code::ALLOCATION_MISMATCH;
    let relayed = match message.method() {
        Method::BINDING => return Ok(Ok(())),
        // It arrives on a separate connection.
        Method::CONNECTION_BIND => {
            message.read::<(ConnectionId,)>()?;
            return Ok(match capabilities.tcp {
                Tcp::Supported => Ok(()),
                // The first has been discarded.
                Tcp::Unsupported | Tcp::OverUdp => Err(Code::BAD_REQUEST),
            });
        }
        Method::ALLOCATE => {
            return match allocation {
                Some(_) => Ok(Err(mismatch())),
                None => allocate(message, capabilities),
            };
        }
        _ => match allocation {
            Some(relayed) => relayed,
            None => return Ok(Err(mismatch())),
        },
    };
    let fits = match message.method() {
        Method::REFRESH => {
            let (family, _) =
                message.read::<(Option<RequestedAddressFamily>, Option<Lifetime>)>()?;
            family.is_none_or(|family| relayed.contains(family.0))
        }
        Method::CREATE_PERMISSION => {
            message.read::<(XorPeerAddress,)>()?;
            let mut fits = true;
            for peer in message.get_all::<XorPeerAddress>() {
                fits &= relayed.fits(peer?);
            }
            fits
        }
        Method::CHANNEL_BIND => {
            let (channel, peer) = message.read::<(ChannelNumber, XorPeerAddress)>()?;
            if !capabilities.channels.is_bindable(channel) {
                return Ok(Err(Code::BAD_REQUEST));
            }
            relayed.fits(peer)
        }
        Method::CONNECT => {
            let (peer,) = message.read::<(XorPeerAddress,)>()?;
            relayed.fits(peer)
        }
        _ => {
            debug_assert!(false, "the other methods have no requests");
            return Ok(Err(Code::BAD_REQUEST));
        }
    };
    Ok(if fits {
        Ok(())
    } else {
        Err(Code::PEER_ADDRESS_FAMILY_MISMATCH)
    })
}

/// RFC 8656 §7.2, steps 3 to 9 in their order, and RFC 6062 §5.1.
fn allocate(
    message: &Message<'_>,
    capabilities: Capabilities,
) -> Result<Result<(), Code>, AttributeError> {
    let (transport, token, even_port, requested, additional, dont_fragment, _) = message.read::<(
        RequestedTransport,
        Option<ReservationToken>,
        Option<EvenPort>,
        Option<RequestedAddressFamily>,
        Option<AdditionalAddressFamily>,
        Option<DontFragment>,
        Option<Lifetime>,
    )>()?;
    let bad_request = Ok(Err(Code::BAD_REQUEST));
    match (transport, capabilities.tcp) {
        (RequestedTransport::UDP, _) => {}
        (RequestedTransport::TCP, Tcp::OverUdp) => return bad_request,
        (RequestedTransport::TCP, Tcp::Supported) => {
            if dont_fragment.is_some() || even_port.is_some() || token.is_some() {
                return bad_request;
            }
        }
        _ => return Ok(Err(Code::UNSUPPORTED_TRANSPORT_PROTOCOL)),
    }
    if token.is_some() && (even_port.is_some() || requested.is_some() || additional.is_some()) {
        return bad_request;
    }
    if requested.is_some() && additional.is_some() {
        return bad_request;
    }
    let family = requested.map_or(AddressFamily::IPV4, |requested| requested.0);
    if !capabilities.families.contains(family) {
        return Ok(Err(Code::ADDRESS_FAMILY_NOT_SUPPORTED));
    }
    if even_port.is_some_and(|even| even.reserve_next) && additional.is_some() {
        return bad_request;
    }
    // §18.11: IPv6 is the only valid value.
    if additional.is_some_and(|additional| additional.0 != AddressFamily::IPV6) {
        return bad_request;
    }
    Ok(Ok(()))
}
