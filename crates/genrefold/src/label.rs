//! Genres: names and their indices. The only place where that order exists.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The genres that a model tells apart, in the order of its outputs. Travels inside the model file.
///
/// Names are kept as given, sorted by Unicode code point when they come from a folder listing, so that the
/// order never depends on the file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Genres(Vec<String>);

impl Genres {
    /// Sorts and checks the names: at least two, none empty, none twice.
    pub fn new(mut names: Vec<String>) -> Result<Self> {
        names.sort();
        Self::in_order(names)
    }

    /// Keeps the order as given (a model file's), with the same checks as [`Genres::new`].
    pub fn in_order(names: Vec<String>) -> Result<Self> {
        let bad = |found: String, expected: &str| {
            Err(Error::Setting { key: "genres".into(), found, expected: expected.into() })
        };
        if names.len() < 2 {
            return bad(format!("{names:?}"), "at least two genres");
        }
        if names.iter().any(|name| name.trim().is_empty()) {
            return bad(format!("{names:?}"), "names that are not empty");
        }
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return bad(format!("{name:?} twice"), "each genre once");
            }
        }
        Ok(Genres(names))
    }

    /// How many genres there are: the width of the network's last layer.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Always false: a `Genres` holds at least two.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name at an output's index, if there is one.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(String::as_str)
    }

    /// The name at an output's index, for people: "?" outside.
    pub fn shown(&self, index: usize) -> &str {
        self.name(index).unwrap_or("?")
    }

    /// The output's index of a name, if it is one of these genres.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|known| known == name)
    }

    /// The names in output order.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Genres {
    type Error = Error;
    fn try_from(names: Vec<String>) -> Result<Self> {
        Genres::in_order(names)
    }
}

impl From<Genres> for Vec<String> {
    fn from(genres: Genres) -> Self {
        genres.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn the_order_does_not_depend_on_the_listing() {
        let one = Genres::new(names(&["rock", "blues", "jazz"]));
        let other = Genres::new(names(&["jazz", "rock", "blues"]));
        assert_eq!(one.as_ref().ok(), other.as_ref().ok());
        assert_eq!(one.map(|genres| genres.index("jazz")).ok().flatten(), Some(1));
    }

    #[test]
    fn one_genre_or_one_twice_or_a_nameless_one_is_refused() {
        for bad in [&["rock"][..], &["rock", "rock"], &["rock", " "]] {
            assert!(Genres::new(names(bad)).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_model_files_order_survives_serialisation() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let genres = Genres::in_order(names(&["zydeco", "ambient"]))?;
        let text = serde_json::to_string(&genres)?;
        assert_eq!(text, r#"["zydeco","ambient"]"#);
        assert_eq!(serde_json::from_str::<Genres>(&text)?, genres);
        assert!(serde_json::from_str::<Genres>(r#"["a","a"]"#).is_err());
        Ok(())
    }
}
