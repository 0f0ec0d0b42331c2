//! A boot, shown: the guest's console until its user space is ready, then ACPI's power button.

use std::io::Write as _;
use std::time::Duration;

use stead_client::{Chunk, Connection, Stream};
use stead_protocol::remote::{
    Domain, DomainCreateXml, DomainCreateXmlArgs, DomainDestroy, DomainDestroyArgs, DomainGetState,
    DomainGetStateArgs, DomainOpenConsole, DomainOpenConsoleArgs, DomainShutdown,
    DomainShutdownArgs,
};
use tokio::time::{Instant, sleep, timeout_at};

use super::document::{Accelerator, document};
use super::guest::Guest;

/// How often the machine's state is looked at while its console is silent.
const LOOK: Duration = Duration::from_millis(100);
/// How long a guest may take to end after its power button.
const SHUTDOWN_MAX: Duration = Duration::from_secs(20);
/// libvirt's number of the state "running".
const RUNNING: i32 = 1;

/// How far a guest got.
#[derive(Debug)]
pub(super) enum Ended {
    /// To its user space, and down again.
    Ready,
    /// Not so far, and why.
    Not(String),
}

/// Boots the guest and ends it. An error is a machine that cannot be started or asked.
pub(super) async fn boot(
    connection: &Connection,
    guest: &Guest,
    accelerator: Accelerator,
    longest: Duration,
) -> Result<Ended, String> {
    let begun = Instant::now();
    let args = DomainCreateXmlArgs { xml_desc: document(guest, accelerator, None), flags: 0 };
    let domain = match connection.call(DomainCreateXml, &args).await {
        Ok(reply) => reply.domain,
        // Without KVM in earnest QEMU says so here: there is another way.
        Err(error) if accelerator == Accelerator::Kvm => return Ok(Ended::Not(error.to_string())),
        Err(error) => return Err(error.to_string()),
    };
    println!("  started on {} in {} ms", accelerator.name(), begun.elapsed().as_millis());
    let shown = show_console(connection, &domain, begun + longest).await;
    let ended = match shown {
        Ok(()) => {
            println!("  user space after {:.1} s", begun.elapsed().as_secs_f32());
            shut_down(connection, &domain).await.map(|()| Ended::Ready)
        }
        Err(reason) => Ok(Ended::Not(reason)),
    };
    // Gone already if all went well.
    let _ = connection.call(DomainDestroy, &DomainDestroyArgs { domain }).await;
    ended
}

/// Prints what the guest says until it has told its CPU, or says why it will not.
async fn show_console(
    connection: &Connection,
    domain: &Domain,
    end: Instant,
) -> Result<(), String> {
    let args = DomainOpenConsoleArgs { domain: domain.clone(), dev_name: None, flags: 0 };
    let ((), mut console) = connection
        .open_stream(DomainOpenConsole, &args)
        .await
        .map_err(|error| error.to_string())?;
    let mut said = Said::default();
    let result = loop {
        tokio::select! {
            received = receive(&mut console, end) => match received {
                Ok(bytes) => {
                    said.print(&bytes);
                    if said.is_complete() {
                        break Ok(());
                    }
                }
                Err(reason) => break Err(reason),
            },
            stopped = stops(connection, domain) => break Err(stopped),
        }
    };
    // The machine may be gone, and its console with it.
    let _ = console.abort().await;
    result
}

async fn receive(console: &mut Stream, end: Instant) -> Result<Vec<u8>, String> {
    match timeout_at(end, console.receive()).await {
        Err(_) => Err("it took too long".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(None)) => Err("its console has ended".to_owned()),
        Ok(Ok(Some(Chunk::Data(bytes)))) => Ok(bytes),
        Ok(Ok(Some(Chunk::Hole(_)))) => Ok(Vec::new()),
    }
}

/// Waits until the machine no longer runs, and says how.
async fn stops(connection: &Connection, domain: &Domain) -> String {
    loop {
        sleep(LOOK).await;
        let args = DomainGetStateArgs { domain: domain.clone(), flags: 0 };
        match connection.call(DomainGetState, &args).await {
            Ok(reply) if reply.state == RUNNING => {}
            Ok(reply) if reply.state == 3 => return "QEMU has stopped it".to_owned(),
            Ok(reply) if reply.state == 6 => return "it has crashed".to_owned(),
            Ok(_) | Err(_) => return "QEMU has ended".to_owned(),
        }
    }
}

async fn shut_down(connection: &Connection, domain: &Domain) -> Result<(), String> {
    let begun = Instant::now();
    let args = DomainShutdownArgs { domain: domain.clone() };
    connection.call(DomainShutdown, &args).await.map_err(|error| error.to_string())?;
    if timeout_at(begun + SHUTDOWN_MAX, stops(connection, domain)).await.is_err() {
        return Err("the guest did not end at its power button".to_owned());
    }
    println!("  ended by its power button in {:.1} s", begun.elapsed().as_secs_f32());
    Ok(())
}

/// What the guest has said so far.
#[derive(Debug, Default)]
struct Said {
    text: String,
    printed: usize,
}

impl Said {
    /// How much of a guest's talk is kept; it says a few hundred bytes.
    const MAX: usize = 1 << 20;

    /// Takes bytes, and prints the lines that they complete.
    fn print(&mut self, bytes: &[u8]) {
        if self.text.len() > Self::MAX {
            return;
        }
        self.text.push_str(&String::from_utf8_lossy(bytes));
        let mut out = std::io::stdout().lock();
        while let Some(length) = self.text[self.printed..].find('\n') {
            let line = &self.text[self.printed..self.printed + length];
            self.printed += length + 1;
            // A terminal's control characters are not for ours.
            let plain: String = line.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(out, "  | {plain}");
        }
        let _ = out.flush();
    }

    /// Has its user space said READY, and then its CPU to the last flag?
    fn is_complete(&self) -> bool {
        let Some(ready) = self.text.find("READY") else { return false };
        let Some(flags) = self.text[ready..].find("flags (") else { return false };
        self.text[ready + flags..].contains('\n')
    }
}

#[cfg(test)]
mod test {
    use super::Said;

    #[test]
    fn a_guest_is_ready_when_it_has_told_its_last_flag() {
        let mut said = Said::default();
        said.print(b"boot\r\nflags (2): a b\r\nREADY\r\ncpu: x\r\nflags (2): fp");
        assert!(!said.is_complete());
        said.print(b"u sse\r\n");
        assert!(said.is_complete());
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let mut said = Said::default();
        said.print(&[0xff, 0xfe, b'\n', 0x1b, b'[', b'6', b'n']);
        assert!(!said.is_complete());
    }
}
