//! One direction of a long short-term memory over whole sequences (Hochreiter & Schmidhuber 1997, with forget
//! gate): `i, f, g, o = x W + h U + b`, `c' = sigmoid(f) c + sigmoid(i) tanh(g)`, `h' = sigmoid(o) tanh(c')`.

use pulp::Arch;
use rayon::prelude::*;

use super::buffers;
use super::dense::{Activation, Rows, Write, column_sums, turned_product, weight_gradient};
use super::gemm::{Left, Lie, multiply};
use super::math::{sigmoid, tanh, vectorised};
use super::pack::{Columns, Packed};

/// The order in which moments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the first to the last.
    Ahead,
    /// From the last to the first.
    Behind,
}

/// Sizes of a batch of sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub batch: usize,
    pub time: usize,
    pub inputs: usize,
    pub hidden: usize,
}

impl Sizes {
    /// The moment that is read as number `step`.
    fn moment(self, order: Order, step: usize) -> usize {
        match order {
            Order::Ahead => step,
            Order::Behind => self.time - 1 - step,
        }
    }
}

/// What the way back needs: gates after their functions `[batch, time, 4 hidden]` and cells `[batch, time, hidden]`.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    gates: Vec<f32>,
    cells: Vec<f32>,
    /// Hidden states, `[batch, time, hidden]`.
    pub states: Vec<f32>,
}

/// Weights, packed: `input [inputs, 4 hidden]`, `recurrent [hidden, 4 hidden]`, `bias [4 hidden]`.
#[derive(Debug, Clone)]
pub struct Lstm {
    arch: Arch,
    input: Packed,
    recurrent: Packed,
    bias: Vec<f32>,
}

/// Samples that one thread takes through time: as many as there are for each, for every moment reads all weights.
/// Samples do not know of each other, so that the cut changes no result.
fn group(batch: usize) -> usize {
    batch.div_ceil(rayon::current_num_threads()).max(1)
}

impl Lstm {
    pub(super) fn new(arch: Arch, input: &[f32], recurrent: &[f32], bias: &[f32]) -> Self {
        let packed = |weight: &[f32]| Packed::matrix(arch, weight, Columns::Plain(bias.len()));
        Lstm { arch, input: packed(input), recurrent: packed(recurrent), bias: bias.to_vec() }
    }

    /// Width of the hidden state.
    pub fn hidden(&self) -> usize {
        self.bias.len() / 4
    }

    /// Hidden states of `x [batch, time, inputs]`, and what else the way back needs.
    pub(super) fn forward(&self, sizes: Sizes, order: Order, x: &[f32]) -> Kept {
        let Sizes { batch, time, inputs, hidden } = sizes;
        let mut kept = Kept {
            gates: buffers::taken(batch * time * 4 * hidden),
            cells: buffers::taken(batch * time * hidden),
            states: buffers::taken(batch * time * hidden),
        };
        let group = group(batch);
        let states = kept.states.par_chunks_mut((group * time * hidden).max(1));
        let cells = kept.cells.par_chunks_mut((group * time * hidden).max(1));
        let gates = kept.gates.par_chunks_mut((group * time * 4 * hidden).max(1));
        let xs = x.par_chunks((group * time * inputs).max(1));
        states.zip(cells).zip(gates.zip(xs)).for_each(|((states, cells), (gates, x))| {
            self.group(sizes, order, x, Track { gates, cells, states });
        });
        kept
    }

