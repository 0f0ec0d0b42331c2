//! A server that answers canned bytes: what is left when it is measured is the cost
//! of the client and of the system.
//!
//! ```text
//! cargo run --release -p stead-client --example null_server SOCKET
//! ```
//!
//! It knows the calls that the benchmarks make. Domains are a list of names: a
//! "define" adds one, an "undefine" takes it away. One thread, one epoll, and no
//! more work than the bytes need.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::net::RecvFlags;
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketType, accept, bind, listen, recv, send, socket,
};
use stead_protocol::frame::{Message, Splitter};
use stead_protocol::remote::*;
use stead_protocol::{
    Error, ErrorCode, ErrorDomain, Header, Procedure, Status, TypedParameter, Xdr, feature,
    keepalive,
};

/// How long libvirt 11.3's answers are for the benchmarks' machines, in bytes.
const CAPABILITIES_BYTES: usize = 12_444;
const DOMAIN_CAPABILITIES_BYTES: usize = 65_317;
const XML_BYTES: usize = 1_500;

fn main() -> io::Result<()> {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: null_server SOCKET");
        std::process::exit(2);
    };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    bind(&listener, &SocketAddrUnix::new(&path)?)?;
    listen(&listener, 1024)?;
    serve(&listener)
}

/// The listener's place among the sockets that epoll watches.
const LISTENER: u64 = u64::MAX;

fn serve(listener: &OwnedFd) -> io::Result<()> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let readable = epoll::EventFlags::IN;
    epoll::add(&poll, listener, epoll::EventData::new_u64(LISTENER), readable)?;
    let mut clients = BTreeMap::new();
    let mut next = 0;
    let mut answers = Answers::new();
    let mut events = Vec::with_capacity(256);
    loop {
        events.clear();
        epoll::wait(&poll, spare_capacity(&mut events), None)?;
        for event in &events {
            let key = event.data.u64();
            if key == LISTENER {
                let socket = accept(listener)?;
                epoll::add(&poll, &socket, epoll::EventData::new_u64(next), readable)?;
                clients.insert(next, (socket, Splitter::default()));
                next += 1;
            } else if let Some((socket, splitter)) = clients.get_mut(&key)
                && !answers.answer(socket, splitter)
            {
                // Closing takes it out of the epoll.
                clients.remove(&key);
            }
        }
    }
}

/// All state, and what was encoded once.
struct Answers {
    /// By name; an id above zero runs.
    domains: BTreeMap<Arc<str>, Domain>,
    /// The reply to a list of all, until a domain comes or goes.
    list: Option<Vec<u8>>,
    capabilities: Vec<u8>,
    domain_capabilities: Vec<u8>,
    xml: Vec<u8>,
    statistics: Vec<TypedParameter>,
    last_id: i32,
    out: Vec<u8>,
}

impl Answers {
    fn new() -> Self {
        let cpu = "<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>";
        let fill = |text: &str, bytes| format!("{text:<bytes$}");
        Self {
            domains: BTreeMap::new(),
            list: None,
            capabilities: fill(cpu, CAPABILITIES_BYTES).to_xdr(),
            domain_capabilities: fill("<domainCapabilities/>", DOMAIN_CAPABILITIES_BYTES).to_xdr(),
            xml: fill("<domain/>", XML_BYTES).to_xdr(),
            statistics: (0..22)
                .map(|index| TypedParameter::uhyper(format!("cpu.time.{index}"), 1))
                .collect(),
            last_id: 0,
            out: Vec::new(),
        }
    }

    /// Reads what one client sent and answers all of it. False at its end.
    fn answer(&mut self, socket: &OwnedFd, splitter: &mut Splitter) -> bool {
        let Ok((count, _)) = recv(socket, splitter.space(), RecvFlags::empty()) else {
            return false;
        };
        if count == 0 {
            return false;
        }
        splitter.filled(count);
        self.out.clear();
        loop {
            match splitter.next() {
                Ok(Some(message)) => self.take(message),
                Ok(None) => break,
                Err(_) => return false,
            }
        }
        write(socket, &self.out).is_ok()
    }

    fn take(&mut self, Message { header, body }: Message<'_>) {
        if header.program == keepalive::PROGRAM {
            self.out.extend_from_slice(&keepalive::PONG);
            return;
        }
        let mut out = std::mem::take(&mut self.out);
        let mut refusal = None;
        let start = out.len();
        let mut done = header
            .reply(Status::OK)
            .write(&mut out, |out| refusal = self.reply(header, body, out).err());
        if let Some(error) = refusal {
            out.truncate(start);
            done = header.reply(Status::ERROR).write(&mut out, |out| error.encode(out));
        }
        self.out = out;
        if let Err(error) = done {
            eprintln!("{error}");
        }
    }

