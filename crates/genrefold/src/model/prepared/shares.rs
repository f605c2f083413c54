//! How clips, or one clip, are shared out among workers.

use std::ops::Range;

/// Moments that one worker answers for, and the picture's columns that they are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub columns: Range<usize>,
    pub moments: Range<usize>,
}

/// Windows of a picture of `columns` columns that is halved by `blocks` blocks, one for each worker at most.
///
/// A block's two convolutions see two columns to either side, each twice as wide as in the block before, and the
/// first convolution one: fewer than two moments' columns beside a window, and then what stands at its edges, where
/// a convolution would see zeros instead of the neighbours, is not looked at.
pub(super) fn windows(columns: usize, blocks: usize, workers: usize) -> Vec<Window> {
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
pub(super) fn group(clips: usize, workers: usize) -> usize {
    const MOST: usize = 8;
    let rounds = clips.div_ceil(MOST * workers.max(1)).max(1);
    clips.div_ceil(rounds * workers.max(1)).max(1)
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
