//! Derive for XDR types.
