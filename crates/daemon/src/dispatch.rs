//! From a message to whoever answers it: authorised first, its arguments read only then.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use stead_protocol::{Header, Kind, Status};
use tracing::debug;

use crate::authorise::authorise;
use crate::error::Error;
use crate::router::{Handler, Route};
use crate::session::{Pending, Session};

/// Carries out one message; what it answers at once is appended to `replies`.
pub(crate) fn dispatch(
    session: &Arc<Session>,
    header: Header,
    body: &[u8],
    files: Vec<OwnedFd>,
    replies: &mut Vec<u8>,
) {
    match header.kind {
        Kind::CALL | Kind::CALL_WITH_FDS => {
            if let Err(error) = call(session, &header, body, files, replies) {
                debug!(client = session.number, procedure = header.procedure, %error, "refused");
                error.answer(&header, replies);
            }
        }
        Kind::STREAM => session.receive_stream(&header, body),
        Kind::STREAM_HOLE => session.receive_hole(&header),
        // A reply or an event from a client means nothing; libvirtd drops it, too.
        _ => {}
    }
}

fn call(
    session: &Arc<Session>,
    header: &Header,
    body: &[u8],
    files: Vec<OwnedFd>,
    replies: &mut Vec<u8>,
) -> Result<(), Error> {
    let route = find(session, header)?;
    if header.status != Status::OK {
        return Err(Error::rpc(format!("Unexpected message status {}", header.status.0)));
    }
    authorise(&session.shared().phase, route.entry)?;
    match &route.handler {
        None => Err(Error::unsupported(route.entry)),
        Some(Handler::Inline(handler)) => {
            let start = replies.len();
            let mut result = Ok(());
            header
                .reply(Status::OK)
                .write(replies, |out| result = handler(session, body, out))
                .map_err(|_| Error::rpc("Unable to encode message payload"))?;
            if result.is_err() {
                replies.truncate(start);
            }
            result
        }
        Some(Handler::Spawned(handler)) => {
            let future = handler(session, header, body, files)?;
            let pending = Pending::new(Arc::clone(session), *header);
            session.daemon.work.spawn(async move {
                let answered = future.await;
                pending.answer(answered.answer);
                if let Some(then) = answered.then {
                    then.await;
                }
            });
            Ok(())
        }
    }
}

fn find<'a>(session: &'a Session, header: &Header) -> Result<&'a Route, Error> {
    let Some(program) = session.daemon.router.program(header.program, header.version) else {
        return Err(Error::rpc(format!(
            "Cannot find program {} version {}",
            header.program, header.version
        )));
    };
    program
        .procedure(header.procedure)
        .ok_or_else(|| Error::rpc(format!("unknown procedure: {}", header.procedure)))
}
