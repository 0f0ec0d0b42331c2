//! Properties and examples of PCI placement.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn q35() -> Buses {
    Buses::new(&[Some((BusModel::PcieRoot, true))], Growth::Allowed)
}

#[test]
fn express_devices_get_root_ports_of_their_own() {
    let mut buses = q35();
    let wants = Connect::PCIE | Connect::HOTPLUG;
    let first = buses.assign(wants, None).unwrap();
    let second = buses.assign(wants, None).unwrap();
    assert_eq!(first, Pci::slot(1, 0));
    assert_eq!(second, Pci::slot(2, 0));
}

#[test]
fn a_conventional_device_on_q35_gets_a_port_and_a_bridge() {
    let mut buses = q35();
    let place = buses.assign(Connect::PCI | Connect::HOTPLUG, None).unwrap();
    assert_eq!(place, Pci::slot(2, 1));
    let models: Vec<_> = buses.models().collect();
    let expected = [BusModel::PcieRoot, BusModel::PcieRootPort, BusModel::PcieToPciBridge];
    assert_eq!(models, expected);
}

#[test]
fn root_ports_share_a_slot() {
    let mut buses = q35();
    let wants = BusModel::PcieRootPort.connects();
    let places: Vec<_> = (0..9).map(|_| buses.assign(wants, None).unwrap()).collect();
    assert_eq!(places[0], Pci::slot(0, 1));
    assert_eq!(places[7], Pci { function: 7, ..Pci::slot(0, 1) });
    assert_eq!(places[8], Pci::slot(0, 2));
}

#[test]
fn what_is_taken_is_refused() {
    let mut buses = Buses::new(&[Some((BusModel::PciRoot, true))], Growth::Refused);
    let place = Pci::slot(0, 3);
    buses.reserve(place, Connect::PCI, Origin::Document).unwrap();
    let error = buses.reserve(place, Connect::PCI, Origin::Document).unwrap_err();
    assert_eq!(error.to_string(), "Attempted double use of PCI Address 0000:00:03.0");
}

fn wants() -> impl Strategy<Value = Connect> {
    prop_oneof![
        Just(Connect::PCI | Connect::HOTPLUG),
        Just(Connect::PCIE | Connect::HOTPLUG),
        Just(Connect::PCI | Connect::HOTPLUG | Connect::AGGREGATE),
        Just(BusModel::PcieRootPort.connects()),
        Just(BusModel::PciBridge.connects()),
    ]
}

proptest! {
    /// No two devices ever share a place, whatever is asked for and in whatever order.
    #[test]
    fn places_never_collide(
        express in any::<bool>(),
        asked in prop::collection::vec((wants(), prop::option::of(0u8..8)), 0..120),
    ) {
        let root = if express { BusModel::PcieRoot } else { BusModel::PciRoot };
        let mut buses = Buses::new(&[Some((root, true))], Growth::Allowed);
        let mut seen = BTreeSet::new();
        for (wants, function) in asked {
            if let Ok(place) = buses.assign(wants, function) {
                prop_assert!(seen.insert(place), "{place:?} was given twice");
                prop_assert!(place.slot < 32 && place.function < 8);
            }
        }
    }
}
