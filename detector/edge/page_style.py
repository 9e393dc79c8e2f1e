"""The style of the page for people: light or dark as the reader's system is, nothing fetched."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5c6b7a; --ground: #fbfcfd; --panel: #f0f3f6; --line: #dce2e8;
  --good: #1f7a45; --bad: #b3261e; --warn: #9a6200; --band: #b9cde0; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe6ed; --soft: #94a3b3; --ground: #12181e; --panel: #1b232b;
  --line: #2c3742; --good: #6fcf97; --bad: #ff8a80; --warn: #f2c14e; --band: #3b5166; } }
body { margin: 0 auto; max-width: 90rem; padding: 1.25rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .75rem; }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2rem 0 .5rem; font-size: 1.05rem; }
small, p, footer { color: var(--soft); } a { color: inherit; }
.badge { border: 1px solid; border-radius: 1rem; padding: 0 .7rem; font-size: .85rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
.tiles div { background: var(--panel); border-radius: .5rem; padding: .75rem 1rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; font-size: .85rem; } td { max-width: 30rem; overflow-wrap: break-word; }
.when { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.odd .situation, .odd .mark, .critical .grade { color: var(--bad); } .warning .grade { color: var(--warn); }
.odd td:first-child, .critical td:first-child { box-shadow: inset 3px 0 var(--bad); }
.warning td:first-child { box-shadow: inset 3px 0 var(--warn); }
.band { fill: var(--band); } .mark { fill: currentColor; }
footer { margin-top: 2rem; font-size: .85rem; }
""".strip()
