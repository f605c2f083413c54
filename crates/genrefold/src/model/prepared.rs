//! The network in use: weights laid out for the products once, clips judged in groups, no graph, no tensor.

use std::f64::consts::LN_10;
use std::ops::Range;

use rayon::prelude::*;

use super::config::{EncoderConfig, LstmConfig, NetworkConfig, Tokens, TransformerConfig};
use super::kernels::inference::{
    Activation, Conv, Dense, Gated, Lstm, Order, Padded, attend, normalise, summarise,
};
use super::network::Ends;
use super::weights::{Array, Weights};

/// A network ready to judge; the same numbers as [`super::Network`]'s within f32's rounding.
#[derive(Debug, Clone)]
pub struct Prepared {
    ends: Ends,
    stem: Conv,
    blocks: Vec<[Gated; 2]>,
    encoder: Encoder,
    dense: Vec<Dense>,
}

#[derive(Debug, Clone)]
enum Encoder {
    Transformer { tokens: Tokens, positions: Vec<f32>, layers: Vec<Layer> },
    Recurrent { ahead: Lstm, behind: Option<Lstm> },
}

/// One layer of a transformer encoder.
#[derive(Debug, Clone)]
struct Layer {
    project: Dense,
    output: Dense,
    inner: Dense,
    outer: Dense,
    attention_norm: Norm,
    feed_forward_norm: Norm,
    heads: usize,
    norm_first: bool,
}

#[derive(Debug, Clone)]
struct Norm {
    gamma: Vec<f32>,
    beta: Vec<f32>,
}

/// What does not fit, as (found, expected).
type Misfit = (String, String);

/// Takes arrays by name and shape.
struct Taker<'a> {
    weights: &'a Weights,
    used: usize,
}

impl<'a> Taker<'a> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<&'a [f32], Misfit> {
        self.used += 1;
        match self.weights.get(name) {
            Some(Array { shape: found, values }) if found == shape => Ok(values),
            Some(array) => {
                Err((format!("array {name} of shape {:?}", array.shape), format!("shape {shape:?}")))
            }
            None => Err((format!("no array {name}"), format!("one of shape {shape:?}"))),
        }
    }

    /// `name.weight [rows, columns]` and `name.bias [columns]`.
    fn layer(&mut self, name: &str, rows: usize, columns: usize) -> Result<[&'a [f32]; 2], Misfit> {
        let weight = self.take(&format!("{name}.weight"), &[rows, columns])?;
        Ok([weight, self.take(&format!("{name}.bias"), &[columns])?])
    }

    fn dense(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        activation: Activation,
    ) -> Result<Dense, Misfit> {
        let [weight, bias] = self.layer(name, inputs, outputs)?;
        Ok(Dense::of(weight, bias, activation))
    }

    fn gated(&mut self, name: &str, inputs: usize, channels: usize) -> Result<Gated, Misfit> {
        let [weight, bias] = self.layer(name, 3 * inputs, 2 * channels)?;
        Ok(Gated::of(weight, bias))
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm, Misfit> {
        let gamma = self.take(&format!("{name}.gamma"), &[width])?.to_vec();
        Ok(Norm { gamma, beta: self.take(&format!("{name}.beta"), &[width])?.to_vec() })
    }

    fn lstm(&mut self, name: &str, inputs: usize, hidden: usize) -> Result<Lstm, Misfit> {
        let input = self.take(&format!("{name}.input"), &[inputs, 4 * hidden])?;
        let recurrent = self.take(&format!("{name}.recurrent"), &[hidden, 4 * hidden])?;
        let bias = self.take(&format!("{name}.bias"), &[4 * hidden])?;
        Ok(Lstm::of(input, recurrent, bias))
    }

    fn encoder_layer(
        &mut self,
        name: &str,
        width: usize,
        config: &TransformerConfig,
    ) -> Result<Layer, Misfit> {
        let all_heads = width.div_ceil(config.heads) * config.heads;
        let of = |part: &str| format!("{name}.{part}");
        Ok(Layer {
            project: self.dense(&of("attention.project"), width, 3 * all_heads, Activation::Linear)?,
            output: self.dense(&of("attention.output"), all_heads, width, Activation::Linear)?,
            inner: self.dense(&of("inner"), width, config.feed_forward, Activation::Relu)?,
            outer: self.dense(&of("outer"), config.feed_forward, width, Activation::Linear)?,
            attention_norm: self.norm(&of("attention_norm"), width)?,
            feed_forward_norm: self.norm(&of("feed_forward_norm"), width)?,
            heads: config.heads,
            norm_first: config.norm_first,
        })
    }

    fn encoder(&mut self, config: &NetworkConfig, columns: usize) -> Result<(Encoder, usize), Misfit> {
        let (channels, moments) = (config.channels.last().copied().unwrap_or(0), config.moments(columns));
        match &config.encoder {
            EncoderConfig::Lstm(LstmConfig { hidden, bidirectional }) => {
                let ahead = self.lstm("encoder.forward", channels, *hidden)?;
                let behind = match bidirectional {
                    true => Some(self.lstm("encoder.backward", channels, *hidden)?),
                    false => None,
                };
                let width = if *bidirectional { 2 * hidden } else { *hidden };
                Ok((Encoder::Recurrent { ahead, behind }, width))
            }
            EncoderConfig::Transformer(transformer) => {
                let (count, width) = match transformer.tokens {
                    Tokens::Time => (moments, channels),
                    Tokens::Channel => (channels, moments),
                };
                let layers = (0..transformer.layers)
                    .map(|layer| self.encoder_layer(&format!("encoder.layers.{layer}"), width, transformer))
                    .collect::<Result<_, _>>()?;
                let positions = positions(count, width);
                Ok((Encoder::Transformer { tokens: transformer.tokens, positions, layers }, channels))
            }
        }
    }
}

