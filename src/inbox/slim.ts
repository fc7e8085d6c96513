/** What the build leaves out of what is fetched: of icons all but their outlines, and the national alphabets. */
import { join } from 'node:path'

interface Slimmed {
  code: string
  map: null
}

/** As much of a Vite plugin as is needed here. */
interface SlimPlugin {
  name: string
  enforce: 'pre'
  transform(code: string, id: string): Slimmed | undefined
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
