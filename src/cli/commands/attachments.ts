/** Files of messages: hand in, get, fetch, remove. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, download, findGateway, type GatewayOptions, upload } from '../gateway.ts'
import type { AttachmentJson } from '../json.ts'
import { attachment, json, line } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

/** Hands in the files of a message to come; their ids. With the key of the message they are handed in once. */
export async function handIn(
  gateway: Address,
  paths: readonly string[],
  { idempotencyKey, voice }: { idempotencyKey?: string; voice?: boolean },
): Promise<string[]> {
  const ids: string[] = []
  for (const [index, path] of paths.entries()) {
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() !== true) throw new ExitError(EXIT.usage, `--attach ${path}: there is no such file.`)
    const query = new URLSearchParams({ file_name: basename(path), ...(voice === true ? { voice: 'true' } : {}) })
    // The message itself has the key under its own name.
    const key = createHash('sha256').update(`${idempotencyKey} file ${index}`).digest('hex')
    const headers: Record<string, string> = idempotencyKey === undefined ? {} : { 'idempotency-key': key }
    const file = { bytes: found.size, read: () => createReadStream(path) }
    ids.push((await upload<AttachmentJson>(gateway, `/api/v1/media?${query}`, file, headers)).id)
  }
  return ids
}

export async function get(id: string, options: Options & { output?: string; thumbnail?: boolean }): Promise<void> {
  const gateway = await findGateway(options)
  const path = `/api/v1/media/${encodeURIComponent(id)}`
  const known = await call<AttachmentJson>(gateway, 'GET', `${path}/info`)
  const source = options.thumbnail === true ? `${path}/thumbnail` : path
  if (options.output === '-') {
    await pipeline(await download(gateway, source), process.stdout)
    return
  }
  const target = options.output ?? known.file_name ?? id
  // Before anything is fetched: what may be looked at once must find its place.
  const file = await open(target, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new ExitError(EXIT.usage, `${target} cannot be made (${error.code}); say another name with --output.`)
  })
  try {
    await pipeline(await download(gateway, source), file.createWriteStream())
  } catch (error) {
    await file.close().catch(() => {})
    await rm(target, { force: true })
    throw error
  }
  if (options.json === true) json({ ...known, output: target })
  else line(`${target}  ${attachment(known)}`)
}

export async function fetch(id: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  show(await call<AttachmentJson>(gateway, 'POST', `/api/v1/media/${encodeURIComponent(id)}/fetch`), options)
}

/** Its content here; `forMe`: on the owner's other Signal devices as well. */
export async function remove(id: string, options: Options & { forMe?: boolean }): Promise<void> {
  const gateway = await findGateway(options)
  const path = `/api/v1/media/${encodeURIComponent(id)}${options.forMe === true ? '?for=me' : ''}`
  show(await call<AttachmentJson>(gateway, 'DELETE', path), options)
}

function show(file: AttachmentJson, options: Options): void {
  if (options.json === true) json(file)
  else line(attachment(file))
}
