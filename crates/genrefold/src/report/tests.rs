//! The pages of made-up runs.

use super::document::{Line, Span};
use super::sample::Sample;
use super::*;
use crate::evaluation::Protocol;

const THREE: [&str; 3] = ["blues", "jazz", "rock"];

fn study() -> Result<Vec<Run>> {
    let of = |network, protocol, skill| Sample { skill, ..Sample::new(network, protocol, &THREE) }.run();
    Ok(vec![
        of("RGLUformer", Protocol::Clip, 90)?,
        of("RGLU-LSTM", Protocol::Clip, 90)?,
        of("RGLUformer", Protocol::Track, 50)?,
    ])
}

fn document_of(runs: &[Run]) -> Result<Document> {
    sections::document("A study", &study::Study::new(runs)?)
}

fn blocks(document: &Document) -> impl Iterator<Item = &Block> {
    document.sections.iter().flat_map(|section| &section.blocks)
}

#[test]
fn every_section_table_and_figure_of_the_report_is_there() -> Result<()> {
    let pages = pages("A study", &study()?)?;
    let headings =
        ["Summary", "Songs", "Beside the report", "From fold to fold", "The leak", "How to repeat it"];
    for heading in headings {
        assert!(pages.html.contains(&format!(">{heading}</h2>")), "no section {heading}");
        assert!(pages.markdown.contains(&format!("## {heading}\n")), "no section {heading}");
    }
    for name in ["Table 1", "Table 2", "Table 3", "Table 4", "Figure 3", "Figure 4", "Figure 5"] {
        assert!(
            pages.html.contains(&format!("{name}: ")) && pages.markdown.contains(&format!("{name}: ")),
            "{name}"
        );
    }
    assert!(pages.html.contains("0.8876") && pages.html.contains("0.9048") && pages.html.contains("0.8077"));
    assert!(pages.html.contains("recognition of songs heard before"));
    Ok(())
}

#[test]
fn the_reports_own_figures_end_the_one_table_as_of_other_songs_and_leaky_where_they_are() -> Result<()> {
    let rows = |runs: &[Run]| -> Result<Vec<String>> {
        let table = pages("A study", runs)?.markdown;
        let rows = table.lines().filter(|line| line.starts_with("| the report's Table "));
        Ok(rows.map(String::from).collect())
    };
    let found = rows(&study()?)?;
    for (row, parts) in found.iter().zip([
        "Table 2, all of GTZAN | RGLUformer | clip **leaky** | 10 of 10 | 88.7",
        "Table 3, all of GTZAN | RGLU-LSTM | clip **leaky** | 10 of 10 | 90.4",
        "Table 4, all of GTZAN | RGLUformer | track | 10 of 10 | – | 79.2",
    ]) {
        assert!(row.contains(parts), "{row}");
    }
    assert_eq!(found.len(), 3);
    let other = Sample::new("RGLUformer", Protocol::Track, &["tango", "waltz"]).run()?;
    assert!(rows(&[other])?.is_empty(), "a study of other genres has nothing to do with GTZAN");
    let mut choosing = study()?;
    for run in &mut choosing {
        run.manifest.settings["study"]["judged"] = "validation".into();
    }
    assert!(
        rows(&choosing)?.is_empty(),
        "figures of validation songs are not to be held against the report's"
    );
    Ok(())
}

#[test]
fn the_same_runs_give_the_same_bytes() -> Result<()> {
    assert_eq!(pages("A study", &study()?)?, pages("A study", &study()?)?);
    Ok(())
}

#[test]
fn html_and_markdown_hold_the_same_tables_and_figures() -> Result<()> {
    let document = document_of(&study()?)?;
    let (html, markdown) = (html::page(&document), markdown::page(&document));
    let tables = blocks(&document).filter(|block| matches!(block, Block::Table(_))).count();
    let rows: usize = blocks(&document)
        .map(|block| if let Block::Table(table) = block { table.rows.len() } else { 0 })
        .sum();
    assert_eq!(html.matches("<table").count(), tables);
    assert_eq!(html.matches("<caption>").count(), tables);
    assert_eq!(html.matches("scope=\"row\"").count(), rows);
    // Each table has a line of headings and a rule besides its rows.
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| ")).count(), rows + 2 * tables);
    assert_eq!(html.matches("role=\"img\"").count(), figures(&document).len());
    for (name, svg) in figures(&document) {
        assert!(markdown.contains(&format!("]({name})")) && html.contains(&svg), "{name}");
    }
    Ok(())
}