/// Sine and cosine of each position, alternating (Vaswani et al. 2017, §3.5): `[tokens, width]`.
fn positions(tokens: usize, width: usize) -> Vec<f32> {
    let angle =
        |token: usize, pair: usize| token as f64 * (-4.0 * LN_10 * 2.0 * pair as f64 / width as f64).exp();
    let value = |token: usize, index: usize| match index % 2 {
        0 => angle(token, index / 2).sin() as f32,
        _ => angle(token, index / 2).cos() as f32,
    };
    (0..tokens).flat_map(|token| (0..width).map(move |index| value(token, index))).collect()
}

impl Prepared {
    /// Lays the weights out.
    ///
    /// # Errors
    /// What does not fit, as (found, expected): a missing or surplus name, or another shape.
    pub fn new(config: &NetworkConfig, ends: Ends, weights: &Weights) -> Result<Self, (String, String)> {
        let mut taker = Taker { weights, used: 0 };
        let [weight, bias] = taker.layer("stem", 3 * ends.rows, config.channels[0])?;
        let stem = Conv::of(weight, bias);
        let blocks = config
            .channels
            .windows(2)
            .enumerate()
            .map(|(block, pair)| {
                let first = taker.gated(&format!("blocks.{block}.first"), pair[0], pair[1])?;
                Ok([first, taker.gated(&format!("blocks.{block}.second"), pair[1], pair[1])?])
            })
            .collect::<Result<_, Misfit>>()?;
        let (encoder, width) = taker.encoder(config, ends.columns)?;
        let mut width = 2 * width;
        let mut dense = Vec::with_capacity(config.dense.len() + 1);
        for (number, &next) in config.dense.iter().enumerate() {
            dense.push(taker.dense(&format!("dense.{number}"), width, next, Activation::Relu)?);
            width = next;
        }
        dense.push(taker.dense("scores", width, ends.genres, Activation::Linear)?);
        if taker.used != weights.len() {
            return Err((format!("{} arrays", weights.len()), format!("{} arrays", taker.used)));
        }
        Ok(Prepared { ends, stem, blocks, encoder, dense })
    }

    /// Logits `[clips, genres]` of `clips` pictures; `fill(clip, moments)` writes one as `[columns, rows]`.
    ///
    /// The answer to a picture does not depend on the others.
    pub fn logits(&self, clips: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
        let (genres, workers) = (self.ends.genres, rayon::current_num_threads());
        let group = group(clips, workers);
        let mut logits = vec![0.0; clips * genres];
        logits.par_chunks_mut((group * genres).max(1)).enumerate().for_each(|(number, logits)| {
            let first = number * group;
            let local = match clips {
                1 if workers > 1 => self.local_in_windows(workers, |moments| fill(0, moments)),
                _ => self.local(first..first + logits.len() / genres, &fill),
            };
            self.decode(self.encoder.forward(local), logits);
        });
        logits
    }

    /// What the convolution stack makes of some clips.
    fn local(&self, clips: Range<usize>, fill: &(impl Fn(usize, &mut [f32]) + Sync)) -> Padded {
        let Ends { rows, columns, .. } = self.ends;
        let mut picture = Padded::new(1, columns, rows);
        let mut pooled = Padded::new(clips.len(), columns / 2, self.blocks[0][1].channels());
        // The first block's activations are the largest: one clip's stay in the cache.
        for (clip, pooled) in clips.zip(pooled.each_mut()) {
            picture.each_mut().for_each(|moments| fill(clip, moments));
            self.first_block(&picture, pooled);
        }
        self.other_blocks(pooled)
    }

    /// From one picture, or a window of it, to the first block's moments.
    fn first_block(&self, picture: &Padded, pooled: &mut [f32]) {
        let [first, second] = &self.blocks[0];
        let (mut x, mut middle) = (Padded::new(0, 0, 1), Padded::new(0, 0, 1));
        self.stem.forward(picture, &mut x);
        first.forward(&x, &mut middle);
        second.forward(&middle, &mut x);
        x.pool_into(pooled);
    }

