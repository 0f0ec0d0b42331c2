//! Sizes with units, as documents write them.

use std::fmt;
use std::str::FromStr;

/// A size unit: how many bytes it is.
///
/// libvirt's table (virScaleInteger): decimal units end in `B`, binary ones in `iB` or are a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit(pub u64);

/// A unit that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write one of b, bytes, KB, k, KiB, MB, M, MiB, GB, G, GiB, TB, T, TiB, PB, P, PiB, EB, E, EiB"
)]
pub struct UnknownUnit(pub String);

/// A size that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// The unit is none.
    #[error(transparent)]
    Unit(#[from] UnknownUnit),
    /// The size is larger than anything that can be.
    #[error("value too large: {0}")]
    TooLarge(u64),
}

impl Unit {
    /// Bytes.
    pub const BYTES: Self = Self(1);
    /// 1024 bytes: what sizes of memory are in when no unit is given.
    pub const KIB: Self = Self(1024);
    /// 1024 KiB.
    pub const MIB: Self = Self(1 << 20);

    /// `value` of this unit in bytes, at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// It is more.
    pub fn bytes(self, value: u64, limit: u64) -> Result<u64, SizeError> {
        value.checked_mul(self.0).filter(|bytes| *bytes <= limit).ok_or(SizeError::TooLarge(value))
    }
}

impl FromStr for Unit {
    type Err = UnknownUnit;

    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        let unknown = || UnknownUnit(text.to_owned());
        let lower = text.to_ascii_lowercase();
        if matches!(lower.as_str(), "" | "b" | "byte" | "bytes") {
            return Ok(Self::BYTES);
        }
        let (letter, rest) = lower.split_at_checked(1).ok_or_else(unknown)?;
        let base: u64 = match rest {
            "" | "ib" => 1024,
            "b" => 1000,
            _ => return Err(unknown()),
        };
        let power = ["k", "m", "g", "t", "p", "e"].iter().position(|known| *known == letter);
        Ok(Self(base.pow(power.ok_or_else(unknown)? as u32 + 1)))
    }
}

/// A size in KiB, as memory is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kibibytes(pub u64);

impl Kibibytes {
    /// `value` of a unit, rounded up to whole KiB as libvirt does; at most what fits in `long long` bytes.
    ///
    /// # Errors
    ///
    /// It is more.
    pub fn of(value: u64, unit: Unit) -> Result<Self, SizeError> {
        let bytes = unit.bytes(value, i64::MAX as u64)?;
        Ok(Self(bytes.div_ceil(1024)))
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0.saturating_mul(1024)
    }

    /// In whole MiB, rounded up.
    pub const fn mebibytes(self) -> u64 {
        self.0.div_ceil(1024)
    }
}

impl fmt::Display for Kibibytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[track_caller]
    fn check(value: u64, unit: &str, expected: Option<u64>) {
        let size = unit.parse().map_err(SizeError::from);
        let size = size.and_then(|unit| Kibibytes::of(value, unit));
        assert_eq!(size.ok().map(|size| size.0), expected);
    }

    #[test]
    fn units_round_up_to_kib() {
        check(1, "b", Some(1));
        check(1025, "bytes", Some(2));
        check(1, "KB", Some(1));
        check(2048, "MB", Some(2_000_000));
        check(1, "k", Some(1));
        check(1, "KiB", Some(1));
        check(3, "M", Some(3072));
        check(3, "mib", Some(3072));
        check(1, "G", Some(1 << 20));
        check(1, "TB", Some(976_562_500));
        check(7, "E", Some(7 << 50));
        check(8, "E", None);
        check(1, "Q", None);
        check(1, "KiBB", None);
    }
}
