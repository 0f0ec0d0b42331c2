//! Damaged and hostile documents: an answer in bounded time, never a panic; and what is accepted is
//! read the same again after printing.

use std::time::{Duration, Instant};

use stead_config::{Domain, Faults, Form};

const DOCUMENT: &str = "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>guest</name>
  <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
  <title>a title</title>
  <metadata>
    <a:app xmlns:a=\"http://a/\">text</a:app>
  </metadata>
  <memory unit='MiB'>64</memory>
  <vcpu placement='static' cpuset='0-3,^2' current='1'>2</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <bootmenu enable='yes' timeout='3000'/>
  </os>
  <features>
    <acpi/>
    <hyperv mode='custom'>
      <spinlocks state='on' retries='8191'/>
    </hyperv>
  </features>
  <cpu mode='custom' match='exact'>
    <model fallback='forbid'>Skylake-Client</model>
    <topology sockets='1' dies='1' clusters='1' cores='2' threads='1'/>
    <feature policy='disable' name='avx'/>
  </cpu>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
  </clock>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/a'/>
      <target dev='vda' bus='virtio'/>
      <boot order='1'/>
    </disk>
    <controller type='pci' index='1' model='pcie-root-port'>
      <target chassis='1' port='0x10'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/>
    </controller>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:01'/>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <serial type='tcp'>
      <source mode='bind' host='::' service='1'/>
    </serial>
    <channel type='unix'>
      <target type='virtio' name='a'/>
    </channel>
    <graphics type='vnc' port='5900' passwd='secret'>
      <listen type='address' address='::'/>
    </graphics>
    <memballoon model='virtio'>
      <stats period='10'/>
    </memballoon>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-x'/>
    <qemu:env name='A' value='b'/>
  </qemu:commandline>
</domain>
";

/// Numbers that look random and are the same each time (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

fn check(text: &str) {
    for form in [Form::STORED, Form::STATUS] {
        match Domain::parse_as(text, form) {
            Ok((domain, _)) => {
                let printed = domain.print(form);
                let again = Domain::parse_as(&printed, form);
                let again = again.map(|(domain, _)| domain.print(form));
                assert_eq!(again.as_ref(), Ok(&printed), "{text}");
            }
            Err(faults) => {
                assert!(faults.first().is_some(), "{text}");
                assert!(faults.0.len() <= Faults::MAX + 1);
                let _ = (faults.to_string(), faults.detail());
            }
        }
    }
}

#[test]
fn damaged_documents() {
    const PIECES: [&str; 16] = [
        "<",
        ">",
        "'",
        "\"",
        "&",
        "/",
        "=",
        "<!--",
        "]]>",
        "<![CDATA[",
        "&#0;",
        "-1",
        "0x",
        "é",
        "99999999999999999999",
        " ",
    ];
    let mut numbers = Numbers(0x5eed);
    let bounds: Vec<usize> = DOCUMENT.char_indices().map(|(at, _)| at).collect();
    for _ in 0..3000 {
        let mut text = DOCUMENT.to_owned();
        for _ in 0..1 + numbers.below(3) {
            let at = bounds[numbers.below(bounds.len())].min(text.len());
            let end = (at + numbers.below(12)).min(text.len());
            let is_bound = text.is_char_boundary(at) && text.is_char_boundary(end);
            match numbers.below(3) {
                _ if !is_bound => {}
                0 => text.replace_range(at..end, ""),
                1 => text.insert_str(at, PIECES[numbers.below(PIECES.len())]),
                _ => text.replace_range(at..end, PIECES[numbers.below(PIECES.len())]),
            }
        }
        check(&text);
    }
}

/// Values exchanged between attributes: well-formed, and often wrong.
#[test]
fn exchanged_values() {
    let mut numbers = Numbers(0xbadcafe);
    let pieces: Vec<&str> = DOCUMENT.split('\'').collect();
    for _ in 0..3000 {
        let mut changed: Vec<&str> = pieces.clone();
        for _ in 0..1 + numbers.below(2) {
            let odd = |number: usize| number * 2 + 1;
            let one = odd(numbers.below(pieces.len() / 2));
            let other = odd(numbers.below(pieces.len() / 2));
            changed[one] = pieces[other];
        }
        check(&changed.join("'"));
    }
}

#[test]
fn truncated_documents() {
    for (at, _) in DOCUMENT.char_indices() {
        check(&DOCUMENT[..at]);
    }
}

#[test]
fn hostile_documents_are_refused_soon() {
    let wrap = |inside: &str| {
        format!(
            "<domain type='kvm'><name>a</name><memory>1024</memory><os><type>hvm</type></os>{inside}</domain>"
        )
    };
    let disk = "<disk><source file='/a'/><target dev='vda'/><alias name='ua-a'/></disk>";
    let documents = [
        wrap(&"<a>".repeat(100_000)),
        wrap(&format!("<devices>{}</devices>", disk.repeat(10_000))),
        wrap(&format!("<devices>{}</devices>", "<disk/>".repeat(8000))),
        wrap(&format!("<foo {}/>", (0..10_000).map(|i| format!("a{i}='' ")).collect::<String>())),
        wrap(&format!("<description>{}</description>", "&amp;".repeat(100_000))),
        wrap(&format!("<title>{}</title>", "x\n".repeat(100_000))),
        wrap(&format!("<vcpu cpuset='{}'>1</vcpu>", "0-16383,".repeat(50_000))),
        wrap(&"<x/>".repeat(8000)),
        format!("<domain>{}", "<!--".repeat(1_000_000)),
        format!("<!DOCTYPE a [{}]><domain/>", "<!ENTITY a '&b;&b;'>".repeat(10_000)),
        format!("<domain a='{}", "x".repeat(4_000_000)),
        "<".repeat(1_000_000),
        "&".repeat(1_000_000),
        "x".repeat(17 << 20),
        wrap("<name>..</name>"),
    ];
    for document in documents {
        let start = Instant::now();
        check(&document);
        let took = start.elapsed();
        let shown: String = document.chars().take(120).collect();
        assert!(took < Duration::from_secs(20), "{took:?}: {shown}");
        println!("{took:?}: {shown}");
    }
}
