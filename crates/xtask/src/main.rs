//! Chores of the house. Each is a test as well, so that `cargo test` holds what they hold.
//!
//! ```text
//! cargo run -p xtask -- layers     do crates depend only on lower layers?
//! cargo run -p xtask -- tidy       beginnings of files, names, lengths, paths of somebody's machine
//! cargo run -p xtask -- support    writes docs/support.md; --check only says whether it is stale
//! ```

mod layers;
mod support;
mod tidy;
mod tree;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let faults = match words.as_slice() {
        ["layers"] => layers::faults(&tree::workspace()),
        ["tidy"] => tidy::faults(&tree::workspace()),
        ["support"] => support::write(&tree::workspace()),
        ["support", "--check"] => support::faults(&tree::workspace()),
        _ => vec!["xtask layers | tidy | support [--check]".to_owned()],
    };
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
