/**
 * The composition root: builds every room from the configuration, in the order in which they need one another, and takes
 * them down in reverse.
 *
 *   key file → database, Redis → router (its sink) → modems, Signal account → transports → Signal begins → HTTP → "ready"
 */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { existsSync } from 'node:fs'
import { access, constants, mkdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countSegments } from '../modem/pdu/segments.ts'
import { systemClock as modemClock } from '../modem/serial/surroundings.ts'
import { BackupDesk } from './backup/desk.ts'
import type { Config } from './config.ts'
import type { BundledKey } from './doctor/bundle.ts'
import { createIds } from './domain/ids.ts'
import type { Transport } from './domain/transport.ts'
import { Passwords, SMALL_COST, USUAL_COST } from './http/passwords.ts'
import { PushWorker } from './http/push/worker.ts'
import { type HttpServer, startHttp } from './http/server.ts'
import { newSetupCode } from './http/setup-code.ts'
import { WebhookWorker } from './http/webhooks/worker.ts'
import type { Log } from './log.ts'
import { Fitting } from './media/fitting.ts'
import { Pictures } from './media/pictures.ts'
import { Recordings } from './media/recordings.ts'
import { RedisOutbox } from './routing/outbox.ts'
import { PlayableDesk } from './routing/playable.ts'
import { PrivateRedis } from './routing/redis.ts'
import { Router } from './routing/router.ts'
import { StandInVault } from './sandbox/vault.ts'
import { createSystemdNotifier } from './sdnotify.ts'
import { AdminTexts } from './service/admin-texts.ts'
import { Alerts } from './service/alerts.ts'
import { SmsEnrollmentCodes } from './service/enrollment-codes.ts'
import { Health } from './service/health.ts'
import { KeptCertificate } from './service/kept-certificate.ts'
import { LogLines } from './service/log-lines.ts'
import { Metrics } from './service/metrics.ts'
import { createMms } from './service/mms.ts'
import { ModemLines } from './service/mms-lines.ts'
import { MmsTests } from './service/mms-tests.ts'
import { createMmsWays, type MmsWays } from './service/mms-ways.ts'
import { ModemWatch } from './service/modem-watch.ts'
import { createModems, createScout, modemPort } from './service/modems.ts'
import { KeptPortraits } from './service/portraits.ts'
import { SignalHistory } from './service/signal-history.ts'
import { supportBundle } from './service/support.ts'
import { worldPort } from './service/world-port.ts'
import { Account } from './signal/account.ts'
import { systemClock, systemRandom } from './signal/clock.ts'
import type { PinVault } from './signal/pin-vault.ts'
import { Blobs } from './store/blobs.ts'
import { openDatabase } from './store/database.ts'
import { EventLog } from './store/events.ts'
import { InboundPdus } from './store/inbound-pdus.ts'
import { readKeyFile } from './store/keyfile.ts'
import { OverdueParts } from './store/overdue-parts.ts'
import { SearchIndexer } from './store/search-index.ts'
import { LateParts } from './transports/late-parts.ts'
import { SignalTransport, signalSink } from './transports/signal.ts'
import { SmsTransport } from './transports/sms.ts'
import { SmsInbound } from './transports/sms-inbound.ts'
import { LICENCE, REPOSITORY_URL, VERSION } from './version.ts'

/** `dist/inbox`, from the sources (`src/`) as from the build (`dist/src/`). */
const INBOX_DIRECTORY = fileURLToPath(
  new URL(import.meta.url.endsWith('.js') ? '../inbox' : '../dist/inbox', import.meta.url),
)
/** With less, a password takes half the memory to check. */
const SMALL_MACHINE_BYTES = 2 * 1024 ** 3
const STATUS_LINE_INTERVAL_MS = 30_000
/** Names our queues where the Redis is shared. */
const QUEUE_PREFIX = 'causeway'

export interface ServiceOptions {
  log: Log
  /** How MMSCs are reached; left out: over the bearers of the configuration. */
  mms?: MmsWays | undefined
  /** What is configured and who said so, for a support bundle. */
  configured?: () => readonly BundledKey[]
}

