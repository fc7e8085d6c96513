import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

interface Licensed {
  license?: string
  licenses?: { type: string }[]
}

it('the page about the gateway names every library that it is made of, under its licence', () => {
  const shown = readFileSync('src/inbox/screens/settings/about.tsx', 'utf8')
  const groups = [...shown.matchAll(/([^'·]+) \(([\w.-]+)\)/g)].map(([, names = '', licence = '']) => ({
    names,
    licence,
  }))
  const { dependencies } = json('package.json') as { dependencies: Record<string, string> }
  const missing = Object.keys(dependencies).filter((name) => {
    // Older packages list them.
    const { license, licenses } = json(`node_modules/${name}/package.json`) as Licensed
    const own = license ?? licenses?.[0]?.type
    return !groups.some(({ names, licence }) => licence === own && names.trim().split(', ').includes(name))
  })
  expect(missing).toEqual([])
})
