//! Where a daemon listens, from a libvirt URI.
//!
//! - `qemu:///system`, `qemu:///session`: where libvirt's own clients look: the
//!   modular daemon's socket if it is there, else the monolithic one's.
//! - `stead:///system`, `stead:///session`: stead's own socket, also beside a
//!   libvirtd.
//! - `qemu+unix:///system?socket=PATH`: that socket.
//! - `?mode=direct` or `?mode=legacy` chooses between the two of the first form.

use std::path::{Path, PathBuf};

/// What a connection may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Only look.
    ReadOnly,
    /// Everything.
    #[default]
    ReadWrite,
}

/// A URI that names no daemon that can be reached from here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{uri}': {reason}")]
pub struct AddressError {
    /// The URI as given.
    pub uri: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Where a daemon listens, and what to ask it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Sockets, the preferred first; the first that exists is taken.
    pub sockets: Vec<PathBuf>,
    /// The URI that the daemon is asked to open.
    pub name: String,
    /// What the connection may do.
    pub access: Access,
}

/// What the environment says about sockets of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Folders {
    /// `XDG_RUNTIME_DIR`, or else `XDG_CACHE_HOME`, or else `HOME/.cache`.
    session: Option<PathBuf>,
}

impl Address {
    /// The daemon that a URI names.
    ///
    /// # Errors
    /// [`AddressError`] for another hypervisor, another transport than a local
    /// socket, or another path than `/system` and `/session`.
    pub fn parse(uri: &str, access: Access) -> Result<Self, AddressError> {
        Self::parse_in(uri, access, &Folders::of_environment())
    }

    /// The daemon at a socket.
    #[must_use]
    pub fn socket(socket: impl Into<PathBuf>, access: Access) -> Self {
        Self { sockets: vec![socket.into()], name: "qemu:///system".to_owned(), access }
    }

    /// The socket to connect to: the first that exists, or else the last, whose
    /// absence is then reported.
    #[must_use]
    pub fn choice(&self) -> Option<&Path> {
        self.sockets
            .iter()
            .find(|socket| socket.exists())
            .or(self.sockets.last())
            .map(PathBuf::as_path)
    }

    fn parse_in(uri: &str, access: Access, folders: &Folders) -> Result<Self, AddressError> {
        let wrong = |reason| AddressError { uri: uri.to_owned(), reason };
        let (scheme, rest) = uri.split_once("://").ok_or_else(|| wrong("no scheme"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (driver, transport) = scheme.split_once('+').unwrap_or((scheme, "unix"));
        if !matches!(driver, "qemu" | "stead") {
            return Err(wrong("the hypervisor is not qemu"));
        }
        if transport != "unix" || !place.starts_with('/') {
            return Err(wrong("only daemons of this host can be reached (transport unix)"));
        }

        let mut socket = None;
        let mut mode = Mode::Auto;
        let mut kept = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("socket", path)) => {
                    let path = decoded(path).ok_or_else(|| wrong("a bad % in socket"))?;
                    socket = Some(PathBuf::from(path));
                }
                Some(("mode", "auto")) => mode = Mode::Auto,
                Some(("mode", "direct")) => mode = Mode::Direct,
                Some(("mode", "legacy")) => mode = Mode::Legacy,
                Some(("mode", _)) => return Err(wrong("mode is auto, direct or legacy")),
                _ => kept.push(parameter),
            }
        }

        let suffix = match (access, place) {
            // A session's daemon has no socket of its own for readers.
            (Access::ReadOnly, "/system") => "-ro",
            _ => "",
        };
        let folder = match place {
            "/system" => PathBuf::from("/run"),
            "/session" => folders
                .session
                .clone()
                .ok_or_else(|| wrong("neither XDG_RUNTIME_DIR nor HOME is set"))?,
            _ => return Err(wrong("the path is /system or /session")),
        };
        let direct = folder.join(format!("libvirt/virtqemud-sock{suffix}"));
        let legacy = folder.join(format!("libvirt/libvirt-sock{suffix}"));
        let sockets = match (socket, driver, mode) {
            (Some(socket), _, _) => vec![socket],
            (None, "stead", _) => vec![folder.join(format!("stead/libvirt-sock{suffix}"))],
            (None, _, Mode::Auto) => vec![direct, legacy],
            (None, _, Mode::Direct) => vec![direct],
            (None, _, Mode::Legacy) => vec![legacy],
        };
        let mark = if kept.is_empty() { "" } else { "?" };
        Ok(Self { sockets, name: format!("qemu://{place}{mark}{}", kept.join("&")), access })
    }
}

enum Mode {
    Auto,
    Direct,
    Legacy,
}

impl Folders {
    fn of_environment() -> Self {
        let folder =
            |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let session = folder("XDG_RUNTIME_DIR")
            .or_else(|| folder("XDG_CACHE_HOME"))
            .or_else(|| folder("HOME").map(|home| home.join(".cache")));
        Self { session }
    }
}

/// A parameter's value with each `%XX` replaced by its byte. `None` if that is no
/// number, or the result no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod test {
    use super::*;

    #[track_caller]
    fn check(uri: &str, access: Access, sockets: &[&str], name: &str) {
        let folders = Folders { session: Some("/run/user/7".into()) };
        let address = Address::parse_in(uri, access, &folders).unwrap();
        assert_eq!(address.sockets, sockets.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(address.name, name);
        assert_eq!(address.access, access);
    }

    #[test]
    fn uris_name_sockets() {
        let rw = Access::ReadWrite;
        check(
            "qemu:///system",
            rw,
            &["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"],
            "qemu:///system",
        );
        check(
            "qemu:///system?mode=legacy",
            Access::ReadOnly,
            &["/run/libvirt/libvirt-sock-ro"],
            "qemu:///system",
        );
        check(
            "qemu:///session?mode=direct",
            Access::ReadOnly,
            &["/run/user/7/libvirt/virtqemud-sock"],
            "qemu:///session",
        );
        check("stead:///system", rw, &["/run/stead/libvirt-sock"], "qemu:///system");
        check("stead:///session", rw, &["/run/user/7/stead/libvirt-sock"], "qemu:///session");
        check(
            "qemu+unix:///system?socket=/tmp/a%20b&no_verify=1",
            rw,
            &["/tmp/a b"],
            "qemu:///system?no_verify=1",
        );
    }

    #[test]
    fn other_uris_are_refused() {
        for uri in [
            "",
            "qemu",
            "xen:///system",
            "qemu:///embed?root=/x",
            "qemu+ssh://host/system",
            "qemu://host/system",
            "qemu+unix:///system?socket=%",
            "qemu+unix:///system?socket=%ff",
            "qemu:///system?mode=other",
        ] {
            let parsed = Address::parse_in(uri, Access::ReadWrite, &Folders::default());
            assert_eq!(parsed.unwrap_err().uri, uri);
        }
        let parsed = Address::parse_in("qemu:///session", Access::ReadWrite, &Folders::default());
        assert!(parsed.unwrap_err().to_string().contains("XDG_RUNTIME_DIR"));
    }
}
