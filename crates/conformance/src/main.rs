//! Runs the conformance corpora and prints what holds.
//!
//! `conformance DIR [--with DIR2] [--family F]... [--json FILE]`: DIR is the root of a corpus, DIR2 a
//! second root for paths that DIR lacks. Cases come from each family's `manifest.json`, goldens from
//! the files it names, all read at run time. A line a family tells how many checks hold by the
//! strict rule (text) and by the fair one (meaning); then the first difference of each failing case.

mod compare;
mod corpus;
mod family;
mod replies;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use corpus::Corpus;

/// Judges stead with the goldens of a corpus.
#[derive(Parser)]
struct Options {
    /// Root of the corpus: a folder with one folder a family.
    corpus: PathBuf,
    /// A second root, for what the first lacks.
    #[arg(long)]
    with: Option<PathBuf>,
    /// Run this family only; may be given several times.
    #[arg(long)]
    family: Vec<String>,
    /// Run only cases whose name contains this.
    #[arg(long)]
    case: Option<String>,
    /// Write the result of every check to a file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Count the failing checks by reason instead of listing them.
    #[arg(long)]
    reasons: bool,
    /// Print what was made instead of comparing it (with --case).
    #[arg(long)]
    show: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let corpus = Corpus::new(&options.corpus, options.with.as_deref(), options.case.as_deref());
    let corpus = corpus.showing(options.show);
    // A case that panics is a failing case; its message is in the report, not on the terminal.
    std::panic::set_hook(Box::new(|_| {}));
    let mut outcomes = Vec::new();
    let mut known = false;
    for family in family::ALL {
        let wanted = options.family.is_empty()
            || options
                .family
                .iter()
                .any(|name| name == family.name || name.split('/').next() == Some(family.name));
        if !wanted {
            continue;
        }
        known = true;
        if let Err(reason) = (family.run)(&corpus, &mut outcomes) {
            eprintln!("{}: {reason}", family.name);
            return ExitCode::FAILURE;
        }
    }
    if !known {
        let names: Vec<_> = family::ALL.iter().map(|family| family.name).collect();
        eprintln!("no such family; there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    outcomes.retain(|outcome: &report::Outcome| {
        options.family.is_empty()
            || options.family.iter().any(|name| {
                *name == outcome.family || outcome.family.split('/').next() == Some(name.as_str())
            })
    });
    report::print(&outcomes, options.reasons);
    if let Some(path) = options.json
        && let Err(error) = std::fs::write(&path, report::json(&outcomes))
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
