/** The codes that the gateway's sources hold: a new one is found without anybody having to think of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All sources below these folders. */
function sources(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  )
}

const CODE = "'([a-z]+(?:-[a-z0-9]+)*)'"

/** Codes of the errors that these folders throw: those that are written where they are made, or handed to what makes them. */
export function thrownCodes(folders: readonly string[]): Set<string> {
  const codes = new Set<string>()
  for (const source of sources(folders)) {
    for (const [, body = ''] of source.matchAll(/new (?:CausewayError|Problem)\(\{([\s\S]*?)\n? *\}\)/g)) {
      const [, written = ''] = /\bcode: ([^,\n]*)/.exec(body) ?? []
      for (const [, code = ''] of written.matchAll(new RegExp(`(?<!=== )${CODE}`, 'g'))) codes.add(code)
      // With what is in its words (src/domain/told.ts).
      for (const [, code = ''] of body.matchAll(new RegExp(`\\btold\\(${CODE}`, 'g'))) codes.add(code)
    }
    const makers = [...source.matchAll(/function (\w+)\(\s*code\b/g)].map(([, name = '']) => name)
    for (const maker of [...makers, 'signalError']) {
      for (const [, code = ''] of source.matchAll(new RegExp(`\\b${maker}\\(\\s*${CODE}`, 'g'))) codes.add(code)
    }
  }
  return codes
}

/** Codes of the errors that these folders throw with what is in their words beside them (`told`). */
export function codesTold(folders: readonly string[]): Set<string> {
  const codes = new Set<string>()
  for (const source of sources(folders)) {
    for (const [, body = ''] of source.matchAll(/new (?:CausewayError|Problem)\(\{([\s\S]*?)\n? *\}\)/g)) {
      for (const [, code = ''] of body.matchAll(new RegExp(`\\btold\\(${CODE}`, 'g'))) codes.add(code)
    }
  }
  return codes
}

/** Codes of the refusals whose words have a value put into them that does not go beside them. */
export function codesUntold(folders: readonly string[]): Set<string> {
  const codes = new Set<string>()
  for (const source of sources(folders)) {
    for (const [, body = ''] of source.matchAll(/new (?:CausewayError|Problem)\(\{([\s\S]*?)\n? *\}\)/g)) {
      if (!body.includes('${') || /\btold\(|\bvalues\b/.test(body)) continue
      for (const [, code = ''] of body.matchAll(new RegExp(`\\bcode: ${CODE}`, 'g'))) codes.add(code)
    }
    for (const [, code = ''] of source.matchAll(
      new RegExp(`\\b(?:refusal|refused)\\(\\s*${CODE},\\s*\`[^\`]*\\$\\{`, 'g'),
    ))
      codes.add(code)
  }
  return codes
}

/** The keys of a table in a source: `const NAME: … = { 'a-code': …, code: … }`. */
export function keysOfTable(path: string, name: string): string[] {
  const table = readFileSync(path, 'utf8').split(`const ${name}`)[1]?.split('\n}')[0] ?? ''
  return [...table.matchAll(/^ {2}'?([A-Za-z_-]+)'?:/gm)].map(([, key = '']) => key)
}

/** The members of a union of strings. */
export function membersOf(path: string, name: string): string[] {
  const union =
    readFileSync(path, 'utf8')
      .split(`type ${name} =`)[1]
      ?.split(/\n\n|\n\}|\n\/\*/)[0] ?? ''
  return [...union.replace(/\/\/.*$/gm, '').matchAll(/'([a-z._-]+)'/g)].map(([, member = '']) => member)
}

/** What of a source follows `pattern` as a code. */
export function codesAfter(path: string, pattern: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(new RegExp(`${pattern}\\s*${CODE}`, 'g'))].map(([, code = '']) => code)
}
