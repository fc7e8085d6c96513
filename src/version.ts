/** What this program says of itself, from the package that it was built in: its version, licence, and where its source is. */
import { readFileSync } from 'node:fs'

/** `src/` runs from the checkout or, built, from `dist/src/`. */
const PLACES = ['../package.json', '../../package.json']

interface Package {
  name?: string
  version?: string
  license?: string
  repository?: string | { url?: string }
}

const own = PLACES.map((place) => packageAt(new URL(place, import.meta.url))).find((found) => found !== undefined)

export const VERSION: string = own?.version ?? '0.0.0'

export const LICENCE: string = own?.license ?? 'AGPL-3.0-only'

/** Where a browser finds the source, if the package says so; undefined where its `repository` is no address on the web. */
export const REPOSITORY_URL: string | undefined = webAddress(own?.repository)

function packageAt(url: URL): Package | undefined {
  try {
    const found = JSON.parse(readFileSync(url, 'utf8')) as Package
    return found.name === 'causeway' ? found : undefined
  } catch {
    return undefined
  }
}

function webAddress(repository: Package['repository']): string | undefined {
  const url = (typeof repository === 'string' ? repository : repository?.url)
    ?.replace(/^git\+/, '')
    .replace(/\.git$/, '')
  return url !== undefined && /^https:\/\//.test(url) && URL.canParse(url) ? url : undefined
}
