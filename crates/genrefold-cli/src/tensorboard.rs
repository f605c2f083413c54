//! Curves for TensorBoard: scalars in its event files.
//!
//! **Source**: TensorFlow's `core/util/event.proto`, `core/framework/summary.proto` (the fields that scalars
//! need, by their numbers) and `core/lib/io/record_writer.h`.
//!
//! A file is a row of records: the content's length (8 bytes), the checksum of these bytes (4), the content, its
//! checksum (4), all little-endian. A content is an `Event` as protocol buffer; the first names the version.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use prost::{Message, Oneof};

/// The version that readers look for in the first event.
const VERSION: &str = "brain.Event:2";
/// Added to a rotated checksum, so that a checksum of data that holds checksums stays a good one.
const MASK: u32 = 0xa282_ead8;

#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    values: Vec<Value>,
}

/// One curve's point.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    /// Of a union in the original, which writes it even when it is 0: hence the option.
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// Writes one event file. TensorBoard may read it meanwhile, up to the last [`EventWriter::flush`].
pub struct EventWriter {
    out: BufWriter<File>,
}

impl EventWriter {
    /// Begins a new file in a folder, which is made where it is missing. A file of the same second is replaced.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let now = seconds();
        let path = folder.join(format!("events.out.tfevents.{}.genrefold", now as u64));
        let mut writer = EventWriter { out: BufWriter::new(File::create(path)?) };
        let what = Some(What::FileVersion(VERSION.into()));
        writer.write(&Event { wall_time: now, step: 0, what })?;
        writer.flush()?;
        Ok(writer)
    }

    /// Adds a point to the curve `tag`; a part before a `/` groups curves. Steps are epochs, and rise.
    ///
    /// # Errors
    /// What the system says.
    pub fn scalar(&mut self, tag: &str, step: i64, value: f32) -> io::Result<()> {
        let values = vec![Value { tag: tag.into(), simple_value: Some(value) }];
        self.write(&Event { wall_time: seconds(), step, what: Some(What::Summary(Summary { values })) })
    }

    /// Hands everything to the system: to be called after each epoch. Dropping the writer does it too, silently.
    ///
    /// # Errors
    /// What the system says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        self.out.write_all(&record(&event.encode_to_vec()))
    }
}

/// A content in its frame.
fn record(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_le_bytes();
    let (front, back) = (checksum(&length).to_le_bytes(), checksum(content).to_le_bytes());
    [&length[..], &front[..], content, &back[..]].concat()
}

fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK)
}

/// Seconds since 1970; 0 on a clock that stands before.
fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    /// Takes the first record off, with its checksums checked.
    fn take<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Box<dyn std::error::Error>> {
        let (head, rest) = bytes.split_at_checked(12).ok_or("a head of 12 bytes")?;
        assert_eq!(head[8..], checksum(&head[..8]).to_le_bytes());
        let length = u64::from_le_bytes(head[..8].try_into()?) as usize;
        let (content, rest) = rest.split_at_checked(length).ok_or("a content of its length")?;
        let (sum, rest) = rest.split_at_checked(4).ok_or("a checksum")?;
        assert_eq!(sum, checksum(content).to_le_bytes());
        *bytes = rest;
        Ok(content)
    }

    #[test]
    fn what_is_written_can_be_read_again() -> Tested {
        let folder = tempfile::tempdir()?;
        let mut writer = EventWriter::create(&folder.path().join("logs"))?;
        let points = [("loss/training", 1, 2.25), ("loss/training", 2, 0.0), ("accuracy", i64::MAX, -1.5)];
        for (tag, step, value) in points {
            writer.scalar(tag, step, value)?;
        }
        writer.flush()?;
        let file = fs::read_dir(folder.path().join("logs"))?.next().ok_or("a file")??;
        let name = file.file_name().to_string_lossy().into_owned();
        assert!(name.starts_with("events.out.tfevents.") && name.ends_with(".genrefold"), "{name}");
        let bytes = fs::read(file.path())?;
        let mut rest = bytes.as_slice();
        let version = Event::decode(take(&mut rest)?)?;
        assert_eq!(version.what, Some(What::FileVersion("brain.Event:2".into())));
        assert!(version.wall_time > 1.7e9, "{}", version.wall_time);
        for (tag, step, value) in points {
            let event = Event::decode(take(&mut rest)?)?;
            let values = vec![Value { tag: tag.into(), simple_value: Some(value) }];
            assert_eq!((event.step, event.what), (step, Some(What::Summary(Summary { values }))));
        }
        assert!(rest.is_empty());
        Ok(())
    }

    #[test]
    fn a_record_is_framed_as_tensorflow_frames_it() {
        // The check value of CRC-32C (Castagnoli), then the mask of record_writer.h by hand.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(b"123456789"), 0xc78a_b0e5);
        assert_eq!(record(b"123456789").len(), 8 + 4 + 9 + 4);
    }
}
