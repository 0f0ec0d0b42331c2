use super::*;

/// A small host: two cells of one socket with two cores of two threads, the last CPU offline when told so.
fn host(online: &str) -> (tempfile::TempDir, Node) {
    let root = tempfile::tempdir().unwrap();
    let write = |path: String, text: String| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("sys/devices/system/cpu/present".into(), "0-7\n".into());
    write("sys/devices/system/cpu/online".into(), format!("{online}\n"));
    for cpu in 0..8 {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}/topology");
        write(format!("{folder}/physical_package_id"), format!("{}\n", cpu / 4));
        write(format!("{folder}/core_id"), format!("{}\n", cpu / 2 % 2));
    }
    for cell in 0..2 {
        let folder = format!("sys/devices/system/node/node{cell}");
        write(format!("{folder}/cpulist"), format!("{}-{}\n", cell * 4, cell * 4 + 3));
        let meminfo =
            format!("Node {cell} MemTotal:  10{cell} kB\nNode {cell} MemFree:  4{cell} kB\n");
        write(format!("{folder}/meminfo"), meminfo);
    }
    write(
        "proc/meminfo".into(),
        "MemTotal: 200 kB\nMemFree: 81 kB\nBuffers: 3 kB\nCached: 4 kB\n".into(),
    );
    write("proc/cpuinfo".into(), "processor\t: 0\ncpu MHz\t\t: 2899.998\n".into());
    write(
        "proc/stat".into(),
        "cpu  10 1 5 100 7 2 3 0 0 0\ncpu0 1 0 0 9 0 0 0\ncpu10 2 2\n".into(),
    );
    write("proc/uptime".into(), "12.50 20.00\n".into());
    write("etc/machine-id".into(), "0123456789abcdef0123456789abcdef\n".into());
    let node = Node::at(root.path());
    (root, node)
}

#[test]
fn counts_multiply_to_the_cpus() {
    let (_root, node) = host("0-7");
    let summary = node.summary().unwrap();
    assert_eq!((summary.nodes, summary.sockets, summary.cores, summary.threads), (2, 1, 2, 2));
    assert_eq!((summary.cpus, summary.mhz, summary.memory_kib), (8, 2899, 201));
}

#[test]
fn an_uneven_host_is_one_socket_of_cores() {
    let (root, node) = host("0-6");
    fs::write(root.path().join("sys/devices/system/cpu/cpu1/topology/core_id"), "7\n").unwrap();
    let summary = node.summary().unwrap();
    assert_eq!((summary.nodes, summary.sockets, summary.cores, summary.threads), (1, 1, 8, 1));
    assert_eq!(summary.cpus, 7);
    let map = node.cpu_map().unwrap();
    assert_eq!(map.online.len(), 8);
    assert!(!map.online[7]);
}

#[test]
fn times_are_nanoseconds_and_cpu_1_is_not_cpu_10() {
    let (_root, node) = host("0-7");
    let tick = 1_000_000_000 / clock_ticks_per_second();
    let all = node.cpu_times(None).unwrap().unwrap();
    let expected = CpuTimes {
        user_ns: 11 * tick,
        kernel_ns: 10 * tick,
        idle_ns: 100 * tick,
        iowait_ns: 7 * tick,
    };
    assert_eq!(all, expected);
    assert_eq!(node.cpu_times(Some(0)).unwrap().unwrap().idle_ns, 9 * tick);
    assert_eq!(node.cpu_times(Some(1)).unwrap(), None);
    assert_eq!(node.cpu_times(Some(10)).unwrap().unwrap().user_ns, 4 * tick);
}

#[test]
fn memory_is_told_for_all_and_a_cell() {
    let (root, node) = host("0-7");
    let all = node.memory().unwrap();
    assert_eq!((all.total_kib, all.free_kib), (200, 81));
    assert_eq!((all.buffers_kib, all.cached_kib), (Some(3), Some(4)));
    assert_eq!(node.cells(), [0, 1]);
    let cells = node.memory_of_cells().unwrap();
    assert_eq!((cells.total_kib, cells.free_kib), (201, 81));
    assert_eq!(node.cell_memory(1).unwrap().unwrap().free_kib, 41);
    assert_eq!(node.cell_memory(2).unwrap(), None);
    fs::remove_dir_all(root.path().join("sys/devices/system/node")).unwrap();
    assert_eq!(node.cell_memory(0).unwrap().unwrap().free_kib, 81);
    assert_eq!(node.cell_memory(1).unwrap(), None);
}

#[test]
fn names_times_and_ids() {
    let (_root, node) = host("0-7");
    assert_eq!(node.uptime(), Duration::from_millis(12_500));
    assert_eq!(node.uuid().unwrap().as_u128(), 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    let hosts = "127.0.0.1 localhost\n# 1.2.3.4 no ada\n127.0.1.1\tada.example.org ada\n";
    assert_eq!(canonical(hosts, "ada").as_deref(), Some("ada.example.org"));
    assert_eq!(canonical(hosts, "bob"), None);
    assert_eq!(canonical("127.0.0.1 localhost ada\n", "ada"), None);
}

#[test]
fn this_host_can_be_read() {
    let summary = Node::default().summary().unwrap();
    assert!(summary.cpus > 0 && summary.memory_kib > 0, "{summary:?}");
    let product = summary.nodes * summary.sockets * summary.cores * summary.threads;
    assert!(product >= summary.cpus, "{summary:?}");
}
