/** What the routes of modems and of the Signal account answer, as schemas; see `shapes.ts`. */
import { z } from 'zod'
import { MMS_TEST_STEPS } from '../../domain/mms-test.ts'
import { count, flag, list, maybe, maybeAt, shape, text } from './shapes.ts'

const mmsTest = shape('MmsTest', {
  modem: text,
  number: text,
  carrier: text.describe('Whose settings are tried.'),
  state: z.enum(['running', 'passed', 'failed']),
  steps: z.array(
    z.strictObject({ step: z.enum(MMS_TEST_STEPS), ok: flag, code: text.describe('Of the detail.'), detail: text }),
  ),
  started_at: maybeAt,
})

const recoveryStep = z.strictObject({
  step: text,
  code: maybe.describe('What was wrong; null in what an earlier version wrote down.'),
  reason: text,
  at: maybeAt,
})

const modem = shape('Modem', {
  id: text,
  port: text,
  label: maybe,
  state: text,
  reason: maybe,
  manufacturer: maybe,
  model: maybe,
  revision: maybe,
  profile: maybe,
  imei: maybe,
  imsi: maybe,
  iccid: maybe,
  sim_lock: z
    .strictObject({
      wants: z.enum(['pin', 'puk', 'other']),
      tries_left: count.nullable().describe('Of the PIN.'),
      tries_told: flag.describe('The module told it; else it follows from our own entries.'),
    })
    .nullable()
    .describe('What the SIM waits for, in the states `sim-locked` and `starting`; null: nothing.'),
  number: maybe,
  operator: maybe,
  registration: text,
  networks: z.strictObject({ circuit: maybe, packet: maybe, eps: maybe, ims: flag.nullable() }),
  signal_dbm: z.number().nullable(),
  smsc: maybe,
  storage: z.array(z.strictObject({ memory: text, used: count, total: count })),
  recovery: z.strictObject({
    counts: z.record(text, count),
    last: recoveryStep.nullable(),
    history: z.array(recoveryStep),
    hard_resets_at: z.array(maybeAt),
  }),
  since: maybeAt,
  mms: z
    .strictObject({
      available: flag,
      code: maybe.describe('Of the reason.'),
      reason: maybe,
      bytes_max: count.nullable(),
      carrier: maybe,
      bearer: z.enum(['interface', 'modem-socket', 'ppp', 'embedded']),
      sends_only: flag,
      candidates: z.array(z.strictObject({ id: text, name: text })),
    })
    .nullable()
    .describe(
      'Picture messages through it; null: not set up. `candidates`: carriers that fit its SIM as well as each other, one of which the configuration must name. `sends_only`: what is announced cannot be fetched that way.',
    ),
  texts: z
    .strictObject({
      available: flag,
      code: maybe.describe('Of the reason.'),
      reason: maybe,
      today: count.nullable(),
      daily_quota: count.nullable(),
      this_month: count.nullable(),
      monthly_quota: count.nullable(),
      per_minute: count.nullable(),
      cost_per_part: z.number().nullable(),
      prefixes: z.array(text),
    })
    .nullable(),
})

const signal = shape('SignalAccount', {
  state: text,
  reason: maybe,
  number: maybe,
  aci: maybe,
  device_id: count.nullable(),
  username: maybe,
  username_link: maybe,
  discovery: z.strictObject({ new_numbers_today: count, remembered_numbers: count, wait_until: maybeAt }).nullable(),
  since: maybeAt,
  registration: z.looseObject({ step: text }).nullable(),
  link: z.looseObject({ step: text }).nullable(),
  warnings: z.array(
    z.strictObject({
      code: text,
      severity: text,
      values: z.record(text, z.union([text, z.number()])).describe('What is in the words, by name.'),
      what: text,
      fix: text,
    }),
  ),
  challenge: z.strictObject({ page_url: text, retry_at: maybeAt }).nullable(),
})

export const driverAnswers = {
  mmsTest,
  modem,
  modems: list('Modems', modem),
  pinAccepted: shape('PinAccepted', { remembered: flag, modem }),
  ports: list(
    'SerialPorts',
    z.strictObject({
      port: text,
      usb_id: maybe,
      interface: count.nullable(),
      product: maybe,
      result: text,
      reason: maybe,
      imei: maybe,
      manufacturer: maybe,
      model: maybe,
      profile: maybe,
    }),
  ),
  transcript: shape('Transcript', { transcript: text }),
  lines: shape('AtAnswer', { lines: z.array(text) }),
  ussd: shape('UssdAnswer', { status: text, text: maybe }),
  signal,
  username: shape('Username', { username: text, address: text }),
  profile: shape('SignalProfile', {
    name: maybe,
    about: maybe,
    emoji: maybe,
    avatar_url: maybe,
    editable: flag.describe('False on a linked device: it is changed on the phone.'),
    published: flag,
  }),
  registrationLock: shape('RegistrationLock', {
    locked: flag.nullable().describe('null where only the phone knows.'),
    editable: flag.describe('False on a linked device: the PIN is set on the phone.'),
  }),
  discoverability: shape('Discoverability', {
    discoverable: flag.nullable().describe('null where only the phone knows.'),
    editable: flag.describe('False on a linked device: it is set on the phone.'),
  }),
  signalLink: shape('SignalLink', { uri: text, expires_at: maybeAt }),
  devices: list(
    'SignalDevices',
    z.strictObject({
      id: count,
      name: maybe,
      this_device: flag,
      primary: flag,
      last_seen_at: maybeAt,
      linked_at: maybeAt,
    }),
  ),
}
