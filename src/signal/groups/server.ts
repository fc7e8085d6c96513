/**
 * The storage service's side of groups (reference/signal-service.md 10.2), over HTTPS of our own. It checks that we may
 * do what we ask for; it reads neither titles nor members.
 */
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { CausewayError } from '../../domain/errors.ts'
import { type ServiceParameters, userAgent } from '../constants.ts'
import { signalError } from '../errors.ts'
import {
  type ActionsProto,
  actionsCodec,
  avatarFormCodec,
  type ChangedProto,
  changeResponseCodec,
  changesCodec,
  type GroupProto,
  groupCodec,
  groupResponseCodec,
  joinInfoCodec,
  memberCodec,
} from '../proto/groups.ts'
import { dateOf, waitOf } from '../rest.ts'
import { formOf } from '../upload-form.ts'
import type { GroupCipher } from './cipher.ts'
import type { GroupCredentials } from './credentials.ts'
import { changeEpochKnown } from './signed.ts'

const silenceMaxMs = 30_000
const connectionsMax = 4
/** A group of 1001 members with all its lists stays far below. */
const answerOctetsMax = 8 * 1024 * 1024
const logsAtOnce = 64
/** Where avatars lie; whoever sets one could name any other place. */
const avatarPlace = /^groups\/[\w=-]{1,100}\/[\w=-]{1,100}$/

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

export interface LogPage {
  changes: readonly { change?: ChangedProto; state?: GroupProto }[]
  endorsements: Uint8Array | undefined
  /** There are more, from this revision on. */
  moreFrom: number | undefined
}

export class GroupServer {
  readonly #storageUrl: string
  readonly #avatarUrl: string
  readonly #agent: Agent
  readonly #credentials: GroupCredentials

  constructor(
    { storageUrl, cdnUrls, caPems }: Pick<ServiceParameters, 'storageUrl' | 'cdnUrls' | 'caPems'>,
    credentials: GroupCredentials,
  ) {
    this.#storageUrl = storageUrl
    this.#avatarUrl = cdnUrls['0']
    this.#agent = new Agent({ ca: [...caPems], maxSockets: connectionsMax, keepAlive: true })
    this.#credentials = credentials
  }

  /** Closes the connections; what is being asked over them fails as unreachable. */
  stop(): void {
    this.#agent.destroy()
  }

