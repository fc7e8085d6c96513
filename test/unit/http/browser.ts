/** Somebody at the inbox: signs in, keeps the cookie, and sends what a page of ours would send. */
import type { Role } from '../../../src/domain/roles.ts'
import { addUser } from '../../../src/store/users.ts'
import type { CallOptions, Reply } from './exchange.ts'
import type { Rig } from './rig.ts'

export interface Browser {
  cookie: string
  csrfToken: string
  userId: string
  call(method: string, path: string, options?: CallOptions): Promise<Reply>
}

export const PASSWORD = 'correct horse battery'

/** Makes a person with this role, called by it unless told otherwise, and signs them in. */
export async function signedIn(rig: Rig, role: Role, name: string = role): Promise<Browser> {
  const passwordHash = await rig.ports.passwords.hash(PASSWORD)
  const user = await rig.db
    .transaction()
    .execute((tx) => addUser(tx, rig.ports.ids, { name, role, passwordHash }, Date.now()))
  const reply = await rig.call('POST', '/api/v1/session', { json: { name, password: PASSWORD } })
  return { ...browserOf(rig, reply), userId: user.id }
}

/** Goes on with the session that an answer has begun. */
export function browserOf(rig: Rig, reply: Reply): Omit<Browser, 'userId'> {
  const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? ''
  const csrfToken: string = reply.body.csrf_token
  return {
    cookie,
    csrfToken,
    call: (method, path, options = {}) =>
      rig.call(method, path, {
        ...options,
        headers: {
          cookie,
          origin: `http://127.0.0.1:${rig.port}`,
          host: `127.0.0.1:${rig.port}`,
          'x-csrf-token': csrfToken,
          ...options.headers,
        },
      }),
  }
}
