use proptest::prelude::*;

use super::*;
use crate::{
    EventKind, Nothing,
    command::{DeviceDel, QueryStatus, RunState, Screendump, Status},
    reply::ErrorClass,
};

const GREETING: &str = r#"{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": "Debian"}, "capabilities": ["oob"]}}"#;

fn messages(link: &mut Link, bytes: &[u8]) -> Vec<Result<Message, Garbage>> {
    link.receive(bytes);
    std::iter::from_fn(|| link.poll()).collect()
}

#[track_caller]
fn one(text: &str) -> Result<Message, Garbage> {
    let mut found = messages(&mut Link::new(), format!("{text}\r\n").as_bytes());
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn sent<C: Command>(command: &C) -> String {
    let mut bytes = Vec::new();
    Link::new().encode(command, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn commands_are_one_compact_line() {
    assert_eq!(sent(&QueryStatus {}), "{\"execute\":\"query-status\",\"id\":1}\n");
    let screen = Screendump { filename: "/a\n".into(), head: Some(2), ..Screendump::default() };
    assert_eq!(
        sent(&screen),
        "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"/a\\n\",\"head\":2},\"id\":1}\n"
    );
}

#[test]
fn a_clients_text_gets_an_id_and_its_reply_finds_home() {
    let mut link = Link::new();
    let mut bytes = Vec::new();
    let id = link.encode_text(r#" {"execute": "stop"} "#, &mut bytes).unwrap();
    assert_eq!(bytes, b"{\"execute\":\"stop\",\"id\":\"libvirt-1\"}\n");
    let found = messages(&mut link, b"{\"return\": {}, \"id\": \"libvirt-1\"}\r\n");
    let [Ok(Message::Reply(reply))] = &found[..] else { panic!("{found:?}") };
    assert_eq!(reply.id, Some(id));
    assert_eq!(reply.line, r#"{"return": {}, "id": "libvirt-1"}"#);
    assert_eq!(link.encode_text(r#"{"id": 3}"#, &mut bytes), Err(NotACommand::HasId));
    assert!(matches!(link.encode_text("[]", &mut bytes), Err(NotACommand::Json { .. })));
}

#[test]
fn any_cut_of_the_bytes_gives_the_same_messages() {
    let text = format!(
        "{GREETING}\r\n{{\"return\": {{\"running\": true, \"status\": \"running\"}}, \"id\": 7}}\r\n\r\n\
         {{\"timestamp\": {{\"seconds\": 1, \"microseconds\": 2}}, \"event\": \"STOP\"}}\r\n\
         {{\"id\": 6, \"error\": {{\"class\": \"DeviceNotFound\", \"desc\": \"Device 'é' not found\"}}}}\r\n"
    );
    let whole = format!("{:?}", messages(&mut Link::new(), text.as_bytes()));
    for length in 1..40 {
        let mut link = Link::new();
        let found: Vec<_> =
            text.as_bytes().chunks(length).flat_map(|chunk| messages(&mut link, chunk)).collect();
        assert_eq!(format!("{found:?}"), whole, "{length}");
        let [
            Ok(Message::Greeting(greeting)),
            Ok(Message::Reply(one)),
            Ok(Message::Event(event)),
            Ok(Message::Reply(two)),
        ] = &found[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!(greeting.version.qemu.major, 10);
        assert_eq!(one.id, Some(Id(7)));
        let status = Status { running: true, status: RunState::Running };
        assert_eq!(one.read::<Status>().unwrap(), Ok(status));
        assert!(matches!(event.kind, EventKind::Stop(_)));
        let error = two.read::<Nothing>().unwrap().unwrap_err();
        assert_eq!(error.class, ErrorClass::DeviceNotFound);
        assert_eq!(error.to_string(), "Device 'é' not found");
    }
}

#[test]
fn what_is_no_qmp_costs_its_line_only() {
    for text in [
        "{",
        "null",
        "[1]",
        "{}",
        "\u{0}",
        "{\"return\":{},\"error\":{\"class\":\"x\",\"desc\":\"y\"}}",
        "{\"event\":3}",
        "{\"QMP\":1}",
        "{\"error\":\"no\"}",
        "hello",
        "{\"return\":{}}}",
    ] {
        let mut link = Link::new();
        let found = messages(&mut link, format!("{text}\n{GREETING}\n").as_bytes());
        assert!(matches!(found[0], Err(Garbage::Unreadable { .. })), "{text}: {found:?}");
        assert!(matches!(found[1], Ok(Message::Greeting(_))), "{text}");
    }
    let mut link = Link::new();
    let found = messages(&mut link, b"\xff\xfe{\n{\"return\":1}\n");
    assert!(found[0].is_err() && found[1].is_ok());
}

#[test]
fn hostile_values_inside_a_message_are_kept_as_text() {
    let deep = format!("{{\"return\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let Ok(Message::Reply(reply)) = one(&deep) else { panic!() };
    assert!(reply.read::<serde_json::Value>().is_err(), "too deep for a value");
    let Ok(Message::Reply(reply)) = one("{\"return\": 99999999999999999999, \"id\": -1}") else {
        panic!()
    };
    assert!(reply.read::<u64>().is_err());
    assert_eq!(reply.id, None);
    let Ok(Message::Reply(reply)) = one("{\"return\": \"\\ud800\"}") else { panic!() };
    assert!(reply.read::<String>().is_err());
    let Ok(Message::Reply(reply)) = one("{\"return\": {}, \"id\": {\"a\": 1}}") else { panic!() };
    assert_eq!(reply.id, None);
}

#[test]
fn a_line_beyond_the_limit_is_passed_over_in_bounded_memory() {
    let mut link = Link::with_limits(Limits { line_bytes: 1000 });
    let mut garbage = 0;
    for _ in 0..10_000 {
        garbage += messages(&mut link, &[b'x'; 500]).len();
        assert!(link.buffer.capacity() <= 4000);
    }
    assert_eq!(garbage, 1, "told once");
    let found =
        messages(&mut link, format!("xxx\n{{\"return\":{{}}}}\n{}\n", "y".repeat(2000)).as_bytes());
    assert_eq!(found.len(), 2);
    assert!(found[0].is_ok());
    assert_eq!(found[1].as_ref().unwrap_err(), &Garbage::TooLong { limit: 1000 });
    assert!(matches!(messages(&mut link, b"{\"return\":{}}\n")[..], [Ok(_)]));
}

#[test]
fn ids_tell_commands_apart() {
    let mut link = Link::new();
    let mut bytes = Vec::new();
    let first = link.encode(&QueryStatus {}, &mut bytes);
    let second = link.encode(&DeviceDel { id: "net0".into() }, &mut bytes);
    let third = link.encode_named("stop", &serde_json::Value::Null, &mut bytes);
    assert_eq!([first.0, second.0, third.0], [1, 2, 3]);
    let lines = String::from_utf8(bytes).unwrap();
    assert!(lines.ends_with("{\"execute\":\"stop\",\"id\":3}\n"), "{lines}");
    let found = messages(&mut link, b"{\"return\":{},\"id\":2}\n{\"return\":{},\"id\":1}\n");
    let ids: Vec<_> = found
        .iter()
        .map(|message| match message {
            Ok(Message::Reply(reply)) => reply.id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, [Some(second), Some(first)]);
}

/// Bytes that look like a monitor's often enough to get past the first check.
fn rubbish() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "{", "}", "[", "]", "\"", ":", ",", "\n", "\r\n", "\\", "\\ud800", "\"QMP\":", "\"return\":", "\"id\":",
            "\"event\":\"STOP\"", "\"data\":", "\"error\":", "1e999", "-1", "18446744073709551616", "{}", "null",
        ]).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_bytes_break_a_link(chunks in prop::collection::vec(rubbish(), 0..8)) {
        let limits = Limits { line_bytes: 500 };
        let mut link = Link::with_limits(limits);
        for chunk in &chunks {
            for message in messages(&mut link, chunk).into_iter().flatten() {
                match message {
                    Message::Event(event) => drop(event.details()),
                    Message::Reply(reply) => drop(reply.read::<Status>()),
                    Message::Greeting(_) => {}
                }
            }
            prop_assert!(link.buffer.len() <= limits.line_bytes);
        }
        let found = messages(&mut link, b"\n{\"return\":{}}\n");
        prop_assert!(matches!(found.last(), Some(Ok(Message::Reply(_)))));
    }
}
