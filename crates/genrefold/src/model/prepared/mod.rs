//! The network in use: weights laid out for the products once, clips judged in groups, no graph, no tensor.

mod block;
mod encoder;
mod parts;
mod shares;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::prelude::*;

use super::config::NetworkConfig;
use super::kernels::inference::{Activation, Conv, Dense, Padded, summarise};
use super::network::Ends;
use super::weights::Weights;
use block::Block;
use encoder::Encoder;
pub use encoder::positions;
use parts::{Misfit, Taker};
use shares::{Window, group, windows};

/// A network ready to judge; the same numbers as [`super::Network`]'s within f32's rounding.
#[derive(Debug, Clone)]
pub struct Prepared {
    ends: Ends,
    stem: Conv,
    blocks: Vec<Block>,
    encoder: Encoder,
    /// Values of an embedding.
    width: usize,
    dense: Vec<Dense>,
}

/// What a network makes of some pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// `[clips, genres]`.
    pub logits: Vec<f32>,
    /// What the decoder sees of each: the average and the maximum over time of the encoder's output (report §3.3),
    /// `[clips, 2 width]`.
    pub embeddings: Vec<f32>,
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
            .map(|(block, pair)| taker.block(&format!("blocks.{block}"), pair, config.norm))
            .collect::<Result<_, Misfit>>()?;
        let (encoder, width) = taker.encoder(config, ends.columns)?;
        let embedding = 2 * width;
        let mut width = embedding;
        let mut dense = Vec::with_capacity(config.dense.len() + 1);
        for (number, &next) in config.dense.iter().enumerate() {
            dense.push(taker.dense(&format!("dense.{number}"), width, next, Activation::Relu)?);
            width = next;
        }
        dense.push(taker.dense("scores", width, ends.genres, Activation::Linear)?);
        if taker.used != weights.len() {
            return Err((format!("{} arrays", weights.len()), format!("{} arrays", taker.used)));
        }
        Ok(Prepared { ends, stem, blocks, encoder, width: embedding, dense })
    }

    /// What it makes of `clips` pictures; `fill(clip, moments)` writes one as `[columns, rows]`.
    ///
    /// The answer to a picture does not depend on the others.
    pub fn judge(&self, clips: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Judged {
        let (genres, width, workers) = (self.ends.genres, self.width, rayon::current_num_threads());
        let group = group(clips, workers).max(1);
        let mut judged = Judged { logits: vec![0.0; clips * genres], embeddings: vec![0.0; clips * width] };
        let logits = judged.logits.par_chunks_mut(group * genres);
        let parts = logits.zip(judged.embeddings.par_chunks_mut(group * width)).enumerate();
        parts.for_each(|(number, (logits, embeddings))| {
            let first = number * group;
            let local = match clips {
                1 if workers > 1 => self.local_in_windows(workers, |moments| fill(0, moments)),
                _ => self.local(first..first + logits.len() / genres, &fill),
            };
            self.decode(self.encoder.forward(local), embeddings, logits);
        });
        judged
    }

    /// What the convolution stack makes of some clips.
    fn local(&self, clips: Range<usize>, fill: &(impl Fn(usize, &mut [f32]) + Sync)) -> Padded {
        let Ends { rows, columns, .. } = self.ends;
        let mut picture = Padded::new(1, columns, rows);
        let mut pooled = Padded::new(clips.len(), columns / 2, self.blocks[0].second.channels());
        // The first block's activations are the largest: one clip's stay in the cache.
        for (clip, pooled) in clips.zip(pooled.each_mut()) {
            picture.each_mut().for_each(|moments| fill(clip, moments));
            self.first_block(&picture, pooled);
        }
        self.other_blocks(pooled)
    }

    /// From one picture, or a window of it, to the first block's moments.
    fn first_block(&self, picture: &Padded, pooled: &mut [f32]) {
        let block = &self.blocks[0];
        let (mut x, mut middle) = (Padded::new(0, 0, 1), Padded::new(0, 0, 1));
        self.stem.forward(picture, &mut x);
        block.first.forward(&x, &mut middle);
        block.second.forward(&middle, &mut x);
        x.pool_into(pooled);
        block.norm.apply(pooled);
    }

    fn other_blocks(&self, mut pooled: Padded) -> Padded {
        let (mut x, mut middle) = (Padded::new(0, 0, 1), Padded::new(0, 0, 1));
        for block in &self.blocks[1..] {
            block.first.forward(&pooled, &mut middle);
            block.second.forward(&middle, &mut x);
            pooled = x.pooled();
            pooled.each_mut().for_each(|moments| block.norm.apply(moments));
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
                let mut pooled = Padded::new(1, columns.len() / 2, self.blocks[0].second.channels());
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

    /// From the encoder's moments the embedding, their average and maximum over time, and from it through dense layers
    /// the logits (report §3.3).
    fn decode(&self, (moments, time): (Vec<f32>, usize), embeddings: &mut [f32], logits: &mut [f32]) {
        summarise(&moments, time, self.width / 2, embeddings);
        let x = self.dense.iter().fold(embeddings.to_vec(), |x, layer| layer.apply(&x));
        logits.copy_from_slice(&x);
    }
}
