//! Golden files: what a function gave for an input, kept beside the input.

use std::fs;
use std::path::{Path, PathBuf};

/// One input file of a folder of cases.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file's name without its ending.
    pub name: String,
    /// What the file holds.
    pub input: String,
    path: PathBuf,
}

/// The cases of a folder: every file with that ending, in the order of their names.
///
/// # Panics
///
/// When the folder cannot be read or holds no such file: a test of nothing is a mistake.
#[must_use]
pub fn cases(folder: impl AsRef<Path>, ending: &str) -> Vec<Case> {
    let folder = folder.as_ref();
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    assert!(!paths.is_empty(), "no case (*.{ending}) in {}", folder.display());
    paths.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let input = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, input, path }
    }

    /// Holds `actual` against the file beside the case that has the other ending.
    ///
    /// # Panics
    ///
    /// When they differ.
    #[track_caller]
    pub fn check(&self, ending: &str, actual: impl AsRef<str>) {
        golden(self.path.with_extension(ending), actual);
    }
}

/// Holds `actual` against the golden file at `path`, or writes it there under `BLESS=1`.
///
/// # Panics
///
/// When they differ, naming the first line that does; when the file is missing.
#[track_caller]
pub fn golden(path: impl AsRef<Path>, actual: impl AsRef<str>) {
    let (path, actual) = (path.as_ref(), actual.as_ref());
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(path, actual).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return;
    }
    let expected = fs::read_to_string(path)
        .unwrap_or_else(|e| panic!("{}: {e} (BLESS=1 writes it)", path.display()));
    if let Some(difference) = difference(&expected, actual) {
        panic!("{} (BLESS=1 rewrites it)\n{difference}", path.display());
    }
}

/// The first line in which two texts differ, for a person.
fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let mut left = expected.lines();
    let mut right = actual.lines();
    let mut line = 0usize;
    loop {
        line = line.saturating_add(1);
        match (left.next(), right.next()) {
            (None, None) => return Some("they differ in their last line's end".to_owned()),
            (a, b) if a == b => {}
            (a, b) => {
                let shown = |side: Option<&str>| side.unwrap_or("(the end)").to_owned();
                return Some(format!(
                    "line {line}\n  expected: {}\n  actual:   {}",
                    shown(a),
                    shown(b)
                ));
            }
        }
    }
}

#[cfg(test)]
mod test {
    use super::{difference, golden};

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_different_line_is_named() {
        let found = difference("a\nb\nc\n", "a\nB\nC\n").unwrap();
        assert_eq!(found, "line 2\n  expected: b\n  actual:   B");
    }

    #[test]
    fn a_missing_end_is_a_difference() {
        assert!(difference("a\n", "a").is_some());
        assert!(difference("a\nb", "a").unwrap().contains("(the end)"));
    }

    #[test]
    #[should_panic(expected = "BLESS=1 writes it")]
    fn a_missing_golden_says_how_to_make_it() {
        golden("/nowhere/at/all", "x");
    }
}
