//! The machine itself: name, machine type, accelerator, CPU, memory, vCPUs, clocks, boot.

use stead_config::Domain;
use stead_config::domain::VirtKind;
use stead_config::domain::clock::{ClockBase, ClockBasis, TickPolicy, TimerName, TimerTrack};
use stead_config::domain::features::{Hyperv, HypervMode, IoapicDriver, Switch};
use stead_values::{OnOff, YesNo};

use super::words::{List, Object, Words, on_off};
use crate::chipset::Chipset;
use crate::needs::Role;
use crate::plan::Plan;

/// The descriptor set of `/dev/kvm`; those of character devices count up from 0.
const KVM_SET: u32 = 10_000;

/// Everything up to the first device.
pub(super) fn head(plan: &Plan, words: &mut Words) {
    let domain = &plan.domain;
    words.option(
        "-name",
        List::default().with("guest", &domain.name).with("debug-threads", "on").text(),
    );
    words.flag("-S");
    if let Some(path) = &plan.grants.master_key {
        let key = Object::new("qom-type", "secret").with("id", "masterKey0");
        words.json("-object", key.with("format", "raw").with("file", path.as_str()));
    }
    super::firmware::flash(plan, words);
    machine(plan, words);
    accelerator(plan, words);
    words.option("-cpu", cpu(plan));
    super::firmware::rom(plan, words);
    memory(plan, words);
    words.option("-overcommit", "mem-lock=off");
    words.option("-smp", smp(domain));
    words.option("-uuid", domain.uuid.map(|uuid| uuid.to_string()).unwrap_or_default());
    if plan.domain.devices.graphics.is_empty() {
        words.option("-display", "none");
    }
    words.flag("-no-user-config");
    words.flag("-nodefaults");
    monitor(plan, words);
    clock(plan, words);
    words.flag("-no-shutdown");
    power(plan, words);
    boot(domain, words);
}

fn machine(plan: &Plan, words: &mut Words) {
    let domain = &plan.domain;
    let features = domain.features.clone().unwrap_or_default();
    let mut list =
        List::new(domain.os.kind.machine.as_deref().unwrap_or_default()).with("usb", "off");
    let switch = |list: &mut List, key: &str, switch: &Option<Switch>| {
        if let Some(switch) = switch {
            list.add(key, on_off(switch.is_on()));
        }
    };
    let no_ps2 = features.ps2.is_some_and(|ps2| !ps2.is_on());
    if no_ps2 {
        // VMware's port hangs on the keyboard controller.
        list.add("vmport", "off");
        list.add("i8042", "off");
    } else {
        switch(&mut list, "vmport", &features.vmport);
    }
    switch(&mut list, "smm", &features.smm);
    if let Some(ioapic) = &features.ioapic {
        let split = ioapic.driver == IoapicDriver::Qemu;
        list.add("kernel_irqchip", if split { "split" } else { "on" });
    }
    list.add("dump-guest-core", on_off(domain.memory.dump_core == Some(OnOff::On)));
    if let Some(id) = &plan.ram_id {
        list.add("memory-backend", id);
    }
    if let Some(flash) = super::firmware::code_node(domain) {
        list.add("pflash0", flash);
    }
    if let Some(flash) = super::firmware::variables_node(plan) {
        list.add("pflash1", flash);
    }
    if let (true, Some(present)) = (plan.dialect.machine_hpet, timer(domain, TimerName::Hpet)) {
        list.add("hpet", on_off(present));
    }
    if let Some(audio) = super::sound::speaker(plan) {
        list.add("pcspk-audiodev", audio);
    }
    if plan.dialect.machine_acpi {
        list.add("acpi", on_off(features.acpi));
    }
    words.option("-machine", list.text());
}

/// Whether a timer is asked to be there, if it is named so.
fn timer(domain: &Domain, name: TimerName) -> Option<bool> {
    let timer = domain.clock.timers.iter().find(|timer| timer.name == name)?;
    timer.present.map(YesNo::is_yes)
}

fn accelerator(plan: &Plan, words: &mut Words) {
    let kvm = plan.domain.kind == VirtKind::Kvm;
    let mut list = List::new(if kvm { "kvm" } else { "tcg" });
    let ring = plan.domain.features.as_ref().and_then(|features| features.kvm.as_ref());
    let ring = ring.and_then(|kvm| kvm.dirty_ring.as_ref());
    if let Some(ring) = ring.filter(|ring| kvm && ring.state == OnOff::On) {
        list = list.maybe("dirty-ring-size", ring.size);
    }
    if let (true, Some(number)) = (plan.dialect.kvm_device, plan.grants.descriptor(&Role::Kvm)) {
        let given = List::default().with("set", KVM_SET).with("fd", number).with("opaque", "kvm");
        words.option("-add-fd", given.text());
        list = list.with("device", format!("/dev/fdset/{KVM_SET}"));
    }
    words.option("-accel", list.text());
}

