//! Documents that libvirt printed are printed again, byte for byte.
//!
//! Needs the corpora (`STEAD_SHARED`, or `../shared` beside the workspace); says so if they are not
//! there. What falls short stands in `shortfalls.txt`, each with its reason; that list only shrinks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stead_config::{Class, Domain, Faults, Form, Severity};

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("STEAD_SHARED").map_or(beside, PathBuf::from);
    path.join("conformance").is_dir().then_some(path)
}

/// What became of one document.
#[derive(Debug, PartialEq)]
enum Outcome {
    Exact,
    /// It holds something that is not served yet, and was refused for that alone.
    NotServed,
    Differs(String),
    Refused(String),
}

fn is_not_served(faults: &Faults) -> bool {
    let mut errors = faults.0.iter().filter(|fault| fault.severity == Severity::Error);
    errors.all(|fault| {
        fault.class == Class::Unsupported && fault.message.ends_with("supported by stead yet")
    })
}

fn judge(text: &str, form: Form) -> Outcome {
    let domain = match Domain::parse_as(text, form) {
        Ok((domain, _)) => domain,
        Err(faults) if is_not_served(&faults) => return Outcome::NotServed,
        Err(faults) => return Outcome::Refused(faults.to_string()),
    };
    let printed = domain.print(form);
    let again = Domain::parse_as(&printed, form).map(|(domain, _)| domain);
    if printed == text {
        assert_eq!(again.as_ref(), Ok(&domain), "parse∘print is not the identity:\n{printed}");
        return Outcome::Exact;
    }
    let lines = text.lines().zip(printed.lines()).enumerate();
    let first = lines
        .filter(|(_, (a, b))| a != b)
        .map(|(at, (a, b))| format!("line {}: {a} | {b}", at + 1));
    Outcome::Differs(first.take(1).next().unwrap_or_else(|| "length".to_owned()))
}

fn documents(shared: &Path, family: &str, ending: &str) -> Vec<(String, String)> {
    let folder = shared.join("conformance").join(family);
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a family of the corpora").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) {
            let text = std::fs::read_to_string(entry.path()).expect("a document");
            documents.push((format!("{family}/{name}"), text));
        }
    }
    documents.sort();
    documents
}

#[test]
fn goldens_are_fixed_points() {
    let Some(shared) = shared() else {
        println!("skipped: the corpora are not there (STEAD_SHARED)");
        return;
    };
    let known: BTreeMap<&str, &str> = include_str!("shortfalls.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .collect();
    let mut wrong = Vec::new();
    let families = [
        ("qemuxmlconf", ".x86_64-latest.xml", Form::STORED),
        ("genericxml2xml/out", ".xml", Form::STATUS),
        ("qemuxmlactive2xml", "-active.x86_64-latest.xml", Form::STATUS),
    ];
    for (family, ending, form) in families {
        let (mut exact, mut not_served, mut total) = (0, 0, 0);
        for (name, text) in documents(&shared, family, ending) {
            total += 1;
            let outcome = judge(&text, form);
            match &outcome {
                Outcome::Exact => exact += 1,
                Outcome::NotServed => {
                    not_served += 1;
                    continue;
                }
                _ => {}
            }
            match (outcome == Outcome::Exact, known.get(name.as_str())) {
                (true, None) | (false, Some(_)) => {}
                (true, Some(_)) => {
                    wrong.push(format!("{name}: exact now, take it out of the list"))
                }
                (false, None) => wrong.push(format!("{name}: {outcome:?}")),
            }
        }
        let served = total - not_served;
        println!(
            "{family}*{ending}: {exact} of {served} exact, {not_served} hold what is not served"
        );
    }
    assert!(wrong.is_empty(), "{} documents:\n{}", wrong.len(), wrong.join("\n"));
}

/// A running machine's document printed as its definition.
#[test]
fn running_machines_show_their_definition() {
    let Some(shared) = shared() else {
        println!("skipped: the corpora are not there (STEAD_SHARED)");
        return;
    };
    let ending = "-active.x86_64-latest.xml";
    let (mut exact, mut not_served) = (0, 0);
    for (name, text) in documents(&shared, "qemuxmlactive2xml", ending) {
        let stem = name.trim_end_matches(ending);
        let path = shared.join(format!("conformance/{stem}-inactive.x86_64-latest.xml"));
        let expected = std::fs::read_to_string(path).expect("a document");
        match Domain::parse_live(&text) {
            Ok(domain) => {
                assert_eq!(domain.stored(), expected, "{name}");
                exact += 1;
            }
            Err(faults) if is_not_served(&faults) => not_served += 1,
            Err(faults) => panic!("{name}: {faults}"),
        }
    }
    println!("qemuxmlactive2xml: {exact} exact, {not_served} hold what is not served");
}
