"""The letters that song titles need, out of two fonts: M PLUS 1, and DejaVu Sans for what it lacks.

  pip install fonttools
  make_subset.py Mplus1-Regular.otf DejaVuSans.ttf    # github.com/coz-m/MPLUS_FONTS, dejavu-fonts.github.io

Latin, Greek, Cyrillic, musical signs, kana, and the kanji of JIS X 0208 level 1.
"""
import subprocess
import sys

from fontTools.ttLib import TTFont

RANGES = [(0x20, 0x7F), (0xA0, 0x250), (0x370, 0x460), (0x1E00, 0x1F00), (0x2010, 0x2040),
          (0x20A0, 0x20C0), (0x2190, 0x2194), (0x2669, 0x2670), (0x3000, 0x3020), (0x3040, 0x3100), (0xFF00, 0xFFA0)]
SIGNS = "\u2116\u2122\u2212\u221e\u25a1\u2605\u2606\u2660\u2665"

letters = {code for first, end in RANGES for code in range(first, end)} | set(map(ord, SIGNS))
for row in range(0xB0, 0xD0):  # rows 16 to 47
    for cell in range(0xA1, 0xFF):
        letters |= set(map(ord, bytes([row, cell]).decode("euc_jp", "ignore")))


def subset(source, target, codes):
    subprocess.run(["pyftsubset", source, "--output-file=" + target, "--no-hinting", "--layout-features=",
                    "--notdef-outline", "--drop-tables+=MATH,GDEF,GPOS,GSUB,FFTM,gasp", "--name-IDs=0,1,2,3,4,5,6,13,14", "--no-prune-unicode-ranges",
                    "--unicodes=" + ",".join(f"{code:04X}" for code in sorted(codes))], check=True)


first, second = sys.argv[1:]
subset(first, "MPLUS1-Regular-subset.otf", letters)
subset(second, "DejaVuSans-subset.ttf", letters - set(TTFont(first).getBestCmap()))
