//! The daemon's configuration file: TOML, every key optional, an unknown key is an error.
//!
//! ```toml
//! [qemu]
//! user = "stead"                  # whom machines of the system daemon run as
//! group = "stead"
//! emulator = "/usr/bin/qemu-system-x86_64"
//!
//! [listen]
//! sockets = ["/run/stead/extra-sock"]
//! read_only_sockets = []
//! client_paths = true             # also listen where libvirt's clients look
//!
//! [limits]
//! clients = 20000
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What the configuration file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How QEMU runs.
    pub qemu: Qemu,
    /// Where clients are awaited.
    pub listen: Listen,
    /// How much is given to whom.
    pub limits: Limits,
}

/// How QEMU runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Qemu {
    /// The user that machines of a root's daemon run as.
    pub user: Option<String>,
    /// The group; that user's own if it is not given.
    pub group: Option<String>,
    /// The binary for documents that name none.
    pub emulator: Option<PathBuf>,
}

/// Where clients are awaited, besides the layout's own sockets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Further sockets for those who may change things.
    pub sockets: Vec<PathBuf>,
    /// Further sockets for those who only look.
    pub read_only_sockets: Vec<PathBuf>,
    /// Whether to listen where libvirt's clients look, too.
    pub client_paths: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self { sockets: Vec::new(), read_only_sockets: Vec::new(), client_paths: true }
    }
}

/// How much is given to whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// How many clients are served at once; the limit of open files may lower it.
    pub clients: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { clients: 100_000 }
    }
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration file '{}': {reason}", path.display())]
pub struct ConfigError {
    /// Which.
    pub path: PathBuf,
    /// Why, with line and column where there are any.
    pub reason: String,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, or says something unknown.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let refuse = |reason: String| ConfigError { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        toml::from_str(&text).map_err(|error| refuse(error.to_string().trim_end().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn an_unknown_key_is_an_error_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stead.toml");
        std::fs::write(&path, "[qemu]\nuser = \"nobody\"\ngroop = \"x\"\n").unwrap();
        let text = Config::read(&path).unwrap_err().to_string();
        assert!(text.contains("groop") && text.contains("line 3"), "{text}");
        std::fs::write(&path, "[qemu]\nuser = \"nobody\"\n").unwrap();
        assert_eq!(Config::read(&path).unwrap().qemu.user.as_deref(), Some("nobody"));
    }
}
