//! Ports of virtio-serial controllers.

use std::collections::{BTreeMap, BTreeSet};

use stead_config::domain::chardev::ChannelPort;
use stead_config::domain::controller::{Controller, ControllerKind};
use stead_config::domain::{Address, Domain};
use stead_config::{Class, Fault, Faults, Place};
use stead_values::address::VirtioSerial;

use super::controllers;

/// Ports of a controller whose document does not say how many.
const PORTS: u32 = 31;

/// Gives every virtio channel a port; port 0 is for consoles.
pub(super) fn assign(domain: &mut Domain) -> Result<(), Faults> {
    let mut taken: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let mut sizes: BTreeMap<u32, u32> = domain
        .devices
        .controllers
        .iter()
        .filter(|each| each.kind == ControllerKind::VirtioSerial)
        .map(|each| (each.index.unwrap_or(0), each.ports.unwrap_or(PORTS)))
        .collect();
    for channel in &domain.devices.channels {
        if let Some(Address::VirtioSerial(at)) = channel.address
            && at.port > 0
            && !taken.entry(at.controller).or_default().insert(at.port)
        {
            let message = format!(
                "virtio serial port {} on controller {} is already occupied",
                at.port, at.controller
            );
            let place = Place::new(channel.position, "domain/devices/channel/address");
            return Err(Fault::new(Class::Xml, place, message).into());
        }
    }
    for index in 0..domain.devices.channels.len() {
        let channel = &domain.devices.channels[index];
        if !matches!(channel.target, ChannelPort::Virtio { .. }) {
            continue;
        }
        let wish = match channel.address {
            None => None,
            Some(Address::VirtioSerial(at)) if at.port == 0 => Some(at.controller),
            Some(_) => continue,
        };
        let free = |controller: u32, size: u32| {
            let taken = taken.get(&controller);
            (1..size).find(|port| !taken.is_some_and(|taken| taken.contains(port)))
        };
        let found = sizes
            .iter()
            .filter(|(controller, _)| wish.is_none_or(|wish| wish == **controller))
            .find_map(|(controller, size)| Some((*controller, free(*controller, *size)?)));
        let (controller, port) = match found {
            Some(found) => found,
            None => {
                let next = sizes.keys().next_back().map_or(0, |last| last.saturating_add(1));
                let added = Controller::new(ControllerKind::VirtioSerial, next, None);
                controllers::insert(domain, added);
                sizes.insert(next, PORTS);
                (next, 1)
            }
        };
        taken.entry(controller).or_default().insert(port);
        domain.devices.channels[index].address =
            Some(Address::VirtioSerial(VirtioSerial { controller, bus: 0, port }));
    }
    Ok(())
}
