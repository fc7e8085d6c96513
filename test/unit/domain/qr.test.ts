/** QR codes as they are drawn: what a camera needs to find one. */
import { expect, test } from 'vitest'
import { qrLines, qrSvg } from '../../../src/domain/qr.ts'

/** Dark modules, read back from the half blocks. */
function modules(lines: readonly string[]): boolean[][] {
  return lines.flatMap((line) => [
    [...line].map((block) => block === ' ' || block === '▄'),
    [...line].map((block) => block === ' ' || block === '▀'),
  ])
}

test('the drawing has the three finders of a code inside a light border', () => {
  const rows = modules(qrLines('sgnl://linkdevice?uuid=x&pub_key=y', { coloured: false }))
  const size = (rows[0]?.length ?? 0) - 4
  const finder = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111']
  const square = (top: number, left: number) =>
    rows.slice(top, top + 7).map((row) => [...row.slice(left, left + 7)].map((dark) => (dark ? 1 : 0)).join(''))
  expect(square(2, 2)).toEqual(finder)
  expect(square(2, 2 + size - 7)).toEqual(finder)
  expect(square(2 + size - 7, 2)).toEqual(finder)
  expect(rows.slice(0, 2).flat()).not.toContain(true)
  expect(rows.every((row) => !row[0] && !row[1] && !row.at(-1) && !row.at(-2))).toBe(true)
})

test('on a terminal the colours are said, so that a light one does not turn the code inside out', () => {
  for (const line of qrLines('x', { coloured: true })) expect(line).toMatch(/^\u001b\[97;40m.+\u001b\[0m$/)
})

test('octets are drawn as they are', () => {
  expect(qrSvg(new Uint8Array([0, 255, 128]))).toMatch(/^<svg/)
  expect(qrLines(new Uint8Array([0, 255, 128]), { coloured: false })).not.toEqual(qrLines('x', { coloured: false }))
})

test('more than a code can hold is refused', () => {
  expect(() => qrLines('x'.repeat(3000), { coloured: false })).toThrow()
})
