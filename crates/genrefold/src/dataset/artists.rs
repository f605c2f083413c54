//! Who plays what: a table that the user gives, to keep an artist's tracks on one side of every split.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use csv::{StringRecord, Trim};

use super::catalogue::data;
use crate::error::{Error, Result};

/// The columns that a table must have, in any order and among others.
const COLUMNS: [&str; 2] = ["track", "artist"];

/// The artist of each track, from a CSV file with the columns `track` and `artist`.
///
/// A track is named by its file's name without the extension ("blues.00042"), or by its path below the folder of
/// songs ("blues/blues.00042.wav"). White space around a field does not count; a row may be repeated.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Data`] with the line for a missing column, an empty field,
/// text that is not UTF-8, or a track with two artists.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let found = format!("text that is not UTF-8 in line {}", line_at(&bytes, error.valid_up_to()));
        data(path, found, "save the table as UTF-8")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    Table { path, text }.artists()
}

/// A table as it lies in its file, without a byte order mark.
struct Table<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Table<'_> {
    fn artists(&self) -> Result<BTreeMap<String, String>> {
        let broken = |error| data(self.path, format!("a broken table: {error}"), "save it as CSV");
        let mut options = csv::ReaderBuilder::new();
        let mut reader = options.trim(Trim::All).flexible(true).from_reader(self.text.as_bytes());
        let places = self.places(reader.headers().map_err(broken)?)?;
        let mut artists = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let [track, artist] = self.fields(&record, places)?;
            let known = artists.entry(track.to_owned()).or_insert_with(|| artist.to_owned());
            if known != artist {
                let found = format!("{known:?}, then {artist:?} as the artist of {track:?}");
                return Err(self.refused(&record, found, "keep one of them, or write both as one name"));
            }
        }
        Ok(artists)
    }

    /// Where the two columns stand.
    fn places(&self, header: &StringRecord) -> Result<[usize; 2]> {
        let place = |column: &str| {
            header.iter().position(|name| name == column).ok_or_else(|| {
                let names: Vec<&str> = header.iter().collect();
                let found = format!("no column {column:?} in the header, only {names:?}");
                self.refused(header, found, "begin the table with the line track,artist")
            })
        };
        Ok([place(COLUMNS[0])?, place(COLUMNS[1])?])
    }

    /// The two fields of a row.
    fn fields<'a>(&self, record: &'a StringRecord, places: [usize; 2]) -> Result<[&'a str; 2]> {
        let field = |column: usize| {
            let text = record.get(places[column]).filter(|text| !text.is_empty());
            text.ok_or_else(|| {
                let remedy = "fill it in, or remove the line: a track without one stands alone";
                self.refused(record, format!("no {}", COLUMNS[column]), remedy)
            })
        };
        Ok([field(0)?, field(1)?])
    }

    fn refused(&self, record: &StringRecord, found: String, remedy: &str) -> Error {
        let text = self.text.as_bytes();
        let start = record.position().map_or(0, |position| position.byte() as usize).min(text.len());
        // A record's position is where the one before ended; empty lines may lie between.
        let empty = text[start..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        data(self.path, format!("{found}, in line {}", line_at(text, start + empty)), remedy)
    }
}

/// The number of the line that a byte lies in, from 1.
fn line_at(text: &[u8], byte: usize) -> usize {
    1 + text[..byte].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;

    use super::*;

    type Tested = std::result::Result<(), Box<dyn Error>>;

    fn reading(table: &[u8]) -> std::result::Result<Result<BTreeMap<String, String>>, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("artists.csv");
        fs::write(&path, table)?;
        Ok(read(&path))
    }

    #[test]
    fn columns_stand_in_any_order_and_fields_may_hold_commas() -> Tested {
        let table = "artist, year ,track\n\"Earth, Wind & Fire\",1978,disco.00001\n Âme ,, a/b.mp3\n\nÂme,2,a/b.mp3\n";
        let artists = reading(table.as_bytes())??;
        let expected = [("a/b.mp3", "Âme"), ("disco.00001", "Earth, Wind & Fire")];
        assert!(artists.iter().map(|(track, artist)| (track.as_str(), artist.as_str())).eq(expected));
        assert!(reading(b"\xef\xbb\xbftrack,artist\r\n")??.is_empty(), "a byte order mark");
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() -> Tested {
        let cases: [(&[u8], &str); 7] = [
            (b"", "no column \"track\" in the header, only [], in line 1"),
            (
                b"track,name\na,b\n",
                "no column \"artist\" in the header, only [\"track\", \"name\"], in line 1",
            ),
            (b"track,artist\na,b\n ,c\n", "no track, in line 3"),
            (b"track,artist\na,b\n\n\nd,\n", "no artist, in line 5"),
            (b"track,artist\na\n", "no artist, in line 2"),
            (b"track,artist\na,b\nc,d\na,d\n", "\"b\", then \"d\" as the artist of \"a\", in line 4"),
            (b"track,artist\na,b\nc,\xff\n", "not UTF-8 in line 3"),
        ];
        for (table, expected) in cases {
            let text = reading(table)?.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(text.contains(expected), "{expected}: {text:?}");
        }
        assert!(matches!(read(Path::new("no such table")), Err(crate::Error::Io { .. })));
        Ok(())
    }
}
