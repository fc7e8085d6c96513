/**
 * The API on real sockets, with the real router over a real encrypted database. Only the outbox stands still, so that
 * nothing leaves and every message stays as it was planned.
 */

import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BackupDesk } from '../../../src/backup/desk.ts'
import { CausewayError } from '../../../src/domain/errors.ts'
import type { GroupDetails } from '../../../src/domain/group.ts'
import { createIds } from '../../../src/domain/ids.ts'
import type { Transport } from '../../../src/domain/transport.ts'
import type { MmsTestView, ModemView } from '../../../src/http/modem-port.ts'
import { Passwords } from '../../../src/http/passwords.ts'
import type { ApiPorts, SignalView, WorldPort } from '../../../src/http/ports.ts'
import { parseEndpoint } from '../../../src/http/push/endpoint.ts'
import type { Scope } from '../../../src/http/scopes.ts'
import { startHttp } from '../../../src/http/server.ts'
import type { Log } from '../../../src/log.ts'
import { PlayableDesk } from '../../../src/routing/playable.ts'
import { Router } from '../../../src/routing/router.ts'
import { LogLines } from '../../../src/service/log-lines.ts'
import type { Database } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { createToken } from '../../../src/store/tokens.ts'
import { freshDatabase } from '../../fresh-database.ts'
import { mediaRig } from '../media-rig.ts'
import type { Answer } from './answer.ts'

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

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Answer
  text: string
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

