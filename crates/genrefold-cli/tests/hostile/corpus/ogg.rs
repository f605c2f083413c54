//! Pages of Ogg (RFC 3533).

use crate::common::Outcome;

/// Bytes before the table of segments.
const HEAD: usize = 27;
/// The most bytes that a page holds.
const LARGEST: usize = 255 * 255;

/// A page, taken apart.
#[derive(Clone)]
pub struct Page {
    /// 1 goes on with a packet, 2 begins the stream, 4 ends it.
    pub flags: u8,
    /// Samples up to the page's end.
    pub position: u64,
    pub stream: u32,
    pub number: u32,
    /// Lengths of the segments; one of less than 255 ends a packet.
    pub segments: Vec<u8>,
    pub content: Vec<u8>,
}

impl Page {
    /// The page with its checksum.
    pub fn bytes(&self) -> Vec<u8> {
        let mut page = [&b"OggS\0"[..], &[self.flags], &self.position.to_le_bytes()].concat();
        page.extend([self.stream, self.number, 0].map(u32::to_le_bytes).concat());
        page.push(self.segments.len() as u8);
        page.extend(&self.segments);
        page.extend(&self.content);
        let sum = checksum(&page).to_le_bytes();
        page[22..26].copy_from_slice(&sum);
        page
    }
}

/// The pages of a file.
pub fn pages(mut bytes: &[u8]) -> Outcome<Vec<Page>> {
    let mut pages = Vec::new();
    while !bytes.is_empty() {
        let number = |at: usize| -> Outcome<u32> { Ok(u32::from_le_bytes(bytes[at..at + 4].try_into()?)) };
        let segments = bytes[HEAD..HEAD + usize::from(bytes[HEAD - 1])].to_vec();
        let content = HEAD + segments.len();
        let end = content + segments.iter().map(|length| usize::from(*length)).sum::<usize>();
        pages.push(Page {
            flags: bytes[5],
            position: u64::from_le_bytes(bytes[6..14].try_into()?),
            stream: number(14)?,
            number: number(18)?,
            content: bytes[content..end].to_vec(),
            segments,
        });
        bytes = &bytes[end..];
    }
    Ok(pages)
}

/// The file of these pages.
pub fn file(pages: &[Page]) -> Vec<u8> {
    pages.iter().flat_map(Page::bytes).collect()
}

/// The same file with another number for its stream.
pub fn renumbered(bytes: &[u8], stream: u32) -> Outcome<Vec<u8>> {
    Ok(pages(bytes)?.into_iter().flat_map(|page| Page { stream, ..page }.bytes()).collect())
}

/// The file so many times behind each other, each time as a stream of its own.
pub fn chained(bytes: &[u8], times: u32) -> Outcome<Vec<u8>> {
    let links: Outcome<Vec<_>> = (0..times).map(|stream| renumbered(bytes, stream)).collect();
    Ok(links?.concat())
}

/// A packet on as many pages as it needs.
pub fn paged(packet: &[u8], first: &Page) -> Vec<Page> {
    let parts: Vec<&[u8]> = packet.chunks(LARGEST).collect();
    let page = |(at, part): (usize, &&[u8])| {
        let mut segments = vec![255; part.len() / 255];
        if segments.len() < 255 {
            segments.push((part.len() % 255) as u8);
        }
        let flags = if at == 0 { first.flags } else { 1 };
        Page { flags, number: first.number + at as u32, segments, content: part.to_vec(), ..first.clone() }
    };
    parts.iter().enumerate().map(page).collect()
}

/// CRC-32 as Ogg has it: no reflection, nothing at either end.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum >> 31 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 };
    bytes.iter().fold(0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte) << 24, step))
}
