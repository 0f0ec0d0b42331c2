//! Clients that keep to the protocol, and clients that do not.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use stead_protocol::remote::{
    AuthList, ConnectClose, ConnectGetLibVersion, ConnectOpen, ConnectOpenArgs,
    ConnectSupportsFeature, ConnectSupportsFeatureArgs, DomainCreate, DomainDefineXml,
    DomainDefineXmlArgs, DomainDestroy, DomainDestroyArgs, DomainGetXmlDesc, DomainGetXmlDescArgs,
    DomainLookupByName, DomainLookupByNameArgs, DomainResume, DomainResumeArgs, PROGRAM,
};
use stead_protocol::table::Procedure;
use stead_protocol::{ErrorCode, ErrorDomain, Header, Kind, Status, Xdr, keepalive, table};
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::peer::Access;
use crate::router::Router;
use crate::routes::routes;
use crate::testing::{Client, House};

fn house() -> House {
    House::new(routes())
}

fn refused(client: &mut Client, header: Header, body: &[u8]) -> (ErrorCode, ErrorDomain, String) {
    client.send_raw(header, body);
    let (reply, body) = client.receive().unwrap();
    assert_eq!(
        (reply.kind, reply.status, reply.serial),
        (Kind::REPLY, Status::ERROR, header.serial)
    );
    let error = stead_protocol::Error::from_xdr(&body).unwrap();
    (error.code, error.domain, error.message.unwrap())
}

fn header(program: u32, version: u32, procedure: i32) -> Header {
    Header { program, version, procedure, kind: Kind::CALL, serial: 77, status: Status::OK }
}

#[test]
fn the_handshake_goes_in_order() {
    let house = house();
    let mut client = house.stranger(house.daemon.owner, Access::ReadWrite);
    let early = client.call(ConnectGetLibVersion, &()).unwrap_err();
    assert_eq!(
        (early.code, early.message.as_deref()),
        (ErrorCode::RPC, Some("authentication required"))
    );
    assert_eq!(client.call(AuthList, &()).unwrap().types.len(), 1);
    let early = client.call(ConnectGetLibVersion, &()).unwrap_err();
    assert_eq!(early.code, ErrorCode::INTERNAL_ERROR);
    assert_eq!(early.message.as_deref(), Some("internal error: hypervisor connection not open"));
    let none = client.call(ConnectOpen, &ConnectOpenArgs { name: None, flags: 0 }).unwrap_err();
    assert_eq!(none.message.as_deref(), Some("internal error: connection not open"));
    // The bits beside "read-only" are the client's own.
    client.call(ConnectOpen, &ConnectOpenArgs { name: Some(String::new()), flags: 6 }).unwrap();
    let again = client.call(ConnectOpen, &ConnectOpenArgs { name: Some(String::new()), flags: 0 });
    assert_eq!(
        again.unwrap_err().message.as_deref(),
        Some("internal error: connection already open")
    );
    assert_eq!(client.call(ConnectGetLibVersion, &()).unwrap().lib_ver, 11_003_000);
    client.call(ConnectClose, &()).unwrap();
    assert!(client.is_closed());
}

#[test]
fn only_the_owner_and_root_may_write() {
    let house = house();
    let somebody = house.daemon.owner + 4711;
    let mut stranger = house.stranger(somebody, Access::ReadWrite);
    let refusal = stranger.call(AuthList, &()).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::AUTH_FAILED);
    assert!(stranger.is_closed());
    let mut reader = house.stranger(somebody, Access::ReadOnly);
    reader.call(AuthList, &()).unwrap();
    reader.call(ConnectOpen, &ConnectOpenArgs { name: Some(String::new()), flags: 0 }).unwrap();
    reader.call(ConnectGetLibVersion, &()).unwrap();
    let denied = reader.call(DomainCreate, &Default::default()).unwrap_err();
    assert_eq!(denied.code, ErrorCode::OPERATION_DENIED);
}

