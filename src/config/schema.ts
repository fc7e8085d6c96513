/**
 * The shape of `causeway.yaml`: every key with its description and default, once. The reference page
 * (`docs/config.md`), the check for unknown keys and the `Config` type all come from here.
 *
 * YAML and environment are both read as strings (YAML's failsafe schema), so that a PIN keeps its leading zeros and a
 * number its `+`; the leaves here turn them into what they mean.
 */
import { z } from 'zod'
import { isQuietHours, isTimeZone } from '../domain/quiet-hours.ts'
import { count, duration, flag, size, text, url } from './leaves.ts'
import { mmsSection, modemMms } from './mms-schema.ts'
import { customSignalServer } from './signal-schema.ts'

/** Never shown. */
const SECRET = { writeOnly: true }
/** Says who the owner is or whom they know: shown to the owner alone. */
const PRIVATE = { private: true }

/** As much as the profile of a Signal account holds, in UTF-8. */
const profileText = (octetsMax: number) =>
  z.string().refine((value) => Buffer.byteLength(value) <= octetsMax, { message: `At most ${octetsMax} octets.` })

const listen = z.string().transform((value, context) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(value)
  const host = match?.[1] ?? match?.[2]
  const number = Number(match?.[3])
  if (host !== undefined && number <= 65535) return { host, port: number }
  context.addIssue({ code: 'custom', message: 'write an address and a port, as 127.0.0.1:8420 or [::1]:8420' })
  return z.NEVER
})

const modemPort = z.string().refine(
  (value) => {
    if (value === 'auto' || /^\/dev\/\S+$/.test(value)) return true
    const match = /^(?:tcp|rfc2217):\/\/(?:\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})$/.exec(value)
    return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65535
  },
  {
    message: 'write auto, a device as /dev/serial/by-id/…, or a network port as tcp://host:port or rfc2217://host:port',
  },
)

const e164 = z.string().refine((value) => /^\+[1-9]\d{5,14}$/.test(value), {
  message: 'write the number in international form, as +447700900123',
})

const redis = z.string().transform((value, context) => {
  if (value === 'private') return { kind: 'private' as const }
  if (value.startsWith('/')) return { kind: 'socket' as const, path: value }
  if (URL.canParse(value) && /^rediss?:/.test(value)) return { kind: 'url' as const, url: value }
  context.addIssue({ code: 'custom', message: 'write private, a socket path /…, or redis://host:port' })
  return z.NEVER
})

/** Identifiers of the national language tables, 3GPP TS 23.038 §6.2.1.2.4. */
const languageIds = { tr: 1, es: 2, pt: 3, bn: 4, gu: 5, hi: 6, kn: 7, ml: 8, or: 9, pa: 10, ta: 11, te: 12, ur: 13 }

const languages = z.string().transform((value, context) => {
  const names = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const known = new Map(Object.entries(languageIds))
  const ids = names.map((name) => known.get(name))
  if (ids.every((id) => id !== undefined)) return [...new Set(ids)]
  context.addIssue({
    code: 'custom',
    message: `write languages out of ${[...known.keys()].sort().join(', ')}, as tr, pt`,
  })
  return z.NEVER
})

const modem = z.strictObject({
  port: modemPort.describe(
    'The AT port: `/dev/serial/by-id/…` (stable over replugs), `tcp://host:port`, `rfc2217://host:port` (the line is set over there), or `auto`: the USB ports are asked which of them is a modem.',
  ),
  imei: z
    .string()
    .regex(/^\d{15}$/, { message: 'write the fifteen digits of the IMEI' })
    .optional()
    .describe('The module that is meant, wherever it is plugged in. Any other at that port is left alone.')
    .meta(PRIVATE),
  label: text.optional().describe('A name for people.'),
  number: e164.optional().describe('The SIM’s own number, where the SIM does not tell it.').meta(PRIVATE),
  pin: z
    .string()
    .regex(/^\d{4,8}$/, { message: 'write the four to eight digits of the SIM’s PIN' })
    .optional()
    .describe('PIN of the SIM. Tried once; a wrong one is never tried again by itself.')
    .meta(SECRET),
  prefixes: z
    .array(
      z.string().regex(/^\+\d{1,14}$/, { message: 'write the beginning of numbers in international form, as "+44"' }),
    )
    .prefault([])
    .describe(
      'Beginnings of the numbers that this modem is for, as `["+44"]`. The longest that fits wins; others are used while it cannot send, and it carries other numbers only while nobody else can. People who wrote to one of the modems are answered through that one all the same.',
    ),
  cost_per_part: z
    .string()
    .refine((value) => /^\d{1,6}(\.\d{1,6})?$/.test(value), { message: 'write a price as 0.05' })
    .transform(Number)
    .optional()
    .describe(
      'Price of one part of a text, in the same money for all modems. Of two that would do the cheaper one sends.',
    ),
  daily_texts: count
    .optional()
    .describe(
      'Parts of texts that may leave through this modem in a calendar day. Then others send, or texts wait (`quota-exceeded`) until it renews or their validity ends.',
    ),
  monthly_texts: count.optional().describe('The same for a calendar month.'),
  texts_per_minute: count
    .optional()
    .describe('Parts of texts a minute: after each text the modem rests for as long as that is worth.'),
  mms: modemMms
    .optional()
    .describe(
      'Picture messages through this modem: the settings of its carrier, and the way there. `{}` takes what is known of the SIM’s carrier over the modem’s own sockets. Left out: none, since they may cost more.',
    ),
})

