//! A stream of bytes beside the calls: consoles, uploads, downloads, screenshots.

use std::sync::Arc;

use stead_protocol::limits::STREAM_CHUNK;
use stead_protocol::{Decoder, Header, Kind, Status, Xdr};
use tokio::sync::mpsc;

use crate::Error;
use crate::connection::Link;
use crate::socket::Outgoing;

/// How many packets of one stream may wait for its reader.
pub(crate) const PACKETS_MAX: usize = 32;

/// What the server says on a stream.
#[derive(Debug)]
pub(crate) enum Packet {
    Chunk(Chunk),
    /// The server has finished, or confirms that we have.
    Finished,
    Failed(Error),
}

/// A piece of what a stream carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Bytes; at least one.
    Data(Vec<u8>),
    /// So many bytes that are zero, and were not sent.
    Hole(u64),
}

/// An open stream. Dropping it without [`Stream::finish`] aborts it.
#[derive(Debug)]
pub struct Stream {
    sender: Sender,
    packets: mpsc::Receiver<Packet>,
    ending: Ending,
}

/// How far the stream is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Data may come.
    Open,
    /// All data has come; the server waits for us to finish.
    Drained,
    /// Nothing more comes or goes.
    Over,
}

/// The sending half of a stream; any number may exist.
#[derive(Clone, Debug)]
pub struct Sender {
    link: Arc<Link>,
    /// The call's.
    header: Header,
}

impl Stream {
    pub(crate) const fn new(
        link: Arc<Link>,
        header: Header,
        packets: mpsc::Receiver<Packet>,
    ) -> Self {
        Self { sender: Sender { link, header }, packets, ending: Ending::Open }
    }

    /// The next piece; `None` when all has come, and [`Stream::finish`] is due.
    ///
    /// # Errors
    /// [`Error::Remote`] when the server has aborted the stream.
    pub async fn receive(&mut self) -> Result<Option<Chunk>, Error> {
        if self.ending != Ending::Open {
            return Ok(None);
        }
        match self.packets.recv().await {
            None => self.lost(),
            Some(Packet::Chunk(Chunk::Data(data))) if data.is_empty() => {
                self.ending = Ending::Drained;
                Ok(None)
            }
            Some(Packet::Chunk(chunk)) => Ok(Some(chunk)),
            Some(Packet::Finished) => {
                self.ending = Ending::Over;
                Ok(None)
            }
            Some(Packet::Failed(error)) => {
                self.ending = Ending::Over;
                Err(error)
            }
        }
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub async fn send(&self, data: &[u8]) -> Result<(), Error> {
        self.sender.send(data).await
    }

    /// A sender of its own, so that one task sends while another receives.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Says that all has been sent, or enough received, and waits until the server
    /// confirms. Data that still comes is thrown away.
    ///
    /// # Errors
    /// [`Error::Remote`] if the server could not finish.
    pub async fn finish(self) -> Result<(), Error> {
        self.end(Status::OK).await
    }

    /// Breaks the stream off, and waits until the server confirms.
    ///
    /// # Errors
    /// As [`Stream::finish`].
    pub async fn abort(self) -> Result<(), Error> {
        self.end(Status::ERROR).await
    }

    async fn end(mut self, status: Status) -> Result<(), Error> {
        if self.ending == Ending::Over {
            return Ok(());
        }
        let header = self.sender.header.stream(status);
        self.sender.link.send(Outgoing::new(header.frame().to_vec())).await?;
        self.ending = Ending::Over;
        loop {
            match self.packets.recv().await {
                Some(Packet::Chunk(_)) => {}
                Some(Packet::Finished) => return Ok(()),
                Some(Packet::Failed(error)) => return Err(error),
                None => return self.lost().map(drop),
            }
        }
    }

    fn lost(&mut self) -> Result<Option<Chunk>, Error> {
        self.ending = Ending::Over;
        Err(self.sender.link.why())
    }

    /// For a stream that the server never opened.
    pub(crate) fn forget(mut self) {
        self.ending = Ending::Over;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.sender.link.forget_stream(self.sender.header.serial);
        if self.ending != Ending::Over {
            let abort = self.sender.header.stream(Status::ERROR).frame();
            self.sender.link.try_send(Outgoing::new(abort.to_vec()));
        }
    }
}

impl Sender {
    /// Sends bytes, in messages of the size that libvirt's clients use. Waits while
    /// the server does not take them.
    ///
    /// # Errors
    /// [`Error::Closed`] if the connection has ended. What the server thinks of the
    /// data, only [`Stream::receive`] and [`Stream::finish`] say.
    pub async fn send(&self, data: &[u8]) -> Result<(), Error> {
        for chunk in data.chunks(STREAM_CHUNK) {
            let mut bytes = Vec::with_capacity(chunk.len() + Header::LENGTH + 4);
            self.header
                .stream(Status::CONTINUE)
                .write(&mut bytes, |out| out.extend_from_slice(chunk))?;
            self.link.send(Outgoing::new(bytes)).await?;
        }
        Ok(())
    }

    /// Sends a hole. Only on a stream that was opened with the flag for them.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub async fn send_hole(&self, length: i64) -> Result<(), Error> {
        let mut bytes = Vec::new();
        self.header.hole().write(&mut bytes, |out| {
            length.encode(out);
            0_u32.encode(out);
        })?;
        self.link.send(Outgoing::new(bytes)).await
    }
}

/// A stream's packet from its message.
pub(crate) fn packet(header: Header, body: &[u8]) -> Packet {
    match (header.kind, header.status) {
        (Kind::STREAM_HOLE, _) => match i64::decode(&mut Decoder::new(body)).map(u64::try_from) {
            Ok(Ok(length)) => Packet::Chunk(Chunk::Hole(length)),
            Ok(Err(_)) => Packet::Failed(Error::Closed("a hole of negative length".into())),
            Err(source) => Packet::Failed(Error::Decode { procedure: "a hole", source }),
        },
        (_, Status::CONTINUE) => Packet::Chunk(Chunk::Data(body.to_vec())),
        (_, Status::OK) => Packet::Finished,
        _ => Packet::Failed(remote(body)),
    }
}

/// The server's error from the body of its message.
pub(crate) fn remote(body: &[u8]) -> Error {
    match stead_protocol::Error::from_xdr(body) {
        Ok(error) => Error::Remote(Box::new(error)),
        Err(source) => Error::Decode { procedure: "an error", source },
    }
}
