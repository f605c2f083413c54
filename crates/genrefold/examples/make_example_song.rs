//! Makes `assets/example.wav`, the song that the README classifies, byte for byte.
//!
//! ```sh
//! cargo run --release --example make_example_song -- crates/genrefold/assets/example.wav
//! ```

use std::path::PathBuf;

use genrefold::dataset::synthetic::{example, write_wav};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("give the path of the file to write")?);
    write_wav(&path, &example())?;
    Ok(())
}