/// The model and its features, then what timers and features of the machine mean for the CPU.
fn cpu(plan: &Plan) -> String {
    let domain = &plan.domain;
    let mut list = List::default();
    for part in &plan.cpu.head {
        list.word(part);
    }
    for timer in &domain.clock.timers {
        match (timer.name, timer.present) {
            (TimerName::Kvmclock, Some(present)) => list.add("kvmclock", on_off(present.is_yes())),
            (TimerName::Hypervclock, Some(YesNo::Yes)) => list.add("hv-time", "on"),
            (TimerName::Tsc, _) => {
                if let Some(frequency) = timer.frequency {
                    list.add("tsc-frequency", frequency);
                }
            }
            _ => {}
        }
    }
    let features = domain.features.clone().unwrap_or_default();
    if let Some(eoi) = features.apic.as_ref().and_then(|apic| apic.eoi) {
        list.add("kvm-pv-eoi", eoi);
    }
    if let Some(switch) = &features.pvspinlock {
        list.add("kvm-pv-unhalt", on_off(switch.is_on()));
    }
    if let Some(features) = &features.hyperv {
        hyperv(features, &mut list);
    }
    let is_on = |switch: &Option<Switch>| switch.map(Switch::is_on);
    if let Some(kvm) = &features.kvm {
        if is_on(&kvm.hidden) == Some(true) {
            list.add("kvm", "off");
        }
        if is_on(&kvm.hint_dedicated) == Some(true) {
            list.add("kvm-hint-dedicated", "on");
        }
        if is_on(&kvm.poll_control) == Some(true) {
            list.add("kvm-poll-control", "on");
        }
        if is_on(&kvm.pv_ipi) == Some(false) {
            list.add("kvm-pv-ipi", "off");
        }
    }
    if let Some(pmu) = is_on(&features.pmu) {
        list.add("pmu", on_off(pmu));
    }
    for part in &plan.cpu.tail {
        list.word(part);
    }
    list.text()
}

fn hyperv(hyperv: &Hyperv, list: &mut List) {
    if hyperv.mode == Some(HypervMode::Passthrough) {
        list.add("hv-passthrough", "on");
        return;
    }
    let simple = |list: &mut List, name: &str, switch: &Option<Switch>| {
        if switch.is_some_and(Switch::is_on) {
            list.add(name, "on");
        }
    };
    simple(list, "hv-relaxed", &hyperv.relaxed);
    simple(list, "hv-vapic", &hyperv.vapic);
    if let Some(retries) =
        hyperv.spinlocks.as_ref().filter(|it| it.state.is_on()).and_then(|it| it.retries)
    {
        list.add("hv-spinlocks", format!("0x{retries:x}"));
    }
    simple(list, "hv-vpindex", &hyperv.vpindex);
    simple(list, "hv-runtime", &hyperv.runtime);
    simple(list, "hv-synic", &hyperv.synic);
    if let Some(timer) = hyperv.stimer.as_ref().filter(|it| it.state.is_on()) {
        list.add("hv-stimer", "on");
        simple(list, "hv-stimer-direct", &timer.direct);
    }
    simple(list, "hv-reset", &hyperv.reset);
    if let Some(vendor) =
        hyperv.vendor_id.as_ref().filter(|it| it.state.is_on()).and_then(|it| it.value.as_ref())
    {
        list.add("hv-vendor-id", vendor);
    }
    simple(list, "hv-frequencies", &hyperv.frequencies);
    simple(list, "hv-reenlightenment", &hyperv.reenlightenment);
    if let Some(flush) = hyperv.tlbflush.as_ref().filter(|it| it.state.is_on()) {
        list.add("hv-tlbflush", "on");
        simple(list, "hv-tlbflush-direct", &flush.direct);
        simple(list, "hv-tlbflush-ext", &flush.extended);
    }
    simple(list, "hv-ipi", &hyperv.ipi);
    simple(list, "hv-evmcs", &hyperv.evmcs);
    simple(list, "hv-avic", &hyperv.avic);
    simple(list, "hv-emsr-bitmap", &hyperv.emsr_bitmap);
    simple(list, "hv-xmm-input", &hyperv.xmm_input);
}

/// Memory at start, KiB: whole MiB, as QEMU wants it.
pub(crate) fn memory_kib(domain: &Domain) -> u64 {
    domain.memory.size.0.div_ceil(1024).saturating_mul(1024)
}

fn memory(plan: &Plan, words: &mut Words) {
    let size = memory_kib(&plan.domain);
    words.option("-m", format!("size={size}k"));
    if let Some(id) = &plan.ram_id {
        let backend = Object::new("qom-type", "memory-backend-ram").with("id", id.as_str());
        words.json("-object", backend.with("size", size.saturating_mul(1024)));
    }
}

