//! The program `remote`: what a hypervisor connection can be asked.
//!
//! One module an object; each holds the rows of its procedures and events, and the
//! structs of their bodies. All names are here, too.

pub(crate) mod auth;
pub(crate) mod checkpoint;
pub(crate) mod connect;
pub(crate) mod domain;
pub(crate) mod interface;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod node_device;
pub(crate) mod nwfilter;
pub(crate) mod object;
pub(crate) mod secret;
pub(crate) mod snapshot;
pub(crate) mod storage_pool;
pub(crate) mod storage_volume;

pub use self::auth::*;
pub use self::checkpoint::*;
pub use self::connect::*;
pub use self::domain::*;
pub use self::interface::*;
pub use self::network::*;
pub use self::node::*;
pub use self::node_device::*;
pub use self::nwfilter::*;
pub use self::object::*;
pub use self::secret::*;
pub use self::snapshot::*;
pub use self::storage_pool::*;
pub use self::storage_volume::*;

use crate::table::{Entry, sorted};

/// The program's number.
pub const PROGRAM: u32 = 0x2000_8086;

/// Every procedure and event of the program, by number from 1.
#[expect(unused_qualifications, reason = "each module names its own rows so")]
pub static TABLE: [Entry; 453] = sorted(&[
    auth::PROCEDURES,
    checkpoint::PROCEDURES,
    connect::PROCEDURES,
    connect::EVENTS,
    interface::PROCEDURES,
    network::PROCEDURES,
    network::EVENTS,
    node::PROCEDURES,
    node_device::PROCEDURES,
    node_device::EVENTS,
    nwfilter::PROCEDURES,
    secret::PROCEDURES,
    secret::EVENTS,
    snapshot::PROCEDURES,
    storage_pool::PROCEDURES,
    storage_pool::EVENTS,
    storage_volume::PROCEDURES,
    domain::block::PROCEDURES,
    domain::describe::PROCEDURES,
    domain::device::PROCEDURES,
    domain::event::EVENTS,
    domain::event_callback::EVENTS,
    domain::guest::PROCEDURES,
    domain::job::PROCEDURES,
    domain::lifecycle::PROCEDURES,
    domain::list::PROCEDURES,
    domain::memory::PROCEDURES,
    domain::migrate::PROCEDURES,
    domain::open::PROCEDURES,
    domain::save::PROCEDURES,
    domain::subscribe::PROCEDURES,
    domain::tune::PROCEDURES,
    domain::vcpu::PROCEDURES,
]);
