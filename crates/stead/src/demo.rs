//! `stead demo`: a Linux guest booted to its user space on a private daemon, then one start in every
//! CPU mode, then nothing left.
//!
//! The story is told by [`tell`]; whatever becomes of it (an error, Ctrl-C), [`Private::close`]
//! then ends what runs and removes what lies about.

mod boot;
mod document;
mod guest;
mod modes;
mod private;

use std::time::Duration;

use stead_client::Connection;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli;
use boot::Ended;
use document::Accelerator;
use guest::Guest;
use private::Private;

/// How long a guest may take until its user space is ready.
const KVM_BOOT_MAX: Duration = Duration::from_secs(15);
const TCG_BOOT_MAX: Duration = Duration::from_secs(180);

/// Shows it all, and leaves nothing behind.
pub(crate) fn run(options: &cli::Demo) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("starting: {error}"))?;
    runtime.block_on(async {
        let guest = Guest::find(options.guest.as_deref())?;
        let mut private = Private::open(options.verbose)?;
        let told = tokio::select! {
            told = tell(&mut private, &guest) => told,
            name = told_to_end() => Err(format!("{name}: ending")),
        };
        let closed = private.close().await;
        if closed.is_ok() {
            println!("\nEverything is stopped and removed: no process and no file is left.");
        }
        told.and(closed)
    })
}

async fn told_to_end() -> &'static str {
    // Without handlers the signals end us as they always do.
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => "interrupted",
        _ = terminate.recv() => "terminated",
    }
}

/// What is shown.
async fn tell(private: &mut Private, guest: &Guest) -> Result<(), String> {
    let guest = guest.copied_to(&private.folder().join("guest"))?;
    let connection = private.connect().await?;
    println!("A private daemon serves below {}.", private.folder().display());
    println!("Any libvirt client may look:  virsh -c '{}' list --all\n", private.uri());

    let kvm = document::kvm();
    boot_where_it_works(&connection, &guest, &kvm).await?;

    println!("\nOne start in every CPU mode:");
    modes::show(&connection, &guest, &kvm).await
}

/// Boots under KVM; where that is not there, or a guest does not get anywhere on it, under TCG.
async fn boot_where_it_works(
    connection: &Connection,
    guest: &Guest,
    kvm: &Result<(), String>,
) -> Result<(), String> {
    match kvm {
        Ok(()) => {
            println!("KVM is here: the guest boots on it.");
            match boot::boot(connection, guest, Accelerator::Kvm, KVM_BOOT_MAX).await? {
                Ended::Ready => return Ok(()),
                Ended::Not(reason) => {
                    println!("KVM is here but does not carry this guest ({reason}): TCG instead.");
                }
            }
        }
        Err(reason) => println!("No KVM here ({reason}): the guest boots on TCG."),
    }
    match boot::boot(connection, guest, Accelerator::Tcg, TCG_BOOT_MAX).await? {
        Ended::Ready => Ok(()),
        Ended::Not(reason) => Err(format!("the guest did not get to its user space: {reason}")),
    }
}
