/**
 * Signing in: a name with its password, or the setup code that makes the first admin. Tries are counted before they are
 * judged, by name and by address; what is wrong is not told apart.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Role } from '../domain/roles.ts'
import { countTry, forgiveTries, type TryKey } from '../store/login-tries.ts'
import { type OpenSession, openSession } from '../store/sessions.ts'
import { writeSetupCode } from '../store/setup.ts'
import { addUser, findUserByName, hasAdmin, userName } from '../store/users.ts'
import type { ApiPorts } from './ports.ts'
import { Problem } from './problem.ts'
import { isSetupCode } from './setup-code.ts'

export interface Visitor {
  address: string
  userAgent: string | undefined
}

type SignInPorts = Pick<ApiPorts, 'db' | 'ids' | 'clock' | 'randomOctets' | 'passwords' | 'log'>

/** Throws Problem 401 `wrong-password`, 429 `too-many-tries` with `Retry-After`, 503. */
export async function signIn(
  ports: SignInPorts,
  { name, password }: { name: string; password: string },
  visitor: Visitor,
): Promise<OpenSession & { secret: string }> {
  const { db, passwords, log } = ports
  const keys: TryKey[] = [
    { kind: 'name', value: userName(name) },
    { kind: 'address', value: visitor.address },
  ]
  await demandTurn(ports, keys)
  const user = await findUserByName(db, name)
  if (!(await passwords.verify(password, user?.password_hash)) || user === undefined) {
    log.warn({ user: user?.id ?? 'unknown' }, 'somebody tried to sign in with a wrong name or password')
    throw wrong('wrong-password', 'The name or the password is wrong.')
  }
  return db.transaction().execute(async (tx) => {
    // It may have been changed, or its owner removed, while it was being checked.
    const now = await findUserByName(tx, name)
    if (now?.password_hash !== user.password_hash) throw wrong('wrong-password', 'The name or the password is wrong.')
    await forgiveTries(tx, keys)
    return openSession(tx, ports, now, visitor)
  })
}

/** Makes the first admin and signs them in. Throws as `signIn` (`wrong-setup-code`), and Problem 409 `setup-done`. */
export async function setUp(
  ports: SignInPorts,
  { name, password, code }: { name: string; password: string; code: string },
  visitor: Visitor,
): Promise<OpenSession & { secret: string }> {
  const { db, ids, clock, passwords, log } = ports
  if (await hasAdmin(db)) throw setupDone()
  const keys: TryKey[] = [
    { kind: 'name', value: '\0setup' },
    { kind: 'address', value: visitor.address },
  ]
  await demandTurn(ports, keys)
  if (!(await isSetupCode(ports, code))) {
    log.warn({}, 'somebody tried a wrong setup code')
    throw wrong('wrong-setup-code', 'This is not the setup code. `causeway setup-code` on the machine makes a new one.')
  }
  const passwordHash = await passwords.hash(password)
  return db.transaction().execute(async (tx) => {
    if (await hasAdmin(tx)) throw setupDone()
    const role: Role = 'admin'
    const user = await addUser(tx, ids, { name, role, passwordHash }, clock())
    await writeSetupCode(tx, undefined)
    await forgiveTries(tx, keys)
    return openSession(tx, ports, user, visitor)
  })
}

/** The own password, once more before it is changed. Throws Problem 403 `wrong-password`, 429, 503. */
export async function demandPassword(
  ports: SignInPorts,
  user: { name: string; password_hash: string },
  password: string,
): Promise<void> {
  const keys: TryKey[] = [{ kind: 'name', value: user.name }]
  await demandTurn(ports, keys)
  if (!(await ports.passwords.verify(password, user.password_hash))) {
    throw new Problem({ status: 403, code: 'wrong-password', title: 'The present password is another one' })
  }
  await ports.db.transaction().execute((tx) => forgiveTries(tx, keys))
}

async function demandTurn({ db, clock }: SignInPorts, keys: readonly TryKey[]): Promise<void> {
  const waitMs = await db.transaction().execute((tx) => countTry(tx, keys, clock()))
  if (waitMs === 0) return
  const seconds = Math.ceil(waitMs / 1_000)
  throw new Problem({
    status: 429,
    code: 'too-many-tries',
    title: 'Too many wrong tries',
    detail: `Try again in ${seconds} s.`,
    headers: { 'Retry-After': String(seconds) },
  })
}

function wrong(code: string, detail: string): Problem {
  const headers = { 'WWW-Authenticate': 'Bearer realm="causeway"' }
  return new Problem({ status: 401, code, title: 'That is not right', detail, headers })
}

function setupDone(): CausewayError {
  return new CausewayError({
    code: 'setup-done',
    message: 'There is an admin already. Sign in; or, on the machine, `causeway user add NAME --role admin`.',
    retry: 'never',
  })
}
