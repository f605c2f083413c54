//! Which processor runs the network: the machine's own, or a graphics card.
//!
//! On the processor the project's own kernels run; on a graphics card those of the tensor framework, through what the
//! system offers (feature `wgpu`: Vulkan, Metal, DirectX 12) or through CUDA (`cuda`). A card that is not there is an
//! error, never a silent way back to the processor.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device, Transaction};

use super::device::cpu;
use crate::error::{Error, Result};

/// A processor to run on, as it is written: `cpu`, `gpu`, `gpu:1`, `gpu:software`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The machine's own processor.
    #[default]
    Cpu,
    /// The graphics card of this number, counted from 0.
    Gpu(usize),
    /// A graphics card that the processor imitates: slow, and good for trying.
    Software,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once(':') {
            None if text == "cpu" => Ok(Choice::Cpu),
            None if text == "gpu" => Ok(Choice::Gpu(0)),
            Some(("gpu", "software")) => Ok(Choice::Software),
            Some(("gpu", number)) => number.parse().map(Choice::Gpu).map_err(|_| expected()),
            _ => Err(expected()),
        }
    }
}

fn expected() -> String {
    "expected cpu, gpu, gpu:1 for the second graphics card, or gpu:software".into()
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Cpu => f.write_str("cpu"),
            Choice::Gpu(number) => write!(f, "gpu:{number}"),
            Choice::Software => f.write_str("gpu:software"),
        }
    }
}

/// A processor that is there.
#[derive(Debug, Clone)]
pub struct Processor {
    device: Device,
    choice: Choice,
    name: String,
}

impl Processor {
    /// The machine's own.
    pub fn cpu() -> Self {
        Processor { device: cpu(), choice: Choice::Cpu, name: "the processor".into() }
    }

    /// The one that is wished.
    ///
    /// # Errors
    /// [`Error::Device`] if it is not there, or if this build knows no graphics cards.
    pub fn open(choice: Choice) -> Result<Self> {
        let missing =
            |found: String, remedy: &'static str| Error::Device { asked: choice.to_string(), found, remedy };
        match choice {
            Choice::Cpu => Ok(Processor::cpu()),
            Choice::Gpu(_) | Choice::Software => {
                let (device, name) = cards::open(choice).map_err(|(found, remedy)| missing(found, remedy))?;
                Ok(Processor { device, choice, name })
            }
        }
    }

    /// Which one it is.
    pub fn choice(&self) -> Choice {
        self.choice
    }

    /// What it calls itself: "NVIDIA H100 80GB HBM3 through wgpu".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the machine's own.
    pub fn is_cpu(&self) -> bool {
        self.choice == Choice::Cpu
    }

    /// Its name, if it is a graphics card: what results are marked with.
    pub fn graphics_card(&self) -> Option<String> {
        (!self.is_cpu()).then(|| self.name.clone())
    }

    /// Where its tensors lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Waits for tensors of f32 and copies them here, all at once: every wait for a graphics card costs.
    ///
    /// # Errors
    /// [`Error::Device`] if it failed since it was last waited for: out of memory, taken away.
    pub(super) fn read(&self, tensors: Transaction) -> Result<Vec<Vec<f32>>> {
        let failed = |found: String| Error::Device {
            asked: self.choice.to_string(),
            found,
            remedy: "give it smaller batches, or compute with cpu",
        };
        let read = tensors.try_execute().map_err(|error| failed(error.to_string()))?;
        read.into_iter()
            .map(|data| data.try_into_vec().map_err(|error| failed(format!("{error:?}"))))
            .collect()
    }
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
mod cards {
    use burn::tensor::Device;

    use super::Choice;

    pub fn open(_: Choice) -> Result<(Device, String), (String, &'static str)> {
        Err(("a build without graphics cards".into(), "build it with --features wgpu, or compute with cpu"))
    }
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod cards {
    use burn::tensor::{Device, DeviceType};

    use super::Choice;

    struct Card {
        device: Device,
        /// The interface that it was found through.
        through: &'static str,
        /// Whether the processor imitates it.
        imitated: bool,
    }

    /// All that are there; those of CUDA first.
    fn all() -> Vec<Card> {
        let mut found = Vec::new();
        #[cfg(feature = "cuda")]
        found.extend(Device::enumerate(DeviceType::Cuda).into_vec().into_iter().map(|device| Card {
            device,
            through: "CUDA",
            imitated: false,
        }));
        #[cfg(feature = "wgpu")]
        found.extend(Device::enumerate(DeviceType::Wgpu).into_vec().into_iter().map(|device| Card {
            imitated: device == Device::wgpu(burn::tensor::DeviceKind::Cpu),
            device,
            through: "wgpu",
        }));
        found
    }

    pub fn open(choice: Choice) -> Result<(Device, String), (String, &'static str)> {
        let (imitations, cards): (Vec<Card>, Vec<Card>) = all().into_iter().partition(|card| card.imitated);
        let chosen = match choice {
            Choice::Gpu(number) => cards.get(number),
            Choice::Software => imitations.first(),
            Choice::Cpu => None,
        };
        let Some(Card { device, through, .. }) = chosen else {
            let cards = match cards.len() {
                0 => "no graphics card".into(),
                1 => "one graphics card, gpu:0".into(),
                count => format!("{count} graphics cards, gpu:0 to gpu:{}", count - 1),
            };
            let imitated = if imitations.is_empty() { "" } else { " and an imitated one, gpu:software" };
            return Err((cards + imitated, "install its driver, or compute with cpu"));
        };
        let name = device.identity().map_or("a graphics card".into(), |card| card.name);
        Ok((device.clone(), format!("{name} through {through}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_read_as_it_is_written() {
        for (text, choice) in [
            ("cpu", Choice::Cpu),
            ("gpu:0", Choice::Gpu(0)),
            ("gpu:7", Choice::Gpu(7)),
            ("gpu:software", Choice::Software),
        ] {
            assert_eq!(text.parse(), Ok(choice));
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!("gpu".parse(), Ok(Choice::Gpu(0)));
        for text in ["", "GPU", "gpu:", "gpu:-1", "cpu:0", "cuda"] {
            assert!(text.parse::<Choice>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_card_that_is_not_there_is_an_error_that_names_it() {
        let error = Processor::open(Choice::Gpu(99)).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("gpu:99") && error.contains("cpu"), "{error}");
    }
}
