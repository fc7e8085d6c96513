/** Encrypted backups: where things stand, making one, the recovery key, taking one away, and the warning after a restore. */
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { formatDuration } from '../../domain/duration.ts'
import type { BackupRunRow } from '../../store/tables/backup.ts'
import { hasAlready, rangeUnless } from '../conditions.ts'
import type { ApiPorts } from '../ports.ts'
import { Problem } from '../problem.ts'
import { rangeOf } from '../ranges.ts'
import { type Call, ok, type Route, route, STREAMING } from '../route.ts'
import { time } from '../views.ts'

function runView({ id, cause, began_at_ms, ended_at_ms, file, bytes, code, reason }: BackupRunRow) {
  const state = ended_at_ms === null ? 'running' : code === null ? 'made' : 'failed'
  return { id, cause, state, began_at: time(began_at_ms), ended_at: time(ended_at_ms), file, bytes, code, reason }
}

async function statusView({ backups }: ApiPorts) {
  const { keyMadeAtMs, running, runs, nextAtMs, restored } = await backups.status()
  const { directory, everyMs, keep } = backups.settings
  return {
    key_made_at: time(keyMadeAtMs ?? null),
    directory,
    every: everyMs === 0 ? null : formatDuration(everyMs),
    keep,
    next_at: time(nextAtMs ?? null),
    running:
      running === undefined
        ? null
        : { id: running.id, done_bytes: running.doneBytes, total_bytes: running.totalBytes ?? null },
    runs: runs.map(runView),
    data: (await backups.list()).map(({ name, bytes, takenAtMs }) => ({ name, bytes, taken_at: time(takenAtMs) })),
    restored:
      restored === undefined
        ? null
        : { at: time(restored.at_ms), taken_at: time(restored.taken_at_ms), held: restored.held },
  }
}

/** One file, as it lies there: who has it can do nothing with it without the recovery key. */
async function sendFile({ ports, params, header, raw }: Call<undefined, unknown>): Promise<typeof STREAMING> {
  const name = params['name'] ?? ''
  const { path, bytes } = await ports.backups.demand(name)
  // A backup is never written to again.
  const tag = `"${name}"`
  const { request, response } = raw
  if (hasAlready(header('if-none-match'), tag)) {
    response.writeHead(304, { ETag: tag })
    response.end()
    return STREAMING
  }
  const range = rangeOf(rangeUnless(header('if-range'), tag, header('range')), bytes)
  if (range === 'none') {
    throw new Problem({
      status: 416,
      code: 'range-outside',
      title: 'Nothing of the file is there',
      headers: { 'Content-Range': `bytes */${bytes}` },
    })
  }
  const { from, to } = range ?? { from: 0, to: bytes }
  const file = await open(path, 'r')
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': to - from,
    'Accept-Ranges': 'bytes',
    ETag: tag,
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${from}-${to - 1}/${bytes}` }),
    'Content-Disposition': `attachment; filename="${name}"`,
  })
  if (request.method === 'HEAD') {
    await file.close()
    response.end()
    return STREAMING
  }
  // Closes the file with it. The head has left: a file that ends early breaks off.
  await pipeline(file.createReadStream({ start: from, end: to - 1 }), response).catch(() => response.destroy())
  return STREAMING
}

export const backupRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/system/backup',
    scope: 'system:read',
    summary:
      'Backups: the files that are there (newest first), the schedule, the last runs, how far the running one is, when the recovery key was made (null: there is none), and in `restored` the warning of a gateway that came out of a backup.',
    handle: async ({ ports }) => ok(await statusView(ports)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/system/backup',
    scope: 'admin',
    summary:
      'Begins a backup: 202 with its run, which `GET` shows until it is there (event `system.backup`). 409 `backup-no-key` while there is no recovery key, `backup-running` while one is made.',
    handle: async ({ ports }) => ({ status: 202, body: runView(await ports.backups.begin('person')) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/system/backup/key',
    scope: 'admin',
    summary:
      'Makes the recovery key, thirty digits in groups. It is in this answer and nowhere else. Later backups open with it only; with `replace` it takes the place of one that there is (else 409 `backup-key-exists`), which earlier backups still want.',
    body: z.strictObject({ replace: z.boolean().default(false) }),
    shownOnce: 'recovery_key',
    handle: async ({ ports, body }) => ({
      status: 201,
      body: { recovery_key: await ports.backups.makeKey(body), made_at: time(ports.clock()) },
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/system/backup/files/:name',
    scope: 'admin',
    summary: 'One backup, encrypted as it is, whole or a `Range` of it.',
    handle: sendFile,
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/system/backup/restored',
    scope: 'admin',
    summary: 'Takes away the warning that this gateway was restored from a backup: somebody has read it.',
    handle: async ({ ports }) => {
      await ports.backups.acknowledge()
      return { status: 204 }
    },
  }),
]
