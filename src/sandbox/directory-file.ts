/**
 * Who is on the sandbox's Signal server, as the file of JSON lines that stands in for contact discovery. Written whole
 * and renamed, so that a reader never sees half of it.
 */
import { renameSync, writeFileSync } from 'node:fs'

export interface Listing {
  e164: string
  aci: string
  /** Without the `PNI:` prefix. */
  pni: string
}

export class DirectoryFile {
  readonly path: string
  readonly #listings = new Map<string, Listing>()

  constructor(path: string) {
    this.path = path
    this.#write()
  }

  list(listing: Listing): void {
    this.#listings.set(listing.e164, listing)
    this.#write()
  }

  unlist(e164: string): void {
    if (this.#listings.delete(e164)) this.#write()
  }

  find(e164: string): Listing | undefined {
    return this.#listings.get(e164)
  }

  #write(): void {
    const lines = [...this.#listings.values()].map((listing) => `${JSON.stringify(listing)}\n`)
    writeFileSync(`${this.path}.new`, lines.join(''))
    renameSync(`${this.path}.new`, this.path)
  }
}
