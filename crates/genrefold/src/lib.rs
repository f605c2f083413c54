//! genrefold listens to music and says its genre.
//!
//! ```no_run
//! let classifier = genrefold::Classifier::embedded()?;
//! let answer = classifier.classify(std::path::Path::new("song.mp3"))?;
//! println!("{:?} {}", classifier.genres().name(answer.genre), answer.probabilities[answer.genre]);
//! # Ok::<(), genrefold::Error>(())
//! ```
//!
//! The modules stand in the order of the flow; see `ARCHITECTURE.md` for the picture.

// A library that prints cannot be used inside another program.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod error;
pub mod label;
pub mod files;
pub mod audio;
pub mod features;
pub mod evaluation;
pub mod results;
pub mod report;
pub mod model;
pub mod classifier;
pub mod answer;
pub mod dataset;
pub mod training;

pub use audio::{Audio, Limits, Source};
pub use classifier::{Classifier, Prediction};
pub use error::{Error, Result};
pub use features::FrontEnd;
pub use label::Genres;
pub use model::Model;
