//! The rows: what is known of each procedure and event besides its types.
//!
//! A module of procedures holds a `procedures!` table and the structs below it:
//!
//! ```text
//! procedures! {
//!     REMOTE, DOMAIN;                                program, and the error domain of its API
//!     9 DomainCreate(DomainCreateArgs) -> (),        number, name, arguments, reply
//!         virDomainCreate, low, write, ["domain:start"];
//!         public API, priority, read-only rule, stream (receive | send, sparse(FLAG)), ACL, filter
//! }
//! events! {
//!     REMOTE;
//!     318 DomainEventCallbackLifecycle(DomainEventCallbackLifecycleMessage);
//! }
//! ```
//!
//! Each row makes a unit type that implements [`Procedure`] or [`Event`], and an
//! [`Entry`] of the program's `TABLE`, which the compiler checks to have no gap and
//! no duplicate.

use crate::{DecodeError, Decoder, ErrorDomain, Layout, Xdr};

/// A procedure: its number and its types.
pub trait Procedure: Copy + 'static {
    /// The program that it belongs to.
    const PROGRAM: u32;
    /// Its number in the program, from 1.
    const NUMBER: i32;
    /// The name of its type.
    const NAME: &'static str;
    /// The body of a call.
    type Args: Xdr + Send + 'static;
    /// The body of a reply whose status is OK.
    type Reply: Xdr + Send + 'static;

    /// The flags that [`ReadOnly::DeniedForFlags`] is about; zero elsewhere.
    fn flags(_: &Self::Args) -> u32 {
        0
    }
}

/// An event: a message from the server that answers no call.
pub trait Event: Copy + 'static {
    /// The program that it belongs to.
    const PROGRAM: u32;
    /// Its number in the program; calls and events share the numbers.
    const NUMBER: i32;
    /// The name of its type.
    const NAME: &'static str;
    /// The body.
    type Message: Xdr + Send + 'static;
}

/// Whether a number is one to call or one that the server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A client calls it.
    Call,
    /// The server sends it; calling it is an error.
    Event,
}

/// Which queue a call waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Never waits for a hypervisor.
    High,
    /// May.
    Low,
}

/// What a read-only connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnly {
    /// It may call this.
    Allowed,
    /// It may not.
    Denied,
    /// It may, unless one of these flags is set ([`Procedure::flags`]).
    DeniedForFlags {
        /// The flags that need a writer.
        mask: u32,
        /// What the error says after "operation forbidden: ".
        detail: &'static str,
    },
}

/// Which way a stream's data flows. A console's flows both ways, and counts as
/// towards the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the client.
    Receive,
    /// Towards the server.
    Send,
}

/// The stream that a call opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Where its data goes.
    pub direction: Direction,
    /// The flag of the call that allows holes in the stream, if any does.
    pub sparse: Option<u32>,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The program's number.
    pub program: u32,
    /// The number in the program.
    pub number: i32,
    /// The name of the type, such as `DomainCreate`.
    pub name: &'static str,
    /// The function of libvirt's API that the call stands for, such as
    /// `virDomainCreate`; error texts name it. Empty for an event.
    pub api: &'static str,
    /// The error domain of that function: what "not supported" and "read only
    /// access prevents" come from.
    pub error_domain: ErrorDomain,
    /// Call or event.
    pub class: Class,
    /// The queue.
    pub priority: Priority,
    /// What a read-only connection may do.
    pub read_only: ReadOnly,
    /// The stream that the call opens.
    pub stream: Option<Stream>,
    /// The permissions that it needs, `object:permission` or
    /// `object:permission:FLAG` when only that flag needs it.
    pub acl: &'static [&'static str],
    /// The permission without which an object is left out of the answer.
    pub acl_filter: Option<&'static str>,
    /// The shape of a call's or an event's body.
    pub arguments: Layout,
    /// The shape of a reply's body.
    pub reply: Layout,
    /// Whether bytes decode as the body of a call or an event.
    pub check_arguments: fn(&[u8]) -> Result<(), DecodeError>,
    /// Whether bytes decode as the body of a reply.
    pub check_reply: fn(&[u8]) -> Result<(), DecodeError>,
}

impl Entry {
    /// What a read-only client is told after "operation forbidden: ", or `None` if
    /// a call with these `flags` is allowed. `flags` is [`Procedure::flags`].
    #[must_use]
    pub fn refusal(&self, flags: u32) -> Option<String> {
        match self.read_only {
            ReadOnly::Allowed => None,
            ReadOnly::Denied => Some(format!("read only access prevents {}", self.api)),
            ReadOnly::DeniedForFlags { mask, detail } => {
                (flags & mask != 0).then(|| detail.to_owned())
            }
        }
    }
}

/// A program: a number space of procedures.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub number: u32,
    /// Its only version.
    pub version: u32,
    /// Its rows, by number from 1.
    pub table: &'static [Entry],
}

impl Program {
    /// The row of a number.
    #[must_use]
    #[inline]
    pub fn entry(&self, number: i32) -> Option<&'static Entry> {
        self.table.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }
}

/// Every program of the protocol.
pub static PROGRAMS: [Program; 5] = [
    Program {
        name: "remote",
        number: crate::remote::PROGRAM,
        version: 1,
        table: &crate::remote::TABLE,
    },
    Program { name: "qemu", number: crate::qemu::PROGRAM, version: 1, table: &crate::qemu::TABLE },
    Program { name: "lxc", number: crate::lxc::PROGRAM, version: 1, table: &crate::lxc::TABLE },
    Program {
        name: "admin",
        number: crate::admin::PROGRAM,
        version: 1,
        table: &crate::admin::TABLE,
    },
    Program {
        name: "keepalive",
        number: crate::keepalive::PROGRAM,
        version: 1,
        table: &crate::keepalive::TABLE,
    },
];

