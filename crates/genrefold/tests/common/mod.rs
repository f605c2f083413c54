//! Shared by the tests.

pub mod npy;
