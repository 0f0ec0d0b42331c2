//! libvirt's documents as types, parsed and printed, knowing no host.

pub mod capabilities;
pub mod domain;

pub use domain::Domain;
pub use stead_xml::{Class, Fault, Faults, Form, Kind, Place, Position, Secrets, Severity};
