//! The message formats of all dialects, written from the specifications and not from the library.

use stunwire::Dialect;

/// The message format of a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The dialect.
    pub dialect: Dialect,
    /// Bytes 4 to 7 of the header are the magic cookie (RFC 8489 §5). Without it, bytes 4 to 19 are
    /// the transaction ID (RFC 3489 §11.1).
    pub cookie: bool,
    /// The first attribute is MAGIC-COOKIE (\[MS-TURN\] 2.2.2.8).
    pub ms_turn: bool,
    /// An attribute is padded to a multiple of 4 bytes after its value (RFC 8489 §14).
    pub padded: bool,
    /// Texts and lists are padded to a multiple of 4 bytes inside the value (RFC 3489 §11.2).
    pub padding_inside: bool,
    /// The attributes after which all others are ignored, except those that follow in this list (RFC 8489 §14.5 to
    /// §14.7).
    pub trailer: &'static [u16],
    /// FINGERPRINT is read only as the last attribute of a message without MESSAGE-INTEGRITY: classic STUN does not
    /// define it, but some servers send it.
    pub fingerprint_alone: bool,
    /// FINGERPRINT may be the CRC by the table printed in \[MS-ICE2\] 3.1.4.8.2.
    pub alternate_crc: bool,
}

const MESSAGE_INTEGRITY: u16 = 0x0008;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
const FINGERPRINT: u16 = 0x8028;

/// MAGIC-COOKIE: type, length and value (\[MS-TURN\] 2.2.2.8).
pub const MS_TURN_MAGIC_COOKIE: [u8; 8] = [0x00, 0x0F, 0x00, 0x04, 0x72, 0xC6, 0x4B, 0xC6];

const RFC8489: Format = Format {
    dialect: Dialect::RFC8489,
    cookie: true,
    ms_turn: false,
    padded: true,
    padding_inside: false,
    trailer: &[MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, FINGERPRINT],
    fingerprint_alone: false,
    alternate_crc: false,
};

const RFC3489: Format = Format {
    dialect: Dialect::RFC3489,
    cookie: false,
    ms_turn: false,
    padded: false,
    padding_inside: true,
    // MESSAGE-INTEGRITY is the last attribute (§11.2.8).
    trailer: &[MESSAGE_INTEGRITY],
    fingerprint_alone: true,
    alternate_crc: false,
};

const MS_TURN: Format = Format {
    dialect: Dialect::MS_TURN,
    cookie: false,
    ms_turn: true,
    padded: false,
    padding_inside: false,
    trailer: &[MESSAGE_INTEGRITY],
    fingerprint_alone: false,
    alternate_crc: false,
};

const MS_ICE2: Format = Format {
    dialect: Dialect::MS_ICE2,
    alternate_crc: true,
    ..RFC8489
};

const MS_ICE2_LEGACY: Format = Format {
    dialect: Dialect::MS_ICE2_LEGACY,
    padding_inside: true,
    trailer: &[MESSAGE_INTEGRITY, FINGERPRINT],
    alternate_crc: true,
    ..RFC8489
};

/// The dialect with the other rule for padding after values.
const fn other_padding(format: Format) -> Format {
    Format {
        dialect: if format.padded {
            format.dialect.unpadded()
        } else {
            format.dialect.padded()
        },
        padded: !format.padded,
        ..format
    }
}

/// The format of every dialect.
pub const FORMATS: [Format; 10] = [
    RFC8489,
    other_padding(RFC8489),
    RFC3489,
    other_padding(RFC3489),
    MS_TURN,
    other_padding(MS_TURN),
    MS_ICE2,
    other_padding(MS_ICE2),
    MS_ICE2_LEGACY,
    other_padding(MS_ICE2_LEGACY),
];

/// Every dialect, in the order of [`FORMATS`].
pub const DIALECTS: [Dialect; FORMATS.len()] = {
    let mut dialects = [Dialect::RFC8489; FORMATS.len()];
    let mut index = 0;
    while index < dialects.len() {
        dialects[index] = FORMATS[index].dialect;
        index += 1;
    }
    dialects
};

/// The format of a dialect.
///
/// # Panics
/// If the dialect is not in [`FORMATS`].
#[must_use]
pub fn format_of(dialect: Dialect) -> Format {
    *FORMATS
        .iter()
        .find(|format| format.dialect == dialect)
        .unwrap_or_else(|| panic!("{dialect:?} is not in the table"))
}
