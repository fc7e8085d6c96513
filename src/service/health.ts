/** How the running gateway is: for `/healthz`, the health page, the doctor, systemd's watchdog and its status line. */
import type { SmsModem } from '../../modem/contract.ts'
import type { BackupDesk } from '../backup/desk.ts'
import type { Config } from '../config.ts'
import { backupProblem, examineBackups } from '../doctor/backups.ts'
import { examineHost } from '../doctor/host.ts'
import { examineOutward } from '../doctor/outward.ts'
import { examineRedis, type RedisFacts } from '../doctor/redis.ts'
import { examineRunning, REPORTS } from '../doctor/running.ts'
import { pauseWords } from '../domain/pause.ts'
import type { ComponentHealth, HealthPort } from '../http/ports.ts'
import type { Router } from '../routing/router.ts'
import type { SignalAccount } from '../signal/contract.ts'
import type { Database } from '../store/database.ts'
import { demandAnswer, waitingCounts } from '../store/mailbox.ts'
import { unsetPictures } from '../store/mms-notifications.ts'
import { listSubscriptions } from '../store/push.ts'
import { reportedTexts } from '../store/text-reports.ts'
import type { ModemLines } from './mms-lines.ts'
import { isExhausted, type ModemWatch } from './modem-watch.ts'
import { webhookFacts } from './webhook-facts.ts'

export interface HealthParts {
  config: Config
  db: Database
  router: Router
  modems: readonly SmsModem[]
  lines: Pick<ModemLines, 'all' | 'status' | 'obstacle'>
  watch: Pick<ModemWatch, 'simChangedAtMs'>
  account: SignalAccount
  backups: Pick<BackupDesk, 'status' | 'settings'>
  /** Undefined while Redis answers, else why not. */
  queueProblem: () => string | undefined
  /** As Redis says itself; undefined while it does not. */
  redisSetUp: () => Promise<RedisFacts | undefined>
  clock: () => number
  ready: () => boolean
}

/** Without which nothing works. */
type Foundation = ComponentHealth & { component: 'database' | 'queue' }

export class Health implements HealthPort {
  readonly #parts: HealthParts

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  ready(): boolean {
    return this.#parts.ready()
  }

  queueProblem(): string | undefined {
    return this.#parts.queueProblem()
  }

  async components(): Promise<readonly ComponentHealth[]> {
    const { modems, lines, account, router } = this.#parts
    const [database, queue] = await this.#foundations()
    const paused = router.pauses.all.map(
      (pause) => `${pauseWords(pause)}, since ${new Date(pause.sinceMs).toISOString()}`,
    )
    const isPaused = queue.status === 'pass' && paused.length > 0
    return [
      database,
      isPaused ? { ...queue, status: 'warn', detail: paused.join('; ') } : queue,
      ...modems.map((modem): ComponentHealth => {
        const { state, reason, id } = modem.status()
        // A modem that is ready may be out of use all the same: its quota is used up, its SIM refuses everything.
        const unused = router.smsLanes().find((lane) => lane.id === id && !lane.available)
        const isWell = state === 'ready' && unused === undefined
        return { component: `modem ${id}`, status: isWell ? 'pass' : 'warn', detail: reason ?? unused?.reason }
      }),
      ...lines.all().map(({ lane, problem: why, trouble }): ComponentHealth => {
        const detail = why ?? trouble
        return { component: `mms ${lane}`, status: detail === undefined ? 'pass' : 'warn', detail }
      }),
      signalHealth(account),
      await this.#backupHealth(),
    ]
  }

