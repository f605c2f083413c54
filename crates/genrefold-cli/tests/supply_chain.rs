//! The notes on unsafe code (`docs/supply-chain.md`) are of the very versions that are built in: one that changes is to be
//! read again.

mod common;

use std::fs;
use std::path::Path;

use common::Outcome;

fn at_the_root(name: &str) -> std::io::Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name))
}

/// Name and version of each crate that has a row in the table of what was read; some share one.
fn noted(page: &str) -> Vec<(String, String)> {
    let table = page.split_once("| crate | version |").map_or("", |(_, rest)| rest);
    let rows = table.lines().skip(2).map_while(|line| line.strip_prefix("| "));
    rows.filter_map(|row| {
        let (names, rest) = row.split_once(" | ")?;
        let (versions, _) = rest.split_once(" | ")?;
        let pairs = names.split(", ").zip(versions.split(", "));
        Some(pairs.map(|(name, version)| (name.to_owned(), version.to_owned())).collect::<Vec<_>>())
    })
    .flatten()
    .collect()
}

#[test]
fn every_noted_crate_is_built_in_in_the_version_that_was_read() -> Outcome {
    let (page, lock) = (at_the_root("docs/supply-chain.md")?, at_the_root("Cargo.lock")?);
    let noted = noted(&page);
    assert!(noted.len() >= 40, "the table of docs/supply-chain.md cannot be read: {noted:?}");
    let missing: Vec<_> = noted
        .iter()
        .filter(|(name, version)| !lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")))
        .collect();
    assert!(missing.is_empty(), "read these crates again, then name their versions: {missing:?}");
    Ok(())
}
