//! Domain documents through `settle`, `plan` and `argv`: the largest family.
//!
//! Reported as four: `xml2xml` (settle and print), `outxml2xml` (a settled document stays as it
//! is), `xml2argv` (the command line of a cold start), `refusals` (documents that must be refused,
//! at parsing or at the start).

mod facts;

use serde_json::Value;
use stead_config::domain::VirtKind;
use stead_config::{Domain, Faults, Form};
use stead_cpu::Catalog;
use stead_qemu::abilities::Accelerator;
use stead_qemu::cpu::Situation;
use stead_qemu::{Settlement, argv, native_wrapped, needs, plan, settle};

use self::facts::Facts;
use super::guarded;
use crate::compare;
use crate::corpus::{Case, Corpus};
use crate::report::Outcome;

pub(super) fn run(corpus: &Corpus, outcomes: &mut Vec<Outcome>) -> Result<(), String> {
    let mut facts = Facts::new(corpus)?;
    for case in corpus.cases("qemuxmlconf")? {
        let mut judge = Judge { corpus, case: &case, outcomes };
        match case.expect.as_str() {
            "parse-error" => judge.refusal(&mut facts),
            _ => judge.success(&mut facts)?,
        }
    }
    Ok(())
}

/// Why something was not made: a refusal, or a defect of ours.
enum Failure {
    Refused(Box<Faults>),
    Broken(String),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Broken(reason)
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Refused(Box::new(faults))
    }
}

impl Failure {
    fn text(&self) -> String {
        match self {
            Self::Refused(faults) => {
                let text = faults.first().map(|fault| fault.text()).unwrap_or_default();
                format!("refused: {text}")
            }
            Self::Broken(reason) => reason.clone(),
        }
    }
}

fn caught<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    guarded(|| Ok(run())).unwrap_or_else(|reason| Err(Failure::Broken(reason)))
}

struct Judge<'a> {
    corpus: &'a Corpus,
    case: &'a Case,
    outcomes: &'a mut Vec<Outcome>,
}

impl Judge<'_> {
    fn push(&mut self, family: &str, fair: bool, strict: bool, why: String) {
        self.outcomes.push(Outcome {
            family: format!("qemuxmlconf/{family}"),
            arch: "x86_64".to_owned(),
            case: self.case.name.clone(),
            check: family.to_owned(),
            fair,
            strict,
            why,
        });
    }

    /// A document that must not be taken, with libvirt's class of error.
    fn refusal(&mut self, facts: &mut Facts) {
        let corpus = self.corpus;
        let Some(input) = self.case.input("xml") else { return };
        let Ok(text) = corpus.read(input) else {
            // The one case whose file is missing tests upstream's own file reading.
            return self.push("refusals", true, true, String::new());
        };
        let made = caught(|| settled(facts, self.case, &text).map(|_| ()));
        self.judge_refusal(made);
    }

    fn judge_refusal(&mut self, made: Result<(), Failure>) {
        let golden = self.case.golden("err").and_then(|path| self.corpus.read(path).ok());
        let golden = golden.unwrap_or_default();
        let golden = golden.trim();
        match made {
            Ok(()) => {
                self.push("refusals", false, false, format!("was taken; expected {golden}"));
            }
            Err(Failure::Broken(reason)) => self.push("refusals", false, false, reason),
            Err(Failure::Refused(faults)) => {
                let text = faults.first().map(|fault| fault.text()).unwrap_or_default();
                let text = text.trim();
                let why = format!("expected {golden}\n made {text}");
                self.push("refusals", class(text) == class(golden), text == golden, why);
            }
        }
    }

    fn success(&mut self, facts: &mut Facts) -> Result<(), String> {
        let case = self.case;
        let text = self.corpus.read(case.input("xml").unwrap_or_default())?;
        let golden = self.corpus.read(case.golden("xml").unwrap_or_default())?;
        let first = caught(|| settled(facts, case, &text));
        if let (true, Ok(domain)) = (self.corpus.show, &first) {
            println!("{}", domain.print(Form::STORED));
        }
        self.xml("xml2xml", first.as_ref().map(|domain| domain.print(Form::STORED)), &golden);
        let again = caught(|| settled(facts, case, &golden));
        self.xml("outxml2xml", again.as_ref().map(|domain| domain.print(Form::STORED)), &golden);
        let planned = match first {
            Ok(domain) => caught(|| planned(facts, case, &domain)),
            Err(failure) => Err(failure),
        };
        if case.expect == "argv-error" {
            self.judge_refusal(planned.map(|_| ()));
            return Ok(());
        }
        match planned {
            Ok((words, text)) => {
                if self.corpus.show {
                    println!("{text}");
                }
                self.arguments(&words, &text)?;
            }
            Err(failure) => self.push("xml2argv", false, false, failure.text()),
        }
        Ok(())
    }

    fn xml(&mut self, family: &str, made: Result<String, &Failure>, golden: &str) {
        match made {
            Ok(made) => {
                let difference = compare::xml(&made, golden);
                let fair = difference.is_none();
                let why = difference.or_else(|| compare::text(&made, golden)).unwrap_or_default();
                self.push(family, fair, fair && made == golden, why);
            }
            Err(failure) => self.push(family, false, false, failure.text()),
        }
    }

    fn arguments(&mut self, made: &[String], text: &str) -> Result<(), String> {
        let golden = self.corpus.json(self.case.golden("args_json").unwrap_or_default())?;
        let command = golden.pointer("/commands/0").unwrap_or(&Value::Null);
        let golden_words: Vec<String> = command
            .get("argv")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect();
        let difference = match golden_words.split_first() {
            Some((binary, _)) if made.first() != Some(binary) => {
                Some(format!("expected {binary}, made {}", made.first().map_or("", |b| b)))
            }
            Some((_, words)) => compare::argv::difference(&made[1..], words),
            None => Some("the golden has no command".to_owned()),
        };
        let golden_text = self.corpus.read(self.case.golden("args").unwrap_or_default())?;
        let fair = difference.is_none();
        let why = difference.or_else(|| compare::text(text, &golden_text)).unwrap_or_default();
        self.push("xml2argv", fair, fair && text.trim() == golden_text.trim(), why);
        Ok(())
    }
}

