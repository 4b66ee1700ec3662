//! Prints every attribute, method and error code that the crate knows: code, name, source, and what
//! it does with it.

use stunwire::attribute::{Support, registered};
use stunwire::{Code, Method};

fn main() {
    println!("attributes");
    let mut rows: Vec<_> = registered().collect();
    rows.sort_by_key(|row| row.ty);
    for row in rows {
        let support = match row.support {
            Support::ReadWrite => "read and written",
            Support::Read => "read; made by the writer",
            _ => "name only: no public layout",
        };
        let code = row.ty.as_u16();
        println!(
            "  {code:#06x}  {:<34}{:<42}{support}",
            row.name, row.reference
        );
    }
    println!("methods");
    for method in Method::REGISTERED {
        println!("  {:#06x}  {method}", method.as_u16());
    }
    println!("error codes");
    for code in Code::REGISTERED {
        println!("  {code}");
    }
}
