//! What a type looks like on the wire, as a value: for goldens, logs and generators.

use std::fmt;

/// The shape of a type's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `char`, signed or not: four bytes.
    Char,
    /// A fixed number of `char`, four bytes each.
    CharArray(u32),
    /// A length word and at most so many `char`, four bytes each.
    Chars(u32),
    /// IEEE 754 binary64.
    Double,
    /// Signed 64 bits.
    Hyper,
    /// Signed 32 bits.
    Int,
    /// A length word and at most `max` items.
    List {
        /// The most items.
        max: u32,
        /// One of them.
        item: &'static Self,
    },
    /// A length word, at most so many bytes, and a pad.
    Opaque(u32),
    /// A fixed number of bytes, and a pad.
    OpaqueArray(u32),
    /// A flag word, and the value unless it is zero.
    Optional(&'static Self),
    /// `short`, signed or not: four bytes.
    Short,
    /// A length word, at most so many bytes, and a pad.
    Text(u32),
    /// Fields one after another.
    Struct(&'static [Field]),
    /// Unsigned 32 bits.
    Uint,
    /// Unsigned 64 bits.
    Uhyper,
    /// A signed 32-bit discriminant, and the arm it chooses.
    Union(&'static [(i32, Self)]),
}

/// One field of a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its shape.
    pub layout: Layout,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Char => f.write_str("char"),
            Self::CharArray(count) => write!(f, "char[{count}]"),
            Self::Chars(max) => write!(f, "char<{max}>"),
            Self::Double => f.write_str("double"),
            Self::Hyper => f.write_str("hyper"),
            Self::Int => f.write_str("int"),
            Self::List { max, item } => write!(f, "{item}<{max}>"),
            Self::Opaque(max) => write!(f, "opaque<{max}>"),
            Self::OpaqueArray(count) => write!(f, "opaque[{count}]"),
            Self::Optional(item) => write!(f, "{item}?"),
            Self::Short => f.write_str("short"),
            Self::Text(max) => write!(f, "string<{max}>"),
            Self::Uint => f.write_str("uint"),
            Self::Uhyper => f.write_str("uhyper"),
            Self::Struct(fields) => {
                f.write_str("{")?;
                for (index, field) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{} {}", field.layout, field.name)?;
                }
                f.write_str("}")
            }
            Self::Union(arms) => {
                f.write_str("(")?;
                for (index, (value, arm)) in arms.iter().enumerate() {
                    let bar = if index == 0 { "" } else { " | " };
                    write!(f, "{bar}{value}: {arm}")?;
                }
                f.write_str(")")
            }
        }
    }
}
