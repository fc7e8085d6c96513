/** Room for files of messages, for whoever needs a router: small, and of its own. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIds } from '../../src/domain/ids.ts'
import type { RoutingOptions } from '../../src/routing/engine.ts'
import { Blobs } from '../../src/store/blobs.ts'
import { pictures } from '../pictures.ts'

export async function mediaRig(
  directory = mkdtempSync(join(tmpdir(), 'causeway-media-')),
): Promise<RoutingOptions['media']> {
  const settings = { bytesMax: 1024 * 1024, automaticBytesMax: 256 * 1024, totalBytesMax: 16 * 1024 * 1024 }
  const blobs = await Blobs.open({
    directory,
    databaseKey: new Uint8Array(32).fill(7),
    totalBytesMax: settings.totalBytesMax,
    ids: createIds(() => Date.now(), randomBytes),
    randomOctets: randomBytes,
  })
  return { blobs, pictures, settings }
}
