"""Bars as SVG: a group for each program, a bar for each engine."""
from xml.sax.saxutils import escape

COLOURS = ["#2b6cb0", "#dd6b20", "#38a169", "#805ad5", "#d53f8c", "#718096"]
LABEL, PLOT, RIGHT, BAR, GAP, TOP = 110, 560, 60, 13, 9, 52


def text(x, y, words, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def draw(title, columns, rows):
    """`rows` are (name, [number or None for each column]); longer is slower."""
    longest = max((v for _, values in rows for v in values if v is not None), default=1)
    height = TOP + len(rows) * (len(columns) * BAR + GAP) + GAP
    width = LABEL + PLOT + RIGHT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
             'font-family="sans-serif" font-size="11">', f'<rect width="{width}" height="{height}" fill="white"/>',
             text(GAP, 18, title)]
    x = LABEL
    for i, column in enumerate(columns):
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{COLOURS[i % len(COLOURS)]}"/>')
        parts.append(text(x + 14, 37, column))
        x += 30 + 7 * len(column)
    y = TOP
    for name, values in rows:
        parts.append(text(LABEL - 6, y + len(columns) * BAR / 2 + 4, name, "end"))
        for i, value in enumerate(values):
            if value is not None:
                length = PLOT * value / longest
                parts.append(f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR - 2}" '
                             f'fill="{COLOURS[i % len(COLOURS)]}"/>')
                parts.append(text(LABEL + length + 4, y + BAR - 4, f"{value:.1f}"))
            y += BAR
        y += GAP
    return "\n".join(parts + ["</svg>", ""])
