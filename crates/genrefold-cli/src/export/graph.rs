//! A graph under construction: every operation gives a value, known by its name.

use super::proto::{
    Attribute, Dimension, Element, Graph, Node, Shape, Size, Tensor, TensorType, Type, ValueInfo,
};

/// A value of the graph, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

/// Nodes and constants so far.
#[derive(Debug, Default)]
pub struct Builder {
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
}

impl Builder {
    /// The graph's input of this name.
    pub fn input(name: &str) -> Value {
        Value(name.into())
    }

    /// A constant array of these sizes, row-major.
    pub fn constant(&mut self, name: &str, dims: &[usize], values: &[f32]) -> Value {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.keep(name, dims, Element::F32, raw_data)
    }

    /// A constant row of whole numbers.
    pub fn whole(&mut self, name: &str, values: &[i64]) -> Value {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.keep(name, &[values.len()], Element::I64, raw_data)
    }

    fn keep(&mut self, name: &str, dims: &[usize], element: Element, raw_data: Vec<u8>) -> Value {
        let dims = dims.iter().map(|size| *size as i64).collect();
        self.constants.push(Tensor { dims, data_type: element as i32, name: name.into(), raw_data });
        Value(name.into())
    }

    /// An operation with one output.
    pub fn node(&mut self, op: &str, inputs: &[&Value], attributes: Vec<Attribute>) -> Value {
        let name = format!("{}_{}", op.to_lowercase(), self.nodes.len());
        let [value] = self.push(op, inputs, attributes, [name]);
        value
    }

    /// An operation whose output has a name of its own: an output of the graph.
    pub fn named(&mut self, name: &str, op: &str, inputs: &[&Value], attributes: Vec<Attribute>) -> Value {
        let [value] = self.push(op, inputs, attributes, [name.to_owned()]);
        value
    }

    /// Cuts a value along an axis into parts of these sizes.
    pub fn split<const N: usize>(&mut self, value: &Value, axis: i64, sizes: [usize; N]) -> [Value; N] {
        let number = self.nodes.len();
        let sizes = self.whole(&format!("sizes_{number}"), &sizes.map(|size| size as i64));
        let names = std::array::from_fn(|part| format!("split_{number}_{part}"));
        self.push("Split", &[value, &sizes], vec![Attribute::int("axis", axis)], names)
    }

    fn push<const N: usize>(
        &mut self,
        op: &str,
        inputs: &[&Value],
        attribute: Vec<Attribute>,
        outputs: [String; N],
    ) -> [Value; N] {
        self.nodes.push(Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: outputs.to_vec(),
            name: format!("{}_{}", op, self.nodes.len()),
            op_type: op.into(),
            attribute,
        });
        outputs.map(Value)
    }

    /// The axes of a value in another order.
    pub fn transpose(&mut self, value: &Value, order: &[i64]) -> Value {
        self.node("Transpose", &[value], vec![Attribute::ints("perm", order)])
    }

    /// The same values in another shape, where 0 leaves a size as it is and -1 is what is left.
    pub fn reshape(&mut self, value: &Value, shape: &[i64]) -> Value {
        let shape = self.whole(&format!("shape_{}", self.nodes.len()), shape);
        self.node("Reshape", &[value, &shape], vec![])
    }

    /// The graph, with its inputs and outputs: name and sizes of a clip.
    pub fn finish(self, name: &str, inputs: &[(&str, &[usize])], outputs: &[(&str, &[usize])]) -> Graph {
        let values = |all: &[(&str, &[usize])]| all.iter().map(|(name, sizes)| value(name, sizes)).collect();
        Graph {
            node: self.nodes,
            name: name.into(),
            initializer: self.constants,
            input: values(inputs),
            output: values(outputs),
        }
    }
}

/// `[clips, sizes..]` of f32.
fn value(name: &str, sizes: &[usize]) -> ValueInfo {
    let clips = Dimension { size: Some(Size::Named("clips".into())) };
    let fixed = sizes.iter().map(|size| Dimension { size: Some(Size::Fixed(*size as i64)) });
    let shape = Shape { dim: [clips].into_iter().chain(fixed).collect() };
    let tensor_type = TensorType { elem_type: Element::F32 as i32, shape: Some(shape) };
    ValueInfo { name: name.into(), r#type: Some(Type { tensor_type: Some(tensor_type) }) }
}
