//! How numbers, names and paths are written.

use crate::evaluation::{Interval, Protocol};
use crate::results::{Level, Measure};

/// Keeps a number and its sign on one line.
const SPACE: char = '\u{a0}';

/// A share as a percentage with one decimal.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}{SPACE}%", 100.0 * share)
}

/// A share over folds as a percentage; the deviation only where there is one.
pub(super) fn percent_over(measure: Measure, folds: usize) -> String {
    if folds < 2 {
        return percent(measure.mean);
    }
    format!("{}{SPACE}±{SPACE}{:.1}", percent(measure.mean), 100.0 * measure.deviation)
}

/// A figure as the report writes it.
pub(super) fn decimal(value: f64) -> String {
    format!("{value:.4}")
}

/// A figure over folds; the deviation only where there is one.
pub(super) fn decimal_over(measure: Measure, folds: usize) -> String {
    if folds < 2 {
        return decimal(measure.mean);
    }
    format!("{}{SPACE}±{SPACE}{:.4}", decimal(measure.mean), measure.deviation)
}

/// The same with three decimals, for wide tables.
pub(super) fn brief_over(measure: Measure, folds: usize) -> String {
    if folds < 2 {
        return format!("{:.3}", measure.mean);
    }
    format!("{:.3}{SPACE}±{SPACE}{:.3}", measure.mean, measure.deviation)
}

/// A range of shares.
pub(super) fn range(interval: Interval) -> String {
    format!("{:.1} to {}", 100.0 * interval.low, percent(interval.high))
}

/// A count and its noun: "1 track", "2 tracks".
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Names one after the other: "a, b and c".
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What a level's figures are computed on.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Clip => "single clips",
        Level::Vote => "whole tracks by majority vote",
        Level::Mean => "whole tracks by mean probability",
    }
}

/// How a protocol divides songs.
pub(super) fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Clip => "clips divided, those of one song on both sides",
        Protocol::Track => "whole songs held out",
        Protocol::Filtered => "the fault-filtered split, whole songs held out",
        Protocol::Holdout => "one fold of whole songs held out",
    }
}

/// A name or path without what no page can show: control characters and those that no XML may hold.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) { '\u{fffd}' } else { c })
        .collect()
}

/// A path as a relative link. Everything but unreserved characters is encoded, the colon too, so that no name is
/// taken for a scheme.
pub(super) fn link(path: &str) -> String {
    let mut link = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                link.push(char::from(byte));
            }
            _ => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_relative_and_holds_unreserved_characters_only() {
        assert_eq!(link("hip hop/50%:#ä?.wav"), "hip%20hop/50%25%3A%23%C3%A4%3F.wav");
        assert_eq!(link("//host/song"), "host/song");
    }

    #[test]
    fn a_deviation_is_written_only_over_several_folds() {
        let measure = Measure { mean: 0.887, deviation: 0.0123 };
        assert_eq!(decimal_over(measure, 1), "0.8870");
        assert_eq!(percent_over(measure, 2), "88.7\u{a0}%\u{a0}±\u{a0}1.2");
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let names = ["a", "b", "c"].map(String::from);
        assert_eq!(listed(&names), "a, b and c");
        assert_eq!((listed(&names[..1]), listed(&[])), ("a".into(), String::new()));
    }

    #[test]
    fn what_no_page_can_show_is_replaced() {
        assert_eq!(shown("a\nb\u{0}ü"), "a\u{fffd}b\u{fffd}ü");
    }
}