export interface RunningService {
  /** The port of the API, where 0 was asked for. */
  readonly port: number
  /** The one way in for the first admin; undefined when there is one. */
  readonly setupCode: string | undefined
  /** Lets running attempts end (bounded), then closes everything. */
  stop(): Promise<void>
}

/**
 * Starts the gateway; resolves once `/healthz` says ready. Modems and Signal may still be on their way: they come and go.
 * Throws CausewayError with what to do (`redis-missing`, `db-key`, `key-file-…`, `config-listen` …); whatever was started
 * by then is stopped again.
 */
export async function runService(config: Config, options: ServiceOptions): Promise<RunningService> {
  const { log } = options
  const closing: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) {
      await close().catch((error: unknown) => log.error({ err: error }, 'something did not stop cleanly'))
    }
  }
  try {
    return { ...(await start(config, options, closing)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  config: Config,
  { log: outer, mms: given, configured = () => [] }: ServiceOptions,
  closing: (() => Promise<unknown>)[],
): Promise<Omit<RunningService, 'stop'>> {
  const clock = () => Date.now()
  const logLines = new LogLines(clock)
  const log = logLines.beside(outer)
  const randomOctets = (count: number) => new Uint8Array(randomBytes(count))
  const ids = createIds(clock, randomOctets)
  const systemd = createSystemdNotifier(process.env, log)
  let isReady = false
  const { tls } = config.http
  const certificate = tls === undefined ? undefined : new KeptCertificate(tls, clock, log)

  await mkdir(config.dataDir, { recursive: true, mode: 0o750 })
  const path = join(config.dataDir, 'causeway.db')
  const credentials = process.env['CREDENTIALS_DIRECTORY']
  const key = await readKeyFile(config.store.keyFile, {
    mayCreate: !existsSync(path),
    mayBeShared: credentials !== undefined && config.store.keyFile.startsWith(`${credentials}/`),
  })
  // It starts while the database is opened; what is wrong with either is told below.
  const redis = openRedis(config, log, closing)
  redis.catch(() => {})
  const db = await openDatabase({
    path,
    key,
    broken: (error) => {
      log.error({ err: error }, 'the gateway ends at once: what is not on the disk was promised to nobody')
      process.exit(1)
    },
  })
  closing.push(() => db.destroy())
  const events = new EventLog(db, clock)
  const passwords = new Passwords(totalmem() < SMALL_MACHINE_BYTES ? SMALL_COST : USUAL_COST, randomOctets)

  const outbox = new RedisOutbox({ redis: await redis, prefix: QUEUE_PREFIX, log })
  const blobs = await Blobs.open({
    directory: join(config.dataDir, 'files'),
    databaseKey: key,
    totalBytesMax: config.attachments.totalBytesMax,
    ids,
    randomOctets,
  })
  const pictures = new Pictures()
  closing.push(() => pictures.close())
  const router = new Router({
    db,
    events,
    outbox,
    settings: {
      mode: config.mode,
      region: config.region,
      defaultPolicy: config.fallback.default,
      fallbackAfterMs: config.fallback.afterMs,
      validityMs: config.validityMs,
      resendWhenUncertain: config.resendWhenUncertain,
      whenRoaming: config.fallback.whenRoaming,
      quietHours: config.fallback.quietHours,
      timeZone: config.fallback.timeZone,
      textsApart: config.mms.groups === 'apart',
      longTextParts: config.mms.longTextParts,
    },
    media: { blobs, pictures, settings: config.attachments },
    ids,
    clock,
    random: Math.random,
    log,
  })

  const scout = createScout(log)
  const metrics = new Metrics({ db, databasePath: path, clock })
  const lines = new ModemLines()
  const recordings = new Recordings({ directory: join(config.dataDir, 'fitting') })
  const fitting = new Fitting({ pictures, recordings, log })
  const playable = new PlayableDesk({
    db,
    blobs,
    make: (contentType, octets) => recordings.playable(contentType, octets),
    clock,
    collect: () => router.media.poke(),
  })
  const mms = createMms({ config, db, sink: router.sink, ids, clock, log, fitting }, lines)
  const sink = metrics.timed(new SmsInbound(router.sink, new InboundPdus(db, ids, clock), mms.pushes))
  const modems = createModems(config, sink, db, scout, log)
  const ways =
    given ?? createMmsWays({ timeoutMs: config.mms.timeoutMs, runDirectory: await runDirectory(config), log })
  lines.open(modems, config.modems, ways, log)
  const mmsTests = new MmsTests({ lines, db, ids, clock: modemClock, log })
  const administrators = new AdminTexts({
    to: config.alerts.to,
    events,
    submit: (request) => router.submit(request),
    nameOf: (id) => modems.find((modem) => modem.id === id)?.status().label ?? id,
    clock,
    log,
  })
  const history = new SignalHistory(modems, clock)
  const watch = new ModemWatch(administrators, log, clock)
  const account = new Account({
    db,
    server: config.signal.server,
    log,
    clock: systemClock,
    random: systemRandom,
    sink: signalSink(router.sink, clock),
    codes: new SmsEnrollmentCodes(db, events),
    readReceipts: config.signal.readReceipts,
    typing: config.signal.typing,
    profile: config.signal.profile,
    portraits: new KeptPortraits(pictures, blobs),
    ...vaultOf(config.signal.server),
  })
  metrics.watch(modems, account)
  const transports: readonly Transport[] = [
    new SmsTransport(
      modems,
      clock,
      config.modems.map(({ rules }) => rules),
      config.texts,
    ),
    mms.transport,
    new SignalTransport(account),
  ]
  // As soon as facts can be taken: letters may be waiting, and the connection is made while all else is set up. Before the
  // router begins, which would take an account that is not loaded for one that is not there. Taken down in reverse: running
  // attempts end before their modem or account does.
  await router.expect(transports)
  closing.push(() => account.stop())
  await account.start()

  const backups = new BackupDesk({
    db,
    events,
    databaseKey: key,
    dataDir: config.dataDir,
    configFile: config.file,
    settings: config.backup,
    account: () => account.status().e164,
    version: VERSION,
    ids,
    clock,
    randomOctets,
    log,
  })
  metrics.watchBackups(() => backups.status())
  const health = new Health({
    config,
    backups,
    db,
    router,
    modems,
    lines,
    watch,
    account,
    queueProblem: () => outbox.problem(),
    redisSetUp: () => outbox.setUp(),
    clock,
    ready: () => isReady,
  })

  const webhooks = new WebhookWorker({
    db,
    events,
    ids,
    clock,
    resolve: (name) => lookup(name, { all: true }),
    log,
    version: VERSION,
  })
  const push = await PushWorker.open({
    db,
    events,
    clock,
    resolve: (name) => lookup(name, { all: true }),
    log,
    subject: config.push.contact,
    mayBeLocal: config.push.localServices,
  })
  const http: HttpServer = await startHttp(
    {
      db,
      router,
      media: router.media,
      playable,
      countSegments: (text) => {
        const { parts, alphabet } = countSegments(text, config.texts)
        return { count: parts, encoding: alphabet === 'ucs2' ? 'ucs2' : 'gsm7' }
      },
      modems: modemPort(modems, scout, () => router.smsLanes(), lines, history),
      pictures: mms.desk,
      mmsPreview: (files, textBytes) => mms.transport.preview(files, textBytes),
      mmsTests,
      signal: account,
      health,
      webhooks,
      metrics,
      backups,
      events,
      requestsPerMinute: config.http.requestsPerMinute,
      passwords,
      push,
      logLines,
      support: (ports) => supportBundle(ports, configured),
      keyFile: config.store.keyFile,
      inboxDirectory: INBOX_DIRECTORY,
      sandbox: config.profile === 'sandbox',
      world: config.profile === 'sandbox' ? worldPort(join(config.runtimeDir, 'sim.sock')) : undefined,
      publicUrl: config.http.publicUrl,
      region: config.region,
      textsApart: config.mms.groups === 'apart',
      longTextParts: config.mms.longTextParts,
      ids,
      clock,
      randomOctets,
      log,
      version: VERSION,
      licence: LICENCE,
      sourceUrl: config.http.sourceUrl ?? REPOSITORY_URL,
    },
    {
      listen: config.http.listen,
      ...(certificate === undefined ? {} : { tls: certificate }),
      socketPath: join(config.runtimeDir, 'api.sock'),
    },
  )
  certificate?.start()
  closing.push(async () => certificate?.stop())
  closing.push(() => webhooks.stop())
  closing.push(() => push.stop())
  closing.push(() => http.stop())

  closing.push(() => Promise.all(modems.map((modem) => modem.stop())))
  closing.push(() => lines.stop())
  // Ends before the modems do: what we stop ourselves is not lost.
  const watching = watch.watch(modems)
  closing.push(() => watching.stop())
  const alerts = new Alerts({
    events: administrators,
    account,
    modems,
    oldestWaitingMs: () => router.pauses.oldestWaitingMs(),
    clock,
    log,
  }).watch()
  closing.push(() => alerts.stop())
  for (const modem of modems) modem.start()
  history.start()
  closing.push(async () => history.stop())
  await router.start(transports)
  closing.push(() => router.stop())
  closing.push(() => administrators.stop())
  const lateParts = new LateParts({
    sink: router.sink,
    shelf: new OverdueParts(db),
    afterMs: config.texts.incompleteAfterMs,
    clock,
    log,
  })
  lateParts.start()
  closing.push(() => lateParts.stop())
  closing.push(() => mmsTests.stop())
  mms.desk.start()
  closing.push(() => mms.desk.stop())
  await mms.reading.start()
  closing.push(() => mms.reading.stop())
  const search = new SearchIndexer(db, events, (error) => log.warn({ err: error }, 'what is new is not searched yet'))
  search.start()
  closing.push(() => search.stop())
  webhooks.start()
  await push.start()
  await backups.start()
  closing.push(() => backups.stop())

  const setupCode = await newSetupCode({ db, passwords, randomOctets })
  isReady = true
  const statusLine = setInterval(() => void systemd.status(health.line()), STATUS_LINE_INTERVAL_MS)
  const endWatchdog = systemd.watchdog(() => health.isWell())
  closing.push(async () => {
    isReady = false
    clearInterval(statusLine)
    endWatchdog()
    await systemd.stopping()
  })
  await systemd.ready(health.line())
  log.info({ port: http.port, modems: modems.length, version: VERSION }, 'causeway is ready')
  return { port: http.port, setupCode }
}

/** Where sockets are, as systemd makes it; where that cannot be written, with the data. */
async function runDirectory({ runtimeDir, dataDir }: Config): Promise<string> {
  return await mkdir(runtimeDir, { recursive: true, mode: 0o750 })
    .then(() => access(runtimeDir, constants.W_OK))
    .then(
      () => runtimeDir,
      () => dataDir,
    )
}

/** The private Redis, started and owned by us, or the one that the configuration names. */
async function openRedis(
  config: Config,
  log: Log,
  closing: (() => Promise<unknown>)[],
): Promise<{ path: string } | { url: string }> {
  const { redis } = config.queue
  if (redis.kind === 'socket') return { path: redis.path }
  if (redis.kind === 'url') return { url: redis.url }
  const starting = PrivateRedis.start({
    directory: join(config.dataDir, 'redis'),
    runtimeDirectory: config.runtimeDir,
    log,
  })
  // At once: it must not outlive a start that fails meanwhile.
  closing.push(() =>
    starting.then(
      (own) => own.stop(),
      () => undefined,
    ),
  )
  return { path: (await starting).socketPath }
}

/** The PIN service's place is taken by a file where the configuration says so, which only the sandbox's does. */
function vaultOf(server: Config['signal']['server']): { vault?: PinVault } {
  return server.kind === 'custom' && server.vaultFile !== undefined ? { vault: new StandInVault(server.vaultFile) } : {}
}
