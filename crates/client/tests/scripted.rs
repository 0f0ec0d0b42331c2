//! The client against a server that says what the test tells it to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use stead_client::{Chunk, Connection, Error};
use stead_protocol::frame::Splitter;
use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain, Header, Kind, Procedure, Status, Xdr, keepalive};
use tokio::net::UnixStream;

/// The server's end.
struct Server {
    socket: UnixStream,
    splitter: Splitter,
}

impl Server {
    fn pair() -> (Connection, Self) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Connection::over(ours), Self { socket: theirs, splitter: Splitter::default() })
    }

    /// The next message; `None` at the end.
    async fn receive(&mut self) -> Option<(Header, Vec<u8>)> {
        loop {
            if let Some(message) = self.splitter.next().unwrap() {
                return Some((message.header, message.body.to_vec()));
            }
            self.socket.readable().await.unwrap();
            match self.socket.try_read(self.splitter.space()) {
                Ok(0) => return None,
                Ok(count) => self.splitter.filled(count),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next message, which is a call of `P`.
    async fn called<P: Procedure>(&mut self, _: P) -> (Header, P::Args) {
        let (header, body) = self.receive().await.unwrap();
        assert_eq!((header.procedure, header.kind), (P::NUMBER, Kind::CALL));
        (header, P::Args::from_xdr(&body).unwrap())
    }

    async fn send(&self, header: Header, body: &[u8]) {
        let mut bytes = Vec::new();
        header.write(&mut bytes, |out| out.extend_from_slice(body)).unwrap();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            self.socket.writable().await.unwrap();
            if let Ok(count) = self.socket.try_write(rest) {
                rest = &rest[count..];
            }
        }
    }
}

fn hostname(name: &str) -> Vec<u8> {
    ConnectGetHostnameReply { hostname: name.into() }.to_xdr()
}

fn refusal() -> stead_protocol::Error {
    stead_protocol::Error::new(ErrorCode::NO_DOMAIN, ErrorDomain::QEMU, "no such thing")
}

#[tokio::test]
async fn replies_find_their_calls_in_any_order() {
    let (connection, mut server) = Server::pair();
    let other = connection.clone();
    let first = tokio::spawn(async move { other.call(ConnectGetHostname, &()).await });
    let (first_call, ()) = server.called(ConnectGetHostname).await;
    let second = tokio::spawn(async move { connection.call(ConnectGetHostname, &()).await });
    let (second_call, ()) = server.called(ConnectGetHostname).await;
    assert_eq!((first_call.serial, second_call.serial), (0, 1));

    server.send(second_call.reply(Status::OK), &hostname("second")).await;
    assert_eq!(second.await.unwrap().unwrap().hostname, "second");
    server.send(first_call.reply(Status::OK), &hostname("first")).await;
    assert_eq!(first.await.unwrap().unwrap().hostname, "first");
}

#[tokio::test]
async fn errors_are_the_servers_own() {
    let (connection, mut server) = Server::pair();
    let call = tokio::spawn(async move { connection.call(ConnectGetHostname, &()).await });
    let (header, ()) = server.called(ConnectGetHostname).await;
    server.send(header.reply(Status::ERROR), &refusal().to_xdr()).await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::NO_DOMAIN));
    assert_eq!(error.to_string(), "Domain not found: no such thing");
}

#[tokio::test]
async fn a_reply_that_does_not_decode_is_an_error_of_its_call_alone() {
    let (connection, mut server) = Server::pair();
    let other = connection.clone();
    let call = tokio::spawn(async move { other.call(ConnectGetHostname, &()).await });
    let (header, ()) = server.called(ConnectGetHostname).await;
    server.send(header.reply(Status::OK), b"\0\0\0\x09short").await;
    assert!(matches!(
        call.await.unwrap(),
        Err(Error::Decode { procedure: "ConnectGetHostname", .. })
    ));

    let call = tokio::spawn(async move { connection.call(ConnectGetHostname, &()).await });
    let (header, ()) = server.called(ConnectGetHostname).await;
    server.send(header.reply(Status::OK), &hostname("still here")).await;
    assert_eq!(call.await.unwrap().unwrap().hostname, "still here");
}

