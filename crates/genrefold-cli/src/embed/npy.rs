//! A matrix of f32 in NumPy's format, version 1.0, row by row: how many rows there are is written last.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

/// The header's length: room for any number of rows.
const HEADER: usize = 128;

/// The matrix being written.
pub struct Matrix<'a> {
    out: &'a mut BufWriter<File>,
    rows: usize,
    width: usize,
}

impl<'a> Matrix<'a> {
    /// Leaves room for the header.
    pub fn new(out: &'a mut BufWriter<File>) -> io::Result<Self> {
        out.write_all(&[0; HEADER])?;
        Ok(Matrix { out, rows: 0, width: 0 })
    }

    /// Adds a row, as long as all others.
    pub fn add(&mut self, row: &[f32]) -> io::Result<()> {
        self.rows += 1;
        self.width = row.len();
        row.iter().try_for_each(|value| self.out.write_all(&value.to_le_bytes()))
    }

    /// Writes the header.
    pub fn finish(&mut self) -> io::Result<()> {
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header(self.rows, self.width))?;
        self.out.seek(SeekFrom::End(0)).map(drop)
    }
}

fn header(rows: usize, width: usize) -> Vec<u8> {
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend(((HEADER - 10) as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header.resize(HEADER - 1, b' ');
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_as_long_as_it_says_and_ends_its_line() {
        let header = header(123_456_789_012, 512);
        assert_eq!(header.len(), HEADER);
        assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), HEADER - 10);
        assert!(header.ends_with(b" \n") && header.starts_with(b"\x93NUMPY\x01\x00"));
    }
}