    /// Takes some samples through time.
    fn group(&self, sizes: Sizes, order: Order, x: &[f32], track: Track) {
        let Sizes { time, inputs, hidden, .. } = sizes;
        let Track { gates, cells, states } = track;
        let samples = states.len() / (time * hidden).max(1);
        let driven =
            Left { values: x, rows: samples * time, inner: inputs, lie: Lie::Rows { pitch: inputs } };
        let mut write =
            Write { y: gates, outputs: 4 * hidden, bias: &self.bias, activation: Activation::Linear };
        multiply(self.arch, driven, self.input.panels(), &mut write);
        let (mut state, mut cell) = (vec![0.0; samples * hidden], vec![0.0; samples * hidden]);
        let mut sums = vec![0.0; samples * 4 * hidden];
        for step in 0..time {
            let moment = sizes.moment(order, step);
            let left =
                Left { values: &state, rows: samples, inner: hidden, lie: Lie::Rows { pitch: hidden } };
            let mut write =
                Write { y: &mut sums, outputs: 4 * hidden, bias: &[], activation: Activation::Linear };
            multiply(self.arch, left, self.recurrent.panels(), &mut write);
            for sample in 0..samples {
                let at = sample * time + moment;
                let gates = &mut gates[at * 4 * hidden..][..4 * hidden];
                let (state, cell) =
                    (&mut state[sample * hidden..][..hidden], &mut cell[sample * hidden..][..hidden]);
                advance(gates, &sums[sample * 4 * hidden..][..4 * hidden], state, cell);
                cells[at * hidden..][..hidden].copy_from_slice(cell);
                states[at * hidden..][..hidden].copy_from_slice(state);
            }
        }
    }
}

/// Where a group's values are noted.
struct Track<'a> {
    gates: &'a mut [f32],
    cells: &'a mut [f32],
    states: &'a mut [f32],
}

vectorised! {
    /// One moment of one sample: `gates` hold `x W + b` and then the gates after their functions.
    fn advance<'a>(gates: &'a mut [f32], recurrent: &'a [f32], state: &'a mut [f32], cell: &'a mut [f32]) {
        let hidden = state.len();
        let (entrance, rest) = gates.split_at_mut(hidden);
        let (forget, rest) = rest.split_at_mut(hidden);
        let (value, exit) = rest.split_at_mut(hidden);
        let (of_entrance, rest) = recurrent.split_at(hidden);
        let (of_forget, rest) = rest.split_at(hidden);
        let (of_value, of_exit) = rest.split_at(hidden);
        entrance.iter_mut().zip(of_entrance).for_each(|(gate, sum)| *gate = sigmoid(*gate + sum));
        forget.iter_mut().zip(of_forget).for_each(|(gate, sum)| *gate = sigmoid(*gate + sum));
        value.iter_mut().zip(of_value).for_each(|(gate, sum)| *gate = tanh(*gate + sum));
        exit.iter_mut().zip(of_exit).for_each(|(gate, sum)| *gate = sigmoid(*gate + sum));
        for (cell, ((forget, entrance), value)) in
            cell.iter_mut().zip(forget.iter().zip(entrance.iter()).zip(value.iter()))
        {
            *cell = forget * *cell + entrance * value;
        }
        state.iter_mut().zip(cell.iter().zip(exit.iter())).for_each(|(state, (cell, exit))| *state = exit * tanh(*cell));
    }
}

/// Gradients of the sequence and of the weights.
pub(super) struct LstmGradients {
    pub x: Vec<f32>,
    pub input: Vec<f32>,
    pub recurrent: Vec<f32>,
    pub bias: Vec<f32>,
}

