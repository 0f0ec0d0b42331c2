//! USB ports: controllers, hubs below them, and the first free port.
//!
//! libvirt's rules (11.3): the lowest free port of the first controller, hubs only when a level is
//! full, at most four levels.

use std::collections::BTreeMap;

use stead_values::address::UsbPort;

/// Ports of a USB hub device.
pub const HUB_PORTS: u32 = 8;
/// Numbers in a port path.
pub const DEPTH: usize = 4;

/// A port of a machine: the controller's index and the ports from its root hub down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Index of the controller.
    pub bus: u32,
    /// Such as `1.3`.
    pub path: UsbPort,
}

impl Port {
    fn steps(&self) -> &[u32] {
        let depth = self.path.0.iter().position(|step| *step == 0).unwrap_or(DEPTH);
        &self.path.0[..depth]
    }

    fn of(bus: u32, steps: &[u32]) -> Self {
        let mut path = UsbPort::default();
        for (place, step) in path.0.iter_mut().zip(steps) {
            *place = *step;
        }
        Self { bus, path }
    }
}

/// Why a port cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPort {
    /// No controller has that index.
    #[error("USB bus {0} requested but no controller with that index is present")]
    NoController(u32),
    /// The path leads through a port without a hub.
    #[error("there is no hub at port {port} in USB address bus: {} port: {}", .address.bus, .address.path)]
    NoHub {
        /// Where the hub is missing.
        port: u32,
        /// Asked for.
        address: Port,
    },
    /// The hub has fewer ports.
    #[error("requested USB port {} not present on USB bus {}", .0.path, .0.bus)]
    NoPort(Port),
    /// Something is plugged in there.
    #[error("Duplicate USB address bus {} port {}", .0.bus, .0.path)]
    Taken(Port),
    /// Every port is taken.
    #[error("No free USB ports")]
    Full,
}

#[derive(Clone, Debug)]
enum Plug {
    Free,
    Device,
    Hub(Hub),
}

#[derive(Clone, Debug)]
struct Hub {
    ports: Vec<Plug>,
}

impl Hub {
    fn new(ports: u32) -> Self {
        Self { ports: vec![Plug::Free; ports as usize] }
    }

    fn free(&self, path: &mut Vec<u32>) -> bool {
        if path.len() >= DEPTH {
            return false;
        }
        if let Some(index) = self.ports.iter().position(|port| matches!(port, Plug::Free)) {
            path.push(number(index));
            return true;
        }
        for (index, port) in self.ports.iter().enumerate() {
            if let Plug::Hub(hub) = port {
                path.push(number(index));
                if hub.free(path) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).map_or(u32::MAX, |index| index.saturating_add(1))
}

/// All USB ports of a machine.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    buses: BTreeMap<u32, Hub>,
}

/// What goes into a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugged {
    /// A device.
    Device,
    /// A hub, which offers ports again.
    Hub,
}

impl Ports {
    /// Adds a controller; a second one of that index (a companion) adds nothing.
    pub fn add(&mut self, bus: u32, ports: u32) {
        self.buses.entry(bus).or_insert_with(|| Hub::new(ports.min(255)));
    }

    /// Takes a port.
    ///
    /// # Errors
    /// When it does not exist or is taken.
    pub fn reserve(&mut self, port: &Port, plugged: Plugged) -> Result<(), NoPort> {
        let mut hub = self.buses.get_mut(&port.bus).ok_or(NoPort::NoController(port.bus))?;
        let (last, above) = port.steps().split_last().ok_or(NoPort::NoPort(*port))?;
        for step in above {
            let next = step.checked_sub(1).and_then(|index| hub.ports.get_mut(index as usize));
            hub = match next {
                Some(Plug::Hub(hub)) => hub,
                _ => return Err(NoPort::NoHub { port: *step, address: *port }),
            };
        }
        let slot = last
            .checked_sub(1)
            .and_then(|index| hub.ports.get_mut(index as usize))
            .ok_or(NoPort::NoPort(*port))?;
        if !matches!(slot, Plug::Free) {
            return Err(NoPort::Taken(*port));
        }
        *slot = match plugged {
            Plugged::Device => Plug::Device,
            Plugged::Hub => Plug::Hub(Hub::new(HUB_PORTS)),
        };
        Ok(())
    }

    /// Takes the first free port, of one controller or of any.
    ///
    /// # Errors
    /// When there is none.
    pub fn assign(&mut self, bus: Option<u32>, plugged: Plugged) -> Result<Port, NoPort> {
        let found = match bus {
            Some(bus) => {
                let hub = self.buses.get(&bus).ok_or(NoPort::NoController(bus))?;
                let mut path = Vec::new();
                hub.free(&mut path).then(|| Port::of(bus, &path))
            }
            None => self.buses.iter().find_map(|(bus, hub)| {
                let mut path = Vec::new();
                hub.free(&mut path).then(|| Port::of(*bus, &path))
            }),
        };
        let port = found.ok_or(NoPort::Full)?;
        self.reserve(&port, plugged)?;
        Ok(port)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn ports_fill_level_by_level() {
        let mut ports = Ports::default();
        ports.add(0, 2);
        let hub = ports.assign(None, Plugged::Hub).unwrap();
        assert_eq!(hub.path.to_string(), "1");
        assert_eq!(ports.assign(None, Plugged::Device).unwrap().steps(), [2]);
        assert_eq!(ports.assign(None, Plugged::Device).unwrap().steps(), [1, 1]);
        for _ in 0..7 {
            ports.assign(None, Plugged::Device).unwrap();
        }
        assert_eq!(ports.assign(None, Plugged::Device), Err(NoPort::Full));
    }

    #[test]
    fn a_port_without_a_hub_is_named() {
        let mut ports = Ports::default();
        ports.add(0, 2);
        let port = Port::of(0, &[1, 2]);
        let error = ports.reserve(&port, Plugged::Device).unwrap_err();
        assert_eq!(error.to_string(), "there is no hub at port 1 in USB address bus: 0 port: 1.2");
        let missing = Port::of(1, &[1]);
        assert_eq!(ports.reserve(&missing, Plugged::Device), Err(NoPort::NoController(1)));
    }
}
