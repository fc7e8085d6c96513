/**
 * Keeps the page and its files (the app shell) so that the inbox opens without the gateway, and nothing else: whatever the
 * API answers passes by. What is named by its content is taken from here, the page from the gateway while it is reached.
 */

const CACHE = 'causeway-shell'
const PAGE = '/'
/** More than the page, its files and all languages are. */
const FILES_MAX = 60
/** Asked for longer, the kept page is shown. */
const PAGE_TIMEOUT_MS = 5_000
/** The words of a language. The page names those of all; kept are the ones that somebody has spoken here. */
const WORDS = /^\/assets\/([a-z]+)-[\w-]+\.json$/
const KEPT = /^\/(assets\/[\w.-]+|icon[\w-]*\.(svg|png)|manifest\.webmanifest)$/

/** Fetches page and files. Rejects when they cannot be had; the browser then tries again some time. */
export async function fillShell(): Promise<void> {
  await keepPage(await fetch(PAGE, { cache: 'no-cache' }))
}

/** The answer to a request of the page; undefined: not ours, the network's. */
export function shellAnswer(request: Request): Promise<Response> | undefined {
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return undefined
  if (request.mode === 'navigate') {
    if (pathname === PAGE) return page(request)
    // What others share is in the address, and no business of the network's.
    return pathname === '/share' ? keptPage(request) : undefined
  }
  return KEPT.test(pathname) ? file(request, pathname) : undefined
}

async function page(request: Request): Promise<Response> {
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) })
    if (response.ok) await keepPage(response.clone()).catch(() => {})
    return response
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(PAGE)
    if (kept !== undefined) return kept
    throw error
  }
}

async function keptPage(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match(PAGE)) ?? fetch(request)
}

async function file(request: Request, pathname: string): Promise<Response> {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(pathname)
  if (kept !== undefined) return kept
  const response = await fetch(request)
  if (response.ok && (await cache.keys()).length < FILES_MAX) await cache.put(pathname, response.clone())
  return response
}

/** A page that differs comes with other files: those of the one before go. */
async function keepPage(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`the page could not be had: ${response.status}`)
  const cache = await caches.open(CACHE)
  const text = await response.clone().text()
  if ((await (await cache.match(PAGE))?.text()) === text) return
  const before = (await cache.keys()).map(({ url }) => new URL(url).pathname)
  const spoken = new Set([undefined, ...before.map(languageOf)])
  const names = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, name = '']) =>
    KEPT.test(name) && spoken.has(languageOf(name)) ? name : [],
  )
  await cache.addAll(names)
  for (const kept of await cache.keys()) if (!names.includes(new URL(kept.url).pathname)) await cache.delete(kept)
  await cache.put(PAGE, response)
}

/** Of a file that is words; undefined for all others. */
function languageOf(name: string): string | undefined {
  return WORDS.exec(name)?.[1]
}
