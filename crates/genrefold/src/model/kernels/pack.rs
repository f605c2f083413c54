//! Right operands of products, laid out in panels: weights as they stand, weights turned for the way back, and
//! gradients.

use pulp::Arch;
use rayon::prelude::*;

use super::buffers::{self, Buffer};
use super::gemm::{Panels, WIDEST, lanes};

/// Taps of every convolution in the network; the padding keeps the length.
pub(super) const TAPS: usize = 3;

/// How the columns of a right operand are dealt out to panels of two vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// In order.
    Plain(usize),
    /// The first vector of panel `p` holds channels of the linear convolution, the second the same channels of
    /// the gate, which stand as many columns further: so that a gate meets its value in one row of a tile.
    Gated(usize),
}

impl Columns {
    /// Columns of the matrix.
    pub(super) fn count(self) -> usize {
        match self {
            Columns::Plain(columns) => columns,
            Columns::Gated(channels) => 2 * channels,
        }
    }

    /// Panels for vectors of `lanes` values.
    pub(super) fn panels(self, lanes: usize) -> usize {
        match self {
            Columns::Plain(columns) => columns.div_ceil(2 * lanes),
            Columns::Gated(channels) => channels.div_ceil(lanes),
        }
    }

    /// Length of a row that panels of the widest vectors fill.
    pub(super) fn widest(self) -> usize {
        self.panels(WIDEST) * 2 * WIDEST
    }

    /// The columns of both vectors of a panel: where they begin, and how many there are.
    pub(super) fn of_panel(self, panel: usize, lanes: usize) -> [(usize, usize); 2] {
        match self {
            Columns::Plain(columns) => [2 * panel, 2 * panel + 1].map(|vector| {
                let start = (vector * lanes).min(columns);
                (start, lanes.min(columns - start))
            }),
            Columns::Gated(channels) => {
                let start = panel * lanes;
                let count = lanes.min(channels - start);
                [(start, count), (channels + start, count)]
            }
        }
    }
}

/// A packed right operand.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub columns: Columns,
    inner: usize,
    lanes: usize,
    values: Buffer,
}

impl Packed {
    /// `full` says that `fill` writes every row.
    fn new(
        arch: Arch,
        columns: Columns,
        inner: usize,
        full: bool,
        fill: impl Fn(&mut [f32], usize) + Sync,
    ) -> Self {
        let lanes = lanes(arch);
        let panel = (inner * 2 * lanes).max(1);
        // What no column fills is read as well, and must be zero.
        let full = columns.count() == columns.panels(lanes) * 2 * lanes && full;
        let length = columns.panels(lanes) * panel;
        let mut values = if full { Buffer::dirty(length) } else { Buffer::zeros(length) };
        values.par_chunks_exact_mut(panel).enumerate().for_each(|(panel, values)| fill(values, panel));
        Packed { columns, inner, lanes, values }
    }

    /// A matrix `[inner, columns]`, row-major.
    pub(super) fn matrix(arch: Arch, matrix: &[f32], columns: Columns) -> Self {
        let (count, lanes) = (columns.count(), lanes(arch));
        let inner = matrix.len() / count.max(1);
        Self::new(arch, columns, inner, true, |values, panel| {
            pack_panel(matrix, columns, lanes, panel, values)
        })
    }

    /// The matrix that carries gradients back through a product with `weight [taps * inputs, columns]`: taps
    /// reversed, inputs and outputs exchanged, `[taps * outputs, inputs]`, where outputs stand in the order in
    /// which panels of the widest vectors hold `columns`: sums over them run in that order on every processor.
    pub(super) fn turned(arch: Arch, weight: &[f32], taps: usize, columns: Columns) -> Self {
        let (count, lanes) = (columns.count(), lanes(arch));
        let inputs = weight.len() / (taps * count).max(1);
        let outputs = columns.widest();
        let turned = Columns::Plain(inputs);
        Self::new(arch, turned, taps * outputs, outputs == count, |values, panel| {
            for tap in 0..taps {
                let rows = &mut values[(taps - 1 - tap) * outputs * 2 * lanes..][..outputs * 2 * lanes];
                // Blocks of one vector by one vector: a few cache lines on either side.
                for (vector, rows) in rows.chunks_exact_mut(WIDEST * 2 * lanes).enumerate() {
                    let (column, columns_here) = columns.of_panel(vector / 2, WIDEST)[vector % 2];
                    for (half, (input, inputs_here)) in turned.of_panel(panel, lanes).into_iter().enumerate()
                    {
                        for lane in 0..inputs_here {
                            let row =
                                &weight[(tap * inputs + input + lane) * count + column..][..columns_here];
                            let down = rows[half * lanes + lane..].iter_mut().step_by(2 * lanes);
                            down.zip(row).for_each(|(place, value)| *place = *value);
                        }
                    }
                }
            }
        })
    }

