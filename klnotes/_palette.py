"""The colors of P, of Q, of a third, and of what stands behind them: they are written nowhere else.

Style sheets know them by name, as CSS variables. Stored pictures carry the light ones too, for readers that have no
style sheet of ours: JupyterLab, GitHub.
"""

LIGHT = {"p": "#1f5fa8", "q": "#c2410c", "r": "#15803d", "grid": "#d4d4d8", "soft": "#e4e4e7"}
DARK = {"p": "#7db4f0", "q": "#fb923c", "r": "#4ade80", "grid": "#3f3f46", "soft": "#33333a"}


def css(light: str = "html", dark: str = 'html[data-theme="dark"]') -> str:
    """Rules that give the variables to what these selectors select in a light and in a dark theme.

    >>> print(css(".day", ".night"), end="")
    .day { --kl-p: #1f5fa8; --kl-q: #c2410c; --kl-r: #15803d; --kl-grid: #d4d4d8; --kl-soft: #e4e4e7; }
    .night { --kl-p: #7db4f0; --kl-q: #fb923c; --kl-r: #4ade80; --kl-grid: #3f3f46; --kl-soft: #33333a; }
    """
    return _rule(light, LIGHT) + _rule(dark, DARK)


def _rule(selector: str, colors: dict[str, str]) -> str:
    given = "".join(f"--kl-{name}: {color}; " for name, color in colors.items())
    return f"{selector} {{ {given}}}\n"
