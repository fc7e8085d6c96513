/** The version of this program, from the package that it was built in. */
import { readFileSync } from 'node:fs'

/** `src/` runs from the checkout or, built, from `dist/src/`. */
const PLACES = ['../package.json', '../../package.json']

export const VERSION: string =
  PLACES.map((place) => versionAt(new URL(place, import.meta.url))).find(Boolean) ?? '0.0.0'

function versionAt(url: URL): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string }
    return name === 'causeway' ? version : undefined
  } catch {
    return undefined
  }
}
