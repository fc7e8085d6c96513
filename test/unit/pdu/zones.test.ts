import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { printCorpus } from './print-corpus.ts'

const script = fileURLToPath(new URL('./print-corpus.ts', import.meta.url))

it('decodes and encodes the same on hosts in every time zone', async () => {
  const zones = ['UTC', 'Asia/Kolkata', 'America/New_York']
  const outputs = await Promise.all(
    zones.map(async (zone) => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
        env: { ...process.env, TZ: zone },
        maxBuffer: 1 << 24,
      })
      return stdout
    }),
  )
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  // The first line is the host's own offset: proof that the three really ran elsewhere.
  expect(outputs.map((output) => output.split('\n', 1)[0])).toEqual(['0', '-330', '300'])
  const bodies = outputs.map((output) => output.slice(output.indexOf('\n') + 1).trimEnd())
  expect(bodies[0]).toContain('"utc":')
  expect(new Set([printCorpus(), ...bodies].map(digest)).size).toBe(1)
})
