//! Where the daemon's log goes: to stderr, plainly. No filter language: three levels suffice, and
//! a regex engine in a daemon's memory does not.

use std::io::{IsTerminal as _, stderr};

use tracing::Level;

/// Sends what is traced to stderr. `verbose` counts the times that more was asked for.
pub(crate) fn to_stderr(verbose: u8) {
    let level = match verbose {
        0 => Level::INFO,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let layout = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(verbose > 0);
    // The journal stamps each line itself.
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        layout.without_time().init();
    } else {
        layout.init();
    }
}
