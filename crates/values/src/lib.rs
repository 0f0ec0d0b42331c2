//! The small values everything speaks of.