#[test]
fn a_reader_is_refused_by_table_and_by_flag_before_anything_is_looked_up() {
    let house = house();
    let mut reader = house.client(Access::ReadOnly);
    // Not even decoded: the body is garbage.
    let (code, domain, message) =
        refused(&mut reader, header(PROGRAM, 1, DomainDefineXml::NUMBER), &[0xff; 16]);
    assert_eq!((code, domain), (ErrorCode::OPERATION_DENIED, ErrorDomain::DOMAIN));
    assert_eq!(message, "operation forbidden: read only access prevents virDomainDefineXML");
    let secure = DomainGetXmlDescArgs { flags: 1, ..Default::default() };
    let denied = reader.call(DomainGetXmlDesc, &secure).unwrap_err();
    assert_eq!(
        denied.message.as_deref(),
        Some("operation forbidden: virDomainGetXMLDesc with secure flag")
    );
    let plain = DomainGetXmlDescArgs::default();
    assert_eq!(reader.call(DomainGetXmlDesc, &plain).unwrap_err().code, ErrorCode::NO_DOMAIN);
}

#[test]
fn what_nobody_knows_is_answered_and_the_connection_goes_on() {
    let house = house();
    let mut client = house.client(Access::ReadWrite);
    let rpc = |text: &str| (ErrorCode::RPC, ErrorDomain::RPC, text.to_owned());
    let mut ask = |header, body: &[u8]| refused(&mut client, header, body);
    assert_eq!(ask(header(PROGRAM, 1, 9999), &[]), rpc("unknown procedure: 9999"));
    assert_eq!(ask(header(PROGRAM, 1, 0), &[]), rpc("unknown procedure: 0"));
    assert_eq!(ask(header(PROGRAM, 1, -1), &[]), rpc("unknown procedure: -1"));
    assert_eq!(ask(header(PROGRAM, 1, 107), &[]), rpc("unknown procedure: 107"));
    assert_eq!(ask(header(77, 1, 1), &[]), rpc("Cannot find program 77 version 1"));
    assert_eq!(ask(header(PROGRAM, 2, 1), &[]), rpc("Cannot find program 536903814 version 2"));
    let status =
        Header { status: Status::ERROR, ..header(PROGRAM, 1, ConnectGetLibVersion::NUMBER) };
    assert_eq!(ask(status, &[]), rpc("Unexpected message status 1"));
    let short = header(PROGRAM, 1, DomainLookupByName::NUMBER);
    assert_eq!(ask(short, &[]), rpc("Unable to decode message payload"));
    assert_eq!(ask(short, &u32::MAX.to_be_bytes()), rpc("Unable to decode message payload"));
    // What means nothing is dropped.
    for kind in [Kind::REPLY, Kind::STREAM, Kind::STREAM_HOLE, Kind(99)] {
        client.send_raw(Header { kind, ..header(PROGRAM, 1, 1) }, &[1, 2, 3, 4]);
    }
    // Bytes after the arguments are ignored: go-libvirt sends some.
    client.send_raw(header(PROGRAM, 1, ConnectGetLibVersion::NUMBER), &[9; 8]);
    assert_eq!(client.receive().unwrap().0.status, Status::OK);
}

#[test]
fn unrouted_procedures_name_the_function_that_they_carry() {
    let house = house();
    let mut client = house.client(Access::ReadWrite);
    for row in crate::support().iter().filter(|row| !row.routed) {
        let program = table::PROGRAMS.iter().find(|program| program.name == row.program).unwrap();
        let entry = program.entry(row.number).unwrap();
        let (code, domain, message) =
            refused(&mut client, header(program.number, 1, row.number), &[]);
        assert_eq!((code, domain), (ErrorCode::NO_SUPPORT, entry.error_domain), "{}", row.name);
        let text = "this function is not supported by the connection driver: ";
        assert_eq!(message, format!("{text}{}", row.api));
    }
}

