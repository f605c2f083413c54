//! Table 1: the songs, what was left out, and what stayed together.

use super::{Numbers, columns};
use crate::report::document::{Block, Column, Line, Section, Table};
use crate::report::study::{self, Study};
use crate::report::{published, words};
use crate::results::{DataTable, LeftOut, Manifest};

/// Longer tables are shown only on demand.
const MANY: usize = 12;

pub(super) fn section(study: &Study, numbers: &mut Numbers) -> Section {
    let data = study.data();
    let several = data.len() > 1;
    let mut blocks = Vec::new();
    for (manifest, data) in data {
        let title = words::shown(&data.title);
        let of =
            if several { format!(" ({title}, run {})", words::shown(&manifest.name)) } else { String::new() };
        blocks.push(Block::Table(counts(manifest, data, &of)));
        blocks.extend(left_out(data, numbers));
        blocks.extend(together(data, numbers));
    }
    Section::new("Songs", blocks)
}

fn counts(manifest: &Manifest, data: &DataTable, of: &str) -> Table {
    let names = study::genres(manifest);
    let published: Vec<Option<usize>> = names.iter().map(|name| published::clips(name)).collect();
    let known = published.iter().any(Option::is_some);
    let mut rows: Vec<Vec<Line>> =
        names.iter().enumerate().map(|(index, name)| row(name, index, data)).collect();
    rows.push(total(data));
    let mut columns = columns("Genre", &["Tracks", "Clips", "Clips, %"]);
    if known {
        columns.push(Column::numbers("Clips in the report"));
        let total = Some(published.iter().flatten().sum());
        for (row, clips) in rows.iter_mut().zip(published.into_iter().chain([total])) {
            row.push(clips.map_or("–".to_owned(), |clips| clips.to_string()).into());
        }
    }
    let caption = format!("Table 1: tracks and clips of each genre{of}");
    let beside = if known { ", beside the report's" } else { "; none is one of the report's ten" };
    Table { total: true, ..Table::new(format!("{caption}{beside}"), columns, rows) }
}

fn total(data: &DataTable) -> Vec<Line> {
    let (tracks, clips): (usize, usize) = (data.tracks.iter().sum(), data.clips.iter().sum());
    ["Total".into(), tracks.to_string(), clips.to_string(), words::percent(1.0)].map(Line::from).into()
}

fn row(name: &str, index: usize, data: &DataTable) -> Vec<Line> {
    let at = |counts: &[usize]| counts.get(index).copied().unwrap_or(0);
    let (tracks, clips) = (at(&data.tracks), at(&data.clips));
    let share = clips as f64 / data.clips.iter().sum::<usize>().max(1) as f64;
    [name.to_owned(), tracks.to_string(), clips.to_string(), words::percent(share)].map(Line::from).into()
}

fn left_out(data: &DataTable, numbers: &mut Numbers) -> Vec<Block> {
    if data.left_out.is_empty() {
        return vec![Block::Text("No track was left out.".into())];
    }
    let row = |track: &LeftOut| {
        vec![Line::default().code(words::shown(&track.path)), words::shown(&track.reason).into()]
    };
    let columns = vec![Column::words("Track"), Column::words("Reason")];
    let caption =
        format!("Table {}: {} left out", numbers.table(), words::counted(data.left_out.len(), "track"));
    let table = Table::new(caption, columns, data.left_out.iter().map(row).collect());
    vec![Block::Table(Table { folded: data.left_out.len() > MANY, ..table })]
}

fn together(data: &DataTable, numbers: &mut Numbers) -> Vec<Block> {
    if data.together.is_empty() {
        return vec![Block::Text("No tracks are known to be one recording or one artist.".into())];
    }
    let tracks: usize = data.together.iter().map(Vec::len).sum();
    let groups = words::counted(data.together.len(), "group");
    let row = |(index, paths): (usize, &Vec<String>)| {
        let paths: Vec<String> = paths.iter().map(|path| words::shown(path)).collect();
        vec![(index + 1).to_string().into(), paths.len().to_string().into(), Line::from(paths.join(", "))]
    };
    let columns = vec![Column::words("Group"), Column::numbers("Tracks"), Column::words("Paths")];
    let caption = format!(
        "Table {}: {groups} with {tracks} tracks of one recording or one artist, kept on one side wherever whole \
         tracks are held out",
        numbers.table()
    );
    let table = Table::new(caption, columns, data.together.iter().enumerate().map(row).collect());
    vec![Block::Table(Table { folded: data.together.len() > MANY, ..table })]
}
