/** Puts what a schema found wrong into words: which key, where it was written, what to write instead. Pure. */
import type { z } from 'zod'
import type { Layers } from './layers.ts'
import { nearest } from './nearest.ts'
import { dotted, type Path } from './tree.ts'

export interface ConfigProblem {
  /** `config.unknown_key` or `config.invalid`, as the doctor names them. */
  id: 'config.unknown_key' | 'config.invalid'
  /** Dotted, `modems[0].port`. */
  key: string
  /** One line for people. */
  message: string
}

type Issue = z.core.$ZodIssue

/** One problem for each fault, in the order of the schema. `shape` lists what may stand at a path. */
export function describeIssues(
  issues: readonly Issue[],
  layers: Layers,
  shape: { keysAt(path: Path): readonly string[]; wordsAt(path: Path): readonly string[] },
  base: Path = [],
): ConfigProblem[] {
  return issues.flatMap((issue): ConfigProblem[] => {
    const path = [...base, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const meant = nearest(key, shape.keysAt(path))
        const hint = meant === undefined ? '' : `; did you mean ${meant}?`
        return problem('config.unknown_key', [...path, key], `there is no such key${hint}`, layers)
      })
    }
    if (issue.code === 'invalid_union') {
      // A mapping was meant as the custom server: its own faults say more than "no branch fits".
      const branch = issue.errors.find((errors) => !errors.some((inner) => inner.path.length === 0 && isShape(inner)))
      if (branch !== undefined) return describeIssues(branch, layers, shape, path)
      return [problem('config.invalid', path, `write ${shape.wordsAt(path).join(', ')}, or a mapping of keys`, layers)]
    }
    return [problem('config.invalid', path, words(issue), layers)]
  })
}

function isShape(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

function words(issue: Issue): string {
  if (issue.code === 'invalid_value') return `write ${issue.values.map(String).join(' or ')}`
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? missing(issue.expected) : `write ${article(issue.expected)}`
  return issue.message
}

function missing(expected: string): string {
  return `is missing; write ${article(expected)}`
}

function article(expected: string): string {
  const names: Record<string, string> = { object: 'a mapping of keys', array: 'a list', string: 'a value' }
  return names[expected] ?? expected
}

function problem(id: ConfigProblem['id'], path: Path, what: string, layers: Layers): ConfigProblem {
  const key = dotted(path)
  const origin = layers.origin(path)
  return { id, key, message: `${origin === undefined ? '' : `${origin}: `}${key}: ${what}` }
}
