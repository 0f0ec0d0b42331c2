//! Which procedure is answered by what: handlers are added by type, and what is not routed answers "unsupported" by construction.
//!
//! A handler of [`Router::on`] looks only at what is in memory and is carried out where its call was read. One of
//! [`Router::on_async`] waits for something, and is a task of its own.

use std::fmt;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;

use stead_domain::Console;
use stead_protocol::table::{Class, Entry, PROGRAMS};
use stead_protocol::{self as protocol, Header, Procedure, Xdr, lxc, qemu, remote};

use crate::authorise::authorise_flags;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::stream::Opened;

/// A reply above this size is checked against the limits of the protocol before it is sent.
const CHECKED_BYTES: usize = 256 * 1024;

/// A reply's body, and the descriptors that go with it.
type Answer = Result<(Vec<u8>, Vec<OwnedFd>)>;

type Inline = Box<dyn Fn(&Arc<Session>, &[u8], &mut Vec<u8>) -> Result<()> + Send + Sync>;

type Answering = Pin<Box<dyn Future<Output = Answered> + Send>>;

type Spawned =
    Box<dyn Fn(&Arc<Session>, &Header, &[u8], Vec<OwnedFd>) -> Result<Answering> + Send + Sync>;

/// How a procedure is answered.
pub(crate) enum Handler {
    /// At once.
    Inline(Inline),
    /// By a task of its own.
    Spawned(Spawned),
}

/// What a task answers, and what it does after the reply has been queued.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) then: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// A row of the protocol, with its handler if it has one.
pub(crate) struct Route {
    pub(crate) entry: &'static Entry,
    pub(crate) handler: Option<Handler>,
}

/// The procedures of one program, by number.
pub(crate) struct Program {
    number: u32,
    version: u32,
    /// By number from 1; events are empty.
    routes: Vec<Option<Route>>,
}

/// All programs of the daemon.
pub(crate) struct Router {
    programs: Vec<Program>,
}

impl Router {
    /// Every procedure of the protocol, none with a handler.
    pub(crate) fn empty() -> Self {
        let served = [remote::PROGRAM, qemu::PROGRAM, lxc::PROGRAM];
        let programs = PROGRAMS.iter().filter(|program| served.contains(&program.number));
        Self { programs: programs.map(Program::new).collect() }
    }

    /// The program with this number and version.
    pub(crate) fn program(&self, number: u32, version: u32) -> Option<&Program> {
        self.programs.iter().find(|program| program.number == number && program.version == version)
    }

    /// Answers `P` from memory, at once.
    pub(crate) fn on<P: Procedure>(
        self,
        _procedure: P,
        handler: impl Fn(&Arc<Session>, P::Args) -> Result<P::Reply> + Send + Sync + 'static,
    ) -> Self {
        self.on_written(_procedure, move |session, arguments, out| {
            handler(session, arguments)?.encode(out);
            Ok(())
        })
    }

