/** What waits to leave: counted, listed with reasons, paused, and let go on. */
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { JobJson, PageJson, PauseJson, QueueJson } from '../json.ts'
import { clock, json, line, table } from '../print.ts'
import { pick } from './modem.ts'

type Options = GatewayOptions & { json?: boolean; transport?: string; modem?: string }

export async function list(options: Options & { state?: string; limit: string }): Promise<void> {
  const gateway = await findGateway(options)
  const query = new URLSearchParams({ limit: options.limit })
  if (options.state !== undefined) query.set('state', options.state)
  if (options.transport !== undefined) query.set('transport', options.transport)
  if (options.modem !== undefined) query.set('modem', (await pick(gateway, options.modem)).id)
  const jobs = await call<PageJson<JobJson>>(gateway, 'GET', `/api/v1/queue/jobs?${query}`)
  if (options.json === true) {
    for (const job of jobs.data) json(job)
    return
  }
  const { data, paused, problem } = await call<QueueJson>(gateway, 'GET', '/api/v1/queue')
  if (problem !== null) line(`Nothing leaves: ${problem}.`)
  showPaused(paused)
  table(
    data.map(({ status, transport, lane, count, oldest_at: oldest }) => [
      `${count} ${status}`,
      transport ?? '',
      lane ?? '',
      oldest === null ? '' : `oldest ${clock(oldest)}`,
    ]),
  )
  if (jobs.data.length === 0) line('Nothing.')
  table(
    jobs.data.map((job) => [
      job.message_id,
      job.state,
      [job.transport, job.modem].filter((word) => word !== null).join(' '),
      job.priority === 'normal' ? '' : job.priority,
      job.due_at === null ? '' : `until ${clock(job.due_at)}`,
      job.reason ?? '',
    ]),
  )
}

export async function change(action: 'pause' | 'resume', options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const modem = options.modem === undefined ? undefined : (await pick(gateway, options.modem)).id
  const body = { transport: options.transport, modem }
  const answer = await call<{ paused: PauseJson[] }>(gateway, 'POST', `/api/v1/queue/${action}`, body)
  if (options.json === true) json(answer)
  else if (answer.paused.length === 0) line('Nothing is paused.')
  else showPaused(answer.paused)
}

function showPaused(paused: readonly PauseJson[]): void {
  for (const { transport, modem, since } of paused) {
    line(`Paused since ${clock(since)}: ${modem ?? transport ?? 'everything'}.`)
  }
}
