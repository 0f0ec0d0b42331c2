//! The daemon: sockets, sessions, authorisation, routes, events. The one place that knows both the objects and the wire.
//!
//! ```text
//! listen ─► session ─► dispatch ─► authorise ─► router ─► routes ─► stead-domain
//!              ▲                                                        │
//!              └──────────────── event ◄────────────────────────────────┘
//! ```
//!
//! Sessions live on one thread, which answers small calls itself; machines, and calls that must wait, on the threads of a
//! second runtime. [`run`] starts both and stays until a signal or idleness ends it.

mod authorise;
mod config;
mod daemon;
mod dispatch;
mod error;
mod event;
mod hypervisors;
mod listen;
mod machines;
mod peer;
mod router;
mod routes;
mod serve;
mod session;
mod stream;
mod support;
#[cfg(test)]
mod testing;

pub use config::{Config, ConfigError, Limits, Listen, Qemu};
pub use serve::{Failure, Options, run};
pub use support::{Support, support};
