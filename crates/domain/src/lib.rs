//! Owns the machines.
//!
//! [`Domains`] is the collection; a [`Machine`] is a handle to one; a [`Snapshot`] is what everybody may know of it.
//! Reads look at snapshots and wait for nobody. Operations go to the machine's own task, which decides by the pure
//! [`machine::step`] and awaits no effect itself.

mod arguments;
mod command;
mod console;
mod document;
mod domains;
mod error;
mod events;
pub mod flags;
mod handle;
mod index;
pub mod machine;
mod measure;
mod read;
mod snapshot;
mod statistics;
mod status;
mod value;

pub use arguments::{
    BlockCounters, BlockSizes, Console, ControlState, InterfaceCounters, MemoryFigure, Owner,
    Record, Screenshot, Summarised, Vcpu,
};
pub use document::Document;
pub use domains::{Domains, Options};
pub use error::{Error, Form, Kind, Origin, Result};
pub use events::{Event, EventKind, Graphics, GraphicsAddress, Lifecycle, Receiver};
pub use handle::Machine;
pub use index::Index;
pub use snapshot::{Broken, Control, Identity, Message, Snapshot, Summary};
pub use status::{Crashed, Paused, Running, Shutdown, Shutoff, Status};
pub use uuid::Uuid;
pub use value::{Value, Values};
