//! Where PCI devices go: which slots are taken, which bus suits a device, and which buses to add.
//!
//! The rules are libvirt's (11.3), because a PCI address is guest ABI and a machine has to keep its
//! addresses when it moves between libvirt and stead. This file knows buses and slots only; which
//! device of a document asks for what is in [`super::pci`].

use std::ops::BitOr;

use stead_values::address::Pci;

/// How a device connects to a bus, and what a bus accepts: a set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connect(u16);

impl Connect {
    /// Nothing: the device has no PCI address.
    pub const NONE: Self = Self(0);
    /// The device can come and go while the guest runs.
    pub const HOTPLUG: Self = Self(1);
    /// Several such devices share a slot, a function each.
    pub const AGGREGATE: Self = Self(1 << 1);
    /// A conventional PCI endpoint.
    pub const PCI: Self = Self(1 << 2);
    /// A PCI Express endpoint.
    pub const PCIE: Self = Self(1 << 3);
    /// pcie-root-port.
    pub const ROOT_PORT: Self = Self(1 << 4);
    /// pcie-switch-upstream-port.
    pub const UPSTREAM: Self = Self(1 << 5);
    /// pcie-switch-downstream-port.
    pub const DOWNSTREAM: Self = Self(1 << 6);
    /// dmi-to-pci-bridge.
    pub const DMI_BRIDGE: Self = Self(1 << 7);
    /// pcie-to-pci-bridge.
    pub const PCIE_BRIDGE: Self = Self(1 << 8);
    /// pci-bridge.
    pub const BRIDGE: Self = Self(1 << 9);
    /// pci-expander-bus.
    pub const EXPANDER: Self = Self(1 << 10);
    /// pcie-expander-bus.
    pub const PCIE_EXPANDER: Self = Self(1 << 11);
    /// Only on the root complex, never behind a port.
    pub const INTEGRATED: Self = Self(1 << 12);

    const TYPES: Self = Self(0b1111_1111_1100);
    const ENDPOINTS: Self = Self(Self::PCI.0 | Self::PCIE.0);

    /// Whether any flag of `other` is in the set.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set is empty.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Connect {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The kind of a PCI bus, named as the controller model that provides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusModel {
    /// The root bus of i440fx.
    PciRoot,
    /// The root bus of q35.
    PcieRoot,
    /// 31 conventional slots.
    PciBridge,
    /// Conventional slots on a PCI Express root, without hot-plug.
    DmiToPciBridge,
    /// Conventional slots behind a root port.
    PcieToPciBridge,
    /// One PCI Express slot.
    PcieRootPort,
    /// Slots for downstream ports.
    PcieSwitchUpstreamPort,
    /// One PCI Express slot of a switch.
    PcieSwitchDownstreamPort,
    /// A second conventional root.
    PciExpanderBus,
    /// A second PCI Express root.
    PcieExpanderBus,
}

impl BusModel {
    /// What the controller itself plugs into.
    pub fn connects(self) -> Connect {
        match self {
            Self::PciRoot | Self::PcieRoot => Connect::NONE,
            Self::PciBridge => Connect::BRIDGE,
            Self::DmiToPciBridge => Connect::DMI_BRIDGE,
            Self::PcieToPciBridge => Connect::PCIE_BRIDGE,
            Self::PcieRootPort => Connect::ROOT_PORT | Connect::AGGREGATE,
            Self::PcieSwitchUpstreamPort => Connect::UPSTREAM,
            Self::PcieSwitchDownstreamPort => Connect::DOWNSTREAM,
            Self::PciExpanderBus => Connect::EXPANDER,
            Self::PcieExpanderBus => Connect::PCIE_EXPANDER,
        }
    }

