//! Sets of CPU numbers, as documents write them: `0-3,^2,8`.

use std::fmt;
use std::str::FromStr;

/// A set of CPUs (or of NUMA nodes).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CpuSet {
    words: Vec<u64>,
}

/// A text that is no set of CPUs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write numbers and ranges between commas, such as 0-3,^2,8")]
pub struct NotCpuSet;

impl CpuSet {
    /// The largest number that can be in a set: libvirt's `VIR_DOMAIN_CPUMASK_LEN`.
    pub const MAX: u32 = 16383;

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether a number is in it.
    pub fn contains(&self, cpu: u32) -> bool {
        self.words.get(cpu as usize / 64).is_some_and(|word| word >> (cpu % 64) & 1 == 1)
    }

    /// Puts a number in; false if it is larger than any that can be.
    pub fn insert(&mut self, cpu: u32) -> bool {
        if cpu > Self::MAX {
            return false;
        }
        let index = cpu as usize / 64;
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        self.words[index] |= 1 << (cpu % 64);
        true
    }

    /// Puts in all from `first` to `last`, which are at most [`Self::MAX`]; a word at a time.
    fn insert_range(&mut self, first: u32, last: u32) {
        let (low, high) = (first as usize / 64, last as usize / 64);
        if self.words.len() <= high {
            self.words.resize(high + 1, 0);
        }
        for index in low..=high {
            let mut word = u64::MAX;
            if index == low {
                word &= u64::MAX << (first % 64);
            }
            if index == high {
                word &= u64::MAX >> (63 - last % 64);
            }
            self.words[index] |= word;
        }
    }

    /// Takes a number out.
    pub fn remove(&mut self, cpu: u32) {
        if let Some(word) = self.words.get_mut(cpu as usize / 64) {
            *word &= !(1 << (cpu % 64));
        }
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }

    /// The numbers in it, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        (0..self.words.len() as u32 * 64).filter(|cpu| self.contains(*cpu))
    }

    /// The largest number in it.
    pub fn last(&self) -> Option<u32> {
        let index = self.words.iter().rposition(|word| *word != 0)?;
        Some(index as u32 * 64 + 63 - self.words[index].leading_zeros())
    }
}

impl FromIterator<u32> for CpuSet {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut set = Self::default();
        for number in numbers {
            set.insert(number);
        }
        set
    }
}

/// White space is allowed between numbers; `^n` takes out one that was put in before.
impl FromStr for CpuSet {
    type Err = NotCpuSet;

    fn from_str(text: &str) -> Result<Self, NotCpuSet> {
        let number = |text: &str| -> Result<u32, NotCpuSet> {
            let text = text.trim();
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().map_err(|_| NotCpuSet)?;
            if is_plain && number <= Self::MAX { Ok(number) } else { Err(NotCpuSet) }
        };
        let mut set = Self::default();
        for part in text.split(',') {
            let part = part.trim();
            if let Some(out) = part.strip_prefix('^') {
                set.remove(number(out)?);
            } else if let Some((first, last)) = part.split_once('-') {
                let (first, last) = (number(first)?, number(last)?);
                if first > last {
                    return Err(NotCpuSet);
                }
                set.insert_range(first, last);
            } else {
                set.insert(number(part)?);
            }
        }
        Ok(set)
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        let mut numbers = self.iter().peekable();
        while let Some(first) = numbers.next() {
            let mut last = first;
            while let Some(next) = numbers.next_if(|next| *next == last + 1) {
                last = next;
            }
            if last == first {
                write!(out, "{comma}{first}")?;
            } else {
                write!(out, "{comma}{first}-{last}")?;
            }
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn forms() {
        let set: CpuSet = "1-4,^3,525".parse().unwrap();
        assert_eq!(set.to_string(), "1-2,4,525");
        assert_eq!(set.len(), 4);
        assert_eq!(set.last(), Some(525));
        let wide: CpuSet = "3-200".parse().unwrap();
        assert_eq!((wide.len(), wide.to_string().as_str()), (198, "3-200"));
        assert!(!set.contains(3));
        for bad in ["", "a", "3-1", "1,,2", "-1", "99999", "1-"] {
            assert_eq!(bad.parse::<CpuSet>(), Err(NotCpuSet), "{bad}");
        }
    }
}
