//! Enums whose values have fixed names in documents, made as rows of a table.

use std::fmt;

/// A text that is not one of the names of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOneOf(pub &'static [&'static str]);

impl fmt::Display for NotOneOf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "write one of {}", self.0.join(", "))
    }
}

impl std::error::Error for NotOneOf {}

/// Makes an enum whose values are names, with `FromStr`, `Display`, `as_str` and `ALL`.
///
/// ```
/// stead_values::names! {
///     /// How fast.
///     pub enum Speed {
///         /// Not fast.
///         Slow = "slow",
///         /// Fast.
///         Fast = "fast",
///     }
/// }
/// assert_eq!("fast".parse(), Ok(Speed::Fast));
/// assert_eq!(Speed::Slow.to_string(), "slow");
/// ```
#[macro_export]
macro_rules! names {
    ($(
        $(#[$outer:meta])*
        $public:vis enum $name:ident {
            $($(#[$inner:meta])* $variant:ident = $text:literal,)*
        }
    )*) => {$(
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $public enum $name {
            $(#[doc = concat!("`", $text, "`")] $(#[$inner])* $variant,)*
        }

        impl $name {
            /// All values, in libvirt's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The names of all values, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// Its name in documents.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::NotOneOf;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::NotOneOf(Self::NAMES)),
                }
            }
        }
    )*};
}

names! {
    /// `yes` or `no`.
    pub enum YesNo {
        Yes = "yes",
        No = "no",
    }

    /// `on` or `off`.
    pub enum OnOff {
        On = "on",
        Off = "off",
    }
}

impl YesNo {
    /// Whether it is `yes`.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }
}

impl OnOff {
    /// Whether it is `on`.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl From<bool> for YesNo {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

impl From<bool> for OnOff {
    fn from(is: bool) -> Self {
        if is { Self::On } else { Self::Off }
    }
}
