//! The network as a graph: picture in, logits, probabilities and embedding out.

use anyhow::{Context, Result, ensure};
use genrefold::Model;
use genrefold::model::config::{EncoderConfig, LstmConfig, NormKind, Tokens, TransformerConfig};
use genrefold::model::weights::{Array, Weights};

use super::graph::{Builder, Value};
use super::proto::{Attribute, Graph};

/// Added to a variance, as the network does.
const EPSILON: f32 = 1e-5;

/// The names of the graph's input and outputs.
pub const PICTURES: &str = "pictures";
pub const LOGITS: &str = "logits";
pub const PROBABILITIES: &str = "probabilities";
pub const EMBEDDINGS: &str = "embeddings";

/// The model's graph.
///
/// # Errors
/// Weights that are not those of the settings, which no loaded model has.
pub fn graph(model: &Model) -> Result<Graph> {
    let mut plan = Plan { graph: Builder::default(), weights: model.weights() };
    let (card, ends) = (&model.card, model.card.ends());
    let pictures = plan.normalised(model);
    let mut x = plan.conv("stem", &pictures)?.0;
    let mut width = card.network.channels[0];
    for (block, outputs) in card.network.channels[1..].iter().enumerate() {
        x = plan.block(&format!("blocks.{block}"), &x, [width, *outputs], card.network.norm)?;
        width = *outputs;
    }
    let moments = card.network.moments(ends.columns);
    let (encoded, width) = match &card.network.encoder {
        EncoderConfig::Transformer(config) => (plan.transformer(&x, moments, width, config)?, width),
        EncoderConfig::Lstm(config) => plan.lstm(&x, width, config)?,
    };
    let mut x = plan.summary(&encoded);
    for layer in 0..card.network.dense.len() {
        x = plan.dense(&format!("dense.{layer}"), &x)?;
        x = plan.graph.node("Relu", &[&x], vec![]);
    }
    let temperature = card.calibration.as_ref().map_or(1.0, |calibration| calibration.temperature);
    plan.scores(&x, temperature as f32)?;
    let outputs: [(&str, &[usize]); 3] =
        [(LOGITS, &[ends.genres]), (PROBABILITIES, &[ends.genres]), (EMBEDDINGS, &[2 * width])];
    Ok(plan.graph.finish("genrefold", &[(PICTURES, &[ends.rows, ends.columns])], &outputs))
}

/// The graph so far, and the weights that it is made of.
struct Plan<'a> {
    graph: Builder,
    weights: &'a Weights,
}