  async #backupFacts() {
    const { backups, clock } = this.#parts
    const { keyMadeAtMs, runs, good, restored } = await backups.status()
    return { keyMadeAtMs, last: runs.find(isOver), good, restored, everyMs: backups.settings.everyMs, nowMs: clock() }
  }

  /** Without a key nobody has asked for backups yet, which is the doctor's to say. */
  async #backupHealth(): Promise<ComponentHealth> {
    const detail = backupProblem(await this.#backupFacts())
    return { component: 'backup', status: detail === undefined ? 'pass' : 'warn', detail }
  }

  async doctor() {
    const { config, db, router, modems, lines, watch, account, clock } = this.#parts
    const { state, reason, e164, warnings } = account.status()
    const components = await this.#foundations()
    const nowMs = clock()
    const missed = await unsetPictures(db, nowMs)
    const obstacles = new Map(await Promise.all(modems.map(async ({ id }) => [id, await lines.obstacle(id)] as const)))
    const { spanDays, dueMs, partsMax } = REPORTS
    const within = { sinceMs: nowMs - spanDays * 86_400_000, untilMs: nowMs - dueMs, partsMax }
    const reported = new Map(
      await Promise.all(modems.map(async ({ id }) => [id, await reportedTexts(db, id, within)] as const)),
    )
    const busy = modems.map((modem) => modem.status()).filter(({ openFailure }) => openFailure === 'busy')
    return [
      ...(await examineHost(
        config,
        busy.map(({ port }) => port),
      )),
      ...examineBackups(await this.#backupFacts()),
      ...(await this.#foreignRedis()),
      ...examineOutward(await this.#outwardFacts()),
      ...examineRunning({
        mode: router.mode(),
        modems: modems.map((modem) => ({
          ...modem.status(),
          simChangedAtMs: watch.simChangedAtMs(modem.id),
          recoveryExhausted: isExhausted(modem.status()),
          reported: reported.get(modem.id),
          mms: { ...lines.status(modem.id), obstacle: obstacles.get(modem.id), missed: missed.get(modem.id) ?? 0 },
        })),
        signal: { state, reason, e164, warnings },
        waiting: await waitingCounts(db),
        waitingSinceMs: await router.pauses.oldestWaitingMs(),
        components,
        paused: router.pauses.all,
        nowMs,
      }),
    ]
  }

  /** Our own is started with our own settings. */
  async #foreignRedis() {
    const { config, redisSetUp } = this.#parts
    const facts = config.queue.redis.kind === 'private' ? undefined : await redisSetUp()
    return facts === undefined ? [] : examineRedis(facts)
  }

  async #outwardFacts() {
    const { config, db, clock } = this.#parts
    const nowMs = clock()
    const subscriptions = (await listSubscriptions(db, nowMs)).length
    return { webhooks: await webhookFacts(db), subscriptions, http: config.http, nowMs }
  }

  /** For systemd: "1 of 2 modems · Signal connected". */
  line(): string {
    const { modems, account } = this.#parts
    const ready = modems.filter((modem) => modem.status().state === 'ready').length
    return `${ready} of ${modems.length} modems · Signal ${account.status().state}`
  }

  /** Whether the process can still do its work: the database answers. */
  async isWell(): Promise<boolean> {
    return (await this.#databaseProblem()) === undefined
  }

  /** A pause is no fault of theirs. */
  async #foundations(): Promise<readonly [Foundation, Foundation]> {
    const database = await this.#databaseProblem()
    const problem = this.queueProblem()
    return [
      { component: 'database', status: database === undefined ? 'pass' : 'fail', detail: database },
      { component: 'queue', status: problem === undefined ? 'pass' : 'warn', detail: problem },
    ]
  }

  async #databaseProblem(): Promise<string | undefined> {
    try {
      await demandAnswer(this.#parts.db)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

function isOver({ ended_at_ms: endedAtMs }: { ended_at_ms: number | null }): boolean {
  return endedAtMs !== null
}

function signalHealth(account: SignalAccount): ComponentHealth {
  const { state, reason } = account.status()
  const well = state === 'connected' || state === 'none'
  return { component: 'signal', status: well ? 'pass' : 'warn', detail: well ? undefined : reason }
}
