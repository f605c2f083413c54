//! What is foretold.

use std::collections::BTreeMap;
use std::fmt;

use crate::common::Outcome;

/// The outcomes that a file may have.
pub struct Expected(Vec<String>);

impl Expected {
    /// Whether it may have this one.
    pub fn allows(&self, outcome: &str) -> bool {
        self.0.iter().any(|allowed| allowed == outcome)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("|"))
    }
}

/// The rows of the table by the files' names.
pub fn expected() -> Outcome<BTreeMap<String, Expected>> {
    let mut rows = BTreeMap::new();
    for row in csv::Reader::from_reader(&include_bytes!("outcomes.csv")[..]).records() {
        let row = row?;
        let (Some(file), Some(outcomes), Some(what)) = (row.get(0), row.get(1), row.get(2)) else {
            return Err("a row of the table that lacks a column".into());
        };
        let outcomes: Vec<String> = outcomes.split('|').map(str::to_owned).collect();
        if what.is_empty() || rows.insert(file.to_owned(), Expected(outcomes)).is_some() {
            return Err(format!("{file} has no description, or two rows").into());
        }
    }
    Ok(rows)
}
