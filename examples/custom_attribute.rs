//! Defines, writes, reads and prints an attribute that the crate does not know.
//!
//! The attribute reports a server's load as a percentage and its region as text. Its code is in the
//! comprehension-optional range from 0xC000 to 0xFFFF, so peers that do not know it ignore it.

#![allow(
    clippy::indexing_slicing,
    reason = "the program changes a packet that it has written"
)]

use core::error::Error;
use core::fmt;

use stunwire::attribute::{Attribute, AttributeType, EncodeAttribute};
use stunwire::{
    AttributeError, Context, Dialect, Header, Message, MessageWriter, Method, TransactionId,
    ValueError,
};

/// SERVER-LOAD: a percentage in one byte, then the region's name.
#[derive(Debug, PartialEq)]
struct ServerLoad<'a> {
    percent: u8,
    region: &'a str,
}

/// The error numbers of this attribute in [`ValueError::Custom`].
const ABOVE_100_PERCENT: u16 = 1;
const REGION_IS_NOT_UTF8: u16 = 2;

impl<'a> Attribute<'a> for ServerLoad<'a> {
    const TYPE: AttributeType = AttributeType::new(0xC0DE);

    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        let Some((&percent, region)) = value.split_first() else {
            return Err(ValueError::length(0, 1, u16::MAX));
        };
        if percent > 100 {
            return Err(ValueError::Custom {
                code: ABOVE_100_PERCENT,
            });
        }
        let region = core::str::from_utf8(region).map_err(|_| ValueError::Custom {
            code: REGION_IS_NOT_UTF8,
        })?;
        Ok(Self { percent, region })
    }
}

impl EncodeAttribute for ServerLoad<'_> {
    fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
        Some(Self::TYPE)
    }

    fn value_len(&self, _: Context) -> usize {
        self.region.len().saturating_add(1)
    }

    fn encode(&self, out: &mut [u8], _: Context) {
        if let Some((percent, region)) = out.split_first_mut() {
            *percent = self.percent;
            region.copy_from_slice(self.region.as_bytes());
        }
    }
}

impl fmt::Display for ServerLoad<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % in {:?}", self.percent, self.region)
    }
}

/// A description of an error of this attribute.
fn explain(error: &AttributeError) -> &'static str {
    match error.value_error() {
        Some(ValueError::Custom {
            code: ABOVE_100_PERCENT,
        }) => "a load above 100 %",
        Some(ValueError::Custom {
            code: REGION_IS_NOT_UTF8,
        }) => "a region that is not UTF-8",
        _ => "not the layout of SERVER-LOAD",
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--help") {
        println!(
            "Defines, writes, reads and prints an attribute that the crate does not know. No arguments."
        );
        return Ok(());
    }
    let mut buffer = [0; 64];
    let id = TransactionId::new(*b"not a secret");
    let mut writer = MessageWriter::new(&mut buffer, Header::indication(Method::BINDING, id))?;
    writer.attribute(&ServerLoad {
        percent: 42,
        region: "eu-north",
    })?;
    let packet = writer.finish()?;

    let message = Message::parse(packet)?;
    let load = message.get::<ServerLoad>()?.ok_or("no SERVER-LOAD")?;
    println!("read:          {load}");
    // The crate does not know the type, so it prints the code and the bytes.
    for attribute in message.attributes() {
        println!("without it:    {attribute:#}");
    }

    // A value of 101 % is an error of this attribute only.
    packet[24] = 101;
    match Message::parse(packet)?.get::<ServerLoad>() {
        Err(error) => println!("refused:       {} ({error})", explain(&error)),
        Ok(load) => return Err(format!("{load:?} should have been refused").into()),
    }
    Ok(())
}
