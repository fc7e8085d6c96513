/**
 * The imports of files with JSX, which dependency-cruiser's swc parser cannot be told to read: the same parser, asked
 * directly.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, normalize } from 'node:path'
import { parseSync } from '@swc/core'

/** An import as written, and what it resolves to. */
export interface WrittenImport {
  specifier: string
  /** Path from the root for a relative import, else undefined. */
  file: string | undefined
  exists: boolean
}

/** Every import, re-export and `import(…)` of a `.tsx` file (path from the root). Throws Error where it does not parse. */
export function importsOfTsx(file: string): readonly WrittenImport[] {
  const source = readFileSync(file, 'utf8')
  const { body } = parseSync(source, { syntax: 'typescript', tsx: true, target: 'es2022' })
  const named = body.flatMap((item) => {
    if (item.type === 'ImportDeclaration' || item.type === 'ExportAllDeclaration') return [item.source.value]
    return item.type === 'ExportNamedDeclaration' && item.source ? [item.source.value] : []
  })
  const dynamic = [...source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)].map(([, specifier = '']) => specifier)
  return [...named, ...dynamic].map((specifier) => {
    if (!specifier.startsWith('.')) return { specifier, file: undefined, exists: true }
    const target = normalize(`${dirname(file)}/${specifier}`)
    return { specifier, file: target, exists: existsSync(target) }
  })
}
