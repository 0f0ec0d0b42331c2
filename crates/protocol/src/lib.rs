//! libvirt's remote protocol: framing, every procedure of every program with its
//! arguments, reply, priority and permissions, and every error code.
//!
//! Nothing in here does I/O. The facts are those of libvirt 11.3's interface files
//! (its `.x` files); the names are Rust's: `REMOTE_PROC_DOMAIN_CREATE_XML` with
//! `remote_domain_create_xml_args` and `…_ret` is [`remote::DomainCreateXml`] with
//! [`remote::DomainCreateXmlArgs`] and [`remote::DomainCreateXmlReply`].
//!
//! - [`frame`] cuts a byte stream into messages; [`Header`] begins each.
//! - [`remote`], [`qemu`], [`lxc`], [`admin`], [`keepalive`] are the programs. Each
//!   has a `TABLE`; [`PROGRAMS`] lists them, [`entry`] finds a row.
//! - [`Procedure`] and [`Event`] tie a row's number to its types.

// A field of a wire struct is what libvirt's API documentation says it is; a
// sentence on each of 1,700 would say less than its name does.
pub mod error;
pub mod event;
pub mod feature;
pub mod frame;
pub mod header;
pub mod keepalive;
pub mod limits;
pub mod table;
pub mod typed_parameter;

#[expect(missing_docs, reason = "wire structs: libvirt's API documentation describes the fields")]
pub mod admin;
#[expect(missing_docs, reason = "wire structs: libvirt's API documentation describes the fields")]
pub mod lxc;
#[expect(missing_docs, reason = "wire structs: libvirt's API documentation describes the fields")]
pub mod qemu;
#[expect(missing_docs, reason = "wire structs: libvirt's API documentation describes the fields")]
pub mod remote;

pub use error::{Error, ErrorCode, ErrorDomain, ErrorLevel};
pub use header::{Header, Kind, Status};
pub use remote::Uuid;
pub use stead_xdr::{DecodeError, Decoder, Excess, Layout, Xdr};
pub use table::{
    Class, Direction, Entry, Event, PROGRAMS, Priority, Procedure, Program, ReadOnly, Stream,
    entry, program,
};
pub use typed_parameter::{TypedParameter, TypedValue};

#[cfg(test)]
mod test;
