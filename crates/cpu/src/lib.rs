//! What CPUs can do.
