//! What the CPUID instruction and the feature MSRs answered: raw, before any meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a register was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    /// The CPUID instruction.
    Cpuid {
        /// EAX before the instruction.
        leaf: u32,
        /// ECX before the instruction.
        subleaf: u32,
    },
    /// A model-specific register.
    Msr(u32),
}

/// A register of an answer. RDMSR gives the low half in EAX and the high half in EDX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Register {
    /// EAX.
    Eax,
    /// EBX.
    Ebx,
    /// ECX.
    Ecx,
    /// EDX.
    Edx,
}

/// The four registers of an answer, in the order EAX, EBX, ECX, EDX.
pub type Registers = [u32; 4];

/// All answers of one CPU. A missing answer is the same as one of zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// By leaf and subleaf.
    #[serde(with = "pairs")]
    pub cpuid: BTreeMap<(u32, u32), Registers>,
    /// By index.
    #[serde(with = "pairs")]
    pub msrs: BTreeMap<u32, u64>,
}

/// Family, model and stepping as leaf 1 EAX tells them (Intel SDM vol. 2A, CPUID, figure 3-6).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Identity {
    /// Extended plus base family.
    pub family: u32,
    /// Extended model shifted left by four, plus base model.
    pub model: u32,
    /// 0 to 15.
    pub stepping: u32,
}

/// The bits of leaf 1 EAX that are not reserved.
const IDENTITY_MASK: u32 = 0x0fff_3fff;

impl Dump {
    /// The register, zero when there is no answer.
    pub fn register(&self, key: Key, register: Register) -> u32 {
        match key {
            Key::Cpuid { leaf, subleaf } => {
                self.cpuid.get(&(leaf, subleaf)).map_or(0, |registers| registers[register as usize])
            }
            Key::Msr(index) => {
                let value = self.msrs.get(&index).copied().unwrap_or(0);
                match register {
                    Register::Eax => value as u32,
                    Register::Edx => (value >> 32) as u32,
                    Register::Ebx | Register::Ecx => 0,
                }
            }
        }
    }

    /// Sets bits of a register.
    pub fn add(&mut self, key: Key, register: Register, bits: u32) {
        match key {
            Key::Cpuid { leaf, subleaf } => {
                self.cpuid.entry((leaf, subleaf)).or_default()[register as usize] |= bits;
            }
            Key::Msr(index) => {
                let shift = if register == Register::Edx { 32 } else { 0 };
                *self.msrs.entry(index).or_default() |= u64::from(bits) << shift;
            }
        }
    }

    /// The twelve characters of leaf 0; `None` when absent or not text.
    pub fn vendor(&self) -> Option<String> {
        let [_, ebx, ecx, edx] = *self.cpuid.get(&(0, 0))?;
        let bytes: Vec<u8> = [ebx, edx, ecx].iter().flat_map(|word| word.to_le_bytes()).collect();
        String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
    }

    /// Family, model and stepping; `None` when leaf 1 has none.
    pub fn identity(&self) -> Option<Identity> {
        let eax = self.register(Key::Cpuid { leaf: 1, subleaf: 0 }, Register::Eax);
        (eax & IDENTITY_MASK != 0).then(|| Identity::from_eax(eax))
    }

    /// Puts family, model and stepping into leaf 1.
    pub fn set_identity(&mut self, identity: Identity) {
        self.cpuid.entry((1, 0)).or_default()[Register::Eax as usize] = identity.to_eax();
    }

    /// Width of physical addresses in bits; `None` when leaf 0x80000008 is absent.
    pub fn physical_address_bits(&self) -> Option<u32> {
        let eax = self.register(Key::Cpuid { leaf: 0x8000_0008, subleaf: 0 }, Register::Eax);
        (eax & 0xff != 0).then_some(eax & 0xff)
    }

    /// The name that the CPU gives itself, trimmed.
    pub fn brand(&self) -> Option<String> {
        let mut bytes = Vec::with_capacity(48);
        for leaf in 0x8000_0002..=0x8000_0004 {
            for word in self.cpuid.get(&(leaf, 0))? {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        Some(text.trim_matches(['\0', ' ']).to_owned())
    }
}

impl Identity {
    /// Reads leaf 1 EAX.
    pub const fn from_eax(eax: u32) -> Self {
        Self {
            family: ((eax >> 8) & 0xf) + ((eax >> 20) & 0xff),
            model: ((eax >> 4) & 0xf) | ((eax >> 12) & 0xf0),
            stepping: eax & 0xf,
        }
    }

    /// As leaf 1 EAX has it; what does not fit is cut off.
    pub const fn to_eax(self) -> u32 {
        let (extended, base) =
            if self.family < 16 { (0, self.family) } else { (self.family - 15, 15) };
        ((extended & 0xff) << 20)
            | ((self.model & 0xf0) << 12)
            | (base << 8)
            | ((self.model & 0xf) << 4)
            | (self.stepping & 0xf)
    }
}

/// JSON knows only text keys, so maps are kept as lists of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K, V, S>(map: &BTreeMap<K, V>, out: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize,
        V: Serialize,
        S: Serializer,
    {
        out.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(input: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(input)?.into_iter().collect())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn identity_both_ways() {
        for eax in [0x0080_0f12, 0x0002_06c2, 0x0000_06fb, 0x0010_0f42, 0x00b0_0f21] {
            assert_eq!(Identity::from_eax(eax).to_eax(), eax, "{eax:#x}");
        }
        let epyc = Identity::from_eax(0x0080_0f12);
        assert_eq!((epyc.family, epyc.model, epyc.stepping), (23, 1, 2));
    }

    #[test]
    fn vendor_is_text() {
        let mut dump = Dump::default();
        assert_eq!(dump.vendor(), None);
        dump.cpuid.insert((0, 0), [0xd, 0x6874_7541, 0x444d_4163, 0x6974_6e65]);
        assert_eq!(dump.vendor().as_deref(), Some("AuthenticAMD"));
    }
}
