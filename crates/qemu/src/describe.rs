//! The live document of a running machine.

use stead_config::Domain;

use crate::refresh::Live;

/// What `virsh dumpxml` of a running machine prints.
pub fn describe(live: &Live) -> Domain {
    live.domain.clone()
}
