//! Documents and status on disk.
