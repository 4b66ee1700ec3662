//! Attribute types of which the crate knows only the name, because their layout is not published, and those
//! that a second protocol uses for another attribute.

use super::{DialectSet, Registered, Support};
use crate::attribute;
use crate::code_point::AttributeType;
use crate::dialect::Dialect;

const fn support_of(name: &str) -> Support {
    match name.as_bytes() {
        b"RESERVED" => Support::Reserved,
        _ => Support::Bytes,
    }
}

macro_rules! named {
    ($(Row { constant: $constant:ident, name: $name:literal, code: $code:literal, reference: $reference:tt $(,)? }),+ $(,)?) => {
        impl AttributeType {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($code), ": ", reference_doc!($reference), ". Its value is not decoded.")]
                pub const $constant: Self = Self::new($code);
            )+
        }

        pub(super) fn name(ty: AttributeType) -> Option<&'static str> {
            match ty {
                $( AttributeType::$constant => Some($name), )+
                _ => None,
            }
        }

        pub(super) const ROWS: &[Registered] = &[
            $( Registered {
                ty: AttributeType::$constant,
                name: $name,
                reference: reference!($reference),
                support: support_of($name),
                other_types: &[],
            }, )+
        ];
    };
}

named![
    Row {
        constant: RESERVED_0000,
        name: "RESERVED",
        code: 0x0000,
        reference: (8489, "18.3"),
    },
    Row {
        constant: RESERVED_000E,
        name: "RESERVED",
        code: 0x000E,
        reference: "IANA",
    },
    Row {
        constant: RESERVED_000F,
        name: "RESERVED",
        code: 0x000F,
        reference: "IANA",
    },
    Row {
        constant: RESERVED_0011,
        name: "RESERVED",
        code: 0x0011,
        reference: "IANA",
    },
    Row {
        constant: CONNECT_STAT,
        name: "CONNECT-STAT",
        code: 0x0023,
        reference: "draft-ietf-behave-turn-04, reserved",
    },
    Row {
        constant: RESERVED_0029,
        name: "RESERVED",
        code: 0x0029,
        reference: "IANA",
    },
    Row {
        constant: ICMP_DRAFT,
        name: "ICMP (draft)",
        code: 0x0030,
        reference: "drafts of RFC 8656, reserved",
    },
    Row {
        constant: NEW_BANDWIDTH,
        name: "NEW-BANDWIDTH",
        code: 0x8010,
        reference: "coturn",
    },
    Row {
        constant: RESERVED_8024,
        name: "RESERVED",
        code: 0x8024,
        reference: "IANA",
    },
    Row {
        constant: RESERVED_8026,
        name: "RESERVED",
        code: 0x8026,
        reference: "IANA",
    },
    Row {
        constant: CISCO_STUN_FLOWDATA,
        name: "CISCO-STUN-FLOWDATA",
        code: 0xC000,
        reference: "IANA",
    },
    Row {
        constant: ENF_FLOW_DESCRIPTION,
        name: "ENF-FLOW-DESCRIPTION",
        code: 0xC001,
        reference: "IANA",
    },
    Row {
        constant: ENF_NETWORK_STATUS,
        name: "ENF-NETWORK-STATUS",
        code: 0xC002,
        reference: "IANA",
    },
    Row {
        constant: CISCO_WEBEX_FLOW_INFO,
        name: "CISCO-WEBEX-FLOW-INFO",
        code: 0xC003,
        reference: "IANA",
    },
    Row {
        constant: CITRIX_TRANSACTION_ID,
        name: "CITRIX-TRANSACTION-ID",
        code: 0xC056,
        reference: "IANA",
    },
    Row {
        constant: GOOG_OBSOLETE_1,
        name: "GOOG-OBSOLETE-1",
        code: 0xC05A,
        reference: "IANA",
    },
    Row {
        constant: GOOG_CONNECTION_ID,
        name: "GOOG-CONNECTION-ID",
        code: 0xC05B,
        reference: "IANA",
    },
    Row {
        constant: GOOG_DELTA,
        name: "GOOG-DELTA",
        code: 0xC05C,
        reference: "IANA",
    },
    Row {
        constant: GOOG_DELTA_ACK,
        name: "GOOG-DELTA-ACK",
        code: 0xC05D,
        reference: "IANA",
    },
    Row {
        constant: GOOG_DELTA_SYNC_REQ,
        name: "GOOG-DELTA-SYNC-REQ",
        code: 0xC05E,
        reference: "IANA",
    },
    Row {
        constant: GOOG_MULTI_MAPPING,
        name: "GOOG-MULTI-MAPPING",
        code: 0xFF04,
        reference: "libwebrtc",
    },
];

/// The registered owner of the code has its name, in [`AnyAttribute`](attribute::AnyAttribute) and in
/// printed messages. A caller that knows that the peer speaks the other protocol asks for the other type.
macro_rules! second_owners {
    ($(Row { constant: $constant:ident, name: $name:literal, code: $code:literal, value: $ty:ty, reference: $reference:tt $(,)? }),+ $(,)?) => {
        impl AttributeType {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($code), ": ", reference_doc!($reference), ". The code is registered for another attribute.")]
                pub const $constant: Self = Self::new($code);
            )+
        }

        $(
            impl<'a> attribute::Attribute<'a> for $ty {
                const TYPE: AttributeType = AttributeType::$constant;

                #[inline]
                fn type_in(dialect: Dialect) -> Option<AttributeType> {
                    DialectSet::STUN.contains(dialect).then_some(AttributeType::$constant)
                }

                #[inline]
                fn decode(
                    value: &'a [u8],
                    context: crate::Context,
                ) -> Result<Self, crate::ValueError> {
                    attribute::shape::Decode::decode(value, context)
                }
            }

            encode_attribute!($ty);
        )+

        /// The name that a second owner gave to a code.
        pub(super) fn second_name(ty: AttributeType) -> Option<&'static str> {
            match ty {
                $( AttributeType::$constant => Some($name), )+
                _ => None,
            }
        }

        pub(super) const SECOND_ROWS: &[Registered] = &[
            $( Registered {
                ty: AttributeType::$constant,
                name: $name,
                reference: reference!($reference),
                support: Support::ReadWrite,
                other_types: &[],
            }, )+
        ];
    };
}

second_owners![
    Row {
        constant: MSN_MAPPED_ADDRESS,
        name: "MSN-MAPPED-ADDRESS",
        code: 0x8000,
        value: attribute::MsnMappedAddress,
        reference: "MSN, layout of libnice",
    },
    Row {
        constant: GOOG_OPTIONS,
        name: "OPTIONS",
        code: 0x8001,
        value: attribute::GoogOptions,
        reference: "Google Talk, layout of libnice",
    },
    Row {
        constant: NOMINATION,
        name: "NOMINATION",
        code: 0xC001,
        value: attribute::Nomination,
        reference: "draft-thatcher-ice-renomination, libwebrtc, libnice",
    },
];
