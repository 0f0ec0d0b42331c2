//! The headers of image formats, read by position and within bounds.
//!
//! Source: QEMU 10.0, `docs/interop/qcow2.rst`.

use std::{fs::File, io, os::unix::fs::FileExt};

/// `QFI\xfb`.
const QCOW2_MAGIC: [u8; 4] = *b"QFI\xfb";
/// The header extension that names the backing file's format.
const BACKING_FORMAT: u32 = 0xe279_2aca;
/// The incompatible feature "external data file".
const EXTERNAL_DATA: u64 = 1 << 2;
/// The specification's bound on a backing file's name.
const BACKING_BYTES_MAX: u32 = 1023;
/// The header and its extensions lie within the first cluster, of 64 KiB by default.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// What a header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Bytes that the guest sees; none: as long as the image (raw), or not known.
    pub capacity: Option<u64>,
    /// The image below, when it names one.
    pub backing: Option<Backing>,
}

/// The image below, in the words of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backing {
    /// A path, relative to the image's own folder, or something that QEMU understands (`json:`, `nbd:`).
    pub name: String,
    /// Its format, where the header says.
    pub format: Option<String>,
}

/// Why a header cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The image cannot be read.
    #[error("cannot read the header: {0}")]
    Io(#[from] io::Error),
    /// It is not what the document says.
    #[error("the image is not in format '{format}'")]
    NotThatFormat {
        /// The format it was read as.
        format: String,
    },
    /// It is of that format, but makes no sense.
    #[error("damaged header: {0}")]
    Damaged(&'static str),
    /// It leads where stead does not follow.
    #[error("{0}")]
    Refused(&'static str),
}

/// Reads the header as `format`. Formats without a reader here have an empty one.
pub(super) fn read(file: &File, format: &str) -> Result<Header, HeaderError> {
    if format != "qcow2" {
        return Ok(Header::default());
    }
    let bytes = beginning(file)?;
    if !bytes.starts_with(&QCOW2_MAGIC) {
        return Err(HeaderError::NotThatFormat { format: format.into() });
    }
    qcow2(&bytes)
}

/// Whether the image begins as a format that can lead to other files does.
pub(super) fn is_qcow2(file: &File) -> io::Result<bool> {
    let mut magic = [0; 4];
    match file.read_exact_at(&mut magic, 0) {
        Ok(()) => Ok(magic == QCOW2_MAGIC),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn beginning(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; HEADER_BYTES_MAX];
    let mut length = 0;
    while length < bytes.len() {
        match file.read_at(&mut bytes[length..], length as u64) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn qcow2(bytes: &[u8]) -> Result<Header, HeaderError> {
    let version = u32_at(bytes, 4)?;
    let header_bytes = match version {
        2 => 72,
        3 => u32_at(bytes, 100)?,
        _ => return Err(HeaderError::Damaged("unknown version")),
    };
    if version == 3 && u64_at(bytes, 72)? & EXTERNAL_DATA != 0 {
        return Err(HeaderError::Refused("an external data file is not supported by stead yet"));
    }
    let capacity = u64_at(bytes, 24)?;
    if capacity > i64::MAX.unsigned_abs() {
        return Err(HeaderError::Damaged("the size is beyond all bounds"));
    }
    let (at, length) = (u64_at(bytes, 8)?, u32_at(bytes, 16)?);
    let backing = match (at, length) {
        (0, _) | (_, 0) => None,
        (_, length) if length > BACKING_BYTES_MAX => {
            return Err(HeaderError::Damaged("the backing file's name is too long"));
        }
        (at, length) => {
            let name = slice(bytes, at, length)?;
            let name = std::str::from_utf8(name)
                .map_err(|_| HeaderError::Damaged("the backing file's name is not UTF-8"))?;
            Some(Backing { name: name.into(), format: backing_format(bytes, header_bytes)? })
        }
    };
    Ok(Header { capacity: Some(capacity), backing })
}

/// Walks the header extensions: type, length, data padded to 8 bytes, until type 0.
fn backing_format(bytes: &[u8], header_bytes: u32) -> Result<Option<String>, HeaderError> {
    let mut at = u64::from(header_bytes);
    loop {
        let position = usize::try_from(at).map_err(|_| HeaderError::Damaged("cut off"))?;
        let (kind, length) = (u32_at(bytes, position)?, u32_at(bytes, position + 4)?);
        match kind {
            0 => return Ok(None),
            BACKING_FORMAT => {
                let name = slice(bytes, at + 8, length)?;
                return Ok(Some(String::from_utf8_lossy(name).into_owned()));
            }
            // `at` stays below the 64 KiB that were read plus one length: `slice` checks.
            _ => {
                slice(bytes, at + 8, length)?;
                at += 8 + u64::from(length).next_multiple_of(8);
            }
        }
    }
}

fn slice(bytes: &[u8], at: u64, length: u32) -> Result<&[u8], HeaderError> {
    let range = usize::try_from(at)
        .ok()
        .and_then(|at| Some(at..at.checked_add(usize::try_from(length).ok()?)?))
        .ok_or(HeaderError::Damaged("cut off"))?;
    bytes.get(range).ok_or(HeaderError::Damaged("cut off"))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, HeaderError> {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.map(|field| u32::from_be_bytes(*field)).ok_or(HeaderError::Damaged("cut off"))
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, HeaderError> {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.map(|field| u64::from_be_bytes(*field)).ok_or(HeaderError::Damaged("cut off"))
}

#[cfg(test)]
pub(super) mod test {
    use super::*;

    /// A version 3 header with the backing file's format as an extension behind another one.
    pub(in crate::image) fn header(capacity: u64, backing: &str, format: Option<&str>) -> Vec<u8> {
        let mut bytes = vec![0; 104];
        bytes[..4].copy_from_slice(&QCOW2_MAGIC);
        bytes[4..8].copy_from_slice(&3_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&16_u32.to_be_bytes());
        bytes[24..32].copy_from_slice(&capacity.to_be_bytes());
        bytes[100..104].copy_from_slice(&104_u32.to_be_bytes());
        let mut extension = |kind: u32, data: &[u8]| {
            bytes.extend(kind.to_be_bytes());
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(data);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        };
        extension(0x6803_f857, &[0; 50]);
        if let Some(format) = format {
            extension(BACKING_FORMAT, format.as_bytes());
        }
        extension(0, &[]);
        if !backing.is_empty() {
            let at = bytes.len() as u64;
            bytes[8..16].copy_from_slice(&at.to_be_bytes());
            bytes[16..20].copy_from_slice(&u32::try_from(backing.len()).unwrap().to_be_bytes());
            bytes.extend(backing.as_bytes());
        }
        bytes
    }

    #[test]
    fn the_backing_file_and_its_format_are_read() {
        let bytes = header(1 << 30, "base.img", Some("raw"));
        let backing = Backing { name: "base.img".into(), format: Some("raw".into()) };
        assert_eq!(
            qcow2(&bytes).unwrap(),
            Header { capacity: Some(1 << 30), backing: Some(backing) }
        );
        assert_eq!(qcow2(&header(5, "x", None)).unwrap().backing.unwrap().format, None);
        assert_eq!(qcow2(&header(5, "", None)).unwrap().backing, None);
    }

    #[test]
    fn no_cut_and_no_changed_byte_of_a_header_is_beyond_an_error() {
        let whole = header(1 << 30, "base.img", Some("raw"));
        for length in 0..whole.len() {
            assert!(qcow2(&whole[..length]).is_err(), "{length}");
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut other = whole.clone();
                other[at] = value;
                // Any answer will do.
                let _ = qcow2(&other);
            }
        }
    }

    #[test]
    fn what_leads_elsewhere_or_beyond_is_refused() {
        let mut bytes = header(5, "", None);
        bytes[79] = 4;
        assert!(matches!(qcow2(&bytes), Err(HeaderError::Refused(_))));
        assert!(qcow2(&header(u64::MAX, "", None)).is_err());
        assert!(qcow2(&header(5, &"x".repeat(1024), None)).is_err());
    }
}
