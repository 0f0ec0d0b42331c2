use super::*;

fn log() -> (tempfile::TempDir, Log, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    (folder, Log::open(&path).unwrap(), path)
}

#[test]
fn times_are_written_as_libvirt_writes_them() {
    let at = |seconds: u64| time(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 7));
    assert_eq!(at(0), "1970-01-01 00:00:00.007+0000");
    assert_eq!(at(951_782_400), "2000-02-29 00:00:00.007+0000");
    assert_eq!(at(1_795_251_600), "2026-11-21 09:00:00.007+0000");
}

#[test]
fn a_flood_leaves_four_files_of_bounded_size() {
    let (folder, log, _) = log();
    let chunk = vec![b'x'; 100 << 10];
    for _ in 0..200 {
        log.write(&chunk);
    }
    let sizes: Vec<u64> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .collect();
    assert_eq!(sizes.len(), 4);
    assert!(sizes.iter().sum::<u64>() <= 9 << 20, "{sizes:?}");
}

#[test]
fn what_was_said_since_a_mark_is_quoted() {
    let (_folder, log, _) = log();
    log.note("before");
    let mark = log.mark();
    log.write(b"qemu: no such file\n");
    assert_eq!(log.since(mark), "qemu: no such file\n");
    log.write(&vec![b'y'; 10_000]);
    assert_eq!(log.since(mark).len(), 4096);
}

#[test]
fn a_writer_is_never_blocked_and_a_second_reader_finds_what_the_first_left() {
    let (folder, log, _) = log();
    let path = folder.path().join("pipe");
    let first = Pipe::open(&path).unwrap();
    let writer = File::from(first.write_end().unwrap());
    drop(first);
    (&writer).write_all(b"last words\n").unwrap();
    let mut written = 0;
    while let Ok(count) = (&writer).write(&[b'z'; 4096]) {
        written += count;
    }
    assert!(written <= 1 << 20, "the pipe holds {written} bytes");
    let mark = log.mark();
    Pipe::open(&path).unwrap().drain(&log);
    let open = log.lock();
    assert!(open.bytes > mark.at + 11);
    drop(open);
}

#[tokio::test]
async fn what_comes_is_copied() {
    let (folder, log, path) = log();
    let pipe = Pipe::open(&folder.path().join("pipe")).unwrap();
    let mut writer = File::from(pipe.write_end().unwrap());
    let copy = tokio::spawn({
        let log = log.clone();
        async move { pipe.copy(&log).await }
    });
    for line in ["one\n", "two\n"] {
        writer.write_all(line.as_bytes()).unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    copy.abort();
    assert_eq!(fs::read_to_string(path).unwrap(), "one\ntwo\n");
}
