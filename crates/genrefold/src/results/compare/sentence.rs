//! A comparison in one sentence.

use super::{Comparison, Level, Side};

/// Below this a test counts as telling the two apart.
const SIGNIFICANT: f64 = 0.05;

impl Comparison {
    /// What the comparison comes to, in one sentence: the difference in accuracy, how sure it is, whether the
    /// data tell the two apart, and what else sets them apart.
    pub fn sentence(&self) -> String {
        let difference = self.accuracy_difference();
        let (first, second) = (named(&self.first), named(&self.second));
        let mut text = format!(
            "{first} {} {second} in accuracy on {} over {} ({}): {}",
            apart(difference),
            on(if self.folds.is_empty() { self.tracks.level } else { self.level }),
            self.extent(),
            self.tests(),
            self.verdict()
        );
        self.caveats().iter().for_each(|caveat| text += &format!("; {caveat}"));
        text + "."
    }

    /// The mean over the paired folds, or that over the common tracks where no folds are paired.
    fn accuracy_difference(&self) -> f64 {
        match (&self.accuracy, self.folds.as_slice()) {
            (Some(test), _) => test.mean,
            (None, [fold, ..]) => fold.accuracy.difference,
            (None, []) => self.tracks.difference(),
        }
    }

    fn extent(&self) -> String {
        match self.folds.len() {
            0 => counted(self.tracks.count(), "common track"),
            folds => counted(folds as u64, "fold"),
        }
    }

    fn tests(&self) -> String {
        // Where the level is that of clips, McNemar's test has another, and has to say which.
        let by =
            if self.level == Level::Clip && !self.folds.is_empty() { " by mean probability" } else { "" };
        let tracks = counted(self.tracks.count(), "track");
        let mcnemar = format!("McNemar over {tracks}{by} {}", p(self.tracks.p));
        match &self.accuracy {
            Some(test) => format!(
                "95 % interval {} to {} points, corrected resampled t-test {}; {mcnemar}",
                points(test.low),
                points(test.high),
                p(test.p)
            ),
            None => mcnemar,
        }
    }

    fn verdict(&self) -> &'static str {
        let by_tracks = self.tracks.p < SIGNIFICANT;
        let Some(test) = &self.accuracy else {
            return if by_tracks { "the data tell them apart" } else { "the data do not tell them apart" };
        };
        match (test.p < SIGNIFICANT, by_tracks) {
            (true, true) if test.mean * self.tracks.difference() < 0.0 => {
                "the two tests contradict each other"
            }
            (true, true) => "the data tell them apart",
            (true, false) => "only the t-test tells them apart",
            (false, true) => "only McNemar's test tells them apart",
            (false, false) => "the data do not tell them apart",
        }
    }

    /// What else a reader must know, clause by clause.
    fn caveats(&self) -> Vec<String> {
        let mut caveats = Vec::new();
        if !self.same_split {
            caveats.push("their splits differ, so that no folds are paired and there is no t-test".into());
        } else if self.accuracy.is_none() {
            caveats.push("a single fold has no spread, so that there is no t-test".into());
        }
        if !self.same_songs {
            caveats.push("they are not of the same songs".into());
        }
        let (one, other) = (&self.first, &self.second);
        if one.protocol != other.protocol {
            let (one, other) = (protocol(one), protocol(other));
            caveats.push(format!("the difference is one of protocols, {one} and {other}"));
        } else if one.leaky {
            let word = one.protocol;
            caveats.push(format!("their protocol, {word}, is leaky: they have heard the songs before"));
        }
        caveats
    }
}

fn named(side: &Side) -> String {
    format!("{} ({})", side.network, side.name)
}

fn protocol(side: &Side) -> String {
    format!("{}{}", side.protocol, side.protocol.mark())
}

fn apart(difference: f64) -> String {
    match points(difference).as_str() {
        "0.0" => "is level with".into(),
        below if difference < 0.0 => format!("is {} points below", below.trim_start_matches('-')),
        above => format!("is {above} points above"),
    }
}

fn on(level: Level) -> &'static str {
    match level {
        Level::Clip => "clips",
        Level::Vote => "tracks by vote",
        Level::Mean => "tracks by mean probability",
    }
}

/// A share of one in hundredths, to a tenth, never "-0.0".
fn points(share: f64) -> String {
    let text = format!("{:.1}", 100.0 * share);
    if text == "-0.0" { "0.0".into() } else { text }
}

