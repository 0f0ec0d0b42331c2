//! What the kernel sees of a write: file and folder are synced before the caller is answered. Needs strace.

use std::{env, fs, path::Path, process::Command};

use stead_store::Documents;
use uuid::Uuid;

const FOLDER: &str = "STEAD_TRACED_FOLDER";

/// The traced half: writes once, and says so by a system call of its own.
#[test]
fn traced() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let documents = Documents::open(Path::new(&folder)).unwrap();
    documents.write(Uuid::from_u128(7), "<domain/>\n").unwrap();
    fs::metadata("/answered").unwrap_err();
}

#[test]
fn file_and_folder_are_synced_before_the_answer() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("domains");
    let trace = root.path().join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,statx", "-o"])
        .arg(&trace)
        .arg(env::current_exe().unwrap())
        .args(["traced", "--exact", "--test-threads=1"])
        .env(FOLDER, &folder)
        .output();
    let trace = match traced {
        Ok(output) if output.status.success() => fs::read_to_string(trace).unwrap(),
        other => {
            println!("skipped: nothing can be traced here: {other:?}");
            return;
        }
    };
    let lines: Vec<&str> = trace.lines().collect();
    let find = |what: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| what(line));
    let name = "00000000-0000-0000-0000-000000000007.xml";
    let folder = folder.to_str().unwrap();
    let new_synced = find(&|line| line.contains("fsync(") && line.contains(".new>) = 0"));
    let renamed = find(&|line| {
        line.contains("rename")
            && line.contains(".new\"")
            && line.contains(&format!("{folder}/{name}\""))
    });
    let folder_synced =
        find(&|line| line.contains("fsync(") && line.contains(&format!("<{folder}>) = 0")));
    let answered = find(&|line| line.contains("\"/answered\""));
    let order = [new_synced, renamed, folder_synced, answered];
    assert!(order.iter().all(Option::is_some), "{order:?}\n{trace}");
    assert!(order.is_sorted(), "{order:?}\n{trace}");
}
