//! Which processor computes, as it is written on the command line.

use clap::Args;
use genrefold::model::Processor;
use genrefold::model::processor::Choice;

#[derive(Debug, Args)]
pub struct DeviceArgs {
    /// What runs the network: cpu, gpu, gpu:1 for the second graphics card, or gpu:software. A card that is not
    /// there is an error
    #[arg(long = "device", value_name = "DEVICE", default_value_t = Choice::Cpu)]
    pub choice: Choice,
}

impl DeviceArgs {
    /// Opens it, and says which it is unless it is the processor.
    ///
    /// # Errors
    /// Those of [`Processor::open`].
    pub fn open(&self) -> genrefold::Result<Processor> {
        let processor = Processor::open(self.choice)?;
        if let Some(card) = processor.graphics_card() {
            eprintln!("Computing on {card}.");
        }
        Ok(processor)
    }

    /// The same for whoever will train, who is told when another training of the same seed comes out otherwise.
    ///
    /// # Errors
    /// As [`DeviceArgs::open`].
    pub fn open_to_train(&self) -> genrefold::Result<Processor> {
        let processor = self.open()?;
        if !processor.is_cpu() {
            eprintln!("Only the processor repeats a training to the byte; here the last digits will differ.");
        }
        Ok(processor)
    }
}
