//! The types that need no derive.

use std::sync::Arc;

use crate::encode::{Excess, fits, put_opaque, put_padded};
use crate::{DecodeError, Decoder, Layout, STRING_MAX, Xdr};

macro_rules! number {
    ($($rust:ty, $layout:ident;)*) => {$(
        impl Xdr for $rust {
            const SIZE_MIN: usize = size_of::<$rust>();
            const LAYOUT: Layout = Layout::$layout;
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            #[inline]
            fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                Ok(Self::from_be_bytes(input.array()?))
            }
        }
    )*};
}

number! {
    i32, Int;
    u32, Uint;
    i64, Hyper;
    u64, Uhyper;
    f64, Double;
}

macro_rules! text {
    ($($rust:ty;)*) => {$(
        impl Xdr for $rust {
            const SIZE_MIN: usize = 4;
            const LAYOUT: Layout = Layout::Text(STRING_MAX);
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                put_opaque(self.as_bytes(), out);
            }
            #[inline]
            fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
                Ok(input.string(STRING_MAX)?.into())
            }
            #[inline]
            fn fits(&self) -> Result<(), Excess> {
                fits(self.len(), STRING_MAX)
            }
        }
    )*};
}

text! {
    String;
    Arc<str>;
}

/// A body without a field: no bytes.
impl Xdr for () {
    const SIZE_MIN: usize = 0;
    const LAYOUT: Layout = Layout::Struct(&[]);
    #[inline]
    fn encode(&self, _: &mut Vec<u8>) {}
    #[inline]
    fn decode(_: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

/// `opaque[N]`. The length of `N` is a type's, so far below 2^32.
impl<const N: usize> Xdr for [u8; N] {
    const SIZE_MIN: usize = N.next_multiple_of(4);
    const LAYOUT: Layout = Layout::OpaqueArray(N as u32);
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        put_padded(self, out);
    }
    #[inline]
    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let bytes = input.padded(N)?;
        bytes.try_into().map_err(|_| DecodeError::Truncated { needed: N, remaining: bytes.len() })
    }
}

impl<T: Xdr> Xdr for Option<T> {
    const SIZE_MIN: usize = 4;
    const LAYOUT: Layout = Layout::Optional(&T::LAYOUT);
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            None => 0_u32.encode(out),
            Some(value) => {
                1_u32.encode(out);
                value.encode(out);
            }
        }
    }
    #[inline]
    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        Ok(match u32::decode(input)? {
            0 => None,
            _ => Some(T::decode(input)?),
        })
    }
    #[inline]
    fn fits(&self) -> Result<(), Excess> {
        self.as_ref().map_or(Ok(()), T::fits)
    }
}