/// The way back through time, from the gradient of every hidden state.
pub(super) fn back(
    arch: Arch,
    sizes: Sizes,
    order: Order,
    x: &[f32],
    [input, recurrent]: [&[f32]; 2],
    kept: Kept,
    dy: &[f32],
) -> LstmGradients {
    let Sizes { batch, time, inputs, hidden } = sizes;
    let Kept { mut gates, cells, states } = kept;
    let columns = Columns::Plain(4 * hidden);
    let turned = Packed::turned(arch, recurrent, 1, columns);
    let group = (group(batch) * time).max(1);
    let pieces = gates.par_chunks_mut(group * 4 * hidden).zip(cells.par_chunks(group * hidden));
    pieces.zip(dy.par_chunks(group * hidden)).for_each(|((gates, cells), dy)| {
        group_back(arch, sizes, order, &turned, gates, cells, dy);
    });
    // `gates` hold the gradients of `x W + h U + b` now; the state before each moment is its neighbour's.
    let mut before = buffers::zeros(batch * time * hidden);
    for sample in 0..batch {
        for step in 1..time {
            let (to, from) = (sizes.moment(order, step), sizes.moment(order, step - 1));
            let from = &states[(sample * time + from) * hidden..][..hidden];
            before[(sample * time + to) * hidden..][..hidden].copy_from_slice(from);
        }
    }
    let mut dx = buffers::taken(x.len());
    turned_product(arch, &gates, 4 * hidden, &Packed::turned(arch, input, 1, columns), &mut dx);
    let found = LstmGradients {
        x: dx,
        input: weight_gradient(arch, x, inputs, &gates, 4 * hidden),
        recurrent: weight_gradient(arch, &before, hidden, &gates, 4 * hidden),
        bias: column_sums(&gates, 4 * hidden),
    };
    [gates, cells, states, before].into_iter().for_each(buffers::give);
    found
}

/// Takes some samples back through time: gates become gradients of their sums.
fn group_back(
    arch: Arch,
    sizes: Sizes,
    order: Order,
    turned: &Packed,
    gates: &mut [f32],
    cells: &[f32],
    dy: &[f32],
) {
    let Sizes { time, hidden, .. } = sizes;
    let samples = dy.len() / (time * hidden).max(1);
    let mut state = vec![0.0; samples * hidden];
    let mut cell = vec![0.0; samples * hidden];
    let mut sums = Vec::with_capacity(samples * 4 * hidden);
    let nothing = vec![0.0; hidden];
    for step in (0..time).rev() {
        let moment = sizes.moment(order, step);
        sums.clear();
        for sample in 0..samples {
            let at = sample * time + moment;
            let before = match step {
                0 => &nothing[..],
                _ => &cells[(sample * time + sizes.moment(order, step - 1)) * hidden..][..hidden],
            };
            let gates = &mut gates[at * 4 * hidden..][..4 * hidden];
            let (state, cell) =
                (&mut state[sample * hidden..][..hidden], &mut cell[sample * hidden..][..hidden]);
            state.iter_mut().zip(&dy[at * hidden..][..hidden]).for_each(|(sum, dy)| *sum += dy);
            retreat(gates, &cells[at * hidden..][..hidden], before, state, cell);
            sums.extend_from_slice(gates);
        }
        if step > 0 {
            let rows = Rows::new(&sums, 4 * hidden, turned.panels().inner);
            let mut write =
                Write { y: &mut state, outputs: hidden, bias: &[], activation: Activation::Linear };
            multiply(arch, rows.left(), turned.panels(), &mut write);
        }
    }
}

vectorised! {
    /// One moment of one sample back: `gates` become the gradients of their sums, `cell` the gradient of the cell before.
    fn retreat<'a>(
        gates: &'a mut [f32],
        cells: &'a [f32],
        before: &'a [f32],
        state: &'a [f32],
        cell: &'a mut [f32],
    ) {
        let hidden = state.len();
        let (entrance, rest) = gates.split_at_mut(hidden);
        let (forget, rest) = rest.split_at_mut(hidden);
        let (value, exit) = rest.split_at_mut(hidden);
        for unit in 0..hidden {
            let (i, f, g, o) = (entrance[unit], forget[unit], value[unit], exit[unit]);
            let bent = tanh(cells[unit]);
            let through = cell[unit] + state[unit] * o * (1.0 - bent * bent);
            exit[unit] = state[unit] * bent * o * (1.0 - o);
            entrance[unit] = through * g * i * (1.0 - i);
            value[unit] = through * i * (1.0 - g * g);
            forget[unit] = through * before[unit] * f * (1.0 - f);
            cell[unit] = through * f;
        }
    }
}
