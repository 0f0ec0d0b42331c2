//! A whole daemon on a root of its own: it comes, serves the real client library, and goes when nobody needs it.

use std::path::Path;
use std::time::{Duration, Instant};

use stead_client::Connection;
use stead_daemon::{Config, Failure, Options, run};
use stead_protocol::remote::{
    ConnectGetLibVersion, ConnectGetUri, ConnectListAllDomains, ConnectListAllDomainsArgs,
};
use stead_store::Layout;

/// A daemon that ends when nobody has needed it for a moment.
fn daemon(root: &Path) -> std::thread::JoinHandle<Result<(), Failure>> {
    let layout = Layout::root(root);
    let timeout = Some(Duration::from_millis(400));
    let daemon =
        std::thread::spawn(move || run(Options { layout, timeout, config: Config::default() }));
    let socket = root.join("run/libvirt-sock");
    let start = Instant::now();
    while std::os::unix::net::UnixStream::connect(&socket).is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "the daemon does not come");
        assert!(!daemon.is_finished(), "{:?}", daemon.join());
        std::thread::sleep(Duration::from_millis(5));
    }
    daemon
}

#[test]
fn it_serves_and_ends_when_idle() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = root.path().join("run/libvirt-sock");
        let uri = format!("qemu+unix:///system?socket={}", socket.display());
        let connection = Connection::open(&uri).await.unwrap();
        let version = connection.call(ConnectGetLibVersion, &()).await.unwrap();
        assert_eq!(version.lib_ver, 11_003_000);
        assert!(connection.call(ConnectGetUri, &()).await.unwrap().uri.starts_with("qemu:///"));
        let all = ConnectListAllDomainsArgs { need_results: 1, flags: 0 };
        assert!(connection.call(ConnectListAllDomains, &all).await.unwrap().domains.is_empty());
        // A second daemon of this root is refused.
        let layout = Layout::root(root.path());
        let second = run(Options { layout, timeout: None, config: Config::default() });
        assert!(matches!(second, Err(Failure::Running(_))), "{second:?}");
        // A client keeps it alive.
        tokio::time::sleep(Duration::from_millis(900)).await;
        assert!(!daemon.is_finished());
        connection.close().await;
    });
    daemon.join().unwrap().unwrap();
    for socket in ["run/libvirt-sock", "run/libvirt-sock-ro"] {
        assert!(!root.path().join(socket).exists(), "{socket} is left behind");
    }
}
