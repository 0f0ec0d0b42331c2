//! The folder of corpora and facts that may lie beside the checkout; no test needs it.

use std::path::{Path, PathBuf};

/// The folder `name` below the shared folder: `$STEAD_SHARED`, else `../shared` beside the
/// workspace. `None`, said on stdout, where it is absent: the caller's test then passes empty.
#[must_use]
pub fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("STEAD_SHARED").map_or_else(beside_workspace, PathBuf::from);
    let folder = root.join(name);
    if folder.exists() {
        return Some(folder);
    }
    println!("skipped: no {} here (STEAD_SHARED names the folder)", folder.display());
    None
}

fn beside_workspace() -> PathBuf {
    // crates/testkit -> crates -> the workspace -> what lies beside it.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared")
}

#[cfg(test)]
mod test {
    use super::shared;

    #[test]
    fn what_is_absent_is_none() {
        assert_eq!(shared("no-such-corpus"), None);
    }
}
