use std::{
    fs::File, io::Read, os::fd::AsFd, os::unix::net::UnixStream as Blocking, time::Duration,
};

use serde_json::json;
use stead_qmp::{
    EventKind,
    command::{Cont, Getfd, QueryBalloon, QueryStatus, RunState, StopVcpus},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::unix::OwnedWriteHalf,
};

use super::*;

/// The far end of a monitor, as a test plays it.
struct Peer {
    lines: tokio::io::Lines<BufReader<tokio::net::unix::OwnedReadHalf>>,
    out: OwnedWriteHalf,
}

impl Peer {
    async fn heard(&mut self) -> Value {
        let line = self.lines.next_line().await.unwrap().expect("the monitor is open");
        serde_json::from_str(&line).unwrap()
    }

    async fn say(&mut self, text: &str) {
        self.out.write_all(text.as_bytes()).await.unwrap();
        self.out.write_all(b"\r\n").await.unwrap();
    }

    async fn answer(&mut self, to: &Value, value: Value) {
        self.say(&json!({ "return": value, "id": to["id"] }).to_string()).await;
    }
}

/// A monitor past its greeting, and its far end.
async fn connected() -> (Monitor, IncomingQueue, Peer) {
    let (near, far) = UnixStream::pair().unwrap();
    let (read, out) = far.into_split();
    let mut peer = Peer { lines: BufReader::new(read).lines(), out };
    let (monitor, queue, ready) = Monitor::start(near);
    peer.say(r#"{"QMP":{"version":{"qemu":{"micro":2,"minor":0,"major":10},"package":""},"capabilities":[]}}"#)
        .await;
    let asked = peer.heard().await;
    assert_eq!(asked["execute"], "qmp_capabilities");
    peer.answer(&asked, json!({})).await;
    ready.answer().await.unwrap();
    assert_eq!(monitor.greeting().unwrap().version.qemu.micro, 2);
    (monitor, queue, peer)
}

const RUNNING: &str = r#"{"running":true,"status":"running"}"#;

#[tokio::test]
async fn several_commands_are_in_flight_and_answers_find_theirs_in_any_order() {
    let (monitor, _queue, mut peer) = connected().await;
    let status = monitor.send(&QueryStatus {});
    let stop = monitor.send(&StopVcpus {});
    let named = monitor.send_named("query-name", &Value::Null);
    let (first, second, third) = (peer.heard().await, peer.heard().await, peer.heard().await);
    assert_eq!(third["execute"], "query-name");
    peer.answer(&third, json!({ "name": "a" })).await;
    peer.say(
        &json!({ "id": second["id"], "error": { "class": "GenericError", "desc": "no" } })
            .to_string(),
    )
    .await;
    peer.answer(&first, serde_json::from_str(RUNNING).unwrap()).await;
    assert_eq!(status.answer().await.unwrap().status, RunState::Running);
    let refused = stop.answer().await.unwrap_err();
    assert_eq!(refused.to_string(), "internal error: unable to execute QEMU command 'stop': no");
    assert_eq!(named.answer().await.unwrap()["name"], "a");
    assert_eq!(monitor.unanswered_for(), None);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_wait_and_a_late_answer_harms_nobody() {
    let (monitor, _queue, mut peer) = connected().await;
    let late = monitor.execute_within(&QueryBalloon {}, Duration::from_millis(50)).await;
    assert!(matches!(late, Err(MonitorError::Late { .. })), "{late:?}");
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(monitor.unanswered_for().unwrap() >= Duration::from_secs(10));
    let asked = peer.heard().await;
    peer.answer(&asked, json!({ "actual": 1 })).await;
    // Given up before it was even polled.
    drop(monitor.send(&Cont {}));
    let dropped = peer.heard().await;
    peer.answer(&dropped, json!({})).await;
    let (answer, ()) = tokio::join!(monitor.execute(&QueryStatus {}), async {
        let asked = peer.heard().await;
        peer.answer(&asked, serde_json::from_str(RUNNING).unwrap()).await;
    });
    assert!(answer.unwrap().running);
    assert_eq!(monitor.unanswered_for(), None);
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_nothing_up_and_gets_all_later() {
    let (monitor, _queue, mut peer) = connected().await;
    let line = "x".repeat(10_000);
    let sent: Vec<_> = (0..100)
        .map(|_| monitor.send(&HumanMonitorCommand { command_line: line.clone(), cpu_index: None }))
        .collect();
    assert!(!monitor.inner.shared.lock().unwritten.is_empty(), "more than a socket holds");
    for _ in 0..100 {
        let asked = peer.heard().await;
        peer.answer(&asked, json!("done")).await;
    }
    for answer in sent {
        assert_eq!(answer.answer().await.unwrap(), "done");
    }
    let full: Vec<_> = (0..2000).map(|_| monitor.send(&Cont {})).collect();
    let mut refused = 0;
    for answer in full {
        refused +=
            usize::from(matches!(answer.within(Duration::ZERO).await, Err(MonitorError::Full)));
    }
    assert_eq!(refused, 2000 - PENDING_MAX);
}

#[tokio::test]
async fn a_descriptor_arrives_with_its_command() {
    let (near, far) = Blocking::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let (monitor, _queue, _ready) = Monitor::start(UnixStream::from_std(near).unwrap());
    let (reader, writer) = io::pipe().unwrap();
    let _answer = monitor.send_with(&Getfd { fdname: "a".into() }, writer.into());
    let mut far = File::from(OwnedFd::from(far));
    let mut first = vec![0; "{\"execute\":\"qmp_capabilities\",\"id\":1}\n".len()];
    far.read_exact(&mut first).unwrap();
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = rustix::net::RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 200];
    let got = rustix::net::recvmsg(
        far.as_fd(),
        &mut [io::IoSliceMut::new(&mut bytes)],
        &mut control,
        rustix::net::RecvFlags::empty(),
    );
    assert!(String::from_utf8_lossy(&bytes[..got.unwrap().bytes]).contains("getfd"));
    let fds: Vec<_> = control
        .drain()
        .flat_map(|message| match message {
            rustix::net::RecvAncillaryMessage::ScmRights(fds) => fds.collect::<Vec<_>>(),
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(fds.len(), 1);
    drop(fds);
    // Ours is closed too: the pipe has no writer left.
    let mut rest = Vec::new();
    let mut reader = reader;
    reader.read_to_end(&mut rest).unwrap();
}

#[tokio::test]
async fn the_end_is_told_to_all() {
    let (monitor, mut queue, mut peer) = connected().await;
    let waiting = monitor.send(&QueryStatus {});
    peer.say(r#"{"timestamp":{"seconds":1,"microseconds":2},"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}"#)
        .await;
    peer.say("no QMP").await;
    drop(peer);
    assert!(matches!(waiting.answer().await, Err(MonitorError::Closed { .. })));
    match queue.next().await {
        Some(Incoming::Event(event)) => assert!(matches!(event.kind, EventKind::Shutdown(_))),
        other => panic!("{other:?}"),
    }
    assert!(matches!(queue.next().await, Some(Incoming::Garbage(_))));
    assert!(matches!(queue.next().await, Some(Incoming::Closed(_))));
    assert!(queue.next().await.is_none());
    assert!(monitor.is_closed());
    assert!(matches!(monitor.execute(&Cont {}).await, Err(MonitorError::Closed { .. })));
}

#[tokio::test]
async fn the_last_handle_ends_the_connection_though_the_queue_lives() {
    let (monitor, mut queue, mut peer) = connected().await;
    let second = monitor.clone();
    drop(monitor);
    let _answer = second.send(&Cont {});
    assert_eq!(peer.heard().await["execute"], "cont");
    drop(second);
    assert!(peer.lines.next_line().await.unwrap().is_none());
    assert!(matches!(queue.next().await, Some(Incoming::Closed(None))));
}

#[tokio::test]
async fn a_clients_own_words_are_answered_in_qemus() {
    let (monitor, _queue, mut peer) = connected().await;
    let long = Duration::from_secs(5);
    let (answer, ()) =
        tokio::join!(monitor.execute_text(r#"{"execute":"query-status"}"#, long), async {
            let asked = peer.heard().await;
            assert!(asked["id"].as_str().unwrap().starts_with("libvirt-"));
            peer.say(&format!("{{\"return\": {{\"running\": true}}, \"id\": {}}}", asked["id"]))
                .await;
        });
    assert_eq!(answer.unwrap(), r#"{"return":{"running":true},"id":"libvirt-2"}"#);
    let (answer, ()) = tokio::join!(monitor.execute_text(r#"{"execute":"x"}"#, long), async {
        let asked = peer.heard().await;
        peer.say(&format!(
            "{{\"id\": {}, \"error\": {{\"class\": \"CommandNotFound\", \"desc\": \"d\"}}}}",
            asked["id"]
        ))
        .await;
    });
    assert_eq!(
        answer.unwrap(),
        r#"{"id":"libvirt-3","error":{"class":"CommandNotFound","desc":"d"}}"#
    );
    assert!(matches!(monitor.execute_text("info", long).await, Err(MonitorError::NotACommand(_))));
}

#[tokio::test]
async fn a_flood_of_events_is_bounded_and_an_answer_comes_through_it() {
    let (monitor, mut queue, mut peer) = connected().await;
    let event = "{\"event\":\"RTC_CHANGE\",\"data\":{\"offset\":1}}\r\n".repeat(100);
    let waiting = monitor.send(&QueryStatus {});
    let asked = peer.heard().await;
    for _ in 0..50 {
        peer.out.write_all(event.as_bytes()).await.unwrap();
    }
    peer.answer(&asked, serde_json::from_str(RUNNING).unwrap()).await;
    assert!(waiting.answer().await.unwrap().running);
    let (mut events, mut lost) = (0, 0);
    while let Some(entry) = queue.try_next() {
        match entry {
            Incoming::Event(_) => events += 1,
            Incoming::Lost(count) => lost += count,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(events + lost, 5000);
    assert!(events <= 1024);
}
