//! CPUs, cells and caches out of a sysfs tree (`/sys/devices/system`; kernel
//! `Documentation/ABI/stable/sysfs-devices-node` and `testing/sysfs-devices-system-cpu`).

use std::collections::{BTreeMap, BTreeSet};

use crate::{Cache, CacheKind, Cell, Cpu, Pages, Topology};

/// A tree of small files, living or recorded.
pub trait Tree {
    /// Text of a file, without the line's end; none if it cannot be read.
    fn text(&self, path: &str) -> Option<String>;
    /// Names in a folder, in any order; none if there are none.
    fn names(&self, path: &str) -> Vec<String>;
}

/// Smallest level of a cache that is told.
const CACHE_LEVEL_MIN: u32 = 2;

/// Reads CPUs, cells and caches. `page_size_kib` is the size of ordinary pages.
pub fn read(tree: &impl Tree, page_size_kib: u64) -> Topology {
    let cpus = cpus(tree);
    let mut topology = Topology { cells: cells(tree, &cpus, page_size_kib), ..Topology::default() };
    topology.caches = caches(tree, &cpus);
    count(&mut topology);
    topology
}

/// Sizes of pages in KiB, smallest first: ordinary ones, then those in `mm/hugepages`.
pub fn page_sizes_kib(names: &[String], page_size_kib: u64) -> Vec<u64> {
    let mut sizes: BTreeSet<u64> = names.iter().filter_map(|name| huge_page_kib(name)).collect();
    sizes.insert(page_size_kib);
    sizes.into_iter().collect()
}

fn huge_page_kib(name: &str) -> Option<u64> {
    name.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok()
}

/// A list such as `0-3,8`.
pub fn parse_list(text: &str) -> Vec<u32> {
    let mut all = vec![];
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>())
            && last.saturating_sub(first) < 65_536
        {
            all.extend(first..=last);
        }
    }
    all
}

/// The same, from sorted numbers.
pub fn print_list(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = vec![];
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let texts: Vec<String> = ranges
        .into_iter()
        .map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            },
        )
        .collect();
    texts.join(",")
}

