//! Sets of feature bits.
//!
//! A catalog numbers every distinct bit (of a CPUID register or an MSR) that any of its features
//! uses; a set is a fixed array over these numbers, so that the algebra on whole CPUs is a few
//! machine words. In the built-in catalog each feature is exactly one bit and has its number.

/// Words in a set.
const WORDS: usize = 12;

/// How many distinct bits a catalog may use.
pub const CAPACITY: usize = WORDS * 64;

/// Number of a feature in its catalog, in map order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId(pub(crate) u16);

impl FeatureId {
    /// The number as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of bits, numbered by one catalog. Sets of different catalogs must not be mixed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bits([u64; WORDS]);

impl Bits {
    /// The empty set.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// The set of one bit. Numbers at or beyond [`CAPACITY`] give the empty set.
    pub const fn single(number: usize) -> Self {
        let mut words = [0; WORDS];
        if number < CAPACITY {
            words[number / 64] = 1 << (number % 64);
        }
        Self(words)
    }

    /// Everything in either.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.insert(other);
        self
    }

    /// Everything in both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        self
    }

    /// Everything in this that is not in the other.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        self.remove(other);
        self
    }

    /// Adds every bit of the other.
    pub fn insert(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word |= other;
        }
    }

    /// Removes every bit of the other.
    pub fn remove(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= !other;
        }
    }

    /// Whether every bit of the other is here.
    pub fn contains(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(word, other)| word & other == other)
    }

    /// Whether nothing is here.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many bits are here.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            std::iter::successors((*word != 0).then_some(*word), |rest| {
                let rest = rest & (rest - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |rest| index * 64 + rest.trailing_zeros() as usize)
        })
    }
}

impl Default for Bits {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn algebra() {
        let low = Bits::single(3).or(&Bits::single(70));
        let high = Bits::single(70).or(&Bits::single(CAPACITY - 1));
        assert_eq!(low.and(&high), Bits::single(70));
        assert_eq!(low.without(&high), Bits::single(3));
        assert!(low.or(&high).contains(&low));
        assert!(!low.contains(&high));
        assert_eq!(low.or(&high).iter().collect::<Vec<_>>(), [3, 70, CAPACITY - 1]);
        assert_eq!(low.or(&high).len(), 3);
        assert!(Bits::single(CAPACITY).is_empty());
    }
}
