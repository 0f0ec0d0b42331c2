//! What the CPUID instruction answers, and the feature MSRs that can be read.
//!
//! Leaves and subleaves are those that libvirt reads (`reference/cpu.md` 2.2): the hardware's layer,
//! with KVM left aside.

use stead_cpu::{Catalog, Dump, Key, Registers};

/// Reads every leaf of the CPU this runs on. Empty on other architectures.
#[cfg(target_arch = "x86_64")]
pub fn native() -> Dump {
    let mut reader = Reader { dump: Dump::default() };
    let last = reader.read(0, 0)[0];
    for leaf in 1..=last.min(0xff) {
        reader.leaf(leaf);
    }
    let last = reader.read(0x8000_0000, 0)[0];
    for leaf in 0x8000_0001..=last.min(0x8000_00ff) {
        reader.read(leaf, 0);
    }
    reader.dump
}

/// Reads every leaf of the CPU this runs on. Empty on other architectures.
#[cfg(not(target_arch = "x86_64"))]
pub fn native() -> Dump {
    Dump::default()
}

/// Adds the MSRs that any feature of the catalog is in, from `/dev/cpu/0/msr` or else from KVM.
/// What cannot be read stays zero.
pub fn add_msrs(dump: &mut Dump, catalog: &Catalog, kvm: Option<&crate::kvm::Device>) {
    let file = std::fs::File::open("/dev/cpu/0/msr").ok();
    let mut indices: Vec<u32> = catalog
        .features()
        .iter()
        .flat_map(|feature| &feature.places)
        .filter_map(|place| match place.key {
            Key::Msr(index) => Some(index),
            Key::Cpuid { .. } => None,
        })
        .collect();
    indices.sort_unstable();
    indices.dedup();
    for index in indices {
        let value = match &file {
            Some(file) => read_msr(file, index),
            None => kvm.and_then(|kvm| kvm.feature_msr(index)),
        };
        if let Some(value) = value.filter(|value| *value != 0) {
            dump.msrs.insert(index, value);
        }
    }
}

fn read_msr(file: &std::fs::File, index: u32) -> Option<u64> {
    use std::os::unix::fs::FileExt;
    let mut value = [0; 8];
    file.read_exact_at(&mut value, u64::from(index)).ok()?;
    Some(u64::from_le_bytes(value))
}

#[cfg(target_arch = "x86_64")]
struct Reader {
    dump: Dump,
}

#[cfg(target_arch = "x86_64")]
impl Reader {
    fn read(&mut self, leaf: u32, subleaf: u32) -> Registers {
        let answer = ask(leaf, subleaf);
        self.dump.cpuid.insert((leaf, subleaf), answer);
        answer
    }

    fn leaf(&mut self, leaf: u32) {
        match leaf {
            0x4 => self.while_subleaf(leaf, |[eax, ..]| eax & 0x1f != 0),
            0xb => self.while_subleaf(leaf, |[_, _, ecx, _]| ecx & 0xff00 != 0),
            0x7 | 0x14 => {
                let last = self.read(leaf, 0)[0];
                for subleaf in 1..=last.min(63) {
                    self.read(leaf, subleaf);
                }
            }
            0xd => self.save_areas(),
            0xf | 0x10 => {
                let [_, ebx, _, edx] = self.read(leaf, 0);
                let announced = if leaf == 0xf { edx } else { ebx };
                for subleaf in (1..32).filter(|bit| announced & (1 << bit) != 0) {
                    self.read(leaf, subleaf);
                }
            }
            0x12 => {
                let has_sgx = self.dump.cpuid.get(&(7, 0)).is_some_and(|word| word[1] & 4 != 0);
                if has_sgx {
                    self.read(leaf, 0);
                    self.read(leaf, 1);
                    for subleaf in 2..64 {
                        if ask(leaf, subleaf)[0] & 0xf == 0 {
                            break;
                        }
                        self.read(leaf, subleaf);
                    }
                }
            }
            0x17 => {
                let last = ask(leaf, 0)[0];
                if last >= 3 {
                    for subleaf in 0..=last.min(63) {
                        self.read(leaf, subleaf);
                    }
                }
            }
            _ => {
                self.read(leaf, 0);
            }
        }
    }

    fn while_subleaf(&mut self, leaf: u32, goes_on: impl Fn(Registers) -> bool) {
        for subleaf in 0..64 {
            let answer = ask(leaf, subleaf);
            if !goes_on(answer) {
                break;
            }
            self.dump.cpuid.insert((leaf, subleaf), answer);
        }
    }

    /// Leaf 0xd: a subleaf for every component of the XSAVE area.
    fn save_areas(&mut self) {
        let [low, _, _, high] = self.read(0xd, 0);
        let [_, _, more_low, more_high] = self.read(0xd, 1);
        let components = u64::from(low | more_low) | (u64::from(high | more_high) << 32);
        for subleaf in (2..64).filter(|bit| components & (1 << bit) != 0) {
            self.read(0xd, subleaf);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn ask(leaf: u32, subleaf: u32) -> Registers {
    let answer = std::arch::x86_64::__cpuid_count(leaf, subleaf);
    [answer.eax, answer.ebx, answer.ecx, answer.edx]
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_cpu_has_a_vendor_and_a_signature() {
        let dump = native();
        assert!(dump.vendor().is_some());
        assert!(dump.identity().is_some());
    }
}
