//! The real host: looks at it, and changes it.
//!
//! Everything that touches processes, monitors, devices and images of the host stands here, one concept a
//! module, and decides nothing. `unsafe` may stand only in this crate, each block with its reason.

pub mod cgroup;
pub mod cpuid;
mod error;
pub mod image;
pub mod kvm;
pub mod listen;
pub mod lock;
pub mod log;
pub mod memory;
pub mod monitor;
pub mod nic;
pub mod node;
pub mod probe;
pub mod process;
mod procfs;
pub mod tap;
pub mod thread;
pub mod user;

pub use error::Error;