    /// Answers `P` from memory, at once; the handler writes the reply itself.
    pub(crate) fn on_written<P: Procedure>(
        self,
        _procedure: P,
        handler: impl Fn(&Arc<Session>, P::Args, &mut Vec<u8>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let inline: Inline = Box::new(move |session, body, out| {
            handler(session, arguments::<P>(session, body)?, out)
        });
        self.add::<P>(Handler::Inline(inline))
    }

    /// Answers `P` by a task that may wait.
    pub(crate) fn on_async<P, F>(
        self,
        _procedure: P,
        handler: impl Fn(Arc<Session>, P::Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        P: Procedure,
        F: Future<Output = Result<P::Reply>> + Send + 'static,
    {
        let spawned: Spawned = Box::new(move |session, _, body, _| {
            let reply = handler(Arc::clone(session), arguments::<P>(session, body)?);
            Ok(Box::pin(async move {
                Answered {
                    answer: reply.await.and_then(|reply| encoded(&reply, Vec::new())),
                    then: None,
                }
            }))
        });
        self.add::<P>(Handler::Spawned(spawned))
    }

    /// Answers `P` by a task that may wait, and that takes and gives descriptors.
    pub(crate) fn on_files<P, F>(
        self,
        _procedure: P,
        handler: impl Fn(Arc<Session>, P::Args, Vec<OwnedFd>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        P: Procedure,
        F: Future<Output = Result<(P::Reply, Vec<OwnedFd>)>> + Send + 'static,
    {
        let spawned: Spawned = Box::new(move |session, _, body, files| {
            let reply = handler(Arc::clone(session), arguments::<P>(session, body)?, files);
            Ok(Box::pin(async move {
                let answer = reply.await.and_then(|(reply, files)| encoded(&reply, files));
                Answered { answer, then: None }
            }))
        });
        self.add::<P>(Handler::Spawned(spawned))
    }

    /// Answers `P` by a reply and a stream that follows it.
    pub(crate) fn on_stream<P, F>(
        self,
        _procedure: P,
        handler: impl Fn(Arc<Session>, P::Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        P: Procedure,
        F: Future<Output = Result<(P::Reply, Source)>> + Send + 'static,
    {
        let spawned: Spawned = Box::new(move |session, header, body, _| {
            let arguments = arguments::<P>(session, body)?;
            // The stream is there before the call is: the client may send at once.
            let opened = Opened::new(session, header)?;
            let reply = handler(Arc::clone(session), arguments);
            Ok(Box::pin(async move {
                match reply.await {
                    Ok((reply, source)) => Answered {
                        answer: encoded(&reply, Vec::new()),
                        then: Some(Box::pin(async move {
                            match source {
                                Source::Console(console) => opened.console(console).await,
                                Source::File(file) => opened.download(file).await,
                                #[cfg(test)]
                                Source::Socket(socket, taken) => {
                                    opened.both_ways(socket, taken).await;
                                }
                            }
                        })),
                    },
                    Err(error) => Answered { answer: Err(error), then: None },
                }
            }))
        });
        self.add::<P>(Handler::Spawned(spawned))
    }

    /// Whether each procedure of the protocol has a handler.
    pub(crate) fn support(&self) -> impl Iterator<Item = (&'static Entry, bool)> {
        self.programs
            .iter()
            .flat_map(|program| program.routes.iter().flatten())
            .map(|route| (route.entry, route.handler.is_some()))
    }

    fn add<P: Procedure>(mut self, handler: Handler) -> Self {
        let route = self.programs.iter_mut().find(|program| program.number == P::PROGRAM).and_then(
            |program| program.routes.get_mut(usize::try_from(P::NUMBER - 1).ok()?)?.as_mut(),
        );
        let route = route.expect("every procedure type is a row of its program's table");
        assert!(route.handler.is_none(), "two handlers for {}", P::NAME);
        route.handler = Some(handler);
        self
    }
}

/// Where the bytes of a stream come from.
pub(crate) enum Source {
    /// A console, both ways.
    Console(Console),
    /// A file, towards the client.
    File(OwnedFd),
    /// A socket, as if it were a console.
    #[cfg(test)]
    Socket(OwnedFd, tokio::sync::oneshot::Receiver<()>),
}

impl Program {
    fn new(program: &protocol::Program) -> Self {
        let routes = program
            .table
            .iter()
            .map(|entry| (entry.class == Class::Call).then_some(Route { entry, handler: None }))
            .collect();
        Self { number: program.number, version: program.version, routes }
    }

    /// The procedure with this number, unless it is an event.
    pub(crate) fn procedure(&self, number: i32) -> Option<&Route> {
        self.routes.get(usize::try_from(number).ok()?.checked_sub(1)?)?.as_ref()
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").finish_non_exhaustive()
    }
}

fn arguments<P: Procedure>(session: &Session, body: &[u8]) -> Result<P::Args> {
    let arguments =
        P::Args::from_xdr(body).map_err(|_| Error::rpc("Unable to decode message payload"))?;
    let flags = P::flags(&arguments);
    if flags != 0
        && session.is_read_only()
        && let Some(entry) = protocol::entry(P::PROGRAM, P::NUMBER)
    {
        authorise_flags(entry, flags)?;
    }
    Ok(arguments)
}

fn encoded<R: Xdr>(reply: &R, files: Vec<OwnedFd>) -> Answer {
    let body = reply.to_xdr();
    if body.len() > CHECKED_BYTES && reply.fits().is_err() {
        return Err(Error::rpc("Unable to encode message payload"));
    }
    Ok((body, files))
}
