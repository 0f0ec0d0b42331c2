//! An arrow goes only to a lower layer; crates of one layer do not know each other.

use std::path::Path;

use crate::tree;

/// The layers of the design, lowest first.
const LAYERS: [&[&str]; 7] = [
    &["values", "cpu", "xml", "xdr"],
    &["config", "qmp", "protocol", "facts"],
    &["qemu"],
    &["store", "host"],
    &["domain", "client"],
    &["daemon"],
    &["stead"],
];

/// A derive belongs to its crate's layer and is known by that crate alone.
const DERIVES: [(&str, &str); 2] = [("xml", "xml-derive"), ("xdr", "xdr-derive")];

/// Crates that no other depends on, and that may depend on any.
const ASIDE: [&str; 3] = ["testkit", "conformance", "xtask"];

/// Every arrow that goes where it must not.
pub(crate) fn faults(top: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for manifest in tree::files(&top.join("crates"), &["Cargo.toml"]) {
        let text = std::fs::read_to_string(&manifest).unwrap_or_default();
        let folder = manifest.parent().and_then(Path::file_name);
        let name = folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        faults.extend(faults_of(&name, &text));
    }
    faults
}

fn faults_of(name: &str, manifest: &str) -> Vec<String> {
    let manifest: toml::Table = match manifest.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("crates/{name}/Cargo.toml: {error}")],
    };
    if ASIDE.contains(&name) {
        return Vec::new();
    }
    if layer(name).is_none() && !DERIVES.iter().any(|(_, derive)| *derive == name) {
        return vec![format!("crates/{name} stands in no layer: crates/xtask/src/layers.rs")];
    }
    // What only tests use (dev-dependencies) may come from anywhere.
    let dependencies = ["dependencies", "build-dependencies"]
        .into_iter()
        .filter_map(|section| manifest.get(section)?.as_table())
        .flat_map(|table| table.keys());
    dependencies
        .filter_map(|dependency| {
            let target = ours(dependency)?;
            (!allowed(name, target)).then(|| {
                format!("crates/{name} may not depend on crates/{target}: it is no lower layer")
            })
        })
        .collect()
}

/// The folder of a dependency that is ours.
fn ours(dependency: &str) -> Option<&str> {
    match dependency.strip_prefix("stead-") {
        Some(name) => Some(name),
        None => ASIDE.contains(&dependency).then_some(dependency),
    }
}

fn allowed(from: &str, to: &str) -> bool {
    if DERIVES.contains(&(from, to)) {
        return true;
    }
    match (layer(from), layer(to)) {
        (Some(from), Some(to)) => to < from,
        _ => false,
    }
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|crates| crates.contains(&name))
}

#[cfg(test)]
mod test {
    use super::{faults, faults_of};
    use crate::tree::workspace;

    #[test]
    fn every_arrow_goes_to_a_lower_layer() {
        assert_eq!(faults(&workspace()), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_up_or_aside_is_found() {
        let found = faults_of("config", "[dependencies]\nstead-qemu.workspace = true\n");
        assert_eq!(found.len(), 1, "{found:?}");
        let found = faults_of("store", "[dependencies]\nstead-host.workspace = true\n");
        assert_eq!(found.len(), 1, "{found:?}");
        let found = faults_of("domain", "[dependencies]\ntestkit.workspace = true\n");
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn tests_may_use_what_they_like() {
        assert_eq!(faults_of("config", "[dev-dependencies]\ntestkit.workspace = true\n").len(), 0);
    }

    #[test]
    fn a_crate_without_a_layer_is_found() {
        assert_eq!(faults_of("surprise", "").len(), 1);
    }
}
