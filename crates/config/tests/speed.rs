//! How long a document of twenty devices takes to read and to write.
//!
//! A benchmark: `cargo test --release -p stead-config --test speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use stead_config::{Domain, Form};

fn document() -> String {
    let mut devices = String::new();
    for index in 0..6_u8 {
        let letter = char::from(b'a' + index);
        devices.push_str(&format!(
            "    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap'/>
      <source file='/var/lib/libvirt/images/guest-{index}.qcow2'/>
      <backingStore/>
      <target dev='vd{letter}' bus='virtio'/>
      <alias name='ua-disk{index}'/>
      <address type='pci' domain='0x0000' bus='0x2{index}' slot='0x00' function='0x0'/>
    </disk>\n"
        ));
    }
    for index in 1..8 {
        devices.push_str(&format!(
            "    <controller type='pci' index='{index}' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='{index}' port='0x1{index}'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x{index}'/>
    </controller>\n"
        ));
    }
    for index in 0..4 {
        devices.push_str(&format!(
            "    <interface type='bridge'>
      <mac address='52:54:00:00:00:0{index}'/>
      <source bridge='br{index}'/>
      <model type='virtio'/>
      <driver name='vhost' queues='4'/>
      <address type='pci' domain='0x0000' bus='0x1{index}' slot='0x00' function='0x0'/>
    </interface>\n"
        ));
    }
    format!(
        "<domain type='kvm'>
  <name>guest</name>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>4194304</currentMemory>
  <vcpu placement='static'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-10.0'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <cpu mode='host-model' check='partial'/>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
{devices}    <serial type='pty'>
      <target type='isa-serial' port='0'>
        <model name='isa-serial'/>
      </target>
    </serial>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
  </devices>
</domain>
"
    )
}

/// The least of many rounds: what it costs when nothing else runs.
fn least(mut work: impl FnMut()) -> Duration {
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..100 {
            work();
        }
        start.elapsed() / 100
    };
    (0..20).map(|_| round(&mut work)).min().unwrap_or_default()
}

#[test]
#[ignore = "a benchmark"]
fn twenty_devices() {
    let text = document();
    let domain = Domain::parse(&text).expect("a domain");
    assert_eq!(domain.print(Form::STORED), text);
    let parse = least(|| drop(black_box(Domain::parse(black_box(&text)))));
    let print = least(|| drop(black_box(domain.print(Form::STORED))));
    let clone = least(|| drop(black_box(domain.clone())));
    println!("{} bytes: parse {parse:?}, print {print:?}, clone {clone:?}", text.len());
}

#[test]
fn the_document_is_canonical() {
    let text = document();
    let domain = Domain::parse(&text).expect("a domain");
    assert_eq!(domain.print(Form::STORED), text);
}
