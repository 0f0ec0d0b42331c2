//! `stead daemon`: from the command line to the daemon crate.

use std::path::{Path, PathBuf};

use stead_daemon::{Config, Options};
use stead_store::Layout;

use crate::{cli, log};

/// Serves until it is told to end.
pub(crate) fn run(options: cli::Daemon) -> Result<(), String> {
    log::to_stderr(options.verbose);
    let layout = layout(options.root.as_deref(), is_root())?;
    let config = config(options.config.as_deref(), &layout.etc.join("stead.toml"))?;
    stead_daemon::run(Options { layout, timeout: options.timeout, config })
        .map_err(|failure| failure.to_string())
}

/// Where everything lies: under a root of its own, else the host's for root, else the user's.
fn layout(root: Option<&Path>, is_root: bool) -> Result<Layout, String> {
    match root {
        Some(root) => absolute(root).map(Layout::root),
        None if is_root => Ok(Layout::system()),
        None => Layout::session(|name| std::env::var_os(name)).map_err(|error| error.to_string()),
    }
}

/// The daemon hands paths to others, who have other working folders.
fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("'{}': {error}", path.display()))
}

/// The settings of the named file; without one, of the usual file if it is there.
fn config(named: Option<&Path>, usual: &Path) -> Result<Config, String> {
    let path = match named {
        Some(path) => path,
        None if usual.exists() => usual,
        None => return Ok(Config::default()),
    };
    Config::read(path).map_err(|error| error.to_string())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod test {
    use super::{config, layout};
    use std::path::Path;
    use stead_daemon::Config;
    use stead_store::Layout;

    #[test]
    fn a_root_wins_over_who_one_is() {
        assert_eq!(layout(Some(Path::new("/r")), true), Ok(Layout::root("/r")));
        assert_eq!(layout(Some(Path::new("/r")), false), Ok(Layout::root("/r")));
        assert_eq!(layout(None, true), Ok(Layout::system()));
    }

    #[test]
    fn the_packaged_file_says_nothing_but_defaults() {
        let packaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/stead.toml");
        assert_eq!(config(Some(&packaged), Path::new("/nowhere")), Ok(Config::default()));
    }

    #[test]
    fn the_usual_file_may_be_absent_and_a_named_one_not() {
        let absent = Path::new("/nowhere/stead.toml");
        assert_eq!(config(None, absent), Ok(Config::default()));
        assert!(config(Some(absent), absent).unwrap_err().contains("/nowhere/stead.toml"));
    }
}
