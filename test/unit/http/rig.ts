/**
 * The API on real sockets, with the real router over a real encrypted database. Only the outbox stands still, so that
 * nothing leaves and every message stays as it was planned.
 */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BackupDesk } from '../../../src/backup/desk.ts'
import type { GroupDetails } from '../../../src/domain/group.ts'
import { createIds } from '../../../src/domain/ids.ts'
import type { Transport } from '../../../src/domain/transport.ts'
import type { ModemView } from '../../../src/http/modem-port.ts'
import { Passwords } from '../../../src/http/passwords.ts'
import type { ApiPorts, SignalView, WorldPort } from '../../../src/http/ports.ts'
import { parseEndpoint } from '../../../src/http/push/endpoint.ts'
import type { Scope } from '../../../src/http/scopes.ts'
import { startHttp, type TlsSource } from '../../../src/http/server.ts'
import type { Log } from '../../../src/log.ts'
import { PlayableDesk } from '../../../src/routing/playable.ts'
import { Router } from '../../../src/routing/router.ts'
import { LogLines } from '../../../src/service/log-lines.ts'
import type { Database } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { createToken } from '../../../src/store/tokens.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { mediaRig } from '../media-rig.ts'
import { type CallOptions, exchange, type Reply } from './exchange.ts'
import { mmsTestsOf, modemsOf, readyModem } from './stand-in-modem.ts'
import { noAccount, signalOf } from './stand-in-signal.ts'

/** A group as its account tells of it: ours, and nobody else in it. */
export const gardenGroup: GroupDetails = {
  id: 'created',
  title: 'Garden',
  description: '',
  revision: 3,
  standing: 'member',
  admin: true,
  announcementsOnly: false,
  timerSeconds: 0,
  whoEdits: 'members',
  whoAdds: 'admins',
  link: 'off',
  linkUrl: undefined,
  avatar: true,
  members: [],
  invited: [],
  requesting: [],
}

export interface Rig {
  port: number
  socketPath: string
  directory: string
  db: Database
  ports: ApiPorts
  modem: ModemView
  signal: SignalView
  /** What the ports were asked to do. */
  calls: string[]
  ready: boolean
  /** What the clock of the queue has. */
  queueProblem: string | undefined
  token(...scopes: Scope[]): Promise<string>
  call(method: string, path: string, options?: CallOptions): Promise<Reply>
  /** Appends an event, commits, and tells listeners. */
  event(type: string, messageId?: string): Promise<void>
  /** Holds back the router's next answers until called. */
  block(): () => void
  /** Stops the server, does something, and starts it again at the same socket. */
  restart(between: () => Promise<void>): Promise<void>
  stop(): Promise<void>
}

/** A modem that is there and is never used. */
const oneLane: Transport = {
  name: 'sms',
  lanes: () => [
    {
      id: 'mdm_490154203237518',
      transport: 'sms',
      available: true,
      reason: undefined,
      roaming: false,
      ownNumber: undefined,
    },
  ],
  onLanes: () => () => {},
  reach: async (recipients) => recipients.map(() => ({ kind: 'unknown', reason: 'a text', retryAfterMs: undefined })),
  send: () => Promise.reject(new Error('nothing is sent here')),
  approveIdentity: async () => {},
}

