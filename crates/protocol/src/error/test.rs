use stead_xdr::Xdr;

use super::*;

#[test]
fn rows_stand_at_their_numbers() {
    for (index, row) in CODES.iter().enumerate() {
        assert_eq!(usize::try_from(row.number).unwrap(), index + 1, "{}", row.name);
        let details = row.template.matches("%1$s").count() + row.template.matches("%s").count();
        assert_eq!(details, 1, "{}", row.name);
    }
}

#[test]
fn an_error_carries_template_and_detail() {
    let error = Error::new(ErrorCode::NO_DOMAIN, ErrorDomain::QEMU, "no domain with matching id 0");
    assert_eq!(error.to_string(), "Domain not found: no domain with matching id 0");
    assert_eq!(error.str1.as_deref(), Some("Domain not found: %1$s"));
    assert_eq!(error.str2.as_deref(), Some("no domain with matching id 0"));
    assert_eq!((error.int1, error.int2), (-1, -1));
    assert_eq!(Error::from_xdr(&error.to_xdr()), Ok(error));
}

#[test]
fn the_detail_stands_where_the_template_says() {
    assert_eq!(ErrorCode::DOM_EXIST.text("d"), "domain d exists already");
    assert_eq!(ErrorCode::RPC.text("unknown procedure: 9"), "unknown procedure: 9");
    assert_eq!(ErrorCode::XML_ERROR.text("100%1$s"), "XML error: 100%1$s");
    assert_eq!(ErrorCode(4711).text("of tomorrow"), "of tomorrow");
}

#[test]
fn without_a_detail_the_summary_is_the_text() {
    let error = Error::new(ErrorCode::NO_MEMORY, ErrorDomain::NONE, "");
    assert_eq!(error.to_string(), "out of memory");
    assert_eq!(error.str2, None);
}

/// As libvirtd 11.3 answers an unknown flag of `ConnectListAllDomains`.
#[test]
fn an_argument_is_refused_in_other_words() {
    let text = "unsupported flags (0x80000000) in function qemuConnectListAllDomains";
    let error = Error::argument(ErrorDomain::QEMU, "qemuConnectListAllDomains", "flags", text);
    assert_eq!((error.code.0, error.domain.0, error.level.0), (8, 10, 2));
    assert_eq!(error.to_string(), text);
    assert_eq!(error.str1.as_deref(), Some("qemuConnectListAllDomains"));
    assert_eq!(error.str2.as_deref(), Some("flags"));
    assert_eq!((error.int1, error.int2), (0, 0));
}