    /// Writes the body of the reply.
    fn reply(&mut self, header: Header, body: &[u8], out: &mut Vec<u8>) -> Result<(), Box<Error>> {
        let undecodable =
            |_| Error::new(ErrorCode::RPC, ErrorDomain::RPC, "Unable to decode message payload");
        match header.procedure {
            ConnectGetLibVersion::NUMBER => 11_003_000_u64.encode(out),
            ConnectListAllDomains::NUMBER => self.list(out),
            DomainGetXmlDesc::NUMBER => out.extend_from_slice(&self.xml),
            ConnectGetCapabilities::NUMBER => out.extend_from_slice(&self.capabilities),
            ConnectGetDomainCapabilities::NUMBER => {
                out.extend_from_slice(&self.domain_capabilities);
            }
            DomainDefineXml::NUMBER | DomainDefineXmlFlags::NUMBER => {
                let args = DomainDefineXmlArgs::from_xdr(body).map_err(undecodable)?;
                self.add(&args.xml, -1).encode(out);
            }
            DomainCreateXml::NUMBER => {
                let args = DomainCreateXmlArgs::from_xdr(body).map_err(undecodable)?;
                self.last_id += 1;
                self.add(&args.xml_desc, self.last_id).encode(out);
            }
            DomainUndefine::NUMBER
            | DomainUndefineFlags::NUMBER
            | DomainDestroy::NUMBER
            | DomainDestroyFlags::NUMBER => {
                let args = DomainUndefineArgs::from_xdr(body).map_err(undecodable)?;
                self.domains.remove(&args.domain.name);
                self.list = None;
            }
            DomainIsActive::NUMBER => {
                let args = DomainIsActiveArgs::from_xdr(body).map_err(undecodable)?;
                i32::from(args.domain.id > 0).encode(out);
            }
            DomainGetState::NUMBER => DomainGetStateReply { state: 5, reason: 0 }.encode(out),
            DomainGetInfo::NUMBER => {
                DomainGetInfoReply { state: 5, ..Default::default() }.encode(out)
            }
            ConnectGetAllDomainStats::NUMBER => self.statistics(out),
            ConnectBaselineCpu::NUMBER => "<cpu/>".to_owned().encode(out),
            ConnectSupportsFeature::NUMBER => {
                let args = ConnectSupportsFeatureArgs::from_xdr(body).map_err(undecodable)?;
                i32::from(args.feature >= feature::MIGRATION_P2P).encode(out);
            }
            AuthList::NUMBER => AuthListReply::default().encode(out),
            ConnectGetUri::NUMBER => "qemu:///system".to_owned().encode(out),
            ConnectGetType::NUMBER => "QEMU".to_owned().encode(out),
            ConnectGetHostname::NUMBER => "null".to_owned().encode(out),
            ConnectGetVersion::NUMBER => 10_000_002_u64.encode(out),
            ConnectOpen::NUMBER
            | ConnectClose::NUMBER
            | ConnectRegisterCloseCallback::NUMBER
            | ConnectUnregisterCloseCallback::NUMBER => {}
            number => {
                let api = stead_protocol::entry(header.program, number).map_or("", |row| row.api);
                return Err(Box::new(Error::new(ErrorCode::NO_SUPPORT, ErrorDomain::DOMAIN, api)));
            }
        }
        Ok(())
    }

    /// Adds the domain that a document names.
    fn add(&mut self, xml: &str, id: i32) -> &Domain {
        let name = xml
            .split_once("<name>")
            .and_then(|(_, rest)| rest.split_once("</name>"))
            .map_or("nameless", |(name, _)| name);
        let name: Arc<str> = name.into();
        let mut uuid = [0x11; 16];
        for (index, byte) in name.bytes().enumerate() {
            uuid[index % 16] ^= byte.rotate_left(u32::try_from(index % 8).unwrap_or(0));
        }
        self.list = None;
        self.domains.entry(Arc::clone(&name)).insert_entry(Domain { name, uuid, id }).into_mut()
    }

    fn list(&mut self, out: &mut Vec<u8>) {
        let reply = self.list.get_or_insert_with(|| {
            let domains: Vec<_> = self.domains.values().cloned().collect();
            let ret = u32::try_from(domains.len()).unwrap_or(u32::MAX);
            ConnectListAllDomainsReply { domains, ret }.to_xdr()
        });
        out.extend_from_slice(reply);
    }

    fn statistics(&self, out: &mut Vec<u8>) {
        let running = self.domains.values().filter(|domain| domain.id > 0);
        let ret_stats = running
            .map(|domain| DomainStats { domain: domain.clone(), params: self.statistics.clone() })
            .collect();
        ConnectGetAllDomainStatsReply { ret_stats }.encode(out);
    }
}

fn write(socket: impl AsFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        bytes = &bytes[send(&socket, bytes, SendFlags::NOSIGNAL)?..];
    }
    Ok(())
}
