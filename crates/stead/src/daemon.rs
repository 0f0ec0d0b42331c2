//! `stead daemon`: from the command line to the daemon crate.

use crate::{cli, log};

/// Serves until it is told to end.
pub(crate) fn run(options: cli::Daemon) -> Result<(), String> {
    log::to_stderr(options.verbose);
    Err("the daemon is not served yet".to_owned())
}
