//! QEMU's monitor language.
