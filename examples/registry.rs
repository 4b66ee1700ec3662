//! Prints every attribute, method and error code that the crate knows: its code, its name, the document
//! that defines it, and what the crate does with it. Attribute types that IANA has reserved are listed
//! too, and so are the types that an attribute has in other dialects or had in drafts.

use stunwire::attribute::{Support, registered};
use stunwire::{Code, Method};

fn main() {
    if std::env::args().any(|argument| argument == "--help") {
        println!(
            "Prints every attribute, method and error code that the crate knows. No arguments."
        );
        return;
    }
    println!("attributes");
    for row in registered() {
        let support = match row.support {
            Support::ReadWrite => "read and written",
            Support::Read => "read; written by the writer itself",
            Support::Reserved => "reserved",
            _ => "name only: the layout is not published",
        };
        let code = row.ty.as_u16();
        print!(
            "  {code:#06x}  {:<38}{:<54}{support}",
            row.name, row.reference
        );
        for other in row.other_types() {
            print!(", also {:#06x}", other.as_u16());
        }
        println!();
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
