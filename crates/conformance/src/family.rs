//! The families of cases and how each is judged.

mod cpu;
mod domaincaps;
mod genericxml2xml;
mod qemuxmlconf;

use crate::corpus::Corpus;
use crate::report::Outcome;

/// A family of cases.
pub(crate) struct Family {
    /// Folder in the corpus.
    pub(crate) name: &'static str,
    /// Judges all its cases.
    pub(crate) run: fn(&Corpus, &mut Vec<Outcome>) -> Result<(), String>,
}

/// All families that are judged.
pub(crate) const ALL: &[Family] = &[
    Family { name: "cpu", run: cpu::run },
    Family { name: "domaincaps", run: domaincaps::run },
    Family { name: "genericxml2xml", run: genericxml2xml::run },
    Family { name: "qemuxmlconf", run: qemuxmlconf::run },
];

/// Runs one case; a panic becomes an error.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(result) => result,
        Err(cause) => {
            let text = cause
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| cause.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(format!("panicked: {text}"))
        }
    }
}
