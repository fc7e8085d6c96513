/** Backups of a running gateway: the recovery key, making one, those that are there. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, ExitError } from '../exit.ts'
import { type Address, call, findGateway, type GatewayOptions } from '../gateway.ts'
import { clock, json, line, octets, table } from '../print.ts'

type Options = GatewayOptions & { json?: boolean }

interface RunJson {
  id: string
  state: 'running' | 'made' | 'failed'
  began_at: string
  file: string | null
  bytes: number | null
  reason: string | null
}

interface BackupsJson {
  key_made_at: string | null
  directory: string
  every: string | null
  keep: number
  next_at: string | null
  runs: RunJson[]
  data: { name: string; bytes: number; taken_at: string }[]
}

const PATH = '/api/v1/system/backup'
const POLL_MS = 250

export async function key(options: Options & { replace?: boolean }): Promise<void> {
  const recoveryKey = await makeRecoveryKey(await findGateway(options), options.replace === true)
  if (options.json === true) json({ recovery_key: recoveryKey })
  else {
    line(recoveryKey)
    process.stderr.write(
      'Write it down now, on paper: it is shown this once, and without it no backup can be opened.\n',
    )
  }
}

/** As it is written down: six groups of digits. */
export async function makeRecoveryKey(gateway: Address, replace: boolean): Promise<string> {
  return (await call<{ recovery_key: string }>(gateway, 'POST', `${PATH}/key`, { replace })).recovery_key
}

/** Throws ExitError 1 with the reason when it could not be made. */
export async function create(options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const { id } = await call<RunJson>(gateway, 'POST', PATH)
  for (;;) {
    const { runs, directory } = await call<BackupsJson>(gateway, 'GET', PATH)
    const run = runs.find((each) => each.id === id)
    if (run === undefined || run.state === 'failed') {
      throw new ExitError(EXIT.failed, run?.reason ?? 'It is not known what became of the backup.')
    }
    if (run.state === 'made') {
      if (options.json === true) json(run)
      else line(`${directory}/${run.file ?? ''}  ${octets(run.bytes ?? 0)}`)
      return
    }
    await sleep(POLL_MS)
  }
}

export async function list(options: Options): Promise<void> {
  const backups = await call<BackupsJson>(await findGateway(options), 'GET', PATH)
  if (options.json === true) {
    json(backups)
    return
  }
  table(backups.data.map(({ name, bytes, taken_at: at }) => [clock(at), octets(bytes), name]))
  const [last] = backups.runs
  if (last?.state === 'failed') line(`The last one, ${clock(last.began_at)}, failed: ${last.reason ?? ''}`)
  if (backups.key_made_at === null) line('There is no recovery key yet, so none are made: causeway backup key')
  else {
    const next = backups.next_at === null ? 'Made when you ask' : `The next one is made ${clock(backups.next_at)}`
    line(`${next}; the newest ${backups.keep} stay in ${backups.directory}.`)
  }
}

export async function acknowledge(options: Options): Promise<void> {
  await call(await findGateway(options), 'DELETE', `${PATH}/restored`)
  if (options.json === true) json({ acknowledged: true })
  else line('The warning is gone.')
}
