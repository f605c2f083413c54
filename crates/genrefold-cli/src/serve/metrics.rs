//! What is counted, as Prometheus reads it (text format 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::desk::Desk;
use super::worker::Progress;

/// Upper ends of the histograms' buckets, seconds.
const BUCKETS: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 60.0];

/// Something that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// One more.
    pub fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many there are.
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All that is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Workers with their model loaded.
    pub workers_up: Gauge,
    /// Workers that judge a song.
    pub workers_busy: Gauge,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// By route, method and status.
    requests: BTreeMap<(String, String, u16), u64>,
    /// By route: how long until the answer began.
    request_seconds: BTreeMap<String, Histogram>,
    /// By what became of them.
    songs: BTreeMap<String, u64>,
    song_seconds: Histogram,
    music_seconds: f64,
    clips: u64,
    /// By reason.
    replaced: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct Histogram {
    /// Of each bucket alone; what is longer than all is in `count` only.
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    fn note(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BUCKETS.iter().position(|end| seconds <= *end) {
            self.buckets[bucket] += 1;
        }
        self.count += 1;
        self.sum += seconds;
    }

    /// `labels` are those of the series, with a comma behind each.
    fn write(&self, text: &mut String, name: &str, labels: &str) {
        let mut below = 0;
        for (end, count) in BUCKETS.iter().zip(self.buckets) {
            below += count;
            line(text, &format!("{name}_bucket{{{labels}le=\"{end}\"}}"), below);
        }
        line(text, &format!("{name}_bucket{{{labels}le=\"+Inf\"}}"), self.count);
        let labels = labels.trim_end_matches(',');
        line(text, &format!("{name}_sum{{{labels}}}"), self.sum);
        line(text, &format!("{name}_count{{{labels}}}"), self.count);
    }
}

impl Metrics {
    /// A request was answered; `route` is the pattern that it matched, never what the client wrote.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let mut counts = self.counts();
        *counts.requests.entry((route.into(), method.into(), status)).or_default() += 1;
        counts.request_seconds.entry(route.into()).or_default().note(took);
    }

    /// A worker is done with a song.
    pub fn song(&self, outcome: &str, heard: Option<Progress>, took: Duration) {
        let mut counts = self.counts();
        *counts.songs.entry(outcome.into()).or_default() += 1;
        counts.song_seconds.note(took);
        if let Some(heard) = heard {
            counts.music_seconds += heard.seconds;
            counts.clips += heard.clips as u64;
        }
    }

    /// A worker was replaced.
    pub fn replaced(&self, reason: &'static str) {
        *self.counts().replaced.entry(reason).or_default() += 1;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything as text.
    pub fn text(&self, desk: &Desk) -> String {
        let mut text = String::new();
        let counts = self.counts();
        head(&mut text, "genrefold_requests_total", "counter", "Requests by route, method and status.");
        for ((route, method, status), count) in &counts.requests {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            line(&mut text, &format!("genrefold_requests_total{{{labels}}}"), count);
        }
        head(&mut text, "genrefold_request_seconds", "histogram", "Seconds until the answer began.");
        for (route, histogram) in &counts.request_seconds {
            histogram.write(&mut text, "genrefold_request_seconds", &format!("route=\"{route}\","));
        }
        head(&mut text, "genrefold_songs_total", "counter", "Songs by what became of them.");
        for (outcome, count) in &counts.songs {
            line(&mut text, &format!("genrefold_songs_total{{outcome=\"{outcome}\"}}"), count);
        }
        head(&mut text, "genrefold_song_seconds", "histogram", "Seconds that a worker took for a song.");
        counts.song_seconds.write(&mut text, "genrefold_song_seconds", "");
        head(&mut text, "genrefold_music_seconds_total", "counter", "Seconds of music heard.");
        line(&mut text, "genrefold_music_seconds_total", counts.music_seconds);
        head(&mut text, "genrefold_clips_total", "counter", "Clips judged.");
        line(&mut text, "genrefold_clips_total", counts.clips);
        head(&mut text, "genrefold_workers_replaced_total", "counter", "Workers that died or took too long.");
        for (reason, count) in &counts.replaced {
            line(&mut text, &format!("genrefold_workers_replaced_total{{reason=\"{reason}\"}}"), count);
        }
        let gauges = [
            ("genrefold_workers_up", "Workers that are ready or at work.", self.workers_up.now()),
            ("genrefold_workers_busy", "Workers that judge a song.", self.workers_busy.now()),
            ("genrefold_queue_waiting", "Songs that no worker has taken yet.", desk.waiting() as i64),
            ("genrefold_places_taken", "Songs that are read, wait or are judged.", desk.taken() as i64),
            ("genrefold_places", "Songs that the service takes at once.", desk.places_in_all() as i64),
        ];
        for (name, help, value) in gauges {
            head(&mut text, name, "gauge", help);
            line(&mut text, name, value);
        }
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(text: &mut String, series: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{} {value}", series.replace("{}", ""));
}

#[cfg(test)]
mod tests {
    use super::super::desk::DeskSize;
    use super::*;

    #[test]
    fn counters_and_histograms_add_up() {
        let metrics = Metrics::default();
        for milliseconds in [1, 30, 70_000] {
            metrics.request("/v1/classify", "POST", 200, Duration::from_millis(milliseconds));
        }
        let heard = Progress { seconds: 30.5, clips: 11, total_seconds: None };
        metrics.song("judged", Some(heard), Duration::from_millis(200));
        metrics.song("damaged", None, Duration::from_millis(2));
        metrics.replaced("died");
        metrics.workers_up.up();
        let (desk, _jobs) = Desk::new(DeskSize { workers: 1, queue: 3, memory: 1 << 20 });
        let text = metrics.text(&desk);
        for expected in [
            "genrefold_requests_total{route=\"/v1/classify\",method=\"POST\",status=\"200\"} 3\n",
            "genrefold_request_seconds_bucket{route=\"/v1/classify\",le=\"0.05\"} 2\n",
            "genrefold_request_seconds_bucket{route=\"/v1/classify\",le=\"+Inf\"} 3\n",
            "genrefold_songs_total{outcome=\"damaged\"} 1\n",
            "genrefold_song_seconds_count 2\n",
            "genrefold_music_seconds_total 30.5\n",
            "genrefold_workers_replaced_total{reason=\"died\"} 1\n",
            "# TYPE genrefold_workers_up gauge\ngenrefold_workers_up 1\n",
            "genrefold_places 4\n",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
    }
}
