//! A connection: calls out, replies, events and stream packets in.

use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stead_protocol::frame::{Message as Frame, Splitter};
use stead_protocol::remote::{
    AuthList, AuthPolkit, AuthType, ConnectClose, ConnectOpen, ConnectOpenArgs,
    ConnectSupportsFeature, ConnectSupportsFeatureArgs,
};
use stead_protocol::{Decoder, Header, Kind, Procedure, Status, Xdr, frame, keepalive, limits};
use tokio::net::UnixStream;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::event::BEHIND_MAX;
use crate::socket::{self, Outgoing};
use crate::stream::{self, Packet, Stream};
use crate::{Access, Address, Error, Events, Message};

/// How many messages may wait to be sent before senders wait.
const OUTGOING_MAX: usize = 16;

/// How many descriptors may have come for replies that have not: some replies'.
const DESCRIPTORS_MAX: usize = 4 * limits::DESCRIPTORS as usize;

/// A connection to a daemon. Clones share it; when the last is dropped, it ends.
#[derive(Clone, Debug)]
pub struct Connection {
    link: Arc<Link>,
}

/// What handles share. The tasks hold [`Shared`] only, so that they end with the
/// last handle.
#[derive(Debug)]
pub(crate) struct Link {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Outgoing>,
    serial: AtomicU32,
    reader: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Taken away when the connection ends, so that receivers see the end.
    events: Mutex<Option<broadcast::Sender<Message>>>,
    ended: OnceLock<Arc<str>>,
}

/// Who waits for what.
#[derive(Debug, Default)]
struct Waiting {
    replies: HashMap<u32, oneshot::Sender<Reply>>,
    streams: HashMap<u32, mpsc::Sender<Packet>>,
}

/// A reply as it came: an error, or a body and descriptors.
type Reply = Result<(Vec<u8>, Vec<OwnedFd>), Error>;

impl Connection {
    /// Opens the daemon that a URI names; [`Address`] says which forms there are.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Connect`], [`Error::Authentication`], and what
    /// the daemon says ([`Error::Remote`]).
    pub async fn open(uri: &str) -> Result<Self, Error> {
        Self::open_at(&Address::parse(uri, Access::ReadWrite)?).await
    }

