import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What a phone on a slow line can be asked to fetch. */
const JAVASCRIPT_GZIP_BYTES_MAX = 90_000
/** Of what asks for the words before the rest is there. */
const BEGIN_BYTES_MAX = 2_000
const LANGUAGES = 'src/inbox/languages'
/** What is said of states stands in the one table of them, too; what a push says before anybody spoke, in the notebook. */
const ELSEWHERE = /^(meaning|push)\./

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cw-inbox-'))
  const vite = 'node_modules/vite/bin/vite.js'
  // As `npm run build` does it; what this test runs in would have what only developers see bundled along.
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, [vite, 'build', 'src/inbox', '--outDir', folder], { stdio: 'pipe', env })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = (ending: string) => readdirSync(join(folder, 'assets')).filter((name) => name.endsWith(ending))
const read = (name: string) => readFileSync(join(folder, 'assets', name))

describe('the built inbox', () => {
  it('is at most 90 kB of JavaScript, gzipped, the service worker and all that is fetched later included', () => {
    const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?js$/.test(name))
    expect(scripts).toContain('sw.js')
    const sizes = scripts.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length)
    expect(sizes.length).toBeGreaterThan(0)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(JAVASCRIPT_GZIP_BYTES_MAX)
  })

  it('has a gzipped copy that says the same beside each larger file', () => {
    const large = [...files('.js'), ...files('.css')].filter((name) => read(name).length >= 512)
    expect(large.length).toBeGreaterThan(0)
    for (const name of large) expect(gunzipSync(read(`${name}.gz`)).equals(read(name))).toBe(true)
  })

  it('has nothing inline that a strict Content-Security-Policy would refuse', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/)
    expect(page).toMatch(/src="\/assets\/[\w-]+\.js"/)
  })

  it('has words as data alone: the page names them for each language, and no script has a sentence of them', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8')
    const languages = readdirSync(LANGUAGES).filter((name) => name.endsWith('.json'))
    for (const language of languages.map((name) => name.replace('.json', ''))) {
      const [, name = ''] = new RegExp(`hreflang="${language}" href="/assets/([^"]+)"`).exec(page) ?? []
      expect(read(name).equals(readFileSync(join(LANGUAGES, `${language}.json`)))).toBe(true)
    }
    const english = Object.entries<string>(JSON.parse(readFileSync(join(LANGUAGES, 'en.json'), 'utf8')))
    const sentences = english.flatMap(([key, words]) => (words.length > 20 && !ELSEWHERE.test(key) ? words : []))
    expect(sentences.length).toBeGreaterThan(100)
    const scripts = files('.js').map((name) => read(name).toString())
    expect(sentences.filter((words) => scripts.some((script) => script.includes(words)))).toEqual([])
  })

  it('begins with a small script that waits for no other, and asks for the words', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8')
    const [, first = ''] = /src="\/assets\/([\w-]+\.js)"/.exec(page) ?? []
    const script = read(first).toString()
    expect(script.length).toBeLessThan(BEGIN_BYTES_MAX)
    expect(script).toContain('hreflang')
    expect(script).not.toMatch(/\bimport\b/)
  })
})
