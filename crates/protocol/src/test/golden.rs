//! Number, name and layout of every row: they never change once released.

use std::fmt::Write;
use std::path::Path;

use crate::{Class, PROGRAMS, ReadOnly};

#[test]
fn rows() {
    let mut text = String::new();
    for program in &PROGRAMS {
        writeln!(
            text,
            "program {} {:#010x} version {}",
            program.name, program.number, program.version
        )
        .expect("a string takes all");
        for entry in program.table {
            write!(text, "{} {} {}", entry.number, entry.name, entry.arguments).expect("as above");
            match entry.class {
                Class::Event => writeln!(text, " event"),
                Class::Call => {
                    let access = match entry.read_only {
                        ReadOnly::Allowed => "open".to_owned(),
                        ReadOnly::Denied => "write".to_owned(),
                        ReadOnly::DeniedForFlags { mask, .. } => format!("write({mask:#x})"),
                    };
                    let priority = format!("{:?}", entry.priority).to_lowercase();
                    writeln!(text, " -> {} {} {priority} {access}", entry.reply, entry.api)
                }
            }
            .expect("as above");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rows.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).expect("the golden is writable");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden is there");
    for (ours, theirs) in text.lines().zip(golden.lines()) {
        assert_eq!(ours, theirs, "BLESS=1 rewrites the golden, if this is meant");
    }
    assert_eq!(text.lines().count(), golden.lines().count());
}

#[test]
fn numbers_are_positions() {
    for program in &PROGRAMS {
        for (index, entry) in program.table.iter().enumerate() {
            assert_eq!(usize::try_from(entry.number).unwrap(), index + 1);
            assert_eq!(entry.program, program.number);
            assert_eq!(entry.api.is_empty(), entry.class == Class::Event, "{}", entry.name);
        }
        assert!(program.entry(0).is_none());
        assert!(program.entry(-1).is_none());
        assert!(program.entry(i32::MIN).is_none());
        assert!(program.entry(i32::MAX).is_none());
    }
}

#[test]
fn read_only_refusals_have_libvirts_words() {
    let entry = |number| crate::entry(crate::remote::PROGRAM, number).unwrap();
    assert_eq!(entry(9).refusal(0).unwrap(), "read only access prevents virDomainCreate");
    assert_eq!(entry(3).refusal(u32::MAX), None);
    assert_eq!(entry(14).refusal(2), None);
    assert_eq!(entry(14).refusal(1).unwrap(), "virDomainGetXMLDesc with secure flag");
}
