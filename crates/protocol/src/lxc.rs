//! The program `lxc`: known so that its one call is refused properly.

use stead_xdr::Xdr;

use crate::remote::Domain;
use crate::table::{Entry, procedures, sorted};

/// The program's number.
pub const PROGRAM: u32 = 0x0006_8000;

/// Every procedure and event of the program, by number from 1.
pub static TABLE: [Entry; 1] = sorted(&[PROCEDURES]);

procedures! {
    LXC, NONE;
    1 DomainOpenNamespace(DomainOpenNamespaceArgs) -> (),
        virDomainLxcOpenNamespace, low, open, ["domain:open_namespace"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainOpenNamespaceArgs {
    pub domain: Domain,
    pub flags: u32,
}
