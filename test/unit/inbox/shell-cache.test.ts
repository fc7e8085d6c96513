/** The app shell that the service worker keeps, and which words are in it; over a cache and a network made here. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

interface ShellCache {
  fillShell(): Promise<void>
  shellAnswer(request: { method: string; mode: string; url: string }): Promise<Response> | undefined
}

const ORIGIN = 'https://gateway.test'
// What runs in a browser has the types of one, which tests have not.
const PATH = '../../../src/inbox/worker/shell-cache.ts'
const { fillShell, shellAnswer } = (await import(PATH)) as ShellCache

/** What lies in the cache, by path. */
let kept: Map<string, Response>
/** What the network has been asked for. */
let asked: string[]
/** Undefined: nobody is reached. */
let release: string | undefined

const pathOf = (address: string | { url: string }) =>
  new URL(typeof address === 'string' ? address : address.url, ORIGIN).pathname
const pageOf = (name: string) => `
  <link rel="alternate" hreflang="en" href="/assets/en-${name}.json" />
  <link rel="alternate" hreflang="de" href="/assets/de-${name}.json" />
  <link rel="manifest" href="/manifest.webmanifest" />
  <script type="module" src="/assets/first-${name}.js"></script>`

async function network(address: string | { url: string }): Promise<Response> {
  const path = pathOf(address)
  asked.push(path)
  if (release === undefined) throw new TypeError('nobody there')
  return new Response(path === '/' ? pageOf(release) : `content of ${path}`)
}

beforeEach(() => {
  kept = new Map()
  asked = []
  release = 'one'
  const cache = {
    match: async (address: string) => kept.get(pathOf(address))?.clone(),
    keys: async () => [...kept.keys()].map((path) => ({ url: ORIGIN + path })),
    put: async (address: string, response: Response) => void kept.set(pathOf(address), response),
    delete: async (address: { url: string }) => kept.delete(pathOf(address)),
    addAll: async (names: readonly string[]) => {
      for (const name of names) kept.set(name, await network(name))
    },
  }
  vi.stubGlobal('caches', { open: async () => cache })
  vi.stubGlobal('fetch', network)
  vi.stubGlobal('location', { origin: ORIGIN })
})
afterEach(() => void vi.unstubAllGlobals())

const open = (path: string, mode = 'cors') => shellAnswer({ method: 'GET', mode, url: ORIGIN + path })
const names = () => [...kept.keys()].sort()

describe('the app shell that is kept', () => {
  it('is the page and what it names, but no language that nobody has spoken here', async () => {
    await fillShell()
    expect(names()).toEqual(['/', '/assets/first-one.js', '/manifest.webmanifest'])
  })

  it('has the words that were fetched over it, and gives them where nobody is reached', async () => {
    await fillShell()
    await open('/assets/de-one.json')
    release = undefined
    expect(await (await open('/assets/de-one.json'))?.text()).toBe('content of /assets/de-one.json')
    expect(await (await open('/', 'navigate'))?.text()).toBe(pageOf('one'))
  })

  it('has the new words of the languages spoken here as soon as it has a new page, and nothing old', async () => {
    await fillShell()
    await open('/assets/de-one.json')
    release = 'two'
    await open('/', 'navigate')
    expect(names()).toEqual(['/', '/assets/de-two.json', '/assets/first-two.js', '/manifest.webmanifest'])
    release = undefined
    asked = []
    expect(await (await open('/assets/de-two.json'))?.text()).toBe('content of /assets/de-two.json')
    expect(asked).toEqual([])
  })

  it('leaves what the API answers, and what is sent, to the network', () => {
    expect(open('/api/v1/messages')).toBeUndefined()
    expect(shellAnswer({ method: 'POST', mode: 'cors', url: `${ORIGIN}/assets/first-one.js` })).toBeUndefined()
    expect(shellAnswer({ method: 'GET', mode: 'cors', url: 'https://else.test/assets/first-one.js' })).toBeUndefined()
  })
})