#[test]
fn an_impossible_length_closes_the_connection_without_an_answer() {
    for length in [0_u32, 1, 27, 33_554_437, u32::MAX] {
        let house = house();
        let mut client = house.client(Access::ReadWrite);
        client.socket.write_all(&length.to_be_bytes()).unwrap();
        assert!(client.receive().is_none(), "{length}");
    }
}

#[test]
fn a_message_may_come_byte_by_byte() {
    let house = house();
    let mut client = house.client(Access::ReadWrite);
    let mut bytes = Vec::new();
    let arguments = DomainLookupByNameArgs { name: "slow".to_owned() };
    let header = Header::call::<DomainLookupByName>(5);
    header.write(&mut bytes, |out| arguments.encode(out)).unwrap();
    for byte in bytes {
        client.socket.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_micros(200));
    }
    let error = client.reply::<DomainLookupByName>(5).unwrap_err();
    assert_eq!(
        error.message.as_deref(),
        Some("Domain not found: no domain with matching name 'slow'")
    );
}

#[test]
fn a_declared_length_takes_no_memory_and_hurts_nobody() {
    let house = house();
    let mut greedy: Vec<_> = (0..50).map(|_| house.client(Access::ReadWrite)).collect();
    for client in &mut greedy {
        client.socket.write_all(&33_554_436_u32.to_be_bytes()).unwrap();
    }
    let mut other = house.client(Access::ReadWrite);
    assert_eq!(other.call(ConnectGetLibVersion, &()).unwrap().lib_ver, 11_003_000);
}

/// Calls that wait until they are let go.
fn waiting(gate: &Arc<Semaphore>) -> Router {
    let (first, second) = (Arc::clone(gate), Arc::clone(gate));
    Router::empty()
        .on(AuthList, |session, ()| {
            session.shared().phase = super::Phase::Authenticated;
            Ok(Default::default())
        })
        .on(ConnectOpen, |session, _| {
            session.shared().phase = super::Phase::Open(Access::ReadWrite);
            Ok(())
        })
        .on(ConnectGetLibVersion, |_, ()| Ok(Default::default()))
        .on_async(DomainDestroy, move |_, _| {
            let gate = Arc::clone(&first);
            async move {
                gate.acquire().await.map(drop).map_err(|_| Error::internal("the gate is gone"))
            }
        })
        .on_async(DomainResume, move |_, _| {
            let gate = Arc::clone(&second);
            async move {
                let _ = gate;
                Err(Error::internal("at once"))
            }
        })
        .on_async(DomainCreate, |_, _| async { panic!("a fault of ours") })
}

#[test]
fn five_calls_are_taken_and_the_sixth_waits() {
    let gate = Arc::new(Semaphore::new(0));
    let house = House::new(waiting(&gate));
    let mut client = house.client(Access::ReadWrite);
    let serials: Vec<_> =
        (0..20).map(|_| client.send(DomainDestroy, &DomainDestroyArgs::default())).collect();
    // Behind five waiting calls even a small one waits.
    let small = client.send(ConnectGetLibVersion, &());
    client.socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(client.socket.read(&mut [0; 1]).is_err());
    let mut other = house.client(Access::ReadWrite);
    other.call(ConnectGetLibVersion, &()).unwrap();
    client.socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    gate.add_permits(1);
    let mut answered = Vec::new();
    for _ in 0..=serials.len() {
        answered.push(client.receive().unwrap().0.serial);
    }
    answered.sort_unstable();
    let mut expected = serials;
    expected.push(small);
    assert_eq!(answered, expected);
}

#[test]
fn replies_overtake_each_other() {
    let gate = Arc::new(Semaphore::new(0));
    let house = House::new(waiting(&gate));
    let mut client = house.client(Access::ReadWrite);
    let slow = client.send(DomainDestroy, &DomainDestroyArgs::default());
    let fast = client.send(DomainResume, &DomainResumeArgs::default());
    assert_eq!(client.receive().unwrap().0.serial, fast);
    gate.add_permits(1);
    assert_eq!(client.receive().unwrap().0.serial, slow);
}

