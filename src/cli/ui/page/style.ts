/** Light and dark by the system's setting; one column on a phone. */
export const style = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f4f5f7; --line: #c9ced6; --text: #16191d; --dim: #4f5864; --good: #0b6b2f; --bad: #a8161c; --mark: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171b; --card: #1e2329; --line: #3d4550; --text: #eceff3; --dim: #aab4c0; --good: #63d48b; --bad: #ff9a94; --mark: #8cc2ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
h3 { font-size: .95rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { margin: .25rem 0; padding: .75rem; max-height: 22rem; overflow: auto; white-space: pre-wrap; background: var(--back); border: 1px solid var(--line); border-radius: .4rem; }
main { display: grid; gap: 1rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; min-width: 0; }
.controls { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
.controls h2 { flex-basis: 100%; margin: 0; }
label { display: grid; gap: .2rem; font-size: .875rem; color: var(--dim); }
select, button { font: inherit; min-height: 2.5rem; padding: .3rem .8rem; color: var(--text); background: var(--back); border: 1px solid var(--dim); border-radius: .4rem; max-width: 100%; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
ol { list-style: none; margin: 0; padding: 0; }
.deliveries > li + li { margin-top: .5rem; }
details { background: var(--back); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.dim { color: var(--dim); }
.good { color: var(--good); }
.bad { color: var(--bad); }
.code { font-weight: 600; }
.ladder li { display: grid; grid-template-columns: 1.5rem 6rem minmax(0, 1fr); gap: .25rem; border-left: 3px solid var(--line); padding: .1rem 0 .1rem .6rem; overflow-wrap: anywhere; }
.ladder li.pass { border-color: var(--good); }
.ladder li.fail { border-color: var(--bad); font-weight: 600; }
.cause { border-left: 4px solid var(--bad); padding: .25rem .75rem; margin: .75rem 0; }
.timeline { border-left: 3px solid var(--line); margin: .25rem 0 1rem .4rem; padding-left: 1rem; }
.timeline li { position: relative; padding: .2rem 0; }
.timeline li::before { content: ''; position: absolute; left: -1.45rem; top: .7rem; width: .7rem; height: .7rem; border-radius: 50%; background: var(--dim); }
.timeline li.final::before { background: var(--good); }
.row { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .5rem; }
@media (max-width: 50rem) { main { grid-template-columns: minmax(0, 1fr); } .ladder li { grid-template-columns: 1.5rem 5rem minmax(0, 1fr); } }
`
