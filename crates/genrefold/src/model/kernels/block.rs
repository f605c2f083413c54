//! A block of the convolution stack, two gated layers and a pooling, and the plain convolution before the blocks:
//! over a whole batch, forward and back, chunk by chunk so that a chunk's activations stay in the cache.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::buffers::{self, Buffer};
use super::gate::{Back, Gated, Plain, Sums, both, gated, turned};
use super::gemm::{WIDEST, load, put, some};
use super::math::vectorised;
use super::pack::{Columns, Packed, TAPS, gather};
use super::padded::{Grid, Padded};

/// Sizes of a batch on its way into a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Batch {
    pub samples: usize,
    pub time: usize,
    pub width: usize,
}

impl Batch {
    fn grid(self) -> Grid {
        Grid::new(self.samples, self.time)
    }

    /// Values of one sample.
    fn sample(self) -> usize {
        self.time * self.width
    }
}

/// One layer's weights `[3 inputs, columns]` and bias `[columns]`, as they stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operands<'a> {
    pub weight: &'a [f32],
    pub bias: &'a [f32],
}

/// What a part of the batch keeps for the way back, one entry a chunk.
pub(super) type Kept<Chunk> = Vec<Vec<Chunk>>;

/// What a chunk keeps of a block: both layers' factors, and what goes from one to the other.
#[derive(Debug, Clone)]
pub(super) struct BlockChunk {
    first: Padded,
    middle: Padded,
    second: Padded,
}

