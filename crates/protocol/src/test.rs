//! The rows held against a golden, and against libvirt's interface where it lies
//! beside the checkout; every body against hostile bytes.

mod golden;
mod hostile;
mod reference;
