//! Addresses of disks on IDE, SATA, SCSI and floppy controllers, from the name of their target.

use stead_values::address::Drive;

/// Names that targets start with.
const PREFIXES: &[&str] = &["fd", "hd", "vd", "sd", "xvd", "ubd"];

/// Index of a target name: `vda` is 0, `vdb` 1, `vdaa` 26.
///
/// None when the name is not of that form, names a partition, or does not fit.
pub fn index(name: &str) -> Option<u32> {
    let letters = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let letters = letters.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let mut index: i32 = 0;
    for (position, letter) in letters.bytes().enumerate() {
        if !letter.is_ascii_lowercase() {
            return None;
        }
        let digit = i32::from(letter - b'a');
        index = if position == 0 {
            digit
        } else {
            index.checked_add(1)?.checked_mul(26)?.checked_add(digit)?
        };
    }
    (!letters.is_empty()).then(|| u32::try_from(index).ok())?
}

/// Whether a target name ends in a partition number.
pub fn names_partition(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && name.ends_with(|last: char| last.is_ascii_digit())
}

/// The address that a target name means on a bus that has drive addresses.
pub fn address(bus: &str, index: u32) -> Option<Drive> {
    Some(match bus {
        "ide" => Drive { controller: index / 4, bus: index % 4 / 2, target: 0, unit: index % 2 },
        "sata" => Drive { controller: index / 6, unit: index % 6, ..Drive::default() },
        "scsi" => Drive { controller: index / 7, unit: index % 7, ..Drive::default() },
        "fdc" => Drive { controller: index / 2, unit: index % 2, ..Drive::default() },
        _ => return None,
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn names_count_as_letters_do() {
        let indexes = ["vda", "vdb", "vdz", "vdaa", "vdba", "sda1"].map(index);
        assert_eq!(indexes, [Some(0), Some(1), Some(25), Some(26), Some(52), Some(0)]);
        assert_eq!(index("hdaxxxxxxxxxx"), None);
        assert_eq!(index("nvme0n1"), None);
        assert_eq!(index("vd"), None);
        assert!(names_partition("vdb1"));
    }

    #[test]
    fn buses_split_the_index_each_in_its_way() {
        assert_eq!(address("ide", 3).unwrap(), Drive { bus: 1, unit: 1, ..Drive::default() });
        assert_eq!(
            address("sata", 7).unwrap(),
            Drive { controller: 1, unit: 1, ..Drive::default() }
        );
        assert_eq!(address("virtio", 0), None);
    }
}
