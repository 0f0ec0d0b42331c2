//! A short talk with a QEMU that runs nothing, over its standard input and output.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;
use stead_qemu::abilities::{Accelerator, Question};

use super::ProbeError;

/// Longest answer that is read; a schema is a quarter of a MiB.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Most that is kept of what a QEMU says.
const SAID_BYTES_MAX: u64 = 16 << 10;

/// A running QEMU. It is killed when this goes away.
pub(super) struct Monitor {
    child: Child,
    binary: String,
    deadline: Instant,
    unread: Vec<u8>,
}

impl Monitor {
    /// Starts a binary without a machine.
    pub(super) fn start(
        binary: &Path,
        accelerator: Accelerator,
        deadline: Instant,
    ) -> Result<Self, ProbeError> {
        let machine = format!("none,accel={}", accelerator.qemu_name());
        Self::start_with(binary, &["-machine", &machine], deadline)
    }

    /// Starts a binary; it stops before it runs anything.
    pub(super) fn start_with(
        binary: &Path,
        arguments: &[&str],
        deadline: Instant,
    ) -> Result<Self, ProbeError> {
        let name = binary.display().to_string();
        let child = Command::new(binary)
            .args(["-S", "-no-user-config", "-nodefaults", "-display", "none", "-qmp", "stdio"])
            .args(arguments)
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|cause| ProbeError::Spawn { binary: name.clone(), cause })?;
        Ok(Self { child, binary: name, deadline, unread: vec![] })
    }

    /// Asks everything at once. An answer that is an error is none.
    pub(super) fn ask(&mut self, questions: &[Question]) -> Result<Vec<Option<Value>>, ProbeError> {
        let mut text = String::from("{\"execute\":\"qmp_capabilities\"}\n");
        for question in questions {
            let mut command = serde_json::Map::new();
            command.insert("execute".to_owned(), question.execute.into());
            if !question.arguments.is_null() {
                command.insert("arguments".to_owned(), question.arguments.clone());
            }
            text.push_str(&Value::Object(command).to_string());
            text.push('\n');
        }
        // A QEMU that has ended already is told of by the missing answers.
        if let Some(input) = &mut self.child.stdin {
            let _ = input.write_all(text.as_bytes());
        }
        self.answer()?;
        questions.iter().map(|_| self.answer()).collect()
    }

    /// The next answer.
    fn answer(&mut self) -> Result<Option<Value>, ProbeError> {
        loop {
            let line = self.line()?;
            let Ok(Value::Object(mut message)) = serde_json::from_slice(&line) else {
                return Err(self.silent("it speaks no QMP".to_owned()));
            };
            if let Some(value) = message.remove("return") {
                return Ok(Some(value));
            }
            if message.contains_key("error") {
                return Ok(None);
            }
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, ProbeError> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.unread.split_off(searched + end + 1);
                return Ok(std::mem::replace(&mut self.unread, rest));
            }
            searched = self.unread.len();
            if searched > ANSWER_BYTES_MAX {
                return Err(self.silent("its answer has no end".to_owned()));
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), ProbeError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Some(output) = &mut self.child.stdout else {
            return Err(self.silent("it has no output".to_owned()));
        };
        let ready = wait(output, left);
        if !ready {
            return Err(self.silent("it took too long".to_owned()));
        }
        let mut chunk = [0; 64 << 10];
        match output.read(&mut chunk) {
            Ok(0) | Err(_) => {
                let said = self.said();
                Err(self.silent(said))
            }
            Ok(length) => {
                self.unread.extend_from_slice(&chunk[..length]);
                Ok(())
            }
        }
    }

    fn silent(&self, said: String) -> ProbeError {
        ProbeError::Silent { binary: self.binary.clone(), said }
    }

    /// What it said on standard error; it must have ended.
    fn said(&mut self) -> String {
        let _ = self.child.kill();
        let mut text = vec![];
        if let Some(errors) = self.child.stderr.take() {
            let _ = errors.take(SAID_BYTES_MAX).read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("warning:")).collect();
        lines.join("\n")
    }
}

fn wait(output: &std::process::ChildStdout, left: Duration) -> bool {
    let timeout = Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(left.subsec_nanos()),
    };
    let mut watched = [PollFd::new(output, PollFlags::IN)];
    loop {
        match poll(&mut watched, Some(&timeout)) {
            Ok(count) => return count > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
