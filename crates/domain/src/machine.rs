//! The life of a machine, as a pure step.
