//! The encoder in use: transformer layers or a recurrence over the convolution stack's moments.

use std::f64::consts::LN_10;

use super::super::config::Tokens;
use super::super::kernels::inference::{Dense, Lstm, Order, Padded, attend, normalise};

/// What stands between the convolution stack and the decoder.
#[derive(Debug, Clone)]
// One network holds one encoder: nothing is gained by boxing the larger variant.
#[allow(clippy::large_enum_variant)]
pub(super) enum Encoder {
    Transformer { tokens: Tokens, positions: Vec<f32>, layers: Vec<Layer> },
    Recurrent { ahead: Lstm, behind: Option<Lstm> },
}

/// One layer of a transformer encoder.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub project: Dense,
    pub output: Dense,
    pub inner: Dense,
    pub outer: Dense,
    pub attention_norm: Norm,
    pub feed_forward_norm: Norm,
    pub heads: usize,
    pub norm_first: bool,
}

/// Layer normalisation.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

/// Sine and cosine of each position, alternating (Vaswani et al. 2017, §3.5): `[tokens, width]`.
pub fn positions(tokens: usize, width: usize) -> Vec<f32> {
    let angle =
        |token: usize, pair: usize| token as f64 * (-4.0 * LN_10 * 2.0 * pair as f64 / width as f64).exp();
    let value = |token: usize, index: usize| match index % 2 {
        0 => angle(token, index / 2).sin() as f32,
        _ => angle(token, index / 2).cos() as f32,
    };
    (0..tokens).flat_map(|token| (0..width).map(move |index| value(token, index))).collect()
}

impl Encoder {
    /// Moments `[clips, time, width]`, and how many there are of a clip.
    pub(super) fn forward(&self, x: Padded) -> (Vec<f32>, usize) {
        let (time, channels) = (x.time, x.width);
        let rows: Vec<f32> = x.each().flatten().copied().collect();
        match self {
            Encoder::Recurrent { ahead, behind } => {
                let forward = ahead.states(&rows, time, channels, Order::Ahead);
                let Some(behind) = behind else { return (forward, time) };
                let backward = behind.states(&rows, time, channels, Order::Behind);
                let (a, b) = (ahead.hidden(), behind.hidden());
                let pairs = forward.chunks_exact(a).zip(backward.chunks_exact(b));
                (pairs.flat_map(|(forward, backward)| [forward, backward].concat()).collect(), time)
            }
            Encoder::Transformer { tokens: Tokens::Time, positions, layers } => {
                (transform(rows, positions, layers, channels), time)
            }
            Encoder::Transformer { tokens: Tokens::Channel, positions, layers } => {
                let turned = transform(turn(&rows, time, channels), positions, layers, time);
                (turn(&turned, channels, time), time)
            }
        }
    }
}

/// Exchanges the last two axes of `[clips, rows, columns]`.
fn turn(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = vec![0.0; values.len()];
    let each = (rows * columns).max(1);
    for (to, from) in turned.chunks_exact_mut(each).zip(values.chunks_exact(each)) {
        for (row, line) in from.chunks_exact(columns).enumerate() {
            line.iter().enumerate().for_each(|(column, value)| to[column * rows + row] = *value);
        }
    }
    turned
}

/// All encoder layers over tokens of `width` values.
fn transform(mut x: Vec<f32>, positions: &[f32], layers: &[Layer], width: usize) -> Vec<f32> {
    x.chunks_exact_mut(positions.len().max(1)).for_each(|clip| add(clip, positions));
    let tokens = positions.len() / width.max(1);
    layers.iter().for_each(|layer| layer.forward(&mut x, tokens));
    x
}

fn add(to: &mut [f32], values: &[f32]) {
    to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
}

impl Layer {
    fn forward(&self, x: &mut [f32], tokens: usize) {
        if self.norm_first {
            let attended = self.attend(&self.attention_norm.of(x), tokens);
            add(x, &attended);
            let fed = self.feed_forward(&self.feed_forward_norm.of(x));
            add(x, &fed);
        } else {
            let attended = self.attend(x, tokens);
            add(x, &attended);
            self.attention_norm.apply(x);
            let fed = self.feed_forward(x);
            add(x, &fed);
            self.feed_forward_norm.apply(x);
        }
    }

    fn attend(&self, x: &[f32], tokens: usize) -> Vec<f32> {
        self.output.apply(&attend(&self.project.apply(x), tokens, self.heads, self.project.outputs() / 3))
    }

    fn feed_forward(&self, x: &[f32]) -> Vec<f32> {
        self.outer.apply(&self.inner.apply(x))
    }
}

impl Norm {
    fn apply(&self, rows: &mut [f32]) {
        normalise(rows, &self.gamma, &self.beta);
    }

    fn of(&self, rows: &[f32]) -> Vec<f32> {
        let mut rows = rows.to_vec();
        self.apply(&mut rows);
        rows
    }
}
