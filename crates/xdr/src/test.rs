//! The forms that are easy to get wrong, byte by byte, and the limits.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// Encoding gives these bytes, and they decode to the value.
#[track_caller]
fn check<T: Xdr + PartialEq + std::fmt::Debug>(value: T, bytes: &[u8]) {
    assert_eq!(value.to_xdr(), bytes);
    assert_eq!(T::from_xdr(bytes), Ok(value));
    assert_eq!(bytes.len() % 4, 0);
    assert!(bytes.len() >= T::SIZE_MIN);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
struct Node {
    #[xdr(char)]
    model: [u8; 3],
    memory: u64,
    #[xdr(short)]
    cpus: u16,
    #[xdr(char)]
    state: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
struct Lists {
    #[xdr(max = 2)]
    names: Vec<String>,
    #[xdr(opaque, max = 5)]
    map: Vec<u8>,
    #[xdr(char, max = 2)]
    label: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Xdr)]
struct Nothing {
    #[xdr(max = 4_000_000_000)]
    nothings: Vec<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Xdr)]
struct Code(i32);

#[test]
fn numbers_are_big_endian() {
    check(-2_i32, &[0xff, 0xff, 0xff, 0xfe]);
    check(1_u32, &[0, 0, 0, 1]);
    check(-2_i64, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]);
    check(1_u64, &[0, 0, 0, 0, 0, 0, 0, 1]);
    check(1.5_f64, &[0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
    check(Code(7), &[0, 0, 0, 7]);
    assert_eq!(Code::LAYOUT, Layout::Int);
}

#[test]
fn characters_take_four_bytes_each() {
    check(
        Node { model: *b"abc", memory: 5, cpus: 0x0102, state: 0xff },
        b"\0\0\0a\0\0\0b\0\0\0c\0\0\0\0\0\0\0\x05\0\0\x01\x02\0\0\0\xff",
    );
    assert_eq!(Node::SIZE_MIN, 28);
}

#[test]
fn bytes_and_strings_are_packed_and_padded() {
    check([1_u8, 2, 3, 4, 5], &[1, 2, 3, 4, 5, 0, 0, 0]);
    check([7_u8; 16], &[7; 16]);
    check("abcde".to_owned(), b"\0\0\0\x05abcde\0\0\0");
    check(Arc::<str>::from(""), b"\0\0\0\0");
    check(
        Lists { names: vec!["a".into()], map: vec![9], label: vec![b'l'] },
        b"\0\0\0\x01\0\0\0\x01a\0\0\0\0\0\0\x01\x09\0\0\0\0\0\0\x01\0\0\0l",
    );
}

#[test]
fn any_flag_that_is_not_zero_means_present() {
    check(Some(5_u32), &[0, 0, 0, 1, 0, 0, 0, 5]);
    check(None::<u32>, &[0, 0, 0, 0]);
    assert_eq!(Option::<u32>::from_xdr(&[1, 0, 0, 0, 0, 0, 0, 5]), Ok(Some(5)));
    assert_eq!(Option::<u32>::from_xdr(&[0, 0, 0, 2, 0, 0, 0, 5]), Ok(Some(5)));
}

#[test]
fn what_follows_a_value_is_left() {
    let mut input = Decoder::new(&[0, 0, 0, 1, 9, 9]);
    assert_eq!(u32::decode(&mut input), Ok(1));
    assert_eq!(input.rest(), [9, 9]);
    assert_eq!(<()>::from_xdr(&[1, 2, 3]), Ok(()));
}

#[test]
fn pads_may_hold_anything_but_must_be_there() {
    assert_eq!(String::from_xdr(b"\0\0\0\x01axyz"), Ok("a".to_owned()));
    assert_eq!(
        String::from_xdr(b"\0\0\0\x01axy"),
        Err(DecodeError::Truncated { needed: 1, remaining: 3 }),
    );
}

#[test]
fn strings_that_are_not_utf8_are_no_others_name() {
    let broken = String::from_xdr(b"\0\0\0\x03a\xffb\0").unwrap();
    assert_eq!(broken, "a\u{ffff}b");
    // What a friendly sender could have meant is another string.
    assert_ne!(broken, String::from_utf8_lossy(b"a\xffb"));
    // A string of nothing else is longer than its bytes, and still bounded by them.
    let broken = String::from_xdr(b"\0\0\0\x04\xff\xff\xff\xff").unwrap();
    assert_eq!(broken.chars().count(), 4);
}

#[test]
fn lengths_are_checked_before_anything_is_made_room_for() {
    for bytes in [&b"\xff\xff\xff\xff"[..], b"\0\x40\0\x01"] {
        assert!(matches!(String::from_xdr(bytes), Err(DecodeError::TooLong { .. })));
        assert!(matches!(Lists::from_xdr(bytes), Err(DecodeError::TooLong { .. })));
    }
    assert_eq!(
        String::from_xdr(b"\0\x40\0\0abcd"),
        Err(DecodeError::Truncated { needed: 4 << 20, remaining: 4 }),
    );
    assert_eq!(
        Lists::from_xdr(b"\0\0\0\x02\0\0\0\0"),
        Err(DecodeError::Truncated { needed: 8, remaining: 4 }),
    );
    assert_eq!(Lists::from_xdr(b"\0\0\0\x03"), Err(DecodeError::TooLong { declared: 3, max: 2 }),);
    assert_eq!(
        Lists::from_xdr(b"\0\0\0\0\0\0\0\x06"),
        Err(DecodeError::TooLong { declared: 6, max: 5 }),
    );
    assert_eq!(
        Lists::from_xdr(b"\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0a"),
        Err(DecodeError::Truncated { needed: 8, remaining: 4 }),
    );
}

#[test]
fn a_list_of_nothings_takes_no_room() {
    let nothing = Nothing::from_xdr(&1_000_000_u32.to_xdr()).unwrap();
    assert_eq!(nothing.nothings.capacity(), usize::MAX);
}

#[test]
fn what_does_not_fit_is_named() {
    let fits = Lists { names: vec![String::new(); 2], map: vec![0; 5], label: vec![0; 2] };
    assert_eq!(fits.fits(), Ok(()));
    let names = Lists { names: vec![String::new(); 3], ..Lists::default() };
    assert_eq!(names.fits(), Err(Excess { length: 3, max: 2 }));
    let map = Lists { map: vec![0; 6], ..Lists::default() };
    assert_eq!(map.fits(), Err(Excess { length: 6, max: 5 }));
    let long = "x".repeat(STRING_MAX as usize + 1);
    assert!(Some(long).fits().is_err());
}

#[test]
fn layouts_read_as_declarations() {
    assert_eq!(
        Lists::LAYOUT.to_string(),
        "{string<4194304><2> names, opaque<5> map, char<2> label}",
    );
    assert_eq!(Option::<[u8; 16]>::LAYOUT.to_string(), "opaque[16]?");
}

proptest! {
    /// Decoding what was encoded gives it back, whatever follows it.
    #[test]
    fn decode_undoes_encode(
        names in proptest::collection::vec(".{0,9}", 0..3),
        map in proptest::collection::vec(any::<u8>(), 0..6),
        label in proptest::collection::vec(any::<u8>(), 0..3),
        memory: u64,
        cpus: u16,
        model: [u8; 3],
        behind in proptest::collection::vec(any::<u8>(), 0..9),
    ) {
        let lists = Lists { names, map, label };
        let mut bytes = lists.to_xdr();
        prop_assert_eq!(bytes.len() % 4, 0);
        bytes.extend(&behind);
        prop_assert_eq!(Lists::from_xdr(&bytes), Ok(lists));
        let node = Node { model, memory, cpus, state: model[0] };
        prop_assert_eq!(Node::from_xdr(&node.to_xdr()), Ok(node));
    }

    /// No bytes panic, and what decodes is no larger than what it came from.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = Node::from_xdr(&bytes);
        let _ = Option::<f64>::from_xdr(&bytes);
        if let Ok(lists) = Lists::from_xdr(&bytes) {
            prop_assert!(lists.map.len() + lists.label.len() + lists.names.len() <= bytes.len());
        }
    }
}
