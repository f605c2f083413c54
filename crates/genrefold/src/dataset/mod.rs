//! WHICH SOUNDS: the songs to learn from, and which of them are held back to judge by.
//!
//! A [`Catalogue`] lists a folder of songs, one sub-folder for each genre. [`duplicates`] groups the tracks that
//! must not be torn apart: equal files, recordings that sound the same ([`similar`]), tracks of one artist
//! ([`artists`]). A [`Holdout`] splits tracks, never clips, into training and validation.
//! [`synthetic`] makes music from nothing, for tests and smoke runs.

pub mod artists;
pub mod catalogue;
pub mod duplicates;
pub mod gtzan;
pub mod holdout;
pub mod similar;
pub mod synthetic;

pub use catalogue::{Catalogue, ContentHash, Track};
pub use holdout::{Holdout, Side, holdout};
