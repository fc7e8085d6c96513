/** The composition root: everything is put together here, and nowhere else. Not built yet. */
import type { Config } from './config.ts'
import type { Log } from './log.ts'

export interface RunningService {
  /** Resolves once `/healthz` answers 200. */
  ready: Promise<void>
  /** Takes no new work, finishes what runs (bounded), closes everything. */
  stop(): Promise<void>
}

export async function runService(_config: Config, _options: { log: Log }): Promise<RunningService> {
  throw new Error('the service is not put together yet')
}
