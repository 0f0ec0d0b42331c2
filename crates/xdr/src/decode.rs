//! Reading: a cursor over bytes that trusts no length it is told.

use crate::Xdr;

/// Why bytes are not a value of the type asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A union's discriminant that has no arm.
    #[error("unknown discriminant {0}")]
    Discriminant(i32),
    /// A string or list that says it is longer than its type allows.
    #[error("a length of {declared} is above the maximum of {max}")]
    TooLong {
        /// The length on the wire.
        declared: u32,
        /// The most that the type allows.
        max: u32,
    },
    /// The bytes end before the value does.
    #[error("{needed} bytes are needed, {remaining} remain")]
    Truncated {
        /// How many more bytes the value needs, at least.
        needed: usize,
        /// How many there are.
        remaining: usize,
    },
}

/// A cursor over encoded bytes.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Starts at the first of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`]
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(DecodeError::Truncated { needed: N, remaining: self.rest.len() })?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next `length` bytes and the pad to a multiple of four, which is skipped.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`]
    #[inline]
    pub fn padded(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let truncated = DecodeError::Truncated { needed: length, remaining: self.rest.len() };
        let whole = length.checked_next_multiple_of(4).ok_or(truncated)?;
        let (head, rest) = self.rest.split_at_checked(whole).ok_or(truncated)?;
        self.rest = rest;
        Ok(&head[..length])
    }

    /// A length word, checked against the most that the type allows.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], [`DecodeError::Truncated`]
    #[inline]
    pub fn length(&mut self, max: u32) -> Result<usize, DecodeError> {
        let declared = u32::from_be_bytes(self.array()?);
        if declared > max {
            return Err(DecodeError::TooLong { declared, max });
        }
        // Lossless: usize has 32 bits or more on every target of this workspace.
        Ok(declared as usize)
    }

    /// A string of at most `max` bytes.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], [`DecodeError::Truncated`]
    #[inline]
    pub fn string(&mut self, max: u32) -> Result<std::borrow::Cow<'a, str>, DecodeError> {
        let length = self.length(max)?;
        let bytes = self.padded(length)?;
        Ok(match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => marked(bytes).into(),
        })
    }
}

/// The text of `bytes` with U+FFFF in place of whatever is not UTF-8.
#[cold]
fn marked(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('\u{ffff}');
        }
    }
    text
}

/// A list of at most `max` items.
pub fn list<T: Xdr>(input: &mut Decoder<'_>, max: u32) -> Result<Vec<T>, DecodeError> {
    let count = input.length(max)?;
    let needed = count.saturating_mul(T::SIZE_MIN);
    if needed > input.rest.len() {
        return Err(DecodeError::Truncated { needed, remaining: input.rest.len() });
    }
    // An item of no bytes at all would let a count alone make room.
    let mut items = Vec::with_capacity(if T::SIZE_MIN == 0 { 0 } else { count });
    for _ in 0..count {
        items.push(T::decode(input)?);
    }
    Ok(items)
}

/// `opaque<max>`.
pub fn opaque(input: &mut Decoder<'_>, max: u32) -> Result<Vec<u8>, DecodeError> {
    let length = input.length(max)?;
    Ok(input.padded(length)?.to_vec())
}

/// `char` or `unsigned char`: the low byte of four.
pub fn char(input: &mut Decoder<'_>) -> Result<u8, DecodeError> {
    let [.., low] = input.array::<4>()?;
    Ok(low)
}

/// `short` or `unsigned short`: the low half of four bytes.
pub fn short(input: &mut Decoder<'_>) -> Result<u16, DecodeError> {
    let [_, _, high, low] = input.array::<4>()?;
    Ok(u16::from_be_bytes([high, low]))
}

/// `char<max>`.
pub fn chars(input: &mut Decoder<'_>, max: u32) -> Result<Vec<u8>, DecodeError> {
    let count = input.length(max)?;
    let needed = count.saturating_mul(4);
    if needed > input.rest.len() {
        return Err(DecodeError::Truncated { needed, remaining: input.rest.len() });
    }
    (0..count).map(|_| char(input)).collect()
}

/// `char[N]`.
pub fn char_array<const N: usize>(input: &mut Decoder<'_>) -> Result<[u8; N], DecodeError> {
    let mut array = [0; N];
    for item in &mut array {
        *item = char(input)?;
    }
    Ok(array)
}