    /// Opens the daemon at an address.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_at(address: &Address) -> Result<Self, Error> {
        let path = address.choice().unwrap_or_else(|| "".as_ref());
        let socket = UnixStream::connect(path).await.map_err(|source| Error::Connect {
            socket: path.to_owned(),
            source: Arc::new(source),
        })?;
        let connection = Self::over(socket);
        connection.authenticate().await?;
        let flags = match address.access {
            Access::ReadOnly => 1,
            Access::ReadWrite => 0,
        };
        let args = ConnectOpenArgs { name: Some(address.name.clone()), flags };
        connection.call(ConnectOpen, &args).await?;
        Ok(connection)
    }

    /// A connection over a socket, nothing said yet. Needs a tokio runtime.
    #[must_use]
    pub fn over(socket: UnixStream) -> Self {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            events: Mutex::new(Some(broadcast::Sender::new(BEHIND_MAX))),
            ended: OnceLock::new(),
        });
        let socket = Arc::new(socket);
        let (outgoing, queue) = mpsc::channel(OUTGOING_MAX);
        tokio::spawn(write(Arc::clone(&socket), queue, Arc::clone(&shared)));
        let pong = outgoing.downgrade();
        let reader = tokio::spawn(read(socket, pong, Arc::clone(&shared)));
        let serial = AtomicU32::new(0);
        Self { link: Arc::new(Link { shared, outgoing, serial, reader }) }
    }

    /// Does what the server asks for before anything else.
    ///
    /// # Errors
    /// [`Error::Authentication`] if that is neither nothing nor polkit.
    pub async fn authenticate(&self) -> Result<(), Error> {
        let types = self.call(AuthList, &()).await?.types;
        match types.first() {
            None => Ok(()),
            Some(_) if types.contains(&AuthType::NONE) => Ok(()),
            Some(_) if types.contains(&AuthType::POLKIT) => {
                self.call(AuthPolkit, &()).await.map(drop)
            }
            Some(other) => Err(Error::Authentication(other.0)),
        }
    }

    /// Calls a procedure.
    ///
    /// # Errors
    /// [`Error::Remote`] is the server's answer; the others mean that there was
    /// none.
    pub async fn call<P: Procedure>(&self, _: P, args: &P::Args) -> Result<P::Reply, Error> {
        let header = Header::call::<P>(self.serial());
        self.exchange::<P>(header, args, Vec::new()).await.map(|(reply, _)| reply)
    }

    /// Calls a procedure with file descriptors, and takes those of its reply. Ask
    /// for feature 8 first. With none to send it is a plain call, whose reply may
    /// bring some all the same.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn call_with_descriptors<P: Procedure>(
        &self,
        _: P,
        args: &P::Args,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(P::Reply, Vec<OwnedFd>), Error> {
        let mut header = Header::call::<P>(self.serial());
        if !descriptors.is_empty() {
            header.kind = Kind::CALL_WITH_FDS;
        }
        self.exchange::<P>(header, args, descriptors).await
    }

    /// Calls a procedure that opens a stream.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn open_stream<P: Procedure>(
        &self,
        _: P,
        args: &P::Args,
    ) -> Result<(P::Reply, Stream), Error> {
        let header = Header::call::<P>(self.serial());
        let (sender, packets) = mpsc::channel(stream::PACKETS_MAX);
        self.link.shared.lock().streams.insert(header.serial, sender);
        // From here on the stream itself forgets its entry when it is dropped.
        let stream = Stream::new(Arc::clone(&self.link), header, packets);
        match self.exchange::<P>(header, args, Vec::new()).await {
            Ok((reply, _)) => Ok((reply, stream)),
            Err(error) => {
                stream.forget();
                Err(error)
            }
        }
    }

    /// Whether the server has a feature (`stead_protocol::feature`).
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn supports(&self, feature: i32) -> Result<bool, Error> {
        let args = ConnectSupportsFeatureArgs { feature };
        Ok(self.call(ConnectSupportsFeature, &args).await?.supported != 0)
    }

    /// All events from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        let events = self.link.shared.events.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = match &*events {
            Some(events) => events.subscribe(),
            // Of an ended connection: a receiver that sees the end at once.
            None => broadcast::Sender::new(1).subscribe(),
        };
        Events { receiver }
    }

    /// Why the connection has ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<Arc<str>> {
        self.link.shared.ended.get().cloned()
    }

    /// Says goodbye and ends the connection for all handles.
    pub async fn close(self) {
        // The server may be gone already; either way it is over.
        let _ = self.call(ConnectClose, &()).await;
        self.link.shared.end("closed by the client");
        self.link.reader.abort();
    }

    fn serial(&self) -> u32 {
        self.link.serial.fetch_add(1, Ordering::Relaxed)
    }

    async fn exchange<P: Procedure>(
        &self,
        header: Header,
        args: &P::Args,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(P::Reply, Vec<OwnedFd>), Error> {
        args.fits().map_err(|source| Error::Excess { procedure: P::NAME, source })?;
        let mut bytes = Vec::new();
        header.write(&mut bytes, |out| {
            if header.kind == Kind::CALL_WITH_FDS {
                u32::try_from(descriptors.len()).unwrap_or(u32::MAX).encode(out);
            }
            args.encode(out);
        })?;
        let reply = self.link.reply_to(header.serial)?;
        self.link.send(Outgoing { bytes, descriptors }).await?;
        let (body, descriptors) = reply.wait().await?;
        let reply = P::Reply::from_xdr(&body)
            .map_err(|source| Error::Decode { procedure: P::NAME, source })?;
        Ok((reply, descriptors))
    }
}

impl Link {
    /// Queues a message.
    pub(crate) async fn send(&self, message: Outgoing) -> Result<(), Error> {
        self.outgoing.send(message).await.map_err(|_| self.shared.why())
    }

    /// Queues a message if there is room at once.
    pub(crate) fn try_send(&self, message: Outgoing) {
        // Only for what may be left unsaid.
        let _ = self.outgoing.try_send(message);
    }

    /// No more packets for this stream.
    pub(crate) fn forget_stream(&self, serial: u32) {
        self.shared.lock().streams.remove(&serial);
    }

    /// Why there is nothing more to come.
    pub(crate) fn why(&self) -> Error {
        self.shared.why()
    }