    fn other_blocks(&self, mut pooled: Padded) -> Padded {
        let (mut x, mut middle) = (Padded::new(0, 0, 1), Padded::new(0, 0, 1));
        for [first, second] in &self.blocks[1..] {
            first.forward(&pooled, &mut middle);
            second.forward(&middle, &mut x);
            pooled = x.pooled();
        }
        pooled
    }

    /// The same for one clip by several workers: each takes a window of its moments, and as much beside it as the
    /// convolutions see.
    fn local_in_windows(&self, workers: usize, fill: impl Fn(&mut [f32])) -> Padded {
        let Ends { rows, columns, .. } = self.ends;
        let mut picture = vec![0.0; columns * rows];
        fill(&mut picture);
        let found: Vec<Vec<f32>> = windows(columns, self.blocks.len(), workers)
            .into_par_iter()
            .map(|Window { columns, moments }| {
                let window =
                    Padded::of(&picture[columns.start * rows..columns.end * rows], columns.len(), rows);
                let mut pooled = Padded::new(1, columns.len() / 2, self.blocks[0][1].channels());
                pooled.each_mut().for_each(|pooled| self.first_block(&window, pooled));
                let found = self.other_blocks(pooled);
                let (width, first) = (found.width, columns.start >> self.blocks.len());
                let all: Vec<f32> = found.each().flatten().copied().collect();
                all[(moments.start - first) * width..(moments.end - first) * width].to_vec()
            })
            .collect();
        let moments = columns >> self.blocks.len();
        let found = found.concat();
        Padded::of(&found, moments, found.len() / moments.max(1))
    }

    /// Logits from the encoder's moments: average and maximum over time, then dense layers (report §3.3).
    fn decode(&self, (moments, time): (Vec<f32>, usize), logits: &mut [f32]) {
        let clips = logits.len() / self.ends.genres;
        let width = moments.len() / (clips * time).max(1);
        let mut x = vec![0.0; clips * 2 * width];
        summarise(&moments, time, width, &mut x);
        for layer in &self.dense {
            x = layer.apply(&x);
        }
        logits.copy_from_slice(&x);
    }
}

/// Moments that one worker answers for, and the picture's columns that they are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    columns: Range<usize>,
    moments: Range<usize>,
}

/// Windows of a picture of `columns` columns that is halved by `blocks` blocks, one for each worker at most.
///
/// A block's two convolutions see two columns to either side, each twice as wide as in the block before, and the
/// first convolution one: fewer than two moments' columns beside a window, and then what stands at its edges, where
/// a convolution would see zeros instead of the neighbours, is not looked at.
fn windows(columns: usize, blocks: usize, workers: usize) -> Vec<Window> {
    let (moments, moment) = (columns >> blocks, 1 << blocks);
    let each = moments.div_ceil(workers.max(1)).max(1);
    (0..moments)
        .step_by(each)
        .map(|start| {
            let end = (start + each).min(moments);
            let last = if end == moments { columns } else { columns.min((end + 2) * moment) };
            Window { columns: start.saturating_sub(2) * moment..last, moments: start..end }
        })
        .collect()
}

/// Clips that one worker takes at a time: few enough for the cache, many enough to read the weights seldom, and
/// so many groups that all workers are busy to the end.
fn group(clips: usize, workers: usize) -> usize {
    const MOST: usize = 8;
    let rounds = clips.div_ceil(MOST * workers.max(1)).max(1);
    clips.div_ceil(rounds * workers.max(1)).max(1)
}

impl Encoder {
    /// Moments `[clips, time, width]`, and how many there are of a clip.
    fn forward(&self, x: Padded) -> (Vec<f32>, usize) {
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
    fn forward(&self, x: &mut Vec<f32>, tokens: usize) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_share_all_moments_out_and_hold_what_their_moments_are_made_of() {
        for (columns, blocks) in [(334, 5), (313, 5), (16, 2), (40, 3), (1, 0), (7, 2)] {
            for workers in 1..9 {
                let windows = windows(columns, blocks, workers);
                assert!(windows.len() <= workers);
                let moments: Vec<usize> = windows.iter().flat_map(|window| window.moments.clone()).collect();
                assert_eq!(moments, (0..columns >> blocks).collect::<Vec<_>>());
                // What a column's moment sees: one column in the first convolution, two in every block.
                let seen = 1 + (0..blocks).map(|block| 2 << block).sum::<usize>();
                for Window { columns: window, moments } in windows {
                    assert_eq!(window.start % (1 << blocks), 0);
                    assert!(window.start == 0 || window.start + seen <= moments.start << blocks);
                    assert!(window.end == columns || window.end >= (moments.end << blocks) + seen);
                }
            }
        }
    }

    #[test]
    fn groups_are_even_and_keep_all_workers_busy() {
        for (clips, workers, size) in [(11, 2, 6), (64, 2, 8), (1, 2, 1), (16, 1, 8), (40, 4, 5), (0, 2, 1)] {
            assert_eq!(group(clips, workers), size, "{clips} clips, {workers} workers");
        }
    }
}
