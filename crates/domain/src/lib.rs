//! Owns the machines.
