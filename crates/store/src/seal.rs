//! A last line that tells whether a document is as it was written.
//!
//! The seal is an XML comment, so that the file stays a document that any tool reads, and stands last, so
//! that the lines of the file are the lines of the document. A person may edit the file: then the seal does
//! not match, and the document counts if it parses.

const OPENING: &str = "<!-- stead: ";
const CLOSING: &str = " -->\n";

/// What the seal says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// As written.
    Whole,
    /// Changed since, by a person or by damage.
    Changed,
    /// Never sealed: written by a person, or cut off.
    Missing,
}

/// `text` with its seal.
pub(crate) fn seal(text: &str) -> String {
    let mut sealed = String::with_capacity(text.len() + 40);
    sealed.push_str(text);
    if !text.ends_with('\n') {
        sealed.push('\n');
    }
    let sum = sum(sealed.as_bytes());
    sealed.push_str(&format!("{OPENING}{sum:016x}{CLOSING}"));
    sealed
}

/// The document in `sealed`, and whether it is whole.
pub(crate) fn open(sealed: &str) -> (&str, Seal) {
    let Some((text, tail)) = sealed.rfind(OPENING).map(|at| sealed.split_at(at)) else {
        return (sealed, Seal::Missing);
    };
    let stated = tail
        .strip_prefix(OPENING)
        .and_then(|tail| tail.strip_suffix(CLOSING))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    match stated {
        Some(stated) if stated == sum(text.as_bytes()) => (text, Seal::Whole),
        _ => (text, Seal::Changed),
    }
}

/// FNV-1a, 64 bits (IETF draft-eastlake-fnv-17): against damage, not against malice.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_sealed_document_opens_whole() {
        assert_eq!(open(&seal("<a/>\n")), ("<a/>\n", Seal::Whole));
        assert_eq!(open(&seal("<a/>")), ("<a/>\n", Seal::Whole));
    }

    #[test]
    fn any_changed_or_lost_byte_shows() {
        let sealed = seal("<domain>\n  <name>a</name>\n</domain>\n");
        for at in 0..sealed.len() {
            let mut other = sealed.clone().into_bytes();
            other[at] ^= 1;
            if let Ok(other) = String::from_utf8(other) {
                assert_ne!(open(&other).1, Seal::Whole, "byte {at}");
            }
            assert_ne!(open(&sealed[..at]).1, Seal::Whole, "cut at {at}");
        }
    }
}
