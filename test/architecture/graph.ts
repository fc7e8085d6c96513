/**
 * The import graph of the sources, type imports included, as dependency-cruiser sees it. TypeScript 7 has no compiler
 * API, so the parser is swc; since a cruise that finds no parser passes with nothing found, callers compare `files` with
 * what is on disk.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { importsOfTsx } from './tsx.ts'

export interface ImportEdge {
  /** Path from the root of the repository. */
  from: string
  /** Path from the root for our own files, the package's name for packages, `node:…` for Node's own modules. */
  to: string
  kind: 'ours' | 'package' | 'node' | 'missing'
  typesOnly: boolean
}

export interface ImportGraph {
  files: readonly string[]
  edges: readonly ImportEdge[]
}

/** Cruises these folders (paths from the root of the repository, which must be the working directory). */
export async function importGraph(folders: readonly string[]): Promise<ImportGraph> {
  const { output } = await cruise([...folders], {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules|\\.tsx$' },
  })
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with text: ${output}`)
  const ours = output.modules.filter(({ source }) => folders.some((folder) => source.startsWith(`${folder}/`)))
  const withJsx = filesBelow(folders, ['.tsx'])
  const cruised = ours.filter(({ source }) => !source.endsWith('.tsx'))
  return {
    files: [...cruised.map(({ source }) => source), ...withJsx],
    edges: [...cruised.flatMap(edgesOf), ...withJsx.flatMap(edgesOfTsx)],
  }
}

/** All files below these folders whose name ends in one of `extensions`, as paths from the root. */
export function filesBelow(folders: readonly string[], extensions: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extensions.some((extension) => entry.name.endsWith(extension)))
      .map((entry) => join(entry.parentPath, entry.name)),
  )
}

/** Groups of files that import each other in a circle; empty when there is none (Tarjan's strongly connected components). */
export function cycles(graph: ImportGraph): readonly (readonly string[])[] {
  const targets = new Map<string, string[]>()
  for (const { from, to, kind } of graph.edges)
    if (kind === 'ours') targets.set(from, [...(targets.get(from) ?? []), to])
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (file: string): number => {
    const seen = order.get(file)
    if (seen !== undefined) return stack.includes(file) ? (lowest.get(file) ?? seen) : Number.POSITIVE_INFINITY
    const number = order.size
    order.set(file, number)
    lowest.set(file, number)
    stack.push(file)
    for (const to of targets.get(file) ?? []) lowest.set(file, Math.min(lowest.get(file) ?? number, visit(to)))
    if (lowest.get(file) === number) {
      const circle = stack.splice(stack.indexOf(file))
      if (circle.length > 1 || (targets.get(file) ?? []).includes(file)) found.push(circle)
    }
    return lowest.get(file) ?? number
  }
  for (const file of graph.files) visit(file)
  return found
}

type CruisedModule = Extract<ICruiseResult, object>['modules'][number]

function edgesOf({ source, dependencies }: CruisedModule): readonly ImportEdge[] {
  return dependencies.map(({ module, resolved, coreModule, couldNotResolve }) => {
    const from = source
    const typesOnly = importsOnlyTypes(readFileSync(source, 'utf8'), module)
    if (coreModule) return { from, to: `node:${resolved.replace(/^node:/, '')}`, kind: 'node', typesOnly }
    if (!/^[./]/.test(module)) return { from, to: packageName(module), kind: 'package', typesOnly }
    return { from, to: resolved, kind: couldNotResolve ? 'missing' : 'ours', typesOnly }
  })
}

function edgesOfTsx(from: string): readonly ImportEdge[] {
  const source = readFileSync(from, 'utf8')
  return importsOfTsx(from).map(({ specifier, file, exists }) => {
    const typesOnly = importsOnlyTypes(source, specifier)
    if (file !== undefined) return { from, to: file, kind: exists ? 'ours' : 'missing', typesOnly }
    if (specifier.startsWith('node:')) return { from, to: specifier, kind: 'node', typesOnly }
    return { from, to: packageName(specifier), kind: 'package', typesOnly }
  })
}

/** `@scope/name/deep/path` → `@scope/name`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * Whether a source takes nothing but types from a module. The sources keep `verbatimModuleSyntax`, so whatever is not
 * written `import type` or `export type` is there at run time.
 */
export function importsOnlyTypes(source: string, specifier: string): boolean {
  const quoted = `['"]${specifier.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}['"]`
  const statements = source.match(new RegExp(`^(?:import|export)\\s[^'";]*${quoted}`, 'gm')) ?? []
  const dynamic = new RegExp(`import\\(\\s*${quoted}\\s*\\)`).test(source.replace(/^\s*(?:\*|\/\/).*$/gm, ''))
  return (
    !dynamic && statements.length > 0 && statements.every((statement) => /^(?:import|export)\s+type\s/.test(statement))
  )
}