fn numbered(names: Vec<String>, prefix: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> =
        names.iter().filter_map(|name| name.strip_prefix(prefix)?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

fn cpus(tree: &impl Tree) -> BTreeMap<u32, Cpu> {
    numbered(tree.names("cpu"), "cpu")
        .into_iter()
        .map(|id| {
            let number = |name: &str| -> Option<u32> {
                tree.text(&format!("cpu/cpu{id}/topology/{name}"))?.trim().parse().ok()
            };
            let online = tree.text(&format!("cpu/cpu{id}/online"));
            let siblings = tree
                .text(&format!("cpu/cpu{id}/topology/thread_siblings_list"))
                .map_or(vec![id], |text| parse_list(&text));
            let cpu = Cpu {
                id,
                online: online.is_none_or(|text| text.trim() == "1"),
                socket: number("physical_package_id").unwrap_or(0),
                die: number("die_id").unwrap_or(0),
                cluster: number("cluster_id").filter(|cluster| *cluster != 65_535),
                core: number("core_id").unwrap_or(0),
                siblings,
            };
            (id, cpu)
        })
        .collect()
}

fn cells(tree: &impl Tree, cpus: &BTreeMap<u32, Cpu>, page_size_kib: u64) -> Vec<Cell> {
    let nodes = numbered(tree.names("node"), "node");
    if nodes.is_empty() {
        return vec![Cell { cpus: cpus.values().cloned().collect(), ..Cell::default() }];
    }
    nodes.iter().map(|id| cell(tree, *id, &nodes, cpus, page_size_kib)).collect()
}

fn cell(
    tree: &impl Tree,
    id: u32,
    nodes: &[u32],
    cpus: &BTreeMap<u32, Cpu>,
    page_size_kib: u64,
) -> Cell {
    let base = format!("node/node{id}");
    let memory_kib: u64 = tree
        .text(&format!("{base}/meminfo"))
        .and_then(|text| {
            let line = text.lines().find(|line| line.contains("MemTotal:"))?;
            line.split_whitespace().rev().nth(1)?.parse().ok()
        })
        .unwrap_or(0);
    let mut huge: Vec<Pages> = tree
        .names(&format!("{base}/hugepages"))
        .iter()
        .filter_map(|name| {
            let count = tree.text(&format!("{base}/hugepages/{name}/nr_hugepages"))?;
            Some(Pages { size_kib: huge_page_kib(name)?, count: count.trim().parse().ok()? })
        })
        .collect();
    huge.sort_by_key(|pages| pages.size_kib);
    let in_huge = huge.iter().map(|pages| pages.size_kib.saturating_mul(pages.count)).sum::<u64>();
    let ordinary = memory_kib.saturating_sub(in_huge) / page_size_kib.max(1);
    let mut pages = vec![Pages { size_kib: page_size_kib, count: ordinary }];
    pages.extend(huge);
    let members = tree
        .text(&format!("{base}/cpulist"))
        .map_or_else(|| numbered(tree.names(&base), "cpu"), |text| parse_list(&text));
    let distances = tree
        .text(&format!("{base}/distance"))
        .map(|text| {
            let values = text.split_whitespace().filter_map(|value| value.parse().ok());
            nodes.iter().copied().zip(values).collect()
        })
        .unwrap_or_default();
    Cell {
        id,
        memory_kib,
        pages,
        distances,
        cpus: members.iter().filter_map(|id| cpus.get(id)).cloned().collect(),
    }
}

fn caches(tree: &impl Tree, cpus: &BTreeMap<u32, Cpu>) -> Vec<Cache> {
    let mut found: BTreeMap<(u32, u32), Cache> = BTreeMap::new();
    for id in cpus.values().filter(|cpu| cpu.online).map(|cpu| cpu.id) {
        let base = format!("cpu/cpu{id}/cache");
        for index in numbered(tree.names(&base), "index") {
            let text = |name: &str| tree.text(&format!("{base}/index{index}/{name}"));
            let number = |name: &str| text(name)?.trim().parse::<u32>().ok();
            let (Some(level), Some(bank)) = (number("level"), number("id")) else { continue };
            if level < CACHE_LEVEL_MIN {
                continue;
            }
            let kind = match text("type").as_deref().map(str::trim) {
                Some("Data") => CacheKind::Data,
                Some("Instruction") => CacheKind::Code,
                _ => CacheKind::Both,
            };
            let size_kib = text("size").and_then(|size| parse_size_kib(size.trim())).unwrap_or(0);
            let shared = text("shared_cpu_list").map_or(vec![id], |text| parse_list(&text));
            found.entry((level, bank)).or_insert(Cache {
                id: bank,
                level,
                kind,
                size_kib,
                cpus: shared,
            });
        }
    }
    found.into_values().collect()
}

fn parse_size_kib(text: &str) -> Option<u64> {
    match text.strip_suffix('K') {
        Some(kib) => kib.parse().ok(),
        None => Some(text.strip_suffix('M')?.parse::<u64>().ok()? * 1024),
    }
}

/// Sockets of a cell, dies of a socket and so on: the largest of each, as libvirt counts; a machine
/// that is not that regular is told as one socket of as many cores as it has CPUs.
fn count(topology: &mut Topology) {
    let mut sockets = 0;
    let (mut dies, mut clusters, mut cores, mut threads) = (0, 0, 0, 0);
    for cell in &topology.cells {
        let online: Vec<&Cpu> = cell.cpus.iter().filter(|cpu| cpu.online).collect();
        let distinct =
            |part: &dyn Fn(&Cpu) -> (u32, u32, u32)| -> BTreeMap<u32, BTreeSet<(u32, u32)>> {
                let mut all: BTreeMap<u32, BTreeSet<(u32, u32)>> = BTreeMap::new();
                for cpu in &online {
                    let (group, upper, lower) = part(cpu);
                    all.entry(group).or_default().insert((upper, lower));
                }
                all
            };
        let largest = |all: BTreeMap<u32, BTreeSet<(u32, u32)>>| {
            all.values().map(BTreeSet::len).max().unwrap_or(0) as u32
        };
        let in_socket = distinct(&|cpu| (cpu.socket, cpu.die, 0));
        sockets = sockets.max(in_socket.len() as u32);
        dies = dies.max(largest(in_socket));
        let of_cores = distinct(&|cpu| (cpu.socket, cpu.die, cpu.core));
        cores = cores.max(largest(of_cores));
        let most = online.iter().map(|cpu| cpu.siblings.len()).max();
        threads = threads.max(most.unwrap_or(0) as u32);
        clusters = clusters.max(1);
    }
    let dies = dies.max(1);
    topology.sockets = sockets.max(1);
    topology.dies = dies;
    topology.clusters = clusters.max(1);
    topology.cores = (cores / dies).max(1);
    topology.threads = threads.max(1);
}

#[cfg(test)]
mod test {
    use super::*;

    struct Recorded(BTreeMap<&'static str, &'static str>);

    impl Tree for Recorded {
        fn text(&self, path: &str) -> Option<String> {
            self.0.get(path).map(|text| (*text).to_owned())
        }

        fn names(&self, path: &str) -> Vec<String> {
            let prefix = format!("{path}/");
            let names: BTreeSet<String> = self
                .0
                .keys()
                .filter_map(|key| key.strip_prefix(prefix.as_str()))
                .filter_map(|rest| rest.split('/').next())
                .map(str::to_owned)
                .collect();
            names.into_iter().collect()
        }
    }

    #[test]
    fn two_threads_of_one_core() {
        let tree = Recorded(BTreeMap::from([
            ("cpu/cpu0/topology/core_id", "0"),
            ("cpu/cpu0/topology/thread_siblings_list", "0-1"),
            ("cpu/cpu1/topology/core_id", "0"),
            ("cpu/cpu1/topology/thread_siblings_list", "0-1"),
            ("cpu/cpu0/cache/index0/level", "1"),
            ("cpu/cpu0/cache/index0/id", "0"),
            ("cpu/cpu0/cache/index3/level", "3"),
            ("cpu/cpu0/cache/index3/id", "0"),
            ("cpu/cpu0/cache/index3/size", "15360K"),
            ("cpu/cpu0/cache/index3/shared_cpu_list", "0-1"),
            ("node/node0/cpulist", "0-1"),
            ("node/node0/distance", "10"),
            ("node/node0/meminfo", "Node 0 MemTotal:       8192 kB\n"),
            ("node/node0/hugepages/hugepages-2048kB/nr_hugepages", "1"),
        ]));
        let topology = read(&tree, 4);
        assert_eq!((topology.sockets, topology.cores, topology.threads), (1, 1, 2));
        assert_eq!(topology.cells[0].memory_kib, 8192);
        let pages = vec![Pages { size_kib: 4, count: 1536 }, Pages { size_kib: 2048, count: 1 }];
        assert_eq!(topology.cells[0].pages, pages);
        assert_eq!(topology.cells[0].distances, [(0, 10)]);
        assert_eq!(topology.caches.len(), 1);
        assert_eq!(topology.caches[0].size_kib, 15360);
    }

    #[test]
    fn lists_both_ways() {
        for text in ["", "0", "0-3", "0-1,4,6-7"] {
            assert_eq!(print_list(&parse_list(text)), text);
        }
        assert_eq!(parse_list("0-4294967295"), []);
    }
}
