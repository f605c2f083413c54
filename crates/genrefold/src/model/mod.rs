//! PICTURE -> SCORES: the network of the report, its weights and its file.
//!
//! Inside the model, activations are channels-last, `[batch, time, channels]`: see `kernels`.

pub mod config;
mod kernels;
mod layers;
mod norm;
mod passage;
mod start;
mod rglu;
mod transformer;
mod lstm;
mod network;
mod prepared;
mod engine;
pub mod weights;
pub mod arrays;
pub mod device;
pub mod processor;
pub mod input;
pub mod card;
mod artifact;
mod embedded;
mod product;

pub use arrays::Precision;
pub use artifact::{Model, short};
pub use card::Card;
pub use config::NetworkConfig;
pub use kernels::release as release_buffers;
pub use network::{Ends, Network, SCORES};
pub use passage::Passage;
pub use prepared::{Judged, positions};
pub use processor::Processor;
pub use product::Product;
