//! Large arrays that are used again: what a step of training needs, the next one needs as well, and fresh memory
//! from the system costs more than many of the operations on it.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Arrays that nobody uses at the moment, by length.
static FREE: Mutex<BTreeMap<usize, Vec<Vec<f32>>>> = Mutex::new(BTreeMap::new());

/// Shorter arrays are not worth the lock.
const SHORTEST: usize = 1 << 10;

/// An array that goes back to the free ones when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Buffer(Vec<f32>);

impl Buffer {
    /// An array whose values are whatever stood there.
    pub(super) fn dirty(length: usize) -> Self {
        let found = match length {
            SHORTEST.. => free().get_mut(&length).and_then(Vec::pop),
            _ => None,
        };
        Buffer(found.unwrap_or_else(|| vec![0.0; length]))
    }

    /// Becomes an array of another length, if it is not that long already; its values are whatever stood there.
    pub(super) fn reshape(&mut self, length: usize) {
        if self.len() != length {
            *self = Self::dirty(length);
        }
    }

    /// Zeros.
    pub(super) fn zeros(length: usize) -> Self {
        let mut buffer = Self::dirty(length);
        buffer.fill(0.0);
        buffer
    }
}

/// A plain array of whatever stood there: for a tensor, which gives it back by [`give`].
pub(super) fn taken(length: usize) -> Vec<f32> {
    std::mem::take(&mut Buffer::dirty(length).0)
}

/// A plain array of zeros.
pub(super) fn zeros(length: usize) -> Vec<f32> {
    let mut values = taken(length);
    values.fill(0.0);
    values
}

/// A plain copy.
pub(super) fn copied(values: &[f32]) -> Vec<f32> {
    let mut copy = taken(values.len());
    copy.copy_from_slice(values);
    copy
}

/// Takes an array that nobody needs any more.
pub(super) fn give(values: Vec<f32>) {
    drop(Buffer(values));
}

fn free() -> std::sync::MutexGuard<'static, BTreeMap<usize, Vec<Vec<f32>>>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives all free arrays back to the system: after a training.
pub fn release() {
    free().clear();
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.len() >= SHORTEST {
            free().entry(self.0.len()).or_default().push(std::mem::take(&mut self.0));
        }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::dirty(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Buffer(values)
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_used_again_and_zeros_are_zeros() {
        let length = 123_457;
        let mut first = Buffer::zeros(length);
        first.fill(7.0);
        let place = first.as_ptr();
        drop(first);
        let second = Buffer::dirty(length);
        assert_eq!((second.as_ptr(), second[0]), (place, 7.0));
        drop(second);
        assert!(Buffer::zeros(length).iter().all(|value| *value == 0.0));
    }
}
