//! `genrefold serve`, from the outside.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::service::{Served, read_reply};
use common::{Outcome, Studio, genrefold, lines, text};
use serde_json::{Value, json};

/// The synthesised song that comes with the program.
fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../genrefold/assets/example.wav")
}

/// What `genrefold classify --json` says of it with these options, without the file's name.
fn by_command(options: &[&str]) -> Outcome<Value> {
    let song = example();
    let song = song.to_string_lossy();
    let output = genrefold(&[&["classify", "--json"], options, &[song.as_ref()]].concat())?;
    let mut answer = lines(&output)?.pop().ok_or_else(|| text(&output.stderr))?;
    answer.as_object_mut().ok_or("no object")?.remove("file");
    Ok(answer)
}

/// A form with a file in it.
fn form(song: &[u8]) -> Vec<u8> {
    let head = "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"/etc/passwd\"\r\n\
                Content-Type: audio/wav\r\n\r\n";
    [head.as_bytes(), song, b"\r\n--limit--\r\n"].concat()
}

/// The events of a stream: name and data.
fn events(text: &str) -> Outcome<Vec<(String, Value)>> {
    let blocks = text.split("\n\n").filter_map(|block| block.strip_prefix("event: ")?.split_once("\ndata: "));
    blocks.map(|(name, data)| Ok((name.to_owned(), serde_json::from_str(data)?))).collect()
}

#[test]
fn the_service_says_what_the_command_says_to_the_digit() -> Outcome {
    let (service, song) = (Served::start(&["--workers", "1"])?.ready()?, fs::read(example())?);
    let plain = service.classify("", &song)?;
    assert_eq!(plain.status, 200, "{}", plain.text());
    let top = by_command(&["--top-k", "5"])?["top"].take();
    let labels = top.as_array().ok_or("no genres")?.iter();
    let labels: Vec<Value> =
        labels.map(|label| json!({ "label": label["genre"], "score": label["probability"] })).collect();
    assert_eq!(plain.json()?, Value::Array(labels));
    let full = service.classify("?full=true&top_k=3", &song)?;
    assert_eq!(full.json()?, by_command(&[])?);
    let headers = [("Content-Type", "multipart/form-data; boundary=limit")];
    let posted = service.ask("POST", "/v1/classify?timeline=true&top_k=3", &headers, &form(&song))?;
    assert_eq!(posted.json()?, by_command(&["--timeline"])?, "{}", posted.text());
    let model = service.get("/v1/models")?.json()?[0].take();
    assert_eq!(model["card"]["genres"], service.get("/v1/genres")?.json()?);
    let promised =
        |end: &str| model["promise"]["accuracy"][end].as_f64().map(|end| format!("{:.1} %", 100.0 * end));
    let told = format!("{} to {} right", promised("low").ok_or("no end")?, promised("high").ok_or("no end")?);
    let inspected = text(&genrefold(&["inspect"])?.stdout);
    assert!(inspected.contains(&told), "{told} is not in {inspected}");
    Ok(())
}

#[test]
fn the_picture_and_the_explanation_are_of_the_whole_song() -> Outcome {
    let (service, song) = (Served::start(&["--workers", "1"])?.ready()?, fs::read(example())?);
    let answer = service.classify("?spectrogram=true&explain=true", &song)?.json()?;
    let seconds = answer["seconds"].as_f64().ok_or("no length")?;
    let picture = &answer["spectrogram"];
    let (bands, columns) = (picture["bands"].as_u64().unwrap_or(0), picture["columns"].as_u64().unwrap_or(0));
    assert_eq!(
        (bands, picture["floor_db"].as_f64(), picture["high_hz"].as_f64()),
        (128, Some(-80.0), Some(8000.0))
    );
    let shown = columns as f64 * picture["column_seconds"].as_f64().unwrap_or(0.0);
    assert!((shown - seconds).abs() < 0.1, "{shown} s of {seconds} s");
    let base64 = picture["data"].as_str().unwrap_or_default().len() as u64;
    assert_eq!(base64, (bands * columns).div_ceil(3) * 4);
    let explanation = &answer["explanation"];
    assert_eq!(explanation["genre"], answer["genre"]);
    let windows = explanation["windows"].as_array().ok_or("no windows")?;
    assert_eq!(windows.len() as f64, seconds.round());
    assert!(windows.iter().any(|window| window["drop"].as_f64().is_some_and(|drop| drop != 0.0)));
    Ok(())
}

