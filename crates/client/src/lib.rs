//! libvirt's remote protocol from the client's side: for the `stead` verbs, for
//! tests, and for a daemon that talks to another.
//!
//! ```no_run
//! # async fn example() -> Result<(), stead_client::Error> {
//! use stead_client::Connection;
//! use stead_protocol::remote::{ConnectGetHostname, DomainLookupByName, DomainLookupByNameArgs};
//!
//! let connection = Connection::open("qemu:///system").await?;
//! println!("{}", connection.call(ConnectGetHostname, &()).await?.hostname);
//! let args = DomainLookupByNameArgs { name: "web".into() };
//! let domain = connection.call(DomainLookupByName, &args).await?.domain;
//! # Ok(())
//! # }
//! ```
//!
//! Two tasks own a connection's socket, one a direction; calls are matched to
//! replies by their serial, so any number may be in flight from any task. Dropping
//! a call's future forgets its reply. The tasks end with the connection, and the
//! connection when its last handle is dropped.

mod address;
mod connection;
mod error;
mod event;
mod socket;
mod stream;

pub use address::{Access, Address, AddressError};
pub use connection::Connection;
pub use error::Error;
pub use event::{Events, Message};
pub use stream::{Chunk, Sender, Stream};
