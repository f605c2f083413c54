//! Odd and hostile files: each gets the outcome that `outcomes.csv` foretells, from a process of its own with little time
//! and memory. What else a file may do to the program, crash it, fill its memory, keep it busy, fails the test.

#[path = "../common/mod.rs"]
mod common;
mod corpus;
mod judge;
mod table;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use common::Outcome;
use corpus::Odd;
use judge::{judge, limited};
use table::{Expected, expected};

#[test]
fn every_file_has_a_row_and_every_row_a_file() -> Outcome {
    let files: Vec<String> = corpus::all()?.into_iter().map(|odd| odd.name).collect();
    let rows: Vec<String> = expected()?.into_keys().collect();
    let of = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(of(&files).len(), files.len(), "a name that is given twice");
    let (without_row, without_file) = (&of(&files) - &of(&rows), &of(&rows) - &of(&files));
    assert!(without_row.is_empty() && without_file.is_empty(), "{without_row:#?} {without_file:#?}");
    Ok(())
}

#[test]
fn every_odd_file_has_the_outcome_that_is_foretold() -> Outcome {
    let (folder, expected) = (tempfile::tempdir()?, expected()?);
    let (left, wrong) = (Mutex::new(corpus::all()?), Mutex::new(Vec::new()));
    let next = || left.lock().ok()?.pop();
    let work = || {
        while let Some(odd) = next() {
            let found = outcome(&odd, folder.path());
            let foretold = expected.get(&odd.name).is_some_and(|row| row.allows(&found));
            if !foretold && let Ok(mut wrong) = wrong.lock() {
                let row = expected.get(&odd.name).map(Expected::to_string);
                wrong.push(format!("{}: {found}; expected {}", odd.name, row.unwrap_or_default()));
            }
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(2, |count| count.get());
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    let mut wrong = wrong.into_inner().map_err(|_| "a worker failed")?;
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_tag_that_unfolds_to_a_gigabyte_is_refused_within_the_limits_of_any_other_file() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = corpus::unfolding_tag(1 << 30)?.write(folder.path())?;
    let before = std::fs::read(&path)?;
    let journal = folder.path().join("tags.jsonl");
    let output = limited(&["tag", "--write", "--force", "--above", "0", "--journal"])
        .arg(journal)
        .arg(&path)
        .output()?;
    let complaint = common::text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(
        complaint.contains("unfolding.mp3") && complaint.contains("would unfold to more than"),
        "{complaint}"
    );
    assert!(std::fs::read(&path)? == before, "the song was changed");
    Ok(())
}

/// For what goes on with these files elsewhere, such as `bench/soak.py`.
#[test]
#[ignore = "writes the files into the folder that the variable ODD_FILES names"]
fn all_files_are_written() -> Outcome {
    let folder = std::env::var_os("ODD_FILES").ok_or("set ODD_FILES to a folder")?;
    let files = corpus::all()?;
    files.iter().try_for_each(|odd| odd.write(folder.as_ref()).map(drop))?;
    println!("{} files below {}", files.len(), folder.display());
    Ok(())
}

/// One word if the program behaved, else what it did.
fn outcome(odd: &Odd, folder: &std::path::Path) -> String {
    let judged = || {
        let path = odd.write(folder)?;
        let found = judge(&path)?;
        std::fs::remove_file(path)?;
        Ok::<_, Box<dyn std::error::Error>>(found)
    };
    judged().unwrap_or_else(|error| format!("no outcome: {error}"))
}