/** `causeway.yaml`, as written. Parsing gives the values in the types that the program uses. */
export const configSchema = z.strictObject({
  config_version: z.literal('1').prefault('1').describe('Which shape of this file is meant; there is one so far.'),
  profile: z
    .enum(['live', 'sandbox'])
    .prefault('live')
    .describe('`live` drives real modems and servers, `sandbox` is the whole world on one machine.'),
  http: z
    .strictObject({
      listen: listen
        .prefault('127.0.0.1:8420')
        .describe(
          'Address and port of the API. Port 0 takes a free one. Set `http.tls`, or put TLS in front of it, before it leaves the machine.',
        ),
      tls: z
        .strictObject({
          cert: text
            .optional()
            .describe(
              'PEM file of the certificate, the authorities that vouch for it behind it. Read again when it changes.',
            ),
          key: text.optional().describe('PEM file of its private key, without a passphrase.'),
        })
        .prefault({})
        .superRefine(({ cert, key }, context) => {
          if ((cert === undefined) === (key === undefined)) return
          const path = [cert === undefined ? 'cert' : 'key']
          context.addIssue({ code: 'custom', message: 'is missing; give both cert and key, or neither', path })
        })
        .describe('With both, API and inbox speak HTTPS, and nothing but that (TLS 1.2 or newer).'),
      public_url: url
        .optional()
        .describe(
          'Where browsers reach the inbox, as `https://box.example`, when a reverse proxy in front gives it another name. Also makes its cookies `Secure`.',
        )
        .meta(PRIVATE),
      source_url: url
        .optional()
        .describe(
          'Where the source of the version that runs here can be had; the inbox and the API offer it to all who use them, as section 13 of the AGPL wants. Set it when you have changed something. Default: the repository that the package names.',
        ),
      requests_per_minute: count
        .prefault('6000')
        .describe('Requests that one token may make in a minute. The Unix socket has no such bound.'),
    })
    .prefault({})
    .describe('The HTTP API.'),
  mode: z
    .enum(['integrated', 'data_only', 'sms_only'])
    .prefault('integrated')
    .describe(
      '`integrated` uses Signal where the recipient has it and text messages otherwise, `data_only` never sends a text message, `sms_only` never uses Signal. Changed at run time by `PATCH /api/v1/settings`, which then wins.',
    ),
  region: z
    .string()
    .regex(/^[A-Z]{2}$/, { message: 'write a country of two capital letters, as GB' })
    .optional()
    .describe('Country (ISO 3166) for numbers written in national form. Without it only international form is taken.'),
  fallback: z
    .strictObject({
      default: z
        .enum(['auto', 'ask', 'signal_only', 'sms_only'])
        .prefault('auto')
        .describe(
          'Policy of contacts that have none of their own: `auto` goes on with a text message, `ask` holds and asks, `signal_only` and `sms_only` never change transport.',
        ),
      after: duration
        .prefault('PT15M')
        .describe('How long a message may stay without a delivery receipt over Signal before a text message follows.'),
      when_roaming: z
        .enum(['ask', 'always', 'never'])
        .prefault('ask')
        .describe(
          'Texts while the modem roams (another modem that is at home goes first): `ask` holds each text and asks, `always` sends as at home, `never` lets them wait until the modem is home or their validity ends. A SIM that always roams wants `always`.',
        ),
      quiet_hours: z
        .string()
        .refine(isQuietHours, { message: 'write two times of day that differ, as 22:00-07:00, or off' })
        .prefault('off')
        .describe(
          'From when to when no text follows by itself for want of a receipt: it leaves when these hours end. What a person sends as a text goes at once, and so does what is `urgent`. As `22:00-07:00`, or `off`.',
        ),
      time_zone: z
        .string()
        .refine(isTimeZone, { message: 'write a time zone by its name, as Europe/Berlin' })
        .optional()
        .describe('Of the quiet hours, as `Europe/Berlin`; the machine’s when left out.'),
    })
    .prefault({})
    .describe(
      'Going from Signal to a text message. Changed at run time by `PATCH /api/v1/settings` (in the inbox: Settings, Fallback), each for itself; what was changed there wins, until it is left to this file again.',
    ),
  validity: duration.prefault('P1D').describe('After this time an undelivered message is given up.'),
  resend_when_uncertain: flag
    .prefault('false')
    .describe('Send a text again when it cannot be known whether the network took it. May double it.'),
  modems: z
    .array(modem)
    .prefault([])
    .superRefine((modems, context) => {
      const names = modems.filter(({ port }) => port === 'auto').map(({ imei, label }) => imei ?? label)
      if (new Set(names).size === names.length) return
      context.addIssue({ code: 'custom', message: 'give each entry with port auto an imei or a label of its own' })
    })
    .describe('The modems. None: Signal only.'),
  texts: z
    .strictObject({
      transliterate: flag
        .prefault('false')
        .describe(
          "Write plain characters for typographic and accented ones (’ as ', ş as s) where that saves a part. What the conversation shows stays as it was written.",
        ),
      reference_bits: z
        .enum(['8', '16'])
        .transform((value) => (value === '8' ? 8 : 16))
        .prefault('8')
        .describe(
          'Width of the number that holds the parts of a long text together. 16 comes round later, so that a phone never mixes the parts of two texts; it costs a character or so a part.',
        ),
      national_languages: languages
        .prefault('')
        .describe(
          'Languages whose tables of letters (3GPP TS 23.038) may be used where that saves a part, as `tr, pt`: bn, es, gu, hi, kn, ml, or, pa, pt, ta, te, tr, ur. A phone that lacks the table shows other letters.',
        ),
      incomplete_after: duration
        .prefault('PT10M')
        .describe(
          'A long text of which parts are missing is shown with […2/3] in their place when so much time has passed since the last part. What comes later fills the gaps.',
        ),
    })
    .prefault({})
    .describe(
      'How text messages are written (only what saves a part is used), and how long the parts of one are waited for.',
    ),
  mms: mmsSection,
  calls: z
    .strictObject({
      hang_up: flag
        .prefault('false')
        .describe('Refuse calls once their caller is known. Otherwise they ring until the caller gives up.'),
    })
    .prefault({})
    .describe('Calls to the modems. Nobody answers them; each is shown as a missed call.'),
  broadcasts: z
    .strictObject({
      channels: z
        .string()
        .transform((value, context) => {
          const ids = value.split(',').map((part) => part.trim())
          if (ids.length <= 32 && ids.every((id) => /^\d{1,5}$/.test(id) && Number(id) <= 65_535))
            return ids.map(Number)
          context.addIssue({ code: 'custom', message: 'write at most 32 numbers from 0 to 65535, as 50, 919' })
          return z.NEVER
        })
        .optional()
        .describe('Channels (message identifiers) to take beside the public warnings, as `50, 919`.'),
    })
    .prefault({})
    .describe('Cell broadcasts. Public warnings (ETWS, CMAS/WEA, EU-Alert) are always taken.'),
  alerts: z
    .strictObject({
      to: z
        .array(
          z.string().regex(/^(\+?\d{3,15}|signal:[\da-f-]{36}|cnv_\w{1,60})$/, {
            message: 'write a number in quotes as "+447700900123", signal:<aci>, or the id of a conversation',
          }),
        )
        .max(8)
        .prefault([])
        .describe(
          'Whom to write to when a modem is gone, is given up or waits for its PIN, and when messages do not move on: numbers in quotes, `signal:<aci>`, or ids of conversations, at most 8. They are written to like anybody else, at most once an hour about each of the four.',
        )
        .meta(PRIVATE),
    })
    .prefault({})
    .describe('Telling the administrators. Off unless somebody is named; the same is told as events in any case.'),
  signal: z
    .strictObject({
      server: z
        .union([z.enum(['production', 'staging']), customSignalServer])
        .prefault('production')
        .describe('`production`, `staging`, or a server that somebody else runs (the keys below).'),
      read_receipts: flag
        .prefault('true')
        .describe(
          'Tell authors of Signal messages when their message was read, and show when ours are. A linked device also needs the phone’s consent.',
        ),
      typing: flag
        .prefault('true')
        .describe(
          'Tell people over Signal that an answer is being written, and show that they write. A linked device also needs the phone’s consent.',
        ),
      profile_name: profileText(257)
        .optional()
        .describe(
          'The name that contacts see, until another one is set (`causeway signal profile`, the inbox); a linked device leaves it to the phone.',
        )
        .meta(PRIVATE),
      profile_about: profileText(512).optional().describe('A line about us that contacts see, likewise.').meta(PRIVATE),
    })
    .prefault({})
    .describe('The Signal account.'),
  queue: z
    .strictObject({
      redis: redis
        .prefault('private')
        .describe('`private` starts a Redis of our own on a socket; or `redis://host:port`, or a socket path.'),
    })
    .prefault({})
    .describe('The clock of the outbox. Losing it loses no message.'),
  store: z
    .strictObject({
      key_file: text
        .optional()
        .describe(
          'File with the key of the database. Without it: the systemd credential `db.key`, else `/etc/causeway/db.key` when installed, else `db.key` in `data_dir`.',
        ),
    })
    .prefault({})
    .describe('The database.'),
  attachments: z
    .strictObject({
      bytes_max: size.prefault('100MB').describe('Largest file of a message that is taken, sent or received.'),
      automatic_bytes_max: size
        .prefault('25MB')
        .describe('Larger ones that come are fetched only when somebody asks for them.'),
      total_bytes_max: size.prefault('4GB').describe('Room for all files of all messages together.'),
    })
    .prefault({})
    .describe('Pictures, voice messages and other files. Kept encrypted in `data_dir`.'),
  backup: z
    .strictObject({
      directory: text
        .optional()
        .describe(
          'Folder that backups are written to; best on another disk. Default: `backups` in `data_dir`. Where systemd runs the gateway, another folder wants `ReadWritePaths=`.',
        ),
      every: z
        .union([z.literal('never'), duration])
        .prefault('P1D')
        .describe(
          'Time from one backup to the next, by itself, as soon as there is a recovery key (`causeway backup key`); or `never`.',
        ),
      keep: count.prefault('7').describe('So many backups stay in the folder, the newest. Others are removed.'),
    })
    .prefault({})
    .describe('Encrypted backups of everything, which only the recovery key opens.'),
  push: z
    .strictObject({
      contact: z
        .string()
        .regex(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/, { message: 'write mailto:name@host or an https:// address' })
        .prefault('mailto:causeway@causeway.invalid')
        .describe(
          'How the operator of a push service reaches you (VAPID), as `mailto:you@example.org`. Some services (Apple) refuse what does not exist.',
        )
        .meta(PRIVATE),
      local_services: flag
        .prefault('false')
        .describe('Take push services on this machine and its network, over http too: for tests.'),
    })
    .prefault({})
    .describe('Waking browsers. A wake carries no text; the browser must have reached the inbox over https.'),
  data_dir: text
    .optional()
    .describe('Where everything is kept. `/var/lib/causeway` when installed, `./data` from a checkout.'),
  runtime_dir: text
    .optional()
    .describe('Where sockets are. `/run/causeway` when installed, `run` in `data_dir` otherwise.'),
  memory: z
    .enum(['auto', 'small', 'fast'])
    .prefault('auto')
    .describe(
      '`small` takes a third less memory and a fifth more time; `auto` is small where the machine has less than 2 GB.',
    ),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).prefault('info').describe('What is written.'),
      format: z
        .enum(['auto', 'json', 'pretty'])
        .prefault('auto')
        .describe('`json` a line, `pretty` for people, `auto`: pretty on a terminal.'),
    })
    .prefault({})
    .describe('The log, on standard output.'),
})

export type ConfigFile = z.output<typeof configSchema>
