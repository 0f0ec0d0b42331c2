//! The live document of a running machine.

use stead_config::Domain;
use stead_config::domain::chardev::{ChannelPort, ChannelState, ChardevSource, ConsoleTarget};
use stead_config::domain::clock::ClockBase;
use stead_config::domain::disk::Tray;
use stead_values::Kibibytes;

use crate::refresh::{Live, Record};

/// What `virsh dumpxml` of a running machine prints, in the live form.
pub fn describe(live: &Live) -> Domain {
    let mut domain = live.domain.clone();
    let record = &live.record;
    domain.id = u32::try_from(record.id).ok();
    if let Some(bytes) = record.balloon_bytes {
        domain.current_memory = Kibibytes(bytes / 1024);
    }
    if let (ClockBase::Variable { adjustment, .. }, Some(shift)) =
        (&mut domain.clock.base, record.clock_shift_seconds)
    {
        *adjustment = adjustment.saturating_add(shift);
    }
    for disk in &mut domain.devices.disks {
        let open = disk.alias.as_ref().is_some_and(|alias| record.open_trays.contains(alias));
        disk.target.tray = open.then_some(Tray::Open);
    }
    characters(&mut domain, record);
    domain
}

fn characters(domain: &mut Domain, record: &Record) {
    let pty = |source: &mut ChardevSource, alias: &Option<String>| {
        if let ChardevSource::Pty(path) = source {
            let alias = alias.as_deref().unwrap_or_default();
            *path = record.ptys.get(alias).cloned().or_else(|| path.take());
        }
    };
    let devices = &mut domain.devices;
    for each in &mut devices.serials {
        pty(&mut each.source, &each.alias);
    }
    for each in &mut devices.parallels {
        pty(&mut each.source, &each.alias);
    }
    for each in &mut devices.channels {
        pty(&mut each.source, &each.alias);
        if let ChannelPort::Virtio { state, .. } = &mut each.target {
            let open = each.alias.as_ref().is_some_and(|alias| record.open_ports.contains(alias));
            *state = Some(if open { ChannelState::Connected } else { ChannelState::Disconnected });
        }
    }
    let serial = devices.serials.first().map(|serial| serial.source.clone());
    for (index, each) in devices.consoles.iter_mut().enumerate() {
        match &serial {
            Some(serial) if index == 0 && each.target.kind == Some(ConsoleTarget::Serial) => {
                each.source = serial.clone();
            }
            _ => pty(&mut each.source, &each.alias),
        }
    }
}