    fn accepts(self) -> Connect {
        match self {
            Self::PciRoot => Connect::HOTPLUG | Connect::PCI | Connect::BRIDGE | Connect::EXPANDER,
            Self::PciBridge | Self::PciExpanderBus => {
                Connect::HOTPLUG | Connect::PCI | Connect::BRIDGE
            }
            Self::PcieRoot => {
                Connect::PCIE
                    | Connect::ROOT_PORT
                    | Connect::DMI_BRIDGE
                    | Connect::PCIE_EXPANDER
                    | Connect::INTEGRATED
            }
            Self::DmiToPciBridge => Connect::PCI | Connect::BRIDGE,
            Self::PcieToPciBridge => Connect::HOTPLUG | Connect::PCI | Connect::BRIDGE,
            Self::PcieRootPort | Self::PcieSwitchDownstreamPort => {
                Connect::HOTPLUG | Connect::PCIE | Connect::UPSTREAM | Connect::PCIE_BRIDGE
            }
            Self::PcieSwitchUpstreamPort => Connect::DOWNSTREAM,
            Self::PcieExpanderBus => Connect::ROOT_PORT | Connect::DMI_BRIDGE,
        }
    }

    /// The first and the last slot.
    fn slots(self) -> (u8, u8) {
        match self {
            Self::PciRoot | Self::PciBridge | Self::PcieRoot | Self::PcieToPciBridge => (1, 31),
            Self::DmiToPciBridge
            | Self::PciExpanderBus
            | Self::PcieSwitchUpstreamPort
            | Self::PcieExpanderBus => (0, 31),
            Self::PcieRootPort | Self::PcieSwitchDownstreamPort => (0, 0),
        }
    }

    /// libvirt's name of the controller model.
    pub fn name(self) -> &'static str {
        match self {
            Self::PciRoot => "pci-root",
            Self::PcieRoot => "pcie-root",
            Self::PciBridge => "pci-bridge",
            Self::DmiToPciBridge => "dmi-to-pci-bridge",
            Self::PcieToPciBridge => "pcie-to-pci-bridge",
            Self::PcieRootPort => "pcie-root-port",
            Self::PcieSwitchUpstreamPort => "pcie-switch-upstream-port",
            Self::PcieSwitchDownstreamPort => "pcie-switch-downstream-port",
            Self::PciExpanderBus => "pci-expander-bus",
            Self::PcieExpanderBus => "pcie-expander-bus",
        }
    }

    /// The model with that libvirt name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::PciRoot,
            Self::PcieRoot,
            Self::PciBridge,
            Self::DmiToPciBridge,
            Self::PcieToPciBridge,
            Self::PcieRootPort,
            Self::PcieSwitchUpstreamPort,
            Self::PcieSwitchDownstreamPort,
            Self::PciExpanderBus,
            Self::PcieExpanderBus,
        ]
        .into_iter()
        .find(|model| model.name() == name)
    }
}

/// Why a device gets no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// No bus has a free slot of the right kind, and none may be added.
    #[error("No more available PCI slots")]
    Full,
    /// The bus does not exist.
    #[error("Invalid PCI address {place}. Only PCI buses up to {last} are available")]
    NoBus {
        /// Asked for.
        place: Pci,
        /// Highest bus there is.
        last: usize,
    },
    /// The slot number is below what the bus has.
    #[error("Invalid PCI address {place}. slot must be >= {first}")]
    SlotTooLow {
        /// Asked for.
        place: Pci,
        /// First slot of the bus.
        first: u8,
    },
    /// The slot number is beyond what the bus has.
    #[error("Invalid PCI address {place}. slot must be <= {last}")]
    SlotTooHigh {
        /// Asked for.
        place: Pci,
        /// Last slot of the bus.
        last: u8,
    },
    /// The bus takes no such device.
    #[error("The device at PCI address {place} cannot be plugged into the PCI controller with index='{}'. It requires a controller that accepts a {wants}.", .place.bus)]
    Unsuitable {
        /// Asked for.
        place: Pci,
        /// What the device is.
        wants: &'static str,
    },
    /// Something is there already.
    #[error("Attempted double use of PCI Address {place}")]
    Taken {
        /// Asked for.
        place: Pci,
    },
    /// A controller of this kind is not added unasked.
    #[error(
        "a PCI slot is needed to connect a PCI controller model='{wants}', but none is available, and it cannot be automatically added"
    )]
    NotAddable {
        /// What the device is.
        wants: &'static str,
    },
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// A bit for each function in use.
    functions: u8,
    aggregate: bool,
}

#[derive(Clone, Debug)]
struct Bus {
    model: BusModel,
    accepts: Connect,
    first: u8,
    last: u8,
    slots: [Slot; 32],
}