fn p(value: f64) -> String {
    match value {
        _ if value < 0.001 => "p < 0.001".into(),
        _ if value < 0.0995 => format!("p = {value:.3}"),
        _ => format!("p = {value:.2}"),
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::super::tests::run;
    use super::super::{Comparison, compare};
    use crate::error::Result;
    use crate::evaluation::{MeanDifference, Protocol};
    use crate::results::Level;

    /// Two equal runs compared, then given these figures.
    fn found(t_test: Option<(f64, f64)>, only: (u64, u64), p: f64) -> Result<Comparison> {
        let right = run("a", [[0, 1, 2]; 3])?;
        let mut found = compare(&right, &right, None)?;
        found.second.name = "b".into();
        found.accuracy = t_test.map(|(mean, p)| MeanDifference {
            count: 3,
            mean,
            low: mean - 0.021,
            high: mean + 0.021,
            p,
        });
        (found.tracks.only_first, found.tracks.only_second, found.tracks.p) = (only.0, only.1, p);
        Ok(found)
    }

    #[test]
    fn the_sentence_gives_difference_tests_and_verdict() -> Result<()> {
        assert_eq!(
            found(Some((0.017, 0.1)), (5, 2), 0.4531)?.sentence(),
            "RGLU-LSTM (a) is 1.7 points above RGLU-LSTM (b) in accuracy on tracks by mean probability over \
             3 folds (95 % interval -0.4 to 3.8 points, corrected resampled t-test p = 0.10; McNemar over 16 tracks \
             p = 0.45): the data do not tell them apart."
        );
        let below = found(Some((-0.05, 0.0123)), (0, 9), 0.0039)?.sentence();
        assert!(below.contains("(a) is 5.0 points below RGLU-LSTM (b)"), "{below}");
        assert!(below.contains("p = 0.012; McNemar over 18 tracks p = 0.004"), "{below}");
        let level = found(Some((-0.0001, 0.9)), (0, 0), 1.0)?.sentence();
        assert!(level.contains("(a) is level with RGLU-LSTM (b)"), "{level}");
        Ok(())
    }

    #[test]
    fn the_verdict_depends_on_both_tests() -> Result<()> {
        for (t_test, only, p, verdict) in [
            (Some((0.1, 0.01)), (9, 0), 0.01, "the data tell them apart"),
            (Some((0.1, 0.01)), (9, 0), 0.06, "only the t-test tells them apart"),
            (Some((0.1, 0.06)), (9, 0), 0.01, "only McNemar's test tells them apart"),
            (Some((0.1, 0.06)), (9, 0), 0.06, "the data do not tell them apart"),
            (Some((0.1, 0.01)), (0, 9), 0.01, "the two tests contradict each other"),
            (None, (9, 0), 0.0001, "p < 0.001): the data tell them apart; a single fold has no spread"),
            (None, (9, 0), 0.06, "p = 0.060): the data do not tell them apart"),
        ] {
            let sentence = found(t_test, only, p)?.sentence();
            assert!(sentence.contains(verdict), "{sentence}");
        }
        Ok(())
    }

    #[test]
    fn other_protocols_splits_and_songs_are_said() -> Result<()> {
        let first = run("a", [[0, 1, 2]; 3])?;
        let mut second = run("b", [[0, 0, 0]; 3])?;
        second.manifest.protocol = Protocol::Clip;
        second.manifest.split = "other".into();
        second.manifest.data.fingerprint = "other".into();
        assert_eq!(
            compare(&first, &second, Some(Level::Clip))?.sentence(),
            "RGLU-LSTM (a) is 66.7 points above RGLU-LSTM (b) in accuracy on tracks by mean probability over \
             9 common tracks \
             (McNemar over 9 tracks p = 0.031): the data tell them apart; their splits differ, so that no folds are \
             paired and there is no t-test; they are not of the same songs; the difference is one of protocols, \
             track and clip (leaky)."
        );
        let sentence = compare(&second, &second, None)?.sentence();
        assert!(
            sentence.ends_with("their protocol, clip, is leaky: they have heard the songs before."),
            "{sentence}"
        );
        Ok(())
    }

    #[test]
    fn on_clips_mcnemars_test_says_what_it_is_over() -> Result<()> {
        let right = run("a", [[0, 1, 2]; 3])?;
        let sentence = compare(&right, &right, Some(Level::Clip))?.sentence();
        assert!(sentence.contains("in accuracy on clips over 3 folds"), "{sentence}");
        assert!(sentence.contains("McNemar over 9 tracks by mean probability p = 1.00"), "{sentence}");
        Ok(())
    }
}
