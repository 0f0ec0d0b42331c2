//! A domain document with its text, kept small.
//!
//! A machine that is off keeps only the text that is on disk; its tree is read when it is asked for, and dropped when
//! nobody holds it. A machine that runs keeps the tree; its text is written when it is asked for.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use stead_config::domain::LifecycleAction;
use stead_config::domain::chardev::ChannelPort;
use stead_config::{Class, Domain, Faults, Form};
use stead_qemu::cpu::Refusal;
use stead_qemu::describe::describe;
use stead_qemu::refresh::Live;
use stead_qemu::settle::Settings;

use crate::machine::{Action, Actions};
use crate::{Error, Kind, Origin, Result, Summary};

/// A document and its text.
#[derive(Debug)]
pub struct Document {
    form: Form,
    text: OnceLock<Arc<str>>,
    tree: Tree,
    summary: Summary,
    actions: Actions,
}

#[derive(Debug)]
enum Tree {
    Kept(Arc<Domain>),
    Read(Mutex<Weak<Domain>>),
}

impl Document {
    /// What is kept on disk.
    pub(crate) fn stored(text: Arc<str>, domain: &Domain) -> Self {
        Self::of_text(text, domain, Form::STORED)
    }

    /// What a run record holds of what runs.
    pub(crate) fn recorded(text: Arc<str>, domain: &Domain) -> Self {
        Self::of_text(text, domain, Form::STATUS)
    }

    fn of_text(text: Arc<str>, domain: &Domain, form: Form) -> Self {
        let known = OnceLock::new();
        let _first = known.set(text);
        Self {
            form,
            text: known,
            tree: Tree::Read(Mutex::default()),
            summary: summary(domain),
            actions: actions(domain),
        }
    }

    /// The document of what runs.
    pub(crate) fn live(live: &Live) -> Self {
        Self::tree(describe(live), Form::STATUS)
    }

    /// A document of which only the tree is there yet.
    pub(crate) fn tree(domain: Domain, form: Form) -> Self {
        Self {
            form,
            text: OnceLock::new(),
            summary: summary(&domain),
            actions: actions(&domain),
            tree: Tree::Kept(Arc::new(domain)),
        }
    }

    /// The whole document, passwords included.
    pub fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| match &self.tree {
            Tree::Kept(domain) => domain.print(self.form).into(),
            // A document without a tree was made from its text.
            Tree::Read(_) => Arc::from(""),
        })
    }

    /// The document as a tree.
    ///
    /// # Errors
    /// When the text cannot be read any more.
    pub fn domain(&self) -> Result<Arc<Domain>> {
        let read = match &self.tree {
            Tree::Kept(domain) => return Ok(Arc::clone(domain)),
            Tree::Read(read) => read,
        };
        let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(domain) = read.upgrade() {
            return Ok(domain);
        }
        let parsed = match self.form.is_live() {
            true => Domain::parse_live(self.text()),
            false => Domain::parse(self.text()),
        };
        let domain = Arc::new(parsed.map_err(|found| faults(&found))?);
        *read = Arc::downgrade(&domain);
        Ok(domain)
    }

    /// The document without passwords.
    ///
    /// # Errors
    /// As [`Document::domain`].
    pub fn public_text(&self) -> Result<Arc<str>> {
        let text = self.text();
        if !text.contains("passwd=") {
            return Ok(Arc::clone(text));
        }
        let form = if self.form.is_live() { Form::LIVE } else { Form::INACTIVE };
        Ok(self.domain()?.print(form).into())
    }

    /// Its figures.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    pub(crate) fn actions(&self) -> Actions {
        self.actions
    }
}

fn summary(domain: &Domain) -> Summary {
    let maximum = domain.memory.size.0;
    let current = domain.current_memory.0;
    Summary {
        memory_max_kib: maximum,
        memory_kib: if current == 0 { maximum } else { current },
        vcpus_max: domain.vcpu.count,
        vcpus: domain.vcpu.at_start(),
    }
}

fn actions(domain: &Domain) -> Actions {
    Actions {
        on_poweroff: action(domain.on_poweroff),
        on_reboot: action(domain.on_reboot),
        on_crash: action(domain.on_crash),
    }
}

fn action(asked: LifecycleAction) -> Action {
    match asked {
        LifecycleAction::Destroy | LifecycleAction::CoredumpDestroy => Action::Destroy,
        LifecycleAction::Restart
        | LifecycleAction::RenameRestart
        | LifecycleAction::CoredumpRestart => Action::Restart,
        LifecycleAction::Preserve => Action::Preserve,
    }
}

