"""The look of the report: plain, for narrow and wide screens, in gray, on paper."""

from __future__ import annotations

STYLE = """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: #ffffff; color: #1a1a1a;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid #1a1a1a; }
h3 { font-size: 1.05rem; margin: 0 0 .5rem; }
h4 { font-size: 1rem; margin: 0; }
p { margin: .5rem 0; }
a { color: #0b4f8a; }
a:focus-visible, .wide:focus-visible { outline: 3px solid #0b4f8a; outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: #ffffff; padding: .25rem .5rem; }
.quiet { color: #525252; }
.short { border-left: 5px solid #1a1a1a; background: #f3f3f3; padding: .5rem 1rem; margin: 1rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; min-width: 0; }
code, .formula { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .9em; overflow-wrap: anywhere; }
.formula { background: #f3f3f3; padding: .5rem .75rem; margin: .5rem 0; max-height: 14rem; overflow: auto; }
.lines { white-space: pre-wrap; max-height: 30rem; }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0; color: #525252; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; }
.rows th, .rows td { border-bottom: 1px solid #b8b8b8; }
.rows thead th { border-bottom: 2px solid #1a1a1a; }
.rows td.number, .rows th.number { text-align: right; white-space: nowrap; }
.rows th[scope=row] { white-space: nowrap; }
.cards { display: grid; gap: 1rem; margin: .75rem 0; }
.card { border: 1px solid #8a8a8a; border-radius: .4rem; padding: 1rem; min-width: 0; }
.graphs { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 .5rem; align-items: flex-start; }
figure { margin: 0; min-width: 0; }
figcaption { color: #525252; font-size: .9rem; }
svg { display: block; max-width: 100%; height: auto; }
.plot svg { width: 100%; max-width: 40rem; }
.result + .result { margin-top: .75rem; padding-top: .75rem; border-top: 1px solid #b8b8b8; }
.result dl { font-size: .95rem; }
@media (min-width: 45rem) {
  .graph { display: grid; grid-template-columns: minmax(14rem, 2fr) 3fr; gap: 0 1.5rem; }
  .graph h3 { grid-column: 1 / -1; }
}
ul { padding-left: 1.25rem; margin: .5rem 0; }
footer { margin-top: 2.5rem; border-top: 1px solid #8a8a8a; padding-top: .5rem; }
@media (max-width: 34rem) {
  body { padding: 1rem .75rem 2rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .5rem; }
  th, td { padding: .25rem .35rem; font-size: .85rem; }
  .edges { display: none; }
}
@media print {
  @page { margin: 15mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .skip { display: none; }
  .wide, .formula { overflow: visible; max-height: none; }
  .short, .formula, td, rect { -webkit-print-color-adjust: exact; }
  h2, h3 { break-after: avoid; }
  figure, tr, .short, .result { break-inside: avoid; }
  .cards { display: block; }
  .card { margin-bottom: 1rem; break-inside: avoid; }
  .graph { display: grid; grid-template-columns: minmax(5cm, 2fr) 3fr; gap: 0 1rem; }
  .graph h3 { grid-column: 1 / -1; }
  .plot { break-before: avoid; }
  .plot svg { max-width: 12cm; }
  .graphs svg { max-width: 4.5cm; max-height: 6cm; }
}
""".strip()
"""Text has a contrast of 7 and more; what has a color has another mark as well."""
