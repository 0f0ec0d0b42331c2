//! Numbers that documents write in more ways than decimal.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A number written decimal, `0x` hexadecimal or `0` octal, as `strtoul` with base 0 reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyBase(pub u64);

impl FromStr for AnyBase {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let number = match hexadecimal {
            Some(digits) => u64::from_str_radix(digits, 16)?,
            None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(text, 8)?,
            None => text.parse()?,
        };
        Ok(Self(number))
    }
}

impl fmt::Display for AnyBase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A number written `0x…` with a least count of digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex<const DIGITS: usize>(pub u64);

impl<const DIGITS: usize> FromStr for Hex<DIGITS> {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        Ok(Self(text.parse::<AnyBase>()?.0))
    }
}

impl<const DIGITS: usize> fmt::Display for Hex<DIGITS> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "0x{:0DIGITS$x}", self.0)
    }
}
