//! Joint stereo: from what is stored to left and right.

use super::frame::{Granule, Header};
use super::huffman::VALUES;
use super::scale::{Positions, halved};
use super::tables::PANS;

/// Left and right from their sum and difference.
pub(super) fn separate(left: &mut [f32], right: &mut [f32]) {
    for (left, right) in left.iter_mut().zip(right) {
        (*left, *right) = (*left + *right, *left - *right);
    }
}

/// Bands above the last one in which the second channel sounds are the first channel, with a direction each.
pub(super) fn spread(
    header: Header,
    granules: &[Granule],
    positions: &mut Positions,
    left: &mut [f32; VALUES],
    right: &mut [f32; VALUES],
) {
    let [first, second, ..] = granules else { return };
    let bands = first.long_bands + first.short_bands;
    let windows = if first.short_bands != 0 { 3 } else { 1 };
    let mut last = last_sounding(right, &first.bands[..bands.min(first.bands.len())]);
    if first.long_bands != 0 {
        last = [last.into_iter().flatten().max(); 3];
    }
    // The bands on top have no position of their own.
    for window in 0..windows {
        let top = bands - windows + window;
        let below = top - windows;
        let middle = if header.is_mpeg1() { 3 } else { 0 };
        positions[top] =
            if last[window].is_some_and(|last| last >= below) { middle } else { positions[below] };
    }
    let mut start = 0;
    for (band, &width) in first.bands.iter().take_while(|width| **width != 0).enumerate() {
        let range = start..(start + usize::from(width)).min(VALUES);
        start = range.end;
        let (left, right) = (&mut left[range.clone()], &mut right[range]);
        let silent = last[band % 3].is_none_or(|last| band > last);
        match pan(header, positions[band], second.scale_code & 1 != 0).filter(|_| silent) {
            Some((to_left, to_right)) => {
                let scale = if header.has_middle() { std::f32::consts::SQRT_2 } else { 1.0 };
                for (left, right) in left.iter_mut().zip(right) {
                    *right = *left * to_right * scale;
                    *left *= to_left * scale;
                }
            }
            None if header.has_middle() => separate(left, right),
            None => {}
        }
    }
}

/// For each of the three windows, the last band that is not silent.
fn last_sounding(values: &[f32; VALUES], bands: &[u8]) -> [Option<usize>; 3] {
    let (mut last, mut start) = ([None; 3], 0);
    for (band, &width) in bands.iter().enumerate() {
        let end = (start + usize::from(width)).min(VALUES);
        if values[start..end].iter().any(|&value| value != 0.0) {
            last[band % 3] = Some(band);
        }
        start = end;
    }
    last
}

/// The share of left and right at a position; none if it stands for no direction.
fn pan(header: Header, position: u8, coarse: bool) -> Option<(f32, f32)> {
    let place = usize::from(position);
    if header.is_mpeg1() {
        return (place < 7).then(|| (PANS[2 * place], PANS[2 * place + 1]));
    }
    let share = halved(1.0, (i32::from(position) + 1) >> 1 << u32::from(coarse));
    (place < 64).then_some(if position & 1 != 0 { (share, 1.0) } else { (1.0, share) })
}