#[test]
fn every_table_row_is_as_long_as_its_head() -> Result<()> {
    for block in blocks(&document_of(&study()?)?) {
        if let Block::Table(table) = block {
            assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{:?}", table.caption);
        }
    }
    Ok(())
}

#[test]
fn a_leaky_runs_tables_and_figures_all_say_so() -> Result<()> {
    let runs = [Sample::new("RGLUformer", Protocol::Clip, &THREE).run()?];
    let document = document_of(&runs)?;
    let marked = |line: &Line| line.0.contains(&Span::Leaky);
    for block in blocks(&document) {
        let told = match block {
            Block::Figure(figure) => marked(&figure.caption) && figure.label.contains("leaky"),
            Block::Table(table) => {
                let cells = table.rows.iter().flatten();
                let songs = ["Table 1:", "left out", "kept on one side"];
                let text = format!("{:?}", table.caption);
                let of_songs = songs.iter().any(|words| text.contains(words));
                of_songs || marked(&table.caption) || cells.into_iter().any(marked)
            }
            _ => true,
        };
        assert!(told, "{block:?}");
    }
    let pages = pages("A study", &runs)?;
    let mut rows = pages.csv.iter().flat_map(|(_, content)| content.lines().skip(1));
    assert!(rows.all(|row| row.contains(",clip (leaky),")));
    Ok(())
}

#[test]
fn a_run_that_holds_songs_out_is_not_called_leaky() -> Result<()> {
    let pages = pages("A study", &[Sample::new("RGLUformer", Protocol::Track, &THREE).run()?])?;
    assert!(!pages.html.contains("class=\"badge\"") && !pages.markdown.contains("**leaky**"));
    assert!(pages.csv.iter().all(|(_, content)| !content.contains("leaky")));
    Ok(())
}

#[test]
fn names_with_special_characters_stay_text() -> Result<()> {
    let names = ["<b>a|b</b>", "\"c\" & 'd'", "日本 *x*"];
    let pages = pages("<i>title</i>", &[Sample::new("RGLUformer", Protocol::Track, &names).run()?])?;
    assert!(!pages.html.contains("<b>") && !pages.html.contains("<i>") && !pages.markdown.contains("<b>"));
    assert!(pages.html.contains("&lt;b&gt;a|b&lt;/b&gt;") && pages.markdown.contains(r"\<b\>a\|b\</b\>"));
    for (name, svg) in &pages.figures {
        assert!(!svg.contains("<b>") && !svg.contains("& '"), "{name}");
    }
    assert!(pages.html.contains("href=\"%3Cb%3Ea%7Cb%3C/b%3E/song"), "no encoded link");
    Ok(())
}

#[test]
fn the_page_needs_nothing_from_elsewhere() -> Result<()> {
    let pages = pages("A study", &study()?)?;
    let html = pages.html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in ["http:", "https:", "src=", "<link", "<script", "url(", "@import"] {
        assert!(!html.contains(word), "{word}");
    }
    Ok(())
}

#[test]
fn missing_folds_epochs_and_partners_leave_a_line_each() -> Result<()> {
    let mut sample = Sample::new("RGLUformer", Protocol::Holdout, &["one", "two"]);
    (sample.finished, sample.folds, sample.epochs) = (vec![3], 10, 0);
    let pages = pages("A study", &[sample.run()?])?;
    for words in [
        "1 of 10 folds",
        "No epoch was recorded.",
        "Table 2: no finished fold",
        "To see the leak for RGLUformer",
    ] {
        assert!(pages.html.contains(words) && pages.markdown.contains(words), "{words}");
    }
    Ok(())
}

#[test]
fn runs_without_a_finished_fold_are_named_and_no_runs_are_refused() -> Result<()> {
    let mut sample = Sample::new("RGLUformer", Protocol::Track, &THREE);
    sample.finished = vec![];
    let pages = pages("A study", &[sample.run()?])?;
    assert!(pages.html.contains("0 of 2 folds; no figure yet"));
    assert!(super::pages("A study", &[]).is_err());
    Ok(())
}

