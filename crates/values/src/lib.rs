//! The small values everything speaks of: sizes with units, UUIDs, Ethernet addresses, addresses of
//! devices, sets of CPUs, names. Read by `FromStr`, written by `Display`, in libvirt's forms.

pub mod address;
mod cpuset;
mod mac;
mod name;
mod names;
mod number;
mod size;
mod uuid;

pub use cpuset::{CpuSet, NotCpuSet};
pub use mac::{Mac, NotMac};
pub use name::{BadName, domain_name};
pub use names::{NotOneOf, OnOff, YesNo};
pub use number::{AnyBase, Hex};
pub use size::{Kibibytes, SizeError, Unit, UnknownUnit};
pub use uuid::{NotUuid, Uuid};
