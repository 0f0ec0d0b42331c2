//! A host as plain data.
