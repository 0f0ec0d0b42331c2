//! Whatever devices a document has: no two get one address, and settling again changes nothing.

#![allow(clippy::unwrap_used, reason = "a test")]

mod machines;

use std::collections::BTreeSet;

use machines::{abilities, settings};
use proptest::prelude::*;
use stead_config::domain::Address;
use stead_config::{Domain, Form};
use stead_qemu::{Seed, Settlement, settle};

fn device() -> impl Strategy<Value = String> {
    let disk = prop::sample::select(vec!["virtio", "sata", "scsi", "usb"]).prop_map(|bus| {
        let prefix = if bus == "virtio" { "vd" } else { "sd" };
        format!("<disk type='file'><source file='/x'/><target dev='{prefix}@' bus='{bus}'/></disk>")
    });
    let models = vec!["virtio", "e1000", "e1000e", "rtl8139"];
    let interface = prop::sample::select(models)
        .prop_map(|model| format!("<interface type='user'><model type='{model}'/></interface>"));
    let others = prop::sample::select(vec![
        "<rng model='virtio'><backend model='builtin'/></rng>",
        "<sound model='ac97'/>",
        "<sound model='ich9'/>",
        "<video><model type='virtio'/></video>",
        "<video><model type='vga'/></video>",
        "<input type='tablet' bus='usb'/>",
        "<input type='mouse' bus='virtio'/>",
        "<channel type='pty'><target type='virtio' name='x'/></channel>",
        "<serial type='pty'/>",
        "<controller type='scsi' model='virtio-scsi'/>",
        "<controller type='usb' model='qemu-xhci'/>",
        "<watchdog model='i6300esb'/>",
    ])
    .prop_map(str::to_owned);
    prop_oneof![disk, interface, others]
}

/// Every address with the name of what it is an address on.
fn addresses(domain: &Domain) -> Vec<String> {
    let devices = &domain.devices;
    let disks = devices.disks.iter().map(|each| (format!("{:?}", each.target.bus), &each.address));
    let others = devices
        .interfaces
        .iter()
        .map(|each| &each.address)
        .chain(devices.controllers.iter().map(|each| &each.address))
        .chain(devices.sounds.iter().map(|each| &each.address))
        .chain(devices.videos.iter().map(|each| &each.address))
        .chain(devices.inputs.iter().map(|each| &each.address))
        .chain(devices.rngs.iter().map(|each| &each.address))
        .chain(devices.watchdogs.iter().map(|each| &each.address))
        .chain(devices.channels.iter().map(|each| &each.address))
        .chain(devices.memballoon.iter().map(|each| &each.address))
        .map(|address| (String::new(), address));
    disks
        .chain(others)
        .filter_map(|(bus, address)| {
            let address = address.as_ref()?;
            Some(match address {
                Address::Pci { at, .. } => at.to_string(),
                Address::Drive(_) => format!("{bus} {address:?}"),
                other => format!("{other:?}"),
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn addresses_never_collide(
        machine in prop::sample::select(vec!["pc", "q35"]),
        port in any::<bool>(),
        devices in prop::collection::vec(device(), 0..26),
    ) {
        // Each disk has a name of its own.
        let mut devices: Vec<String> = (b'a'..=b'z')
            .zip(devices)
            .map(|(letter, device)| device.replace('@', &char::from(letter).to_string()))
            .collect();
        if port {
            let model = if machine == "pc" { "pci-bridge" } else { "pcie-root-port" };
            devices.push(format!("<controller type='pci' model='{model}' index='7'/>"));
        }
        let text = format!(
            "<domain type='qemu'><name>x</name><memory>65536</memory><os><type machine='{machine}'>hvm</type></os><devices>{}</devices></domain>",
            devices.concat()
        );
        let abilities = abilities();
        let settled = |domain: &Domain| {
            settle(domain, Some(&abilities), &settings(), &[], &mut Seed::Counting)
                .map(Settlement::into_domain)
        };
        // Some documents are impossible: more USB devices than ports.
        let Ok(asked) = Domain::parse(&text) else { return Ok(()) };
        let Ok(once) = settled(&asked) else { return Ok(()) };
        let mut seen = BTreeSet::new();
        for address in addresses(&once) {
            prop_assert!(seen.insert(address.clone()), "{address} twice in\n{}", once.print(Form::STORED));
        }
        let printed = once.print(Form::STORED);
        let again = Domain::parse(&printed).and_then(|domain| settled(&domain));
        match again {
            Ok(again) => prop_assert_eq!(again.print(Form::STORED), printed),
            Err(faults) => prop_assert!(false, "{faults}\n{printed}"),
        }
    }
}
