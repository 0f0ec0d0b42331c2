//! A socket as the protocol uses it: bytes, and descriptors that follow some
//! messages, each with one byte of its own outside the message.

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

/// A message to send, and what follows it.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) bytes: Vec<u8>,
    pub(crate) descriptors: Vec<OwnedFd>,
}

impl Outgoing {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, descriptors: Vec::new() }
    }
}

/// Sends a message, then each descriptor with a byte of its own.
pub(crate) async fn send(socket: &UnixStream, message: &Outgoing) -> io::Result<()> {
    let mut rest = &message.bytes[..];
    while !rest.is_empty() {
        let sent = socket.async_io(Interest::WRITABLE, || socket.try_write(rest)).await?;
        rest = &rest[sent..];
    }
    for descriptor in &message.descriptors {
        socket.async_io(Interest::WRITABLE, || send_descriptor(socket, descriptor)).await?;
    }
    Ok(())
}

fn send_descriptor(socket: &UnixStream, descriptor: &OwnedFd) -> io::Result<()> {
    let descriptors = [descriptor.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    sendmsg(socket, &[io::IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Reads into `space` whatever is there, and puts descriptors that came with it
/// at the end of `descriptors`. Zero bytes mean the end.
///
/// The kernel ends a read behind a byte that descriptors came with, so that their
/// order among the bytes is kept.
pub(crate) async fn receive(
    socket: &UnixStream,
    space: &mut [u8],
    descriptors: &mut VecDeque<OwnedFd>,
) -> io::Result<usize> {
    socket
        .async_io(Interest::READABLE, || {
            let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(32))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut room);
            let flags = RecvFlags::CMSG_CLOEXEC;
            let mut into = [io::IoSliceMut::new(space)];
            let received = recvmsg(socket, &mut into, &mut ancillary, flags)?;
            for message in ancillary.drain() {
                if let RecvAncillaryMessage::ScmRights(rights) = message {
                    descriptors.extend(rights);
                }
            }
            Ok(received.bytes)
        })
        .await
}
