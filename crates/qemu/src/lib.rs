//! From a document to a QEMU command line.