export async function startRig(options: { world?: WorldPort; tls?: TlsSource } = {}): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-http-'))
  const db = await freshDatabase({ path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(7) })
  const clock = () => Date.now()
  const ids = createIds(clock, (count) => randomBytes(count))
  const events = new EventLog(db, clock)
  const calls: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const logLines = new LogLines(clock)
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields) => {
      calls.push(`log.error ${'err' in fields ? String(fields.err) : ''}`)
    },
  }

  const router = new Router({
    media: await mediaRig(join(directory, 'files')),
    db,
    events,
    outbox: { attempt: async () => {}, deadline: async () => {}, start: async () => {}, stop: async () => {} },
    settings: {
      mode: 'integrated',
      region: 'GB',
      defaultPolicy: 'auto',
      fallbackAfterMs: 900_000,
      validityMs: 86_400_000,
      resendWhenUncertain: false,
      whenRoaming: 'ask',
      quietHours: 'off',
      timeZone: 'UTC',
    },
    ids,
    clock,
    random: Math.random,
    log,
  })
  await router.start([oneLane])

  const modem = readyModem()
  const signal = noAccount()
  const backups = new BackupDesk({
    db,
    events,
    databaseKey: new Uint8Array(32).fill(7),
    dataDir: directory,
    configFile: undefined,
    settings: { directory: join(directory, 'backups'), everyMs: 86_400_000, keep: 2 },
    account: () => undefined,
    version: '0.1.0',
    ids,
    clock,
    randomOctets: (count) => randomBytes(count),
    log,
  })
  const rig: Pick<Rig, 'ready' | 'queueProblem'> = { ready: true, queueProblem: undefined }
  const ports: ApiPorts = {
    db,
    countSegments: (text) => ({ count: Math.ceil(text.length / 160), encoding: 'gsm7' }),
    router: {
      submit: async (request) => {
        calls.push('submit')
        await gate
        return router.submit(request)
      },
      people: router.people,
      approve: (id, by) => router.approve(id, by),
      cancel: (id) => {
        calls.push(`cancel ${id}`)
        return router.cancel(id)
      },
      retry: (id) => router.retry(id),
      accept: (id) => router.accept(id),
      block: (id, decision) => router.block(id, decision),
      removeMessage: (id) => router.removeMessage(id),
      removeFile: (id) => router.removeFile(id),
      removeConversation: (id) => router.removeConversation(id),
      typing: (id, started) => router.typing(id, started),
      setTimer: (id, seconds) => router.setTimer(id, seconds),
      change: (id, change) => router.change(id, change),
      updateContact: (id, change, ifVersion, by) => router.updateContact(id, change, ifVersion, by),
      approveIdentity: (id, by) => router.approveIdentity(id, by),
      markRead: (id) => router.markRead(id),
      viewed: (id) => router.viewed(id),
      refreshCapabilities: (id) => router.refreshCapabilities(id),
      sendAsText: (id) => router.sendAsText(id),
      get settings() {
        return router.settings
      },
      changeSettings: (change) => router.changeSettings(change),
      get pauses() {
        return router.pauses
      },
    },
    pictures: {
      fetchAgain: async (id) => {
        calls.push(`fetch ${id}`)
      },
    },
    mmsTests: mmsTestsOf(calls),
    media: router.media,
    playable: new PlayableDesk({
      db,
      blobs: router.media.blobs,
      make: async () => ({ contentType: 'audio/mp4', octets: new TextEncoder().encode('played') }),
      clock,
      collect: () => router.media.poke(),
    }),
    modems: modemsOf(modem, calls),
    signal: signalOf(signal, calls),
    webhooks: {
      poke: () => {
        calls.push('poke webhooks')
      },
    },
    health: {
      ready: () => rig.ready,
      components: async () => [{ component: 'database', status: 'pass', detail: undefined }],
      queueProblem: () => rig.queueProblem,
      doctor: async () => [
        {
          id: 'modem.no_sim',
          code: 'modem.no_sim',
          severity: 'error',
          what: 'No SIM.',
          fix: 'Put one in.',
          values: { modem: 'kitchen' },
        },
      ],
    },
    backups,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'causeway_up 1\n' },
    events,
    passwords: new Passwords({ ln: 10, r: 8, p: 1 }, (count) => randomBytes(count)),
    logLines,
    push: { publicKey: 'BPushKey', parseEndpoint: (text) => parseEndpoint(text, true), wakeSession: async () => 0 },
    keyFile: '/etc/causeway/db.key',
    inboxDirectory: join(directory, 'inbox'),
    sandbox: false,
    world: options.world,
    publicUrl: undefined,
    requestsPerMinute: 1_000_000,
    region: 'GB',
    ids,
    clock,
    randomOctets: (count) => randomBytes(count),
    log,
    version: '0.0.0-test',
    licence: 'AGPL-3.0-only',
    sourceUrl: 'https://source.example/causeway',
  }
  const socketPath = join(directory, 'run/api.sock')
  const tls = options.tls === undefined ? {} : { tls: options.tls }
  let server = await startHttp(ports, { listen: { host: '127.0.0.1', port: 0 }, ...tls, socketPath })
  return Object.assign(rig, {
    port: server.port,
    socketPath,
    directory,
    db,
    ports,
    modem,
    signal,
    calls,
    token: async (...scopes: Scope[]) => (await createToken(db, ports, { name: 'test', scopes })).token,
    call: (method: string, path: string, options: CallOptions = {}) =>
      exchange(
        options.local === true ? { socketPath } : { host: '127.0.0.1', port: server.port },
        method,
        path,
        options,
      ),
    event: (type: string, messageId?: string) => events.record({ type, messageId }),
    block: () => {
      let open = () => {}
      gate = new Promise((resolve) => {
        open = resolve
      })
      return () => open()
    },
    restart: async (between: () => Promise<void>) => {
      await server.stop()
      await between()
      server = await startHttp(ports, { listen: { host: '127.0.0.1', port: server.port }, ...tls, socketPath })
    },
    stop: async () => {
      await server.stop()
      await backups.stop()
      await router.stop()
      await db.destroy()
      rmSync(directory, { recursive: true, force: true })
    },
  })
}
