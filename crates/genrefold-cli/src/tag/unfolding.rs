//! Tags that are small until somebody unfolds them, refused before they are read.
//!
//! A frame of ID3v2 may be packed by zlib, and lofty (0.25.5) unpacks it whatever it becomes: a thousand times its size, if
//! its maker wants. Where a frame begins is lofty's to say; so every place of a tag at which a zlib stream could begin is
//! tried, also behind the zeros that ID3v2 may put in (unsynchronisation).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Result, bail};
use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

/// The most bytes that a tag may unfold to: more than any cover holds, which as PNG is such a stream too.
const MOST: u64 = 128 << 20;
/// Of an ID3v2 tag: its name, version, flags and length.
const HEADER: usize = 10;
/// Bytes of a file that are looked through at a time.
const PIECE: usize = 1 << 20;

/// Refuses a file with a tag that would unfold to more memory than any tag needs.
///
/// # Errors
/// The file is such a one, or cannot be read.
pub fn refuse(path: &Path) -> Result<()> {
    let mut file = File::open(path)?;
    for (start, length) in tags(&mut file)? {
        let mut tag = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        (&file).take(length).read_to_end(&mut tag)?;
        // Twice: a tag may say so of all of it, and each frame again.
        for _ in 0..3 {
            if unfolds_too_far(&tag) {
                bail!("its tag would unfold to more than {} MiB; left as it was", MOST >> 20);
            }
            if !put_back(&mut tag) {
                break;
            }
        }
    }
    Ok(())
}

/// Where ID3v2 tags may begin behind their headers, and how long they are at most.
fn tags(file: &mut File) -> io::Result<Vec<(u64, u64)>> {
    let (mut found, mut piece, mut start) = (Vec::new(), Vec::new(), 0);
    loop {
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        for at in memmem::find_iter(&piece, b"ID3") {
            if let Some(&[_, _, _, 2..=4, _, _, a, b, c, d]) = piece[at..].first_chunk::<HEADER>() {
                let length = [a, b, c, d].iter().fold(0, |sum, &byte| sum << 7 | u64::from(byte & 0x7f));
                found.push((start + (at + HEADER) as u64, length));
            }
        }
        if read == 0 {
            return Ok(found);
        }
        // A header may lie across two pieces.
        let kept = piece.len().min(HEADER - 1);
        start += (piece.len() - kept) as u64;
        piece.drain(..piece.len() - kept);
    }
}

/// Whether zlib streams in it unfold to more than is allowed, all together.
fn unfolds_too_far(tag: &[u8]) -> bool {
    let (mut unfolding, mut out, mut sum) = (Decompress::new(true), vec![0; 1 << 16], 0);
    for at in 0..tag.len().saturating_sub(2) {
        // Deflate, and a check over both bytes (RFC 1950).
        let head = u16::from_be_bytes([tag[at], tag[at + 1]]);
        if tag[at] & 0x0f != 8 || !head.is_multiple_of(31) {
            continue;
        }
        unfolding.reset(true);
        let mut rest = &tag[at..];
        loop {
            let (before_in, before_out) = (unfolding.total_in(), unfolding.total_out());
            let status = unfolding.decompress(rest, &mut out, FlushDecompress::None);
            let (taken, given) = (unfolding.total_in() - before_in, unfolding.total_out() - before_out);
            sum += given;
            if sum > MOST {
                return true;
            }
            rest = &rest[taken as usize..];
            if !matches!(status, Ok(Status::Ok)) || taken + given == 0 {
                break;
            }
        }
    }
    false
}

/// Takes out the zeros that stand behind bytes of ones; whether there were any (ID3v2.4 structure, section 6.1).
fn put_back(tag: &mut Vec<u8>) -> bool {
    let (length, mut before) = (tag.len(), 0);
    tag.retain(|&byte| {
        let stuffed = byte == 0 && before == 0xff;
        before = byte;
        !stuffed
    });
    tag.len() < length
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    /// Zeros as a zlib stream with a word in front that holds ones.
    fn packed(zeros: usize) -> io::Result<Vec<u8>> {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        let piece = vec![0; 1 << 20];
        (0..zeros >> 20).try_for_each(|_| packer.write_all(&piece))?;
        packer.finish()
    }

    /// A file with an ID3v2.4 tag after something else.
    fn written(path: &Path, content: &[u8]) -> io::Result<()> {
        let length = [21, 14, 7, 0].map(|shift| (content.len() >> shift & 0x7f) as u8);
        // The header lies across two pieces.
        let before = vec![b'I'; PIECE - 4];
        std::fs::write(path, [&before[..], b"ID3\x04\0\0", &length, content, b"sound"].concat())
    }

    #[test]
    fn a_tag_is_refused_by_what_it_unfolds_to_wherever_its_stream_begins() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.mp3");
        let large = packed(MOST as usize + (1 << 20))?;
        let half = packed(MOST as usize / 2)?;
        for (content, refused) in [
            (large.clone(), true),
            ([b"TXXX\0\0\0\0\0\x09abcd", &large[..]].concat(), true),
            ([&half[..], b"between", &half, &half].concat(), true),
            (half, false),
            (b"TIT2 jazz \xff\x00\xff".to_vec(), false),
            (Vec::new(), false),
        ] {
            written(&path, &content)?;
            assert_eq!(refuse(&path).is_err(), refused, "{} bytes", content.len());
        }
        Ok(())
    }

    #[test]
    fn zeros_that_were_put_in_hide_nothing() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.mp3");
        // The checksum of the packer's header does not matter to what comes behind it.
        let mut stuffed = Vec::new();
        for byte in packed(MOST as usize + (1 << 20))? {
            stuffed.push(byte);
            if byte == 0xff {
                stuffed.push(0);
            }
        }
        written(&path, &stuffed)?;
        assert!(refuse(&path).is_err());
        Ok(())
    }
}