#[test]
fn a_long_song_tells_how_far_it_has_come() -> Outcome {
    let (studio, service) = (Studio::new()?, Served::start(&["--workers", "1"])?.ready()?);
    let song = fs::read(studio.song("long.wav", 90.0)?)?;
    let headers = [("Accept", "text/event-stream"), ("Content-Type", "audio/wav")];
    let reply = service.ask("POST", "/v1/classify", &headers, &song)?;
    assert_eq!(reply.headers.get("content-type").map(String::as_str), Some("text/event-stream"));
    let events = events(&reply.text())?;
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"queued"), Some(&"answer")), "{names:?}");
    let heard: Vec<&Value> =
        events.iter().filter(|(name, _)| name == "progress").map(|(_, data)| data).collect();
    assert!(heard.len() >= 2, "{names:?}");
    assert!(heard.iter().all(|heard| heard["total_seconds"].as_f64() == Some(90.0)), "{heard:?}");
    assert!(heard.windows(2).all(|two| two[0]["seconds"].as_f64() <= two[1]["seconds"].as_f64()));
    assert_eq!(events.last().map(|(_, data)| data), Some(&service.classify("", &song)?.json()?));
    Ok(())
}

#[test]
fn what_cannot_be_judged_is_refused_and_the_service_goes_on() -> Outcome {
    let studio = Studio::new()?;
    let service = Served::start(&["--workers", "1", "--max-body", "1", "--max-seconds", "20"])?.ready()?;
    let wav = |name: &str, seconds| -> Outcome<Vec<u8>> { Ok(fs::read(studio.song(name, seconds)?)?) };
    let silent = fs::read(example())?.iter().enumerate().map(|(n, b)| if n < 44 { *b } else { 0 }).collect();
    let cases: [(&str, Vec<u8>, u16); 7] = [
        ("nothing", Vec::new(), 415),
        ("prose", b"no music in here. ".repeat(500), 415),
        ("short", wav("short.wav", 0.2)?, 422),
        ("silent", silent, 422),
        ("long", wav("long.wav", 25.0)?, 413),
        ("large", vec![0; 2 << 20], 413),
        ("cut", wav("cut.wav", 3.0)?[..30].to_vec(), 415),
    ];
    for (name, song, status) in cases {
        let reply = service.classify("", &song)?;
        let object = reply.json()?;
        let said = object["error"].as_str().is_some_and(|error| !error.is_empty());
        assert!(said && object["kind"].is_string(), "{name}: {object}");
        assert_eq!(reply.status, status, "{name}: {object}");
    }
    assert_eq!(service.classify("", &fs::read(example())?)?.status, 200);
    Ok(())
}

#[test]
fn strangers_are_kept_out() -> Outcome {
    let studio = Studio::new()?;
    let token = "a-token-of-enough-letters";
    fs::write(studio.path("token"), format!("{token}\n"))?;
    let path = studio.path("token").display().to_string();
    let service = Served::start(&["--workers", "1", "--token-file", &path])?;
    let authorization = format!("Bearer {token}");
    let cases = [
        ("/v1/genres", vec![], 401),
        ("/v1/genres", vec![("Authorization", authorization.as_str())], 200),
        ("/v1/genres", vec![("Authorization", "Bearer another-token-of-letters")], 401),
        ("/healthz", vec![("Host", "evil.example")], 403),
        ("/healthz", vec![("Origin", "http://evil.example")], 403),
        ("/healthz", vec![], 200),
        ("/nowhere", vec![], 404),
    ];
    for (path, headers, status) in cases {
        assert_eq!(service.ask("GET", path, &headers, b"")?.status, status, "{path} {headers:?}");
    }
    assert_eq!(service.ask("DELETE", "/healthz", &[], b"")?.status, 405);
    Ok(())
}

