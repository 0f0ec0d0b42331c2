//! RFC 4506 (XDR) encoding of Rust types, with limits.
//!
//! A type says once what it looks like on the wire; [`macro@Xdr`] derives both
//! directions and a [`Layout`] that tests, logs and generators walk over.
//!
//! Input is hostile: nothing is allocated from a declared length before that many
//! bytes are known to be there, every list has a maximum, and no input panics. Nesting
//! is bounded by the types: one that contains itself has an endless [`Layout`], and
//! does not compile. Input is also read as leniently as C peers are read by
//! libvirtd: any non-zero flag means "present", pad bytes may hold anything, and
//! what follows a value is left alone.
//!
//! | Rust | XDR |
//! |---|---|
//! | `i32`, `u32`, `i64`, `u64`, `f64` | int, unsigned int, hyper, unsigned hyper, double |
//! | `String`, `Arc<str>` | `string<STRING_MAX>`; see [`STRING_MAX`] and below |
//! | `[u8; N]` | `opaque[N]` |
//! | `#[xdr(opaque, max = N)] Vec<u8>` | `opaque<N>` |
//! | `#[xdr(char, max = N)] Vec<u8>`, `#[xdr(char)] [u8; N]` | `char<N>`, `char[N]`: four bytes each |
//! | `#[xdr(char)] u8`, `#[xdr(short)] u16` | (unsigned) char, short: four bytes |
//! | `#[xdr(max = N)] Vec<T>` | `T<N>` |
//! | `Option<T>` | `T *` |
//! | struct | its fields in order |
//!
//! Strings on the wire need not be UTF-8. A sequence that is not is read as U+FFFF,
//! which no XML document may hold: such a string is accepted as libvirtd accepts
//! it, equals the name of nothing, and is never mistaken for another.

// The derive names this crate from outside; so do its uses in here.
extern crate self as stead_xdr;

mod decode;
mod encode;
mod layout;
mod scalar;

#[cfg(test)]
mod test;

pub use decode::{DecodeError, Decoder};
pub use encode::Excess;
pub use layout::{Field, Layout};
pub use stead_xdr_derive::Xdr;

/// What the code that [`macro@Xdr`] writes calls; nobody else should.
#[doc(hidden)]
pub mod derived {
    pub use crate::decode::{char, char_array, chars, list, opaque, short};
    pub use crate::encode::{
        fits, put_char, put_char_array, put_chars, put_list, put_opaque, put_short,
    };
}

/// The longest string a field without a maximum of its own takes, in bytes.
///
/// libvirt bounds every string of its protocols so (`REMOTE_STRING_MAX`, 4 MiB).
pub const STRING_MAX: u32 = 4 * 1024 * 1024;

/// A type with an RFC 4506 encoding.
pub trait Xdr: Sized {
    /// The fewest bytes that a value takes, so that a list that cannot be there is
    /// refused before it is made room for.
    const SIZE_MIN: usize;

    /// What the type looks like on the wire.
    const LAYOUT: Layout;

    /// Appends the encoding to `out`. The result is a multiple of four bytes.
    ///
    /// A list longer than its maximum is written as it is; a peer would refuse it.
    /// Ask [`Xdr::fits`] first where that can happen.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads one value and leaves the rest of `input`.
    ///
    /// # Errors
    /// [`DecodeError`] when bytes are missing, a length is above its maximum, or a
    /// union's discriminant is unknown.
    fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError>;

    /// Whether every string and list is within its maximum.
    ///
    /// # Errors
    /// [`Excess`] names the first that is not.
    fn fits(&self) -> Result<(), Excess> {
        Ok(())
    }

    /// The encoding as bytes of its own.
    fn to_xdr(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    /// The value that `bytes` begins with; whatever follows it is ignored.
    ///
    /// # Errors
    /// As [`Xdr::decode`].
    fn from_xdr(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(&mut Decoder::new(bytes))
    }
}