/// Gradients of one layer's weights and bias.
#[derive(Debug)]
pub(super) struct LayerGradients {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// `[batch, time, width]` to `[batch, time / 2, channels]`, and what the way back needs.
pub(super) fn block(
    arch: Arch,
    batch: Batch,
    x: &[f32],
    layers: [Operands; 2],
) -> (Vec<f32>, Kept<BlockChunk>) {
    let [first, second] = layers.map(|layer| Gated::new(arch, layer.weight, layer.bias));
    let pooled = batch.time / 2 * second.channels();
    let (y, kept) = over_parts(batch, x, pooled, |x, out| {
        let x = Padded::of(x, batch.time, batch.width);
        let (mut middle, mut y) = (Padded::new(0, 0, 1), Padded::new(0, 0, 1));
        let factors = first.forward_keeping(&x, &mut middle);
        let second = second.forward_keeping(&middle, &mut y);
        pool(&y, out);
        BlockChunk { first: factors, middle, second }
    });
    (y, kept)
}

/// The plain convolution, `[batch, time, width]` to `[batch, time, outputs]`.
pub(super) fn conv(arch: Arch, batch: Batch, x: &[f32], layer: Operands) -> Vec<f32> {
    let plain = Plain::new(arch, layer.weight, layer.bias);
    let sample = (batch.time * layer.bias.len()).max(1);
    let (y, _) = over_parts(batch, x, sample, |x, out| {
        let mut y = Padded::new(0, 0, 1);
        plain.forward(&Padded::of(x, batch.time, batch.width), &mut y);
        out.chunks_exact_mut(sample).zip(y.each()).for_each(|(out, y)| out.copy_from_slice(y));
    });
    y
}

/// Runs `chunk(input, output)` over the batch, where a sample makes `out` values.
fn over_parts<Chunk: Send>(
    batch: Batch,
    x: &[f32],
    out: usize,
    chunk: impl Fn(&[f32], &mut [f32]) -> Chunk + Sync,
) -> (Vec<f32>, Kept<Chunk>) {
    let grid = batch.grid();
    let mut y = buffers::taken(batch.samples * out);
    let parts = x.par_chunks(grid.part * batch.sample()).zip(y.par_chunks_mut((grid.part * out).max(1)));
    let kept = parts
        .map(|(x, y)| {
            let chunks = x.chunks(grid.chunk * batch.sample()).zip(y.chunks_mut((grid.chunk * out).max(1)));
            chunks.map(|(x, y)| chunk(x, y)).collect()
        })
        .collect();
    (y, kept)
}

/// Gradients of a block: of its input `[batch, time, width]` and of both layers.
pub(super) fn block_back(
    arch: Arch,
    batch: Batch,
    x: &[f32],
    kept: Kept<BlockChunk>,
    layers: [Operands; 2],
    dy: &[f32],
) -> (Vec<f32>, [LayerGradients; 2]) {
    let columns = layers.map(|layer| Columns::Gated(layer.bias.len() / 2));
    let turned: [Packed; 2] = std::array::from_fn(|layer| turned(arch, layers[layer].weight, columns[layer]));
    let back: [Back; 2] = std::array::from_fn(|layer| Back { arch, turned: Some(&turned[layer]) });
    let channels = layers[1].bias.len() / 2;
    let pooled = batch.time / 2 * channels;
    let (grid, lanes) = (batch.grid(), turned[0].lanes());
    let mut dx = buffers::taken(batch.samples * batch.sample());
    let parts = dx.par_chunks_mut(grid.part * batch.sample()).zip(kept).enumerate();
    let sums: Vec<[Sums; 2]> = parts
        .map(|(part, (dx, chunks))| {
            let widths = columns.map(|columns| columns.panels(lanes) * 2 * lanes);
            let mut sums = [Sums::new(TAPS * batch.width, widths[0]), Sums::new(TAPS * channels, widths[1])];
            let mut panels = Buffer::default();
            for (chunk, (dx, kept)) in dx.chunks_mut(grid.chunk * batch.sample()).zip(chunks).enumerate() {
                let sample = part * grid.part + chunk * grid.chunk;
                let dy = &dy[sample * pooled..][..kept.middle.samples() * pooled];
                let x = Padded::of(&x[sample * batch.sample()..][..dx.len()], batch.time, batch.width);
                let found = chunk_back(&back, &x, kept, dy, &mut sums, &mut panels);
                dx.chunks_exact_mut(batch.sample().max(1))
                    .zip(found.each())
                    .for_each(|(dx, found)| dx.copy_from_slice(found));
            }
            sums
        })
        .collect();
    let mut layers: [Vec<Sums>; 2] = [Vec::new(), Vec::new()];
    sums.into_iter()
        .flat_map(|sums| sums.into_iter().enumerate())
        .for_each(|(layer, sums)| layers[layer].push(sums));
    let [first, second] = layers;
    (dx, [add_up(first, columns[0], lanes), add_up(second, columns[1], lanes)])
}

/// The way back of one chunk, to the gradient of its input.
fn chunk_back(
    back: &[Back; 2],
    x: &Padded,
    kept: BlockChunk,
    dy: &[f32],
    sums: &mut [Sums; 2],
    panels: &mut Buffer,
) -> Padded {
    let BlockChunk { mut first, middle, mut second } = kept;
    let channels = middle.width;
    let mut dy_second = Padded::new(middle.samples(), middle.time, channels);
    back[1].arch.dispatch(PoolBack { x: &middle, factors: &second, dy, dx: &mut dy_second });
    let dy_first = back[1].gated(&middle, &mut second, dy_second, &mut sums[1], panels);
    back[0].gated(x, &mut first, dy_first, &mut sums[0], panels)
}

/// Gradients of the plain convolution: of its input, where `weight` is given for it, and of its operands.
pub(super) fn conv_back(
    arch: Arch,
    batch: Batch,
    x: &[f32],
    weight: Option<&[f32]>,
    outputs: usize,
    dy: &[f32],
) -> (Vec<f32>, LayerGradients) {
    let columns = Columns::Plain(outputs);
    let width = columns.widest();
    let turned = weight.map(|weight| turned(arch, weight, columns));
    let back = Back { arch, turned: turned.as_ref() };
    let (grid, sample) = (batch.grid(), batch.time * outputs);
    let mut dx = vec![0.0; weight.map_or(0, |_| batch.samples * batch.sample())];
    let mut dx_parts = dx.chunks_mut(grid.part * batch.sample());
    let xs = x.chunks((grid.part * batch.sample()).max(1));
    let parts: Vec<_> = xs.map(|x| (x, dx_parts.next().unwrap_or(&mut []))).collect();
    let sums = parts
        .into_par_iter()
        .zip(dy.par_chunks((grid.part * sample).max(1)))
        .map(|((x, dx), dy)| {
            let mut sums = Sums::new(TAPS * batch.width, width);
            let (mut panels, mut dx) = (Buffer::default(), dx.chunks_exact_mut(batch.sample().max(1)));
            let chunks = x.chunks((grid.chunk * batch.sample()).max(1));
            for (x, dy) in chunks.zip(dy.chunks((grid.chunk * sample).max(1))) {
                let x = Padded::of(x, batch.time, batch.width);
                let dy = Padded::widened(dy, batch.time, outputs, width);
                let found = back.plain(&x, &dy, &mut sums, &mut panels);
                if let Some(found) = found {
                    dx.by_ref().zip(found.each()).for_each(|(dx, found)| dx.copy_from_slice(found));
                }
            }
            sums
        })
        .collect();
    (dx, add_up(sums, columns, WIDEST))
}

/// Adds the parts in their order, whichever thread made them, and takes them out of the panels' order.
fn add_up(parts: Vec<Sums>, columns: Columns, lanes: usize) -> LayerGradients {
    /// Values that one thread adds at a time.
    const PIECE: usize = 1 << 14;
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or(Sums::new(0, 0));
    let others: Vec<Sums> = parts.collect();
    total.weight.par_chunks_mut(PIECE).enumerate().for_each(|(piece, total)| {
        for part in &others {
            add(total, &part.weight[piece * PIECE..][..total.len()]);
        }
    });
    for part in &others {
        total.bias.iter_mut().zip(&part.bias).for_each(|(sum, value)| *sum += value);
    }
    LayerGradients {
        weight: gather(&total.weight, columns, lanes),
        bias: gather(&total.bias, columns, lanes),
    }
}

vectorised! {
    fn add<'a>(sums: &'a mut [f32], values: &'a [f32]) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }

    /// Maximum of neighbouring pairs of rows (report §3.1: pool size 2, stride 2); an odd last row is dropped.
    pub(super) fn pool<'a>(y: &'a Padded, out: &'a mut [f32]) {
        let (half, width) = (y.time / 2, y.width);
        for (out, y) in out.chunks_exact_mut((half * width).max(1)).zip(y.each()) {
            for (out, pair) in out.chunks_exact_mut(width).zip(y.chunks_exact(2 * width)) {
                let (early, late) = pair.split_at(width);
                let pairs = early.iter().zip(late);
                out.iter_mut().zip(pairs).for_each(|(out, (a, b))| *out = if a >= b { *a } else { *b });
            }
        }
    }
}

