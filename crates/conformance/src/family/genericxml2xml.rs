//! Domain documents with no hypervisor: parse and print.

use stead_config::{Domain, Form};

use super::guarded;
use crate::compare;
use crate::corpus::{Case, Corpus};
use crate::report::Outcome;

pub(super) fn run(corpus: &Corpus, outcomes: &mut Vec<Outcome>) -> Result<(), String> {
    for case in corpus.cases("genericxml2xml")? {
        let made = guarded(|| {
            let text = corpus.read(case.input("xml").unwrap_or_default())?;
            let flag = |name: &str| case.conditions.get(name).and_then(|flag| flag.as_bool());
            let form = |inactive: Option<bool>| {
                if inactive == Some(true) { Form::STORED } else { Form::STATUS }
            };
            let reading = form(flag("parse_inactive"));
            let domain = Domain::parse_as(&text, reading).map_err(|faults| faults.to_string())?.0;
            Ok(domain.print(form(flag("format_inactive"))))
        });
        outcomes.push(judge(corpus, &case, made)?);
    }
    Ok(())
}

fn judge(corpus: &Corpus, case: &Case, made: Result<String, String>) -> Result<Outcome, String> {
    let mut outcome = Outcome {
        family: "genericxml2xml".to_owned(),
        arch: "any".to_owned(),
        case: case.name.clone(),
        check: case.expect.clone(),
        fair: false,
        strict: false,
        why: String::new(),
    };
    match (case.golden("xml"), made) {
        (Some(golden), Ok(made)) => {
            let golden = corpus.read(golden)?;
            let difference = compare::xml(&made, &golden);
            outcome.fair = difference.is_none();
            outcome.strict = outcome.fair && made == golden;
            outcome.why = difference.or_else(|| compare::text(&made, &golden)).unwrap_or_default();
        }
        (Some(_), Err(reason)) => outcome.why = reason,
        (None, Err(reason)) => {
            outcome.fair = !reason.starts_with("panicked");
            outcome.strict = outcome.fair;
            outcome.why = reason;
        }
        (None, Ok(_)) => outcome.why = "was taken, but must be refused".to_owned(),
    }
    Ok(outcome)
}
