use proptest::prelude::*;

use super::*;
use crate::{Kind, Status, keepalive};

fn framed(serial: u32, body: &[u8]) -> Vec<u8> {
    let header = Header { serial, ..Header::message(1, 2) };
    let mut out = b"before".to_vec();
    header.write(&mut out, |out| out.extend_from_slice(body)).unwrap();
    out.split_off(b"before".len())
}

/// All messages of `stream`, read in pieces of these sizes, over and over.
fn split(stream: &[u8], pieces: &[usize]) -> Result<Vec<(u32, Vec<u8>)>, BadLength> {
    let mut splitter = Splitter::default();
    let mut messages = Vec::new();
    let mut rest = stream;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let space = splitter.space();
        assert!(!space.is_empty());
        let count = rest.len().min(space.len()).min(*pieces.next().unwrap());
        space[..count].copy_from_slice(&rest[..count]);
        splitter.filled(count);
        rest = &rest[count..];
        while let Some(message) = splitter.next()? {
            messages.push((message.header.serial, message.body.to_vec()));
        }
    }
    Ok(messages)
}

#[test]
fn a_header_is_six_words() {
    let header = Header {
        program: 0x2000_8086,
        version: 1,
        procedure: 273,
        kind: Kind::STREAM,
        serial: 7,
        status: Status::CONTINUE,
    };
    assert_eq!(header.to_xdr().len(), Header::LENGTH);
    assert_eq!(header.frame()[..8], [0, 0, 0, 28, 0x20, 0, 0x80, 0x86]);
    assert_eq!(header.frame()[4..], header.to_xdr());
    assert_eq!(keepalive::PING[4..8], *b"keep");
    assert_eq!(keepalive::PONG[15], 2);
}

#[test]
fn lengths_out_of_bounds_end_the_stream_at_once() {
    for word in [0, 27, 33_554_437, u32::MAX] {
        assert_eq!(first(&word.to_be_bytes()).unwrap_err(), BadLength(word));
    }
    for word in [28_u32, 33_554_436] {
        assert_eq!(first(&word.to_be_bytes()).unwrap(), None);
    }
    let mut stream = framed(1, b"");
    stream.extend([0; 4]);
    assert_eq!(split(&stream, &[99]), Err(BadLength(0)));
}

#[test]
fn memory_follows_what_came_and_is_given_back() {
    let mut splitter = Splitter::default();
    splitter.space()[..4].copy_from_slice(&33_554_436_u32.to_be_bytes());
    splitter.filled(4);
    assert!(splitter.space().len() <= 2 * READ);
    let long = framed(1, &vec![7; 3 << 20]);
    assert_eq!(split(&long, &[usize::MAX]).unwrap()[0].1.len(), 3 << 20);

    let mut splitter = Splitter::default();
    for piece in long.chunks(READ) {
        splitter.space()[..piece.len()].copy_from_slice(piece);
        splitter.filled(piece.len());
    }
    assert!(splitter.next().unwrap().is_some());
    assert_eq!(splitter.held(), 0);
    assert!(splitter.space().len() <= KEEP);
    splitter.release();
    assert_eq!(splitter.buffer.capacity(), 0);
}

#[test]
fn a_message_that_no_peer_takes_is_not_written() {
    let mut out = b"before".to_vec();
    let written =
        Header::message(1, 1).write(&mut out, |out| out.resize(out.len() + LENGTH_MAX, 0));
    assert_eq!(written, Err(TooLarge(LENGTH_MAX + LENGTH_MIN)));
    assert_eq!(out, b"before");
    let fill = LENGTH_MAX - LENGTH_MIN;
    Header::message(1, 1).write(&mut out, |out| out.resize(out.len() + fill, 0)).unwrap();
}

proptest! {
    /// However a stream is cut into reads, the same messages come out.
    #[test]
    fn pieces_do_not_matter(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9000), 0..6),
        pieces in proptest::collection::vec(1_usize..5000, 1..5),
    ) {
        let stream: Vec<u8> =
            (0..).zip(&bodies).flat_map(|(serial, body)| framed(serial, body)).collect();
        let expected: Vec<_> = (0..).zip(bodies).collect();
        prop_assert_eq!(split(&stream, &pieces).unwrap(), expected);
    }

    /// No bytes panic.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
        let _ = split(&bytes, &[piece]);
    }
}
