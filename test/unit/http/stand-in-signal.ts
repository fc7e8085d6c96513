/** What stands in for the Signal account behind the API, and what it was asked to do. */
import { createHash } from 'node:crypto'
import { CausewayError } from '../../../src/domain/errors.ts'
import type { ApiPorts, SignalView } from '../../../src/http/ports.ts'

export function noAccount(): SignalView {
  return {
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
}

/** Notes in `calls` what it is asked to do; remembers profile, picture and PIN. */
export function signalOf(signal: SignalView, calls: string[]): ApiPorts['signal'] {
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
  return {
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
  }
}
