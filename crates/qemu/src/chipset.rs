//! Which chipset a machine type has, as far as addresses and defaults depend on it.

/// A chipset of x86 machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chipset {
    /// `pc` and `pc-i440fx-*`.
    I440fx,
    /// `q35` and `pc-q35-*`.
    Q35,
    /// `isapc`, `microvm` and others, without the PCI of the first two.
    Other,
}

impl Chipset {
    /// Of a machine type's name.
    pub fn of(machine: &str) -> Self {
        let is = |name: &str| {
            machine == name || machine.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
        };
        if is("q35") || is("pc-q35") {
            Self::Q35
        } else if machine == "pc" || is("pc-i440fx") || is("rhel6") || old(machine) {
            Self::I440fx
        } else {
            Self::Other
        }
    }
}

/// `pc-0.12` to `pc-1.3`, from before chipsets were named.
fn old(machine: &str) -> bool {
    machine.strip_prefix("pc-").is_some_and(|rest| rest.starts_with(['0', '1']))
}

#[cfg(test)]
mod test {
    use super::Chipset;

    #[test]
    fn names() {
        for (machine, chipset) in [
            ("pc", Chipset::I440fx),
            ("pc-i440fx-10.0", Chipset::I440fx),
            ("pc-1.0", Chipset::I440fx),
            ("q35", Chipset::Q35),
            ("pc-q35-9.2", Chipset::Q35),
            ("microvm", Chipset::Other),
            ("isapc", Chipset::Other),
        ] {
            assert_eq!(Chipset::of(machine), chipset, "{machine}");
        }
    }
}