/// What libvirt's text says before the first colon.
fn class(text: &str) -> &str {
    const CLASSES: &[&str] = &[
        "unsupported configuration",
        "XML error",
        "internal error",
        "operation failed",
        "invalid argument",
        "Operation not supported",
    ];
    let start = text.split(':').next().unwrap_or_default();
    CLASSES.iter().find(|class| **class == start).map_or("XML", |class| class)
}

fn settled(facts: &mut Facts, case: &Case, text: &str) -> Result<Domain, Failure> {
    let host = facts.host(case)?;
    let asked = Domain::parse(text)?;
    match settle(&asked, Some(&host.abilities), &host.settings, &host.firmware, &mut host.seed())? {
        Settlement::Settled(domain) => Ok(domain),
        Settlement::Deferred(_) => Err("was deferred".to_owned().into()),
    }
}

fn planned(
    facts: &mut Facts,
    case: &Case,
    domain: &Domain,
) -> Result<(Vec<String>, String), Failure> {
    let host = facts.host(case)?;
    let empty = host.unfilled(domain);
    let needs = needs(domain, &host.settings, &empty);
    let grants = host.grants(&needs, empty);
    let origin = facts::origin(case);
    let accelerator = match domain.kind {
        VirtKind::Kvm => Accelerator::Kvm,
        _ => Accelerator::Tcg,
    };
    let acceleration = host.abilities.with(accelerator).ok_or("no such accelerator".to_owned())?;
    let catalog = Catalog::builtin();
    let decoded = || acceleration.host_cpus(catalog, &host.facts.cpuid);
    let host_cpus = host.host_cpus.clone().unwrap_or_else(decoded);
    let situation = Situation {
        catalog,
        abilities: &host.abilities,
        acceleration,
        host: &host.facts,
        host_cpus: &host_cpus,
        origin: stead_qemu::cpu::Origin::Fresh,
    };
    let plan = plan(domain, &situation, &host.settings, &grants, origin)?;
    let words = std::iter::once(plan.binary.clone())
        .chain(argv(&plan).into_iter().map(|argument| argument.0))
        .collect();
    Ok((words, native_wrapped(&plan)))
}
