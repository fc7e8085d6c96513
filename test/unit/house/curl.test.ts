/** Every `curl` that the documents show is run, as it stands, against a gateway's API, and succeeds. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'

const documents = ['README.md', 'hardware.md', 'docs/api.md', 'docs/live.md']
const GATEWAY = 'http://127.0.0.1:8420'

/** Commands of the shell blocks that begin with curl, with their continued lines. */
const commands = documents.flatMap((document) =>
  [...readFileSync(document, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .filter((line) => line.startsWith('curl ')),
  ),
)

let rig: Rig
let token: string
const ids: Record<string, string> = {}

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
  const json = { to: '+15550000201', text: 'hello' }
  const { body } = await rig.call('POST', '/api/v1/messages', { token, json })
  ids['MESSAGE'] = body.id
  await rig.event('message.sent', body.id)
})
afterAll(() => rig.stop())

test('there are some', () => {
  expect(commands.length).toBeGreaterThanOrEqual(5)
})

test.each(commands)('%s', async (command) => {
  expect(command).toContain(GATEWAY)
  const script = command.replaceAll(GATEWAY, `http://127.0.0.1:${rig.port}`)
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-c', `curl() { command curl --silent --fail-with-body --max-time 5 "$@" || [ $? = 28 ]; }; ${script}`],
    { env: { ...process.env, TOKEN: token, ...ids }, timeout: 60_000 },
  )
  // A stream goes on until it is cut (28), and has shown its events by then; all else answers JSON.
  if (command.includes('event-stream')) expect(stdout).toMatch(/^id: \d+\nevent: /m)
  else expect(JSON.parse(stdout)).toBeTypeOf('object')
})