#[test]
fn thirty_genres_with_long_names_and_a_single_one_of_each_track_fit() -> Result<()> {
    let names: Vec<String> = (0..30).map(|index| format!("a rather long name of a genre {index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut sample = Sample::new("RGLU-LSTM", Protocol::Clip, &names);
    (sample.tracks, sample.finished) = (1, vec![2]);
    let pages = pages("A study", &[sample.run()?])?;
    assert!(pages.html.contains("a rather long name of a genre 29"));
    Ok(())
}

#[test]
fn a_perfect_run_has_no_mistakes_to_list() -> Result<()> {
    let mut sample = Sample::new("RGLUformer", Protocol::Track, &THREE);
    sample.skill = 100;
    assert!(pages("A study", &[sample.run()?])?.html.contains("every track was judged right"));
    Ok(())
}

#[test]
fn csv_has_a_row_for_each_fold_genre_and_pair_on_each_level() -> Result<()> {
    let pages = pages("A study", &[Sample::new("RGLUformer", Protocol::Track, &THREE).run()?])?;
    let rows: Vec<(&str, usize)> =
        pages.csv.iter().map(|(name, text)| (name.as_str(), text.lines().count())).collect();
    assert_eq!(rows, [("folds.csv", 1 + 2 * 3), ("genres.csv", 1 + 3 * 3), ("confusion.csv", 1 + 9 * 3)]);
    Ok(())
}

#[test]
fn pages_are_written_with_all_that_they_link() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::io("create", Path::new("a folder")))?;
    let pages = pages("A study", &study()?)?;
    write(&folder.path().join("new"), &pages)?;
    let tables = ["folds.csv", "genres.csv", "confusion.csv", "report.html", "report.md"].into_iter();
    for name in tables.chain(pages.figures.iter().map(|(name, _)| name.as_str())) {
        assert!(folder.path().join("new").join(name).is_file(), "{name} is missing");
    }
    Ok(())
}

#[test]
fn runs_of_one_split_stand_beside_the_first_with_what_they_changed() -> Result<()> {
    let of = |name: &str, skill, rate: f64| -> Result<Run> {
        let mut run = Sample { skill, ..Sample::new("RGLUformer", Protocol::Track, &THREE) }.run()?;
        run.manifest.name = name.into();
        run.manifest.settings = serde_json::json!({ "training": { "rate": rate, "epochs": 3 } });
        Ok(run)
    };
    let (first, better) = (of("first", 20, 0.1)?, of("better", 100, 0.2)?);
    let page = pages("A study", &[first.clone(), better])?.markdown;
    let row = page.lines().find(|line| line.contains("training.rate = 0.2"));
    let row = row.ok_or_else(|| Error::Setting {
        key: "row".into(),
        found: "none".into(),
        expected: "one".into(),
    })?;
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    assert_eq!(cells[3].replace('\u{a0}', " "), "100.0 %", "{row}");
    assert!(cells[6].starts_with('+') && cells[7].starts_with('+') && !row.contains("epochs"), "{row}");
    assert!(!pages("A study", &[first])?.markdown.contains("Run against run"));
    Ok(())
}

#[test]
fn another_kind_of_encoder_is_said_without_what_the_first_kind_alone_has_each_setting_a_word() -> Result<()> {
    let of = |name: &str, encoder: serde_json::Value, masks: serde_json::Value| -> Result<Run> {
        let mut run = Sample::new("RGLUformer", Protocol::Track, &THREE).run()?;
        run.manifest.name = name.into();
        run.manifest.settings = serde_json::json!({ "network": { "encoder": encoder }, "augment": masks });
        Ok(run)
    };
    let transformer = serde_json::json!({ "kind": "transformer", "layers": 2 });
    let lstm = serde_json::json!({ "kind": "lstm", "hidden": 256 });
    let runs = [
        of("first", transformer, serde_json::json!({ "masks": 2 }))?,
        of("other", lstm, serde_json::json!({}))?,
    ];
    let page = pages("A study", &runs)?.html;
    let words =
        ["network.encoder.hidden = 256", "network.encoder.kind = &quot;lstm&quot;", "no augment.masks"];
    let said = words.map(|word| format!("<code>{word}</code>")).join(", ");
    assert!(page.contains(&format!(">{said}</td>")), "{page}");
    Ok(())
}

#[test]
fn one_table_has_a_row_for_each_run_and_marks_the_leaky_ones() -> Result<()> {
    let table = pages("A study", &study()?)?.table;
    let rows: Vec<&str> = table.lines().skip(2).filter(|row| !row.contains("the report's")).collect();
    assert_eq!(rows.len(), 3);
    assert!(rows[0].contains("rgluformer-clip") && rows[0].contains("**leaky**"), "{}", rows[0]);
    assert!(rows[2].contains("rgluformer-track") && !rows[2].contains("leaky"), "{}", rows[2]);
    assert!(rows.iter().all(|row| row.matches('|').count() == 11 && row.contains("2 of 2")), "{table}");
    Ok(())
}
