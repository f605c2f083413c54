//! Where the network computes, and the one stream of random numbers that the framework keeps there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::Device;

/// The processor's own backend, without gradients.
pub fn cpu() -> Device {
    Device::flex()
}

/// The framework draws initial weights and dropout from one stream per process. Whoever needs repeatable
/// draws holds this guard while drawing, so that two trainings in one process do not take turns at it.
pub struct RandomStream {
    device: Device,
    _alone: MutexGuard<'static, ()>,
}

impl RandomStream {
    /// Waits until nobody else draws.
    pub fn hold(device: &Device) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        RandomStream { device: device.clone(), _alone: guard }
    }

    /// Where the draws happen.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Starts the stream anew at `seed`.
    pub fn restart(&self, seed: u64) {
        self.device.seed(seed);
    }
}