#[tokio::test]
async fn the_end_of_the_connection_reaches_everybody() {
    let (connection, mut server) = Server::pair();
    let mut events = connection.events();
    let other = connection.clone();
    let call = tokio::spawn(async move { other.call(ConnectGetHostname, &()).await });
    server.called(ConnectGetHostname).await;
    drop(server);
    assert!(matches!(call.await.unwrap(), Err(Error::Closed(_))));
    assert!(events.next(&mut 0).await.is_none());
    assert!(connection.events().next(&mut 0).await.is_none());
    let error = connection.call(ConnectGetHostname, &()).await.unwrap_err();
    assert!(error.to_string().contains("the daemon closed it"), "{error}");
}

#[tokio::test]
async fn a_length_out_of_bounds_ends_the_connection() {
    let (connection, mut server) = Server::pair();
    let call = tokio::spawn(async move { connection.call(ConnectGetHostname, &()).await });
    server.called(ConnectGetHostname).await;
    server.socket.try_write(&u32::MAX.to_be_bytes()).unwrap();
    let error = call.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("4294967295 bytes"), "{error}");
}

#[tokio::test]
async fn a_ping_is_answered() {
    let (_connection, mut server) = Server::pair();
    server.send(Header::event::<keepalive::Ping>(), &[]).await;
    let (header, body) = server.receive().await.unwrap();
    assert_eq!(header, Header::event::<keepalive::Pong>());
    assert!(body.is_empty());
}

#[tokio::test]
async fn events_come_typed() {
    let (connection, server) = Server::pair();
    let mut events = connection.events();
    let message = DomainEventCallbackLifecycleMessage {
        callback_id: 37,
        msg: DomainEventLifecycleMessage {
            domain: Domain { name: "d".into(), uuid: [1; 16], id: 4 },
            event: 2,
            detail: 0,
        },
    };
    server.send(Header::event::<DomainEventCallbackLifecycle>(), &message.to_xdr()).await;
    let mut lost = 0;
    let event = events.next(&mut lost).await.unwrap();
    assert_eq!(event.decode(DomainEventCallbackReboot), Ok(None));
    assert_eq!(event.decode(DomainEventCallbackLifecycle), Ok(Some(message)));
    assert_eq!(lost, 0);
}

#[tokio::test]
async fn the_last_handle_ends_the_connection() {
    let (connection, mut server) = Server::pair();
    let other = connection.clone();
    drop(connection);
    let call = tokio::spawn(async move { other.call(ConnectGetHostname, &()).await.is_ok() });
    let (header, ()) = server.called(ConnectGetHostname).await;
    server.send(header.reply(Status::OK), &hostname("x")).await;
    assert!(call.await.unwrap());
    assert!(server.receive().await.is_none());
}

