//! The service as a process, and a client that knows just enough of HTTP.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::Outcome;

/// No answer of the tests' songs takes as long; a service that hangs fails its test instead of stopping it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service on a port of its own; it is killed when the test is done with it.
pub struct Served {
    child: Child,
    address: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Served {
    /// Starts `genrefold serve` on a free port with these arguments.
    pub fn start(args: &[impl AsRef<OsStr>]) -> Outcome<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_genrefold"));
        command.args(["serve", "--log", "json"]).args(args);
        if !args.iter().any(|arg| arg.as_ref() == "--bind") {
            command.args(["--bind", "127.0.0.1:0"]);
        }
        command
            .env_remove("GENREFOLD_TOKEN")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("genrefold listens on http://").unwrap_or_default().to_owned();
        let served = Served { child, address };
        if served.address.is_empty() {
            let (log, _) = served.end()?;
            return Err(format!("it does not listen: {log}").into());
        }
        Ok(served)
    }

    /// Waits until a worker is up.
    pub fn ready(self) -> Outcome<Self> {
        for _ in 0..600 {
            if self.get("/readyz")?.status == 200 {
                return Ok(self);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("no worker comes up".into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn get(&self, path: &str) -> Outcome<Reply> {
        self.ask("GET", path, &[], b"")
    }

    /// Posts a song as it is.
    pub fn classify(&self, query: &str, song: &[u8]) -> Outcome<Reply> {
        self.ask(
            "POST",
            &format!("/v1/classify{query}"),
            &[("Content-Type", "application/octet-stream")],
            song,
        )
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Outcome<Reply> {
        read_reply(self.send(method, path, headers, body)?)
    }

    /// Sends a request and leaves the answer to be read.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Outcome<TcpStream> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head += &format!("Host: {}\r\n", self.address);
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        Ok(stream)
    }

    /// Waits for its end; what it logged, and its exit code.
    pub fn end(mut self) -> Outcome<(String, Option<i32>)> {
        let mut log = String::new();
        self.child.stderr.take().ok_or("no log")?.read_to_string(&mut log)?;
        Ok((log, self.child.wait()?.code()))
    }

    /// Its workers' process numbers.
    #[cfg(target_os = "linux")]
    pub fn workers(&self) -> Outcome<Vec<u32>> {
        let mut workers = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            // A process may end while we look.
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            let after_name: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
            if after_name.first() != Some(&"Z") && after_name.get(1) == Some(&self.pid().to_string().as_str())
            {
                workers.push(pid);
            }
        }
        Ok(workers)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
#[cfg(unix)]
pub fn signal(pid: u32, name: &str) -> Outcome {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status()?;
    if sent.success() { Ok(()) } else { Err(format!("no signal for {pid}").into()) }
}

/// The answer to a request that was sent.
pub fn read_reply(mut stream: TcpStream) -> Outcome<Reply> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no answer")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let headers: HashMap<String, String> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let chunked = headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked");
    let body = if chunked { unchunked(rest)? } else { rest.to_vec() };
    Ok(Reply { status, headers, body })
}

fn unchunked(mut rest: &[u8]) -> Outcome<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").ok_or("a chunk without a length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end])?, 16)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + length).ok_or("a chunk that breaks off")?);
        rest = rest.get(end + 4 + length..).ok_or("a chunk without an end")?;
    }
}
