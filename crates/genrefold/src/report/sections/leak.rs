//! The leak: what dividing clips instead of songs adds to a figure.

use super::Numbers;
use crate::error::Result;
use crate::evaluation::Protocol;
use crate::report::document::{Block, Column, Figure, Line, Section, Table};
use crate::report::plots::leak::{self, Group};
use crate::report::study::{Judged, Study};
use crate::report::words;
use crate::results::Level;

/// A run that divided clips and one that held out songs.
type Pair<'s> = (&'s Judged<'s>, &'s Judged<'s>);

const EXPLAINED: &str = "A song's clips overlap and sound alike. Where clips are divided, as in the report's Tables 2 and 3, nearly \
     every song that is judged was also learned from, and a network that knows songs by heart does well. Where \
     whole songs are held out, only what songs of a genre have in common helps. Both bars of a pair are the same \
     network on the same songs, judged on the same level.";

pub(super) fn section(study: &Study, numbers: &mut Numbers) -> Result<Section> {
    let pairs = study.pairs();
    let mut blocks = vec![Block::Text(EXPLAINED.into())];
    if !pairs.is_empty() {
        blocks.push(figure(&pairs, numbers.figure())?);
        blocks.push(Block::Table(table(&pairs, numbers.table())));
    }
    let alone = study
        .networks()
        .into_iter()
        .filter(|network| !pairs.iter().any(|(clips, _)| clips.manifest().network == *network));
    blocks.extend(alone.map(|network| Block::Text(wanted(study, network))));
    Ok(Section::new("The leak", blocks))
}

/// What to run for a network that has one side only.
fn wanted(study: &Study, network: &str) -> Line {
    let other = if study.find(network, Protocol::Clip).is_some() { Protocol::Track } else { Protocol::Clip };
    Line::from(format!(
        "To see the leak for {}, run it on the same songs under the protocol ",
        words::shown(network)
    ))
    .code(other.word())
    .plain(" as well.")
}

fn figure(pairs: &[Pair], number: usize) -> Result<Block> {
    let groups: Vec<Group> =
        pairs.iter().flat_map(|pair| Level::ALL.map(|level| group(pair, level))).collect();
    let caption = Line::from(format!("Figure {number}: accuracy with clips divided"))
        .leaky(true)
        .plain(" and with whole songs held out; the whiskers are one deviation over folds");
    let told = |group: &Group| {
        let (clips, songs) = (words::percent(group.clips.mean), words::percent(group.songs.mean));
        format!("{} {}: {clips} against {songs}", group.network, group.level)
    };
    let told: Vec<String> = groups.iter().map(told).collect();
    let label = format!(
        "Bar chart of accuracy with clips divided (leaky) against whole songs held out. {}",
        told.join("; ")
    );
    Ok(Block::Figure(Figure { number, caption, label, drawing: leak::leak(&groups)? }))
}

fn group((clips, songs): &Pair, level: Level) -> Group {
    let accuracy = |judged: &Judged| judged.measures(level).accuracy;
    let label = match level {
        Level::Clip => "single clips",
        Level::Vote => "tracks, vote",
        Level::Mean => "tracks, mean",
    };
    let network = words::shown(&clips.manifest().network);
    Group { network, level: label, clips: accuracy(clips), songs: accuracy(songs) }
}

fn table(pairs: &[Pair], number: usize) -> Table {
    let columns = vec![
        Column::words("Network"),
        Column::words("Level"),
        Column::numbers(Line::from("Clips divided").leaky(true)),
        Column::numbers("Whole songs held out"),
        Column::numbers("Difference, points"),
    ];
    let rows = pairs.iter().flat_map(|pair| Level::ALL.map(|level| row(pair, level))).collect();
    Table::new(format!("Table {number}: accuracy, and what the leak adds to it"), columns, rows)
}

fn row(pair: &Pair, level: Level) -> Vec<Line> {
    let Group { network, level: label, clips, songs } = group(pair, level);
    vec![
        network.into(),
        label.into(),
        words::percent_over(clips, pair.0.folds()).into(),
        words::percent_over(songs, pair.1.folds()).into(),
        format!("{:+.1}", 100.0 * (clips.mean - songs.mean)).into(),
    ]
}
