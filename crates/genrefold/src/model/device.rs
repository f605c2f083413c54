//! Where tensors lie, and the one stream of random numbers that the framework keeps there.

use std::sync::{Mutex, PoisonError};

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

/// Calls `draw` while the framework's one stream of random numbers begins anew at `seed` and nobody else draws from
/// it, so that two trainings in one process do not take turns at it. Always on the processor: every device begins
/// with the same.
pub fn drawn_from<T>(seed: u64, draw: impl FnOnce(&Device) -> T) -> T {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let device = cpu();
    device.seed(seed);
    draw(&device)
}
