//! Every body of every program, fed with what no friendly peer sends.

use proptest::prelude::*;
use stead_xdr::{Layout, Xdr};

use crate::{Entry, PROGRAMS};

fn entries() -> impl Iterator<Item = &'static Entry> {
    PROGRAMS.iter().flat_map(|program| program.table)
}

/// A valid encoding of `layout`, with choices drawn from `seed`. Lists are short.
fn valid(layout: &Layout, seed: &mut impl FnMut() -> u32, out: &mut Vec<u8>) {
    let mut few = |max: u32, out: &mut Vec<u8>| {
        let count = seed() % 4.min(max + 1);
        count.encode(out);
        count
    };
    match layout {
        Layout::Char | Layout::Short | Layout::Int | Layout::Uint => seed().encode(out),
        Layout::Double | Layout::Hyper | Layout::Uhyper => {
            seed().encode(out);
            seed().encode(out);
        }
        Layout::CharArray(count) => (0..*count).for_each(|_| (seed() & 0xff).encode(out)),
        Layout::Chars(max) => {
            let count = few(*max, out);
            (0..count).for_each(|_| (seed() & 0xff).encode(out));
        }
        Layout::List { max, item } => {
            let count = few(*max, out);
            (0..count).for_each(|_| valid(item, seed, out));
        }
        Layout::Opaque(max) | Layout::Text(max) => {
            let count = few(*max, out);
            out.extend((0..count).map(|_| b'a'));
            out.extend((count..count.next_multiple_of(4)).map(|_| 0xff));
        }
        Layout::OpaqueArray(count) => {
            (0..count.div_ceil(4)).for_each(|_| seed().encode(out));
        }
        Layout::Optional(item) => {
            let flag = seed() % 3;
            flag.encode(out);
            if flag != 0 {
                valid(item, seed, out);
            }
        }
        Layout::Struct(fields) => {
            fields.iter().for_each(|field| valid(&field.layout, seed, out));
        }
        Layout::Union(arms) => {
            let (value, arm) = &arms[seed() as usize % arms.len()];
            value.encode(out);
            valid(arm, seed, out);
        }
    }
}

/// A small generator of numbers, good enough to choose shapes.
fn numbers(mut state: u64) -> impl FnMut() -> u32 {
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No bytes make any body panic.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        for entry in entries() {
            let _ = (entry.check_arguments)(&bytes);
            let _ = (entry.check_reply)(&bytes);
        }
    }

    /// Nor do small numbers, of which lengths and flags are made.
    #[test]
    fn small_words(words in proptest::collection::vec(0_u32..8, 0..128)) {
        let mut bytes = Vec::new();
        words.iter().for_each(|word| word.encode(&mut bytes));
        for entry in entries() {
            let _ = (entry.check_arguments)(&bytes);
            let _ = (entry.check_reply)(&bytes);
        }
    }

    /// Whatever fits the layout decodes, also with bytes behind it; cut short
    /// anywhere, or with any word of it made huge, it is refused or read, quietly.
    #[test]
    fn valid_and_nearly_valid(seed in any::<u64>(), at in any::<prop::sample::Index>()) {
        let mut seed = numbers(seed);
        for entry in entries() {
            for (layout, check) in [
                (&entry.arguments, entry.check_arguments),
                (&entry.reply, entry.check_reply),
            ] {
                let mut bytes = Vec::new();
                valid(layout, &mut seed, &mut bytes);
                prop_assert_eq!(check(&bytes), Ok(()), "{}", entry.name);
                let whole = bytes.len();
                bytes.extend_from_slice(b"behind it");
                prop_assert_eq!(check(&bytes), Ok(()), "{}", entry.name);
                bytes.truncate(whole);
                if whole == 0 {
                    continue;
                }
                let cut = at.index(whole);
                prop_assert!(check(&bytes[..cut]).is_err(), "{} cut at {}", entry.name, cut);
                let word = cut / 4 * 4;
                bytes[word..word + 4].fill(0xff);
                let _ = check(&bytes);
            }
        }
    }
}
