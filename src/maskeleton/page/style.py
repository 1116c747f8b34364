"""What all pages share: one look, and the frame of a self-contained HTML file that runs no scripts."""

from html import escape

STYLE = """
:root { --ink: #1f2630; --soft: #5b6673; --line: #dfe4ea; --wash: #f6f8fa; --hide: #c2410c; --keep: #0b6e99;
        --alarm: #b42318; --alarm-wash: #fef3f2; --care: #8a5a00; --care-wash: #fffaeb; --paper: #fff;
        --calm: #0b6e99; --calm-wash: #eef7fb; --track: #eef1f4; --hide-pale: #f6c9b0; --keep-pale: #b5dcec;
        --none: #66717e; --none-pale: #d5dbe2; --edge: #b6bec8; --gold: #e0a100; color-scheme: light dark; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6eaef; --soft: #a6b0bc; --line: #343c46; --wash: #1d232b; --hide: #ff9a6b; --keep: #6cc4e8;
          --alarm: #ff9d93; --alarm-wash: #3a1c1a; --care: #f2c14e; --care-wash: #332a12; --paper: #14181d;
          --calm: #6cc4e8; --calm-wash: #14303d; --track: #272f38; --hide-pale: #7a3b1d; --keep-pale: #1f5066;
          --none: #9aa5b1; --none-pale: #46505b; --edge: #5b6673; --gold: #a87900; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 75rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink); background: var(--paper);
       font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; } p { margin: .4rem 0; max-width: 46rem; }
p.lead { font-size: 1.1rem; color: var(--soft); max-width: 46rem; margin: 0 0 1.6rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .8rem; margin: 0; }
dl div { background: var(--wash); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.35rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .6rem; vertical-align: top;
       border-bottom: 1px solid var(--line); } th { color: var(--soft); font-weight: 500; font-size: .85rem; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th small { display: block; font-weight: 400; font-size: .78rem; line-height: 1.35; }
th.who { min-width: 13rem; } th.who small, td.rate small { display: block; color: var(--soft); font-size: .8rem; }
td.rate { font-variant-numeric: tabular-nums; min-width: 8.4rem; } td.rate b { font-size: 1.02rem; }
td.none { color: var(--none); } .range { color: var(--soft); font-size: .85rem; white-space: nowrap; }
td.rate svg, td.bar svg { display: block; margin-top: .15rem; }
figure { margin: 0; overflow-x: auto; } figure svg { width: 100%; height: auto; } .wide { overflow-x: auto; }
.box { border-left: .3rem solid; border-radius: .4rem; padding: .8rem 1.1rem; margin: 1.2rem 0; }
.box h2, .box h3 { margin: 0 0 .3rem; font-size: 1rem; } .box ul { margin: 0; padding-left: 1.1rem; }
.box li { margin: .25rem 0; overflow-wrap: anywhere; }
.alarm { border-color: var(--alarm); background: var(--alarm-wash); } .alarm h2, .alarm h3 { color: var(--alarm); }
.care { border-color: var(--gold); background: var(--care-wash); } .care h2, .care h3 { color: var(--care); }
.told { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.2rem 1.1rem; margin: .9rem 0;
        break-inside: avoid; }
.told .kind { font-size: .8rem; font-weight: 600; letter-spacing: .03em; } .told.hide .kind { color: var(--hide); }
.told.keep .kind { color: var(--keep); } .told p.says { font-size: 1.2rem; line-height: 1.4; margin: .15rem 0 .5rem; }
.told p.more { color: var(--soft); font-size: .93rem; margin: .3rem 0 0; } .told svg { width: 100%; height: auto; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 2.5rem; }
.soft { color: var(--soft); font-size: .93rem; } details { margin: 1.2rem 0; } summary { cursor: pointer; }
ul.plain { padding-left: 1.1rem; } ul.plain li { margin: .2rem 0; overflow-wrap: anywhere; }
pre { font-size: .8rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere;
      background: var(--wash); padding: 1rem; border-radius: .5rem; }
code { font-size: .85em; overflow-wrap: anywhere; } footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
section.step { border-top: 2px solid var(--line); margin-top: 3.5rem; }
section.step > h2:first-child { font-size: 1.6rem; margin: 1.6rem 0 .3rem; }
tbody th { color: var(--ink); font-weight: 400; font-size: 1rem; }
td, th, p, li, dd, h1, h2, h3, summary { overflow-wrap: anywhere; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding: .2rem .6rem; }
.bar .track { fill: var(--track); } .bar .ink-hide { fill: var(--hide); } .bar .ink-keep { fill: var(--keep); }
.bar .ink- { fill: var(--none); } .bar .pale-hide { fill: var(--hide-pale); } .bar .pale-keep { fill: var(--keep-pale); }
.bar .pale- { fill: var(--none-pale); } .bar .chance { stroke: var(--ink); } .bar .null { stroke: var(--none); }
.bar { overflow: visible; } .bar .word { fill: var(--soft); } .bar .tick { stroke: var(--edge); }
a { color: var(--keep); } :focus-visible { outline: 3px solid var(--keep); outline-offset: 2px; }
@media (max-width: 40rem) { body { padding: 1.2rem 1rem 3rem; } .bar .word { font-size: 21px; } .bar .word-null { display: none; }
  td, th { padding: .35rem .4rem; } }
@media print { body { padding: 0; max-width: none; font-size: 11pt; } figure, table, .box { break-inside: avoid; }
               details::details-content { content-visibility: visible; block-size: auto; }
               .wide { overflow: visible; } td.rate { min-width: 0; }
               th.who { min-width: 7.5rem; } td.rate svg, td.bar svg { width: 100%; }
               table, tbody th, td.rate b { font-size: 8.5pt; } .range { font-size: 7.5pt; }
               th small, th.who small, td.rate small { font-size: 6.5pt; }
               th, td { padding: .3rem .35rem; } h2, h3 { break-after: avoid; }
               * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def document(title: str, body: str, footer: str = "") -> str:
    """A whole page: `body` and `footer` are HTML, the title is not."""
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
            f"{body}<footer>{footer}</footer></body></html>\n")
