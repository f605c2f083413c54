"""How much arithmetic the network is, to hold its speed against the machine's best matrix product."""

ROWS, COLUMNS = 217, 334
CHANNELS = [64, 64, 64, 128, 128, 256]
FEED_FORWARD = 2048
DENSE = [512, 200, 100, 10]


def training_flops() -> int:
    """Floating-point operations of one RGLUformer training sample.

    Backward is two products for each forward one; the first layer needs no gradient of the pictures.
    """
    return 3 * forward_flops() - stem_flops()


def forward_flops() -> int:
    total, moments = stem_flops(), COLUMNS
    for width, out in zip(CHANNELS, CHANNELS[1:]):
        total += 2 * moments * 3 * 2 * out * (width + out)
        moments //= 2
    width = CHANNELS[-1]
    total += 2 * moments * (4 * width * width + 2 * width * FEED_FORWARD)
    return total + 2 * sum(i * o for i, o in zip(DENSE, DENSE[1:]))


def stem_flops() -> int:
    return 2 * COLUMNS * 3 * ROWS * CHANNELS[0]