impl Bus {
    fn new(model: BusModel, hotplug: bool) -> Self {
        let (first, last) = model.slots();
        let mut accepts = model.accepts();
        if !hotplug {
            accepts.0 &= !Connect::HOTPLUG.0;
        }
        Self { model, accepts, first, last, slots: [Slot::default(); 32] }
    }

    fn suits(&self, wants: Connect, origin: Origin) -> bool {
        let mut accepts = self.accepts;
        if origin == Origin::Document {
            // A person who writes an address may put a PCI device into a PCIe slot, and knows
            // whether hot-plug is needed.
            if accepts.meets(Connect::ENDPOINTS) {
                accepts = accepts | Connect::ENDPOINTS;
            }
            accepts = accepts | Connect::HOTPLUG;
        }
        let shared = wants.0 & accepts.0 & Connect::TYPES.0;
        shared != 0 && (!wants.meets(Connect::HOTPLUG) || accepts.meets(Connect::HOTPLUG))
    }

    /// The first free function that suits the device, `function` being the one it must have.
    fn free(&self, wants: Connect, function: Option<u8>) -> Option<(u8, u8)> {
        if !self.suits(wants, Origin::Assigned) {
            return None;
        }
        (self.first..=self.last).find_map(|number| {
            let slot = self.slots[usize::from(number)];
            if slot.functions == 0 {
                return Some((number, function.unwrap_or(0)));
            }
            if !(wants.meets(Connect::AGGREGATE) && slot.aggregate) {
                return None;
            }
            let free = |function: &u8| slot.functions & (1 << *function) == 0;
            match function {
                Some(function) => Some(function).filter(free),
                None => (0..8).find(free),
            }
            .map(|function| (number, function))
        })
    }
}

/// Who chose an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the document.
    Document,
    /// It is being assigned.
    Assigned,
}

/// Whether buses may be added when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Add what is needed.
    Allowed,
    /// Refuse.
    Refused,
}

/// The PCI buses of one machine and what sits on them.
#[derive(Clone, Debug)]
pub struct Buses {
    buses: Vec<Bus>,
    growth: Growth,
}

impl Buses {
    /// Buses by index; an index without a model gets the usual one for the machine.
    pub fn new(models: &[Option<(BusModel, bool)>], growth: Growth) -> Self {
        let express = matches!(models.first(), Some(Some((BusModel::PcieRoot, _))));
        let buses = models
            .iter()
            .enumerate()
            .map(|(index, model)| match model {
                Some((model, hotplug)) => Bus::new(*model, *hotplug),
                None if index == 0 => Bus::new(BusModel::PciRoot, true),
                None if express => Bus::new(BusModel::PcieRootPort, true),
                None => Bus::new(BusModel::PciBridge, true),
            })
            .collect();
        Self { buses, growth }
    }

