//! WHICH SOUNDS: the songs to learn from, and which of them are held back to judge by.
//!
//! A [`Catalogue`] lists a folder of songs, one sub-folder for each genre. [`duplicates`] groups the tracks that
//! must not be torn apart: equal files, recordings that sound the same ([`similar`]), tracks of one artist
//! ([`artists`]). A [`Holdout`] splits tracks, never clips, into training and validation, and [`Folds`] are the
//! splits of a study. A [`Store`] holds the tracks' spectrograms, from a [`Cache`] on the disk where it can.
//! [`synthetic`] makes music from nothing, for tests and smoke runs.

pub mod artists;
pub mod cache;
pub mod catalogue;
pub mod duplicates;
pub mod folds;
pub mod gtzan;
pub mod holdout;
mod role;
pub mod similar;
pub mod store;
pub mod survey;
pub mod synthetic;

pub use cache::Cache;
pub use catalogue::{Catalogue, ContentHash, Track};
pub use folds::{Folds, Songs};
pub use holdout::{Holdout, Side, holdout};
pub use role::Role;
pub use store::{ClipAt, Listener, Reading, Store};
pub use survey::Survey;
