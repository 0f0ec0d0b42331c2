//! The documents of the demo's machines: all made from the one in examples/.

use stead_config::domain::cpu::CpuMode;
use stead_config::domain::{Cpu, VirtKind};
use stead_config::{Domain, Form};

use super::guest::Guest;

/// What readers of examples/ see is what the demo runs.
const EXAMPLE: &str = include_str!("../../../../examples/demo.xml");

/// What carries the vCPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accelerator {
    Kvm,
    Tcg,
}

impl Accelerator {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kvm => "KVM",
            Self::Tcg => "TCG",
        }
    }
}

/// Can this process use KVM, and if not, why?
pub(super) fn kvm() -> Result<(), String> {
    match std::fs::OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err("there is no /dev/kvm".to_owned())
        }
        Err(error) => Err(format!("/dev/kvm: {error}")),
    }
}

/// The example with the guest's real paths, an accelerator, and a CPU mode if one is asked for.
pub(super) fn document(guest: &Guest, accelerator: Accelerator, mode: Option<CpuMode>) -> String {
    // A text of ours: that it is a document is what the test below holds.
    let mut domain = Domain::parse(EXAMPLE).expect("the example is a valid document");
    domain.kind = match accelerator {
        Accelerator::Kvm => VirtKind::Kvm,
        Accelerator::Tcg => VirtKind::Qemu,
    };
    domain.os.kernel = Some(guest.kernel.to_string_lossy().into_owned());
    domain.os.initrd = Some(guest.initrd.to_string_lossy().into_owned());
    if let Some(mode) = mode.filter(|mode| *mode != CpuMode::Custom) {
        domain.cpu = Some(Cpu { mode: Some(mode), ..Cpu::default() });
    }
    domain.print(Form::STORED)
}

#[cfg(test)]
mod test {
    use super::{Accelerator, document};
    use crate::demo::guest::Guest;
    use stead_config::Domain;
    use stead_config::domain::VirtKind;
    use stead_config::domain::cpu::CpuMode;

    #[test]
    fn the_example_becomes_the_document_of_each_start() {
        let guest = Guest { kernel: "/g/vmlinuz".into(), initrd: "/g/initrd".into() };
        let text = document(&guest, Accelerator::Tcg, Some(CpuMode::HostModel));
        let domain = Domain::parse(&text).unwrap();
        assert_eq!(domain.kind, VirtKind::Qemu);
        assert_eq!(domain.os.kernel.as_deref(), Some("/g/vmlinuz"));
        assert_eq!(domain.os.initrd.as_deref(), Some("/g/initrd"));
        assert_eq!(domain.cpu.unwrap().mode, Some(CpuMode::HostModel));
    }

    #[test]
    fn custom_is_the_example_as_it_stands() {
        let guest = Guest { kernel: "/k".into(), initrd: "/i".into() };
        let text = document(&guest, Accelerator::Kvm, Some(CpuMode::Custom));
        assert_eq!(text, document(&guest, Accelerator::Kvm, None));
        assert!(text.contains("qemu64"), "{text}");
    }
}