/// The gradient goes to the larger of each pair, to the earlier of equals. What was pooled is made anew from the
/// layer's input and its factors.
struct PoolBack<'a> {
    x: &'a Padded,
    factors: &'a Padded,
    dy: &'a [f32],
    dx: &'a mut Padded,
}

impl WithSimd for PoolBack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let PoolBack { x, factors, dy, dx } = self;
        let (time, width) = (x.time, x.width);
        for (sample, dy) in dy.chunks_exact((time / 2 * width).max(1)).enumerate() {
            for (pair, dy) in dy.chunks_exact(width).enumerate() {
                let row = sample * (time + 1) + 2 * pair;
                for (panel, dy) in dy.chunks(S::F32_LANES).enumerate() {
                    let (start, count) = (panel * S::F32_LANES, dy.len());
                    let value = |row: usize| {
                        let (a, open) = both::<S>(factors, row, start);
                        let x = some(simd, x.at(row, start, count));
                        gated(simd, x, load::<S>(a), load::<S>(open))
                    };
                    let early = simd.greater_than_or_equal_f32s(value(row), value(row + 1));
                    let (dy, zero) = (some(simd, dy), simd.splat_f32s(0.0));
                    let (to_early, to_late) =
                        (simd.select_f32s(early, dy, zero), simd.select_f32s(early, zero, dy));
                    put(simd, dx.at_mut(row, start, count), to_early);
                    put(simd, dx.at_mut(row + 1, start, count), to_late);
                }
            }
        }
    }
}
