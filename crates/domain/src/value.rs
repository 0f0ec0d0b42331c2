//! The values of named parameters and statistics.

/// A value under a name, as libvirt's typed parameters have it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// VIR_TYPED_PARAM_INT.
    Int(i32),
    /// VIR_TYPED_PARAM_UINT.
    UInt(u32),
    /// VIR_TYPED_PARAM_LLONG.
    Long(i64),
    /// VIR_TYPED_PARAM_ULLONG.
    ULong(u64),
    /// VIR_TYPED_PARAM_DOUBLE.
    Double(f64),
    /// VIR_TYPED_PARAM_BOOLEAN.
    Boolean(bool),
    /// VIR_TYPED_PARAM_STRING.
    Text(String),
}

/// Named values, in order.
pub type Values = Vec<(String, Value)>;
