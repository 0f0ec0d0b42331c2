//! What is said of faulty documents: libvirt's words, and all of it at once.

use std::path::{Path, PathBuf};

use stead_config::{Class, Domain, Severity};

/// The first error of a document, as a libvirt client reads it.
#[track_caller]
fn check(document: &str, expected: &str) {
    let faults = Domain::parse(document).expect_err("a fault");
    let first = faults.first().expect("an error");
    assert_eq!(first.text(), expected, "{faults}");
    assert!(first.place.line > 0, "no place: {first:?}");
}

fn device(xml: &str) -> String {
    format!(
        "<domain type='kvm'><name>a</name><memory>1024</memory><os><type>hvm</type></os><devices>{xml}</devices></domain>"
    )
}

fn root(xml: &str) -> String {
    format!(
        "<domain type='kvm'><name>a</name><memory>1024</memory><os><type>hvm</type></os>{xml}</domain>"
    )
}

#[test]
fn syntax_is_shown_as_libvirt_shows_it() {
    let document = "<domain type='kvm'>\n<name>a</nam>\n</domain>\n";
    let faults = Domain::parse(document).expect_err("a fault");
    let first = faults.first().expect("an error");
    assert_eq!(first.class, Class::Syntax);
    assert_eq!(
        first.message,
        "at line 2: Opening and ending tag mismatch: name line 2 and nam\n<name>a</nam>\n-------------^\n"
    );
}

#[test]
fn devices() {
    let cases = [
        ("<disk><source file='/a'/></disk>", "missing target information for device /a"),
        ("<disk><target dev='vda'/></disk>", "missing source information for device vda"),
        (
            "<disk type='x'><target dev='vda'/></disk>",
            "XML error: Invalid value for attribute 'type' in element 'disk': 'x'.",
        ),
        (
            "<disk><source file='/a'/><target dev='vda'/></disk><disk><source file='/b'/><target dev='vda'/></disk>",
            "XML error: target 'vda' duplicated for disk sources '/a' and '/b'",
        ),
        (
            "<disk><source file='/a'/><target dev='vda'/><boot order='x'/></disk>",
            "XML error: Invalid value for attribute 'order' in element 'boot': 'x'. Expected non-negative integer value",
        ),
        (
            "<interface type='user'><mac address='x'/></interface>",
            "XML error: unable to parse mac address 'x'",
        ),
        (
            "<interface type='bridge'/>",
            "XML error: interface type='bridge' requires a 'source' element",
        ),
        ("<controller type='usb' model='x'/>", "unsupported configuration: Unknown model type 'x'"),
        (
            "<controller type='ide' index='0'/><controller type='ide' index='0'/>",
            "XML error: Multiple 'ide' controllers with index '0'",
        ),
        ("<serial type='file'/>", "internal error: Missing source path attribute for char device"),
        ("<graphics/>", "XML error: Missing required attribute 'type' in element 'graphics'"),
        (
            "<input type='tablet' bus='ps2'/>",
            "internal error: ps2 bus does not support tablet input device",
        ),
        (
            "<tpm model='tpm-crb'/>",
            "unsupported configuration: element 'tpm' is not supported by stead yet",
        ),
        (
            "<interface type='direct'/>",
            "unsupported configuration: attribute 'type' of element 'interface' with value 'direct' is not supported by stead yet",
        ),
    ];
    for (xml, expected) in cases {
        check(&device(xml), expected);
    }
}

#[test]
fn machine() {
    let cases = [
        ("<uuid>x</uuid>", "internal error: malformed uuid element"),
        ("<cpu mode='x'/>", "unsupported configuration: Invalid mode attribute 'x'"),
        (
            "<cpu><feature name='a'/></cpu>",
            "XML error: Non-empty feature list specified without CPU model",
        ),
        (
            "<cpu><topology sockets='2' cores='1' threads='1'/></cpu>",
            "unsupported configuration: CPU topology doesn't match maximum vcpu count",
        ),
        ("<vcpu>x</vcpu>", "XML error: maximum vcpus count must be an integer"),
        (
            "<vcpu current='2'>1</vcpu>",
            "unsupported configuration: maximum vCPU count must not be less than current vCPU count",
        ),
        ("<title>a\nb</title>", "XML error: Domain title can't contain newlines"),
        ("<on_crash>x</on_crash>", "unsupported configuration: unknown on_crash action: x"),
        ("<currentMemory unit='x'>1</currentMemory>", "invalid argument: unknown suffix 'x'"),
        ("<features><x/></features>", "unsupported configuration: unexpected feature 'x'"),
        (
            "<numatune/>",
            "unsupported configuration: element 'numatune' is not supported by stead yet",
        ),
    ];
    for (xml, expected) in cases {
        check(&root(xml), expected);
    }
    check("<domain type='kvm'/>", "missing name information");
    check("<foo/>", "XML error: expecting root element of 'domain', not 'foo'");
    for name in ["..", "a/b"] {
        let document = format!(
            "<domain type='kvm'><name>{name}</name><memory>1</memory><os><type>hvm</type></os></domain>"
        );
        assert!(Domain::parse(&document).is_err(), "{name}");
    }
}

#[test]
fn what_libvirt_drops_is_a_warning() {
    let document = root(
        "<foo/><devices><disk><source file='/a'/><target dev='vda' buss='x'/></disk></devices>",
    );
    let form = stead_config::Form::STORED;
    let (_, warnings) = Domain::parse_as(&document, form).expect("a domain");
    let told: Vec<_> = warnings.0.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "attribute 'buss' is not known and has no effect",
            "element 'foo' is not known and has no effect"
        ]
    );
    assert!(warnings.0.iter().all(|fault| fault.severity == Severity::Warning));
    assert_eq!(warnings.0[0].fix.as_deref(), Some("did you mean bus=?"));
}

/// A document as a user published it: every fault in one run.
#[test]
fn a_published_document() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("STEAD_SHARED").map_or(beside, PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("examples/published-notes.xml")) else {
        println!("skipped: the example is not there (STEAD_SHARED)");
        return;
    };
    let faults = Domain::parse(&text).expect_err("faults");
    let told = faults.to_string();
    let places: Vec<_> = told.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(
        places,
        ["11:1", "55:7", "73:1", "73:1", "78:1", "78:22", "83:22", "86:11", "88:1"],
        "{told}"
    );
    for word in ["second 'cpu'", "close <driver>", "queues=?", "hostdev", "volume", "agent_mouse"] {
        assert!(told.contains(word), "{word}:\n{told}");
    }
}
