//! Ethernet addresses.

use std::fmt;
use std::str::FromStr;

/// An Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// A text that is no Ethernet address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write six hexadecimal numbers between colons, such as 52:54:00:12:34:56")]
pub struct NotMac;

impl Mac {
    /// The prefix of addresses that are made up for QEMU guests.
    pub const QEMU_PREFIX: [u8; 3] = [0x52, 0x54, 0x00];

    /// Whether it names a group and not one port.
    pub const fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

/// libvirt reads numbers of one or two digits.
impl FromStr for Mac {
    type Err = NotMac;

    fn from_str(text: &str) -> Result<Self, NotMac> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().ok_or(NotMac)?;
            if part.is_empty() || part.len() > 2 || !part.bytes().all(|c| c.is_ascii_hexdigit()) {
                return Err(NotMac);
            }
            *byte = u8::from_str_radix(part, 16).map_err(|_| NotMac)?;
        }
        if parts.next().is_some() { Err(NotMac) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(out, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn forms() {
        assert_eq!("52:54:0:1A:b:ff".parse::<Mac>().unwrap().to_string(), "52:54:00:1a:0b:ff");
        for bad in
            ["", "52:54:00:12:34", "52:54:00:12:34:56:78", "52:54:00:12:34:5g", "+2:54:00:12:34:56"]
        {
            assert_eq!(bad.parse::<Mac>(), Err(NotMac), "{bad}");
        }
    }
}
