//! One machine's part of the songs, the same whoever asks.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// Part `number` of `of`, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// Whether the song at this path belongs to the part: by the first eight bytes of its path's SHA-256, so that no
    /// list need be shared and new songs move no others.
    pub fn holds(self, path: &Path) -> bool {
        let digest: [u8; 32] = Sha256::digest(path.as_os_str().as_encoded_bytes()).into();
        let first = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        first % self.of == self.number - 1
    }
}

impl fmt::Display for Shard {
    /// As in a file's name, so that names sort as the parts do.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let width = self.of.to_string().len();
        write!(f, "{:0width$}-of-{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            let (number, of) = (number.trim().parse().ok()?, of.trim().parse().ok()?);
            (number >= 1 && number <= of).then_some(Shard { number, of })
        });
        numbers.ok_or_else(|| "expected a part and how many there are, from 1/16 to 16/16".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_lies_in_one_part_and_parts_are_of_like_size() -> Result<(), String> {
        let parts: Vec<Shard> =
            (1..=7).map(|number| format!("{number}/7").parse()).collect::<Result<_, _>>()?;
        let mut sizes = [0; 7];
        for song in 0..7000 {
            let path = format!("music/{song}.mp3");
            let holders: Vec<usize> = (0..7).filter(|part| parts[*part].holds(Path::new(&path))).collect();
            assert_eq!(holders.len(), 1, "{path}");
            sizes[holders[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
        Ok(())
    }

    #[test]
    fn a_part_is_between_one_and_how_many_there_are() {
        assert_eq!("3/16".parse::<Shard>().map(|shard| shard.to_string()), Ok("03-of-16".into()));
        for wrong in ["0/4", "5/4", "3", "a/b", "1/0", "", "-1/4"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
