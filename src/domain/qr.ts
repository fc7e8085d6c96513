/**
 * Pictures of a QR code: for a terminal, and as SVG. Pure. The only file that imports `uqr`.
 *
 * A code is dark on light whatever the terminal's own colours are: a phone's camera often refuses the inverse.
 */
import { encode, renderSVG } from 'uqr'

/** Light modules around the code: less than the four of ISO/IEC 18004, as much as eighty columns leave room for. */
const borderModules = 2
const lightOnDark = '\u001b[97;40m'
const reset = '\u001b[0m'

/** Text, or octets. */
export type QrContent = string | Uint8Array

/**
 * Lines for a terminal, two rows of modules each. `coloured`: with the ANSI colours that make it dark on light; without
 * them it takes the terminal to be dark. Throws Error for more than a code can hold (2953 octets).
 */
export function qrLines(content: QrContent, { coloured }: { coloured: boolean }): string[] {
  const { data } = encode(dataOf(content), { ecc: 'L', border: borderModules })
  const lines: string[] = []
  for (let row = 0; row < data.length; row += 2) {
    const [upper = [], lower] = [data[row], data[row + 1]]
    // What is lit is a light module. Below the last row there is the border's light.
    const line = upper.map((dark, column) => halves(!dark, !(lower?.[column] ?? false))).join('')
    lines.push(coloured ? `${lightOnDark}${line}${reset}` : line)
  }
  return lines
}

function halves(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀'
  return lower ? '▄' : ' '
}

/** The code as an SVG document. Throws as `qrLines` does. */
export function qrSvg(content: QrContent): string {
  return renderSVG(dataOf(content), { ecc: 'L', border: 4, pixelSize: 8 })
}

function dataOf(content: QrContent): string | number[] {
  return typeof content === 'string' ? content : [...content]
}
