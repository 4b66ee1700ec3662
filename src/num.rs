//! Conversion of lengths and offsets to the integers in errors.

/// A length in bytes as 32 bits. Longer ones, which no message has, become `u32::MAX`.
pub(crate) fn saturating_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A length in bytes as 16 bits. Longer ones, which no value has, become `u16::MAX`.
pub(crate) fn saturating_u16(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
