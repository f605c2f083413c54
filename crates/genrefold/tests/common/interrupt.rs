//! An observer that asks to stop.

use std::sync::atomic::{AtomicUsize, Ordering};

use genrefold::dataset::Listener;
use genrefold::training::Observer;

/// Asks to stop after so many steps.
pub struct Interrupt {
    left: AtomicUsize,
}

impl Interrupt {
    /// After `steps` steps.
    pub fn after(steps: usize) -> Self {
        Interrupt { left: AtomicUsize::new(steps) }
    }
}

impl Listener for Interrupt {
    fn stop_requested(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Observer for Interrupt {
    fn step(&self, _loss: f64) {
        let _ =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1)));
    }
}
