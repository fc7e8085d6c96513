/** The README's picture shows what the terminal showed. */
import { describe, expect, it } from 'vitest'
import { terminalSvg } from '../../../scripts/setup/terminal-svg.mjs'

const draw = (output: string) => terminalSvg({ title: 'A title', output })
const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

describe('terminal output as a picture', () => {
  it('has one row a line, and the same words', () => {
    const svg = draw('one\n\ntwo <&> three\n')
    expect(texts(svg)).toEqual(['one', 'two &lt;&amp;&gt; three'])
    expect([...svg.matchAll(/ y="([\d.]+)"/g)].map(([, y]) => Number(y))).toEqual([33, 73])
  })

  it('keeps colours, bold and dim, and drops the escapes', () => {
    const svg = draw('\x1b[31mred\x1b[0m \x1b[1mbold\x1b[22m \x1b[2mdim\x1b[0m \x1b[?25lplain\x1b[K\n')
    expect(svg).not.toContain('\x1b')
    expect(texts(svg)).toEqual(['red', 'bold', 'dim', ' plain'])
    expect(svg).toMatch(/fill="#e06c75"[^>]*>red</)
    expect(svg).toMatch(/font-weight="bold"[^>]*>bold</)
    expect(svg).toMatch(/opacity="0\.65"[^>]*>dim</)
  })

  it('shows what is left after a spinner', () => {
    expect(texts(draw('\r\x1b[K⠋ work\r\x1b[K⠙ work\r\x1b[K✓ done\r\n'))).toEqual(['✓ done'])
  })

  it('breaks lines that are too long', () => {
    const rows = texts(draw('x'.repeat(300)))
    expect(rows.length).toBeGreaterThan(2)
    expect(rows.join('')).toBe('x'.repeat(300))
  })
})
