//! A document as one HTML page that needs nothing beside it.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::document::{Block, Column, Document, Figure, Line, Section, Span, Table};

/// Tables of more columns are set smaller.
const WIDE: usize = 9;
const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn page(document: &Document) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { h1 { (document.title) } (contents(&document.sections)) }
                main { @for (index, part) in document.sections.iter().enumerate() { (section(index, part)) } }
            }
        }
    };
    page.into_string()
}

fn id(index: usize) -> String {
    format!("s{}", index + 1)
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                @for (index, section) in sections.iter().enumerate().filter(|(_, section)| section.depth == 2) {
                    li { a href={ "#" (id(index)) } { (line(&section.title)) } }
                }
            }
        }
    }
}

fn section(index: usize, section: &Section) -> Markup {
    let id = id(index);
    html! {
        section aria-labelledby=(id) {
            @if section.depth == 2 { h2 id=(id) { (line(&section.title)) } }
            @else { h3 id=(id) { (line(&section.title)) } }
            @for piece in &section.blocks { (block(piece)) }
        }
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Text(text) => html! { p { (line(text)) } },
        Block::List(lines) => html! { ul { @for point in lines { li { (line(point)) } } } },
        Block::Table(table) => self::table(table),
        Block::Figure(figure) => self::figure(figure),
        Block::Code(name, text) => html! {
            details { summary { (line(name)) } pre tabindex="0" { code { (text) } } }
        },
    }
}

fn table(table: &Table) -> Markup {
    let whole = html! {
        div.scroll role="region" tabindex="0" aria-label=(plain(&table.caption)) {
            table.wide[table.columns.len() > WIDE] {
                caption { div { (line(&table.caption)) } }
                thead { tr { @for column in &table.columns { th.n[column.numeric] scope="col" { (line(&column.name)) } } } }
                tbody {
                    @for (index, row) in table.rows.iter().enumerate() {
                        tr.total[table.total && index + 1 == table.rows.len()] { (cells(&table.columns, row)) }
                    }
                }
            }
        }
    };
    if !table.folded {
        return whole;
    }
    html! { details { summary { (line(&table.caption)) } (whole) } }
}

fn cells(columns: &[Column], row: &[Line]) -> Markup {
    html! {
        @for (index, (column, cell)) in columns.iter().zip(row).enumerate() {
            @if index == 0 { th.n[column.numeric] scope="row" { (line(cell)) } }
            @else { td.n[column.numeric] { (line(cell)) } }
        }
    }
}

fn figure(figure: &Figure) -> Markup {
    // On a phone a figure keeps most of its width and scrolls, so that its text stays readable.
    let least = format!("min-width:{}px", figure.drawing.width() * 4 / 5);
    html! {
        figure {
            div.card tabindex="0" { div style=(least) { (PreEscaped(figure.svg())) } }
            figcaption { (line(&figure.caption)) }
        }
    }
}

fn line(line: &Line) -> Markup {
    html! {
        @for span in &line.0 {
            @match span {
                Span::Plain(words) => { (words) },
                Span::Strong(words) => { strong { (words) } },
                Span::Code(word) => { code { (word) } },
                Span::Leaky => { span.badge { "leaky" } },
                Span::Link(words, target) => { a href=(target) { (words) } },
            }
        }
    }
}

/// A line without marks.
fn plain(line: &Line) -> String {
    let word = |span: &Span| match span {
        Span::Plain(words) | Span::Strong(words) | Span::Code(words) | Span::Link(words, _) => words.clone(),
        Span::Leaky => "(leaky)".to_owned(),
    };
    line.0.iter().map(word).collect()
}
