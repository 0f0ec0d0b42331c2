//! House rules that a machine can hold: how a file begins, how long it is, what names are not used,
//! and that nothing tells of the machine that somebody worked on.

use std::path::{Path, PathBuf};

use crate::tree::{files, shown};

/// A file of code is hard to take in beyond this; tables may be longer.
const CODE_LINES_MAX: usize = 600;

/// Names that say nothing; as words of a type's name.
const EMPTY_WORDS: [&str; 7] = ["Manager", "Helper", "Util", "Utils", "Info", "Data", "Impl"];
/// The same of modules.
const EMPTY_MODULES: [&str; 6] = ["util", "utils", "common", "misc", "helper", "helpers"];

/// Where names are libvirt's, QEMU's or the kernel's own, and where lines are rows.
const FOREIGN_NAMES: [&str; 4] =
    ["crates/protocol/", "crates/qmp/", "crates/daemon/", "crates/xtask/"];
const TABLES: [&str; 4] =
    ["/tables/", "crates/protocol/src/remote/", "served.rs", "crates/xtask/src/support"];

/// Longer all the same, until somebody parts it: no more may join.
const TO_BE_PARTED: [&str; 1] = ["crates/domain/src/task.rs"];

/// Every breach of the rules.
pub(crate) fn faults(top: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for path in files(&top.join("crates"), &[".rs"]) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        faults.extend(faults_of_code(&shown(top, &path), &text));
    }
    let paths = paths_of_this_machine(top);
    let texts = [".rs", ".md", ".toml", ".py", ".xml", ".txt", ".conf", ".service", "/run"];
    for path in files(top, &texts).into_iter().chain(files(&top.join("scripts"), &[""])) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        faults.extend(faults_of_text(&shown(top, &path), &text, &paths));
    }
    faults.sort();
    faults.dedup();
    faults
}

fn faults_of_code(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // Files that are included, and tests beside their module, belong to a file that says it.
    let is_module = !name.contains("/tests/data/") && !name.ends_with("/test.rs");
    if is_module && !text.starts_with("//!") && !text.starts_with("#!") {
        faults.push(format!("{name}: does not begin with //! (what it is, and why)"));
    }
    let length = code_lines(text);
    let may_be_long =
        TO_BE_PARTED.contains(&name) || TABLES.iter().any(|table| name.contains(table));
    if length > CODE_LINES_MAX && !may_be_long {
        faults.push(format!("{name}: {length} lines of code; {CODE_LINES_MAX} are the most"));
    }
    if !FOREIGN_NAMES.iter().any(|foreign| name.starts_with(foreign)) {
        faults.extend(empty_names(name, text));
    }
    faults
}

/// Lines that are neither empty nor comment, without the tests at the file's end.
fn code_lines(text: &str) -> usize {
    text.lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

fn empty_names(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
        let (Some(kind), Some(declared)) = (words.next(), words.next()) else { continue };
        let end = declared.find(|c: char| !c.is_alphanumeric() && c != '_');
        let declared = &declared[..end.unwrap_or(declared.len())];
        let is_empty = match kind {
            "struct" | "enum" | "trait" | "type" => {
                camel_words(declared).any(|word| EMPTY_WORDS.contains(&word))
            }
            "mod" => EMPTY_MODULES.contains(&declared),
            "fn" => declared.starts_with("get_"),
            _ => false,
        };
        if is_empty {
            faults.push(format!("{name}:{}: '{declared}' is a name that says nothing", number + 1));
        }
    }
    faults
}

/// `DomainInfo` is `Domain`, `Info`.
fn camel_words(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest[1..].find(char::is_uppercase).map_or(rest.len(), |at| at + 1);
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// Folders that only whoever works here has: the checkout's, what was built, the home.
fn paths_of_this_machine(top: &Path) -> Vec<String> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    [top.parent().map(Path::to_owned), folder("CARGO_TARGET_DIR"), folder("HOME")]
        .into_iter()
        .flatten()
        // The root and its own folders that every machine has say nothing.
        .filter(|path| {
            path.is_absolute() && !EVERYWHERE.iter().any(|common| path == Path::new(common))
        })
        .map(|path| format!("{}/", path.display()))
        .collect()
}

const EVERYWHERE: [&str; 6] = ["/", "/tmp", "/home", "/usr", "/var", "/nonexistent"];

fn faults_of_text(name: &str, text: &str, paths: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for path in paths {
            let found = line.find(path).is_some_and(|at| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| {
                    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '/')
                })
            });
            if found {
                faults.push(format!("{name}:{}: tells of a machine ({path})", number + 1));
            }
        }
        if line.ends_with([' ', '\t']) && !GOLDENS.iter().any(|golden| name.contains(golden)) {
            faults.push(format!("{name}:{}: a space at the end", number + 1));
        }
    }
    faults
}

/// What others print, spaces and all.
const GOLDENS: [&str; 3] = ["tests/expected/", "/goldens/", "/data/"];

#[cfg(test)]
mod test {
    use super::{camel_words, code_lines, faults, faults_of_code, faults_of_text};
    use crate::tree::workspace;

    #[test]
    fn the_house_is_tidy() {
        assert_eq!(faults(&workspace()), Vec::<String>::new());
    }

    #[test]
    fn a_file_says_what_it_is() {
        assert_eq!(faults_of_code("crates/x/src/a.rs", "use std::fs;\n").len(), 1);
        assert_eq!(faults_of_code("crates/x/src/a.rs", "//! What.\n").len(), 0);
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        let text = "//! X.\npub(crate) struct DomainManager;\nfn get_it() {}\nmod utils;\n";
        assert_eq!(faults_of_code("crates/x/src/a.rs", text).len(), 3);
        let text = "//! X.\nstruct Database;\nstruct Informer;\nfn getter() {}\n";
        assert_eq!(faults_of_code("crates/x/src/a.rs", text).len(), 0);
    }

    #[test]
    fn tests_and_comments_are_no_length() {
        assert_eq!(code_lines("//! X.\n\nfn a() {}\n#[cfg(test)]\nmod test {\n}\n"), 1);
        assert_eq!(camel_words("DomainInfo").collect::<Vec<_>>(), ["Domain", "Info"]);
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        let paths = ["/builds/".to_owned()];
        assert_eq!(faults_of_text("README.md", "see /builds/x/y\n", &paths).len(), 1);
        assert_eq!(faults_of_text("README.md", "our/builds/of things\n", &paths).len(), 0);
    }

    #[test]
    fn a_space_at_the_end_is_found_except_in_what_others_print() {
        assert_eq!(faults_of_text("README.md", "word \n", &[]).len(), 1);
        assert_eq!(faults_of_text("tests/expected/list.txt", "word \n", &[]).len(), 0);
    }
}
