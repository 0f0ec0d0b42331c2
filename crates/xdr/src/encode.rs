//! Writing: appending to a vector, and the check that a peer will take the result.

use crate::Xdr;

/// A string or list that is longer than its type allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{length} items are above the maximum of {max}")]
pub struct Excess {
    /// Its items, or bytes if it is a string or opaque.
    pub length: usize,
    /// The most that the type allows.
    pub max: u32,
}

/// Whether `length` items are within `max`.
#[inline]
pub fn fits(length: usize, max: u32) -> Result<(), Excess> {
    if length > max as usize { Err(Excess { length, max }) } else { Ok(()) }
}

/// `bytes`, then zeroes to a multiple of four.
#[inline]
pub(crate) fn put_padded(bytes: &[u8], out: &mut Vec<u8>) {
    let pad = bytes.len().wrapping_neg() % 4;
    out.reserve(bytes.len() + pad);
    out.extend_from_slice(bytes);
    out.extend_from_slice(&[0; 3][..pad]);
}

/// A length word. Above 2^32 − 1 items it says 2^32 − 1, which no peer takes;
/// a message of that size is refused long before.
#[inline]
fn put_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// `opaque<>`, and a string's bytes.
#[inline]
pub fn put_opaque(bytes: &[u8], out: &mut Vec<u8>) {
    put_length(bytes.len(), out);
    put_padded(bytes, out);
}

/// A list.
#[inline]
pub fn put_list<T: Xdr>(items: &[T], out: &mut Vec<u8>) {
    put_length(items.len(), out);
    out.reserve(items.len().saturating_mul(T::SIZE_MIN));
    for item in items {
        item.encode(out);
    }
}

/// `char`.
#[inline]
pub fn put_char(value: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::from(value).to_be_bytes());
}

/// `short`.
#[inline]
pub fn put_short(value: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::from(value).to_be_bytes());
}

/// `char<>`.
pub fn put_chars(bytes: &[u8], out: &mut Vec<u8>) {
    put_length(bytes.len(), out);
    put_char_array(bytes, out);
}

/// `char[N]`.
pub fn put_char_array(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().saturating_mul(4));
    for byte in bytes {
        put_char(*byte, out);
    }
}
