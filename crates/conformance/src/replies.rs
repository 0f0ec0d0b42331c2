//! Recorded QMP sessions of a QEMU binary, as abilities.

use serde_json::Value;
use stead_qemu::abilities::{self, Abilities, Accelerator, Answers};

use crate::corpus::Corpus;

/// Reads a `.replies` file: commands and replies in turn. A second session, after another
/// `qmp_capabilities`, is the one without KVM.
pub(crate) fn abilities(corpus: &Corpus, path: &str, binary: &str) -> Result<Abilities, String> {
    let text = corpus.read(path)?;
    let mut sessions: Vec<Answers> = Vec::new();
    let mut asked: Option<(String, Value)> = None;
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let value = value.map_err(|error| format!("{path}: {error}"))?;
        if let Some(execute) = value.get("execute").and_then(Value::as_str) {
            if execute == "qmp_capabilities" {
                sessions.push(Answers::default());
            }
            let arguments = value.get("arguments").cloned().unwrap_or(Value::Null);
            asked = Some((execute.to_owned(), arguments));
        } else if let (Some((execute, arguments)), Some(result), Some(session)) =
            (asked.take(), value.get("return"), sessions.last_mut())
        {
            session.insert(&execute, &arguments, result.clone());
        }
    }
    let mut sessions = sessions.into_iter();
    let common = sessions.next().ok_or_else(|| format!("{path}: no session"))?;
    let fast = if path.contains("+hvf") { Accelerator::Hvf } else { Accelerator::Kvm };
    let accelerated = match sessions.next() {
        Some(slow) => vec![(fast, common.clone()), (Accelerator::Tcg, slow)],
        None => vec![(Accelerator::Tcg, common.clone())],
    };
    abilities::parse(binary, &common, &accelerated).map_err(|error| format!("{path}: {error}"))
}
