//! Where a run was surely wrong: often the song, or its label, is what is worth a look.

use super::run::of;
use super::{Numbers, columns};
use crate::error::Result;
use crate::evaluation::{Probabilities, Voting};
use crate::report::document::{Block, Column, Line, Table};
use crate::report::study::Judged;
use crate::report::words;

/// How many tracks are listed.
const MOST_WRONG: usize = 20;

/// A track that was taken for another genre.
struct Mistake<'a> {
    path: &'a str,
    truth: usize,
    said: usize,
    probability: f32,
}

/// The surest mistakes as a table.
pub(super) fn blocks(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Block>> {
    let mut wrong = wrong(judged)?;
    if wrong.is_empty() {
        return Ok(vec![Block::Text("By mean probability every track was judged right.".into())]);
    }
    // Equal probabilities stand in the order of their paths.
    wrong.sort_by(|one, other| other.probability.total_cmp(&one.probability).then(one.path.cmp(other.path)));
    let all = words::counted(wrong.len(), "mistake");
    wrong.truncate(MOST_WRONG);
    let what = format!("Table {}: the {} surest of {all}", numbers.table(), wrong.len());
    let note = "By the mean of a track's probabilities. The links lead to the songs where this page lies in their \
                folder.";
    Ok(vec![Block::Text(note.into()), Block::Table(table(judged, &wrong, what))])
}

fn table(judged: &Judged, wrong: &[Mistake], what: String) -> Table {
    let names = judged.genres();
    let rows = wrong.iter().map(|mistake| row(mistake, &names)).collect();
    let mut columns = columns("Track", &["Probability"]);
    columns.splice(1..1, ["True genre", "Said genre"].map(Column::words));
    Table::new(of(judged, what), columns, rows)
}

fn row(mistake: &Mistake, names: &[String]) -> Vec<Line> {
    let name = |genre: usize| names.get(genre).cloned().unwrap_or_default();
    vec![
        Line::default().link(words::shown(mistake.path), words::link(mistake.path)),
        name(mistake.truth).into(),
        name(mistake.said).into(),
        words::percent(f64::from(mistake.probability)).into(),
    ]
}

fn wrong<'a>(judged: &'a Judged) -> Result<Vec<Mistake<'a>>> {
    let genres = judged.manifest().genres.len();
    let mut wrong = Vec::new();
    for track in &judged.tracks {
        let verdict = Voting::Mean.verdict(&Probabilities::from_rows(genres, &track.probabilities)?)?;
        if verdict.genre != track.genre {
            let probability = verdict.probabilities[verdict.genre];
            wrong.push(Mistake { path: &track.path, truth: track.genre, said: verdict.genre, probability });
        }
    }
    Ok(wrong)
}