    pub(super) fn panels(&self) -> Panels<'_> {
        Panels { values: &self.values, inner: self.inner }
    }

    /// Some neighbouring panels, from number `first` on.
    pub(super) fn some(&self, first: usize, count: usize) -> Panels<'_> {
        let panel = self.inner * 2 * self.lanes;
        Panels { values: &self.values[first * panel..(first + count) * panel], inner: self.inner }
    }

    /// Neighbouring panels for each of so many workers: the first panel, and how many.
    pub(super) fn shares(&self, workers: usize) -> Vec<(usize, usize)> {
        let all = self.count();
        let each = all.div_ceil(workers.max(1)).max(1);
        (0..all).step_by(each).map(|first| (first, each.min(all - first))).collect()
    }

    /// Values in a vector.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// How many panels there are.
    pub(super) fn count(&self) -> usize {
        self.columns.panels(self.lanes)
    }

    /// Length of a row in which every panel has its full width.
    pub(super) fn width(&self) -> usize {
        self.count() * 2 * self.lanes
    }
}

/// Packs one panel of a row-major matrix; what no column fills stays as it is.
pub(super) fn pack_panel(matrix: &[f32], columns: Columns, lanes: usize, panel: usize, values: &mut [f32]) {
    let [(first, first_count), (second, second_count)] = columns.of_panel(panel, lanes);
    let rows = matrix.chunks_exact(columns.count().max(1));
    for (packed, row) in values.chunks_exact_mut(2 * lanes).zip(rows) {
        packed[..first_count].copy_from_slice(&row[first..first + first_count]);
        packed[lanes..lanes + second_count].copy_from_slice(&row[second..second + second_count]);
    }
}

/// A vector of one value per column, in the order and width of the panels.
pub(super) fn spread(vector: &[f32], columns: Columns, lanes: usize) -> Vec<f32> {
    let mut spread = vec![0.0; columns.panels(lanes) * 2 * lanes];
    for (panel, values) in spread.chunks_exact_mut(2 * lanes).enumerate() {
        pack_panel(vector, columns, lanes, panel, values);
    }
    spread
}

/// The inverse of [`spread`] for every row of a matrix whose rows have the panels' full width.
pub(super) fn gather(spread: &[f32], columns: Columns, lanes: usize) -> Vec<f32> {
    let (count, panels) = (columns.count(), columns.panels(lanes));
    let width = (panels * 2 * lanes).max(1);
    let mut gathered = buffers::taken(spread.len() / width * count);
    gathered.par_chunks_exact_mut(count.max(1)).zip(spread.par_chunks_exact(width)).for_each(
        |(row, spread)| {
            for (panel, values) in spread.chunks_exact(2 * lanes).enumerate() {
                let halves = values.chunks_exact(lanes).zip(columns.of_panel(panel, lanes));
                halves.for_each(|(half, (start, count))| {
                    row[start..start + count].copy_from_slice(&half[..count])
                });
            }
        },
    );
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathering_undoes_spreading_for_every_width() {
        for lanes in [1, 4, 8, 16] {
            for size in 1..70 {
                for columns in [Columns::Plain(size), Columns::Gated(size)] {
                    let vector: Vec<f32> = (1..=columns.count()).map(|n| n as f32).collect();
                    let spread = spread(&vector, columns, lanes);
                    assert_eq!(spread.len(), columns.panels(lanes) * 2 * lanes);
                    assert_eq!(gather(&spread, columns, lanes), vector, "{columns:?}, {lanes} lanes");
                }
            }
        }
    }

    #[test]
    fn a_gate_stands_beside_its_value() {
        assert_eq!(
            spread(&[1., 2., 3., 10., 20., 30.], Columns::Gated(3), 2),
            [1., 2., 10., 20., 3., 0., 30., 0.]
        );
    }
}
