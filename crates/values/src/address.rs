//! Where devices sit: addresses on buses.

use std::fmt;
use std::str::FromStr;

/// The address of a PCI function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pci {
    /// Segment, 16 bits.
    pub domain: u32,
    /// Bus, 0 to 255.
    pub bus: u8,
    /// Slot on the bus, 0 to 31.
    pub slot: u8,
    /// Function in the slot, 0 to 7.
    pub function: u8,
}

impl Pci {
    /// Function 0 of a slot of a bus of domain 0.
    pub const fn slot(bus: u8, slot: u8) -> Self {
        Self { domain: 0, bus, slot, function: 0 }
    }
}

impl fmt::Display for Pci {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, bus, slot, function } = self;
        write!(out, "{domain:04x}:{bus:02x}:{slot:02x}.{function:x}")
    }
}

/// A text that is no PCI address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write domain:bus:slot.function in hexadecimal, such as 0000:00:1f.2")]
pub struct NotPci;

impl FromStr for Pci {
    type Err = NotPci;

    fn from_str(text: &str) -> Result<Self, NotPci> {
        let number = |text: &str| u32::from_str_radix(text, 16).map_err(|_| NotPci);
        let (domain, rest) = text.split_once(':').ok_or(NotPci)?;
        let (bus, rest) = rest.split_once(':').ok_or(NotPci)?;
        let (slot, function) = rest.split_once('.').ok_or(NotPci)?;
        let byte = |text: &str, limit: u32| -> Result<u8, NotPci> {
            let value = number(text)?;
            if value > limit { Err(NotPci) } else { Ok(value as u8) }
        };
        Ok(Self {
            domain: number(domain)?,
            bus: byte(bus, 255)?,
            slot: byte(slot, 31)?,
            function: byte(function, 7)?,
        })
    }
}

/// The address of a drive on a controller (IDE, SATA, SCSI, floppy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drive {
    /// Index of the controller.
    pub controller: u32,
    /// Bus on the controller (SCSI channel, IDE bus).
    pub bus: u32,
    /// SCSI target.
    pub target: u32,
    /// Unit: SCSI LUN, SATA port, IDE master or slave.
    pub unit: u32,
}

/// The address of a USB device.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usb {
    /// Index of the controller.
    pub bus: u32,
    /// Ports from the controller down, at most four.
    pub port: Option<UsbPort>,
}

/// A chain of USB ports, such as `1.2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsbPort(pub [u32; 4]);

/// A text that is no USB port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write one to four numbers between dots, such as 1.2")]
pub struct NotUsbPort;

impl FromStr for UsbPort {
    type Err = NotUsbPort;

    fn from_str(text: &str) -> Result<Self, NotUsbPort> {
        let mut ports = [0; 4];
        for (index, part) in text.split('.').enumerate() {
            let port = ports.get_mut(index).ok_or(NotUsbPort)?;
            *port = part.parse().map_err(|_| NotUsbPort)?;
        }
        Ok(Self(ports))
    }
}

impl fmt::Display for UsbPort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, port) in self.0.iter().take_while(|port| **port > 0).enumerate() {
            if index > 0 {
                out.write_str(".")?;
            }
            port.fmt(out)?;
        }
        Ok(())
    }
}

/// The address of a port of a virtio-serial controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtioSerial {
    /// Index of the controller.
    pub controller: u32,
    /// Bus, always 0 in practice.
    pub bus: u32,
    /// Port, 0 only for a console.
    pub port: u32,
}

/// The address of a channel device of s390.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ccw {
    /// Channel subsystem.
    pub cssid: u32,
    /// Subchannel set.
    pub ssid: u32,
    /// Device number.
    pub devno: u32,
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn pci() {
        let address: Pci = "0000:00:1f.2".parse().unwrap();
        assert_eq!(address, Pci { domain: 0, bus: 0, slot: 0x1f, function: 2 });
        assert_eq!(address.to_string(), "0000:00:1f.2");
        for bad in ["", "0:0:0", "0000:00:20.0", "0000:00:00.8", "0000:100:00.0"] {
            assert_eq!(bad.parse::<Pci>(), Err(NotPci), "{bad}");
        }
    }

    #[test]
    fn usb_ports() {
        assert_eq!("1.2".parse::<UsbPort>().unwrap().to_string(), "1.2");
        for bad in ["", "1.", "1.2.3.4.5", "a"] {
            assert_eq!(bad.parse::<UsbPort>(), Err(NotUsbPort), "{bad}");
        }
    }
}
