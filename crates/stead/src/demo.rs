//! `stead demo`: one guest booted, then one start per CPU mode, on a private daemon.

use crate::cli;

/// Shows it all, and leaves nothing behind.
pub(crate) fn run(_: &cli::Demo) -> Result<(), String> {
    Err("the demo is not served yet".to_owned())
}
