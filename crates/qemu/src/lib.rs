//! From a domain document to a QEMU command line, and back from QEMU's answers.
//!
//! Everything here is a pure function from values to values: no file is opened, no clock is read,
//! nothing is random but what the `settle::Seed` carries.
//!
//! ```text
//! settle(&Domain, Option<&Abilities>, &Settings, &[Firmware], &mut Seed) -> Result<Settlement, Faults>
//!     defaults, implicit devices, addresses: what define stores and dumpxml prints
//! needs(&Domain, &Settings, &Grants) -> Vec<Need>
//!     what the shell must acquire before a start; the grants say only the number and the folder yet
//! plan(&Domain, &cpu::Situation, &Settings, &Grants, Origin) -> Result<Plan, Faults>
//!     aliases, node names, CPU, ports, descriptors: everything decided for one start
//! argv(&Plan) -> Vec<Argument>            the command line; Plan::environment beside it
//! Plan::calls() -> Vec<Call>              what to ask and to set over QMP before `cont`
//! native(&Plan) -> String                 as `virsh domxml-to-native qemu-argv` prints it
//! native_wrapped(&Plan) -> String         the same, a line an option, as logs have it
//! Live::new(&Plan, id) -> Live
//! refresh(&Live, News) -> Live            a reply to a Call, or an event
//! describe(&Live) -> Domain               the live document
//! ```
//!
//! Descriptors: `needs::Need::roles` names each descriptor that QEMU is to inherit. The shell opens
//! them, chooses the number each has in the child (`Grants::descriptors`), and passes them so.

pub mod abilities;
pub mod argv;
pub mod capabilities;
mod chipset;
pub mod cpu;
pub mod describe;
pub mod needs;
pub mod plan;
pub mod refresh;
pub mod settle;

pub use argv::{Argument, argv, native, native_wrapped};
pub use chipset::Chipset;
pub use describe::describe;
pub use needs::{Grants, Need, Role, needs};
pub use plan::{Call, Origin, Plan, plan};
pub use refresh::{Live, News, refresh};
pub use settle::{Firmware, Seed, Settings, Settlement, settle};
