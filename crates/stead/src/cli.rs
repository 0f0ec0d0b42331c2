//! What can be said on the command line, under stead's own name and under libvirt's names.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};

/// Runs virtual machines from libvirt's documents, over libvirt's protocol.
#[derive(Debug, Parser)]
#[command(name = "stead", version, about, disable_help_subcommand = true)]
pub(crate) struct Stead {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Serves libvirt clients, in the foreground; machines outlive it.
    Daemon(Daemon),
    /// Boots a guest on a private daemon, then starts it in every CPU mode; leaves nothing behind.
    Demo(Demo),
}

/// How a daemon is to run.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct Daemon {
    /// Keep everything under DIR: DIR/run/libvirt-sock is the socket
    ///
    /// Without it, root runs the system daemon and anybody else the session daemon.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// End after so many seconds without clients and machines
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Read settings from FILE rather than from stead.toml in the folder of settings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say more; twice, say everything
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Demo {
    /// The folder with the guest's vmlinuz and initrd, as scripts/guest makes it
    ///
    /// Without it: $STEAD_GUEST, else stead/guest in the user's cache.
    #[arg(long, value_name = "DIR")]
    pub(crate) guest: Option<PathBuf>,
    /// Show what the private daemon logs, too
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The options of libvirt's daemons, for a client that starts us by their name.
#[derive(Debug, Parser)]
#[command(name = "libvirtd", version, about = "stead, serving under libvirt's name")]
pub(crate) struct Libvirtd {
    /// End after so many seconds without clients and machines
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Read stead's settings from FILE
    #[arg(short = 'f', long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say more
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Refused: stead stays in the foreground
    #[arg(short, long, value_parser = foreground_only, num_args = 0, default_missing_value = "")]
    daemon: Option<String>,
    /// Refused: stead does not listen on the network
    #[arg(short, long, value_parser = local_only, num_args = 0, default_missing_value = "")]
    listen: Option<String>,
}

impl From<Libvirtd> for Daemon {
    fn from(options: Libvirtd) -> Self {
        let Libvirtd { timeout, config, verbose, daemon: _, listen: _ } = options;
        Self { root: None, timeout, config, verbose }
    }
}

/// Was the binary called by the name of a libvirt daemon?
pub(crate) fn plays_libvirtd(program: Option<&OsString>) -> bool {
    let name = program.and_then(|program| Path::new(program).file_name());
    name.is_some_and(|name| name == "libvirtd" || name == "virtqemud")
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(0) => Err("a timeout of 0 would end the daemon at once".to_owned()),
        Ok(seconds) => Ok(Duration::from_secs(u64::from(seconds))),
        Err(_) => Err("not a number of seconds".to_owned()),
    }
}

fn foreground_only(_: &str) -> Result<String, String> {
    Err("stead stays in the foreground; let systemd or the shell (&) put it aside".to_owned())
}

fn local_only(_: &str) -> Result<String, String> {
    Err("stead does not listen on the network; reach it by qemu+ssh://".to_owned())
}

#[cfg(test)]
mod test {
    use super::{Daemon, Libvirtd, Stead, Verb, plays_libvirtd};
    use clap::{CommandFactory as _, Parser as _};
    use std::time::Duration;

    fn libvirtd(words: &[&str]) -> Result<Daemon, String> {
        let words = std::iter::once("libvirtd").chain(words.iter().copied());
        Libvirtd::try_parse_from(words).map(Daemon::from).map_err(|error| error.to_string())
    }

    #[test]
    fn the_tables_are_sound() {
        Stead::command().debug_assert();
        Libvirtd::command().debug_assert();
    }

    #[test]
    fn the_name_tells_whose_options_are_meant() {
        assert!(plays_libvirtd(Some(&"/usr/sbin/libvirtd".into())));
        assert!(plays_libvirtd(Some(&"virtqemud".into())));
        assert!(!plays_libvirtd(Some(&"/usr/bin/stead".into())));
        assert!(!plays_libvirtd(None));
    }

    #[test]
    fn a_client_that_starts_us_says_only_the_timeout() {
        let expected = Daemon { timeout: Some(Duration::from_secs(120)), ..Daemon::default() };
        assert_eq!(libvirtd(&["--timeout=120"]), Ok(expected.clone()));
        assert_eq!(libvirtd(&["-t", "120"]), Ok(expected));
    }

    #[test]
    fn what_is_not_done_is_refused_with_its_reason() {
        assert!(libvirtd(&["--daemon"]).unwrap_err().contains("foreground"));
        assert!(libvirtd(&["-d"]).unwrap_err().contains("foreground"));
        assert!(libvirtd(&["--listen"]).unwrap_err().contains("qemu+ssh"));
        assert!(libvirtd(&["--timeout", "soon"]).unwrap_err().contains("number of seconds"));
        assert!(libvirtd(&["--timeout", "0"]).unwrap_err().contains("at once"));
    }

    #[test]
    fn a_private_daemon_has_its_root() {
        let words = ["stead", "daemon", "--root", "/tmp/r", "-vv"];
        let Verb::Daemon(daemon) = Stead::try_parse_from(words).unwrap().verb else {
            panic!("another verb")
        };
        assert_eq!(daemon.root, Some("/tmp/r".into()));
        assert_eq!(daemon.verbose, 2);
    }
}