#[tokio::test]
async fn a_download_ends_by_an_empty_packet_and_two_farewells() {
    let (connection, mut server) = Server::pair();
    let opened = tokio::spawn(async move {
        let args = StorageVolDownloadArgs { flags: 1, ..Default::default() };
        connection.open_stream(StorageVolDownload, &args).await.unwrap().1
    });
    let (header, _) = server.called(StorageVolDownload).await;
    // Data may follow the reply at once.
    server.send(header.reply(Status::OK), &[]).await;
    server.send(header.stream(Status::CONTINUE), b"abc").await;
    let hole = [4096_i64.to_xdr(), 0_u32.to_xdr()].concat();
    server.send(header.hole(), &hole).await;
    server.send(header.stream(Status::CONTINUE), b"").await;
    let mut stream = opened.await.unwrap();
    assert_eq!(stream.receive().await.unwrap(), Some(Chunk::Data(b"abc".to_vec())));
    assert_eq!(stream.receive().await.unwrap(), Some(Chunk::Hole(4096)));
    assert_eq!(stream.receive().await.unwrap(), None);
    assert_eq!(stream.receive().await.unwrap(), None);

    let finish = tokio::spawn(stream.finish());
    let (end, body) = server.receive().await.unwrap();
    assert_eq!(end, header.stream(Status::OK));
    assert!(body.is_empty());
    server.send(end, &[]).await;
    finish.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_upload_is_cut_into_packets_and_may_fail_at_the_end() {
    let (connection, mut server) = Server::pair();
    let upload = tokio::spawn(async move {
        let args = StorageVolUploadArgs::default();
        let (_, stream) = connection.open_stream(StorageVolUpload, &args).await.unwrap();
        stream.send(&vec![7; 600_000]).await.unwrap();
        stream.sender().send_hole(512).await.unwrap();
        stream.finish().await
    });
    let (header, _) = server.called(StorageVolUpload).await;
    server.send(header.reply(Status::OK), &[]).await;
    for length in [262_120, 262_120, 75_760] {
        let (packet, body) = server.receive().await.unwrap();
        assert_eq!(packet, header.stream(Status::CONTINUE));
        assert_eq!(body.len(), length);
    }
    let (hole, body) = server.receive().await.unwrap();
    assert_eq!(hole, header.hole());
    assert_eq!(body, [512_i64.to_xdr(), 0_u32.to_xdr()].concat());
    let (end, _) = server.receive().await.unwrap();
    assert_eq!(end, header.stream(Status::OK));
    server.send(header.stream(Status::ERROR), &refusal().to_xdr()).await;
    assert_eq!(upload.await.unwrap().unwrap_err().code(), Some(ErrorCode::NO_DOMAIN));
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_aborted() {
    let (connection, mut server) = Server::pair();
    let handle = connection.clone();
    let opened = tokio::spawn(async move {
        let args = DomainOpenConsoleArgs::default();
        drop(handle.open_stream(DomainOpenConsole, &args).await.unwrap());
    });
    let (header, _) = server.called(DomainOpenConsole).await;
    server.send(header.reply(Status::OK), &[]).await;
    opened.await.unwrap();
    let (abort, body) = server.receive().await.unwrap();
    assert_eq!(abort, header.stream(Status::ERROR));
    assert!(body.is_empty());
    // What still comes is for nobody, and harms nobody.
    for _ in 0..100 {
        server.send(header.stream(Status::CONTINUE), b"late").await;
    }
    let call = tokio::spawn(async move { connection.call(ConnectGetHostname, &()).await });
    let (header, ()) = server.called(ConnectGetHostname).await;
    server.send(header.reply(Status::OK), &hostname("alive")).await;
    assert_eq!(call.await.unwrap().unwrap().hostname, "alive");
}

#[tokio::test]
async fn a_stream_that_the_server_refuses_is_not_aborted() {
    let (connection, mut server) = Server::pair();
    let other = connection.clone();
    let opened = tokio::spawn(async move {
        other.open_stream(DomainOpenConsole, &DomainOpenConsoleArgs::default()).await.map(drop)
    });
    let (header, _) = server.called(DomainOpenConsole).await;
    server.send(header.reply(Status::ERROR), &refusal().to_xdr()).await;
    assert!(opened.await.unwrap().is_err());
    drop(connection);
    assert!(server.receive().await.is_none());
}

/// Each descriptor comes behind the message, with a byte of its own.
#[tokio::test]
async fn descriptors_come_behind_a_reply_however_late() {
    let (connection, mut server) = Server::pair();
    let call = tokio::spawn(async move {
        let args = DomainOpenGraphicsFdArgs::default();
        connection.call_with_descriptors(DomainOpenGraphicsFd, &args, Vec::new()).await
    });
    let (header, _) = server.called(DomainOpenGraphicsFd).await;
    let reply = Header { kind: Kind::REPLY_WITH_FDS, ..header.reply(Status::OK) };
    server.send(reply, &1_u32.to_xdr()).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished());
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let descriptors = [theirs.as_fd()];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)));
    let byte = [std::io::IoSlice::new(&[0])];
    sendmsg(&server.socket, &byte, &mut ancillary, SendFlags::empty()).unwrap();
    let ((), descriptors): ((), Vec<OwnedFd>) = call.await.unwrap().unwrap();
    assert_eq!(descriptors.len(), 1);
    drop(descriptors);
    drop(theirs);
    // The other end of what we were sent.
    assert_eq!(std::io::Read::read(&mut &ours, &mut [0]).unwrap(), 0);
}

#[tokio::test]
async fn an_argument_beyond_its_maximum_is_not_sent() {
    let (connection, mut server) = Server::pair();
    let args = DomainSendKeyArgs { keycodes: vec![0; 17], ..Default::default() };
    let error = connection.call(DomainSendKey, &args).await.unwrap_err();
    assert!(matches!(error, Error::Excess { procedure: "DomainSendKey", .. }));
    drop(connection);
    assert!(server.receive().await.is_none());
}
