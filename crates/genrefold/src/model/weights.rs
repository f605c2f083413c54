//! A network's weights as plain named arrays: what is saved, loaded, averaged and stepped.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData, Transaction};

use super::network::Network;
use super::processor::Processor;
use crate::error::Result;

/// One weight array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its sizes, outermost first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

impl Array {
    /// Whether every value is a number: neither infinite nor NaN.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|value| value.is_finite())
    }
}

/// Arrays by name; a name is the path of fields, `blocks.0.first.weight`.
pub type Weights = BTreeMap<String, Array>;

/// The path of fields that a walk over the network stands at.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    /// Steps into a field of a container, as the framework announces it. Enum variants have no place in a
    /// name: a network has only one of them.
    fn enter(&mut self, name: &str, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    /// Steps out again.
    fn exit(&mut self, container: &str) {
        if !container.starts_with("Enum:") {
            self.0.pop();
        }
    }

    /// The array's name.
    fn name(&self) -> String {
        self.0.join(".")
    }
}

/// The values of a tensor, whatever it hangs on.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data();
    // Every parameter is f32: the network is built in no other type.
    data.try_into_vec().unwrap_or_default()
}

impl Network {
    /// A copy of all weights.
    ///
    /// # Errors
    /// [`crate::Error::Device`] if the graphics card that they lie on fails.
    pub fn weights(&self, processor: &Processor) -> Result<Weights> {
        self.collect(None, processor)
    }

    /// The gradient of each weight that has one, under the weight's name.
    ///
    /// # Errors
    /// As [`Network::weights`].
    pub fn gradients(&self, gradients: Gradients, processor: &Processor) -> Result<Weights> {
        self.collect(Some(gradients), processor)
    }

    fn collect(&self, gradients: Option<Gradients>, processor: &Processor) -> Result<Weights> {
        let (path, read) = (Path::default(), Transaction::default());
        let mut collect = Collect { path, gradients, found: Vec::new(), read };
        self.visit(&mut collect);
        let found = collect.found.into_iter().zip(processor.read(collect.read)?);
        Ok(found.map(|((name, shape), values)| (name, Array { shape, values })).collect())
    }

    /// Sets every weight.
    ///
    /// # Errors
    /// What does not fit, as (found, expected): a missing or surplus name, or another shape.
    pub fn with_weights(self, weights: &Weights) -> std::result::Result<Network, (String, String)> {
        let mut replace = Replace { path: Path::default(), weights, used: 0, misfit: None };
        let network = self.map(&mut replace);
        match replace.misfit {
            Some(misfit) => Err(misfit),
            None if replace.used != weights.len() => {
                Err((format!("{} arrays", weights.len()), format!("{} arrays", replace.used)))
            }
            None => Ok(network),
        }
    }
}

/// Takes every weight, or where there are gradients, every weight's gradient.
struct Collect {
    path: Path,
    gradients: Option<Gradients>,
    /// Names and shapes, in the order in which their values are read.
    found: Vec<(String, Vec<usize>)>,
    read: Transaction,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let taken = match &mut self.gradients {
            Some(gradients) => param.val().grad_remove(gradients),
            None => Some(param.val()),
        };
        if let Some(tensor) = taken {
            self.found.push((self.path.name(), tensor.dims().to_vec()));
            self.read = std::mem::take(&mut self.read).register(tensor);
        }
    }
}

struct Replace<'a> {
    path: Path,
    weights: &'a Weights,
    used: usize,
    misfit: Option<(String, String)>,
}

impl ModuleMapper for Replace<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.path.exit(container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let (id, old, mapper) = param.consume();
        let shape = old.dims();
        self.used += 1;
        let misfit = match self.weights.get(&name) {
            Some(array) if array.shape == shape && array.values.len() == shape.iter().product::<usize>() => {
                let data = TensorData::new(array.values.clone(), shape);
                let new = Tensor::from_data(data, &old.device());
                let new = if old.is_require_grad() { new.require_grad() } else { new };
                return Param::from_mapped_value(id, new, mapper);
            }
            Some(array) => (format!("array {name} of shape {:?}", array.shape), format!("shape {shape:?}")),
            None => (format!("no array {name}"), format!("one of shape {shape:?}")),
        };
        self.misfit.get_or_insert(misfit);
        Param::from_mapped_value(id, old, mapper)
    }
}
