//! What service and worker say to each other over the worker's standard input and output: frames, each a letter for its
//! kind, the payload's length as four bytes (little-endian), and the payload.

use std::io::{self, Read, Write};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes in front of the payload.
const HEAD: usize = 5;
/// No payload is longer: the largest song that can be allowed is.
const LONGEST: usize = 2 << 30;

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From the worker when its model is loaded: the model's fingerprint.
    Ready,
    /// To the worker: an [`Ask`](super::Ask) as JSON; the song follows.
    Ask,
    /// To the worker: the bytes of a file.
    Song,
    /// From the worker: a [`Progress`](super::Progress) as JSON.
    Progress,
    /// From the worker: the answer as JSON, ready for the client.
    Answer,
    /// From the worker: why there is no answer, an [`Outcome::Failed`](genrefold::answer::Outcome) as JSON.
    Failed,
}

const KINDS: [(Kind, u8); 6] = [
    (Kind::Ready, b'r'),
    (Kind::Ask, b'q'),
    (Kind::Song, b's'),
    (Kind::Progress, b'p'),
    (Kind::Answer, b'a'),
    (Kind::Failed, b'f'),
];

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub payload: Vec<u8>,
}

fn head(kind: Kind, length: usize) -> io::Result<[u8; HEAD]> {
    let letter = KINDS.iter().find(|(known, _)| *known == kind).map_or(b'?', |(_, letter)| *letter);
    let length = u32::try_from(length).map_err(|_| odd("a payload too long for a frame"))?;
    let [a, b, c, d] = length.to_le_bytes();
    Ok([letter, a, b, c, d])
}

fn read_head([letter, a, b, c, d]: [u8; HEAD]) -> io::Result<(Kind, usize)> {
    let kind = KINDS.iter().find(|(_, known)| *known == letter).map(|(kind, _)| *kind);
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    match kind {
        Some(kind) if length <= LONGEST => Ok((kind, length)),
        _ => Err(odd("bytes that are no frame")),
    }
}

fn odd(found: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, found)
}

/// Writes a frame and flushes.
///
/// # Errors
/// The writer's.
pub fn write(to: &mut impl Write, kind: Kind, payload: &[u8]) -> io::Result<()> {
    to.write_all(&head(kind, payload.len())?)?;
    to.write_all(payload)?;
    to.flush()
}

/// Reads a frame; none where the stream ends before one begins.
///
/// # Errors
/// The reader's, and bytes that are no frame.
pub fn read(from: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut head = [0; HEAD];
    match from.read(&mut head[..1])? {
        0 => return Ok(None),
        _ => from.read_exact(&mut head[1..])?,
    }
    let (kind, length) = read_head(head)?;
    let mut payload = vec![0; length];
    from.read_exact(&mut payload)?;
    Ok(Some(Frame { kind, payload }))
}

/// As [`write`].
///
/// # Errors
/// The writer's.
pub async fn send(to: &mut (impl AsyncWrite + Unpin), kind: Kind, payload: &[u8]) -> io::Result<()> {
    to.write_all(&head(kind, payload.len())?).await?;
    to.write_all(payload).await?;
    to.flush().await
}

/// As [`read`], but the end of the stream is an error.
///
/// # Errors
/// The reader's, and bytes that are no frame.
pub async fn receive(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let mut head = [0; HEAD];
    from.read_exact(&mut head).await?;
    let (kind, length) = read_head(head)?;
    let mut payload = vec![0; length];
    from.read_exact(&mut payload).await?;
    Ok(Frame { kind, payload })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_one_after_the_other_and_end_cleanly() -> io::Result<()> {
        let mut bytes = Vec::new();
        for (kind, letter) in KINDS {
            write(&mut bytes, kind, &[letter; 300])?;
        }
        let mut rest = &bytes[..];
        for (kind, letter) in KINDS {
            assert_eq!(read(&mut rest)?, Some(Frame { kind, payload: vec![letter; 300] }));
        }
        assert_eq!(read(&mut rest)?, None);
        Ok(())
    }

    #[test]
    fn what_is_cut_off_or_no_frame_is_an_error() {
        for bytes in [&b"a\x05\0\0\0abc"[..], b"a\x05\0", b"HTTP/1.1", b"a\xff\xff\xff\xff"] {
            let mut rest = bytes;
            assert!(read(&mut rest).is_err(), "{bytes:?}");
        }
    }
}
