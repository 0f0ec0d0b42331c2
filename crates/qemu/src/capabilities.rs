//! What a host and its QEMU can do, as the documents that clients ask for: pure, out of
//! [`stead_facts::Host`] and [`Abilities`].

mod cpu;
mod devices;
mod domain;
mod host;

pub use domain::{Refused, Subject, Surroundings, domain};
pub use host::{Emulator, host};
