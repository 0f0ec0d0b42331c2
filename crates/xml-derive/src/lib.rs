//! Derive for XML elements.
