//! A sample of every form of an element that a machine can be made of. What the page says of it is
//! what comes of reading it: a form counts as served when its element is there again when printed.

use stead_config::{Domain, Form};

/// An element's path below `domain`, and its forms: a word for people and a sample.
type Element = (&'static str, &'static [(&'static str, &'static str)]);

pub(super) const SERVED: &[Element] = &[
    ("title", &[("text", "<title>t</title>")]),
    ("description", &[("text", "<description>t</description>")]),
    (
        "metadata",
        &[("any elements with a namespace", "<metadata><a:b xmlns:a='urn:a'/></metadata>")],
    ),
    ("memory", &[("with unit", "")]),
    ("currentMemory", &[("with unit", "<currentMemory unit='MiB'>32</currentMemory>")]),
    (
        "vcpu",
        &[
            ("count", "<vcpu>2</vcpu>"),
            ("current", "<vcpu current='1'>2</vcpu>"),
            ("cpuset", "<vcpu cpuset='0-3'>2</vcpu>"),
        ],
    ),
    ("os/type", &[("hvm", "")]),
    ("os/boot", &[("hd, cdrom, network, fd", "<os><type>hvm</type><boot dev='hd'/></os>")]),
    (
        "os/bootmenu",
        &[("enable, timeout", "<os><type>hvm</type><bootmenu enable='yes' timeout='3000'/></os>")],
    ),
    (
        "os/bios",
        &[(
            "useserial, rebootTimeout",
            "<os><type>hvm</type><bios useserial='yes' rebootTimeout='0'/></os>",
        )],
    ),
    (
        "os/kernel",
        &[(
            "direct boot with initrd and cmdline",
            "<os><type>hvm</type><kernel>/k</kernel><initrd>/i</initrd><cmdline>c</cmdline></os>",
        )],
    ),
    (
        "os/loader",
        &[
            (
                "pflash by path",
                "<os><type>hvm</type><loader readonly='yes' type='pflash'>/l</loader><nvram template='/t'>/n</nvram></os>",
            ),
            ("rom", "<os><type>hvm</type><loader type='rom'>/l</loader></os>"),
        ],
    ),
    (
        "os/nvram",
        &[(
            "file, template",
            "<os><type>hvm</type><loader readonly='yes' type='pflash'>/l</loader><nvram template='/t'>/n</nvram></os>",
        )],
    ),
    ("features/acpi", &[("flag", "<features><acpi/></features>")]),
    ("features/apic", &[("flag", "<features><apic/></features>")]),
    ("features/pae", &[("flag", "<features><pae/></features>")]),
    (
        "features/hyperv",
        &[(
            "relaxed, vapic, spinlocks and more",
            "<features><hyperv><relaxed state='on'/></hyperv></features>",
        )],
    ),
    ("features/kvm", &[("hidden", "<features><kvm><hidden state='on'/></kvm></features>")]),
    ("features/vmport", &[("state", "<features><vmport state='off'/></features>")]),
    ("features/smm", &[("state", "<features><smm state='on'/></features>")]),
    ("features/ioapic", &[("driver", "<features><ioapic driver='kvm'/></features>")]),
    (
        "cpu",
        &[
            ("custom", "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"),
            ("host-model", "<cpu mode='host-model'/>"),
            ("host-passthrough", "<cpu mode='host-passthrough'/>"),
            ("maximum", "<cpu mode='maximum'/>"),
        ],
    ),
    (
        "cpu/feature",
        &[(
            "force, require, optional, disable, forbid",
            "<cpu mode='custom' match='exact'><model>qemu64</model><feature policy='disable' name='svm'/></cpu>",
        )],
    ),
    (
        "cpu/topology",
        &[(
            "sockets, dies, clusters, cores, threads",
            "<cpu><topology sockets='1' cores='1' threads='1'/></cpu>",
        )],
    ),
    (
        "cpu/cache",
        &[(
            "emulate, passthrough, disable",
            "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
        )],
    ),
    (
        "cpu/maxphysaddr",
        &[(
            "emulate, passthrough",
            "<cpu mode='custom' match='exact'><model>qemu64</model><maxphysaddr mode='emulate' bits='42'/></cpu>",
        )],
    ),
    (
        "clock",
        &[
            ("utc, localtime", "<clock offset='localtime'/>"),
            ("variable", "<clock offset='variable' adjustment='10'/>"),
            ("timezone", "<clock offset='timezone' timezone='Europe/Berlin'/>"),
        ],
    ),
    (
        "clock/timer",
        &[(
            "rtc, pit, hpet, kvmclock and more",
            "<clock offset='utc'><timer name='hpet' present='no'/></clock>",
        )],
    ),
    ("on_poweroff", &[("destroy, restart, preserve", "<on_poweroff>restart</on_poweroff>")]),
    ("on_reboot", &[("restart, destroy", "<on_reboot>destroy</on_reboot>")]),
    ("on_crash", &[("destroy, restart, preserve", "<on_crash>restart</on_crash>")]),
    ("pm", &[("suspend-to-mem, suspend-to-disk", "<pm><suspend-to-mem enabled='no'/></pm>")]),
    (
        "devices/disk",
        &[
            (
                "file",
                "<devices><disk type='file'><source file='/d'/><target dev='vda' bus='virtio'/></disk></devices>",
            ),
            (
                "block",
                "<devices><disk type='block'><source dev='/dev/d'/><target dev='sda' bus='sata'/></disk></devices>",
            ),
            (
                "cdrom",
                "<devices><disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk></devices>",
            ),
            (
                "qcow2 with backing files",
                "<devices><disk type='file'><driver name='qemu' type='qcow2'/><source file='/d'/><backingStore type='file'><format type='qcow2'/><source file='/b'/></backingStore><target dev='vda' bus='virtio'/></disk></devices>",
            ),
            (
                "ide",
                "<devices><disk type='file'><source file='/d'/><target dev='hda' bus='ide'/></disk></devices>",
            ),
            (
                "scsi",
                "<devices><disk type='file'><source file='/d'/><target dev='sda' bus='scsi'/></disk></devices>",
            ),
            (
                "usb",
                "<devices><disk type='file'><source file='/d'/><target dev='sda' bus='usb'/></disk></devices>",
            ),
            (
                "network",
                "<devices><disk type='network'><source protocol='nbd' name='x'><host name='h'/></source><target dev='vda' bus='virtio'/></disk></devices>",
            ),
            (
                "volume",
                "<devices><disk type='volume'><source pool='p' volume='v'/><target dev='vda' bus='virtio'/></disk></devices>",
            ),
        ],
    ),
    (
        "devices/controller",
        &[
            ("pci", "<devices><controller type='pci' index='0' model='pcie-root'/></devices>"),
            ("usb", "<devices><controller type='usb' index='0' model='qemu-xhci'/></devices>"),
            ("sata", "<devices><controller type='sata' index='0'/></devices>"),
            ("ide", "<devices><controller type='ide' index='0'/></devices>"),
            ("virtio-serial", "<devices><controller type='virtio-serial' index='0'/></devices>"),
            ("scsi", "<devices><controller type='scsi' index='0' model='virtio-scsi'/></devices>"),
        ],
    ),
    (
        "devices/interface",
        &[
            ("user", "<devices><interface type='user'/></devices>"),
            (
                "bridge",
                "<devices><interface type='bridge'><source bridge='br0'/></interface></devices>",
            ),
            ("ethernet", "<devices><interface type='ethernet'/></devices>"),
            (
                "network",
                "<devices><interface type='network'><source network='default'/></interface></devices>",
            ),
            (
                "direct",
                "<devices><interface type='direct'><source dev='eth0' mode='bridge'/></interface></devices>",
            ),
            (
                "vhostuser",
                "<devices><interface type='vhostuser'><source type='unix' path='/s' mode='client'/><model type='virtio'/></interface></devices>",
            ),
        ],
    ),
    (
        "devices/serial",
        &[
            ("pty", "<devices><serial type='pty'/></devices>"),
            ("file", "<devices><serial type='file'><source path='/l'/></serial></devices>"),
            (
                "unix",
                "<devices><serial type='unix'><source mode='bind' path='/s'/></serial></devices>",
            ),
            (
                "tcp",
                "<devices><serial type='tcp'><source mode='bind' host='h' service='1'/></serial></devices>",
            ),
            ("null", "<devices><serial type='null'/></devices>"),
        ],
    ),
    (
        "devices/parallel",
        &[("file", "<devices><parallel type='file'><source path='/l'/></parallel></devices>")],
    ),
    (
        "devices/console",
        &[
            ("serial", "<devices><console type='pty'><target type='serial'/></console></devices>"),
            ("virtio", "<devices><console type='pty'><target type='virtio'/></console></devices>"),
        ],
    ),
    (
        "devices/channel",
        &[
            (
                "unix",
                "<devices><channel type='unix'><target type='virtio' name='n'/></channel></devices>",
            ),
            (
                "pty",
                "<devices><channel type='pty'><target type='virtio' name='n'/></channel></devices>",
            ),
        ],
    ),
    (
        "devices/input",
        &[
            (
                "tablet, mouse, keyboard on usb",
                "<devices><input type='tablet' bus='usb'/></devices>",
            ),
            ("virtio", "<devices><input type='keyboard' bus='virtio'/></devices>"),
        ],
    ),
    (
        "devices/graphics",
        &[
            ("vnc", "<devices><graphics type='vnc'/></devices>"),
            ("spice", "<devices><graphics type='spice'/></devices>"),
        ],
    ),
    (
        "devices/video",
        &[(
            "vga, cirrus, virtio, bochs, qxl, none",
            "<devices><video><model type='vga'/></video></devices>",
        )],
    ),
    ("devices/sound", &[("ich9 and more", "<devices><sound model='ich9'/></devices>")]),
    ("devices/audio", &[("none", "<devices><audio id='1' type='none'/></devices>")]),
    (
        "devices/rng",
        &[(
            "random",
            "<devices><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices>",
        )],
    ),
    (
        "devices/memballoon",
        &[
            ("virtio", "<devices><memballoon model='virtio'/></devices>"),
            ("none", "<devices><memballoon model='none'/></devices>"),
        ],
    ),
    (
        "devices/watchdog",
        &[("itco, i6300esb", "<devices><watchdog model='i6300esb' action='reset'/></devices>")],
    ),
    ("devices/panic", &[("isa", "<devices><panic model='isa'/></devices>")]),
    (
        "devices/vsock",
        &[("auto", "<devices><vsock model='virtio'><cid auto='yes'/></vsock></devices>")],
    ),
    (
        "devices/tpm",
        &[("emulator", "<devices><tpm model='tpm-crb'><backend type='emulator'/></tpm></devices>")],
    ),
    (
        "devices/hostdev",
        &[(
            "pci, usb",
            "<devices><hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev></devices>",
        )],
    ),
    (
        "devices/filesystem",
        &[(
            "mount",
            "<devices><filesystem type='mount'><source dir='/x'/><target dir='x'/></filesystem></devices>",
        )],
    ),
    (
        "qemu:commandline",
        &[(
            "arg, env",
            "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-x'/></qemu:commandline>",
        )],
    ),
];

/// Is the sample read, and is its element there when the document is printed again?
pub(super) fn is_kept(element: &str, sample: &str) -> bool {
    let os = if sample.contains("<os>") {
        ""
    } else {
        "<os><type arch='x86_64' machine='q35'>hvm</type></os>"
    };
    let text = format!(
        "<domain type='kvm'><name>n</name><memory unit='MiB'>64</memory>{os}{sample}</domain>"
    );
    let last = element.rsplit('/').next().unwrap_or(element);
    match Domain::parse(&text) {
        Ok(domain) => domain.print(Form::INACTIVE).contains(&format!("<{last}")),
        Err(_) => false,
    }
}