#[test]
fn wrong_usage_is_told_before_anything_listens() -> Outcome {
    let cases: [(&[&str], &str); 4] = [
        (
            &["--bind", "0.0.0.0:0", "--max-body", "600", "--upload-memory", "600"],
            "--worker-memory 1024 is too little",
        ),
        (&["--bind", "0.0.0.0:0"], "--token-file"),
        (&["--bind", "somewhere"], "expected an address and a port"),
        (&["--bind", "0", "--runs", "no/such/folder"], "there is no folder no/such/folder"),
    ];
    for (options, words) in cases {
        let refused = genrefold(&[&["serve"], options].concat())?;
        assert_eq!(refused.status.code(), Some(2), "{options:?}");
        assert!(text(&refused.stderr).contains(words), "{}", text(&refused.stderr));
    }
    Ok(())
}

#[test]
fn a_study_is_shown_while_it_trains_and_names_are_no_paths() -> Outcome {
    let studio = Studio::new()?;
    let config = format!("{}\n[study]\nprotocol = \"track\"\nfolds = 3\n", common::TINY);
    fs::write(studio.path("study.toml"), config)?;
    let path = |name: &str| studio.path(name).display().to_string();
    let run = |folds: &str| {
        let args = ["crossval", &path("study.toml"), "--data", &path("genres"), "-o", &path("runs/tiny")];
        genrefold(&[&args[..], &["--folds", folds, "--no-cache"]].concat())
    };
    let output = run("1")?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let service = Served::start(&["--workers", "1", "--runs", &path("runs")])?;
    let listed = service.get("/v1/runs")?.json()?;
    let shown = |run: &Value| (run["name"].clone(), run["folds_done"].clone(), run["folds_planned"].clone());
    assert_eq!(shown(&listed[0]), (json!("tiny"), json!(1), json!(3)), "{listed}");
    let detail = service.get("/v1/runs/tiny")?.json()?;
    assert_eq!(detail["folds"][0]["history"].as_array().map(Vec::len), Some(1), "{detail}");
    let report = service.get("/runs/tiny/report")?;
    assert!(report.text().contains("1 of 3 folds"), "{}", report.text());
    let tag = report.headers.get("etag").ok_or("no tag")?.clone();
    let again = |tag: &str| service.ask("GET", "/runs/tiny/report", &[("If-None-Match", tag)], b"");
    assert_eq!(again(&tag)?.status, 304);
    assert!(run("2")?.status.success());
    assert_eq!(again(&tag)?.status, 200);
    for name in ["other", "..", "%2e%2e", "..%2Fgenres", "%2Fetc", "tiny%2F..%2Ftiny"] {
        assert_eq!(service.get(&format!("/v1/runs/{name}"))?.status, 404, "{name}");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
mod hostile {
    use super::common::service::signal;
    use super::*;

    /// The only worker, which is not this one.
    fn worker(service: &Served, other_than: &[u32]) -> Outcome<u32> {
        for _ in 0..600 {
            if let [worker] = service.workers()?[..]
                && !other_than.contains(&worker)
            {
                return Ok(worker);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Err("no worker of its own comes up".into())
    }

    #[test]
    fn a_worker_that_hangs_is_replaced_and_its_song_is_refused() -> Outcome {
        let service = Served::start(&["--workers", "1", "--time-limit", "3"])?.ready()?;
        let song = fs::read(example())?;
        let first = worker(&service, &[])?;
        // Stopped, it hangs like one that a file has caught in a loop.
        signal(first, "STOP")?;
        let refused = service.classify("", &song)?;
        assert_eq!((refused.status, refused.json()?["kind"].clone()), (422, json!("too-long-to-decode")));
        worker(&service, &[first])?;
        let service = service.ready()?;
        assert_eq!(service.classify("", &song)?.status, 200);
        let metrics = service.get("/metrics")?.text();
        assert!(metrics.contains("genrefold_workers_replaced_total{reason=\"too-long\"} 1"), "{metrics}");
        Ok(())
    }

    #[test]
    fn a_worker_that_dies_is_replaced_and_takes_at_most_its_song_along() -> Outcome {
        let service = Served::start(&["--workers", "1"])?.ready()?;
        let song = fs::read(example())?;
        let first = worker(&service, &[])?;
        // Held, so that it has the song for certain when it dies.
        signal(first, "STOP")?;
        let waiting = service.send("POST", "/v1/classify", &[("Content-Type", "audio/wav")], &song)?;
        while !service.get("/metrics")?.text().contains("genrefold_workers_busy 1") {}
        signal(first, "KILL")?;
        let refused = read_reply(waiting)?;
        assert_eq!((refused.status, refused.json()?["kind"].clone()), (422, json!("worker-died")));
        // One that dies without a song costs nobody an answer.
        let second = worker(&service, &[first])?;
        let service = service.ready()?;
        signal(second, "KILL")?;
        worker(&service, &[first, second])?;
        assert_eq!(service.classify("", &song)?.status, 200);
        let metrics = service.get("/metrics")?.text();
        assert!(metrics.contains("genrefold_workers_replaced_total{reason=\"died\"} 2"), "{metrics}");
        Ok(())
    }

    #[test]
    fn beyond_the_queue_songs_are_refused_for_a_while() -> Outcome {
        let service = Served::start(&["--workers", "1", "--queue", "1", "--time-limit", "3"])?.ready()?;
        let song = fs::read(example())?;
        signal(worker(&service, &[])?, "STOP")?;
        let send = || service.send("POST", "/v1/classify", &[("Content-Type", "audio/wav")], &song);
        let waiting = [send()?, send()?];
        while !service.get("/metrics")?.text().contains("genrefold_places_taken 2") {}
        let refused = service.classify("", &song)?;
        assert_eq!((refused.status, refused.json()?["kind"].clone()), (503, json!("queue-full")));
        assert!(refused.headers.get("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()));
        let mut statuses: Vec<u16> =
            waiting.into_iter().map(|stream| Ok(read_reply(stream)?.status)).collect::<Outcome<_>>()?;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "one hangs with the worker, the other gets its successor");
        Ok(())
    }

    #[test]
    fn told_to_stop_it_finishes_what_it_took_and_its_log_holds_no_name() -> Outcome {
        let service = Served::start(&["--workers", "1"])?.ready()?;
        let held = worker(&service, &[])?;
        signal(held, "STOP")?;
        let headers = [("Content-Type", "multipart/form-data; boundary=limit")];
        let waiting = service.send("POST", "/v1/classify", &headers, &form(&fs::read(example())?))?;
        while !service.get("/metrics")?.text().contains("genrefold_workers_busy 1") {}
        signal(service.pid(), "TERM")?;
        while std::net::TcpStream::connect(service.address()).is_ok() {}
        signal(held, "CONT")?;
        let reply = read_reply(waiting)?;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let (log, code) = service.end()?;
        assert_eq!(code, Some(0), "{log}");
        let lines: Vec<Value> = log.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
        for expected in ["song", "request", "stopping", "stopped"] {
            assert!(events.contains(&expected), "{log}");
        }
        assert!(!log.contains("passwd"), "{log}");
        assert!(!Path::new(&format!("/proc/{held}")).exists(), "a worker outlives the service");
        Ok(())
    }

    #[test]
    fn odd_files_and_broken_ones_never_end_the_service() -> Outcome {
        let service = Served::start(&["--workers", "2", "--time-limit", "20"])?.ready()?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../genrefold/tests/fixtures/audio");
        for entry in fs::read_dir(folder)? {
            let (path, mut state) = (entry?.path(), 1u32);
            let whole = fs::read(&path)?;
            let mut flipped = whole.clone();
            for place in (0..flipped.len()).step_by(97) {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                flipped[place] ^= (state >> 24) as u8;
            }
            let half = whole[..whole.len() / 2].to_vec();
            for (name, song) in [("whole", whole), ("half", half), ("flipped", flipped)] {
                let reply = service.classify("?full=true", &song)?;
                assert!(
                    matches!(reply.status, 200 | 413 | 415 | 422),
                    "{name} {}: {}",
                    path.display(),
                    reply.text()
                );
            }
        }
        assert_eq!(service.get("/healthz")?.status, 200);
        assert_eq!(service.classify("", &fs::read(example())?)?.status, 200);
        Ok(())
    }
}
