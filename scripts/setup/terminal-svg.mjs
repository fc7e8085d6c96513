// @ts-check
// Draws terminal output as an SVG picture: monospaced lines, the sixteen colours, bold and dim. Pure.

const fontSizePx = 14
const cellWidthPx = 8.43
const lineHeightPx = 20
const marginPx = 18
/** Longer lines are broken here, as a terminal of that width would. */
const columnsMax = 136

const foreground = '#d8dee9'
/** SGR colours 30–37, then 90–97. */
const palette = [
  ['#4c566a', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dee9'],
  ['#7f8896', '#ef8a92', '#b1d89b', '#f0d49b', '#85c5f5', '#d99be8', '#7fcdd6', '#ffffff'],
].flat()

/** @typedef {{ colour: string, bold: boolean, dim: boolean }} Pen */
/** @typedef {{ text: string, pen: Pen }} Run */

/**
 * @param {{ title: string, output: string }} picture `output`: text with SGR escapes, lines ended by \n
 * @returns {string} an SVG document
 */
export function terminalSvg({ title, output }) {
  const lines = output.trimEnd().split('\n').map(parseLine).flatMap(wrap)
  const columns = Math.max(...lines.map(widthOf))
  const width = Math.ceil(columns * cellWidthPx + 2 * marginPx)
  const height = lines.length * lineHeightPx + 2 * marginPx
  const rows = lines.map((line, row) => drawLine(line, marginPx + (row + 0.75) * lineHeightPx))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#20242c"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${fontSizePx}" style="white-space: pre" xml:space="preserve">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`
}

/** @param {string} line @returns {Run[]} */
function parseLine(line) {
  // What a carriage return has overwritten is not on the screen any more.
  const visible = line.slice(line.lastIndexOf('\r', line.length - 2) + 1).replace(/\r$/, '')
  /** @type {Pen} */
  let pen = { colour: foreground, bold: false, dim: false }
  /** @type {Run[]} */
  const runs = []
  for (const piece of visible.split(/(\x1b\[[0-9;?]*[A-Za-z])/)) {
    if (piece.startsWith('\x1b[')) {
      if (piece.endsWith('m')) for (const code of piece.slice(2, -1).split(';')) pen = penAfter(pen, Number(code))
    } else if (piece !== '') runs.push({ text: piece, pen })
  }
  return runs
}

/** @param {Pen} pen @param {number} code @returns {Pen} */
function penAfter(pen, code) {
  if (code === 0) return { colour: foreground, bold: false, dim: false }
  if (code === 1) return { ...pen, bold: true }
  if (code === 2) return { ...pen, dim: true }
  if (code === 22) return { ...pen, bold: false, dim: false }
  if (code === 39) return { ...pen, colour: foreground }
  if (code >= 30 && code <= 37) return { ...pen, colour: palette[code - 30] ?? foreground }
  if (code >= 90 && code <= 97) return { ...pen, colour: palette[code - 82] ?? foreground }
  return pen
}

/** @param {Run[]} line @returns {Run[][]} */
function wrap(line) {
  /** @type {Run[][]} */
  const rows = [[]]
  let used = 0
  for (const { text, pen } of line) {
    for (const character of text) {
      if (used === columnsMax) {
        rows.push([])
        used = 0
      }
      const row = rows[rows.length - 1] ?? []
      const last = row[row.length - 1]
      if (last?.pen === pen) last.text += character
      else row.push({ text: character, pen })
      used += 1
    }
  }
  return rows
}

/** @param {Run[]} line */
function widthOf(line) {
  return line.reduce((sum, { text }) => sum + [...text].length, 0)
}

/** @param {Run[]} line @param {number} y */
function drawLine(line, y) {
  let column = 0
  const spans = line.map(({ text, pen }) => {
    const x = marginPx + column * cellWidthPx
    const cells = [...text].length
    column += cells
    const weight = pen.bold ? ' font-weight="bold"' : ''
    const opacity = pen.dim ? ' opacity="0.65"' : ''
    return text.trim() === ''
      ? ''
      : // The length holds the columns together where the viewer has another font.
        `<text x="${x.toFixed(1)}" y="${y}" textLength="${(cells * cellWidthPx).toFixed(1)}" fill="${pen.colour}"${weight}${opacity}>${escapeXml(text)}</text>`
  })
  return spans.join('')
}

/** @param {string} text */
function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
