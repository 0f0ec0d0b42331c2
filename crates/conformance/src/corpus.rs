//! A corpus on disk: its manifests and files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// One or two roots under which files are looked up.
#[derive(Clone, Debug)]
pub(crate) struct Corpus {
    roots: Vec<PathBuf>,
    only: Option<String>,
    /// Print what is made instead of comparing.
    pub(crate) show: bool,
}

/// A case of a manifest.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    /// Its name in the family.
    pub(crate) name: String,
    /// Role to file; a few roles hold lists.
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, Value>,
    /// Role to golden.
    #[serde(default)]
    pub(crate) expected: BTreeMap<String, Value>,
    /// `success`, `parse-error` and so on.
    #[serde(default)]
    pub(crate) expect: String,
    /// Everything else the outcome depends on.
    #[serde(default)]
    pub(crate) conditions: Value,
    /// The checks to make.
    #[serde(default)]
    #[allow(dead_code, reason = "families with several checks a case read it")]
    pub(crate) checks: Vec<String>,
    /// What is computed.
    #[serde(default)]
    #[allow(dead_code, reason = "families that mix operations read it")]
    pub(crate) operation: String,
    /// A scalar answer.
    #[serde(default)]
    #[allow(dead_code, reason = "families with scalar answers read it")]
    pub(crate) result: Value,
}

#[derive(Deserialize)]
struct Manifest {
    cases: Vec<Case>,
}

impl Corpus {
    pub(crate) fn new(root: &Path, with: Option<&Path>, only: Option<&str>) -> Self {
        let roots = [Some(root), with].into_iter().flatten().map(Path::to_owned).collect();
        Self { roots, only: only.map(str::to_owned), show: false }
    }

    pub(crate) fn showing(mut self, show: bool) -> Self {
        self.show = show;
        self
    }

    /// Text of a file.
    pub(crate) fn read(&self, path: &str) -> Result<String, String> {
        let found = self
            .roots
            .iter()
            .map(|root| root.join(path))
            .find(|path| path.is_file())
            .ok_or_else(|| format!("{path}: not in the corpus"))?;
        std::fs::read_to_string(&found).map_err(|error| format!("{path}: {error}"))
    }

    /// Names and texts of the files in a folder; a file of the first root goes before one of the second.
    pub(crate) fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let mut files = BTreeMap::new();
        for root in self.roots.iter().rev() {
            for entry in std::fs::read_dir(root.join(path)).into_iter().flatten().flatten() {
                if entry.path().is_file() {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let text = std::fs::read_to_string(entry.path())
                        .map_err(|error| format!("{path}/{name}: {error}"))?;
                    files.insert(name, text);
                }
            }
        }
        Ok(files)
    }

    /// A JSON file.
    pub(crate) fn json(&self, path: &str) -> Result<Value, String> {
        serde_json::from_str(&self.read(path)?).map_err(|error| format!("{path}: {error}"))
    }

    /// The cases of a family, in order.
    pub(crate) fn cases(&self, family: &str) -> Result<Vec<Case>, String> {
        let path = format!("{family}/manifest.json");
        let manifest: Manifest =
            serde_json::from_str(&self.read(&path)?).map_err(|error| format!("{path}: {error}"))?;
        let mut cases = manifest.cases;
        if let Some(only) = &self.only {
            cases.retain(|case| case.name.contains(only.as_str()));
        }
        Ok(cases)
    }
}

impl Case {
    /// File of an input role.
    pub(crate) fn input(&self, role: &str) -> Option<&str> {
        self.inputs.get(role)?.as_str()
    }

    /// File of a golden.
    pub(crate) fn golden(&self, role: &str) -> Option<&str> {
        self.expected.get(role)?.as_str()
    }
}
