import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** As packages say it, also in the way of before. */
function licenceOf(name: string): string {
  const said = json(`node_modules/${name}/package.json`) as { license?: string; licenses?: { type: string }[] }
  return said.license ?? said.licenses?.map(({ type }) => type).join(' OR ') ?? 'none'
}

it('the page about the gateway names every library that it is made of, under its licence', () => {
  const shown = readFileSync('src/inbox/screens/settings/about.tsx', 'utf8')
  const groups = [...shown.matchAll(/([^'·]+) \(([\w.-]+)\)/g)].map(([, names = '', licence = '']) => ({
    names,
    licence,
  }))
  const { dependencies } = json('package.json') as { dependencies: Record<string, string> }
  const missing = Object.keys(dependencies).filter((name) => {
    const license = licenceOf(name)
    return !groups.some(({ names, licence }) => licence === license && names.trim().split(', ').includes(name))
  })
  expect(missing).toEqual([])
})