    fn reply_to(&self, serial: u32) -> Result<Awaited<'_>, Error> {
        let (sender, receiver) = oneshot::channel();
        self.shared.lock().replies.insert(serial, sender);
        // The end empties the table after it is said: one of the two sees the other.
        match self.shared.ended.get() {
            None => Ok(Awaited { shared: &self.shared, serial, receiver: Some(receiver) }),
            Some(_) => {
                self.shared.lock().replies.remove(&serial);
                Err(self.shared.why())
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A reply to come; its entry is removed if nobody waits any more.
struct Awaited<'a> {
    shared: &'a Shared,
    serial: u32,
    receiver: Option<oneshot::Receiver<Reply>>,
}

impl Awaited<'_> {
    async fn wait(mut self) -> Reply {
        match self.receiver.take() {
            Some(receiver) => receiver.await.unwrap_or_else(|_| Err(self.shared.why())),
            None => Err(self.shared.why()),
        }
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.shared.lock().replies.remove(&self.serial);
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn why(&self) -> Error {
        Error::Closed(self.ended.get().cloned().unwrap_or_else(|| "no reason is known".into()))
    }

    /// Ends the connection: everybody who waits learns why.
    fn end(&self, reason: &str) {
        // The first reason is the cause of the others.
        let _ = self.ended.set(reason.into());
        *self.lock() = Waiting::default();
        self.events.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Sends what is queued, until the connection or its last handle is gone.
async fn write(socket: Arc<UnixStream>, mut queue: mpsc::Receiver<Outgoing>, shared: Arc<Shared>) {
    while let Some(message) = queue.recv().await {
        if let Err(error) = socket::send(&socket, &message).await {
            return shared.end(&format!("cannot write: {error}"));
        }
    }
}

/// Takes in what comes, until the connection is gone.
async fn read(socket: Arc<UnixStream>, pong: mpsc::WeakSender<Outgoing>, shared: Arc<Shared>) {
    let mut input = Input { splitter: Splitter::default(), descriptors: VecDeque::new() };
    loop {
        let reason =
            match socket::receive(&socket, input.splitter.space(), &mut input.descriptors).await {
                Ok(0) => "the daemon closed it".to_owned(),
                Ok(_) if input.descriptors.len() > DESCRIPTORS_MAX => {
                    "the daemon sent descriptors that nobody asked for".to_owned()
                }
                Err(error) => format!("cannot read: {error}"),
                Ok(count) => {
                    input.splitter.filled(count);
                    match input.take_in(&pong, &shared).await {
                        Ok(()) => continue,
                        Err(reason) => reason,
                    }
                }
            };
        return shared.end(&reason);
    }
}

/// What has come and was not handed on yet.
struct Input {
    splitter: Splitter,
    descriptors: VecDeque<OwnedFd>,
}

impl Input {
    async fn take_in(
        &mut self,
        pong: &mpsc::WeakSender<Outgoing>,
        shared: &Shared,
    ) -> Result<(), String> {
        loop {
            let Some(message) = self.splitter.next().map_err(|error| error.to_string())? else {
                return Ok(());
            };
            let Frame { header, body } = message;
            match header.kind {
                Kind::REPLY => {
                    let reply = reply(header, body, Vec::new());
                    deliver(shared, header.serial, reply);
                }
                Kind::REPLY_WITH_FDS => {
                    let mut input = Decoder::new(body);
                    let count = input
                        .length(limits::DESCRIPTORS)
                        .map_err(|error| format!("a bad count of descriptors: {error}"))?;
                    let body = input.rest().to_vec();
                    if !self.splitter.skip(count) {
                        // They are on their way; the reply waits for them.
                        self.splitter.unread(frame::LENGTH_MIN + 4 + body.len());
                        return Ok(());
                    }
                    if self.descriptors.len() < count {
                        return Err("descriptors are missing behind a reply".to_owned());
                    }
                    let descriptors = self.descriptors.drain(..count).collect();
                    deliver(shared, header.serial, reply(header, &body, descriptors));
                }
                Kind::MESSAGE if header.program == keepalive::PROGRAM => {
                    if header.procedure == 1
                        && let Some(pong) = pong.upgrade()
                    {
                        // If the queue is full there is traffic, which says as much.
                        let _ = pong.try_send(Outgoing::new(keepalive::PONG.to_vec()));
                    }
                }
                Kind::MESSAGE => {
                    let events = shared.events.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(events) = &*events {
                        // Nobody may be listening.
                        let _ = events.send(Message { header, body: body.into() });
                    }
                }
                Kind::STREAM | Kind::STREAM_HOLE => {
                    let packet = stream::packet(header, body);
                    let sender = shared.lock().streams.get(&header.serial).cloned();
                    if let Some(sender) = sender {
                        // A stream that nobody reads holds up the connection: that
                        // is the protocol's flow control. An error means that the
                        // stream has just been dropped.
                        let _ = sender.send(packet).await;
                    }
                }
                other => return Err(format!("the daemon sent a message of kind {}", other.0)),
            }
        }
    }
}

fn reply(header: Header, body: &[u8], descriptors: Vec<OwnedFd>) -> Reply {
    match header.status {
        Status::OK => Ok((body.to_vec(), descriptors)),
        _ => Err(stream::remote(body)),
    }
}

fn deliver(shared: &Shared, serial: u32, reply: Reply) {
    let waiting = shared.lock().replies.remove(&serial);
    if let Some(waiting) = waiting {
        // Whoever called may have gone.
        let _ = waiting.send(reply);
    }
}
