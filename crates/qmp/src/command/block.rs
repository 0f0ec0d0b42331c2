//! Disks (`qapi/{block-core,block,job}.json`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Nothing, Properties, answers, commands};

commands! {
    /// The block backends and what is in them.
    "query-block" QueryBlock {} -> Vec<BlockBackend>;
    /// What went through each of them.
    "query-blockstats" QueryBlockstats {} [query_nodes: bool] -> Vec<BlockStats>;
    /// The nodes; flat when the backing chains are not wanted.
    "query-named-block-nodes" QueryNamedBlockNodes {} [flat: bool] -> Vec<BlockNode>;
    /// The old block jobs.
    "query-block-jobs" QueryBlockJobs {} -> Vec<Value>;
    /// The jobs.
    "query-jobs" QueryJobs {} -> Vec<Job>;
    /// Ends a concluded job's record.
    "job-dismiss" JobDismiss { id: String } -> Nothing;
    /// Gives a job up.
    "job-cancel" JobCancel { id: String } -> Nothing;
    /// Makes a node: `driver`, `node-name` and its options.
    "blockdev-add" BlockdevAdd(Properties) -> Nothing;
    /// Changes a node's options.
    "blockdev-reopen" BlockdevReopen { options: Vec<Properties> } -> Nothing;
    /// Ends a node.
    "blockdev-del" BlockdevDel { node_name: String } -> Nothing;
    /// Opens the tray and takes the medium out.
    "eject" Eject {} [device: String, id: String, force: bool] -> Nothing;
    /// Opens a tray.
    "blockdev-open-tray" BlockdevOpenTray {} [device: String, id: String, force: bool] -> Nothing;
    /// Closes a tray.
    "blockdev-close-tray" BlockdevCloseTray {} [device: String, id: String] -> Nothing;
    /// Takes the medium out of an open tray.
    "blockdev-remove-medium" BlockdevRemoveMedium { id: String } -> Nothing;
    /// Puts a node into an empty, open tray.
    "blockdev-insert-medium" BlockdevInsertMedium { id: String, node_name: String } -> Nothing;
    /// Does all of that at once by file name.
    "blockdev-change-medium" BlockdevChangeMedium { filename: String } [
        device: String, id: String, format: String, force: bool, read_only_mode: String,
    ] -> Nothing;
    /// Sets I/O limits: a dozen figures, `device` or `id`.
    "block_set_io_throttle" BlockSetIoThrottle(Properties) -> Nothing;
    /// Resizes a node, in bytes.
    "block_resize" BlockResize { size: u64 } [device: String, node_name: String] -> Nothing;
    /// Asks for `BLOCK_WRITE_THRESHOLD`, in bytes.
    "block-set-write-threshold" BlockSetWriteThreshold { node_name: String, write_threshold: u64 } -> Nothing;
    /// Several block actions that happen together or not at all.
    "transaction" Transaction { actions: Vec<Value> } -> Nothing;
}

answers! {
    /// A backend.
    BlockBackend {
        device: String,
        qdev: Option<String>,
        #[serde(default, rename = "type")] kind: String,
        #[serde(default)] removable: bool,
        #[serde(default)] locked: bool,
        inserted: Option<BlockNode>,
        #[serde(rename = "tray_open")] tray_open: Option<bool>,
        io_status: Option<String>,
    }
    /// A node as it is open.
    BlockNode {
        file: String,
        node_name: Option<String>,
        #[serde(default)] ro: bool,
        drv: String,
        #[serde(rename = "backing_file")] backing_file: Option<String>,
        #[serde(default, rename = "backing_file_depth")] backing_file_depth: u32,
        image: BlockImage,
        #[serde(default, rename = "write_threshold")] write_threshold: u64,
    }
    /// An image's sizes in bytes.
    BlockImage {
        filename: String,
        format: String,
        virtual_size: u64,
        actual_size: Option<u64>,
        cluster_size: Option<u64>,
        backing_filename: Option<String>,
        full_backing_filename: Option<String>,
        backing_filename_format: Option<String>,
        backing_image: Option<Box<BlockImage>>,
        format_specific: Option<Value>,
    }
    /// What went through one backend or node.
    BlockStats {
        device: Option<String>,
        qdev: Option<String>,
        node_name: Option<String>,
        stats: BlockFigures,
        parent: Option<Box<BlockStats>>,
        backing: Option<Box<BlockStats>>,
    }
    /// Bytes, requests, and nanoseconds in them.
    BlockFigures {
        #[serde(default, rename = "rd_bytes")] rd_bytes: u64,
        #[serde(default, rename = "wr_bytes")] wr_bytes: u64,
        #[serde(default, rename = "unmap_bytes")] unmap_bytes: u64,
        #[serde(default, rename = "rd_operations")] rd_operations: u64,
        #[serde(default, rename = "wr_operations")] wr_operations: u64,
        #[serde(default, rename = "flush_operations")] flush_operations: u64,
        #[serde(default, rename = "unmap_operations")] unmap_operations: u64,
        #[serde(default, rename = "rd_total_time_ns")] rd_total_time_ns: u64,
        #[serde(default, rename = "wr_total_time_ns")] wr_total_time_ns: u64,
        #[serde(default, rename = "flush_total_time_ns")] flush_total_time_ns: u64,
        #[serde(default, rename = "wr_highest_offset")] wr_highest_offset: u64,
        #[serde(default, rename = "failed_rd_operations")] failed_rd_operations: u64,
        #[serde(default, rename = "failed_wr_operations")] failed_wr_operations: u64,
    }
    /// A job.
    Job {
        id: String,
        #[serde(rename = "type")] kind: String,
        status: JobStatus,
        current_progress: u64,
        total_progress: u64,
        error: Option<String>,
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Not created yet.
    Undefined,
    /// Created, not begun.
    Created,
    /// At work.
    Running,
    /// Held.
    Paused,
    /// Done but for the order to finish.
    Ready,
    /// Ready, and held.
    Standby,
    /// Waits for the others of its transaction.
    Waiting,
    /// Waits to be finalized.
    Pending,
    /// Undoes itself.
    Aborting,
    /// Over; its record waits to be dismissed.
    Concluded,
    /// No record of it is left.
    Null,
    /// Another word.
    #[serde(other)]
    Unknown,
}
