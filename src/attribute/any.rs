//! An attribute of any registered type.

use core::fmt;

use super::RawAttribute;
use super::registry::DialectSet;
use crate::attribute;
use crate::error::AttributeError;
use crate::format::Bytes;

macro_rules! any_attribute {
    ($(Row {
        constant: $constant:ident,
        name: $name:literal,
        codes: [$($in:ident($code:literal)),+ $(,)?],
        $(alias: $alias_in:ident($alias:literal),)?
        value: $variant:ident($ty:ty),
        $(support: $support:ident,)?
        $(padding: $padding:ident,)?
        reference: $reference:tt $(,)?
    },)+) => {
        /// The decoded value of an attribute of any registered type, returned by
        /// [`RawAttribute::to_any`] for a `match` over all attributes of a message.
        ///
        /// A program that needs certain attributes reads them with
        /// [`Message::read`](crate::Message::read).
        ///
        /// ```
        /// use stunwire::Message;
        /// use stunwire::attribute::AnyAttribute;
        ///
        /// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x6e\x00\x01\xff";
        /// for attribute in Message::parse(packet)?.attributes() {
        ///     match attribute.to_any()? {
        ///         AnyAttribute::Priority(priority) => assert_eq!(priority.type_preference(), 110),
        ///         AnyAttribute::Unknown(raw) => println!("{}: {:02x?}", raw.ty(), raw.value()),
        ///         other => println!("{other}"),
        ///     }
        /// }
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum AnyAttribute<'a> {
            $(
                #[doc = concat!("`", $name, "`, ", reference_doc!($reference), ".")]
                $variant($ty),
            )+
            /// An attribute whose type is not registered in the dialect of the message.
            Unknown(RawAttribute<'a>),
        }

        /// Prints the decoded value without the attribute's name. Long values are abbreviated, and printed in
        /// full with `{:#}`.
        impl fmt::Display for AnyAttribute<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$variant(value) => fmt::Display::fmt(value, f), )+
                    Self::Unknown(raw) => fmt::Display::fmt(&Bytes(raw.value()), f),
                }
            }
        }

        impl<'a> RawAttribute<'a> {
            /// Reads the value as the type that is registered for this attribute type in the dialect of the
            /// message, or returns [`AnyAttribute::Unknown`] if none is.
            ///
            /// ```
            /// use stunwire::Message;
            /// use stunwire::attribute::AnyAttribute;
            ///
            /// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x6e\x00\x01\xff";
            /// for attribute in Message::parse(packet)?.attributes() {
            ///     match attribute.to_any()? {
            ///         AnyAttribute::Priority(priority) => println!("priority {}", priority.0),
            ///         other => println!("{other:?}"),
            ///     }
            /// }
            /// # Ok::<(), stunwire::Error>(())
            /// ```
            ///
            /// # Errors
            /// If the value is malformed.
            #[inline]
            pub fn to_any(&self) -> Result<AnyAttribute<'a>, AttributeError> {
                let dialect = self.context().dialect;
                match self.ty().as_u16() {
                    $(
                        $( $code if DialectSet::$in.contains(dialect) => {
                            self.decode().map(AnyAttribute::$variant)
                        } )+
                        $( $alias if DialectSet::$alias_in.contains(dialect) => {
                            self.decode().map(AnyAttribute::$variant)
                        } )?
                    )+
                    _ => Ok(AnyAttribute::Unknown(*self)),
                }
            }
        }
    };
}

attributes!(any_attribute);
