//! Documents and status on disk.
//!
//! Three things, each with its own promise:
//! - [`Layout`]: where everything lies, for the system, a session, or a root of one's own.
//! - [`Documents`]: what users said. Durable: once [`Documents::write`] returns, file and folder are synced.
//!   Writers at the same time share the syncs. The generation before is kept, and read when the newest is
//!   damaged.
//! - [`Status`]: what runs. Survives the daemon, not a power loss: replaced atomically, never synced.

mod commit;
mod disk;
mod documents;
mod error;
mod layout;
mod seal;
mod status;

pub use documents::{Autostart, Broken, Damage, Document, Documents, LastGood, Loaded};
pub use error::Error;
pub use layout::{Layout, NoHome, Scope};
pub use status::{Record, Status, StatusDamage};
