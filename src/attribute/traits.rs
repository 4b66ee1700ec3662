//! The two public traits of attributes, for reading and for writing.

use crate::code_point::AttributeType;
use crate::dialect::{Context, Dialect};
use crate::error::{EncodeError, ValueError};

/// An attribute that can be read from a message.
///
/// `'a` is the lifetime of the packet.
///
/// An application can implement this trait and [`EncodeAttribute`] for other types, and use them in
/// [`Message::get`](crate::Message::get), in [`Message::read`](crate::Message::read) and in the writer
/// like the types of this crate: see
/// [attributes of an application](crate::attribute#attributes-of-an-application), also for the choice of the code.
///
/// Example program: [`custom_attribute`](https://docs.rs/crate/stunwire/latest/source/examples/custom_attribute.rs).
///
/// ```
/// use stunwire::attribute::{Attribute, AttributeType};
/// use stunwire::{Context, Message, ValueError};
///
/// /// SERVER-LOAD: the load of the server in percent, one byte.
/// struct ServerLoad(u8);
///
/// impl<'a> Attribute<'a> for ServerLoad {
///     const TYPE: AttributeType = AttributeType::new(0xC123);
///
///     fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
///         match value {
///             [load] => Ok(Self(*load)),
///             _ => Err(ValueError::length(value.len(), 1, 1)),
///         }
///     }
/// }
///
/// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\xc1\x23\x00\x01\x2a\x00\x00\x00";
/// let load = Message::parse(packet)?.get::<ServerLoad>()?;
/// assert_eq!(load.map(|load| load.0), Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Attribute<'a>: Sized {
    /// The attribute type. If it depends on the dialect, that of RFC 8489.
    const TYPE: AttributeType;

    /// The attribute type in this dialect. `None` if the dialect has no such attribute: reading it then
    /// returns `None`.
    ///
    /// ```
    /// use stunwire::Dialect;
    /// use stunwire::attribute::{Attribute, AttributeType, Nonce};
    ///
    /// assert_eq!(Nonce::type_in(Dialect::RFC8489), Some(AttributeType::new(0x0015)));
    /// assert_eq!(Nonce::type_in(Dialect::MS_TURN), Some(AttributeType::new(0x0014)));
    /// ```
    #[must_use]
    #[inline]
    fn type_in(_dialect: Dialect) -> Option<AttributeType> {
        Some(Self::TYPE)
    }

    /// An older attribute type that peers of this dialect still send. It is read only if the message has
    /// no attribute of the type that [`type_in`](Self::type_in) returns, and it is never written.
    ///
    /// ```
    /// use stunwire::Dialect;
    /// use stunwire::attribute::{Attribute, AttributeType, XorMappedAddress};
    ///
    /// assert_eq!(XorMappedAddress::alias_in(Dialect::RFC8489), Some(AttributeType::new(0x8020)));
    /// ```
    #[must_use]
    #[inline]
    fn alias_in(_dialect: Dialect) -> Option<AttributeType> {
        None
    }

    /// Whether attributes of type `ty` are read as this type in this dialect: under the registered type
    /// or under its alias. Not meant to be overridden.
    ///
    /// ```
    /// use stunwire::Dialect;
    /// use stunwire::attribute::{Attribute, AttributeType, XorMappedAddress};
    ///
    /// for ty in [0x0020, 0x8020] {
    ///     assert!(XorMappedAddress::is_type(AttributeType::new(ty), Dialect::RFC8489));
    /// }
    /// ```
    #[must_use]
    #[inline]
    fn is_type(ty: AttributeType, dialect: Dialect) -> bool {
        Self::type_in(dialect) == Some(ty) || Self::alias_in(dialect) == Some(ty)
    }

    /// Reads the value, which does not include the padding.
    ///
    /// # Errors
    /// If the bytes are not a value of this type.
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError>;
}

/// An attribute that can be written into a message.
///
/// The trait is object-safe, so that an application can pass a list of attributes as
/// `&[&dyn EncodeAttribute]`, also in a future that moves between threads. To implement it together with [`Attribute`] see
/// [attributes of an application](crate::attribute#attributes-of-an-application).
///
/// Example program: [`custom_attribute`](https://docs.rs/crate/stunwire/latest/source/examples/custom_attribute.rs).
///
/// ```
/// use stunwire::attribute::{AttributeType, EncodeAttribute};
/// use stunwire::{Context, Dialect, Message, MessageWriter, Method, TransactionId};
///
/// /// SERVER-LOAD: the load of the server in percent, one byte.
/// struct ServerLoad(u8);
///
/// impl EncodeAttribute for ServerLoad {
///     fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
///         Some(AttributeType::new(0xC123))
///     }
///
///     fn value_len(&self, _: Context) -> usize {
///         1
///     }
///
///     fn encode(&self, out: &mut [u8], _: Context) {
///         out.fill(self.0);
///     }
/// }
///
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::indication(&mut buffer, Method::BINDING, id)?
///     .with(&ServerLoad(42))?
///     .finish()?;
/// assert_eq!(packet[20..], *b"\xc1\x23\x00\x01\x2a\x00\x00\x00");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
pub trait EncodeAttribute: Send + Sync {
    /// The attribute type to write in this dialect. `None` if the dialect has no such attribute.
    fn wire_type(&self, dialect: Dialect) -> Option<AttributeType>;

    /// Length of the value in bytes, without padding. The writer refuses a length above 65,535.
    fn value_len(&self, context: Context) -> usize;

    /// Writes the value into `out`.
    ///
    /// `out` is exactly [`value_len`](Self::value_len) bytes long and holds unspecified bytes, so every
    /// byte must be written.
    fn encode(&self, out: &mut [u8], context: Context);

    /// Checks the value and the limits that depend on the dialect. The writer calls it before it writes anything.
    /// Without this method every value is allowed.
    ///
    /// ```
    /// use stunwire::attribute::{AttributeType, EncodeAttribute};
    /// use stunwire::{Context, Dialect, EncodeError};
    ///
    /// /// SESSION: a number, not 0, that only dialects with a magic cookie can carry.
    /// struct Session(u32);
    ///
    /// /// The reason in [`EncodeError::Custom`].
    /// const SESSION_IS_0: u16 = 1;
    ///
    /// impl EncodeAttribute for Session {
    ///     fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
    ///         Some(AttributeType::new(0xC124))
    ///     }
    ///
    ///     fn value_len(&self, _: Context) -> usize {
    ///         4
    ///     }
    ///
    ///     fn encode(&self, out: &mut [u8], _: Context) {
    ///         out.copy_from_slice(&self.0.to_be_bytes());
    ///     }
    ///
    ///     fn validate(&self, context: Context) -> Result<(), EncodeError> {
    ///         if self.0 == 0 {
    ///             let attribute = AttributeType::new(0xC124);
    ///             return Err(EncodeError::Custom { attribute, code: SESSION_IS_0 });
    ///         }
    ///         match context.transaction_id.has_cookie() {
    ///             true => Ok(()),
    ///             false => Err(EncodeError::NotInDialect),
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// If the value is not allowed, or not in this dialect. The writer returns the error and stays as it was.
    #[inline]
    fn validate(&self, _context: Context) -> Result<(), EncodeError> {
        Ok(())
    }
}
