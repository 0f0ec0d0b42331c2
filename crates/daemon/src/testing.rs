//! A daemon in the test's own process, on a root that is removed with it.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use stead_protocol::remote::{AuthList, ConnectOpen, ConnectOpenArgs};
use stead_protocol::{Error, Header, Procedure, Status, Xdr};
use stead_store::Layout;
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::daemon::Daemon;
use crate::hypervisors::Hypervisors;
use crate::machines;
use crate::peer::{Access, Peer};
use crate::router::Router;
use crate::serve::{Options, deliver_events, serve_client};

/// A daemon without sockets: each client is one end of a pair.
pub(crate) struct House {
    runtime: Runtime,
    pub(crate) daemon: Arc<Daemon>,
    _root: tempfile::TempDir,
}

impl House {
    pub(crate) fn new(routes: Router) -> Self {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::root(root.path());
        layout.prepare().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let options = Options { layout, timeout: None, config: Config::default() };
        let hypervisors =
            Arc::new(Hypervisors::new(options.layout.cache.clone(), None, Vec::new()));
        let domains =
            runtime.block_on(async { machines::open(&options, Arc::clone(&hypervisors)) }).unwrap();
        let (scope, handle) = (options.layout.scope, runtime.handle().clone());
        let daemon = Daemon::new(routes, domains, hypervisors, scope, handle);
        runtime.spawn(deliver_events(Arc::clone(&daemon)));
        Self { runtime, daemon, _root: root }
    }

    /// A client that the kernel says is `uid`.
    pub(crate) fn stranger(&self, uid: u32, access: Access) -> Client {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let _context = self.runtime.enter();
        let socket = tokio::net::UnixStream::from_std(ours).unwrap();
        serve_client(&self.daemon, socket, Peer { pid: None, uid }, access);
        Client { socket: theirs, serial: 0 }
    }

    /// A client that has opened its connection.
    pub(crate) fn client(&self, access: Access) -> Client {
        let mut client = self.stranger(self.daemon.owner, access);
        client.call(AuthList, &()).unwrap();
        let name = Some(self.daemon.uri().to_owned());
        client.call(ConnectOpen, &ConnectOpenArgs { name, flags: 0 }).unwrap();
        client
    }
}

/// The other end of a connection, byte by byte.
pub(crate) struct Client {
    pub(crate) socket: UnixStream,
    pub(crate) serial: u32,
}

impl Client {
    /// Sends a call; says its serial.
    pub(crate) fn send<P: Procedure>(&mut self, _: P, arguments: &P::Args) -> u32 {
        let header = Header::call::<P>(self.serial);
        self.serial += 1;
        let mut out = Vec::new();
        header.write(&mut out, |out| arguments.encode(out)).unwrap();
        self.socket.write_all(&out).unwrap();
        header.serial
    }

    /// Sends a message of any kind.
    pub(crate) fn send_raw(&mut self, header: Header, body: &[u8]) {
        let mut out = Vec::new();
        header.write(&mut out, |out| out.extend_from_slice(body)).unwrap();
        self.socket.write_all(&out).unwrap();
    }

    /// The next message; `None` at the end.
    pub(crate) fn receive(&mut self) -> Option<(Header, Vec<u8>)> {
        let mut word = [0; 4];
        self.socket.read_exact(&mut word).ok()?;
        let mut rest = vec![0; u32::from_be_bytes(word) as usize - 4];
        self.socket.read_exact(&mut rest).ok()?;
        let body = rest.split_off(Header::LENGTH);
        Some((Header::from_xdr(&rest).unwrap(), body))
    }

    /// A call and its answer, whatever comes between.
    pub(crate) fn call<P: Procedure>(
        &mut self,
        p: P,
        arguments: &P::Args,
    ) -> Result<P::Reply, Box<Error>> {
        let serial = self.send(p, arguments);
        self.reply::<P>(serial)
    }

    pub(crate) fn reply<P: Procedure>(&mut self, serial: u32) -> Result<P::Reply, Box<Error>> {
        loop {
            let (header, body) = self.receive().expect("an answer");
            if header.serial == serial && header.procedure == P::NUMBER && header.kind.0 == 1 {
                return match header.status {
                    Status::OK => Ok(P::Reply::from_xdr(&body).unwrap()),
                    _ => Err(Box::new(Error::from_xdr(&body).unwrap())),
                };
            }
        }
    }

    /// Whether the daemon has closed the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        while let Some(_late) = self.receive() {}
        matches!(self.socket.read(&mut [0]), Ok(0))
            || self.socket.take_error().is_ok_and(|error| error.is_some())
    }
}