impl Plan<'_> {
    fn array(&self, name: &str) -> Result<&Array> {
        self.weights.get(name).with_context(|| format!("the model has no array {name}"))
    }

    /// An array as it stands.
    fn given(&mut self, name: &str) -> Result<Value> {
        let Array { shape, values } = self.array(name)?.clone();
        Ok(self.graph.constant(name, &shape, &values))
    }

    /// `(pictures - mean) / deviation`, row by row.
    fn normalised(&mut self, model: &Model) -> Value {
        let normalisation = model.normalisation();
        let rows = [normalisation.mean.len(), 1];
        let mean = self.graph.constant("input.mean", &rows, &normalisation.mean);
        let deviation = self.graph.constant("input.deviation", &rows, &normalisation.deviation);
        let centred = self.graph.node("Sub", &[&Builder::input(PICTURES), &mean], vec![]);
        self.graph.node("Div", &[&centred, &deviation], vec![])
    }

    /// Convolution of kernel 3 over `[clips, channels, time]`, and how many channels come out.
    fn conv(&mut self, name: &str, x: &Value) -> Result<(Value, usize)> {
        let Array { shape, values } = self.array(&format!("{name}.weight"))?;
        let (inputs, outputs) = (shape[0] / 3, shape[1]);
        // [3 in, out], row tap * in + channel, to [out, in, 3].
        let at = |index: usize| {
            let (output, input, tap) = (index / (3 * inputs), index / 3 % inputs, index % 3);
            values[(tap * inputs + input) * outputs + output]
        };
        let turned: Vec<f32> = (0..values.len()).map(at).collect();
        let weight = self.graph.constant(&format!("{name}.weight"), &[outputs, inputs, 3], &turned);
        let bias = self.given(&format!("{name}.bias"))?;
        let attributes = vec![Attribute::ints("kernel_shape", &[3]), Attribute::ints("pads", &[1, 1])];
        Ok((self.graph.node("Conv", &[x, &weight, &bias], attributes), outputs))
    }

    /// `Y = [X +] A * sigmoid(G)` (report, equation 1).
    fn gated(&mut self, name: &str, x: &Value, inputs: usize) -> Result<Value> {
        let (both, columns) = self.conv(name, x)?;
        let [a, g] = self.graph.split(&both, 1, [columns / 2; 2]);
        let open = self.graph.node("Sigmoid", &[&g], vec![]);
        let y = self.graph.node("Mul", &[&a, &open], vec![]);
        Ok(if inputs == columns / 2 { self.graph.node("Add", &[x, &y], vec![]) } else { y })
    }

    fn block(
        &mut self,
        name: &str,
        x: &Value,
        [inputs, outputs]: [usize; 2],
        norm: NormKind,
    ) -> Result<Value> {
        let x = self.gated(&format!("{name}.first"), x, inputs)?;
        let x = self.gated(&format!("{name}.second"), &x, outputs)?;
        let pairs = vec![Attribute::ints("kernel_shape", &[2]), Attribute::ints("strides", &[2])];
        let x = self.graph.node("MaxPool", &[&x], pairs);
        let name = format!("{name}.norm");
        Ok(match norm {
            NormKind::None => x,
            NormKind::Layer => {
                let x = self.graph.transpose(&x, &[0, 2, 1]);
                let x = self.norm(&name, &x)?;
                self.graph.transpose(&x, &[0, 2, 1])
            }
            NormKind::Batch => {
                let [gamma, beta, mean, variance] = ["gamma", "beta", "mean", "variance"];
                let mut given = |field: &str| self.given(&format!("{name}.{field}"));
                let (gamma, beta, mean, variance) =
                    (given(gamma)?, given(beta)?, given(mean)?, given(variance)?);
                let epsilon = vec![Attribute::float("epsilon", EPSILON)];
                self.graph.node("BatchNormalization", &[&x, &gamma, &beta, &mean, &variance], epsilon)
            }
        })
    }

    /// Layer normalisation of the last axis.
    fn norm(&mut self, name: &str, x: &Value) -> Result<Value> {
        let (gamma, beta) = (self.given(&format!("{name}.gamma"))?, self.given(&format!("{name}.beta"))?);
        let attributes = vec![Attribute::int("axis", -1), Attribute::float("epsilon", EPSILON)];
        Ok(self.graph.node("LayerNormalization", &[x, &gamma, &beta], attributes))
    }

    /// `x W + b` over the last axis.
    fn dense(&mut self, name: &str, x: &Value) -> Result<Value> {
        let (weight, bias) = (self.given(&format!("{name}.weight"))?, self.given(&format!("{name}.bias"))?);
        let product = self.graph.node("MatMul", &[x, &weight], vec![]);
        Ok(self.graph.node("Add", &[&product, &bias], vec![]))
    }

    /// `[clips, channels, time]` through the encoder to `[clips, time, channels]`.
    fn transformer(
        &mut self,
        x: &Value,
        moments: usize,
        channels: usize,
        config: &TransformerConfig,
    ) -> Result<Value> {
        let over_time = config.tokens == Tokens::Time;
        let (tokens, width) = if over_time { (moments, channels) } else { (channels, moments) };
        let x = if over_time { self.graph.transpose(x, &[0, 2, 1]) } else { x.clone() };
        let positions = genrefold::model::positions(tokens, width);
        let positions = self.graph.constant("positions", &[tokens, width], &positions);
        let mut x = self.graph.node("Add", &[&x, &positions], vec![]);
        for layer in 0..config.layers {
            x = self.layer(&format!("encoder.layers.{layer}"), &x, tokens, config)?;
        }
        Ok(if over_time { x } else { self.graph.transpose(&x, &[0, 2, 1]) })
    }

    fn layer(&mut self, name: &str, x: &Value, tokens: usize, config: &TransformerConfig) -> Result<Value> {
        let (first, second) = (format!("{name}.attention_norm"), format!("{name}.feed_forward_norm"));
        if config.norm_first {
            let inner = self.norm(&first, x)?;
            let attended = self.attention(name, &inner, tokens, config.heads)?;
            let x = self.graph.node("Add", &[x, &attended], vec![]);
            let inner = self.norm(&second, &x)?;
            let fed = self.feed_forward(name, &inner)?;
            return Ok(self.graph.node("Add", &[&x, &fed], vec![]));
        }
        let attended = self.attention(name, x, tokens, config.heads)?;
        let x = self.graph.node("Add", &[x, &attended], vec![]);
        let x = self.norm(&first, &x)?;
        let fed = self.feed_forward(name, &x)?;
        let x = self.graph.node("Add", &[&x, &fed], vec![]);
        self.norm(&second, &x)
    }

    fn feed_forward(&mut self, name: &str, x: &Value) -> Result<Value> {
        let inner = self.dense(&format!("{name}.inner"), x)?;
        let inner = self.graph.node("Relu", &[&inner], vec![]);
        self.dense(&format!("{name}.outer"), &inner)
    }

    /// `softmax(Q K^T / sqrt(w)) V` for each head of width `w`, and the projection back.
    fn attention(&mut self, name: &str, x: &Value, tokens: usize, heads: usize) -> Result<Value> {
        let name = format!("{name}.attention");
        let all = self.array(&format!("{name}.project.weight"))?.shape[1] / 3;
        ensure!(all.is_multiple_of(heads), "heads of the array {name}.project");
        let (width, shape) = (all / heads, [0, tokens as i64, heads as i64, (all / heads) as i64]);
        let projected = self.dense(&format!("{name}.project"), x)?;
        let [q, k, v] = self.graph.split(&projected, 2, [all; 3]);
        let [q, k, v] = [q, k, v].map(|part| self.graph.reshape(&part, &shape));
        let q = self.graph.transpose(&q, &[0, 2, 1, 3]);
        let k = self.graph.transpose(&k, &[0, 2, 3, 1]);
        let v = self.graph.transpose(&v, &[0, 2, 1, 3]);
        let scores = self.graph.node("MatMul", &[&q, &k], vec![]);
        let scale = self.graph.constant(&format!("{name}.scale"), &[], &[1.0 / (width as f32).sqrt()]);
        let scores = self.graph.node("Mul", &[&scores, &scale], vec![]);
        let weights = self.graph.node("Softmax", &[&scores], vec![Attribute::int("axis", -1)]);
        let context = self.graph.node("MatMul", &[&weights, &v], vec![]);
        let context = self.graph.transpose(&context, &[0, 2, 1, 3]);
        let context = self.graph.reshape(&context, &[0, tokens as i64, all as i64]);
        self.dense(&format!("{name}.output"), &context)
    }

    /// `[clips, channels, time]` through the recurrence to `[clips, time, width]`, and the width.
    fn lstm(&mut self, x: &Value, inputs: usize, config: &LstmConfig) -> Result<(Value, usize)> {
        let directions: &[&str] = if config.bidirectional {
            &["encoder.forward", "encoder.backward"]
        } else {
            &["encoder.forward"]
        };
        let (hidden, count) = (config.hidden, directions.len());
        let (mut input, mut recurrent, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        for name in directions {
            input.extend(gates(&self.array(&format!("{name}.input"))?.values, hidden));
            recurrent.extend(gates(&self.array(&format!("{name}.recurrent"))?.values, hidden));
            bias.extend(gates(&self.array(&format!("{name}.bias"))?.values, hidden));
            // The format's second bias.
            bias.extend(std::iter::repeat_n(0.0, 4 * hidden));
        }
        let input = self.graph.constant("encoder.input", &[count, 4 * hidden, inputs], &input);
        let recurrent = self.graph.constant("encoder.recurrent", &[count, 4 * hidden, hidden], &recurrent);
        let bias = self.graph.constant("encoder.bias", &[count, 8 * hidden], &bias);
        let x = self.graph.transpose(x, &[2, 0, 1]);
        let direction = if count == 2 { "bidirectional" } else { "forward" };
        let attributes =
            vec![Attribute::int("hidden_size", hidden as i64), Attribute::string("direction", direction)];
        // [time, directions, clips, hidden]
        let states = self.graph.node("LSTM", &[&x, &input, &recurrent, &bias], attributes);
        let states = self.graph.transpose(&states, &[2, 0, 1, 3]);
        let width = count * hidden;
        Ok((self.graph.reshape(&states, &[0, 0, width as i64]), width))
    }

    /// Average and maximum over time: the embedding.
    fn summary(&mut self, x: &Value) -> Value {
        let over_time = || vec![Attribute::ints("axes", &[1]), Attribute::int("keepdims", 0)];
        let mean = self.graph.node("ReduceMean", &[x], over_time());
        let most = self.graph.node("ReduceMax", &[x], over_time());
        self.graph.named(EMBEDDINGS, "Concat", &[&mean, &most], vec![Attribute::int("axis", 1)])
    }

    /// Logits, and the probabilities of a calibrated answer.
    fn scores(&mut self, x: &Value, temperature: f32) -> Result<()> {
        let (weight, bias) = (self.given("scores.weight")?, self.given("scores.bias")?);
        let product = self.graph.node("MatMul", &[x, &weight], vec![]);
        let logits = self.graph.named(LOGITS, "Add", &[&product, &bias], vec![]);
        let temperature = self.graph.constant("temperature", &[], &[temperature]);
        let cooled = self.graph.node("Div", &[&logits, &temperature], vec![]);
        self.graph.named(PROBABILITIES, "Softmax", &[&cooled], vec![Attribute::int("axis", -1)]);
        Ok(())
    }
}

/// `[in, 4 hidden]` with gates i, f, g, o to the format's `[4 hidden, in]` with gates i, o, f, g.
fn gates(values: &[f32], hidden: usize) -> Vec<f32> {
    let columns = 4 * hidden;
    let rows = values.len() / columns.max(1);
    let order = [0, 3, 1, 2].into_iter().flat_map(|gate| gate * hidden..(gate + 1) * hidden);
    order.flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}
