//! XML into types and back.
//!
//! [`Document::parse`] builds a tree that knows the place of every element and attribute and goes
//! on after faults. Types are read from it by [`FromElement`] and written by [`ToElement`], mostly
//! derived with `#[derive(Element)]`: fields stand in libvirt's output order, and scalars go
//! through [`FromStr`](std::str::FromStr) and [`Display`](std::fmt::Display).
//!
//! ```
//! # use stead_xml::{self as xml, Element};
//! #[derive(Clone, Debug, PartialEq, Element)]
//! struct Target {
//!     #[xml(attribute)]
//!     dev: String,
//!     #[xml(attribute)]
//!     bus: Option<String>,
//! }
//!
//! let target: Target = xml::parse("<target dev='vda'/>", "target").unwrap();
//! assert_eq!(xml::print(&target, "target", xml::Form::INACTIVE), "<target dev='vda'/>\n");
//! ```

mod fault;
mod parse;
mod raw;
mod read;
mod tree;
mod write;

pub use fault::{Class, Fault, Faults, Place, Position, Severity};
pub use parse::limits;
pub use raw::{Raw, RawPiece};
pub use read::{FromElement, Judge, Reader, Verdict};
pub use stead_xml_derive::Element;
pub use tree::{Children, Document, Node, Piece};
pub use write::{Form, Kind, Mark, Secrets, ToElement, Writer};

/// Reads a document whose root element is `root`, dropping what no type reads.
///
/// # Errors
///
/// All faults of the document.
pub fn parse<T: FromElement>(text: &str, root: &str) -> Result<T, Faults> {
    let mut reader = Reader::new(Form::INACTIVE, Judge::NONE);
    parse_with(text, root, &mut reader).ok_or_else(|| Faults(reader.into_faults()))
}

/// Reads a document with a reader that says which form it is and what is known of other names.
/// Nothing comes back if the reader holds an error.
pub fn parse_with<T: FromElement>(text: &str, root: &str, reader: &mut Reader) -> Option<T> {
    let (document, faults) = Document::parse(text);
    for fault in faults {
        reader.note(fault);
    }
    let document = document?;
    let node = document.root();
    if node.name() != root {
        let message = format!("expecting root element of '{root}', not '{}'", node.local_name());
        reader.error(node, Class::Xml, message);
        return None;
    }
    let value = T::read(node, reader)?;
    (!reader.has_errors()).then_some(value)
}

/// Writes a document.
pub fn print<T: ToElement>(value: &T, root: &str, form: Form) -> String {
    let mut out = Writer::new(form);
    value.write(root, &mut out);
    out.finish()
}

// What the derive writes names this crate from outside.
#[cfg(test)]
extern crate self as stead_xml;

#[cfg(test)]
mod test;
