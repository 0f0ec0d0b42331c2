//! Values with a name and a type: how statistics and tunables travel.

use stead_xdr::{DecodeError, Decoder, Excess, Layout, Xdr};

/// A named value.
#[derive(Clone, Debug, PartialEq, Xdr)]
pub struct TypedParameter {
    /// Its name, such as `cpu.time`.
    pub field: String,
    /// The value.
    pub value: TypedValue,
}

/// A value of one of libvirt's types (`virTypedParameterType`).
#[derive(Clone, Debug, PartialEq)]
pub enum TypedValue {
    /// 1, signed 32 bits.
    Int(i32),
    /// 2, unsigned 32 bits.
    Uint(u32),
    /// 3, signed 64 bits.
    Hyper(i64),
    /// 4, unsigned 64 bits.
    Uhyper(u64),
    /// 5.
    Double(f64),
    /// 6. Any non-zero number is true; true is sent as 1.
    Boolean(bool),
    /// 7, sent only to who said that it takes strings (flag 4).
    Text(String),
}

/// The flag by which a client says that it takes strings among typed parameters
/// (`VIR_TYPED_PARAM_STRING_OKAY`).
pub const STRING_OKAY: u32 = 4;

impl TypedParameter {
    /// A signed 32-bit value.
    #[must_use]
    pub fn int(field: impl Into<String>, value: i32) -> Self {
        Self { field: field.into(), value: TypedValue::Int(value) }
    }

    /// An unsigned 32-bit value.
    #[must_use]
    pub fn uint(field: impl Into<String>, value: u32) -> Self {
        Self { field: field.into(), value: TypedValue::Uint(value) }
    }

    /// A signed 64-bit value.
    #[must_use]
    pub fn hyper(field: impl Into<String>, value: i64) -> Self {
        Self { field: field.into(), value: TypedValue::Hyper(value) }
    }

    /// An unsigned 64-bit value.
    #[must_use]
    pub fn uhyper(field: impl Into<String>, value: u64) -> Self {
        Self { field: field.into(), value: TypedValue::Uhyper(value) }
    }

    /// A floating-point value.
    #[must_use]
    pub fn double(field: impl Into<String>, value: f64) -> Self {
        Self { field: field.into(), value: TypedValue::Double(value) }
    }

    /// A truth value.
    #[must_use]
    pub fn boolean(field: impl Into<String>, value: bool) -> Self {
        Self { field: field.into(), value: TypedValue::Boolean(value) }
    }

    /// A string.
    #[must_use]
    pub fn string(field: impl Into<String>, value: impl Into<String>) -> Self {
        Self { field: field.into(), value: TypedValue::Text(value.into()) }
    }
}

impl Xdr for TypedValue {
    const SIZE_MIN: usize = 8;
    const LAYOUT: Layout = Layout::Union(&[
        (1, Layout::Int),
        (2, Layout::Uint),
        (3, Layout::Hyper),
        (4, Layout::Uhyper),
        (5, Layout::Double),
        (6, Layout::Int),
        (7, String::LAYOUT),
    ]);

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(value) => (1_i32.encode(out), value.encode(out)),
            Self::Uint(value) => (2_i32.encode(out), value.encode(out)),
            Self::Hyper(value) => (3_i32.encode(out), value.encode(out)),
            Self::Uhyper(value) => (4_i32.encode(out), value.encode(out)),
            Self::Double(value) => (5_i32.encode(out), value.encode(out)),
            Self::Boolean(value) => (6_i32.encode(out), i32::from(*value).encode(out)),
            Self::Text(value) => (7_i32.encode(out), value.encode(out)),
        };
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(match i32::decode(input)? {
            1 => Self::Int(Xdr::decode(input)?),
            2 => Self::Uint(Xdr::decode(input)?),
            3 => Self::Hyper(Xdr::decode(input)?),
            4 => Self::Uhyper(Xdr::decode(input)?),
            5 => Self::Double(Xdr::decode(input)?),
            6 => Self::Boolean(i32::decode(input)? != 0),
            7 => Self::Text(Xdr::decode(input)?),
            other => return Err(DecodeError::Discriminant(other)),
        })
    }

    fn fits(&self) -> Result<(), Excess> {
        match self {
            Self::Text(value) => value.fits(),
            _ => Ok(()),
        }
    }
}
