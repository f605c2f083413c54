//! Where tensors lie, and the one stream of random numbers that the framework keeps there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::Device;

/// The processor's own backend, without gradients.
pub fn cpu() -> Device {
    Device::flex()
}

/// Whether tensors there can be taken by the project's own kernels.
pub fn is_cpu(device: &Device) -> bool {
    // Without graphics cards compiled in there is nothing else.
    cfg!(not(any(feature = "wgpu", feature = "cuda"))) || *device == Device::flex()
}

/// The framework draws initial weights and dropout from one stream per process. Whoever needs repeatable
/// draws holds this guard while drawing, so that two trainings in one process do not take turns at it.
pub struct RandomStream {
    device: Device,
    _alone: MutexGuard<'static, ()>,
}

impl RandomStream {
    /// Waits until nobody else draws. Weights are drawn on the processor, so that every device begins with the same.
    pub fn hold() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        RandomStream { device: cpu(), _alone: guard }
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