#[test]
fn a_fault_of_ours_is_one_calls_error() {
    let house = House::new(waiting(&Arc::new(Semaphore::new(0))));
    let mut client = house.client(Access::ReadWrite);
    let error = client.call(DomainCreate, &Default::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::INTERNAL_ERROR);
    client.call(ConnectGetLibVersion, &()).unwrap();
}

#[test]
fn who_never_reads_stops_only_himself() {
    let house = house();
    let mut client = house.client(Access::ReadWrite);
    let arguments = DomainLookupByNameArgs { name: "x".repeat(1000) };
    let mut bytes = Vec::new();
    Header::call::<DomainLookupByName>(1).write(&mut bytes, |out| arguments.encode(out)).unwrap();
    client.socket.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut written = 0;
    while client.socket.write_all(&bytes).is_ok() {
        written += bytes.len();
        assert!(
            written < 16 << 20,
            "the daemon takes calls without end from a client that does not read"
        );
    }
    let start = Instant::now();
    let mut other = house.client(Access::ReadWrite);
    other.call(ConnectGetLibVersion, &()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_ping_is_answered_and_only_who_asked_is_pinged() {
    let house = house();
    let mut quiet = house.client(Access::ReadWrite);
    let mut lively = house.client(Access::ReadWrite);
    let feature = ConnectSupportsFeatureArgs { feature: 10 };
    assert_eq!(lively.call(ConnectSupportsFeature, &feature).unwrap().supported, 1);
    lively.socket.write_all(&keepalive::PING).unwrap();
    let (pong, _) = lively.receive().unwrap();
    assert_eq!((pong.program, pong.procedure, pong.kind), (keepalive::PROGRAM, 2, Kind::MESSAGE));
    let start = Instant::now();
    let (ping, _) = lively.receive().unwrap();
    assert_eq!((ping.program, ping.procedure), (keepalive::PROGRAM, 1));
    let waited = start.elapsed();
    assert!(
        (Duration::from_millis(4500)..Duration::from_millis(7000)).contains(&waited),
        "{waited:?}"
    );
    quiet.socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(quiet.socket.read(&mut [0; 1]).is_err());
}

#[test]
fn a_large_document_is_one_message() {
    let house = house();
    let mut client = house.client(Access::ReadWrite);
    let xml = format!("<domain>{}", " ".repeat(3 << 20));
    let error = client.call(DomainDefineXml, &DomainDefineXmlArgs { xml }).unwrap_err();
    assert!(error.message.is_some());
    client.call(ConnectGetLibVersion, &()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever bytes come, in whatever pieces: the daemon answers, drops or closes, and serves the next client.
    #[test]
    fn garbage_never_stops_the_daemon(
        bodies in proptest::collection::vec((any::<u8>(), 0..460_i32, proptest::collection::vec(any::<u8>(), 0..64)), 1..20),
        cut in 1..64_usize,
    ) {
        let house = house();
        let mut client = house.client(Access::ReadWrite);
        let mut bytes = Vec::new();
        for (kind, procedure, body) in &bodies {
            let header = Header {
                program: PROGRAM,
                version: 1,
                procedure: *procedure,
                kind: Kind((kind % 7).into()),
                serial: 1,
                status: Status((kind / 100).into()),
            };
            header.write(&mut bytes, |out| out.extend_from_slice(body)).unwrap();
        }
        for piece in bytes.chunks(cut) {
            // The daemon may close in the middle.
            if client.socket.write_all(piece).is_err() {
                break;
            }
        }
        let mut other = house.client(Access::ReadWrite);
        other.call(ConnectGetLibVersion, &()).unwrap();
    }
}
