"""Whether a row of measurements is flat, and a drawing of it."""
import statistics
from html import escape

COLOURS = ["#3366aa", "#cc6633", "#338855", "#884499"]


def slope(times, values):
    """The median of the slopes between all pairs of points (Theil and Sen): a few wild points do not move it."""
    pairs = [(b - a) / (t - s)
             for i, (s, a) in enumerate(zip(times, values))
             for t, b in zip(times[i + 1:], values[i + 1:]) if t > s]
    return statistics.median(pairs) if pairs else 0.0


def trend(hours, values, least):
    """The second half of a curve: its middle, its slope per hour, and whether it is flat: it rises by less than 3 % of
    its middle, or by less than `least`, from the half's beginning to its end."""
    half = len(values) // 2
    late, points = hours[half:], values[half:]
    middle, steep = statistics.median(points), slope(late, points)
    rise = steep * (late[-1] - late[0])
    return {"middle": middle, "per_hour": steep, "rise": rise, "flat": rise < max(least, 0.03 * middle)}


def svg(title, hours, curves):
    """A picture of curves by name over hours, each scaled from zero to its own largest value."""
    wide, high, left, top = 900, 320, 60, 40
    end = max(hours[-1], 1e-9)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high + top + 40}" '
             'font-family="sans-serif" font-size="13">',
             '<rect width="100%" height="100%" fill="white"/>', f'<text x="{left}" y="20">{escape(title)}</text>']
    for step in range(5):
        y = top + high * step / 4
        parts.append(f'<line x1="{left}" y1="{y}" x2="{wide - 20}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{100 - 25 * step} %</text>')
    for index, (name, values) in enumerate(curves.items()):
        most = max(values) or 1
        points = " ".join(
            f"{left + (wide - left - 20) * hour / end:.1f},{top + high * (1 - value / most):.1f}"
            for hour, value in zip(hours, values))
        colour = COLOURS[index % len(COLOURS)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{left + 210 * index}" y="{top + high + 32}" fill="{colour}">'
                     f"{escape(name)}: 100 % = {most:.4g}</text>")
    parts.append(f'<text x="{wide - 20}" y="{top + high + 16}" text-anchor="end">{end:.2f} h</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
