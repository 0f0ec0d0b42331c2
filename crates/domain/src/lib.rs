//! Owns the machines.
//!
//! [`Domains`] is the collection; a [`Machine`] is a handle to one; a [`Snapshot`] is what everybody may know of it.
//! Reads look at snapshots and wait for nobody. Operations go to the machine's own task, which decides by the pure
//! [`machine::step`] and awaits no effect itself.

mod adopt;
mod arguments;
mod change;
mod command;
mod console;
mod context;
mod define;
mod document;
mod domains;
mod ending;
mod error;
mod events;
pub mod flags;
mod handle;
mod heard;
mod held;
mod index;
mod lane;
mod launch;
mod ledger;
pub mod machine;
mod measure;
mod native;
mod orphan;
mod read;
mod record;
mod run;
mod snapshot;
mod statistics;
mod status;
mod task;
mod tell;
mod value;

pub use arguments::{
    BlockCounters, BlockSizes, Console, ControlState, InterfaceCounters, MemoryFigure, Owner,
    Record, Screenshot, Summarised, Vcpu,
};
pub use context::{Hypervisors, Options, Pending};
pub use document::Document;
pub use domains::Domains;
pub use error::{Error, Form, Kind, Origin, Result};
pub use events::{Event, EventKind, Graphics, GraphicsAddress, Lifecycle, Receiver};
pub use handle::Machine;
pub use index::Index;
pub use snapshot::{Broken, Control, Identity, Message, Snapshot, Summary};
pub use status::{Crashed, Paused, Running, Shutdown, Shutoff, Status};
pub use uuid::Uuid;
pub use value::{Value, Values};
