//! What the checks found, for people and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

/// The result of one check of one case.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome {
    /// Family, with the kind of check where a family reports several (`qemuxmlconf/xml2argv`).
    #[serde(skip)]
    pub(crate) family: String,
    /// Architecture of the guest or of the CPU.
    #[serde(skip)]
    pub(crate) arch: String,
    /// Name of the case.
    pub(crate) case: String,
    /// Name of the check.
    pub(crate) check: String,
    /// Right by meaning.
    pub(crate) fair: bool,
    /// Right to the letter.
    pub(crate) strict: bool,
    /// First difference.
    pub(crate) why: String,
}

#[derive(Serialize)]
struct Family<'a> {
    family: &'a str,
    arch: &'a str,
    total: usize,
    fair: usize,
    strict: usize,
    cases: Vec<&'a Outcome>,
}

fn families(outcomes: &[Outcome]) -> Vec<Family<'_>> {
    let mut families: BTreeMap<(&str, &str), Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        families.entry((&outcome.family, &outcome.arch)).or_default().push(outcome);
    }
    families
        .into_iter()
        .map(|((family, arch), cases)| Family {
            family,
            arch,
            total: cases.len(),
            fair: cases.iter().filter(|case| case.fair).count(),
            strict: cases.iter().filter(|case| case.strict).count(),
            cases,
        })
        .collect()
}

/// Prints the lines of all families, then what fails: each check, or reasons with their counts.
pub(crate) fn print(outcomes: &[Outcome], by_reason: bool) {
    let families = families(outcomes);
    println!("{:<28} {:<9} {:>6} {:>6} {:>6}", "family", "arch", "strict", "fair", "total");
    for family in &families {
        println!(
            "{:<28} {:<9} {:>6} {:>6} {:>6}",
            family.family, family.arch, family.strict, family.fair, family.total
        );
    }
    if by_reason {
        return print_reasons(&families);
    }
    for family in &families {
        for case in family.cases.iter().filter(|case| !case.fair || !case.strict) {
            let word = if case.fair { "not to the letter" } else { "FAILS" };
            println!("\n{} {} {} {word}", family.family, case.case, case.check);
            for line in case.why.lines() {
                println!("    {line}");
            }
        }
    }
}

fn print_reasons(families: &[Family<'_>]) {
    for family in families {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for case in family.cases.iter().filter(|case| !case.fair) {
            let reason = case.why.lines().next().unwrap_or_default();
            reasons.entry(reason).or_default().push(&case.case);
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
        for (reason, cases) in reasons {
            println!("{} {:>4} {reason}  [{}]", family.family, cases.len(), cases[0]);
        }
    }
}

/// The JSON form, as issue trackers and dashboards read it.
pub(crate) fn json(outcomes: &[Outcome]) -> String {
    serde_json::to_string_pretty(&families(outcomes)).unwrap_or_default()
}
