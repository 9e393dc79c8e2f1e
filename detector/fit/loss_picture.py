"""The loss curve as a small SVG picture, for people who would rather look than read.

In: the loss of each epoch. Out: SVG text, the same for the same losses.
"""

from collections.abc import Sequence

from detector.fit.training import EpochLoss

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 40, 44
LINES = (("train", "#8a8f98"), ("validation", "#0b6bcb"))
"""The two curves and their colours, which stand apart on white and on dark pages alike."""


def loss_picture(losses: Sequence[EpochLoss]) -> str:
    """Return the picture of at least one epoch."""
    every = [value for loss in losses for value in (loss.train, loss.validation)]
    low, high = min(every), max(every)
    span = (high - low) or 1.0

    def place(epoch: int, value: float) -> str:
        """Return where a loss stands, in pixels."""
        x = LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(1, len(losses) - 1)
        y = TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / span
        return f"{x:.1f},{y:.1f}"

    best = max((loss for loss in losses if loss.best), key=lambda loss: loss.epoch, default=losses[-1])
    x, y = place(best.epoch, best.validation).split(",")
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
                ' font-family="sans-serif" font-size="12" role="img" aria-label="Loss of each epoch">'
            ),
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *_frame(low, high, len(losses)),
            *(
                f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                + " ".join(place(loss.epoch, getattr(loss, name)) for loss in losses)
                + '"/>'
                for name, colour in LINES
            ),
            f'<circle cx="{x}" cy="{y}" r="4" fill="{LINES[1][1]}"/>',
            (
                f'<text x="{WIDTH - RIGHT}" y="34" text-anchor="end" fill="#333333">'
                f"kept: epoch {best.epoch}, validation {best.validation:.3f}</text>"
            ),
            "</svg>\n",
        ]
    )


def _frame(low: float, high: float, epochs: int) -> list[str]:
    """Return title, axes with four gridlines, and the legend."""
    lines = [f'<text x="{LEFT}" y="18" fill="#333333">Negative log likelihood of a step (nats), lower is better</text>']
    for part in range(5):
        y = TOP + (HEIGHT - TOP - BOTTOM) * part / 4
        value = high - (high - low) * part / 4
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e5e8"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#333333">{value:.3f}</text>')
    foot = HEIGHT - BOTTOM + 18
    lines.append(f'<text x="{LEFT}" y="{foot}" fill="#333333">1</text>')
    lines.append(f'<text x="{WIDTH - RIGHT}" y="{foot}" text-anchor="end" fill="#333333">{epochs}</text>')
    lines.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{foot + 14}" text-anchor="middle" fill="#333333">epoch</text>'
    )
    for row, (name, colour) in enumerate(LINES):
        lines.append(f'<text x="{LEFT + 70 * row}" y="34" fill="{colour}">{name}</text>')
    return lines