  /** Errors of all: CausewayError `group-forbidden`, `group-not-found`, `group-conflict`, `signal-…`. */
  async create(cipher: GroupCipher, group: GroupProto) {
    return groupResponseCodec.decode((await this.#ask(cipher, 'PUT', '/v2/groups', groupCodec.encode(group))).body)
  }

  async get(cipher: GroupCipher) {
    return groupResponseCodec.decode((await this.#ask(cipher, 'GET', '/v2/groups')).body)
  }

  /** `linkPassword` (base64) is for who comes by the link. `group-conflict`: somebody else was faster. */
  async patch(cipher: GroupCipher, actions: ActionsProto, linkPassword?: string) {
    const query = linkPassword === undefined ? '' : `?inviteLinkPassword=${urlSafe(linkPassword)}`
    const { body } = await this.#ask(cipher, 'PATCH', `/v2/groups${query}`, actionsCodec.encode(actions))
    return changeResponseCodec.decode(body)
  }

  /**
   * Signed changes from this revision on. `endorsedUntilS`: until when our endorsements hold (0: we have none). `withFirst`:
   * with the state at this revision, in the first of them.
   */
  async logs(cipher: GroupCipher, fromRevision: number, endorsedUntilS: number, withFirst = false): Promise<LogPage> {
    const path = `/v2/groups/logs/${fromRevision}?maxSupportedChangeEpoch=${changeEpochKnown}&includeFirstState=${withFirst}&includeLastState=false&limit=${logsAtOnce}`
    const answer = await this.#ask(cipher, 'GET', path, undefined, {
      'cached-send-endorsements': String(endorsedUntilS),
    })
    const { changes = [], endorsements } = changesCodec.decode(answer.body)
    const end = /^versions (\d+)-(\d+)\/(\d+)$/.exec(answer.headers['content-range'] ?? '')
    const moreFrom = answer.status === 206 && end !== null ? Number(end[2]) + 1 : undefined
    return { changes, endorsements, moreFrom }
  }

  /** The revision at which we came in; earlier ones are not for us. */
  async joinedAt(cipher: GroupCipher): Promise<number> {
    return (
      memberCodec.decode((await this.#ask(cipher, 'GET', '/v2/groups/joined_at_version')).body).joinedAtVersion ?? 0
    )
  }

  /** What the link shows before one joins. `linkPassword` is base64. */
  async joinInfo(cipher: GroupCipher, linkPassword: string) {
    return joinInfoCodec.decode((await this.#ask(cipher, 'GET', `/v2/groups/join/${urlSafe(linkPassword)}`)).body)
  }

  /** Stores an encrypted avatar; its place. */
  async uploadAvatar(cipher: GroupCipher, blob: Uint8Array): Promise<string> {
    const form = avatarFormCodec.decode((await this.#ask(cipher, 'GET', '/v2/groups/avatar/form')).body)
    const { key = '' } = form
    const { contentType, body } = await formOf(form, blob)
    const answer = await this.#send('POST', `${this.#avatarUrl}/`, { 'content-type': contentType }, body)
    if (answer.status >= 300)
      throw signalError('signal-failed', { detail: `the avatar was refused (${answer.status})` })
    return key
  }

  /** An encrypted avatar by its place. Errors: CausewayError `group-avatar`, `signal-unreachable`. */
  async avatar(place: string): Promise<Buffer> {
    const isPlace = avatarPlace.test(place)
    const answer = isPlace ? await this.#send('GET', `${this.#avatarUrl}/${place}`, {}, undefined) : undefined
    if (answer?.status === 200) return answer.body
    if (answer !== undefined && answer.status >= 500) {
      throw signalError('signal-failed', { detail: `the content server answered ${answer.status}` })
    }
    throw new CausewayError({
      code: 'group-avatar',
      message: 'The picture of this group is not at Signal’s content server.',
      retry: 'never',
    })
  }

  async #ask(
    cipher: GroupCipher,
    method: string,
    path: string,
    body?: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    for (let fresh = false; ; fresh = true) {
      const authorization = await this.#credentials.authorization(cipher)
      const all = { ...headers, authorization, 'content-type': 'application/x-protobuf' }
      const answer = await this.#send(method, `${this.#storageUrl}${path}`, all, body)
      if (answer.status >= 200 && answer.status < 300) return answer
      if (answer.status !== 401 || fresh) throw refused(answer)
      await this.#credentials.forget()
    }
  }

  async #send(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: Uint8Array | undefined,
  ): Promise<Answer> {
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(body.length) }
        const all = { ...headers, ...length, 'user-agent': userAgent }
        const outgoing = request(url, { method, agent: this.#agent, timeout: silenceMaxMs, headers: all }, resolve)
        outgoing.on('timeout', () => outgoing.destroy(new Error('the storage service is silent')))
        outgoing.on('error', reject)
        outgoing.end(body)
      })
      const chunks: Buffer[] = []
      let octets = 0
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        octets += chunk.length
        if (octets > answerOctetsMax) throw new Error('the storage service’s answer has no end')
        chunks.push(chunk)
      }
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }
    } catch (cause) {
      throw signalError('signal-unreachable', { cause })
    }
  }
}

function refused({ status, headers }: Answer): CausewayError {
  if (status === 429) {
    const retryAfterMs = waitOf(headers['retry-after'], dateOf(headers.date))
    return signalError('signal-rate-limited', { retryAfterMs })
  }
  const known = {
    403: ['group-forbidden', 'Signal refuses that: you are not in this group (any more), or may not do it.'],
    404: ['group-not-found', 'There is no such group.'],
    409: ['group-conflict', 'The group was changed by somebody else at the same time. Try again.'],
    423: ['group-ended', 'This group was ended by its administrators.'],
  }[status]
  if (known !== undefined) {
    const [code = '', message = ''] = known
    return new CausewayError({ code, message, retry: code === 'group-conflict' ? 'same-transport' : 'never' })
  }
  if (status >= 500) return signalError('signal-failed', { detail: `the storage service answered ${status}` })
  return new CausewayError({
    code: 'group-refused',
    message: `Signal’s group service refused that (${status}).`,
    retry: 'never',
  })
}

function urlSafe(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url')
}
