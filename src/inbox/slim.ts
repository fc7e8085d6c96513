/**
 * What the build leaves out of what is fetched: the keys of catalogues, and of icons all but their outlines.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/**
 * Catalogues other than the English one become lists of words in the order of its keys: a third less to fetch. What a
 * catalogue lacks is null there (languages/translate.ts).
 */
export function keyOrdered(): Plugin {
  return {
    name: 'key-ordered',
    enforce: 'pre',
    async transform(code, id) {
      const [, folder, language] = /^(.*[/\\]languages[/\\])(\w+)\.json$/.exec(id) ?? []
      if (folder === undefined || language === 'en') return undefined
      const english = JSON.parse(await readFile(join(folder, 'en.json'), 'utf8')) as Record<string, string>
      const words = JSON.parse(code) as Record<string, string>
      return { code: JSON.stringify(Object.keys(english).map((key) => words[key] ?? null)), map: null }
    },
  }
}

/** Icons of lucide are drawn by `ui/draw-icon.ts`, without the keys that only React wants. */
export function outlinesOnly(): Plugin {
  const drawing = join(import.meta.dirname, 'ui/draw-icon.ts')
  return {
    name: 'outlines-only',
    enforce: 'pre',
    transform(code, id) {
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