    /// Model of each bus, by index.
    pub fn models(&self) -> impl Iterator<Item = BusModel> + '_ {
        self.buses.iter().map(|bus| bus.model)
    }

    /// Model of a bus.
    pub fn model(&self, index: usize) -> Option<BusModel> {
        self.buses.get(index).map(|bus| bus.model)
    }

    /// How many buses there are.
    pub fn len(&self) -> usize {
        self.buses.len()
    }

    /// Whether the machine has no PCI at all.
    pub fn is_empty(&self) -> bool {
        self.buses.is_empty()
    }

    /// Whether anything is in the slot.
    pub fn in_use(&self, bus: u8, slot: u8) -> bool {
        self.slot(bus, slot).is_some_and(|slot| slot.functions != 0)
    }

    fn slot(&self, bus: u8, slot: u8) -> Option<&Slot> {
        self.buses.get(usize::from(bus))?.slots.get(usize::from(slot))
    }

    /// Takes one function of a slot.
    ///
    /// # Errors
    /// When the bus is not there, does not suit, or the function is taken.
    pub fn reserve(&mut self, place: Pci, wants: Connect, origin: Origin) -> Result<(), NoPlace> {
        if origin == Origin::Document && self.growth == Growth::Allowed {
            self.grow_to(place.bus, wants)?;
        }
        let last_bus = self.buses.len().saturating_sub(1);
        let bus = self
            .buses
            .get_mut(usize::from(place.bus))
            .ok_or(NoPlace::NoBus { place, last: last_bus })?;
        if !bus.suits(wants, origin) {
            return Err(NoPlace::Unsuitable { place, wants: describe(wants) });
        }
        if place.slot < bus.first {
            return Err(NoPlace::SlotTooLow { place, first: bus.first });
        }
        if place.slot > bus.last {
            return Err(NoPlace::SlotTooHigh { place, last: bus.last });
        }
        let slot = &mut bus.slots[usize::from(place.slot)];
        let bit = 1u8 << (place.function & 7);
        if slot.functions & bit != 0 {
            return Err(NoPlace::Taken { place });
        }
        if slot.functions == 0 {
            slot.aggregate = wants.meets(Connect::AGGREGATE);
        } else if !wants.meets(Connect::AGGREGATE) {
            slot.aggregate = false;
        }
        slot.functions |= bit;
        Ok(())
    }

    /// Finds the next free place for a device and takes it.
    ///
    /// # Errors
    /// When there is none and no bus may be added.
    pub fn assign(&mut self, wants: Connect, function: Option<u8>) -> Result<Pci, NoPlace> {
        let found = self.buses.iter().enumerate().find_map(|(index, bus)| {
            let (slot, function) = bus.free(wants, function)?;
            Some(Pci { domain: 0, bus: u8::try_from(index).ok()?, slot, function })
        });
        let place = match found {
            Some(place) => place,
            None if self.growth == Growth::Refused => return Err(NoPlace::Full),
            None => {
                let next = u8::try_from(self.buses.len()).map_err(|_| NoPlace::Full)?;
                let bus = self.grow_to(next, wants)?;
                let first = self.buses.get(usize::from(bus)).map_or(0, |bus| bus.first);
                Pci { domain: 0, bus, slot: first, function: function.unwrap_or(0) }
            }
        };
        self.reserve(place, wants, Origin::Assigned)?;
        Ok(place)
    }

    /// Adds buses until `bus` exists and suits; returns the bus the device goes to, which is
    /// higher than asked when another bridge had to come first.
    fn grow_to(&mut self, bus: u8, wants: Connect) -> Result<u8, NoPlace> {
        let have = self.buses.len();
        if usize::from(bus) < have {
            return Ok(bus);
        }
        let mut bus = bus;
        let model = if wants.meets(Connect::PCI) {
            let bridgeable = self.buses.iter().any(|bus| bus.accepts.meets(Connect::BRIDGE));
            if !bridgeable {
                if usize::from(bus) == have {
                    bus = bus.checked_add(1).ok_or(NoPlace::Full)?;
                }
                self.buses.push(Bus::new(BusModel::PcieRootPort, true));
                self.buses.push(Bus::new(BusModel::PcieToPciBridge, true));
            }
            BusModel::PciBridge
        } else if wants.meets(Connect::BRIDGE)
            && self.buses.first().is_some_and(|bus| bus.model == BusModel::PcieRoot)
        {
            BusModel::DmiToPciBridge
        } else if wants.meets(Connect::PCIE | Connect::UPSTREAM | Connect::PCIE_BRIDGE) {
            BusModel::PcieRootPort
        } else {
            return Err(NoPlace::NotAddable { wants: describe(wants) });
        };
        while self.buses.len() <= usize::from(bus) {
            self.buses.push(Bus::new(model, true));
        }
        Ok(bus)
    }
}

fn describe(wants: Connect) -> &'static str {
    [
        (Connect::ROOT_PORT, "pcie-root-port"),
        (Connect::UPSTREAM, "pcie-switch-upstream-port"),
        (Connect::DOWNSTREAM, "pcie-switch-downstream-port"),
        (Connect::DMI_BRIDGE, "dmi-to-pci-bridge"),
        (Connect::PCIE_BRIDGE, "pcie-to-pci-bridge"),
        (Connect::EXPANDER, "pci-expander-bus"),
        (Connect::PCIE_EXPANDER, "pcie-expander-bus"),
        (Connect::BRIDGE, "pci-bridge"),
        (Connect::PCIE, "PCI Express device"),
        (Connect::PCI, "standard PCI device"),
    ]
    .into_iter()
    .find(|(flag, _)| wants.meets(*flag))
    .map_or("PCI device", |(_, name)| name)
}

#[cfg(test)]
mod test;