/// The program of a number.
#[must_use]
#[inline]
pub fn program(number: u32) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.number == number)
}

/// The row of a number in a program.
#[must_use]
#[inline]
pub fn entry(program: u32, number: i32) -> Option<&'static Entry> {
    self::program(program)?.entry(number)
}

/// Puts the rows of all modules at their numbers. Fails to compile on a gap, a
/// duplicate or a number beyond the table.
pub(crate) const fn sorted<const N: usize>(groups: &[&[Entry]]) -> [Entry; N] {
    let mut table = [groups[0][0]; N];
    let mut taken = [false; N];
    let mut count = 0;
    let mut group = 0;
    while group < groups.len() {
        let rows = groups[group];
        let mut row = 0;
        while row < rows.len() {
            let at = (rows[row].number - 1) as usize;
            assert!(!taken[at], "two rows have one number");
            taken[at] = true;
            table[at] = rows[row];
            count += 1;
            row += 1;
        }
        group += 1;
    }
    assert!(count == N, "a number has no row");
    table
}

pub(crate) fn check<T: Xdr>(bytes: &[u8]) -> Result<(), DecodeError> {
    T::decode(&mut Decoder::new(bytes)).map(drop)
}

macro_rules! procedures {
    (
        $program:ident, $domain:ident;
        $(
            $(#[$doc:meta])*
            $number:literal $name:ident($args:ty) -> $reply:ty,
                $api:ident, $priority:ident, $access:ident $(($mask:literal in $flags:ident, $detail:literal))?
                $(send $(sparse($send:literal))?)?
                $(receive $(sparse($receive:literal))?)?,
                [$($acl:literal),*] $(filter $filter:literal)?;
        )*
    ) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $name;

            impl crate::table::Procedure for $name {
                const PROGRAM: u32 = crate::table::number!($program);
                const NUMBER: i32 = $number;
                const NAME: &'static str = stringify!($name);
                type Args = $args;
                type Reply = $reply;
                $(
                    fn flags(args: &Self::Args) -> u32 {
                        args.$flags
                    }
                )?
            }
        )*

        /// The rows of this module's procedures.
        pub(crate) const PROCEDURES: &[crate::table::Entry] = &[$(
            crate::table::Entry {
                program: crate::table::number!($program),
                number: $number,
                name: stringify!($name),
                api: stringify!($api),
                error_domain: crate::ErrorDomain::$domain,
                class: crate::table::Class::Call,
                priority: crate::table::priority!($priority),
                read_only: crate::table::read_only!($access $($mask, $detail)?),
                stream: crate::table::stream!(
                    $(send $($send)?)?
                    $(receive $($receive)?)?
                ),
                acl: &[$($acl),*],
                acl_filter: crate::table::filter!($($filter)?),
                arguments: <$args as stead_xdr::Xdr>::LAYOUT,
                reply: <$reply as stead_xdr::Xdr>::LAYOUT,
                check_arguments: crate::table::check::<$args>,
                check_reply: crate::table::check::<$reply>,
            },
        )*];
    };
}

macro_rules! events {
    (
        $program:ident;
        $($(#[$doc:meta])* $number:literal $name:ident($message:ty);)*
    ) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $name;

            impl crate::table::Event for $name {
                const PROGRAM: u32 = crate::table::number!($program);
                const NUMBER: i32 = $number;
                const NAME: &'static str = stringify!($name);
                type Message = $message;
            }
        )*

        /// The rows of this module's events.
        pub(crate) const EVENTS: &[crate::table::Entry] = &[$(
            crate::table::Entry {
                program: crate::table::number!($program),
                number: $number,
                name: stringify!($name),
                api: "",
                error_domain: crate::ErrorDomain::NONE,
                class: crate::table::Class::Event,
                priority: crate::table::Priority::High,
                read_only: crate::table::ReadOnly::Allowed,
                stream: None,
                acl: &[],
                acl_filter: None,
                arguments: <$message as stead_xdr::Xdr>::LAYOUT,
                reply: <() as stead_xdr::Xdr>::LAYOUT,
                check_arguments: crate::table::check::<$message>,
                check_reply: crate::table::check::<()>,
            },
        )*];
    };
}

macro_rules! number {
    (REMOTE) => {
        crate::remote::PROGRAM
    };
    (QEMU) => {
        crate::qemu::PROGRAM
    };
    (LXC) => {
        crate::lxc::PROGRAM
    };
    (ADMIN) => {
        crate::admin::PROGRAM
    };
    (KEEPALIVE) => {
        crate::keepalive::PROGRAM
    };
}

macro_rules! priority {
    (high) => {
        crate::table::Priority::High
    };
    (low) => {
        crate::table::Priority::Low
    };
}

macro_rules! read_only {
    (open) => {
        crate::table::ReadOnly::Allowed
    };
    (write) => {
        crate::table::ReadOnly::Denied
    };
    (write $mask:literal, $detail:literal) => {
        crate::table::ReadOnly::DeniedForFlags { mask: $mask, detail: $detail }
    };
}

macro_rules! stream {
    () => { None };
    (send $($flag:literal)?) => {
        Some(crate::table::Stream {
            direction: crate::table::Direction::Send,
            sparse: crate::table::filter!($($flag)?),
        })
    };
    (receive $($flag:literal)?) => {
        Some(crate::table::Stream {
            direction: crate::table::Direction::Receive,
            sparse: crate::table::filter!($($flag)?),
        })
    };
}

macro_rules! filter {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

pub(crate) use {events, filter, number, priority, procedures, read_only, stream};