fn smp(domain: &Domain) -> String {
    let mut list = List::new(&domain.vcpu.at_start().to_string());
    if domain.vcpu.at_start() != domain.vcpu.count {
        list.add("maxcpus", domain.vcpu.count);
    }
    match domain.cpu.as_ref().and_then(|cpu| cpu.topology) {
        Some(topology) => list
            .with("sockets", topology.sockets)
            .with("dies", topology.dies)
            .with("clusters", topology.clusters)
            .with("cores", topology.cores)
            .with("threads", topology.threads),
        None => list.with("sockets", domain.vcpu.count).with("cores", 1).with("threads", 1),
    }
    .text()
}

fn monitor(plan: &Plan, words: &mut Words) {
    let socket = List::new("socket").with("id", "charmonitor");
    let socket = socket.with("fd", plan.descriptor(&Role::Monitor));
    words.option("-chardev", socket.with("server", "on").with("wait", "off").text());
    let monitor = List::default().with("chardev", "charmonitor").with("id", "monitor");
    words.option("-mon", monitor.with("mode", "control").text());
}

fn clock(plan: &Plan, words: &mut Words) {
    let clock = &plan.domain.clock;
    let base = match &clock.base {
        ClockBase::Utc(_) => "utc".to_owned(),
        ClockBase::Localtime(_) | ClockBase::Timezone(_) => "localtime".to_owned(),
        ClockBase::Variable { adjustment, basis } => {
            let zone = match basis {
                ClockBasis::Utc => 0,
                ClockBasis::Localtime => plan.grants.zone_seconds,
            };
            let now = plan.grants.now_seconds.saturating_add(zone);
            date(now.saturating_add(*adjustment))
        }
        ClockBase::Absolute(start) => date(i64::try_from(*start).unwrap_or(i64::MAX)),
    };
    let mut list = List::default().with("base", base);
    let named = |name| clock.timers.iter().find(|timer| timer.name == name);
    if let Some(rtc) = named(TimerName::Rtc) {
        match rtc.track {
            Some(TimerTrack::Guest) => list.add("clock", "vm"),
            Some(TimerTrack::Wall) => list.add("clock", "host"),
            Some(TimerTrack::Realtime) => list.add("clock", "rt"),
            Some(TimerTrack::Boot) | None => {}
        }
        if rtc.tick_policy == Some(TickPolicy::Catchup) {
            list.add("driftfix", "slew");
        }
    }
    words.option("-rtc", list.text());
    for timer in &clock.timers {
        match (timer.name, timer.tick_policy, timer.present) {
            (TimerName::Pit, Some(TickPolicy::Delay), _) => {
                words.option("-global", "kvm-pit.lost_tick_policy=delay");
            }
            (TimerName::Pit, Some(TickPolicy::Discard), _) => {
                words.option("-global", "kvm-pit.lost_tick_policy=discard");
            }
            (TimerName::Hpet, _, Some(YesNo::No)) if !plan.dialect.machine_hpet => {
                words.flag("-no-hpet");
            }
            _ => {}
        }
    }
}

fn power(plan: &Plan, words: &mut Words) {
    let chip = if plan.chipset == Chipset::Q35 { "ICH9-LPC" } else { "PIIX4_PM" };
    if let Some(pm) = &plan.domain.pm {
        let states = [("disable_s3", &pm.suspend_to_mem), ("disable_s4", &pm.suspend_to_disk)];
        for (name, state) in states {
            if let Some(state) = state {
                let disabled = u8::from(!state.enabled.is_yes());
                words.option("-global", format!("{chip}.{name}={disabled}"));
            }
        }
    }
    if !plan.dialect.machine_acpi
        && !plan.domain.features.as_ref().is_some_and(|features| features.acpi)
    {
        words.flag("-no-acpi");
    }
}

fn boot(domain: &Domain, words: &mut Words) {
    let os = &domain.os;
    let mut list = List::default();
    if let Some(menu) = &os.bootmenu {
        list.add("menu", on_off(menu.enable.is_yes()));
        if let Some(timeout) = menu.timeout.filter(|_| menu.enable.is_yes()) {
            list.add("splash-time", timeout);
        }
    }
    if let Some(timeout) = os.bios.as_ref().and_then(|bios| bios.reboot_timeout) {
        list.add("reboot-timeout", timeout);
    }
    list.add("strict", "on");
    words.option("-boot", list.text());
    let files = [
        ("-kernel", &os.kernel),
        ("-initrd", &os.initrd),
        ("-append", &os.cmdline),
        ("-dtb", &os.dtb),
    ];
    for (option, value) in files {
        if let Some(value) = value {
            words.option(option, value.as_str());
        }
    }
}

/// A date as `-rtc base=` takes it, from seconds since 1970.
fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Civil date of a day number: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod test {
    use super::date;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01T00:00:00");
        assert_eq!(date(1_234_567_890), "2009-02-13T23:31:30");
        assert_eq!(date(253_402_300_799), "9999-12-31T23:59:59");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00");
    }
}