/// Refuses what libvirt's QEMU driver refuses of the actions, in its words, and dumps, which are not served yet.
pub(crate) fn check_actions(domain: &Domain) -> Result<()> {
    use LifecycleAction::{
        CoredumpDestroy, CoredumpRestart, Destroy, Preserve, RenameRestart, Restart,
    };
    let refuse = |message: &str| Err(Error::new(Kind::ConfigUnsupported, message));
    let all = [domain.on_poweroff, domain.on_reboot, domain.on_crash];
    for (name, action) in [("poweroff", domain.on_poweroff), ("reboot", domain.on_reboot)] {
        if matches!(action, CoredumpDestroy | CoredumpRestart) {
            let message = format!("Lifecycle event '{name}' doesn't support '{action}' action");
            return refuse(&message).map_err(|error| error.from_origin(Origin::Domain));
        }
    }
    if all.contains(&RenameRestart) {
        return refuse(
            "qemu driver doesn't support the 'rename-restart' action for 'on_reboot'/'on_poweroff'/'on_crash'",
        );
    }
    if domain.on_reboot == Preserve || domain.on_poweroff == Preserve {
        return refuse(
            "qemu driver doesn't support the 'preserve' action for 'on_reboot'/'on_poweroff'",
        );
    }
    if domain.on_poweroff == Restart && domain.on_reboot == Destroy {
        return refuse(
            "qemu driver doesn't support 'onReboot' set to 'destroy and 'onPoweroff' set to 'reboot'",
        );
    }
    if matches!(domain.on_crash, CoredumpDestroy | CoredumpRestart) {
        return refuse("the 'coredump-*' actions for 'on_crash' are not supported by stead yet");
    }
    Ok(())
}

/// The path of the QEMU that a document asks for, or that its architecture has.
pub(crate) fn emulator(domain: &Domain, settings: &Settings) -> Result<String> {
    if let Some(emulator) = &domain.devices.emulator {
        return Ok(emulator.clone());
    }
    let arch = domain.os.kind.arch.as_deref().unwrap_or(std::env::consts::ARCH);
    let known = settings.emulators.iter().find(|(known, _)| known == arch);
    known.map(|(_, path)| path.clone()).ok_or_else(|| {
        Error::new(Kind::ConfigUnsupported, format!("No emulator found for arch '{arch}'"))
    })
}

/// What faults of a document are to a client: libvirt's code of the first, and all of them in words.
pub(crate) fn faults(faults: &Faults) -> Error {
    let kind = match faults.class() {
        Class::Syntax | Class::Detail => Kind::XmlDetail,
        Class::Xml => Kind::XmlError,
        Class::Unsupported => Kind::ConfigUnsupported,
        Class::InvalidArgument => Kind::InvalidArgument,
        Class::Internal => Kind::InternalError,
        Class::Overflow => Kind::Overflow,
        Class::OperationFailed => Kind::OperationFailed,
        Class::OsType => Kind::OsType,
        Class::NoName => Kind::NoName,
        Class::NoSource => Kind::NoSource,
        Class::NoTarget => Kind::NoTarget,
        Class::CpuIncompatible => Kind::CpuIncompatible,
        Class::NoMetadata => Kind::NoDomainMetadata,
    };
    Error::new(kind, faults.detail()).from_origin(Origin::Domain)
}

/// What a CPU that cannot be had is to a client.
pub(crate) fn refusal(refusal: &Refusal) -> Error {
    let place = stead_config::Place::default();
    let fault = stead_config::Fault::new(refusal.class(), place, refusal.to_string());
    faults(&fault.into()).from_origin(Origin::Cpu)
}

/// The image and the alias of the device that QEMU names in an event.
pub(crate) fn disk_names(
    domain: &Domain,
    device: &str,
    qom_path: Option<&str>,
    node: Option<&str>,
) -> (String, String) {
    let disk = domain.devices.disks.iter().find(|disk| {
        let Some(alias) = disk.alias.as_deref() else { return false };
        device.strip_prefix("drive-") == Some(alias)
            || qom_path.is_some_and(|path| path.split('/').any(|part| part == alias))
            || node.is_some_and(|node| node == format!("libvirt-{}-format", index(disk)))
    });
    match disk {
        Some(disk) => (
            disk.source.as_ref().map(|source| source.image.path().to_owned()).unwrap_or_default(),
            disk.alias.clone().unwrap_or_default(),
        ),
        None => (String::new(), device.to_owned()),
    }
}

fn index(disk: &stead_config::domain::disk::Disk) -> u32 {
    disk.source.as_ref().and_then(|source| source.index).unwrap_or(0)
}

/// Whether a channel is the guest agent's.
pub(crate) fn is_agent(domain: &Domain, alias: &str) -> bool {
    domain.devices.channels.iter().any(|channel| {
        channel.alias.as_deref() == Some(alias)
            && matches!(&channel.target, ChannelPort::Virtio { name: Some(name), .. }
                if name == "org.qemu.guest_agent.0")
    })
}
