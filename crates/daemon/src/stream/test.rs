//! Streams end to end, over a session.

use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stead_protocol::remote::{
    AuthList, ConnectGetLibVersion, ConnectOpen, DomainOpenConsole, DomainOpenConsoleArgs,
    DomainScreenshot, DomainScreenshotArgs, DomainScreenshotReply,
};
use stead_protocol::table::Procedure;
use stead_protocol::{Header, Kind, Status, Xdr};
use tokio::sync::oneshot;

use crate::peer::Access;
use crate::router::{Router, Source};
use crate::session::Phase;
use crate::testing::{Client, House};

type Taken = Arc<Mutex<Option<oneshot::Sender<()>>>>;

/// A house whose one console is a socket of ours, and whose one picture is `picture`.
fn house(picture: &[u8]) -> (House, UnixStream, Taken) {
    let (console, ours) = UnixStream::pair().unwrap();
    console.set_nonblocking(true).unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(picture).unwrap();
    file.rewind().unwrap();
    let taken: Taken = Arc::default();
    let keep = Arc::clone(&taken);
    let routes = Router::empty()
        .on(AuthList, |session, ()| {
            session.shared().phase = Phase::Authenticated;
            Ok(Default::default())
        })
        .on(ConnectOpen, |session, _| {
            session.shared().phase = Phase::Open(Access::ReadWrite);
            Ok(())
        })
        .on(ConnectGetLibVersion, |_, ()| Ok(Default::default()))
        .on_stream(DomainOpenConsole, move |_, _| {
            let (sender, receiver) = oneshot::channel();
            *keep.lock().unwrap() = Some(sender);
            let socket = OwnedFd::from(console.try_clone().unwrap());
            async move { Ok(((), Source::Socket(socket, receiver))) }
        })
        .on_stream(DomainScreenshot, move |_, _| {
            let file = OwnedFd::from(file.try_clone().unwrap());
            async move { Ok((DomainScreenshotReply { mime: None }, Source::File(file))) }
        });
    (House::new(routes), ours, taken)
}

fn of_stream<P: Procedure>(serial: u32, status: Status) -> Header {
    Header::call::<P>(serial).stream(status)
}

fn open(client: &mut Client) -> u32 {
    let serial = client.send(DomainOpenConsole, &DomainOpenConsoleArgs::default());
    client.reply::<DomainOpenConsole>(serial).unwrap();
    serial
}

#[test]
fn a_console_is_read_and_typed_into_beside_other_calls() {
    let (house, mut console, _taken) = house(b"");
    let mut client = house.client(Access::ReadWrite);
    let serial = open(&mut client);
    console.write_all(b"login: ").unwrap();
    let (header, body) = client.receive().unwrap();
    assert_eq!(header, of_stream::<DomainOpenConsole>(serial, Status::CONTINUE));
    assert_eq!(body, b"login: ");
    client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::CONTINUE), b"root\r");
    let mut typed = [0; 5];
    console.read_exact(&mut typed).unwrap();
    assert_eq!(&typed, b"root\r");
    client.call(ConnectGetLibVersion, &()).unwrap();
    client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::OK), &[]);
    assert_eq!(client.receive().unwrap().0, of_stream::<DomainOpenConsole>(serial, Status::OK));
    // What comes late is dropped.
    client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::CONTINUE), b"late");
    client.call(ConnectGetLibVersion, &()).unwrap();
}

#[test]
fn what_the_client_sends_right_behind_the_call_is_not_lost() {
    let (house, mut console, _taken) = house(b"");
    let mut client = house.client(Access::ReadWrite);
    let serial = client.send(DomainOpenConsole, &DomainOpenConsoleArgs::default());
    for word in [b"one", b"two", b"six"] {
        client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::CONTINUE), word);
    }
    let mut typed = [0; 9];
    console.read_exact(&mut typed).unwrap();
    assert_eq!(&typed, b"onetwosix");
}

#[test]
fn an_abort_is_answered_with_ok_and_a_takeover_with_an_error() {
    let (house, _console, taken) = house(b"");
    let mut client = house.client(Access::ReadWrite);
    let serial = open(&mut client);
    client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::ERROR), &[]);
    assert_eq!(client.receive().unwrap().0, of_stream::<DomainOpenConsole>(serial, Status::OK));
    let serial = open(&mut client);
    taken.lock().unwrap().take().unwrap().send(()).unwrap();
    let (header, body) = client.receive().unwrap();
    assert_eq!(header, of_stream::<DomainOpenConsole>(serial, Status::ERROR));
    assert!(stead_protocol::Error::from_xdr(&body).is_ok());
}

#[test]
fn the_end_of_the_data_is_an_empty_message() {
    let (house, console, taken) = house(b"");
    let mut client = house.client(Access::ReadWrite);
    let serial = open(&mut client);
    console.shutdown(std::net::Shutdown::Both).unwrap();
    let (header, body) = client.receive().unwrap();
    assert_eq!(header, of_stream::<DomainOpenConsole>(serial, Status::CONTINUE));
    assert!(body.is_empty());
    client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::OK), &[]);
    assert_eq!(client.receive().unwrap().0.status, Status::OK);
    drop(taken);
}

#[test]
fn a_sink_that_blocks_stops_the_client_and_loses_nothing() {
    let (house, mut console, _taken) = house(b"");
    let mut client = house.client(Access::ReadWrite);
    let serial = open(&mut client);
    let sent: Vec<u8> = (0..4 << 20).map(|index: u32| (index % 251) as u8).collect();
    let expected = sent.clone();
    let reader = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        let mut received = vec![0; expected.len()];
        console.read_exact(&mut received).unwrap();
        assert!(received == expected, "bytes were lost or changed");
    });
    for chunk in sent.chunks(65_536) {
        client.send_raw(of_stream::<DomainOpenConsole>(serial, Status::CONTINUE), chunk);
    }
    reader.join().unwrap();
}

#[test]
fn a_file_is_read_as_fast_as_the_client_takes_it() {
    let picture: Vec<u8> = (0..6 << 20).map(|index: u32| (index % 241) as u8).collect();
    let (house, _console, _taken) = house(&picture);
    let mut client = house.client(Access::ReadWrite);
    let serial = client.send(DomainScreenshot, &DomainScreenshotArgs::default());
    client.reply::<DomainScreenshot>(serial).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let mut received = Vec::new();
    loop {
        let (header, body) = client.receive().unwrap();
        assert_eq!(
            (header.kind, header.status, header.serial),
            (Kind::STREAM, Status::CONTINUE, serial)
        );
        if body.is_empty() {
            break;
        }
        received.extend_from_slice(&body);
    }
    assert!(received == picture, "bytes were lost or changed");
    client.send_raw(of_stream::<DomainScreenshot>(serial, Status::OK), &[]);
    assert_eq!(client.receive().unwrap().0, of_stream::<DomainScreenshot>(serial, Status::OK));
}

#[test]
fn a_hole_in_a_stream_that_has_none_closes_the_connection() {
    let (house, _console, _taken) = house(b"");
    let mut client = house.client(Access::ReadWrite);
    let serial = open(&mut client);
    let hole = Header::call::<DomainOpenConsole>(serial).hole();
    client.send_raw(hole, &[0; 12]);
    assert!(client.is_closed());
}
