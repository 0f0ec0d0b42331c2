use std::time::Instant;

use super::*;

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

fn documents() -> (tempfile::TempDir, Documents) {
    let root = tempfile::tempdir().unwrap();
    let documents = Documents::open(&root.path().join("domains")).unwrap();
    (root, documents)
}

/// A stand-in for a parser: one element, whole.
fn parse(_: Uuid, text: &str) -> Result<String, Damage> {
    let inner = text.strip_prefix("<d>").and_then(|text| text.strip_suffix("</d>\n"));
    let lines = u32::try_from(text.lines().count()).unwrap();
    inner.map(str::to_owned).ok_or(Damage { line: lines, reason: "not closed".into() })
}

fn load(documents: &Documents) -> Vec<Loaded<String>> {
    documents.load(parse).unwrap()
}

#[test]
fn what_was_written_is_loaded_with_its_mark_until_it_is_removed() {
    let (_root, documents) = documents();
    documents.write(TWO, "<d>two</d>\n").unwrap();
    documents.write(ONE, "<d>one</d>\n").unwrap();
    documents.write(ONE, "<d>one again</d>\n").unwrap();
    documents.set_autostart(TWO, Autostart::On).unwrap();
    let loaded = load(&documents);
    assert_eq!(loaded.iter().map(|loaded| loaded.uuid).collect::<Vec<_>>(), [ONE, TWO]);
    let one = loaded[0].state.as_ref().unwrap();
    assert_eq!((one.value.as_str(), one.edited), ("one again", false));
    assert_eq!(one.text, "<d>one again</d>\n");
    assert_eq!(loaded[0].autostart, Autostart::Off);
    assert_eq!(loaded[1].autostart, Autostart::On);

    documents.remove(TWO).unwrap();
    documents.remove(TWO).unwrap();
    documents.write(TWO, "<d>new</d>\n").unwrap();
    assert_eq!(load(&documents)[1].autostart, Autostart::Off);
}

#[test]
fn a_damaged_document_stays_listed_with_its_last_good_generation() {
    let (_root, documents) = documents();
    documents.write(ONE, "<d>old</d>\n").unwrap();
    documents.write(ONE, "<d>new\n\n</d>\n").unwrap();
    let file = documents.file(ONE);
    let whole = fs::read(&file).unwrap();
    // Up to where the document is whole again, and only its seal is missing.
    for length in 0.."<d>new\n\n</d>".len() {
        fs::write(&file, &whole[..length]).unwrap();
        let loaded = load(&documents);
        let broken = loaded[0].state.as_ref().unwrap_err();
        assert_eq!(broken.file, file);
        assert_eq!(broken.last_good.as_ref().unwrap().value, "old", "{length}");
    }
    let loaded = load(&documents);
    assert_eq!(loaded[0].state.as_ref().unwrap_err().damage.line, 3);

    // A new definition must not push the last good one out by the damaged one.
    documents.write(ONE, "<d>newest</d>\n").unwrap();
    fs::write(&file, "junk").unwrap();
    assert_eq!(
        load(&documents)[0].state.as_ref().unwrap_err().last_good.as_ref().unwrap().value,
        "old"
    );
    documents.restore(ONE).unwrap();
    assert_eq!(load(&documents)[0].state.as_ref().unwrap().value, "old");
}

#[test]
fn a_person_may_edit_a_document_and_bytes_that_are_no_text_have_a_line() {
    let (_root, documents) = documents();
    documents.write(ONE, "<d>one</d>\n").unwrap();
    let file = documents.file(ONE);
    let edited = fs::read_to_string(&file).unwrap().replace("one", "mine");
    fs::write(&file, edited).unwrap();
    let loaded = load(&documents);
    let document = loaded[0].state.as_ref().unwrap();
    assert_eq!((document.value.as_str(), document.edited), ("mine", true));
    fs::write(&file, "<d>written by hand</d>\n").unwrap();
    assert!(load(&documents)[0].state.as_ref().unwrap().edited);
    fs::write(&file, b"<d>\n\n\xff</d>\n").unwrap();
    let damage = load(&documents)[0].state.as_ref().unwrap_err().damage.clone();
    assert_eq!(damage, Damage { line: 3, reason: "not UTF-8".into() });
}

#[test]
fn writers_at_the_same_time_are_all_answered_and_all_there() {
    let (_root, documents) = documents();
    thread::scope(|scope| {
        for writer in 0..8_u128 {
            let documents = &documents;
            scope.spawn(move || {
                for round in 0..20 {
                    let text = format!("<d>{writer} {round}</d>\n");
                    documents.write(Uuid::from_u128(writer), &text).unwrap();
                }
            });
        }
    });
    let loaded = load(&documents);
    assert_eq!(loaded.len(), 8);
    for (writer, loaded) in loaded.iter().enumerate() {
        assert_eq!(loaded.state.as_ref().unwrap().value, format!("{writer} 19"));
    }
}

#[test]
fn an_error_names_the_path_and_leaves_the_old_generation() {
    let (root, documents) = documents();
    documents.write(ONE, "<d>one</d>\n").unwrap();
    let folder = root.path().join("domains");
    fs::rename(&folder, root.path().join("away")).unwrap();
    let error = documents.write(ONE, "<d>two</d>\n").unwrap_err();
    assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");
    assert!(!error.is_full());
    fs::rename(root.path().join("away"), &folder).unwrap();
    assert_eq!(load(&documents)[0].state.as_ref().unwrap().value, "one");
}

/// Not a check, figures: `cargo test -p stead-store --release figures -- --ignored --nocapture`. The temporary
/// folder must be on a real disk (`TMPDIR`).
#[test]
#[ignore = "a measurement"]
fn figures() {
    let (_root, documents) = documents();
    let text = format!("<d>{}</d>\n", "x".repeat(4000));
    let mut times = Vec::new();
    for number in 0..1000 {
        let began = Instant::now();
        documents.write(Uuid::from_u128(number), &text).unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!("write: median {:?}, best {:?}", times[500], times[0]);
    let began = Instant::now();
    assert_eq!(load(&documents).len(), 1000);
    println!("load of 1,000: {:?}", began.elapsed());
    for writers in [1, 4, 16] {
        let began = Instant::now();
        thread::scope(|scope| {
            for writer in 0..writers {
                let (documents, text) = (&documents, &text);
                scope.spawn(move || {
                    for _ in 0..50 {
                        documents.write(Uuid::from_u128(writer), text).unwrap();
                    }
                });
            }
        });
        let each = began.elapsed() / 50 / u32::try_from(writers).unwrap();
        println!("{writers} writers at once: {each:?} a write");
    }
}
