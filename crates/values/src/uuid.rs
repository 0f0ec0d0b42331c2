//! UUIDs in the forms that libvirt reads and the one that it writes.

use std::fmt;
use std::str::FromStr;

/// A UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

/// A text that is no UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write 32 hexadecimal digits, with hyphens or without")]
pub struct NotUuid;

impl Uuid {
    /// A random one (RFC 9562, version 4).
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    /// Random bytes made a version 4 UUID.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid().into_bytes())
    }

    /// Whether libvirt takes it for that of a host: not all digits are the same.
    pub fn is_varied(self) -> bool {
        let digit = self.0[0] >> 4;
        self.0.iter().any(|byte| byte >> 4 != digit || byte & 15 != digit)
    }
}

/// libvirt reads 32 digits with white space before and after, hyphens anywhere between bytes.
impl FromStr for Uuid {
    type Err = NotUuid;

    fn from_str(text: &str) -> Result<Self, NotUuid> {
        let mut rest = text.trim().bytes();
        let mut bytes = [0; 16];
        let mut digit = |allow_hyphen: bool| -> Result<u8, NotUuid> {
            loop {
                let byte = rest.next().ok_or(NotUuid)?;
                match (byte as char).to_digit(16) {
                    Some(digit) => return Ok(digit as u8),
                    None if byte == b'-' && allow_hyphen => {}
                    None => return Err(NotUuid),
                }
            }
        };
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = digit(index > 0)? << 4 | digit(false)?;
        }
        if rest.next().is_some() { Err(NotUuid) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(out)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn forms() {
        let text = "c7a5fdbd-edaf-9455-926a-d65c16db1809";
        let uuid: Uuid = text.parse().expect("a UUID");
        assert_eq!(uuid.to_string(), text);
        assert_eq!("c7a5fdbdedaf9455926ad65c16db1809".parse(), Ok(uuid));
        assert_eq!(" c7a5fdbd-edaf-9455-926ad65c16db1809\n".parse(), Ok(uuid));
        assert_eq!("C7A5FDBD-EDAF-9455-926A-D65C16DB1809".parse(), Ok(uuid));
        for bad in [
            "",
            "c7",
            "c7a5fdbd-edaf-9455-926a-d65c16db180",
            "-c7a5fdbdedaf9455926ad65c16db1809",
            "c7a5fdbdedaf9455926ad65c16db18099",
            "c-7a5fdbdedaf9455926ad65c16db1809",
        ] {
            assert_eq!(bad.parse::<Uuid>(), Err(NotUuid), "{bad}");
        }
    }
}
