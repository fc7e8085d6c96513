/**
 * What the build leaves out of what is fetched: the keys of catalogues, of icons all but their outlines, and alphabets.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Slimmed {
  code: string
  map: null
}

/** As much of a Vite plugin as is needed here. */
interface SlimPlugin {
  name: string
  enforce: 'pre'
  buildStart?(): Promise<void>
  transform(code: string, id: string): Slimmed | undefined | Promise<Slimmed | undefined>
}

/**
 * Catalogues other than the English one become lists of words in the order of its keys: a third less to fetch. What a
 * catalogue lacks is null there (languages/translate.ts).
 */
export function keyOrdered(): SlimPlugin {
  return {
    name: 'key-ordered',
    enforce: 'pre',
    async transform(code: string, id: string) {
      const [, folder, language] = /^(.*[/\\]languages[/\\])(\w+)\.json$/.exec(id) ?? []
      if (folder === undefined || language === 'en') return undefined
      const english = JSON.parse(await readFile(join(folder, 'en.json'), 'utf8')) as Record<string, string>
      const words = JSON.parse(code) as Record<string, string>
      return { code: JSON.stringify(Object.keys(english).map((key) => words[key] ?? null)), map: null }
    },
  }
}

/**
 * Keys that occur in the sources as `t('key'` and in no other way get short names, in the English catalogue and there.
 * Those that are put together (`t(`state.${state}`)`) or handed around keep theirs.
 */
export function shortKeys(root: string): SlimPlugin {
  let short: ReadonlyMap<string, string> = new Map()
  return {
    name: 'short-keys',
    enforce: 'pre',
    async buildStart() {
      short = await namesOf(root)
    },
    transform(code: string, id: string) {
      if (/[/\\]languages[/\\]en\.json$/.test(id)) {
        const words = Object.entries(JSON.parse(code) as Record<string, string>)
        return {
          code: JSON.stringify(Object.fromEntries(words.map(([key, text]) => [short.get(key) ?? key, text]))),
          map: null,
        }
      }
      if (!id.startsWith(root) || !/\.tsx?$/.test(id)) return undefined
      return { code: code.replace(CALL, (call, key: string) => call.replace(key, short.get(key) ?? key)), map: null }
    },
  }
}

const CALL = /\bt\('([\w.]+)'/g

async function namesOf(root: string): Promise<ReadonlyMap<string, string>> {
  const english = JSON.parse(await readFile(join(root, 'languages/en.json'), 'utf8')) as Record<string, string>
  const files = (await readdir(root, { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  const source = (await Promise.all(files.map((name) => readFile(join(root, name), 'utf8')))).join('\n')
  const made = [...source.matchAll(/`([\w.]+)\$\{/g)].map(([, prefix = '']) => prefix)
  const isCalled = (key: string) => source.split(`'${key}'`).length === source.split(`t('${key}'`).length
  const keys = Object.keys(english).filter((key) => isCalled(key) && !made.some((prefix) => key.startsWith(prefix)))
  return new Map(keys.map((key, index) => [key, `_${index.toString(36)}`]))
}

/**
 * National alphabets stay at home: the composer counts with the default alphabet and its extension, as the gateway does
 * unless it is told otherwise, and the tables are larger than all of the counting.
 */
export function defaultAlphabetOnly(): SlimPlugin {
  return {
    name: 'default-alphabet-only',
    enforce: 'pre',
    transform(_code: string, id: string) {
      const name = /modem[/\\]pdu[/\\]tables[/\\](locking|single)\.ts$/.exec(id)?.[1]
      return name === undefined ? undefined : { code: `export const ${name.toUpperCase()}_SHIFT = {}`, map: null }
    },
  }
}

/** Icons of lucide are drawn by `ui/draw-icon.ts`, without the keys that only React wants. */
export function outlinesOnly(): SlimPlugin {
  const drawing = join(import.meta.dirname, 'ui/draw-icon.ts')
  return {
    name: 'outlines-only',
    enforce: 'pre',
    transform(code: string, id: string) {
      if (!/lucide-preact[/\\]dist[/\\]esm[/\\]icons[/\\][\w-]+\.mjs$/.test(id)) return undefined
      const slim = code
        .replace("'../createLucideIcon.mjs'", JSON.stringify(drawing))
        .replace(/,\s*key: "\w+"/g, '')
        .replace(/\bsize: 24,/, '')
        .replace('__iconData.node;', '')
      return { code: slim, map: null }
    },
  }
}