export interface CallOptions {
  token?: string | undefined
  json?: unknown
  body?: string | Buffer
  headers?: Record<string, string>
  /** Over the Unix socket instead of TCP. */
  local?: boolean
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

export async function startRig(options: { world?: WorldPort } = {}): Promise<Rig> {
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

  const mmsTest: MmsTestView = {
    modem: 'mdm_1',
    number: '+15550000001',
    carrier: 'somebody',
    state: 'failed',
    steps: [
      { step: 'bearer', ok: false, code: 'unreachable-bearer', detail: 'there is no interface wwan0 with an address' },
    ],
    startedAtMs: 1_790_000_000_000,
  }
  const modem: ModemView = {
    id: 'mdm_490154203237518',
    port: 'tcp://127.0.0.1:7000',
    label: 'kitchen',
    state: 'ready',
    reason: undefined,
    manufacturer: 'Causeway',
    model: 'Sim',
    revision: undefined,
    profile: undefined,
    imei: '490154203237518',
    imsi: undefined,
    iccid: undefined,
    number: '+15550000101',
    operator: 'Simnet',
    registration: 'home',
    signalDbm: -67,
    smsc: '+15550000001',
    storage: [{ memory: 'SM', used: 1, total: 20 }],
    recovery: {
      counts: { reopen: 0, restart: 2 },
      last: { step: 'restart', code: 'silent', reason: 'nothing is answered', atMs: 0 },
      history: [{ step: 'restart', code: 'silent', reason: 'nothing is answered', atMs: 0 }],
      hardAtMs: [0],
    },
    sinceMs: 1_700_000_000_000,
    texts: {
      available: false,
      code: 'quota-exceeded',
      reason: 'the quota of 200 texts a day is used up',
      today: 200,
      thisMonth: 340,
      dailyQuota: 200,
      monthlyQuota: 5_000,
      perMinute: undefined,
      costPerPart: 0.05,
      prefixes: ['+44'],
    },
  }
  const signal: SignalView = {
    state: 'none',
    reason: 'no account yet',
    e164: undefined,
    aci: undefined,
    pni: undefined,
    deviceId: undefined,
    username: undefined,
    discovery: undefined,
    sinceMs: 1_700_000_000_000,
    registration: undefined,
    link: undefined,
    warnings: [],
    challenge: undefined,
  }
  let ownPicture: Uint8Array | undefined
  let locked = false
  const profile: Awaited<ReturnType<ReturnType<ApiPorts['signal']['profile']>['read']>> = {
    name: 'Home',
    about: '',
    emoji: '',
    picture: undefined,
    editable: true,
    published: true,
  }
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
    mmsTests: {
      start: (modem) => {
        calls.push(`mms test ${modem}`)
        return mmsTest
      },
      of: () => mmsTest,
    },
    media: router.media,
    playable: new PlayableDesk({
      db,
      blobs: router.media.blobs,
      make: async () => ({ contentType: 'audio/mp4', octets: new TextEncoder().encode('played') }),
      clock,
      collect: () => router.media.poke(),
    }),
    modems: {
      list: () => [modem],
      probe: async () => [
        {
          port: '/dev/ttyUSB0',
          usbId: '2c7c:0125',
          interfaceNumber: 0,
          product: undefined,
          result: 'skipped',
          reason: 'interface 0 is not for AT',
          imei: undefined,
          manufacturer: undefined,
          model: undefined,
          profile: undefined,
        },
      ],
      signalHistory: () => [{ atMs: 0, dbm: -67 }],
      enterPin: async (id, given) => {
        calls.push(`pin ${id} ${JSON.stringify(given)}`)
        if (given.pin === '1111')
          throw new CausewayError({ code: 'sim-pin-refused', message: 'The SIM refused it.', retry: 'after-human' })
        if (given.pin === '2222' && !given.lastTry)
          throw new CausewayError({ code: 'sim-pin-last-try', message: 'One try is left.', retry: 'after-human' })
        return { remembered: given.remember }
      },
      forgetPin: async (id) => {
        calls.push(`forget pin ${id}`)
      },
      reset: async (id) => {
        calls.push(`reset ${id}`)
      },
      transcript: (id, masked) => {
        calls.push(`transcript ${id} ${masked ? 'masked' : 'whole'}`)
        return '0.000 > AT\\r\n'
      },
      command: async (id, text) => {
        calls.push(`command ${id} ${text}`)
        return ['Causeway', 'Sim']
      },
      ussd: async (id, text) => {
        calls.push(`ussd ${id} ${text}`)
        if (text === '*9#') throw new CausewayError({ code: 'ussd-busy', message: 'A session.', retry: 'never' })
        return text === '*100#' ? { status: 'done', text: 'Balance 5' } : { status: 'reply-wanted', text: '1 More' }
      },
      replyUssd: async (id, text) => {
        calls.push(`reply ${id} ${text}`)
        return text === '0'
          ? { status: 'ended-by-network', text: undefined }
          : { status: 'done', text: `You said ${text}` }
      },
      cancelUssd: async (id) => {
        calls.push(`cancel ${id}`)
      },
    },
    signal: {
      status: () => signal,
      register: async (request) => {
        calls.push(`register ${JSON.stringify(request)}`)
      },
      link: async (request) => {
        calls.push(`link ${JSON.stringify(request)}`)
      },
      devices: async () => [
        { id: 1, name: undefined, isThis: true, isPrimary: true, lastSeenAtMs: 0, linkedAtMs: undefined },
        { id: 2, name: 'Desk\u001b[2J', isThis: false, isPrimary: false, lastSeenAtMs: 0, linkedAtMs: 0 },
      ],
      removeDevice: async (id) => {
        calls.push(`remove device ${id}`)
      },
      renameDevice: async (id, name) => {
        calls.push(`rename device ${id} ${name}`)
      },
      deleteAccount: async () => {
        calls.push('delete account')
      },
      unlink: async () => {
        calls.push('unlink')
        Object.assign(signal, { state: 'none', reason: 'no Signal account is registered here', e164: undefined })
      },
      discoverability: () => ({
        read: async () => ({ discoverable: true, editable: true }),
        set: async (discoverable) => {
          calls.push(`discoverable ${discoverable}`)
        },
      }),
      submitCaptcha: async (token) => {
        calls.push(`captcha ${token}`)
      },
      submitCode: async (code) => {
        calls.push(`code ${code}`)
      },
      submitPin: async (pin) => {
        calls.push(`pin ${pin}`)
      },
      skipTransfer: async () => {
        calls.push('skip transfer')
      },
      safetyNumber: async () => '1'.repeat(60),
      safetyCode: async () => new Uint8Array([8, 2, 255]),
      usernames: () => ({
        find: async (words) => {
          if (words === 'nobody.42')
            throw new CausewayError({ code: 'username-unknown', message: 'nobody', retry: 'never' })
          return { aci: '9d0652a3-dcc3-4d11-975f-74d61598733f', username: words }
        },
        claim: async (wanted) => {
          calls.push(`username ${JSON.stringify(wanted)}`)
        },
        release: async () => {
          calls.push('username release')
        },
        renewLink: async () => {
          calls.push('username link')
        },
      }),
      lock: () => ({
        read: async () => ({ locked, editable: true }),
        set: async (pin) => {
          calls.push(`lock of ${pin.length}`)
          locked = true
        },
        remove: async () => {
          calls.push('lock removed')
          locked = false
        },
      }),
      profile: () => ({
        read: async () => profile,
        change: async (change) => {
          calls.push(`profile ${JSON.stringify(change)}`)
          for (const field of ['name', 'about', 'emoji'] as const) profile[field] = change[field] ?? profile[field]
        },
        setPicture: async (octets) => {
          calls.push(`profile picture ${octets?.length ?? 'none'}`)
          ownPicture = octets
          profile.picture = octets === undefined ? undefined : createHash('sha256').update(octets).digest('hex')
        },
        picture: async () => ownPicture,
      }),
      compareSafetyCode: async (_peer, scanned) => scanned.length === 3,
      groups: () => {
        const said =
          (words: string) =>
          async (id: string, ...more: unknown[]) => {
            calls.push(`group ${words} ${id} ${JSON.stringify(more)}`)
          }
        return {
          create: async ({ title, people, avatar }) => {
            calls.push(`group create ${title} ${JSON.stringify(people)} ${avatar?.length ?? 'no'} octets`)
            return 'created'
          },
          configure: said('configure'),
          setAvatar: said('avatar'),
          avatar: async () => new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
          add: said('add'),
          remove: said('remove'),
          ban: said('ban'),
          unban: said('unban'),
          setRole: said('role'),
          approve: said('approve'),
          accept: said('accept'),
          leave: said('leave'),
          block: said('block'),
          unblock: said('unblock'),
          join: async (link) => {
            calls.push(`group join ${link}`)
            return 'created'
          },
        }
      },
    },
    webhooks: {
      poke: () => {
        calls.push('poke webhooks')
      },
    },
    health: {
      ready: () => rig.ready,
      components: async () => [{ component: 'database', status: 'pass', detail: undefined }],
      queueProblem: () => rig.queueProblem,
      doctor: async () => [{ id: 'modem.no_sim', severity: 'error', what: 'No SIM.', fix: 'Put one in.' }],
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
  let server = await startHttp(ports, { listen: { host: '127.0.0.1', port: 0 }, socketPath })
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
      server = await startHttp(ports, { listen: { host: '127.0.0.1', port: server.port }, socketPath })
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

function exchange(target: object, method: string, path: string, options: CallOptions): Promise<Reply> {
  const payload = options.body ?? (options.json === undefined ? undefined : JSON.stringify(options.json))
  const headers: Record<string, string> = {}
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  if (options.json !== undefined) headers['content-type'] = 'application/json'
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { ...target, method, path, agent: false, headers: { ...headers, ...options.headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const isJson = /json/.test(response.headers['content-type'] ?? '')
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: isJson && text !== '' ? JSON.parse(text) : undefined,
            text,
          })
        })
      },
    )
    outgoing.once('error', reject)
    outgoing.end(payload)
  })
}
