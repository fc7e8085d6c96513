/**
 * The API on real sockets over a real encrypted database. The router behind it is a stand-in that only stores what it is
 * asked for; scenarios have the real one.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CausewayError } from '../../../src/domain/errors.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { advance } from '../../../src/domain/message.ts'
import type { Mode } from '../../../src/domain/route.ts'
import type { ApiPorts, ModemView, SignalView } from '../../../src/http/ports.ts'
import type { Scope } from '../../../src/http/scopes.ts'
import { startHttp } from '../../../src/http/server.ts'
import type { SubmitRequest } from '../../../src/routing/requests.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { createToken } from '../../../src/store/tokens.ts'

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of any shape
  body: any
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
  token(...scopes: Scope[]): Promise<string>
  call(method: string, path: string, options?: CallOptions): Promise<Reply>
  /** Appends an event, commits, and tells listeners. */
  event(type: string, messageId?: string): Promise<void>
  /** Holds back the router's next answers until called. */
  block(): () => void
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

export async function startRig(): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-http-'))
  const db = await openDatabase({ path: join(directory, 'causeway.db'), key: new Uint8Array(32).fill(7) })
  const clock = () => Date.now()
  const ids = createIds(clock, (count) => randomBytes(count))
  const events = new EventLog(db, clock)
  const calls: string[] = []
  let gate: Promise<void> = Promise.resolve()
  let lastTimestamp = 0
  let mode: Mode = 'integrated'

  async function conversationFor(to: string) {
    const known = await db
      .selectFrom('conversations')
      .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
      .select('conversations.id')
      .where('contacts.e164', '=', to)
      .executeTakeFirst()
    if (known !== undefined) return known.id
    const now = clock()
    const contact = ids('con')
    const id = ids('cnv')
    await db.insertInto('contacts').values({ id: contact, e164: to, created_at_ms: now, updated_at_ms: now }).execute()
    await db
      .insertInto('conversations')
      .values({ id, contact_id: contact, last_message_at_ms: now, created_at_ms: now })
      .execute()
    return id
  }

  const row = (id: string) => db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  async function submit(request: SubmitRequest) {
    calls.push('submit')
    await gate
    const { idempotency } = request
    if (idempotency !== undefined) {
      const known = await db
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('scope', '=', idempotency.scope)
        .where('key', '=', idempotency.key)
        .executeTakeFirst()
      if (known !== undefined && known.fingerprint !== idempotency.fingerprint) {
        throw new CausewayError({ code: 'idempotency-mismatch', message: 'Another request.', retry: 'never' })
      }
      if (known?.message_id != null) return { message: await row(known.message_id), replayed: true }
    }
    if (request.to !== undefined && !request.to.startsWith('+')) {
      throw new CausewayError({ code: 'invalid-number', message: 'This is not a phone number.', retry: 'never' })
    }
    const conversation = request.conversationId ?? (await conversationFor(request.to ?? ''))
    const now = clock()
    lastTimestamp = Math.max(now, lastTimestamp + 1)
    const id = ids('msg')
    await db
      .insertInto('messages')
      .values({
        id,
        conversation_id: conversation,
        direction: 'out',
        text: request.text,
        state: 'queued',
        policy: request.policy ?? null,
        fallback_after_ms: request.fallbackAfterMs ?? null,
        valid_until_ms: now + (request.validityMs ?? 86_400_000),
        metadata_json: request.metadata === undefined ? null : JSON.stringify(request.metadata),
        sent_timestamp_ms: lastTimestamp,
        created_at_ms: now,
        updated_at_ms: now,
      })
      .execute()
    await db
      .updateTable('conversations')
      .set({ last_message_id: id, last_message_at_ms: now })
      .where('id', '=', conversation)
      .execute()
    if (idempotency !== undefined) {
      await db
        .insertInto('idempotency_keys')
        .values({ ...idempotency, message_id: id, created_at_ms: now })
        .execute()
    }
    await events.record({ type: 'message.queued', messageId: id, conversationId: conversation })
    return { message: await row(id), replayed: false }
  }

  async function move(id: string, event: 'approve' | 'cancel' | 'retry') {
    calls.push(`${event} ${id}`)
    const message = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst()
    if (message === undefined) {
      throw new CausewayError({ code: 'unknown-message', message: 'There is no such message.', retry: 'never' })
    }
    const state = advance(message.state, event)
    if (state === message.state) {
      throw new CausewayError({ code: 'wrong-state', message: `It is ${state}.`, retry: 'never' })
    }
    await db.updateTable('messages').set({ state }).where('id', '=', id).execute()
    return row(id)
  }

  async function updateContact(
    id: string,
    change: { policy?: string; name?: string | null; verified?: boolean },
    ifVersion?: number,
  ) {
    const contact = await db.selectFrom('contacts').selectAll().where('id', '=', id).executeTakeFirst()
    if (contact === undefined) {
      throw new CausewayError({ code: 'unknown-contact', message: 'There is no such contact.', retry: 'never' })
    }
    if (ifVersion !== undefined && ifVersion !== contact.version) {
      throw new CausewayError({ code: 'version-mismatch', message: 'Somebody else changed it.', retry: 'never' })
    }
    const { verified, ...columns } = change
    await db
      .updateTable('contacts')
      .set({
        ...(columns as { name?: string | null; policy?: 'auto' }),
        ...(verified === undefined ? {} : { verified: verified ? 1 : 0 }),
        version: contact.version + 1,
      })
      .where('id', '=', id)
      .execute()
    return db.selectFrom('contacts').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
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
    imei: '490154203237518',
    imsi: undefined,
    iccid: undefined,
    number: '+15550000101',
    operator: 'Simnet',
    registration: 'home',
    signalDbm: -67,
    smsc: '+15550000001',
    storage: [{ memory: 'SM', used: 1, total: 20 }],
    sinceMs: 1_700_000_000_000,
  }
  const signal: SignalView = {
    state: 'none',
    reason: 'no account yet',
    e164: undefined,
    aci: undefined,
    pni: undefined,
    deviceId: undefined,
    sinceMs: 1_700_000_000_000,
    registration: undefined,
    challenge: undefined,
  }
  const rig = { ready: true }
  const ports: ApiPorts = {
    db,
    router: {
      submit,
      approve: (id) => move(id, 'approve'),
      cancel: (id) => move(id, 'cancel'),
      retry: (id) => move(id, 'retry'),
      updateContact,
      approveIdentity: (id) => {
        calls.push(`approveIdentity ${id}`)
        return updateContact(id, {})
      },
      refreshCapabilities: (id) => updateContact(id, {}),
      mode: async () => mode,
      setMode: async (wanted) => {
        mode = wanted
      },
    },
    modems: {
      list: () => [modem],
      reset: async (id) => {
        calls.push(`reset ${id}`)
      },
      command: async (id, text) => {
        calls.push(`command ${id} ${text}`)
        return ['Causeway', 'Sim']
      },
    },
    signal: {
      status: () => signal,
      register: async (request) => {
        calls.push(`register ${JSON.stringify(request)}`)
      },
      submitCaptcha: async (token) => {
        calls.push(`captcha ${token}`)
      },
      submitCode: async (code) => {
        calls.push(`code ${code}`)
      },
      safetyNumber: async () => '1'.repeat(60),
    },
    health: {
      ready: () => rig.ready,
      components: async () => [{ component: 'database', status: 'pass', detail: undefined }],
      doctor: async () => [{ id: 'modem.no_sim', severity: 'error', what: 'No SIM.', fix: 'Put one in.' }],
    },
    events,
    region: 'GB',
    ids,
    clock,
    randomOctets: (count) => randomBytes(count),
    log: {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (fields) => {
        calls.push(`log.error ${'err' in fields ? String(fields.err) : ''}`)
      },
    },
    version: '0.0.0-test',
  }
  const socketPath = join(directory, 'run/api.sock')
  const server = await startHttp(ports, { listen: { host: '127.0.0.1', port: 0 }, socketPath })
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
    stop: async () => {
      await server.stop()
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
            body: isJson ? JSON.parse(text) : undefined,
            text,
          })
        })
      },
    )
    outgoing.once('error', reject)
    outgoing.end(payload)
  })
}
