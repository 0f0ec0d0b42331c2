//! Domains: one module a concern.

pub(super) mod block;
pub(super) mod describe;
pub(super) mod device;
pub(super) mod event;
pub(super) mod event_callback;
pub(super) mod guest;
pub(super) mod job;
pub(super) mod lifecycle;
pub(super) mod list;
pub(super) mod memory;
pub(super) mod migrate;
pub(super) mod open;
pub(super) mod save;
pub(super) mod subscribe;
pub(super) mod tune;
pub(super) mod vcpu;

pub use self::block::*;
pub use self::describe::*;
pub use self::device::*;
pub use self::event::*;
pub use self::event_callback::*;
pub use self::guest::*;
pub use self::job::*;
pub use self::lifecycle::*;
pub use self::list::*;
pub use self::memory::*;
pub use self::migrate::*;
pub use self::open::*;
pub use self::save::*;
pub use self::subscribe::*;
pub use self::tune::*;
pub use self::vcpu::*;
