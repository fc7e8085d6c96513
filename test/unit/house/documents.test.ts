/** The documents point at things that are there. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { filesBelow } from '../../architecture/graph.ts'

const documents = ['README.md', 'hardware.md', 'CHANGELOG.md', 'docs/config.md']

/** Heading → anchor, as forges make it. */
function anchors(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('every document', () => {
  it.each(documents)('%s has no dead link', (document) => {
    const text = readFileSync(document, 'utf8')
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
    const dead = links.filter((link) => {
      if (/^https?:/.test(link)) return false
      const [path, anchor] = link.split('#')
      const target = path === '' || path === undefined ? document : join(dirname(document), path)
      if (!existsSync(target)) return true
      return anchor !== undefined && !anchors(readFileSync(target, 'utf8')).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const manifest: { scripts: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = documents.flatMap((document) =>
      [...readFileSync(document, 'utf8').matchAll(/npm (?:run )?(start|test|check|build|bench|dev|[a-z:]+)\b/g)]
        .map(([, name]) => name ?? '')
        .filter((name) => !['ci', 'install', 'and', 'or', 'run'].includes(name)),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => manifest.scripts[name] === undefined)).toEqual([])
  })

  it('shows only configurations that load', () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-documents-'))
    try {
      writeFileSync(join(folder, 'signal-ca.pem'), 'a certificate')
      const examples = documents.flatMap((document) =>
        [...readFileSync(document, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml]) => yaml ?? ''),
      )
      expect(examples.length).toBeGreaterThan(2)
      for (const example of examples) {
        const file = join(folder, 'causeway.yaml')
        writeFileSync(file, example.replaceAll('"…"', 'AAAA'))
        expect(loadConfig({ file, env: {} }).file).toBe(file)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('a clone', () => {
  it('stands alone: nothing in it reads what lies beside it', () => {
    const sources = filesBelow(['src', 'modem', 'bench', 'test', 'scripts'], ['.ts', '.mjs'])
    // The parent folder of the checkout, as seen from its root.
    const outside = sources.filter((file) =>
      /(?:resolve|join|readFileSync)\(\s*['"`]\.\.\//.test(readFileSync(file, 'utf8')),
    )
    expect(outside).toEqual([])
  })
})
