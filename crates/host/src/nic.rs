//! What went over the host's network interfaces (`/proc/net/dev`).

use std::{collections::HashMap, fs};

use crate::{Error, error::Doing};

/// Counters of one interface since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Receive errors.
    pub rx_errors: u64,
    /// Received and dropped.
    pub rx_drops: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Transmit errors.
    pub tx_errors: u64,
    /// Dropped instead of sent.
    pub tx_drops: u64,
}

impl Counters {
    /// The same from the other end: what a tap receives, its guest has sent.
    #[must_use]
    pub fn from_the_guest(self) -> Self {
        Self {
            rx_bytes: self.tx_bytes,
            rx_packets: self.tx_packets,
            rx_errors: self.tx_errors,
            rx_drops: self.tx_drops,
            tx_bytes: self.rx_bytes,
            tx_packets: self.rx_packets,
            tx_errors: self.rx_errors,
            tx_drops: self.rx_drops,
        }
    }
}

/// The counters of all interfaces, by name, in one read.
///
/// # Errors
/// When the kernel does not tell.
pub fn counters() -> Result<HashMap<String, Counters>, Error> {
    let text = fs::read_to_string("/proc/net/dev").doing(|| "reading /proc/net/dev")?;
    Ok(parse(&text))
}

fn parse(text: &str) -> HashMap<String, Counters> {
    // Two lines of heading; then receive: bytes, packets, errs, drop, 4 more; transmit: the same first four.
    let rows = text.lines().skip(2).filter_map(|line| {
        let (name, rest) = line.rsplit_once(':')?;
        let figures: Vec<u64> =
            rest.split_ascii_whitespace().map_while(|figure| figure.parse().ok()).collect();
        let &[rx_bytes, rx_packets, rx_errors, rx_drops, _, _, _, _, ref tx @ ..] = &figures[..]
        else {
            return None;
        };
        let &[tx_bytes, tx_packets, tx_errors, tx_drops, ..] = tx else { return None };
        let counters = Counters {
            rx_bytes,
            rx_packets,
            rx_errors,
            rx_drops,
            tx_bytes,
            tx_packets,
            tx_errors,
            tx_drops,
        };
        Some((name.trim().to_owned(), counters))
    });
    rows.collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_table_is_read_and_turned_around_for_a_guest() {
        let text =
            "Inter-|   Receive\n face |bytes\n    lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n bad: 1\n";
        let table = parse(text);
        assert_eq!(table.len(), 1);
        let lo = table["lo"];
        assert_eq!((lo.rx_bytes, lo.rx_drops, lo.tx_bytes, lo.tx_drops), (1, 4, 5, 8));
        assert_eq!(lo.from_the_guest().rx_bytes, 5);
        assert_eq!(lo.from_the_guest().from_the_guest(), lo);
        assert!(counters().unwrap().contains_key("lo"));
    }
}
