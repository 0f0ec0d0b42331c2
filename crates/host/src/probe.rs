//! What a QEMU binary can do on this host, found by running it.
//!
//! One process an accelerator, both at once, every question sent before the first answer is read:
//! about 100 ms. Then the host CPU modes are started for real ([`trial`]). What was found is kept on
//! disk under a key of everything that can change it ([`Cache`]), and shared in memory.
//!
//! All of this blocks: call it on a blocking lane.

mod cache;
mod facts;
mod monitor;
mod trial;

use std::path::Path;
use std::time::{Duration, Instant};

use stead_cpu::Catalog;
use stead_facts::Host;
use stead_qemu::abilities::{
    self, Abilities, Accelerator, Answers, ParseError, Question, Session, questions,
};
use thiserror::Error;

pub use cache::{Cache, Known};
pub use facts::host;

use monitor::Monitor;

/// How long a binary may take to tell what it can do.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long all trials of a binary may take.
const TRIALS_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a binary could not be asked.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// It is not there or cannot be run.
    #[error("cannot run {binary}: {cause}")]
    Spawn {
        /// The binary.
        binary: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// It ended or hung before it had answered.
    #[error("{binary} did not answer: {said}")]
    Silent {
        /// The binary.
        binary: String,
        /// What it said, or what was waited for.
        said: String,
    },
    /// It answered what no QEMU answers.
    #[error("{binary}: {cause}")]
    Answers {
        /// The binary.
        binary: String,
        /// What is wrong.
        cause: ParseError,
    },
}

/// Runs a binary and asks it everything; then, if it is of the host's architecture, tries the host
/// CPU modes.
///
/// # Errors
/// The binary cannot be run, does not answer, or is no QEMU. An accelerator that cannot be used is
/// no error: it is not among the abilities.
pub fn qemu(binary: &Path, host: &Host) -> Result<Abilities, ProbeError> {
    let mut found = ask(binary, host.kvm.is_some())?;
    // Guests of another width have the same CPU behind them and are seldom seen: not worth the time
    // before the first answer.
    if found.arch != host.arch {
        return Ok(found);
    }
    trial::run(binary, host, Catalog::builtin(), &mut found, Instant::now() + TRIALS_TIMEOUT);
    Ok(found)
}

/// Runs a binary and asks it everything; tries nothing.
fn ask(binary: &Path, with_kvm: bool) -> Result<Abilities, ProbeError> {
    let name = binary.display().to_string();
    let session = |accelerator, common: bool| -> Result<(Answers, Answers), ProbeError> {
        let mut monitor = Monitor::start(binary, accelerator, Instant::now() + PROBE_TIMEOUT)?;
        let own = questions(Session::Accelerated(accelerator));
        let shared = if common { questions(Session::Common) } else { vec![] };
        let all: Vec<Question> = own.iter().chain(&shared).cloned().collect();
        let mut replies = monitor.ask(&all)?.into_iter();
        let mut keep = |questions: &[Question]| {
            let mut answers = Answers::default();
            for question in questions {
                if let Some(Some(value)) = replies.next() {
                    answers.insert(question.execute, &question.arguments, value);
                }
            }
            answers
        };
        let own = keep(&own);
        Ok((own, keep(&shared)))
    };
    let (fast, slow) = std::thread::scope(|scope| {
        let fast = scope.spawn(|| with_kvm.then(|| session(Accelerator::Kvm, false)));
        let slow = session(Accelerator::Tcg, true);
        (fast.join().unwrap_or(None), slow)
    });
    let mut accelerated = vec![];
    if let Some(Ok((own, _))) = fast {
        accelerated.push((Accelerator::Kvm, own));
    }
    let common = match slow {
        Ok((own, common)) => {
            accelerated.push((Accelerator::Tcg, own));
            common
        }
        // A binary without TCG: KVM tells the rest too.
        Err(_) if !accelerated.is_empty() => session(Accelerator::Kvm, true)?.1,
        Err(error) => return Err(error),
    };
    abilities::parse(&name, &common, &accelerated)
        .map_err(|cause| ProbeError::Answers { binary: name, cause })
}
