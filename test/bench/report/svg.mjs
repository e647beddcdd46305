// The chart: one panel of bars per body, readable on light and dark pages.
const width = 720
const labelWidth = 190
const valueWidth = 130
const barHeight = 18
const rowHeight = 27
const panelHead = 40
const gap = 22
const head = 58

const style = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { fill: #59636e }
  .panel { font-weight: 600 }
  .ours { font-weight: 600 }
  .bar { fill: #a9b4c0 }
  .bar.ours { fill: #0969da }
  .range { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .bar { fill: #57606a }
    .bar.ours { fill: #4493f8 }
    .range { stroke: #f0f6fc }
  }`

/**
 * `panels`: [{ title, bars: [{ label, median, low, high }] }], the longest bar first. Each panel has a scale of its own,
 * from zero. `highlighted` is the label that stands out.
 */
export function chartOf({ title, subtitle, panels, highlighted }) {
  let y = head
  const drawn = []
  for (const panel of panels) {
    drawn.push(panelOf(panel, y, highlighted))
    y += panelHead + panel.bars.length * rowHeight + gap
  }
  const summary = panels.map((panel) => `${panel.title}: ${panel.bars.map(({ label, median }) => `${label} ${whole(median)}`).join(', ')}`).join('. ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(summary)}</desc>
<style>${style}
</style>
<text class="title" x="0" y="18">${escaped(title)}</text>
<text class="quiet" x="0" y="40">${escaped(subtitle)}</text>
${drawn.join('\n')}
</svg>
`
}

function panelOf({ title, bars }, top, highlighted) {
  const most = Math.max(...bars.map(({ high }) => high))
  const scale = (value) => (value / most) * (width - labelWidth - valueWidth)
  const sorted = [...bars].sort((a, b) => b.median - a.median)
  const rows = sorted.map((bar, index) => row(bar, top + panelHead + index * rowHeight, scale, bar.label === highlighted ? ' ours' : ''))
  return [`<text class="panel" x="0" y="${top + 22}">${escaped(title)}</text>`, ...rows].join('\n')
}

function row({ label, median, low, high }, y, scale, ours) {
  const middle = y + barHeight / 2
  const at = (value) => (labelWidth + scale(value)).toFixed(1)
  return `<text class="label${ours}" x="${labelWidth - 10}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>
<rect class="bar${ours}" x="${labelWidth}" y="${y}" width="${scale(median).toFixed(1)}" height="${barHeight}" rx="2"/>
<line class="range" x1="${at(low)}" x2="${at(high)}" y1="${middle}" y2="${middle}"/>
<text class="value${ours}" x="${(labelWidth + scale(Math.max(median, high)) + 8).toFixed(1)}" y="${middle + 4}">${whole(median)}</text>`
}

function whole(value) {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ')
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
