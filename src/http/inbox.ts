/**
 * Serves the built web inbox (`dist/inbox`): its files as they were built, the page for every address that is the
 * page's own, and nothing else. Only files that were there when the folder was read are given, by their names in it: no
 * path of a request ever reaches the disk. The folder is read again when its page has changed.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import type { Express, Request, Response } from 'express'

/** More is not an inbox of ours. */
const FILES_MAX = 1_000
const FILE_BYTES_MAX = 8 * 1024 * 1024

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** No script, style, frame or connection but our own; pictures and sounds also out of memory (`blob:`). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  // The camera for pictures and for safety numbers, the microphone for voice messages.
  'Permissions-Policy':
    'camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), midi=(), display-capture=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Somebody else's, whether there is such an address or not. */
const NOT_OURS = /^\/(api|healthz|readyz|metrics|webhooks)(\/|$)/

interface Asset {
  type: string
  content: Buffer
  br: Buffer | undefined
  gz: Buffer | undefined
}

export class InboxFiles {
  readonly #directory: string
  #files = new Map<string, Asset>()
  #stamp = ''

  constructor(directory: string) {
    this.#directory = directory
  }

  /** By its name, as `assets/app-3f2c.js`. */
  get(name: string): Asset | undefined {
    return this.#files.get(name)
  }

  /** The page; undefined while nothing is built. */
  page(): Asset | undefined {
    const stamp = this.#stampNow()
    if (stamp !== this.#stamp) {
      this.#files = stamp === '' ? new Map() : readFiles(this.#directory)
      this.#stamp = stamp
    }
    return this.#files.get('index.html')
  }

  #stampNow(): string {
    const page = statSync(join(this.#directory, 'index.html'), { throwIfNoEntry: false })
    return page === undefined ? '' : `${page.mtimeMs} ${page.size} ${page.ino}`
  }
}

function readFiles(directory: string): Map<string, Asset> {
  const contents = new Map<string, Buffer>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || contents.size >= FILES_MAX) continue
    const path = join(entry.parentPath, entry.name)
    if (statSync(path).size <= FILE_BYTES_MAX) {
      contents.set(posix.relative(directory, path), readFileSync(path))
    }
  }
  const files = new Map<string, Asset>()
  for (const [name, content] of contents) {
    const type = TYPES[extname(name)]
    if (type !== undefined) {
      files.set(name, { type, content, br: contents.get(`${name}.br`), gz: contents.get(`${name}.gz`) })
    }
  }
  return files
}

/** Behind all routes of the API. */
export function mountInbox(app: Express, files: InboxFiles): void {
  app.use((request, response, next) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || NOT_OURS.test(request.path)) {
      next()
      return
    }
    const page = files.page()
    if (page === undefined) {
      if (isPageAddress(request.path)) giveNothingBuilt(response)
      else next()
      return
    }
    const name = request.path.slice(1)
    const file = isPageAddress(request.path) ? page : files.get(name)
    if (file === undefined) next()
    else give(request, response, file, cachingOf(name))
  })
}

/** An address that the page itself shows: whatever does not look like a file. */
function isPageAddress(path: string): boolean {
  return path === '/index.html' || !(path.split('/').at(-1) ?? '').includes('.')
}

/** What is named by its content never changes; all else is asked about each time. */
function cachingOf(name: string): string {
  return name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
}

function give(request: Request, response: Response, { type, content, br, gz }: Asset, caching: string): void {
  response.set({ ...HEADERS, 'Content-Type': type, 'Cache-Control': caching, Vary: 'Accept-Encoding' })
  const encoding = request.acceptsEncodings([
    ...(br === undefined ? [] : ['br']),
    ...(gz === undefined ? [] : ['gzip']),
    'identity',
  ])
  const body = encoding === 'br' ? br : encoding === 'gzip' ? gz : undefined
  if (body !== undefined) response.set('Content-Encoding', String(encoding))
  const octets = body ?? content
  response.set('Content-Length', String(octets.length))
  response.end(request.method === 'HEAD' ? undefined : octets)
}

function giveNothingBuilt(response: Response): void {
  response.set({ ...HEADERS, 'Cache-Control': 'no-store' })
  response.status(503).type('text/plain')
  response.send('The inbox has not been built. Run `npm run build`, then load this page again. The API is at /api/.\n')
}
