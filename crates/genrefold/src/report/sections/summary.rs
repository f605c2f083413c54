//! At the top: what was run, on what, and what came of it, in plain words.

use crate::evaluation::Judged as Side;
use crate::report::document::{Block, Line, Section};
use crate::report::study::{self, Judged, Study};
use crate::report::words;
use crate::results::{DataTable, Level, Manifest, Run};

pub(super) fn section(study: &Study) -> Section {
    let mut blocks: Vec<Block> = study.data().into_iter().map(|(known, data)| songs(known, data)).collect();
    let waiting = study.waiting.iter().map(|run| unfinished(run));
    blocks.push(Block::List(study.runs.iter().map(headline).chain(waiting).collect()));
    blocks.extend(study.pairs().into_iter().map(|(clips, songs)| Block::Text(leak(clips, songs))));
    if study.manifests().any(|manifest| manifest.protocol.is_leaky()) {
        blocks.push(Block::Text(warning()));
    }
    blocks.push(Block::Text(comparability(study)));
    Section::new("Summary", blocks)
}

fn songs(manifest: &Manifest, data: &DataTable) -> Block {
    let (tracks, clips) = (data.tracks.iter().sum(), data.clips.iter().sum());
    let counts = format!(
        ": {}, cut into {}, of {} genres ({}).",
        words::counted(tracks, "track"),
        words::counted(clips, "clip"),
        manifest.genres.len(),
        words::listed(&study::genres(manifest)),
    );
    Block::Text(Line::from("Songs: ").strong(words::shown(&data.title)).plain(counts))
}

fn headline(judged: &Judged) -> Line {
    let manifest = judged.manifest();
    let accuracy = judged.measures(manifest.level).accuracy;
    let figure = words::percent_over(accuracy, judged.folds());
    let line =
        what(judged.run).plain(format!(": accuracy on {} ", words::level(manifest.level))).strong(figure);
    let deviation = if judged.folds() > 1 { " (mean and deviation over folds)" } else { "" };
    let side = match manifest.judged() {
        Side::Test => "",
        Side::Validation => "; of the validation songs, for settings are chosen by it",
    };
    line.plain(format!("{deviation}, {}{side}.", judged.progress()))
}

fn unfinished(run: &Run) -> Line {
    what(run).plain(format!(": {}; no figure yet.", study::progress(run)))
}

/// A run's name, network and protocol, with the mark.
fn what(run: &Run) -> Line {
    let manifest = &run.manifest;
    Line::default()
        .strong(words::shown(&manifest.name))
        .plain(format!(" ({}, protocol ", words::shown(&manifest.network)))
        .code(manifest.protocol.word())
        .plain(format!(": {})", words::protocol(manifest.protocol)))
        .leaky(manifest.protocol.is_leaky())
}

/// The leak in one sentence: the same network on the same songs, both times judged on single clips.
fn leak(clips: &Judged, songs: &Judged) -> Line {
    let accuracy = |judged: &Judged| judged.measures(Level::Clip).accuracy.mean;
    let (x, y) = (accuracy(clips), accuracy(songs));
    let line = Line::default()
        .strong(words::shown(&clips.manifest().network))
        .plain(", judged on single clips. Clips of one song on both sides: ")
        .strong(words::percent(x))
        .leaky(true)
        .plain(". Whole songs held out: ")
        .strong(words::percent(y));
    let points = 100.0 * (x - y);
    if points < 0.05 {
        return line.plain(". No difference here that would show songs being recognised.");
    }
    line.plain(format!(
        " (means over {} and {}). The difference, {points:.1} points, is recognition of songs heard before, not of \
         genres.",
        words::counted(clips.folds(), "fold"),
        words::counted(songs.folds(), "fold"),
    ))
}

fn warning() -> Line {
    Line::from("What is marked").leaky(true).plain(
        " comes from clips whose songs were also learned from: it says how well the network knows songs that it \
         has heard, not how well it does on others.",
    )
}

fn comparability(study: &Study) -> Line {
    let mut titles: Vec<String> = study.data().iter().map(|(_, data)| words::shown(&data.title)).collect();
    let several = titles.len() > 1;
    titles.dedup();
    let mut line = Line::from(format!(
        "Our figures come from these songs: {}. The report's come from all of GTZAN (10989 clips). They stand side \
         by side to be looked at, and are not comparable as if both were made on the same data.",
        words::listed(&titles),
    ));
    if several {
        line = line.plain(" Nor are the figures of runs on different songs comparable with each other.");
    }
    line
}
