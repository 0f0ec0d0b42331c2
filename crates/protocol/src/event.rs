//! Event ids.
